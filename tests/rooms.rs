//! The rooms of `src/` and their floors: a room imports only from floors below it, says what it is
//! for and what it knows nothing of. Inside one crate nothing else keeps layers apart.

use std::collections::BTreeMap;

pub(crate) mod source;

use source::{Source, sources};

/// Every room with its floor; a new folder or file in `src/` needs a line here and in
/// `ARCHITECTURE.md`.
const FLOORS: &[(&str, u8)] = &[
    ("error", 0),
    ("digest", 0),
    ("outcome", 0),
    ("event", 0),
    ("text", 0),
    ("config", 1),
    ("store", 1),
    ("format", 1),
    ("assets", 1),
    ("html", 1),
    ("warc", 2),
    ("page", 2),
    ("language", 2),
    ("dedup", 2),
    ("signals", 2),
    ("chain", 2),
    ("tokens", 2),
    ("stages", 3),
    ("report", 4),
    ("run", 4),
    ("cli", 5),
];

/// The crate's roots name every room and are in none.
const ROOTS: &[&str] = &["src/main.rs", "src/lib.rs"];

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

#[test]
fn a_room_imports_only_from_floors_below_it() {
    let faults: Vec<String> =
        sources().iter().filter(|source| !is_root(source)).flat_map(import_faults).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_room_has_a_floor_and_every_floor_has_its_rooms() {
    let sources = sources();
    for source in sources.iter().filter(|source| !is_root(source)) {
        let room = source.room();
        assert!(floor(room).is_some(), "{}: give `{room}` a floor in tests/rooms.rs", source.path);
    }
    for (room, _) in FLOORS {
        assert!(sources.iter().any(|source| source.room() == *room), "there is no room `{room}`");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for source in sources() {
        let first = source.text.strip_prefix("//! ").and_then(|doc| doc.chars().next());
        let is_sentence = first.is_some_and(|c| c.is_uppercase() || "`[".contains(c));
        assert!(is_sentence, "{} does not begin with `//!` and a sentence", source.path);
    }
}

#[test]
fn every_room_says_in_a_few_sentences_what_it_knows_nothing_of() {
    for source in sources().iter().filter(|s| s.path == format!("src/{}/mod.rs", s.room())) {
        let doc = module_doc(&source.text);
        let sentences = sentences(&doc);
        assert!(
            (2..=5).contains(&sentences),
            "{}: {sentences} sentences of module doc instead of 2 to 5",
            source.path
        );
        assert!(doc.contains("Knows nothing of "), "{}: knows nothing of what?", source.path);
    }
}

#[test]
fn the_architecture_page_has_the_same_rooms() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ARCHITECTURE.md"))
        .expect("ARCHITECTURE.md is in the root");
    let ours: BTreeMap<String, u8> =
        FLOORS.iter().map(|(room, floor)| ((*room).to_owned(), *floor)).collect();
    assert_eq!(rooms_of_page(&page), ours);
}

/// The rooms of the lines `| floor | rooms | …`; a line may name several rooms.
fn rooms_of_page(page: &str) -> BTreeMap<String, u8> {
    let mut rooms = BTreeMap::new();
    for line in page.lines() {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let Some(Ok(floor)) = cells.next().map(str::parse::<u8>) else { continue };
        for name in cells.next().unwrap_or_default().split([' ', ',']) {
            let name = name.trim_matches(['`', '/']);
            let name = name.strip_suffix(".rs").unwrap_or(name);
            if !name.is_empty() && name != "main" {
                rooms.insert(name.to_owned(), floor);
            }
        }
    }
    rooms
}

fn is_root(source: &Source) -> bool {
    ROOTS.contains(&source.path.as_str())
}

/// What is wrong with the imports of a file, each with its line.
fn import_faults(source: &Source) -> Vec<String> {
    let room = source.room();
    let here = floor(room);
    let mut faults = Vec::new();
    let mut fault = |at: usize, what: String| {
        let line = source.code[..at].matches('\n').count() + 1;
        faults.push(format!("{}:{line}: {what}", source.path));
    };
    for (at, _) in paths_from(&source.code, "super::super::") {
        fault(at, "`super::super::` hides where it leads; write `crate::`".to_owned());
    }
    let top = source.is_top().then_some("super::");
    for root in ["crate::"].into_iter().chain(top) {
        for (at, path) in paths_from(&source.code, root) {
            for name in first_names(path) {
                let allowed = name == room || floor(name) < here;
                match floor(name) {
                    None if name == "*" => fault(at, format!("imports all of `{root}`")),
                    Some(there) if !allowed => fault(
                        at,
                        format!(
                            "{room} (floor {}) imports {name} (floor {there})",
                            here.map_or("?".to_owned(), |floor| floor.to_string())
                        ),
                    ),
                    _ => {}
                }
            }
        }
    }
    faults
}

/// Everything that follows `root` where it begins a path, with its place.
fn paths_from<'a>(code: &'a str, root: &str) -> Vec<(usize, &'a str)> {
    code.match_indices(root)
        .filter(|(at, _)| {
            let before = code[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "_$:".contains(c))
        })
        .map(|(at, _)| (at, &code[at + root.len()..]))
        .collect()
}

