//! Kuroshio turns web archives into a Japanese training corpus and into token shards: WARC files
//! in, `jsonl.zst` and Megatron-LM `.bin/.idx` out.
//!
//! The program `kuroshio` does the whole way; the rooms can be used by themselves. This prints the
//! title and the encoding of every page in a WARC file:
//!
//! ```no_run
//! use kuroshio::warc::{Content, Reader, http::Response};
//! use kuroshio::page;
//!
//! let mut reader = Reader::new(std::fs::File::open("crawl.warc.gz")?, 64 << 20);
//! let (mut pages, mut buffer) = (page::Reader::new(), Vec::new());
//! while let Some(entry) = reader.next()? {
//!     let Content::Record(record) = entry.content else { continue };
//!     let Some(response) = Response::parse(record.block()) else { continue };
//!     let Ok(body) = response.body(64 << 20, 32 << 20, &mut buffer) else { continue };
//!     let decoded = page::decode(body, &response.content_type(), false);
//!     if let Ok(page) = pages.html(&decoded.text) {
//!         println!("{:?} in {}", page.title, decoded.charset.used);
//!     }
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The rooms, from the ground up; a room imports only from floors below it (`ARCHITECTURE.md`).

// Floor 0
pub mod digest;
pub mod error;
pub mod event;
pub mod outcome;
pub mod text;

// Floor 1
pub mod assets;
pub mod config;
pub mod format;
mod html;
pub mod store;

// Floor 2
pub mod chain;
pub mod dedup;
pub mod language;
pub mod page;
pub mod signals;
pub mod tokens;
pub mod warc;

// Floor 3
pub mod stages;

// Floor 4
pub mod report;
pub mod run;

// Floor 5
pub mod cli;
