//! TOML read into values that remember where they stand.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Place, Problem};

/// A value and the place it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub place: Place,
}

/// A TOML value. Dates are kept as text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a point or exponent.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

impl Value {
    /// What kind of value it is, in words.
    pub fn describe(&self) -> &'static str {
        match self {
            Value::Bool(_) => "true or false",
            Value::Integer(_) => "a whole number",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// A table: entries in file order, each with the place of its key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// `(key, place of the key, value)`.
    pub entries: Vec<(String, Option<Place>, Node)>,
}

impl Table {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(name, _, _)| name == key).map(|(_, _, node)| node)
    }

    /// The value of `key`, for change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(name, _, _)| name == key).map(|(_, _, node)| node)
    }

    /// Sets `key`, replacing an earlier value.
    pub fn put(&mut self, key: &str, place: Place, node: Node) {
        match self.entries.iter_mut().find(|(name, _, _)| name == key) {
            Some(entry) => (entry.1, entry.2) = (Some(place), node),
            None => self.entries.push((key.to_owned(), Some(place), node)),
        }
    }
}

/// Line and column, from 1, of byte `at` in `text`.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

/// Reads TOML; `path` is only for the places. All syntax errors come back, one a line of the file.
pub fn parse(path: &Path, text: &str) -> Result<Table, Vec<Problem>> {
    let place = |at: usize| {
        let (line, column) = position(text, at);
        Place::Text { path: path.to_path_buf(), line, column }
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<Problem> = Vec::new();
    for error in errors {
        let at = place(error.span().map_or(0, |span| span.start));
        let same_line = problems.iter().any(|earlier| match (&earlier.place, &at) {
            (Some(Place::Text { line: a, .. }), Place::Text { line: b, .. }) => a == b,
            _ => false,
        });
        if !same_line {
            problems.push(Problem {
                place: Some(at),
                message: format!("not TOML: {}", error.message().replace('\n', ", ")),
                help: None,
            });
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut table = convert_table(table.into_inner(), &place, &mut problems);
    table.entries.sort_by_key(|(_, at, _)| match at {
        Some(Place::Text { line, column, .. }) => (*line, *column),
        _ => (0, 0),
    });
    if problems.is_empty() { Ok(table) } else { Err(problems) }
}

fn convert_table(
    table: DeTable<'_>,
    place: &dyn Fn(usize) -> Place,
    problems: &mut Vec<Problem>,
) -> Table {
    let mut entries = Vec::new();
    for (key, value) in table {
        let at = place(key.span().start);
        entries.push((key.into_inner().into_owned(), Some(at), convert(value, place, problems)));
    }
    Table { entries }
}

fn convert(
    value: Spanned<DeValue<'_>>,
    place: &dyn Fn(usize) -> Place,
    problems: &mut Vec<Problem>,
) -> Node {
    let at = place(value.span().start);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Boolean(flag) => Value::Bool(flag),
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(items) => {
            Value::List(items.into_iter().map(|item| convert(item, place, problems)).collect())
        }
        DeValue::Table(table) => Value::Table(convert_table(table, place, problems)),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                problems.push(Problem {
                    place: Some(at.clone()),
                    message: format!("`{number}` does not fit a 64-bit whole number"),
                    help: None,
                });
                Value::Integer(0)
            }
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) => Value::Number(number),
            Err(_) => {
                problems.push(Problem {
                    place: Some(at.clone()),
                    message: format!("`{number}` is no number"),
                    help: None,
                });
                Value::Number(0.0)
            }
        },
    };
    Node { value, place: at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_remember_line_and_column() {
        let table = parse(Path::new("x.toml"), "[a]\n  b = 3\nc = \"日本\"\n").unwrap();
        let Some(Node { value: Value::Table(a), .. }) = table.get("a") else { panic!() };
        let b = a.get("b").unwrap();
        assert_eq!(b.value, Value::Integer(3));
        assert_eq!(b.place.to_string(), "x.toml:2:7");
        assert_eq!(a.get("c").unwrap().value, Value::Text("日本".into()));
    }

    #[test]
    fn every_broken_line_is_reported() {
        let problems = parse(Path::new("x.toml"), "a = ]\nb = 1\nc = ]\n").unwrap_err();
        let places: Vec<String> =
            problems.iter().map(|p| p.place.as_ref().unwrap().to_string()).collect();
        assert_eq!(places.len(), 2, "{places:?}");
        assert!(places[0].starts_with("x.toml:1:") && places[1].starts_with("x.toml:3:"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[ -~\n日本]{0,60}") {
            let _ = parse(Path::new("x.toml"), &text);
        }
    }
}
