//! One check of a file against its keys: every problem at once, and the resolved values.

use super::did_you_mean;
use super::keys::{Key, KeyKind, Section, default_value, type_name};
use super::read::{Node, Table, Value};
use super::size::parse_size;
use crate::error::{Place, Problem};

/// Checks a whole file against its sections and fills in the defaults.
///
/// `file` is the place that a missing required key is reported at.
pub fn resolve(
    file: &Place,
    table: &Table,
    sections: &[Section],
    problems: &mut Vec<Problem>,
) -> toml::Table {
    let names: Vec<&str> = sections.iter().map(|section| section.name).collect();
    for (name, place, _) in &table.entries {
        if !names.contains(&name.as_str()) {
            let key_of: Vec<&str> = sections
                .iter()
                .filter(|section| section.keys.iter().any(|key| key.name == name))
                .map(|section| section.name)
                .collect();
            let help = match key_of.first() {
                Some(section) => format!("`{name}` belongs into [{section}]"),
                None => did_you_mean(name, &names),
            };
            problems.push(Problem {
                place: place.clone(),
                message: format!("there is no section [{name}]"),
                help: Some(help),
            });
        }
    }
    let empty = Table::default();
    let mut out = toml::Table::new();
    for section in sections {
        let (given, place) = match table.get(section.name) {
            None => (&empty, file),
            Some(Node { value: Value::Table(inner), place }) => (inner, place),
            Some(Node { value, place }) => {
                problems.push(Problem {
                    place: Some(place.clone()),
                    message: format!(
                        "[{}] must be a table, not {}",
                        section.name,
                        value.describe()
                    ),
                    help: None,
                });
                (&empty, file)
            }
        };
        let values = check_table(section.name, section.keys, given, place, problems);
        out.insert(section.name.to_owned(), toml::Value::Table(values));
    }
    out
}

/// Checks one table against its keys and fills in the defaults. `what` names the table in messages,
/// `place` is where a missing required key is reported.
pub fn check_table(
    what: &str,
    keys: &[Key],
    given: &Table,
    place: &Place,
    problems: &mut Vec<Problem>,
) -> toml::Table {
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    for (name, at, _) in &given.entries {
        if !names.contains(&name.as_str()) {
            problems.push(Problem {
                place: at.clone(),
                message: format!("unknown key `{name}` in [{what}]"),
                help: Some(did_you_mean(name, &names)),
            });
        }
    }
    let mut out = toml::Table::new();
    for key in keys {
        match given.get(key.name) {
            Some(node) => match check_value(key, node) {
                Ok(value) => {
                    out.insert(key.name.to_owned(), value);
                }
                Err(message) => problems.push(Problem {
                    place: Some(node.place.clone()),
                    message: format!("`{what}.{}` {message}", key.name),
                    help: Some(format!("expected: {}", type_name(key.kind))),
                }),
            },
            None => match default_value(key) {
                Some(value) => {
                    out.insert(key.name.to_owned(), value);
                }
                None if key.required => problems.push(Problem {
                    place: Some(place.clone()),
                    message: format!("`{what}.{}` must be given", key.name),
                    help: Some(format!("{} ({})", key.summary, type_name(key.kind))),
                }),
                None => {}
            },
        }
    }
    out
}

fn check_value(key: &Key, node: &Node) -> Result<toml::Value, String> {
    use toml::Value as T;
    match (key.kind, &node.value) {
        (KeyKind::Bool, Value::Bool(flag)) => Ok(T::Boolean(*flag)),
        (KeyKind::Integer(min, max), Value::Integer(number)) => {
            if (min..=max).contains(number) {
                Ok(T::Integer(*number))
            } else {
                Err(format!("is {number}, out of bounds"))
            }
        }
        (KeyKind::Number(min, max), Value::Integer(_) | Value::Number(_)) => {
            let number = match node.value {
                Value::Integer(number) => number as f64,
                Value::Number(number) => number,
                _ => f64::NAN,
            };
            if number >= min && number <= max {
                Ok(T::Float(number))
            } else {
                Err(format!("is {number}, out of bounds"))
            }
        }
        (KeyKind::Text, Value::Text(text)) if text.is_empty() => Err("is empty".to_owned()),
        (KeyKind::Text, Value::Text(text)) => Ok(T::String(text.clone())),
        (KeyKind::Choice(words), Value::Text(text)) => {
            if words.contains(&text.as_str()) {
                Ok(T::String(text.clone()))
            } else {
                Err(format!("is `{text}`; {}", did_you_mean(text, words)))
            }
        }
        (KeyKind::ChoiceList(words), Value::Text(text)) => {
            Ok(T::Array(vec![T::String(one_of(words, text)?)]))
        }
        (KeyKind::ChoiceList(words), Value::List(items)) => items
            .iter()
            .map(|item| match &item.value {
                Value::Text(text) => one_of(words, text).map(T::String),
                other => Err(format!("holds {}", other.describe())),
            })
            .collect::<Result<Vec<_>, _>>()
            .map(T::Array),
        (KeyKind::Size, Value::Text(text)) => match parse_size(text) {
            Some(bytes) if bytes > 0 => Ok(T::String(text.clone())),
            _ => Err(format!("is `{text}`, no size")),
        },
        (KeyKind::TextList, Value::Text(text)) if !text.is_empty() => {
            Ok(T::Array(vec![T::String(text.clone())]))
        }
        (KeyKind::TextList, Value::List(items)) => {
            if items.is_empty() {
                return Err("is an empty list".to_owned());
            }
            items
                .iter()
                .map(|item| match &item.value {
                    Value::Text(text) if !text.is_empty() => Ok(T::String(text.clone())),
                    other => Err(format!("holds {}", other.describe())),
                })
                .collect::<Result<Vec<_>, _>>()
                .map(T::Array)
        }
        (KeyKind::IntegerOrText, Value::Integer(number)) if *number >= 0 => Ok(T::Integer(*number)),
        (KeyKind::IntegerOrText, Value::Text(text)) if !text.is_empty() => {
            Ok(T::String(text.clone()))
        }
        (_, other) => Err(format!("is {}", other.describe())),
    }
}

