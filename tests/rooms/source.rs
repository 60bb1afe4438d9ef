//! Reading Rust source without understanding it: which files there are, and their text with
//! comments and literals blanked out, so that words in them do not count as code.

use std::path::{Path, PathBuf};

/// A file under `src/`.
pub(crate) struct Source {
    /// Relative to the repository, with `/`.
    pub(crate) path: String,
    /// As it stands.
    pub(crate) text: String,
    /// The same lines with comments and literals blanked, tests left out.
    pub(crate) code: String,
}

impl Source {
    /// The source `text` of the file `path`.
    pub(crate) fn new(path: &str, text: &str) -> Source {
        let code = blanked(text);
        let code = match tests_begin(&code) {
            _ if path.ends_with("/tests.rs") => String::new(),
            Some(at) => code[..at].to_owned(),
            None => code,
        };
        Source { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// The folder or file in `src/` that it belongs to: `page` for `src/page/mod.rs`.
    pub(crate) fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Whether `super` means the crate in it.
    pub(crate) fn is_top(&self) -> bool {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        !inside.contains('/') || inside == format!("{}/mod.rs", self.room())
    }
}

/// Every `.rs` file under `src/` of the repository, by path.
pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("src"), &mut paths);
    paths.sort();
    let relative = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    paths
        .iter()
        .map(|path| Source::new(&relative(path), &std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            paths.push(path);
        }
    }
}

/// Where the tests at the end of a file begin.
fn tests_begin(code: &str) -> Option<usize> {
    const MARK: &str = "#[cfg(test)]";
    code.match_indices(MARK).map(|(at, _)| at).find(|at| {
        let item = &code[at + MARK.len()..];
        let next = &item[item.find("mod ").unwrap_or(0)..];
        let is_visibility = |between: &str| between.is_empty() || between.starts_with("pub");
        next.starts_with("mod ")
            && is_visibility(item[..item.len() - next.len()].trim())
            && next.find('{') < next.find(';').or(Some(usize::MAX))
    })
}

/// The text with every character of a comment or literal replaced by a space; line breaks stay.
pub(crate) fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after_name = code.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let length = skipped(rest, after_name);
        if length == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

/// The bytes of the comment or literal that `rest` begins with; 0 if it begins with code.
fn skipped(rest: &str, after_name: bool) -> usize {
    let end = |from: usize, mark: &str| rest[from..].find(mark).map(|at| from + at + mark.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    let raw = rest.trim_start_matches(['b', 'c']).strip_prefix('r').filter(|_| !after_name);
    if let Some(raw) = raw {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let open = rest.len() - raw.len() + hashes + 1;
            return end(open, &format!("\"{}", "#".repeat(hashes))).unwrap_or(rest.len());
        }
    }
    match rest.as_bytes()[0] {
        b'"' => quoted(rest, b'"'),
        // 'a' and '\n' are literals, 'a alone is a lifetime.
        b'\'' if rest[1..].starts_with('\\') => quoted(rest, b'\''),
        b'\'' => match rest[1..].chars().next().map(char::len_utf8) {
            Some(length) if rest[1 + length..].starts_with('\'') => length + 2,
            _ => 0,
        },
        _ => 0,
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

#[test]
fn comments_and_literals_are_blanked_and_lines_stay() {
    for (text, expected) in [
        ("a // crate::b\nc", "a            \nc"),
        ("a /* x /* y\n */ z */ b", "a          \n         b"),
        ("f(\"a\\\"b\", 'c', '\\'', 'ー')", "f(      ,    ,     ,    )"),
        ("r#\"a\"b\"# + br\"\\\" + \"\"", "         +       +   "),
        ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
        ("bar\"x\"", "bar   "),
    ] {
        assert_eq!(blanked(text).trim_end(), expected.trim_end(), "{text}");
    }
}

#[test]
fn only_a_test_module_with_a_body_ends_the_code() {
    let code = |text: &str| Source::new("src/a.rs", text).code;
    assert_eq!(code("a\n#[cfg(test)]\nmod tests {\n}\n"), "a\n");
    assert_eq!(code("a\n#[cfg(test)]\npub(super) mod tests {\n}\n"), "a\n");
    assert_eq!(
        code("#[cfg(test)]\nfn a() { mod b {} }\nc"),
        "#[cfg(test)]\nfn a() { mod b {} }\nc"
    );
    assert_eq!(code("#[cfg(test)]\nmod tests;\nb { }\n"), "#[cfg(test)]\nmod tests;\nb { }\n");
    assert_eq!(Source::new("src/a/tests.rs", "a").code, "");
}