/// The first name of a path, or of every path in its braces: `a` and `d` of `{a::{b, c}, d::e}`.
fn first_names(path: &str) -> Vec<&str> {
    let path = path.trim_start();
    let Some(group) = path.strip_prefix('{') else {
        return vec![first_name(path)];
    };
    let mut names = Vec::new();
    let mut depth = 1;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if (depth == 1 && c == ',') || depth == 0 {
            names.push(first_name(group[start..at].trim_start()));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_name(path: &str) -> &str {
    if path.starts_with('*') {
        return "*";
    }
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
    &path[..end]
}

/// The prose of a module doc: without tables, lists and examples.
fn module_doc(text: &str) -> String {
    let mut prose = String::new();
    let mut in_example = false;
    for line in text.lines().map_while(|line| line.strip_prefix("//!")) {
        let line = line.trim();
        let fence = line.starts_with("```");
        in_example ^= fence;
        if !in_example && !fence && !line.starts_with(['|', '-', '#']) {
            prose.push_str(line);
            prose.push(' ');
        }
    }
    prose.trim_end().to_owned()
}

/// The number of sentences: full stops before white space and no small letter.
fn sentences(prose: &str) -> usize {
    prose
        .match_indices(['.', '?', '!'])
        .filter(|(at, _)| {
            let after = &prose[at + 1..];
            let next = after.trim_start();
            after.is_empty() || (next.len() < after.len() && !next.starts_with(char::is_lowercase))
        })
        .count()
}

#[test]
fn forbidden_imports_are_found_in_every_spelling() {
    let faults = |path: &str, text: &str| import_faults(&Source::new(path, text));
    let page = "src/page/paragraphs.rs";
    assert_eq!(faults(page, "use crate::text::width;\nuse crate::page::Page;\n"), [""; 0]);
    assert_eq!(
        faults(page, "use crate::error;\nuse crate::stages::Stage;\n"),
        ["src/page/paragraphs.rs:2: page (floor 2) imports stages (floor 3)"]
    );
    assert_eq!(faults(page, "use crate::{error::{Error, Kind}, warc::{self}};").len(), 1);
    assert_eq!(faults(page, "use crate::{\n    signals,\n    run::{a::{b}, c},\n};").len(), 2);
    assert_eq!(faults(page, "fn f() -> crate::run::Run { x }").len(), 1);
    assert_eq!(faults(page, "use crate::*;").len(), 1);
    assert_eq!(faults(page, "use super::super::warc;").len(), 1);
    assert_eq!(faults(page, "pub(in super::super) fn f() {}"), [""; 0]);
    assert_eq!(faults(page, "// crate::run\nlet x = \"crate::run\"; $crate::run!()"), [""; 0]);
    assert_eq!(faults(page, "use super::warc;"), [""; 0]);
    assert_eq!(faults("src/page/mod.rs", "use super::warc;").len(), 1);
    assert_eq!(faults("src/error.rs", "use super::outcome::Outcome;").len(), 1);
    assert_eq!(faults(page, "a\n#[cfg(test)]\nmod tests {\n use crate::run;\n}"), [""; 0]);
}

#[test]
fn sentences_of_a_module_doc_are_counted_without_tables_and_examples() {
    let doc = module_doc(
        "//! Reads `a.b` and i.e. c. `Memory`: little.\n//!\n//! | a. | B. |\n//! - c. D.\n\
         //! ```\n//! e. F.\n//! ```\n//! Knows nothing of d.\nuse x; // Y. Z.\n",
    );
    assert!(doc.ends_with("Knows nothing of d."), "{doc}");
    assert_eq!(sentences(&doc), 3);
}

#[test]
fn the_page_is_read_by_its_table() {
    let page = "| floor | room |\n| --- | --- |\n| 5 | `main.rs`, `cli/` | x |\n| 0 | `error.rs` |\n| a | b |\n";
    let rooms = rooms_of_page(page);
    assert_eq!(rooms, BTreeMap::from([("cli".to_owned(), 5), ("error".to_owned(), 0)]));
}
