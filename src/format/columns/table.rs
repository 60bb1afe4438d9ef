//! A table as it was read: columns by name and type, and the texts of the footer.

use std::path::{Path, PathBuf};

use super::{Column, Values};
use crate::error::{Error, Kind, Result};

/// Columns of equal length, read from one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    place: PathBuf,
    rows: usize,
    columns: Vec<Column>,
    metadata: Vec<(String, String)>,
}

/// One function a type: the values of a column, or an error that names the file and both types.
macro_rules! typed {
    ($(#[doc = $doc:literal] $function:ident, $variant:ident, $type:ty;)*) => {
        $(
            #[doc = $doc]
            pub fn $function(&self, name: &str) -> Result<&[$type]> {
                match self.column(name)? {
                    Values::$variant(values) => Ok(values),
                    other => Err(self.wrong_type(name, &Values::$variant(Vec::new()), other)),
                }
            }
        )*
    };
}

impl Table {
    pub(super) fn new(
        place: &Path,
        rows: usize,
        columns: Vec<Column>,
        metadata: Vec<(String, String)>,
    ) -> Table {
        Table { place: place.to_path_buf(), rows, columns, metadata }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The texts of the footer, by key, in the order they were written.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// The names of the columns that were read, in their order in the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    typed! {
        /// The texts of the column `name`.
        text, Text, String;
        /// The doubles of the column `name`, `None` where it is null.
        opt_f64, F64, Option<f64>;
        /// The floats of the column `name`.
        f32, F32, f32;
        /// The 64-bit integers of the column `name`.
        i64, I64, i64;
        /// The 64-bit integers of the column `name`, `None` where it is null.
        opt_i64, OptI64, Option<i64>;
        /// The 32-bit integers of the column `name`.
        i32, I32, i32;
        /// The booleans of the column `name`.
        bool, Bool, bool;
    }

    fn column(&self, name: &str) -> Result<&Values> {
        let column = self.columns.iter().find(|column| column.name == name);
        column.map(|column| &column.values).ok_or_else(|| missing(name, self.names(), &self.place))
    }

    fn wrong_type(&self, name: &str, wanted: &Values, found: &Values) -> Error {
        Error::new(
            Kind::Data,
            format!(
                "the column `{name}` should hold {}, it holds {}",
                wanted.describe(),
                found.describe()
            ),
        )
        .at_path(&self.place)
    }
}

/// The error about a column that a file does not have.
pub(super) fn missing<'a>(
    name: &str,
    present: impl Iterator<Item = &'a str>,
    place: &Path,
) -> Error {
    let present: Vec<&str> = present.collect();
    Error::new(Kind::Data, format!("no column `{name}`"))
        .at_path(place)
        .help(format!("the file has the columns {}", present.join(", ")))
}
