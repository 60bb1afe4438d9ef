//! What a run keeps to: the inputs that were planned, the configuration it began with, itself
//! alone once its inputs were read; and how damage to it is found and repaired.

use std::path::{Path, PathBuf};

use crate::support::{Output, Scratch, digests, kuroshio, read_json, root};

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

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.join(path)).unwrap();
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

/// Changes a byte in the middle of a file.
fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
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

#[test]
fn a_refusal_leaves_nothing_behind() {
    let desk = Desk::new();
    for (arguments, expected) in [
        ("run p.toml --run r --until extrat", "did you mean `extract`?"),
        ("run p.toml --run r --set extract.language=xx", "knows no label `xx`"),
        ("run p.toml --run r --set tokenize.tokenizer=lid.176", "is a language model"),
        ("run p.toml --run r --set extract.model=qwen3", "is a tokenizer, not a language model"),
        ("run p.toml --run r --set tokenize.eod=nothing-like-it", "nothing-like-it"),
        ("run p.toml --run r --set tokenize.tokenizer=chain.toml", "chain.toml"),
        ("plan p.toml --run r --set extract.language=xx", "knows no label `xx`"),
        ("plan p.toml --run r --stage extrat", "did you mean `extract`?"),
        ("plan --stage extract", "neither a pipeline nor a run"),
    ] {
        let output = desk.kuroshio(arguments);
        assert!([64, 65, 78].contains(&output.code), "{arguments}: {}", output.stderr);
        says(&output, &[expected]);
        assert!(!desk.join("r").exists(), "{arguments} left something");
    }
    desk.run("").success();
    let select = "select --run r --output s --quiet";
    for (set, expected) in [
        ("--set tokenize.eod=nothing-like-it", "nothing-like-it"),
        ("--set tokenize.tokenizer=lid.176", "is a language model"),
        ("--set select.profile=strict --until extrat", "did you mean `extract`?"),
    ] {
        says(&desk.kuroshio(&format!("{select} {set}")), &[expected]);
        assert!(!desk.join("s").exists(), "{set} left something");
    }
}

#[test]
fn a_run_that_was_interrupted_while_it_was_made_begins_anew() {
    let desk = Desk::new();
    desk.run("--until extract").success();
    // As if killed before the last file.
    for gone in ["documents", "signatures", "markers", "plan", "sealed"] {
        std::fs::remove_dir_all(desk.join("r").join(gone)).unwrap();
    }
    desk.remove("r/pipeline.toml");
    desk.scratch.write("chain.toml", CHAIN.replace("1000", "2000"));
    desk.run("--until decide").success();
    let frozen = std::fs::read_to_string(desk.join("r/chain.toml")).unwrap();
    assert!(frozen.contains("2000"), "{frozen}");
}

#[test]
fn files_that_no_run_wrote_are_not_overwritten() {
    let desk = Desk::new();
    desk.scratch.write("mine/chain.toml", "my own");
    let output = desk.kuroshio("run p.toml --run mine --quiet").exited(78);
    says(&output, &["`chain.toml` stands there", "--run DIR"]);
    assert_eq!(std::fs::read_to_string(desk.join("mine/chain.toml")).unwrap(), "my own");
}

#[test]
fn a_run_needs_nothing_but_itself_once_its_inputs_were_read() {
    let desk = Desk::new();
    desk.run("--until corpus").success();
    desk.remove("input/a.warc.gz");
    desk.remove("words.txt");
    desk.remove("chain.toml");
    let run = desk.join("r").display().to_string();
    let elsewhere = Scratch::new();
    let from_elsewhere = |arguments: &str| {
        let arguments = arguments.replace("--run r", &format!("--run {run}"));
        kuroshio(arguments.split_whitespace(), elsewhere.path())
    };
    // The tokenizer is still to be loaded: it is found from any directory.
    from_elsewhere("plan --run r --stage tokenize").success();
    from_elsewhere("task --run r --stage tokenize --index 0 --quiet").success();
    desk.remove("toy.model");
    from_elsewhere("seal --run r --stage tokenize").success();
    from_elsewhere("status --run r").success();
    from_elsewhere("verify --run r").success();
    desk.run("").success();
    let select = "select --run r --set select.profile=strict --until corpus --quiet";
    from_elsewhere(select).success();
    // A directory that is moved is the same run.
    std::fs::rename(desk.join("r"), desk.join("moved")).unwrap();
    desk.kuroshio("run p.toml --run moved --quiet").success();
}

#[test]
fn a_task_runs_in_any_directory() {
    let desk = Desk::new();
    desk.kuroshio("plan p.toml --run r").success();
    let run = desk.join("r").display().to_string();
    let task = format!("task --run {run} --stage extract --index 0 --quiet");
    let elsewhere = Scratch::new();
    kuroshio(task.split_whitespace(), elsewhere.path()).success();
    assert!(desk.join("r/documents/00000.jsonl.zst").exists());
}

#[test]
fn whatever_the_run_began_with_and_changed_since_is_named() {
    let desk = Desk::new();
    desk.run("--until corpus").success();
    desk.scratch.write("words.txt", "別の\n");
    desk.copy("tests/fixtures/tokens/toy.tokenizer.json", "toy.model");
    let output = desk.run("").exited(78);
    says(
        &output,
        &["the word list `words.txt` has changed", "`tokenize.tokenizer`, \"toy.model\""],
    );
    // An engine loads it for a task.
    desk.kuroshio("plan --run r --stage tokenize").success();
    let output = desk.kuroshio("task --run r --stage tokenize --index 0 --quiet").exited(78);
    says(&output, &["the tokenizer is not the one that the run began with", "toy.model", "now"]);
}

