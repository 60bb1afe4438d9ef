//! All integration tests in one binary, one module a capability.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod cli;
mod config;
mod dedup;
mod docs;
mod explain;
mod extract;
mod faults;
mod fuzz;
mod language;
#[cfg(target_os = "linux")] // Nothing else tells the program its peak.
mod memory;
mod page;
mod prescreen;
mod quickstart;
mod resume;
mod rooms;
mod runs;
mod select;
mod selection;
mod support;
mod tidy;
mod tokens;
mod verdicts;
mod warc;
