//! What a run keeps to: the inputs that were planned, the configuration it began with, itself
//! alone once its inputs were read; and how damage to it is found and repaired.

use std::path::PathBuf;

use crate::support::{Output, Scratch, kuroshio, read_json, root};

/// Where a test's files lie: WARC files, a tokenizer, a chain and a pipeline of its own.
struct Desk {
    scratch: Scratch,
}

const PIPELINE: &str = r#"
[input]
warc = ["input/*.warc.gz"]
[select]
chain = "chain.toml"
[tokenize]
tokenizer = "toy.model"
"#;

const CHAIN: &str = r#"
tiers = ["broad", "strict"]
[[step]]
signal = "listed_words"
list = "words.txt"
max = { broad = 1000, strict = 1 }
"#;

impl Desk {
    fn new() -> Desk {
        let desk = Desk { scratch: Scratch::new() };
        desk.copy("tests/fixtures/quickstart.warc.gz", "input/a.warc.gz");
        desk.copy("tests/fixtures/tokens/toy.model", "toy.model");
        desk.scratch.write("chain.toml", CHAIN);
        desk.scratch.write("words.txt", "日本\n電車\n");
        desk.scratch.write("p.toml", PIPELINE);
        desk
    }

    fn copy(&self, from: &str, to: &str) {
        self.scratch.write(to, std::fs::read(root().join(from)).unwrap());
    }

    fn join(&self, path: &str) -> PathBuf {
        self.scratch.join(path)
    }

    /// Runs the program in the desk's directory; the arguments are words.
    fn kuroshio(&self, arguments: &str) -> Output {
        kuroshio(arguments.split_whitespace(), self.scratch.path())
    }

    /// `kuroshio run` of its pipeline in `r`.
    fn run(&self, more: &str) -> Output {
        self.kuroshio(&format!("run p.toml --run r --quiet --threads 2 {more}"))
    }
}

#[track_caller]
fn says(output: &Output, expected: &[&str]) {
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    for text in expected {
        assert!(output.stderr.contains(text), "`{text}` is missing in\n{}", output.stderr);
    }
}

#[test]
fn a_file_that_is_not_the_planned_one_is_refused_with_both_sizes() {
    let desk = Desk::new();
    let whole = std::fs::read(desk.join("input/a.warc.gz")).unwrap();
    // Still being downloaded when it was planned.
    desk.scratch.write("input/a.warc.gz", &whole[..100_000]);
    desk.kuroshio("plan p.toml --run r").success();
    desk.scratch.write("input/a.warc.gz", &whole);
    let task = desk.kuroshio("task --run r --stage extract --index 0 --quiet").exited(78);
    let sizes = format!("100000 bytes were planned, there are {} now", whole.len());
    says(&task, &["not the planned one", "input/a.warc.gz", &sizes, "start another run"]);
    assert!(!desk.join("r/documents/00000.jsonl.zst").exists());
}

#[test]
fn a_file_of_the_run_of_another_size_is_damaged() {
    let desk = Desk::new();
    desk.run("--until extract").success();
    let file = desk.join("r/documents/00000.jsonl.zst");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.push(0);
    std::fs::write(&file, bytes).unwrap();
    let output = desk.run("").exited(65);
    says(&output, &["documents/00000.jsonl.zst", "were written", "kuroshio verify"]);
}

#[test]
fn another_version_of_the_program_is_named() {
    let desk = Desk::new();
    desk.run("--until labels").success();
    let marker = desk.join("r/markers/labels/00000.json");
    let mut value = read_json(&marker);
    value["depends"]["program"] = "0.0.9".into();
    value["key"] = "other".into();
    std::fs::write(&marker, value.to_string()).unwrap();
    std::fs::remove_file(desk.join("r/sealed/labels.json")).unwrap();
    let output = desk.run("").exited(78);
    let versions = format!("the program was 0.0.9, is {} now", env!("CARGO_PKG_VERSION"));
    says(&output, &["labels/0", &versions]);
}
