//! Kuroshio turns web archives into a Japanese training corpus and into token shards: WARC files
//! in, `jsonl.zst` and Megatron-LM `.bin/.idx` out.
//!
//! The rooms, from the ground up; a room imports only from floors below it (`ARCHITECTURE.md`).

// Floor 0
pub mod error;
pub mod event;
pub mod outcome;
pub mod text;

// Floor 1
pub mod assets;
pub mod config;
pub mod format;
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
