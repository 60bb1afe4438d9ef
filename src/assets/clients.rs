//! The programs that fetch: `curl`, `pip` and `npm`, whatever of them is installed, with the
//! user's own settings of proxies and registries. Each writes into a scratch directory and is
//! ended when it takes too long.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;

use super::catalogue::{Package, Source};
use super::tar;

/// How long a program may take: 30 MB in this time are 50 kB a second.
const LIMIT: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How pip can be started, most reliable first.
const PIP: &[&[&str]] = &[&["python3", "-m", "pip"], &["pip3"], &["pip"]];
/// Lines of a program's errors that are passed on, and their length in characters.
const TOLD_LINES: usize = 2;
const TOLD_CHARACTERS: usize = 300;

/// Why a source gave nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// In words.
    pub(super) words: String,
    /// Whether it may give it another time, as when the network fails.
    pub(super) may_pass: bool,
}

impl Reason {
    /// A reason that stays.
    pub(super) fn lasting(words: impl Into<String>) -> Reason {
        Reason { words: words.into(), may_pass: false }
    }
}

/// The bytes of the asset, as `source` has them; programs work in the empty directory `scratch`.
pub(super) fn obtain(source: Source<'_>, scratch: &Path) -> Result<Box<dyn Read>, Reason> {
    match source {
        Source::Url(url) => from_url(url, scratch),
        Source::Pip(package) => from_pip(package, scratch),
        Source::Npm(package) => from_npm(package, scratch),
    }
}

fn from_url(url: &str, scratch: &Path) -> Result<Box<dyn Read>, Reason> {
    let target = scratch.join("download");
    let limit = LIMIT.as_secs().to_string();
    let mut curl = Command::new("curl");
    curl.args(["-fsSL", "--connect-timeout", "20", "--max-time", &limit, "-o"]);
    curl.arg(&target).arg("--").arg(url);
    run(&mut curl, scratch, LIMIT).map_err(|failure| failure.about("curl"))?;
    open(&target)
}

/// Installs the package alone into the scratch directory: pip unpacks it.
fn from_pip(package: &Package, scratch: &Path) -> Result<Box<dyn Read>, Reason> {
    let target = scratch.join("installed");
    let requirement = format!("{}=={}", package.package, package.version);
    for start in PIP {
        let (program, arguments) = start.split_first().expect("none is empty");
        let mut pip = Command::new(program);
        pip.args(arguments).args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-user",
        ]);
        pip.args(["--no-deps", "--only-binary=:all:", "--no-compile", "--retries", "1"]);
        pip.arg("--target").arg(&target).arg("--").arg(&requirement);
        match run(&mut pip, scratch, LIMIT) {
            Ok(()) => return open(&target.join(&package.member)),
            Err(Failure::NotInstalled) => {}
            Err(failure) if failure.is("No module named pip") => {}
            Err(failure) => return Err(failure.about("pip")),
        }
    }
    Err(Failure::NotInstalled.about("pip"))
}

/// Downloads the package as the archive that it is.
fn from_npm(package: &Package, scratch: &Path) -> Result<Box<dyn Read>, Reason> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--ignore-scripts", "--fetch-retries=1", "--loglevel=error"]);
    npm.arg("--pack-destination").arg(scratch).arg("--");
    npm.arg(format!("{}@{}", package.package, package.version));
    run(&mut npm, scratch, LIMIT).map_err(|failure| failure.about("npm"))?;
    let archive = the_archive(scratch)
        .map_err(|cause| Reason::lasting(format!("cannot look for npm's download: {cause}")))?
        .ok_or_else(|| Reason::lasting("npm left no archive"))?;
    let archive = File::open(archive)
        .map_err(|cause| Reason::lasting(format!("cannot open npm's file: {cause}")))?;
    match tar::member(GzDecoder::new(archive), &package.member) {
        Ok(Some(content)) => Ok(Box::new(content)),
        Ok(None) => Err(Reason::lasting(format!("the package has no file {}", package.member))),
        Err(cause) => Err(Reason::lasting(format!("cannot read npm's archive: {cause}"))),
    }
}

