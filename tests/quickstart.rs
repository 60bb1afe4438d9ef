//! The sample that comes with Kuroshio: its WARC file is what its sources say, and the whole way
//! over it ends as its sources expect.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::support::sample::{Page, build, read_pages};
use crate::support::{Output, Scratch, kuroshio, root};

const SAMPLE: &str = "tests/fixtures/quickstart.warc.gz";
const SOURCES: &str = "tests/fixtures/pages";

#[test]
fn the_sample_is_what_its_sources_say() {
    let built = build(&root().join(SOURCES));
    let file = root().join(SAMPLE);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &built).unwrap();
    }
    let standing = std::fs::read(&file).unwrap_or_default();
    assert!(
        standing == built,
        "{SAMPLE} is stale: run `UPDATE=1 cargo test --test main quickstart::` ({} bytes, {} built)",
        standing.len(),
        built.len()
    );
    assert!(built.len() < 250_000, "the sample is {} bytes", built.len());
}
