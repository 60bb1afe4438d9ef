//! The files of a run as bytes: frames of `jsonl.zst`, flat Parquet columns, and the document row.
//! Writers take any `Write`, readers any `Read`. Knows nothing of where the bytes lie.

pub mod columns;
pub mod document;
pub mod frames;