/// The file that ends in `.tgz`.
fn the_archive(directory: &Path) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("tgz")) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn open(path: &Path) -> Result<Box<dyn Read>, Reason> {
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(cause) => Err(Reason::lasting(format!("what came holds no such file: {cause}"))),
    }
}

/// How a program failed.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    NotInstalled,
    TookTooLong,
    /// It could not be started or watched.
    NotRun(String),
    /// What it said.
    Said(String),
}

impl Failure {
    fn about(self, program: &str) -> Reason {
        let may_pass = self != Failure::NotInstalled;
        let words = match self {
            Failure::NotInstalled => format!("{program} is not installed"),
            Failure::TookTooLong => format!("{program} took more than {} s", LIMIT.as_secs()),
            Failure::NotRun(cause) => format!("cannot run {program}: {cause}"),
            Failure::Said(what) if what.is_empty() => format!("{program} failed and said nothing"),
            Failure::Said(what) => what,
        };
        Reason { words, may_pass }
    }

    fn is(&self, text: &str) -> bool {
        matches!(self, Failure::Said(what) if what.contains(text))
    }
}

/// Runs a program to its end, or ends it after `limit`. What it says goes into a file, because a
/// pipe that nobody empties would stop it.
fn run(command: &mut Command, scratch: &Path, limit: Duration) -> Result<(), Failure> {
    let not_run = |cause: io::Error| Failure::NotRun(cause.to_string());
    let said = scratch.join("said");
    let errors = File::create(&said).map_err(not_run)?;
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Err(Failure::NotInstalled),
        Err(cause) => return Err(not_run(cause)),
    };
    let begun = Instant::now();
    loop {
        match child.try_wait().map_err(not_run)? {
            Some(status) if status.success() => return Ok(()),
            Some(_) => {
                let text = fs::read(&said).map_err(not_run)?;
                return Err(Failure::Said(gist(&String::from_utf8_lossy(&text))));
            }
            None if begun.elapsed() > limit => {
                // It may have ended in between; either way it is waited for.
                let _ = child.kill();
                child.wait().map_err(not_run)?;
                return Err(Failure::TookTooLong);
            }
            None => thread::sleep(LOOK_EVERY),
        }
    }
}

/// What a program means by all that it said: its first lines about errors, else its last line.
fn gist(said: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_error = |line: &&str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("curl:") || (line.contains("error") && !line.starts_with("warning"))
    };
    let mut told: Vec<&str> = lines().filter(is_error).take(TOLD_LINES).collect();
    if told.is_empty() {
        told.extend(lines().next_back());
    }
    told.join("; ").chars().take(TOLD_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<(), Failure> {
        let scratch = tempfile::tempdir().unwrap();
        run(Command::new("sh").args(["-c", script]), scratch.path(), limit)
    }

    #[test]
    fn a_program_that_fails_is_quoted_by_what_it_says_of_errors() {
        let minute = Duration::from_secs(60);
        assert_eq!(shell("true", minute), Ok(()));
        let failure =
            shell("echo WARNING: an Error >&2; echo ERROR: no such package >&2; exit 1", minute);
        assert_eq!(failure.unwrap_err().about("pip").words, "ERROR: no such package");
        let failure = shell("echo first >&2; echo No module named pip >&2; exit 1", minute);
        assert!(failure.unwrap_err().is("No module named pip"));
        assert_eq!(
            shell("exit 1", minute).unwrap_err().about("pip").words,
            "pip failed and said nothing"
        );
    }

    #[test]
    fn a_program_that_says_very_much_is_not_held_up() {
        let failure =
            shell("head -c 300000 /dev/zero | tr '\\0' x >&2; exit 1", Duration::from_secs(60));
        assert_eq!(failure, Err(Failure::Said("x".repeat(TOLD_CHARACTERS))));
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        assert_eq!(shell("exec sleep 600", Duration::from_millis(50)), Err(Failure::TookTooLong));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        let mut command = Command::new("no-such-program-as-this");
        let failure = run(&mut command, scratch.path(), LIMIT).unwrap_err();
        assert_eq!(failure.about("curl"), Reason::lasting("curl is not installed"));
    }
}
