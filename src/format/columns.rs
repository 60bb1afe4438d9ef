//! Flat tables as Parquet files: one row a document, a few columns of plain values, and texts by
//! key in the footer. What Kuroshio measures and decides is stored this way, so that any data
//! tool reads it.
//!
//! | values | physical type | nulls | encoding |
//! | --- | --- | --- | --- |
//! | `Text` | BYTE_ARRAY, logical type STRING | no | dictionary, else plain |
//! | `F64` | DOUBLE | yes | plain |
//! | `F32` | FLOAT | no | plain |
//! | `I64`, `OptI64` | INT64 | no, yes | plain |
//! | `I32` | INT32 | no | plain |
//! | `Bool` | BOOLEAN | no | plain |
//!
//! Row groups hold 262,144 rows, pages are packed with zstd at level 3. The bytes of a file depend
//! on its columns and metadata alone.
//!
//! Memory: a whole table is held, as plain vectors. Besides it, writing holds one page and its
//! packed form, and a text column's packed row group; reading holds one packed column of one row
//! group.

mod read;
mod table;
mod write;

pub use read::{read, read_all};
pub use table::Table;
pub use write::write;

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name, unique in its table.
    pub name: String,
    /// Its values, one a row.
    pub values: Values,
}

impl Column {
    /// The column `name` with `values`.
    pub fn new(name: impl Into<String>, values: Values) -> Column {
        Column { name: name.into(), values }
    }
}

/// The values of a column, one a row. `None` is null: undefined, never a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// UTF-8 texts.
    Text(Vec<String>),
    /// Numbers that may be undefined.
    F64(Vec<Option<f64>>),
    /// Numbers of single precision.
    F32(Vec<f32>),
    /// Whole numbers; bit patterns of 64 bits are cast.
    I64(Vec<i64>),
    /// Whole numbers that may be undefined.
    OptI64(Vec<Option<i64>>),
    /// Small whole numbers.
    I32(Vec<i32>),
    /// Yes or no.
    Bool(Vec<bool>),
}

impl Values {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Values::Text(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::F32(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::OptI64(values) => values.len(),
            Values::I32(values) => values.len(),
            Values::Bool(values) => values.len(),
        }
    }

    /// What the values are, for messages.
    fn describe(&self) -> &'static str {
        match self {
            Values::Text(_) => "texts",
            Values::F64(_) => "doubles that may be null",
            Values::F32(_) => "floats",
            Values::I64(_) => "64-bit integers",
            Values::OptI64(_) => "64-bit integers that may be null",
            Values::I32(_) => "32-bit integers",
            Values::Bool(_) => "booleans",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::write::write_groups;
    use super::*;
    use crate::error::{Kind, Place, Result};

    const PLACE: &str = "labels/00017.parquet";

    /// One column of every type, with the values at the edges of each.
    fn every_type() -> Vec<Column> {
        vec![
            Column::new("text", Values::Text(vec!["".into(), "同じ".into(), "同じ".into()])),
            Column::new("f64", Values::F64(vec![None, Some(-0.0), Some(f64::MAX)])),
            Column::new("f32", Values::F32(vec![1.0, f32::MIN_POSITIVE, f32::INFINITY])),
            Column::new("i64", Values::I64(vec![i64::MIN, 0, i64::MAX])),
            Column::new("opt_i64", Values::OptI64(vec![Some(i64::MIN), None, Some(-1)])),
            Column::new("i32", Values::I32(vec![i32::MIN, 0, i32::MAX])),
            Column::new("bool", Values::Bool(vec![true, false, true])),
        ]
    }

    fn metadata() -> Vec<(String, String)> {
        vec![("column.f64".into(), "ratio v1".into()), ("column.empty".into(), String::new())]
    }

    fn written(columns: &[Column], rows_per_group: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_groups(&mut bytes, PLACE, columns, &metadata(), rows_per_group).unwrap();
        bytes
    }

    fn reread(bytes: &[u8]) -> Result<Table> {
        read_all(Cursor::new(bytes), Path::new(PLACE))
    }

    #[test]
    fn what_was_written_is_read_by_its_type() {
        let mut bytes = Vec::new();
        assert_eq!(write(&mut bytes, PLACE, &every_type(), &metadata()).unwrap(), 3);
        let table = reread(&bytes).unwrap();
        assert_eq!(table.rows(), 3);
        assert_eq!(table.metadata(), metadata());
        let names: Vec<&str> = table.names().collect();
        assert_eq!(names, ["text", "f64", "f32", "i64", "opt_i64", "i32", "bool"]);
        assert_eq!(table.text("text").unwrap(), ["", "同じ", "同じ"]);
        assert_eq!(table.opt_f64("f64").unwrap(), [None, Some(-0.0), Some(f64::MAX)]);
        assert_eq!(table.f32("f32").unwrap(), [1.0, f32::MIN_POSITIVE, f32::INFINITY]);
        assert_eq!(table.i64("i64").unwrap(), [i64::MIN, 0, i64::MAX]);
        assert_eq!(table.opt_i64("opt_i64").unwrap(), [Some(i64::MIN), None, Some(-1)]);
        assert_eq!(table.i32("i32").unwrap(), [i32::MIN, 0, i32::MAX]);
        assert_eq!(table.bool("bool").unwrap(), [true, false, true]);
    }

    #[test]
    fn the_bytes_of_version_1_stay_as_they_are() {
        let digest = Sha256::digest(written(&every_type(), 1 << 18));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5622427e9f9716f1261783704d979dc92ad6e6f058bd5a009fe8e8b1e7df92eb");
    }

    #[test]
    fn only_the_asked_columns_are_read() {
        let bytes = written(&every_type(), 2);
        let table = read(Cursor::new(&bytes), Path::new(PLACE), &["bool", "i64"]).unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["i64", "bool"]);
        assert_eq!(table.rows(), 3);
        assert!(table.f32("f32").is_err());
    }

