//! Reading a table: the footer, then the asked columns one after the other. Only what
//! [`write()`](super::write()) writes is read; anything else is damage, with the file's name.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Type as Physical;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescriptor;

use super::table::missing;
use super::{Column, Table, Values};
use crate::error::{Error, Kind, Result};

/// Rows that are decoded at once.
const ROWS_PER_BATCH: usize = 1 << 13;
/// The last bytes of a file: the length of the footer and the magic number.
const TAIL_BYTES: u64 = 8;
const MAGIC: &[u8] = b"PAR1";

/// Reads the columns `names` of the file in `reader`; `place` names it in errors. A column that is
/// not there is an error; a file that is not whole is damaged data.
pub fn read(reader: impl Read + Seek + Send, place: &Path, names: &[&str]) -> Result<Table> {
    let mut file = File::open(reader, place)?;
    for name in names {
        if !file.names().any(|present| present == *name) {
            return Err(missing(name, file.names(), place));
        }
    }
    file.table(|name| names.contains(&name))
}

/// Reads every column of the file in `reader`; `place` names it in errors.
pub fn read_all(reader: impl Read + Seek + Send, place: &Path) -> Result<Table> {
    File::open(reader, place)?.table(|_| true)
}

/// A file whose footer was read.
struct File<'a, R> {
    reader: R,
    place: &'a Path,
    /// Where the footer begins: all columns lie before.
    data_end: u64,
    metadata: ParquetMetaData,
}

