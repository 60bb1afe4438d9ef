//! What the environment does to a run: full disks, missing and unreadable files, wrong tokenizers.
//! Always one clear message, the right exit code, and nothing half-written under a final name.

use std::path::{Path, PathBuf};

use crate::support::{Scratch, digests, kuroshio, root};

fn run(run: &Path, sets: &[&str]) -> crate::support::Output {
    let mut arguments = vec!["run".to_owned(), "pipelines/quickstart.toml".to_owned()];
    arguments.extend(["--quiet", "--run"].map(str::to_owned));
    arguments.push(run.display().to_string());
    let toy = "tokenize.tokenizer=tests/fixtures/tokens/toy.model";
    for set in [toy].iter().chain(sets) {
        arguments.extend(["--set".to_owned(), (*set).to_owned()]);
    }
    kuroshio(arguments, root())
}

#[track_caller]
fn says(output: &crate::support::Output, expected: &[&str]) {
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    for text in expected {
        assert!(output.stderr.contains(text), "`{text}` is missing in\n{}", output.stderr);
    }
}

#[test]
fn a_missing_input_is_named() {
    let scratch = Scratch::new();
    let output =
        run(&scratch.join("r"), &["input.warc=[\"tests/fixtures/nothing.warc.gz\"]"]).exited(78);
    says(&output, &["tests/fixtures/nothing.warc.gz"]);
}

#[test]
fn what_cannot_be_read_twice_or_opened_is_refused_before_a_run_is_made() {
    let scratch = Scratch::new();
    let path = scratch.join("x.warc");
    let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let warc = format!("input.warc=[\"{}\"]", path.display());
    let output = run(&scratch.join("r"), &[&warc]).exited(78);
    says(&output, &["x.warc", "is no regular file", "write it to a file first"]);
    assert!(!scratch.join("r").exists());
    drop(socket);
}

#[test]
fn a_file_that_is_no_warc_is_counted_as_garbage() {
    let scratch = Scratch::new();
    let file = scratch.write("x.warc.gz", b"this is not a WARC file at all");
    let warc = format!("input.warc=[\"{}\"]", file.display());
    run(&scratch.join("r"), &[&warc]).success();
    let summary = std::fs::read_to_string(scratch.join("r/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["outcomes"]["garbage"], 1);
    assert_eq!(summary["kept"], 0);
}

#[test]
fn a_directory_in_place_of_a_warc_without_warcs_is_refused() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.join("empty")).unwrap();
    let warc = format!("input.warc=[\"{}\"]", scratch.join("empty").display());
    let output = run(&scratch.join("r"), &[&warc]).exited(78);
    says(&output, &["empty"]);
}

#[test]
fn a_run_directory_that_cannot_be_made_is_named() {
    let scratch = Scratch::new();
    let file = scratch.write("file", b"in the way");
    let output = run(&file.join("run"), &[]).exited(74);
    says(&output, &["cannot make the run directory", "file/run"]);
}

#[test]
fn a_tokenizer_that_is_no_tokenizer_is_refused_before_anything_runs() {
    let scratch = Scratch::new();
    let file = scratch.write("t.model", b"\x00\x01 no model");
    let output = run(&scratch.join("r"), &[&format!("tokenize.tokenizer={}", file.display())]);
    says(&output, &["t.model", "help:"]);
    assert!([65, 78].contains(&output.code), "exit code {}", output.code);
    assert!(!scratch.join("r/documents").exists(), "something ran");
}

#[test]
fn a_language_model_that_is_no_model_is_refused_before_anything_runs() {
    let scratch = Scratch::new();
    let file = scratch.write("lid.ftz", b"no model");
    let output = run(&scratch.join("r"), &[&format!("extract.model={}", file.display())]);
    says(&output, &["lid.ftz"]);
    assert!([65, 78].contains(&output.code), "exit code {}", output.code);
}

#[test]
fn another_process_on_the_same_run_is_asked_to_wait() {
    let scratch = Scratch::new();
    let dir = scratch.join("r");
    std::fs::create_dir(&dir).unwrap();
    let lock = std::fs::File::create(dir.join(".lock")).unwrap();
    lock.lock().unwrap();
    let output = run(&dir, &[]).exited(75);
    says(&output, &["another process is working on this run"]);
}

#[test]
fn a_full_disk_asks_to_be_tried_again_and_the_run_goes_on_when_there_is_room() {
    let scratch = Scratch::new();
    let Some(disk) = Disk::mount(scratch.join("disk"), "size=64k") else { return };
    let full = run(&disk.0.join("r"), &[]);
    let left: Vec<String> =
        digests(&disk.0).into_keys().filter(|path| path.contains(".tmp-")).collect();
    says(&full, &["free some space"]);
    assert_eq!(full.code, 75, "{}", full.stderr);
    assert!(left.is_empty(), "half-written files are left: {left:?}");
    assert!(disk.command("mount", &["-o", "remount,size=64m"]));
    run(&disk.0.join("r"), &[]).success();
}

#[test]
fn a_read_only_directory_is_named() {
    let scratch = Scratch::new();
    let Some(disk) = Disk::mount(scratch.join("disk"), "ro") else { return };
    let output = run(&disk.0.join("r"), &[]).exited(74);
    says(&output, &["cannot make the run directory", "help:"]);
}

/// A disk in memory; unmounted when it goes, also when the test fails.
struct Disk(PathBuf);

impl Disk {
    /// Mounting needs rights that not every machine gives: then there is none, and the store's own
    /// tests stand alone.
    fn mount(place: PathBuf, options: &str) -> Option<Disk> {
        std::fs::create_dir(&place).unwrap();
        let disk = Disk(place);
        disk.command("mount", &["-t", "tmpfs", "-o", options, "tmpfs"]).then_some(disk)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> bool {
        std::process::Command::new(program)
            .args(arguments)
            .arg(&self.0)
            .output()
            .is_ok_and(|output| output.status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.command("umount", &[]);
    }
}

#[test]
fn a_changed_and_a_missing_file_are_found_by_verify() {
    let scratch = Scratch::new();
    let dir = scratch.join("r");
    run(&dir, &[]).success();
    let name = dir.display().to_string();
    let whole = kuroshio(["verify", "--run", &name], root()).success();
    assert!(whole.stdout.contains("0 problems"), "{}", whole.stdout);

    let changed = dir.join("corpus/corpus-00000.jsonl.zst");
    let mut bytes = std::fs::read(&changed).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&changed, bytes).unwrap();
    std::fs::remove_file(dir.join("labels/00000.parquet")).unwrap();
    let output = kuroshio(["verify", "--run", &name], root()).exited(65);
    says(
        &output,
        &["2 files are damaged", "corpus-00000.jsonl.zst: SHA-256", "labels/00000.parquet"],
    );
}
