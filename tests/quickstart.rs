//! The sample that comes with Kuroshio: its WARC file is what its sources say, and the whole way
//! over it ends as its sources expect.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::sample::{Page, build, read_pages};
use crate::support::{Scratch, digests, kuroshio, read_json, root, rows};

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

#[test]
fn the_whole_way_ends_as_the_sources_expect() {
    let scratch = Scratch::new();
    let dir = scratch.join("run");
    let run = dir.display().to_string();
    let arguments = [
        "run",
        "pipelines/quickstart.toml",
        "--run",
        &run,
        "--quiet",
        "--set",
        "tokenize.tokenizer=tests/fixtures/tokens/toy.model",
    ];
    let shown = kuroshio(arguments, root()).success().stdout;
    let delivered = Delivered::read(&dir);
    let mut faults = Vec::new();
    for page in read_pages(&root().join(SOURCES)) {
        if let Some(fault) = delivered.fault(&page) {
            faults.push(format!("{}: {fault}", page.path));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    counts_add_up(&read_json(&dir.join("summary.json")), &delivered);
    for part in ["records", "documents", "kept", "tokens", "One that was kept", "Next:"] {
        assert!(shown.contains(part), "`{part}` is not shown in\n{shown}");
    }
}

/// The same bytes as ever: what this version of the formats makes of the sample.
#[test]
fn the_bytes_of_the_sample_are_those_of_the_golden_digests() {
    const GOLDEN: &str = "tests/golden/v1/quickstart.sha256";
    const FOLDERS: [&str; 6] = ["documents", "labels", "signals", "verdicts", "corpus", "tokens"];
    let scratch = Scratch::new();
    let run = scratch.join("run").display().to_string();
    let tokenizer = "tokenize.tokenizer=tests/fixtures/tokens/toy.model";
    let arguments =
        ["run", "pipelines/quickstart.toml", "--run", &run, "--quiet", "--set", tokenizer];
    kuroshio(arguments, root()).success();
    let lines = digests(&scratch.join("run"))
        .into_iter()
        .filter(|(path, _)| FOLDERS.iter().any(|folder| path.starts_with(&format!("{folder}/"))));
    let found: String = lines.map(|(path, sha256)| format!("{sha256}  {path}\n")).collect();
    let file = root().join(GOLDEN);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &found).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        golden == found,
        "the output has changed. Where that is meant, give the format or the stage a new version, \
         and run `UPDATE=1 cargo test --test main quickstart::`\n{golden}\n{found}"
    );
}

/// What a run delivered, by id.
struct Delivered {
    documents: BTreeMap<String, Value>,
    corpus: BTreeMap<String, Value>,
    rejects: BTreeMap<String, Value>,
}

impl Delivered {
    fn read(dir: &Path) -> Delivered {
        let by_id = |folder: &str| -> BTreeMap<String, Value> {
            let rows = rows(&dir.join(folder)).into_iter();
            rows.map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect()
        };
        Delivered {
            documents: by_id("documents"),
            corpus: by_id("corpus"),
            rejects: by_id("rejects"),
        }
    }

    /// `kept`, `duplicate`, or the bound that the document failed; none if the page became none.
    fn verdict(&self, id: &str) -> Option<&str> {
        if self.corpus.contains_key(id) {
            return Some("kept");
        }
        self.rejects.get(id).map(|row| row["verdict"].as_str().unwrap())
    }

    /// What differs between the verdict on a page and what its source expects.
    fn fault(&self, page: &Page) -> Option<String> {
        let verdict = self.verdict(&page.id());
        let expected = page.field("expect-verdict");
        let right = match (expected, verdict) {
            (Some("any"), _) | (None, None) => true,
            (Some("rejected"), Some(found)) => found != "kept" && found != "duplicate",
            (Some(expected), Some(found)) => expected == found,
            _ => false,
        };
        if !right {
            let row = self.rejects.get(&page.id());
            return Some(format!("{verdict:?}, expected {expected:?}\n{row:?}"));
        }
        let kept = self.corpus.get(&page.id())?;
        let text = kept["text"].as_str().unwrap();
        let missing = page.all("expect-text").find(|sentence| !text.contains(*sentence))?;
        Some(format!("`{missing}` is missing in the corpus:\n{text}"))
    }
}

fn counts_add_up(summary: &Value, delivered: &Delivered) {
    let count = |name: &str| summary[name].as_u64().unwrap_or_else(|| panic!("no `{name}`"));
    let outcomes = summary["outcomes"].as_object().unwrap();
    let rejected = summary["rejected"].as_object().unwrap();
    let sum = |map: &serde_json::Map<String, Value>| -> u64 {
        map.values().map(|count| count.as_u64().unwrap()).sum()
    };
    assert_eq!(sum(outcomes), count("records"));
    assert_eq!(outcomes.get("internal"), None, "a page met a bug");
    let duplicates = summary["duplicates"]["exact"].as_u64().unwrap();
    assert_eq!(count("documents"), count("kept") + duplicates + sum(rejected));
    assert!(count("kept") <= count("unique") && count("unique") < count("documents"));
    assert_eq!(delivered.documents.len() as u64, count("documents"));
    assert_eq!(delivered.corpus.len() as u64, count("kept"));
    assert_eq!(delivered.rejects.len() as u64, count("documents") - count("kept"));
    let texts = delivered.corpus.values().map(|row| row["text"].as_str().unwrap());
    let characters: usize = texts.map(|text| text.chars().count()).sum();
    assert_eq!(count("characters"), characters as u64);
    assert!(count("kept") >= 60 && characters > 25_000, "{characters} characters are kept");
    assert!(count("tokens") > count("kept"));
}
