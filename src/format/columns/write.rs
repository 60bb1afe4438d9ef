//! Writing a table: one column after the other, row group by row group.

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::{Column, Values};
use crate::error::{Error, Result};

const ROWS_PER_GROUP: usize = 1 << 18;
/// Rows that are converted and encoded at once.
const ROWS_PER_BATCH: usize = 1 << 13;
const ZSTD_LEVEL: i32 = 3;
/// Stands in every file. It is raised when the same table gives other bytes.
const CREATED_BY: &str = "kuroshio version 1";

/// Writes `columns`, which have equal lengths and different names, and `metadata` as one Parquet
/// file; `path` names it in errors. Returns the number of rows.
pub fn write(
    out: &mut (impl Write + Send),
    path: &str,
    columns: &[Column],
    metadata: &[(String, String)],
) -> Result<u64> {
    write_groups(out, path, columns, metadata, ROWS_PER_GROUP)
}

/// [`write()`] with row groups of another size.
pub(super) fn write_groups(
    out: &mut (impl Write + Send),
    path: &str,
    columns: &[Column],
    metadata: &[(String, String)],
    rows_per_group: usize,
) -> Result<u64> {
    let rows = checked_rows(columns).map_err(|error| error.at_path(Path::new(path)))?;
    let groups = (0..rows).step_by(rows_per_group).map(|row| row..rows.min(row + rows_per_group));
    write_file(out, columns, metadata, groups).map_err(|cause| failed(path, cause))?;
    Ok(rows as u64)
}

/// The rows of all columns; an error if they do not make a table.
fn checked_rows(columns: &[Column]) -> Result<usize> {
    let Some(first) = columns.first() else {
        return Err(Error::bug("a table without columns"));
    };
    let rows = first.values.rows();
    for (at, column) in columns.iter().enumerate() {
        if column.values.rows() != rows {
            return Err(Error::bug(format!(
                "the column `{}` has {} rows, the column `{}` {rows}",
                column.name,
                column.values.rows(),
                first.name
            )));
        }
        if columns[..at].iter().any(|before| before.name == column.name) {
            return Err(Error::bug(format!("two columns `{}`", column.name)));
        }
    }
    Ok(rows)
}

fn write_file(
    out: &mut (impl Write + Send),
    columns: &[Column],
    metadata: &[(String, String)],
    groups: impl Iterator<Item = Range<usize>>,
) -> ParquetResult<()> {
    let properties = Arc::new(properties(columns, metadata)?);
    let mut file = SerializedFileWriter::new(out, schema(columns)?, properties)?;
    for rows in groups {
        let mut group = file.next_row_group()?;
        for column in columns {
            let mut writer = group
                .next_column()?
                .ok_or_else(|| ParquetError::General("fewer columns than the schema".into()))?;
            write_values(&mut writer, &column.values, rows.clone())?;
            writer.close()?;
        }
        group.close()?;
    }
    file.close()?;
    Ok(())
}

fn properties(
    columns: &[Column],
    metadata: &[(String, String)],
) -> ParquetResult<WriterProperties> {
    let texts = metadata.iter().map(|(key, text)| KeyValue::new(key.clone(), text.clone()));
    let mut builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_key_value_metadata(Some(texts.collect()));
    for column in columns.iter().filter(|column| matches!(column.values, Values::Text(_))) {
        let path = ColumnPath::new(vec![column.name.clone()]);
        builder = builder.set_column_dictionary_enabled(path, true);
    }
    Ok(builder.build())
}

fn schema(columns: &[Column]) -> ParquetResult<TypePtr> {
    let fields = columns.iter().map(|column| {
        let (physical, repetition) = match column.values {
            Values::Text(_) => (Physical::BYTE_ARRAY, Repetition::REQUIRED),
            Values::F64(_) => (Physical::DOUBLE, Repetition::OPTIONAL),
            Values::F32(_) => (Physical::FLOAT, Repetition::REQUIRED),
            Values::I64(_) => (Physical::INT64, Repetition::REQUIRED),
            Values::OptI64(_) => (Physical::INT64, Repetition::OPTIONAL),
            Values::I32(_) => (Physical::INT32, Repetition::REQUIRED),
            Values::Bool(_) => (Physical::BOOLEAN, Repetition::REQUIRED),
        };
        let logical = (physical == Physical::BYTE_ARRAY).then_some(LogicalType::String);
        Type::primitive_type_builder(&column.name, physical)
            .with_repetition(repetition)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    });
    let fields = fields.collect::<ParquetResult<Vec<_>>>()?;
    Ok(Arc::new(Type::group_type_builder("rows").with_fields(fields).build()?))
}

fn write_values(
    writer: &mut SerializedColumnWriter<'_>,
    values: &Values,
    rows: Range<usize>,
) -> ParquetResult<()> {
    match values {
        Values::F32(values) => write_plain::<FloatType>(writer, &values[rows]),
        Values::I64(values) => write_plain::<Int64Type>(writer, &values[rows]),
        Values::I32(values) => write_plain::<Int32Type>(writer, &values[rows]),
        Values::Bool(values) => write_plain::<BoolType>(writer, &values[rows]),
        Values::F64(values) => write_optional::<DoubleType>(writer, &values[rows]),
        Values::OptI64(values) => write_optional::<Int64Type>(writer, &values[rows]),
        Values::Text(values) => {
            for batch in values[rows].chunks(ROWS_PER_BATCH) {
                let texts: Vec<ByteArray> =
                    batch.iter().map(|text| ByteArray::from(text.as_str())).collect();
                write_plain::<ByteArrayType>(writer, &texts)?;
            }
            Ok(())
        }
    }
}

fn write_plain<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[T::T],
) -> ParquetResult<()> {
    writer.typed::<T>().write_batch(values, None, None)?;
    Ok(())
}

/// Parquet takes the values that are there, and for every row whether it has one.
fn write_optional<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[Option<T::T>],
) -> ParquetResult<()> {
    for batch in values.chunks(ROWS_PER_BATCH) {
        let levels: Vec<i16> = batch.iter().map(|value| i16::from(value.is_some())).collect();
        let present: Vec<T::T> = batch.iter().flatten().cloned().collect();
        writer.typed::<T>().write_batch(&present, Some(&levels), None)?;
    }
    Ok(())
}

fn failed(path: &str, cause: ParquetError) -> Error {
    let what = "write the columns";
    match cause {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) => Error::io(what, Path::new(path), *cause),
            Err(cause) => {
                Error::bug(format!("cannot {what}")).at_path(Path::new(path)).caused_by(cause)
            }
        },
        cause => Error::bug(format!("cannot {what}")).at_path(Path::new(path)).caused_by(cause),
    }
}
