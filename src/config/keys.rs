//! Keys as data: name, type, default, unit and meaning of every setting, and their documentation.

use std::fmt::Write as _;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name in the file.
    pub name: &'static str,
    /// What values it takes.
    pub kind: KeyKind,
    /// Its default as TOML text; `None` where the key must be given or may be absent.
    pub default: Option<&'static str>,
    /// Whether leaving it out is a problem (only without a default).
    pub required: bool,
    /// The unit of its value, such as `bytes` or `probability`; empty where there is none.
    pub unit: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
}

/// What values a key takes. Bounds are inclusive.
#[derive(Debug, Clone, Copy)]
pub enum KeyKind {
    /// `true` or `false`.
    Bool,
    /// A whole number within bounds.
    Integer(i64, i64),
    /// A number within bounds.
    Number(f64, f64),
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of these words, which may be empty.
    ChoiceList(&'static [&'static str]),
    /// A size such as `256 MB`.
    Size,
    /// A list of texts with at least one entry.
    TextList,
    /// A whole number or a text, such as a token id or its spelling.
    IntegerOrText,
}

/// A table of a file with its keys.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// The table's name.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub summary: &'static str,
    /// Its keys, in the order of the documentation.
    pub keys: &'static [Key],
}

/// The type of a key in words.
pub fn type_name(kind: KeyKind) -> String {
    match kind {
        KeyKind::Bool => "true or false".to_owned(),
        KeyKind::Integer(min, max) if max == i64::MAX => format!("whole number, at least {min}"),
        KeyKind::Integer(min, max) => format!("whole number, {min} to {max}"),
        KeyKind::Number(min, max) if max == f64::INFINITY => format!("number, at least {min}"),
        KeyKind::Number(min, max) => format!("number, {min} to {max}"),
        KeyKind::Text => "text".to_owned(),
        KeyKind::Choice(words) => format!("one of {}", words.join(", ")),
        KeyKind::ChoiceList(words) => format!("list of {}", words.join(", ")),
        KeyKind::Size => "size, such as \"256 MB\"".to_owned(),
        KeyKind::TextList => "list of texts".to_owned(),
        KeyKind::IntegerOrText => "whole number or text".to_owned(),
    }
}

/// The default of a key as a value; `None` where it has none.
pub fn default_value(key: &Key) -> Option<toml::Value> {
    let text = key.default?;
    let table: toml::Table = format!("value = {text}")
        .parse()
        .expect("the default of a key is TOML: a test reads all of them");
    table.get("value").cloned()
}

/// The reference of these sections as Markdown tables.
pub fn markdown(sections: &[Section]) -> String {
    let mut out = String::new();
    for section in sections {
        let _ = write!(out, "## `[{}]`\n\n{}\n\n", section.name, section.summary);
        out.push_str(
            "| key | type | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n",
        );
        for key in section.keys {
            let default = match (key.default, key.required) {
                (Some(text), _) => format!("`{text}`"),
                (None, true) => "must be given".to_owned(),
                (None, false) => "none".to_owned(),
            };
            let _ = writeln!(
                out,
                "| `{}` | {} | {default} | {} | {} |",
                key.name,
                type_name(key.kind),
                key.unit,
                key.summary
            );
        }
        out.push('\n');
    }
    out
}
