//! Same input, same bytes: for any number of threads, and after any number of kills.
//!
//! `KUROSHIO_TEST_WARC='/data/*.warc.gz' cargo test --release --test main resume::` does the same over
//! other WARC files than the sample.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Scratch, binary, digests, kuroshio, root};

/// Folders whose bytes must never depend on how a run went.
const FOLDERS: [&str; 11] = [
    "documents",
    "signatures",
    "components",
    "labels",
    "signals",
    "decisions",
    "verdicts",
    "corpus",
    "rejects",
    "tokens",
    "markers",
];

/// How often the run is killed.
const KILLS: u32 = 20;

fn arguments(dir: &Path, threads: &str) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["run", "pipelines/quickstart.toml", "--quiet", "--threads", threads, "--run"]
            .map(str::to_owned)
            .to_vec();
    arguments.push(dir.display().to_string());
    let warc = std::env::var("KUROSHIO_TEST_WARC")
        .unwrap_or_else(|_| format!("{}/input/*.warc.gz", dir.parent().unwrap().display()));
    for set in [
        format!("input.warc=[\"{warc}\"]"),
        "tokenize.tokenizer=tests/fixtures/tokens/toy.model".to_owned(),
        "select.shard_size=40 kB".to_owned(),
    ] {
        arguments.extend(["--set".to_owned(), set]);
    }
    arguments
}

/// Three WARC files of the same pages, so that there are tasks in flight and duplicates.
fn scratch() -> Scratch {
    let scratch = Scratch::new();
    let sample = std::fs::read(root().join("tests/fixtures/quickstart.warc.gz")).unwrap();
    for name in ["a", "b", "c"] {
        scratch.write(format!("input/{name}.warc.gz"), &sample);
    }
    scratch
}

fn delivered(dir: &Path) -> BTreeMap<String, String> {
    let all = digests(dir);
    let kept: BTreeMap<String, String> = all
        .into_iter()
        .filter(|(path, _)| FOLDERS.iter().any(|folder| path.starts_with(&format!("{folder}/"))))
        .filter(|(path, _)| !path.contains("/.tmp-"))
        .collect();
    for folder in FOLDERS {
        let files = kept.keys().filter(|path| path.starts_with(folder)).count();
        assert!(files > 0, "{folder}/ is empty");
    }
    kept
}

#[track_caller]
fn same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>, what: &str) {
    let differing: Vec<&String> =
        one.keys().chain(other.keys()).filter(|path| one.get(*path) != other.get(*path)).collect();
    assert!(differing.is_empty(), "{what}: {differing:?}");
}

#[test]
fn kills_and_threads_change_no_byte() {
    let scratch = scratch();
    let one = scratch.join("one");
    kuroshio(arguments(&one, "1"), root()).success();
    let reference = delivered(&one);

    let two = scratch.join("two");
    let begun = Instant::now();
    kuroshio(arguments(&two, "2"), root()).success();
    let whole = begun.elapsed();
    same(&reference, &delivered(&two), "two threads");

    for kill in 0..KILLS {
        let dir = scratch.join(format!("kill-{kill}"));
        // Spread over the whole run, each at another point of its slice.
        let slice = f64::from(kill) + f64::from(kill * 7 % KILLS) / f64::from(KILLS);
        let after: Duration = whole.mul_f64(slice / f64::from(KILLS));
        let mut child = binary()
            .args(arguments(&dir, "2"))
            .current_dir(root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
        kuroshio(arguments(&dir, "2"), root()).success();
        same(&reference, &delivered(&dir), &format!("killed after {after:?}"));
        let left: Vec<String> =
            digests(&dir).into_keys().filter(|path| path.contains(".tmp-")).collect();
        assert!(left.is_empty(), "temporary files were left: {left:?}");
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn the_second_run_does_nothing_and_says_so() {
    let scratch = scratch();
    let dir = scratch.join("run");
    kuroshio(arguments(&dir, "2"), root()).success();
    let before = digests(&dir);
    let again = kuroshio(arguments(&dir, "2"), root()).success();
    assert!(again.stdout.contains("Nothing to do"), "{}", again.stdout);
    same(&before, &digests(&dir), "the second run");
}

#[test]
fn plan_task_seal_do_what_run_does() {
    let scratch = scratch();
    let whole = scratch.join("whole");
    kuroshio(arguments(&whole, "2"), root()).success();
    let dir = scratch.join("pieces");
    let mut plan = arguments(&dir, "1");
    plan[0] = "plan".to_owned();
    plan.retain(|argument| argument != "--quiet" && argument != "--threads" && argument != "1");
    let run = dir.display().to_string();
    let stages =
        ["extract", "components", "labels", "measure", "decide", "settle", "corpus", "tokenize"];
    for stage in stages {
        let mut plan = plan.clone();
        plan.extend(["--stage".to_owned(), stage.to_owned(), "--json".to_owned()]);
        let tasks = kuroshio(&plan, root()).success().stdout.lines().count();
        let not_yet = kuroshio(["seal", "--run", &run, "--stage", stage], root()).exited(78);
        assert!(not_yet.stderr.contains("are not done"), "{}", not_yet.stderr);
        // The tasks in any order.
        for index in (0..tasks).rev() {
            let index = index.to_string();
            let task = ["task", "--run", &run, "--stage", stage, "--index", &index, "--quiet"];
            kuroshio(task, root()).success();
        }
        kuroshio(["seal", "--run", &run, "--stage", stage], root()).success();
    }
    same(&delivered(&whole), &delivered(&dir), "in pieces");
    let status = kuroshio(["status", "--run", &run, "--json"], root()).success().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["progress"].as_array().unwrap().len(), stages.len());
    assert!(status["tokens"].as_u64().unwrap() > 0);
}
