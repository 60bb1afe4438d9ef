//! The command line as people and programs meet it: help, exit codes, what goes to which stream.

use std::process::Stdio;

use crate::support::{Scratch, binary, kuroshio, root};

/// Splits a line as a shell does: at spaces that stand outside single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.trim().chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn every_subcommand_has_examples_that_parse() {
    let root = kuroshio::cli::command();
    for command in std::iter::once(&root).chain(root.get_subcommands()) {
        let name = command.get_name();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<&str> =
            help.lines().filter(|line| line.starts_with("  kuroshio ")).collect();
        assert!(help.contains("Example") && !examples.is_empty(), "`{name}` has no examples");
        for example in examples {
            let parsed = kuroshio::cli::command().try_get_matches_from(words(example));
            assert!(parsed.is_ok(), "`{name}`: {example}\n{}", parsed.unwrap_err());
        }
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"], &["help", "config"]] {
        let output = kuroshio(arguments, root()).success();
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{arguments:?}");
    }
    assert!(kuroshio(["--version"], root()).stdout.contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_explained_on_stderr_with_its_own_exit_code() {
    for (arguments, expected) in [
        (&[][..], "Usage:"),
        (&["runn"], "'run'"),
        (&["run"], "<PIPELINE>"),
        (&["run", "p.toml", "--thread", "2"], "'--threads'"),
        (&["run", "p.toml", "--threads", "0"], "--threads"),
        (&["config", "keyss"], "'keys'"),
        (&["assets", "fetch"], "<NAMES>"),
        (&["seal", "--run", "r"], "--stage"),
        (&["task", "--run", "r", "--stage", "extract", "--index", "9-3"], "write --index 7"),
    ] {
        let output = kuroshio(arguments, root()).exited(64);
        assert!(output.stdout.is_empty(), "{arguments:?} printed {}", output.stdout);
        assert!(output.stderr.contains(expected), "{arguments:?}: {}", output.stderr);
    }
}

#[test]
fn an_unknown_stage_is_answered_with_the_nearest_one() {
    for arguments in [
        ["seal", "--run", "r", "--stage", "extrct"],
        ["plan", "pipelines/quickstart.toml", "--run", "r", "--stage=extrct"],
    ] {
        let output = kuroshio(arguments, root()).exited(64);
        assert!(output.stderr.contains("there is no stage `extrct`"), "{}", output.stderr);
        assert!(output.stderr.contains("did you mean `extract`?"), "{}", output.stderr);
    }
    assert!(!root().join("r").exists(), "a run directory was made");
}

#[test]
fn a_directory_without_a_run_is_named() {
    let scratch = Scratch::new();
    let dir = scratch.path().display().to_string();
    let output = kuroshio(["status", "--run", &dir], root()).exited(78);
    assert!(output.stderr.contains("there is no run in this directory"), "{}", output.stderr);
    assert!(output.stderr.contains(&dir) && output.stderr.contains("help:"), "{}", output.stderr);
}

#[test]
fn results_go_to_stdout_and_progress_to_stderr() {
    let scratch = Scratch::new();
    let run = scratch.join("run").display().to_string();
    let base = [
        "run",
        "pipelines/quickstart.toml",
        "--run",
        &run,
        "--until",
        "labels",
        "--set",
        "tokenize.tokenizer=tests/fixtures/tokens/toy.model",
    ];
    let first = kuroshio(base.iter().chain(&["--json"]), root()).success();
    let summary = first.json();
    assert!(summary["documents"].as_u64().unwrap() > 0);
    for stage in ["extract: 1 tasks", "extract: done in", "labels: done in"] {
        assert!(first.stderr.contains(stage), "`{stage}` is not in\n{}", first.stderr);
    }
    assert!(!first.stderr.contains('\u{1b}'), "colours outside a terminal: {}", first.stderr);

    let quiet = kuroshio(base.iter().chain(&["--quiet"]), root()).success();
    assert_eq!(quiet.stderr, "");
    assert!(quiet.stdout.contains("records") && quiet.stdout.contains("documents"));

    let status = kuroshio(["status", "--run", &run], root()).success();
    for line in
        ["extract             1        1  sealed", "measure             -        0  not planned"]
    {
        assert!(status.stdout.contains(line), "`{line}` is not in\n{}", status.stdout);
    }
    let status = kuroshio(["status", "--run", &run, "--json"], root()).success().json();
    assert_eq!(status["documents"], summary["documents"]);
    assert_eq!(status["progress"][0]["stage"], "extract");
    assert_eq!(status["progress"][0]["sealed"], true);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for arguments in [&["config", "keys"][..], &["assets", "list"], &["--help"]] {
        let mut child = binary()
            .args(arguments)
            .current_dir(root())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && stderr.is_empty(), "{arguments:?}: {stderr}");
    }
}