/// An item of a list, if it is one of the words.
fn one_of(words: &[&str], item: &str) -> Result<String, String> {
    if words.contains(&item) {
        Ok(item.to_owned())
    } else {
        Err(format!("holds `{item}`; {}", did_you_mean(item, words)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::parse;
    use super::*;

    const KEYS: &[Key] = &[
        Key {
            name: "language",
            kind: KeyKind::Text,
            default: Some("\"ja\""),
            required: false,
            unit: "",
            summary: "The language.",
        },
        Key {
            name: "min_score",
            kind: KeyKind::Number(0.0, 1.0),
            default: Some("0.5"),
            required: false,
            unit: "probability",
            summary: "The least score.",
        },
        Key {
            name: "mode",
            kind: KeyKind::Choice(&["off", "mark"]),
            default: Some("\"mark\""),
            required: false,
            unit: "",
            summary: "What to do.",
        },
        Key {
            name: "marks",
            kind: KeyKind::ChoiceList(&["red", "blue"]),
            default: Some("[]"),
            required: false,
            unit: "",
            summary: "The marks.",
        },
        Key {
            name: "files",
            kind: KeyKind::TextList,
            default: None,
            required: true,
            unit: "",
            summary: "The files.",
        },
    ];
    const SECTIONS: &[Section] = &[Section { name: "extract", summary: "Extraction.", keys: KEYS }];

    fn check(text: &str) -> (toml::Table, Vec<String>) {
        let mut problems = Vec::new();
        let file = Place::Path("x.toml".into());
        let table = parse(Path::new("x.toml"), text).unwrap();
        let resolved = resolve(&file, &table, SECTIONS, &mut problems);
        (resolved, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn defaults_fill_what_is_not_given() {
        let (resolved, problems) = check("[extract]\nfiles = \"a\"\nmin_score = 1\n");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(resolved["extract"]["language"].as_str(), Some("ja"));
        assert_eq!(resolved["extract"]["min_score"].as_float(), Some(1.0));
        assert_eq!(resolved["extract"]["files"].as_array().map(Vec::len), Some(1));
        assert_eq!(resolved["extract"]["marks"].as_array().map(Vec::len), Some(0));
    }

    #[test]
    fn lists_of_choices_take_their_words_only() {
        for (given, expected) in [
            ("[\"blue\", \"red\"]", Ok(2)),
            ("\"red\"", Ok(1)),
            ("[]", Ok(0)),
            ("[\"red\", \"bleu\"]", Err("`extract.marks` holds `bleu`; did you mean `blue`?")),
            ("[3]", Err("`extract.marks` holds a whole number")),
            ("3", Err("`extract.marks` is a whole number")),
        ] {
            let (resolved, problems) =
                check(&format!("[extract]\nfiles = \"a\"\nmarks = {given}\n"));
            match expected {
                Ok(count) => {
                    assert_eq!(problems, [""; 0], "{given}");
                    assert_eq!(resolved["extract"]["marks"].as_array().map(Vec::len), Some(count));
                }
                Err(message) => {
                    let shown = format!("x.toml:3:9: {message} (expected: list of red, blue)");
                    assert_eq!(problems, [shown]);
                }
            }
        }
    }

    #[test]
    fn all_problems_come_at_once_each_with_its_place_and_cure() {
        let (_, problems) = check(
            "[extract]\nmin_scroe = 0.5\nlanguage = 3\nmode = \"mrak\"\nmin_score = 2.0\n[extrct]\nx = 1\n",
        );
        assert_eq!(
            problems,
            [
                "x.toml:6:2: there is no section [extrct] (did you mean `extract`?)",
                "x.toml:2:1: unknown key `min_scroe` in [extract] (did you mean `min_score`?)",
                "x.toml:3:12: `extract.language` is a whole number (expected: text)",
                "x.toml:5:13: `extract.min_score` is 2, out of bounds (expected: number, 0 to 1)",
                "x.toml:4:8: `extract.mode` is `mrak`; did you mean `mark`? (expected: one of off, mark)",
                "x.toml:1:1: `extract.files` must be given (The files. (list of texts))",
            ]
        );
    }
}
