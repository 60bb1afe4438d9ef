//! Where every sequence of a token shard comes from, as Parquet columns.

use std::io::Write;

use crate::error::Result;
use crate::format::columns::{self, Column, Values};

/// Where a document comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Its id; empty if it has none.
    pub id: String,
    /// Its URL; empty if unknown.
    pub url: String,
    /// The WARC file; empty if unknown.
    pub warc_file: String,
    /// The offset of its record in that file.
    pub warc_offset: Option<i64>,
}

/// The rows of a shard, one a sequence: `sequence`, `id`, `url`, `warc_file`, `warc_offset`,
/// `tokens`. Memory: the rows.
#[derive(Debug, Default)]
pub struct Provenance {
    ids: Vec<String>,
    urls: Vec<String>,
    warc_files: Vec<String>,
    warc_offsets: Vec<Option<i64>>,
    tokens: Vec<i64>,
}

impl Provenance {
    /// Adds the next sequence with its tokens, marks included.
    pub fn push(&mut self, origin: Origin, tokens: usize) {
        self.ids.push(origin.id);
        self.urls.push(origin.url);
        self.warc_files.push(origin.warc_file);
        self.warc_offsets.push(origin.warc_offset);
        self.tokens.push(tokens as i64);
    }

    /// Writes the rows as Parquet and returns their number; `place` names the file in errors.
    pub fn write(self, out: &mut (impl Write + Send), place: &str) -> Result<u64> {
        let sequences = (0..).take(self.tokens.len()).collect();
        columns::write(
            out,
            place,
            &[
                Column::new("sequence", Values::I64(sequences)),
                Column::new("id", Values::Text(self.ids)),
                Column::new("url", Values::Text(self.urls)),
                Column::new("warc_file", Values::Text(self.warc_files)),
                Column::new("warc_offset", Values::OptI64(self.warc_offsets)),
                Column::new("tokens", Values::I64(self.tokens)),
            ],
            &[],
        )
    }
}