#[test]
fn the_first_error_is_shown_where_nothing_can_be_written() {
    let desk = Desk::new();
    desk.run("--until extract").success();
    // A directory in the place of the lock file: what fails first is the lock.
    desk.remove("r/.lock");
    std::fs::create_dir(desk.join("r/.lock")).unwrap();
    let before = std::fs::read(desk.join("r/summary.json")).unwrap();
    let output = desk.run("").exited(74);
    says(&output, &["cannot make the lock file"]);
    assert_eq!(std::fs::read(desk.join("r/summary.json")).unwrap(), before);
}

#[test]
fn a_run_that_another_process_holds_keeps_its_summary() {
    let desk = Desk::new();
    desk.run("--until extract").success();
    desk.scratch.write("r/summary.json", "");
    let lock = std::fs::File::open(desk.join("r/.lock")).unwrap();
    lock.lock().unwrap();
    desk.run("").exited(75);
    assert_eq!(std::fs::read(desk.join("r/summary.json")).unwrap(), b"");
}

#[test]
fn the_summary_is_written_again_wherever_its_numbers_differ() {
    let desk = Desk::new();
    desk.run("").success();
    let summary = || read_json(&desk.join("r/summary.json"));
    let whole = summary();
    desk.scratch.write("r/summary.json", "");
    desk.run("").success();
    assert_eq!(summary()["tokens"], whole["tokens"]);
    // All tasks done, only the seal and the summary of an earlier state are there.
    let mut stale = whole.clone();
    stale["tokens"] = 0.into();
    desk.scratch.write("r/summary.json", stale.to_string());
    desk.remove("r/sealed/tokenize.json");
    desk.run("").success();
    assert_eq!(summary()["tokens"], whole["tokens"]);
    let before = std::fs::metadata(desk.join("r/summary.json")).unwrap().modified().unwrap();
    desk.run("").success();
    let after = std::fs::metadata(desk.join("r/summary.json")).unwrap().modified().unwrap();
    assert_eq!(before, after, "equal numbers were written again");
}

#[test]
fn a_stage_is_planned_without_the_pipeline_once_the_run_stands() {
    let desk = Desk::new();
    desk.run("").success();
    let select = "select --run r --set select.profile=strict --output s --until settle --quiet";
    desk.kuroshio(select).success();
    desk.kuroshio("plan --run s --stage corpus").success();
    desk.kuroshio("task --run s --stage corpus --index 0 --quiet").success();
    desk.kuroshio("seal --run s --stage corpus").success();
    let output = desk.kuroshio("plan --run s --stage extract").exited(64);
    says(&output, &["a selection has no stage `extract` of its own"]);
}

#[test]
fn damage_to_a_sealed_run_is_found_and_repaired() {
    let desk = Desk::new();
    desk.run("").success();
    let written = || {
        let mut files = digests(&desk.join("r"));
        // It holds times.
        files.remove("summary.json");
        files
    };
    let before = written();
    type Spoil = fn(&Path);
    let cases: [(&str, Spoil, &[&str]); 9] = [
        ("documents/00000.jsonl.zst", damage, &["SHA-256", "markers/extract/00000.json"]),
        ("components/00000.parquet", damage, &["SHA-256", "markers/components/00000.json"]),
        ("verdicts/00000.parquet", |file| std::fs::remove_file(file).unwrap(), &["missing"]),
        ("tokens/corpus-00000.idx", |file| std::fs::write(file, "").unwrap(), &["0 bytes"]),
        ("markers/labels/00000.json", |file| std::fs::remove_file(file).unwrap(), &["missing"]),
        ("markers/measure/00000.json", |file| std::fs::write(file, "{").unwrap(), &["cannot"]),
        ("sealed/corpus.json", |file| std::fs::write(file, "{").unwrap(), &["cannot understand"]),
        ("plan/decide.jsonl", |file| std::fs::write(file, "{").unwrap(), &["the plan"]),
        ("sealed/decide.json", other_counts, &["the marker and the manifest differ"]),
    ];
    for (file, spoil, expected) in cases {
        spoil(&desk.join("r").join(file));
        let found = desk.kuroshio("verify --run r").exited(65);
        says(&found, expected);
        let name = file.strip_prefix("sealed/decide").map_or(file, |_| "markers/decide/00000.json");
        says(&found, &[name, "--repair"]);
        desk.kuroshio("verify --run r --repair").success();
        desk.run("").success();
        desk.kuroshio("verify --run r").success();
        assert!(written() == before, "{file} is not what it was");
    }
}

/// Writes other bytes into the manifest that are a manifest still.
fn other_counts(manifest: &Path) {
    let mut value = read_json(manifest);
    value["tasks"][0]["counts"]["kept"] = 1.into();
    std::fs::write(manifest, value.to_string()).unwrap();
}

#[test]
fn a_repair_by_hand_works_as_the_message_says() {
    let desk = Desk::new();
    desk.run("").success();
    let before = std::fs::read(desk.join("r/signals/00000.parquet")).unwrap();
    damage(&desk.join("r/signals/00000.parquet"));
    desk.remove("r/signals/00000.parquet");
    desk.remove("r/markers/measure/00000.json");
    desk.run("").success();
    assert!(std::fs::read(desk.join("r/signals/00000.parquet")).unwrap() == before);
    desk.kuroshio("verify --run r").success();
}
