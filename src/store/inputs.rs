//! The user's input files, which lie outside any run: names and patterns to files, opening them,
//! and a cheap fingerprint that tells a changed file.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::commit::read_failed;
use super::glob;
use crate::digest::hex;
use crate::error::{Error, Problem, Result};

/// Bytes at each end that a fingerprint covers.
const FINGERPRINT_BYTES: u64 = 64 * 1024;

/// How many neighbours a problem names.
const NAMED_NEIGHBOURS: usize = 5;

/// What tells a changed input file without reading it whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 (hex) of the first 64 KiB followed by the last 64 KiB; of the whole file if it is
    /// not longer than both.
    pub head_tail_sha256: String,
}

/// Opens an input file, unbuffered, and gives its size in bytes.
pub fn open_input(path: &Path) -> Result<(Box<dyn Read + Send>, u64)> {
    let (file, size) = open(path)?;
    Ok((Box::new(file), size))
}

/// The fingerprint of an input file.
pub fn fingerprint(path: &Path) -> Result<Fingerprint> {
    let (mut file, size) = open(path)?;
    let head = size.min(FINGERPRINT_BYTES);
    let tail = (size - head).min(FINGERPRINT_BYTES);
    let mut hasher = Sha256::new();
    let mut bytes = vec![0; FINGERPRINT_BYTES as usize];
    for (offset, length) in [(0, head), (size - tail, tail)] {
        let bytes = &mut bytes[..length as usize];
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(bytes))
            .map_err(|cause| read_failed(path, offset, cause))?;
        hasher.update(&bytes);
    }
    Ok(Fingerprint { size, head_tail_sha256: hex(&hasher.finalize()) })
}

fn open(path: &Path) -> Result<(File, u64)> {
    let failed = |cause| Error::io("open the input file", path, cause);
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    Ok((file, metadata.len()))
}

