//! What integration tests share: a scratch directory, the built program and what it printed, and
//! digests of what it left behind. `warc` builds records, `payload` bodies, `sample` the quickstart WARC. Knows
//! nothing of what is tested.

pub(crate) mod payload;
pub(crate) mod sample;
pub(crate) mod warc;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A directory of one test, removed when it goes.
pub(crate) struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    /// A new, empty directory.
    pub(crate) fn new() -> Scratch {
        Scratch { dir: tempfile::Builder::new().prefix("kuroshio-test-").tempdir().unwrap() }
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path inside it.
    pub(crate) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path().join(path)
    }

    /// Writes a file inside it, with the directories that it needs, and returns its path.
    pub(crate) fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// The built program, with nothing of the user's colour settings.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kuroshio"));
    command.env("NO_COLOR", "1").env_remove("RUST_BACKTRACE");
    command
}

/// Runs the built program in `cwd` to its end.
pub(crate) fn kuroshio(
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    cwd: &Path,
) -> Output {
    let output = binary().args(arguments).current_dir(cwd).output().unwrap();
    Output {
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        code: output.status.code().unwrap_or(-1),
    }
}

/// What a finished program printed, and its exit code; -1 where a signal ended it.
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Output {
    /// Asserts that the program succeeded.
    #[track_caller]
    pub(crate) fn success(self) -> Output {
        self.exited(0)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exited(self, code: i32) -> Output {
        assert!(
            self.code == code,
            "exit code {}, expected {code}\n-- stdout\n{}\n-- stderr\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The JSON that stands on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON: {error}\n{}", self.stdout))
    }
}

/// The sha256 of every file under `dir`, hidden and temporary ones included, by its path relative
/// to `dir` with `/` between the parts.
pub(crate) fn digests(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![dir.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let relative = path.strip_prefix(dir).unwrap();
                let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
                found.insert(parts.join("/"), sha256(&std::fs::read(&path).unwrap()));
            }
        }
    }
    found
}

/// The sha256 of some bytes in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The rows of every `jsonl.zst` file in a folder, files in the order of their names.
pub(crate) fn rows(folder: &Path) -> Vec<serde_json::Value> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut rows = Vec::new();
    for file in files.iter().filter(|file| file.to_string_lossy().ends_with(".jsonl.zst")) {
        let text = zstd::stream::decode_all(std::fs::File::open(file).unwrap()).unwrap();
        rows.extend(
            text.split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()),
        );
    }
    rows
}

/// The JSON in a file.
pub(crate) fn read_json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
