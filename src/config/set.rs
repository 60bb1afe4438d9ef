//! `--set path.key=value` overrides.

use std::path::Path;

use super::read::{Node, Table, Value, parse};
use crate::error::{Place, Problem};

/// Puts `path.key=value` into `table`. The value is TOML; what is no TOML is taken as a text.
pub fn apply_set(table: &mut Table, argument: &str) -> Result<(), Problem> {
    let place = Place::Argument(format!("--set {argument}"));
    let problem = |message: &str, help: &str| Problem {
        place: Some(place.clone()),
        message: message.to_owned(),
        help: Some(help.to_owned()),
    };
    let Some((path, value)) = argument.split_once('=') else {
        return Err(problem("no `=` in it", "write --set section.key=value"));
    };
    let parts: Vec<&str> = path.trim().split('.').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(problem("no key in front of `=`", "write --set section.key=value"));
    }
    let node = value_of(value.trim(), &place);
    let (key, sections) = parts.split_last().expect("split yields at least one part");
    let mut here = table;
    for section in sections {
        if here.get(section).is_none() {
            let empty = Node { value: Value::Table(Table::default()), place: place.clone() };
            here.put(section, place.clone(), empty);
        }
        match here.get_mut(section).map(|node| &mut node.value) {
            Some(Value::Table(inner)) => here = inner,
            _ => {
                return Err(problem(&format!("`{section}` is no section"), "see `config keys`"));
            }
        }
    }
    here.put(key, place.clone(), node);
    Ok(())
}

fn value_of(text: &str, place: &Place) -> Node {
    let parsed = parse(Path::new("--set"), &format!("value = {text}"))
        .ok()
        .and_then(|mut table| table.entries.pop())
        .map(|(_, _, node)| node);
    match parsed {
        Some(node) => relocated(node, place),
        None => Node { value: Value::Text(text.to_owned()), place: place.clone() },
    }
}

fn relocated(node: Node, place: &Place) -> Node {
    let value = match node.value {
        Value::List(items) => {
            Value::List(items.into_iter().map(|item| relocated(item, place)).collect())
        }
        Value::Table(table) => Value::Table(Table {
            entries: table
                .entries
                .into_iter()
                .map(|(key, _, node)| (key, Some(place.clone()), relocated(node, place)))
                .collect(),
        }),
        leaf => leaf,
    };
    Node { value, place: place.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(argument: &str) -> Value {
        let mut table = Table::default();
        apply_set(&mut table, argument).unwrap();
        let Some(Node { value: Value::Table(inner), .. }) = table.get("a") else { panic!() };
        inner.get("b").unwrap().value.clone()
    }

    #[test]
    fn values_are_toml_and_bare_words_are_texts() {
        assert_eq!(set("a.b=3"), Value::Integer(3));
        assert_eq!(set("a.b=0.5"), Value::Number(0.5));
        assert_eq!(set("a.b=true"), Value::Bool(true));
        assert_eq!(set("a.b=strict"), Value::Text("strict".into()));
        assert_eq!(set("a.b=\"x y\""), Value::Text("x y".into()));
        assert_eq!(set("a.b=data/x=1.warc.gz"), Value::Text("data/x=1.warc.gz".into()));
        assert!(matches!(set("a.b=[\"x\"]"), Value::List(items) if items.len() == 1));
    }

    #[test]
    fn what_is_no_assignment_is_refused() {
        for wrong in ["a.b", "=3", "a..b=1"] {
            assert!(apply_set(&mut Table::default(), wrong).is_err(), "{wrong}");
        }
    }
}