impl<'a, R: Read + Seek> File<'a, R> {
    fn open(mut reader: R, place: &'a Path) -> Result<File<'a, R>> {
        let io = |cause| Error::io("read the columns", place, cause);
        let size = reader.seek(SeekFrom::End(0)).map_err(io)?;
        let tail_start =
            size.checked_sub(TAIL_BYTES).ok_or_else(|| damaged(place, "it is too short"))?;
        let tail = read_bytes(&mut reader, place, tail_start, TAIL_BYTES)?;
        let (length, magic) = tail.split_at(4);
        if magic != MAGIC {
            return Err(damaged(place, "it does not end as a Parquet file does"));
        }
        let length = u64::from(u32::from_le_bytes([length[0], length[1], length[2], length[3]]));
        let data_end = tail_start
            .checked_sub(length)
            .ok_or_else(|| damaged(place, "its footer is longer than the file"))?;
        let footer = read_bytes(&mut reader, place, data_end, length)?;
        let metadata = undamaged(place, || ParquetMetaDataReader::decode_metadata(&footer))?;
        Ok(File { reader, place, data_end, metadata })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.metadata.file_metadata().schema_descr().columns().iter().map(|column| column.name())
    }

    fn table(&mut self, wanted: impl Fn(&str) -> bool) -> Result<Table> {
        let schema = self.metadata.file_metadata().schema_descr_ptr();
        let mut columns = Vec::new();
        for (at, description) in schema.columns().iter().enumerate() {
            if wanted(description.name()) {
                columns.push(Column::new(description.name(), self.column(at)?));
            }
        }
        let rows: i64 = self.metadata.row_groups().iter().map(|group| group.num_rows()).sum();
        let rows = usize::try_from(rows)
            .map_err(|_| damaged(self.place, "its number of rows is negative"))?;
        if let Some(column) = columns.iter().find(|column| column.values.rows() != rows) {
            let what = format!("the column `{}` does not have {rows} rows", column.name);
            return Err(damaged(self.place, what));
        }
        let texts = self.metadata.file_metadata().key_value_metadata().into_iter().flatten();
        let texts = texts.map(|text| (text.key.clone(), text.value.clone().unwrap_or_default()));
        Ok(Table::new(self.place, rows, columns, texts.collect()))
    }

    /// The column at `at` in the schema, over all row groups.
    fn column(&mut self, at: usize) -> Result<Values> {
        let description = self.metadata.file_metadata().schema_descr().column(at);
        let mut values = empty(&description).ok_or_else(|| {
            Error::new(
                Kind::Data,
                format!("the column `{}` has a type that is not read here", description.name()),
            )
            .at_path(self.place)
        })?;
        for group in self.metadata.row_groups() {
            let chunk = group
                .columns()
                .get(at)
                .ok_or_else(|| damaged(self.place, format!("no column {at} in a row group")))?;
            let bytes = packed(&mut self.reader, self.place, chunk, self.data_end)?;
            undamaged(self.place, || {
                append(&mut values, &description, bytes, chunk, group.num_rows())
            })?;
        }
        Ok(values)
    }
}

/// No values of the type that the schema describes; `None` for types that are never written.
fn empty(description: &ColumnDescriptor) -> Option<Values> {
    if description.max_rep_level() != 0 {
        return None;
    }
    match (description.physical_type(), description.max_def_level()) {
        (Physical::BYTE_ARRAY, 0) => Some(Values::Text(Vec::new())),
        (Physical::DOUBLE, 1) => Some(Values::F64(Vec::new())),
        (Physical::FLOAT, 0) => Some(Values::F32(Vec::new())),
        (Physical::INT64, 0) => Some(Values::I64(Vec::new())),
        (Physical::INT64, 1) => Some(Values::OptI64(Vec::new())),
        (Physical::INT32, 0) => Some(Values::I32(Vec::new())),
        (Physical::BOOLEAN, 0) => Some(Values::Bool(Vec::new())),
        _ => None,
    }
}

/// The packed bytes of one column of one row group.
fn packed(
    reader: &mut (impl Read + Seek),
    place: &Path,
    chunk: &ColumnChunkMetaData,
    data_end: u64,
) -> Result<Chunk> {
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let (start, length) = u64::try_from(start)
        .ok()
        .zip(u64::try_from(chunk.compressed_size()).ok())
        .filter(|(start, length)| start.checked_add(*length).is_some_and(|end| end <= data_end))
        .ok_or_else(|| damaged(place, "a column lies outside the file"))?;
    Ok(Chunk { start, bytes: read_bytes(reader, place, start, length)?.into() })
}

/// A column's bytes under the offsets that they have in the file.
struct Chunk {
    start: u64,
    bytes: Bytes,
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Chunk {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Cursor<Bytes>> {
        let mut cursor = Cursor::new(self.bytes.clone());
        cursor.set_position(start.saturating_sub(self.start));
        Ok(cursor)
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let from = start.checked_sub(self.start).and_then(|from| usize::try_from(from).ok());
        match from.and_then(|from| Some(from..from.checked_add(length)?)) {
            Some(range) if range.end <= self.bytes.len() => Ok(self.bytes.slice(range)),
            _ => Err(ParquetError::EOF(format!("a page outside its column, at {start}"))),
        }
    }
}

/// Appends the `rows` values of one row group.
fn append(
    values: &mut Values,
    description: &Arc<ColumnDescriptor>,
    bytes: Chunk,
    chunk: &ColumnChunkMetaData,
    rows: i64,
) -> ParquetResult<()> {
    let rows = usize::try_from(rows)?;
    let pages = SerializedPageReader::new(Arc::new(bytes), chunk, rows, None)?;
    match values {
        Values::F32(values) => decode::<FloatType>(description, pages, rows, values),
        Values::I64(values) => decode::<Int64Type>(description, pages, rows, values),
        Values::I32(values) => decode::<Int32Type>(description, pages, rows, values),
        Values::Bool(values) => decode::<BoolType>(description, pages, rows, values),
        Values::F64(values) => decode_optional::<DoubleType>(description, pages, rows, values),
        Values::OptI64(values) => decode_optional::<Int64Type>(description, pages, rows, values),
        Values::Text(values) => {
            let mut texts = Vec::new();
            decode::<ByteArrayType>(description, pages, rows, &mut texts)?;
            for text in texts {
                values.push(text.as_utf8()?.to_owned());
            }
            Ok(())
        }
    }
}

fn decode<T: DataType>(
    description: &Arc<ColumnDescriptor>,
    pages: SerializedPageReader<Chunk>,
    rows: usize,
    values: &mut Vec<T::T>,
) -> ParquetResult<()> {
    let mut reader = ColumnReaderImpl::<T>::new(Arc::clone(description), Box::new(pages));
    let mut left = rows;
    while left > 0 {
        let (read, _, _) = reader.read_records(left.min(ROWS_PER_BATCH), None, None, values)?;
        left = still_left(left, read)?;
    }
    Ok(())
}

/// Parquet gives the values that are there, and for every row whether it has one.
fn decode_optional<T: DataType>(
    description: &Arc<ColumnDescriptor>,
    pages: SerializedPageReader<Chunk>,
    rows: usize,
    values: &mut Vec<Option<T::T>>,
) -> ParquetResult<()> {
    let mut reader = ColumnReaderImpl::<T>::new(Arc::clone(description), Box::new(pages));
    let (mut levels, mut present) = (Vec::new(), Vec::new());
    let mut left = rows;
    while left > 0 {
        levels.clear();
        present.clear();
        let batch = left.min(ROWS_PER_BATCH);
        let (read, _, _) = reader.read_records(batch, Some(&mut levels), None, &mut present)?;
        left = still_left(left, read)?;
        let mut present = present.drain(..);
        values.extend(levels.iter().map(|level| if *level == 1 { present.next() } else { None }));
    }
    Ok(())
}

fn still_left(left: usize, read: usize) -> ParquetResult<usize> {
    match left.checked_sub(read) {
        Some(left) if read > 0 => Ok(left),
        _ => Err(ParquetError::EOF("a column with too few rows".into())),
    }
}

fn read_bytes(
    reader: &mut (impl Read + Seek),
    place: &Path,
    start: u64,
    length: u64,
) -> Result<Vec<u8>> {
    let io = |cause| Error::io("read the columns", place, cause);
    reader.seek(SeekFrom::Start(start)).map_err(io)?;
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 == length {
        return Ok(bytes);
    }
    Err(damaged(place, "it ends too early"))
}

/// What `decode` gives; its failure is damage. The Parquet crate panics on some damaged bytes, and
/// a damaged file is no bug: a panic counts as failure too.
fn undamaged<T>(place: &Path, decode: impl FnOnce() -> ParquetResult<T>) -> Result<T> {
    match std::panic::catch_unwind(AssertUnwindSafe(decode)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(cause)) => Err(damaged(place, cause)),
        Err(_) => Err(damaged(place, "its bytes contradict each other")),
    }
}

fn damaged(place: &Path, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Data, "cannot understand the columns: the file is damaged")
        .at_path(place)
        .caused_by(cause)
        .help("remove the file and what was made from it, then run the same command again")
}