/// The files that all of `entries` name, each file once however it is spelled, in the order of the
/// entries; every problem of every entry if there is one. See [`expand_input`].
pub fn expand_inputs(
    entries: &[String],
    endings: &[&str],
) -> std::result::Result<Vec<PathBuf>, Vec<Problem>> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for entry in entries {
        match expand_input(entry, endings) {
            Ok(found) => files.extend(found),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(fs::canonicalize(file).unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// The files that one entry names: a file as it is; a directory stands for the files in it, at any
/// depth, whose names end with one of `endings`; a pattern (`*`, `?`, `[…]` within parts of the
/// path) for the files that match, and the directories that match as above. Sorted by path. An
/// entry that leads to no file is a problem that says what lies there instead, and so is a file
/// whose path is no UTF-8.
pub fn expand_input(entry: &str, endings: &[&str]) -> std::result::Result<Vec<PathBuf>, Problem> {
    if let Some((scheme, _)) = entry.split_once("://") {
        return Err(problem(
            format!("`{entry}` cannot be read: `{scheme}://` is not supported"),
            Some("copy the files to a directory and name that".to_owned()),
        ));
    }
    let path = Path::new(entry);
    // A file may really be called `a[1].warc.gz`.
    let named = if path.exists() || !glob::is_pattern(entry) {
        vec![path.to_path_buf()]
    } else {
        expand_pattern(entry)?
    };
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            search_folder(&path, endings, &mut files)?;
        } else if path.exists() {
            files.push(path);
        } else {
            return Err(problem(
                format!("`{entry}` does not exist"),
                neighbours(path_above(&path)),
            ));
        }
    }
    if files.is_empty() {
        return Err(nothing_found(entry, endings));
    }
    if let Some(file) = files.iter().find(|file| file.to_str().is_none()) {
        return Err(problem(
            format!("the name of `{}` is no UTF-8", file.display()),
            Some("rename the file: documents name the file that they come from".to_owned()),
        ));
    }
    files.sort_unstable();
    files.dedup();
    Ok(files)
}

/// Every path that matches a pattern.
fn expand_pattern(entry: &str) -> std::result::Result<Vec<PathBuf>, Problem> {
    let mut reached =
        vec![if entry.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() }];
    for part in entry.split('/').filter(|part| !part.is_empty()) {
        if part == "**" {
            return Err(problem(
                format!("`**` in `{entry}` is not supported"),
                Some("name the directory: it is searched at any depth".to_owned()),
            ));
        }
        if !glob::is_pattern(part) {
            reached.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        let mut next = Vec::new();
        for folder in reached.iter().filter(|path| listed(path).is_dir()) {
            for name in names(listed(folder))? {
                if glob::matches(part, &name.to_string_lossy()) {
                    next.push(folder.join(name));
                }
            }
        }
        reached = next;
    }
    reached.retain(|path| path.exists());
    Ok(reached)
}

/// Adds the files under `folder` with one of the endings; links to directories are not followed,
/// links to files are.
fn search_folder(
    folder: &Path,
    endings: &[&str],
    files: &mut Vec<PathBuf>,
) -> std::result::Result<(), Problem> {
    for name in names(folder)? {
        let path = folder.join(&name);
        if path.is_dir() {
            if !path.is_symlink() {
                search_folder(&path, endings, files)?;
            }
        } else if is_wanted(&name.to_string_lossy(), endings) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_wanted(name: &str, endings: &[&str]) -> bool {
    !name.starts_with('.') && endings.iter().any(|ending| name.ends_with(ending))
}

/// The names in a directory, sorted.
fn names(folder: &Path) -> std::result::Result<Vec<std::ffi::OsString>, Problem> {
    let list = || {
        let mut names = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<std::io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    };
    list().map_err(|cause: std::io::Error| {
        problem(format!("cannot list the directory `{}`: {cause}", folder.display()), None)
    })
}

/// The directory to list for a path; the empty path is the working directory.
fn listed(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

fn path_above(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn nothing_found(entry: &str, endings: &[&str]) -> Problem {
    let path = Path::new(entry);
    if path.is_dir() {
        return problem(
            format!("the directory `{entry}` holds no file that ends in {}", endings.join(", ")),
            neighbours(path),
        );
    }
    // The deepest directory of the pattern that is no pattern itself.
    let plain = entry.find(['*', '?', '[']).map_or(entry, |at| &entry[..at]);
    let folder = plain.rfind('/').map_or("", |end| &plain[..end.max(1)]);
    problem(format!("nothing matches `{entry}`"), neighbours(Path::new(folder)))
}

/// What lies in a directory, or in the nearest one above it that exists.
fn neighbours(folder: &Path) -> Option<String> {
    let folder = folder.ancestors().map(listed).find(|path| path.is_dir())?;
    let names = names(folder).ok()?;
    let shown: Vec<String> = names
        .iter()
        .map(|name| name.to_string_lossy())
        .filter(|name| !name.starts_with('.'))
        .map(|name| format!("`{name}`"))
        .collect();
    let folder = folder.display();
    Some(match shown.len() {
        0 => format!("the directory `{folder}` is empty"),
        n if n <= NAMED_NEIGHBOURS => format!("in `{folder}` lie {}", shown.join(", ")),
        n => {
            let some = shown[..NAMED_NEIGHBOURS].join(", ");
            format!("in `{folder}` lie {some} and {} more", n - NAMED_NEIGHBOURS)
        }
    })
}

fn problem(message: String, help: Option<String>) -> Problem {
    Problem { place: None, message, help }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDINGS: &[&str] = &[".warc", ".warc.gz", ".warc.zst"];

    fn folder_with(paths: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        folder
    }

    fn expand(folder: &tempfile::TempDir, entries: &[&str]) -> Vec<String> {
        let root = folder.path().to_str().unwrap();
        let entries: Vec<String> = entries.iter().map(|e| format!("{root}/{e}")).collect();
        expand_inputs(&entries, ENDINGS)
            .unwrap()
            .iter()
            .map(|path| path.to_str().unwrap()[root.len() + 1..].to_owned())
            .collect()
    }

    #[test]
    fn files_directories_and_patterns_become_sorted_files() {
        let folder = folder_with(&[
            "b/2.warc.gz",
            "b/1.warc",
            "b/c/3.warc.zst",
            "b/notes.txt",
            "b/.4.warc",
            "a/5.warc.gz",
            "odd[1].warc",
        ]);
        let all = ["b/1.warc", "b/2.warc.gz", "b/c/3.warc.zst"];
        assert_eq!(expand(&folder, &["b"]), all);
        assert_eq!(expand(&folder, &["b/"]), all);
        assert_eq!(expand(&folder, &["b/*.warc*"]), ["b/1.warc", "b/2.warc.gz"]);
        assert_eq!(expand(&folder, &["?/[0-9].warc.gz"]), ["a/5.warc.gz", "b/2.warc.gz"]);
        assert_eq!(expand(&folder, &["b/notes.txt"]), ["b/notes.txt"]);
        assert_eq!(expand(&folder, &["odd[1].warc"]), ["odd[1].warc"]);
        assert_eq!(
            expand(&folder, &["b/2.warc.gz", "a", "b"]),
            ["b/2.warc.gz", "a/5.warc.gz", "b/1.warc", "b/c/3.warc.zst"]
        );
    }

    #[test]
    fn a_file_under_two_names_is_one_file() {
        let folder = folder_with(&["in/a.warc.gz"]);
        std::os::unix::fs::symlink("a.warc.gz", folder.path().join("in/b.warc.gz")).unwrap();
        assert_eq!(
            expand(&folder, &["in/a.warc.gz", "in/../in/a.warc.gz", "in"]),
            ["in/a.warc.gz"]
        );
    }

    #[test]
    fn a_name_that_is_no_utf8_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        let folder = folder_with(&["in/a.warc.gz"]);
        let name = std::ffi::OsStr::from_bytes(b"x\xff.warc.gz");
        fs::write(folder.path().join("in").join(name), b"x").unwrap();
        let entry = format!("{}/in", folder.path().display());
        let problem = expand_input(&entry, ENDINGS).unwrap_err();
        assert!(problem.message.contains("no UTF-8"), "{problem}");
        assert!(problem.help.unwrap().contains("rename"));
    }

    #[test]
    fn every_entry_that_leads_nowhere_is_a_problem_that_says_what_lies_there() {
        let folder = folder_with(&["in/a.warc.gz", "text/notes.txt"]);
        let root = folder.path().to_str().unwrap();
        let entries: Vec<String> =
            ["in/b.warc.gz", "in/*.arc", "text", "no/where/*.gz", "in/**/x.warc"]
                .iter()
                .map(|entry| format!("{root}/{entry}"))
                .chain(["s3://bucket/x".to_owned()])
                .collect();
        let problems = expand_inputs(&entries, ENDINGS).unwrap_err();
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        for (said, part) in said.iter().zip([
            "lie `a.warc.gz`",
            "nothing matches",
            "lie `notes.txt`",
            "lie `in`, `text`",
            "any depth",
            "s3://",
        ]) {
            assert!(said.contains(part), "{said} should say {part}");
        }
        assert_eq!(said.len(), 6);
    }

    #[test]
    fn a_fingerprint_changes_with_the_size_the_head_and_the_tail() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let of = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            fingerprint(&path).unwrap()
        };
        let mut bytes = vec![7; 300_000];
        let whole = of(&bytes);
        assert_eq!(whole.size, 300_000);
        bytes[0] = 8;
        let head = of(&bytes);
        bytes[299_999] = 8;
        let tail = of(&bytes);
        assert!(whole != head && head != tail);
        assert_eq!(of(b"abc").head_tail_sha256, super::super::digest(&b"abc"[..]).unwrap().1);
        assert_eq!(of(&[1; 70_000]).head_tail_sha256, {
            super::super::digest(&[1; 70_000][..]).unwrap().1
        });
        assert_eq!(of(b"").size, 0);
    }

    #[test]
    fn opening_a_missing_file_or_a_directory_fails() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open_input(folder.path()).is_err());
        assert!(open_input(&folder.path().join("x")).is_err());
        assert!(fingerprint(&folder.path().join("x")).is_err());
    }
}
