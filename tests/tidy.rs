//! What every file of the repository keeps to, beyond what the compiler and clippy look at.

use std::fs;
use std::path::{Path, PathBuf};

use crate::rooms::source::{blanked, sources};

const MAX_CODE_LINES: usize = 800;

/// Files under `src/` that may be longer, each with the reason.
const LONGER: &[(&str, &str)] = &[];

/// Words that mark unfinished work. Written in two parts, because this file is looked at too.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
    concat!("for ", "now"),
    concat!("temporary ", "hack"),
];

/// Macros that only a draft holds.
const DRAFT_MACROS: &[&str] = &["todo!", "unimplemented!", "dbg!"];

/// Machines and registries that no file names: those are the user's own settings.
const PLACES: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("npm", "js."),
    concat!("crates", ".io-index"),
];

/// Files that name a registry because a tool writes them so.
const MAY_NAME_PLACES: &[&str] = &["Cargo.lock", "tests/fuzz/Cargo.lock"];

/// Directories that hold nothing of the repository.
const SKIPPED: &[&str] = &["target", "runs", "cache", "shared", "node_modules", "__pycache__"];

/// Hidden directories that are looked at.
const HIDDEN: &[&str] = &[".cargo", ".ci", ".github"];

/// Endings of files whose white space is looked at.
const TEXT_ENDINGS: &[&str] = &["rs", "py", "toml", "md", "yml", "sh"];

#[test]
fn no_source_file_is_too_long() {
    for source in sources() {
        let lines = blanked(&source.text).lines().filter(|line| !line.trim().is_empty()).count();
        let may = LONGER.iter().any(|(path, _)| *path == source.path);
        assert!(
            lines <= MAX_CODE_LINES || may,
            "{} has {lines} lines of code; cut it at a seam",
            source.path
        );
    }
}

#[test]
fn no_draft_is_left_in_the_source() {
    let mut faults = Vec::new();
    for source in sources() {
        for (number, line) in source.code.lines().enumerate() {
            for word in DRAFT_MACROS.iter().chain([&".unwrap()"]) {
                if line.contains(word) {
                    faults.push(format!("{}:{}: {word}", source.path, number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_file_is_finished_and_clean() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(root, &mut paths);
    assert!(paths.iter().any(|path| path.ends_with("tests/tidy.rs")), "the walk found nothing");
    let mut faults = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        // What is no UTF-8 is no text.
        if let Ok(text) = fs::read_to_string(&path) {
            faults.extend(text_faults(&name, &text));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().unwrap();
        if kind.is_file() && !name.starts_with(".tmp") && name != ".git" {
            paths.push(entry.path());
        }
        let hidden = name.starts_with('.') && !HIDDEN.contains(&name.as_str());
        if kind.is_dir() && !hidden && !SKIPPED.contains(&name.as_str()) {
            collect(&entry.path(), paths);
        }
    }
}

/// What is wrong with a text file, each with its line.
fn text_faults(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or("");
    if TEXT_ENDINGS.contains(&ending) && !text.is_empty() && !text.ends_with('\n') {
        faults.push(format!("{name}: does not end with a line break"));
    }
    let mut fault =
        |number: usize, what: String| faults.push(format!("{name}:{}: {what}", number + 1));
    for (number, line) in text.split('\n').enumerate() {
        if TEXT_ENDINGS.contains(&ending) {
            if line.ends_with([' ', '\t', '\r', '\u{3000}']) {
                fault(number, "white space at the end of the line".to_owned());
            }
            for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
                fault(number, format!("`{word}` marks unfinished work"));
            }
        }
        if ending == "rs" && line.contains('\t') {
            fault(number, "a tab".to_owned());
        }
        for place in PLACES.iter().filter(|place| line.contains(**place)) {
            if !MAY_NAME_PLACES.contains(&name) {
                fault(number, format!("names `{place}`"));
            }
        }
    }
    faults
}

/// Whether `word` stands in the line with no letter before and behind it.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let behind = line[at + word.len()..].chars().next();
        ![before, behind].into_iter().flatten().any(|c| c.is_ascii_alphanumeric())
    })
}

#[test]
fn faults_of_a_text_are_found_with_their_lines() {
    let draft = UNFINISHED[0];
    for (name, text, expected) in [
        ("a.rs", "fn f() {}\n", 0),
        ("a.rs", "fn f() {} \n", 1),
        ("a.rs", "fn f() {}\r\n", 1),
        ("a.rs", "\tfn f() {}\n", 1),
        ("a.rs", "fn f() {}", 1),
        ("a.md", &format!("a {draft}: b\n"), 1),
        ("a.md", &format!("a{draft}b\n"), 0),
        ("a.json", &format!("in {}x", PLACES[0]), 1),
        ("Cargo.lock", &format!("in {}x", PLACES[5]), 0),
    ] {
        assert_eq!(text_faults(name, text).len(), expected, "{name}: {text:?}");
    }
    assert_eq!(text_faults("a.rs", "a\nb \n"), ["a.rs:2: white space at the end of the line"]);
}
