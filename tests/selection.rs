//! Selections: what they are made over, what is refused before one is made, and what programs and
//! people are told of it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Output, Scratch, digests, kuroshio, read_json, root};

const TOY: &str = "tokenize.tokenizer=tests/fixtures/tokens/toy.model";

/// Two tiers, with an edit between their bounds.
const CHAIN: &str = r#"
tiers = ["wide", "narrow"]
[[step]]
signal = "language_score"
min = { wide = 0.1, narrow = 0.9 }
[[step]]
edit = "drop_boilerplate"
[[step]]
signal = "characters"
min = { wide = 10, narrow = 300 }
"#;

fn run(dir: &Path, sets: &[&str]) -> Output {
    let name = dir.display().to_string();
    let mut arguments = vec!["run", "pipelines/quickstart.toml", "--quiet", "--run", &name];
    for set in [TOY].iter().chain(sets) {
        arguments.extend(["--set", *set]);
    }
    kuroshio(arguments, root())
}

fn select(over: &Path, arguments: &[&str]) -> Output {
    let over = over.display().to_string();
    kuroshio(["select", "--run", &over].iter().chain(arguments), root())
}

/// A run of [`CHAIN`] in its wide tier, in `r` of the scratch directory.
fn scratch() -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    let chain = scratch.write("c.toml", CHAIN);
    let dir = scratch.join("r");
    let chain = format!("select.chain={}", chain.display());
    run(&dir, &[&chain, "select.profile=wide"]).success();
    (scratch, dir)
}

fn dir_of(summary: &Value) -> PathBuf {
    PathBuf::from(summary["dir"].as_str().unwrap())
}

#[track_caller]
fn says(output: &Output, expected: &[&str]) {
    for text in expected {
        assert!(output.stderr.contains(text), "`{text}` is missing in\n{}", output.stderr);
    }
}

#[test]
fn a_selection_of_a_selection_is_one_of_the_first_run() {
    let (scratch, first) = scratch();
    let narrow = select(&first, &["--set", "select.profile=narrow", "--json"]).success().json();
    let again =
        select(&dir_of(&narrow), &["--set", "select.name=other", "--json"]).success().json();
    assert_eq!(again["kept"], narrow["kept"], "the tier of the selection it began with");
    assert!(again["kept"].as_u64().unwrap() > 0 && again["tokens"] == narrow["tokens"]);
    assert_eq!(dir_of(&again).parent(), dir_of(&narrow).parent());
    assert!(dir_of(&again).join("corpus/other-00000.jsonl.zst").exists());

    let outside = scratch.join("outside");
    let output = outside.display().to_string();
    let arguments = ["--set", "select.rejects=false", "--output", &output, "--json"];
    let outside_run = select(&dir_of(&narrow), &arguments).success().json();
    assert_eq!(outside_run["kept"], narrow["kept"]);
    let base = read_json(&outside.join("base.json"));
    let canonical = std::fs::canonicalize(&first).unwrap();
    assert_eq!(base.as_str().unwrap(), canonical.display().to_string());
    assert!(!outside.join("rejects").exists());
    // Back to the bounds of the run itself.
    let back = select(&dir_of(&narrow), &["--set", "select.profile=wide", "--json"]).success();
    assert_eq!(dir_of(&back.json()), first);
}

#[test]
fn a_directory_of_another_run_or_selection_is_refused() {
    let (scratch, first) = scratch();
    let second = scratch.join("second");
    let chain = format!("select.chain={}", scratch.join("c.toml").display());
    let warc = "input.warc=[\"tests/fixtures/quickstart.warc.gz\"]";
    run(&second, &[&chain, "select.profile=wide", warc]).success();
    let output = scratch.join("out").display().to_string();
    let narrow = ["--set", "select.profile=narrow", "--output", &output];
    select(&first, &narrow).success();
    select(&first, &narrow).success();
    let before = digests(scratch.path());
    let refused = select(&second, &narrow).exited(78);
    says(&refused, &["selection over another run", &first.display().to_string(), "--output"]);
    let whole = first.display().to_string();
    let over_itself = ["--set", "select.profile=narrow", "--output", &whole];
    says(&select(&first, &over_itself).exited(78), &["a run of its own", &whole, "--output"]);
    assert!(before == digests(scratch.path()), "something was written");
}