    #[test]
    fn a_table_without_rows_keeps_its_columns() {
        let columns = [
            Column::new("id", Values::Text(Vec::new())),
            Column::new("value", Values::F64(Vec::new())),
        ];
        let table = reread(&written(&columns, 5)).unwrap();
        assert_eq!(table.rows(), 0);
        assert_eq!(table.opt_f64("value").unwrap(), [None; 0]);
    }

    #[test]
    fn a_missing_column_is_named_with_the_columns_that_are_there() {
        let bytes = written(&every_type(), 5);
        let error = read(Cursor::new(&bytes), Path::new(PLACE), &["i46"]).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (Kind::Data, "no column `i46`"));
        assert_eq!(error.place, Some(Place::Path(PLACE.into())));
        assert!(error.help.unwrap().contains("i64, opt_i64"));
    }

    #[test]
    fn a_column_of_another_type_says_both_types() {
        let table = reread(&written(&every_type(), 5)).unwrap();
        let error = table.i64("opt_i64").unwrap_err();
        assert_eq!(error.kind, Kind::Data);
        assert_eq!(
            error.message,
            "the column `opt_i64` should hold 64-bit integers, it holds 64-bit integers that may \
             be null"
        );
    }

    #[test]
    fn columns_that_make_no_table_are_refused() {
        let one = || Column::new("a", Values::I32(vec![1]));
        let two = Column::new("b", Values::I32(vec![1, 2]));
        for columns in [vec![], vec![one(), two], vec![one(), one()]] {
            let error = write(&mut Vec::new(), PLACE, &columns, &[]).unwrap_err();
            assert_eq!(error.kind, Kind::Bug, "{columns:?}");
        }
    }

    #[test]
    fn a_full_disk_keeps_its_kind() {
        struct Full;
        impl std::io::Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let error = write(&mut Full, PLACE, &every_type(), &[]).unwrap_err();
        assert_eq!(error.kind, Kind::Again);
        assert_eq!(error.place, Some(Place::Path(PLACE.into())));
    }

    #[test]
    fn a_file_cut_anywhere_is_damaged_data() {
        let bytes = written(&every_type(), 2);
        for length in 0..bytes.len() {
            let error = reread(&bytes[..length]).unwrap_err();
            assert_eq!(error.kind, Kind::Data, "at {length}");
            assert_eq!(error.place, Some(Place::Path(PLACE.into())));
        }
    }

    #[test]
    fn a_damaged_byte_never_makes_reading_panic() {
        let bytes = written(&every_type(), 2);
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                if let Err(error) = reread(&damaged) {
                    assert_eq!(error.kind, Kind::Data, "at {at}");
                }
            }
        }
    }

    fn values(rows: usize) -> impl Strategy<Value = Values> {
        use prop::collection::vec;
        prop_oneof![
            vec(".{0,5}", rows).prop_map(Values::Text),
            vec(any::<Option<f64>>(), rows).prop_map(Values::F64),
            vec(any::<f32>(), rows).prop_map(Values::F32),
            vec(any::<i64>(), rows).prop_map(Values::I64),
            vec(any::<Option<i64>>(), rows).prop_map(Values::OptI64),
            vec(any::<i32>(), rows).prop_map(Values::I32),
            vec(any::<bool>(), rows).prop_map(Values::Bool),
        ]
    }

    proptest! {
        #[test]
        fn reading_gives_back_what_was_written(
            columns in (0usize..50).prop_flat_map(|rows| prop::collection::vec(values(rows), 1..5)),
            rows_per_group in 1usize..60,
        ) {
            let columns: Vec<Column> = columns
                .into_iter()
                .enumerate()
                .map(|(at, values)| Column::new(format!("c{at}"), values))
                .collect();
            let table = reread(&written(&columns, rows_per_group)).unwrap();
            let rows = columns[0].values.rows();
            prop_assert_eq!(table, Table::new(Path::new(PLACE), rows, columns, metadata()));
        }
    }
}