#[test]
fn what_is_not_stored_is_refused_before_anything_is_made() {
    let (scratch, first) = scratch();
    let before = digests(&first);
    for (name, chain, expected) in [
        (
            "signal.toml",
            CHAIN
                .replace("\"characters\"", "\"kana_share_all\"")
                .replace("= 10", "= 0")
                .replace("= 300", "= 1"),
            "`kana_share_all`",
        ),
        (
            "edits.toml",
            CHAIN.replace("drop_boilerplate", "drop_link_lists"),
            "the edits of the chain",
        ),
        (
            "none.toml",
            CHAIN.replace("[[step]]\nedit = \"drop_boilerplate\"\n", ""),
            "the edits of the chain",
        ),
    ] {
        let file = scratch.write(name, chain);
        let set = format!("select.chain={}", file.display());
        let refused = select(&first, &["--set", &set]).exited(78);
        says(&refused, &[expected, name, "start another run with this chain"]);
        assert_eq!(refused.stdout, "");
    }
    assert!(before == digests(&first), "something was written");
    assert!(!first.join("selections").exists());
}

#[test]
fn a_run_that_is_not_measured_yet_is_refused_before_anything_is_made() {
    let scratch = Scratch::new();
    let dir = scratch.join("r");
    let name = dir.display().to_string();
    let arguments = ["run", "pipelines/quickstart.toml", "--run", &name, "--until", "labels"];
    kuroshio(arguments.iter().chain(&["--set", TOY]), root()).success();
    let refused = select(&dir, &["--set", "select.profile=strict"]).exited(78);
    says(&refused, &["stage `measure` is not sealed yet", "help:"]);
    assert!(!dir.join("selections").exists());
}

#[test]
fn json_stands_alone_on_stdout_and_names_the_directory() {
    let (_scratch, first) = scratch();
    let output = select(&first, &["--set", "select.profile=narrow", "--json"]).success();
    let mut told = output.json();
    let dir = dir_of(&told);
    assert!(
        output.stderr.contains(&format!("Selection in {}", dir.display())),
        "{}",
        output.stderr
    );
    told.as_object_mut().unwrap().remove("dir");
    assert_eq!(told, read_json(&dir.join("summary.json")));

    let same = select(&first, &["--set", "select.profile=wide", "--json"]).success();
    assert_eq!(dir_of(&same.json()), first);
    assert!(same.stderr.contains("nothing else to decide"), "{}", same.stderr);
    let quiet = select(&first, &["--set", "select.profile=narrow", "--json", "--quiet"]).success();
    assert_eq!(quiet.stderr, "");
    assert_eq!(dir_of(&quiet.json()), dir);
}

#[test]
fn the_next_command_names_a_tier_that_was_not_decided_yet() {
    let (scratch, first) = scratch();
    let next = format!("kuroshio select --run {} --set select.profile=narrow", first.display());
    let chain = format!("select.chain={}", scratch.join("c.toml").display());
    let shown = run(&first, &[&chain, "select.profile=wide"]).success().stdout;
    assert!(shown.contains(&next), "{shown}");
    let shown = select(&first, &["--set", "select.profile=narrow"]).success().stdout;
    assert!(!shown.contains("kuroshio select"), "there is no third tier: {shown}");
    assert!(shown.contains("Next:\n  kuroshio status --run"), "{shown}");

    let three = CHAIN
        .replace("[\"wide\", \"narrow\"]", "[\"wide\", \"middle\", \"narrow\"]")
        .replace("wide = 0.1", "middle = 0.2, wide = 0.1")
        .replace("wide = 10", "middle = 20, wide = 10");
    scratch.write("three.toml", three);
    let chain = format!("select.chain={}", scratch.join("three.toml").display());
    let other = scratch.join("other");
    let shown = run(&other, &[&chain, "select.profile=narrow"]).success().stdout;
    assert!(shown.contains("--set select.profile=middle"), "{shown}");
    let shown = select(&other, &["--set", "select.profile=middle"]).success().stdout;
    let next = format!("kuroshio select --run {} --set select.profile=wide ", other.display());
    assert!(shown.contains(&next), "{shown}");
}

#[test]
fn names_of_shards_do_not_begin_like_options_or_hidden_files() {
    let scratch = Scratch::new();
    for name in [".hidden", "-o", "a/b"] {
        let set = format!("select.name=\"{name}\"");
        let refused = run(&scratch.join("r"), &[&set]).exited(78);
        says(&refused, &["--set select.name=", "no part of a file name", "letters, digits"]);
    }
    assert!(!scratch.join("r").exists());
}
