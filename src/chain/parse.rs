//! A chain file read and checked: every problem at once, each with its place and the nearest right
//! name.
//!
//! Tiers are known before any step is read: they stand at the head, or are those that bounds name,
//! in the order of the file. A bound counts columns as it goes: the same signal with the same
//! parameters behind the same edits is one column, however many bounds look at it.

mod bound;

use std::path::Path;

use super::edit::EDITS;
use super::step::{Column, EditStep, Step};
use super::{Chain, ONLY_TIER};
use crate::config::{self, Key, Node, Table, Value, did_you_mean};
use crate::error::{Error, Place, Problem};

/// What a chain must know of a signal.
#[derive(Debug, Clone, Copy)]
pub struct SignalSpec {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub keys: &'static [Key],
    /// The least and the largest value it can take.
    pub range: (f64, f64),
    /// Whether edits in front of it can change it.
    pub of_text: bool,
    /// Checks parameters whose types are right, such as whether a list exists.
    pub check: fn(&str, &toml::Table) -> Result<(), Error>,
}

/// Reads and checks a chain; `path` is only for the places.
pub fn parse(path: &Path, text: &str, specs: &[SignalSpec]) -> Result<Chain, Vec<Problem>> {
    let table = config::parse(path, text)?;
    let mut reader = Reader { specs, ..Reader::default() };
    reader.check_head(&table);
    let steps = reader.step_tables(&table);
    reader.read_tiers(&table, &steps);
    for (step, place) in steps {
        reader.read_step(step, place);
    }
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    Ok(Chain {
        tiers: reader.tiers,
        steps: reader.steps,
        columns: reader.columns,
        lists: Default::default(),
    })
}

/// A chain in the making, with what is wrong so far.
#[derive(Default)]
struct Reader<'a> {
    specs: &'a [SignalSpec],
    tiers: Vec<String>,
    steps: Vec<Step>,
    columns: Vec<Column>,
    edits: usize,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, place: &Place, message: impl Into<String>, help: Option<String>) {
        let message = message.into();
        self.problems.push(Problem { place: Some(place.clone()), message, help });
    }

    fn check_head(&mut self, table: &Table) {
        for (name, place, node) in &table.entries {
            if !["tiers", "step"].contains(&name.as_str()) {
                let place = place.as_ref().unwrap_or(&node.place);
                let help = did_you_mean(name, &["tiers", "step"]);
                self.problem(place, format!("unknown key `{name}` in a chain"), Some(help));
            }
        }
    }

    fn step_tables<'t>(&mut self, table: &'t Table) -> Vec<(&'t Table, &'t Place)> {
        let Some(node) = table.get("step") else { return Vec::new() };
        let Value::List(items) = &node.value else {
            let help = Some("a step begins with `[[step]]`".to_owned());
            self.problem(&node.place, format!("`step` is {}", node.value.describe()), help);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match &item.value {
                Value::Table(table) => tables.push((table, &item.place)),
                other => self.problem(&item.place, format!("a step is {}", other.describe()), None),
            }
        }
        tables
    }

    fn read_tiers(&mut self, table: &Table, steps: &[(&Table, &Place)]) {
        match table.get("tiers") {
            Some(node) => self.listed_tiers(node),
            None => {
                for (step, _) in steps {
                    self.named_tiers(step);
                }
            }
        }
        if self.tiers.is_empty() {
            self.tiers.push(ONLY_TIER.to_owned());
        }
    }

    fn listed_tiers(&mut self, node: &Node) {
        let Value::List(items) = &node.value else {
            let help = Some("expected: list of texts, the broadest tier first".to_owned());
            return self.problem(
                &node.place,
                format!("`tiers` is {}", node.value.describe()),
                help,
            );
        };
        for item in items {
            match &item.value {
                Value::Text(name) if name.is_empty() => {
                    self.problem(&item.place, "a tier has an empty name", None);
                }
                Value::Text(name) if self.tiers.contains(name) => {
                    self.problem(
                        &item.place,
                        format!("the tier `{name}` stands there twice"),
                        None,
                    );
                }
                Value::Text(name) => self.tiers.push(name.clone()),
                other => self.problem(&item.place, format!("a tier is {}", other.describe()), None),
            }
        }
    }

    /// Adds the tiers that the bounds of a step name, in the order of the file.
    fn named_tiers(&mut self, step: &Table) {
        let mut named: Vec<(usize, usize, &str)> = Vec::new();
        for side in ["min", "max"] {
            if let Some(Node { value: Value::Table(tiers), .. }) = step.get(side) {
                for (name, place, _) in &tiers.entries {
                    let (line, column) = match place {
                        Some(Place::Text { line, column, .. }) => (*line, *column),
                        _ => (0, 0),
                    };
                    named.push((line, column, name));
                }
            }
        }
        named.sort_unstable();
        for (_, _, name) in named {
            if !self.tiers.iter().any(|tier| tier == name) {
                self.tiers.push(name.to_owned());
            }
        }
    }

    fn read_step(&mut self, step: &Table, place: &Place) {
        match (step.get("edit"), step.get("signal")) {
            (Some(name), None) => self.read_edit(step, name),
            (None, Some(name)) => self.read_bound(step, name, place),
            (Some(_), Some(name)) => {
                let help = Some("make two steps of it".to_owned());
                self.problem(&name.place, "a step names both an edit and a signal", help);
            }
            (None, None) => {
                let help = match misspelt(step, &["edit", "signal"]) {
                    Some((wrong, right)) => format!("did you mean `{right}` by `{wrong}`?"),
                    None => "write `edit = \"…\"` or `signal = \"…\"`".to_owned(),
                };
                self.problem(place, "a step names neither an edit nor a signal", Some(help));
            }
        }
    }

    fn read_edit(&mut self, step: &Table, name: &Node) {
        let names: Vec<&str> = EDITS.iter().map(|edit| edit.name).collect();
        let Some(wanted) = self.text(name, "edit") else { return };
        let Some(edit) = EDITS.iter().find(|edit| edit.name == wanted) else {
            let help = match self.specs.iter().any(|spec| spec.name == wanted) {
                true => format!("`{wanted}` is a signal: write `signal = \"{wanted}\"`"),
                false => did_you_mean(wanted, &names),
            };
            let message = format!("there is no edit `{wanted}`");
            return self.problem(&name.place, message, Some(help));
        };
        let parameters = self.parameters(step, &name.place, &["edit"], edit.keys, &[]);
        self.steps.push(Step::Edit(EditStep { edit, parameters }));
        self.edits += 1;
    }

    fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        if let Value::Text(text) = &node.value {
            return Some(text);
        }
        self.problem(&node.place, format!("`step.{key}` is {}", node.value.describe()), None);
        None
    }

    /// The values of `keys` and `own` in `step`; `fixed` are further keys that are allowed there.
    fn parameters(
        &mut self,
        step: &Table,
        place: &Place,
        fixed: &[&str],
        keys: &[Key],
        own: &[Key],
    ) -> toml::Table {
        let keys: Vec<Key> = own.iter().chain(keys).copied().collect();
        let names: Vec<&str> =
            fixed.iter().copied().chain(keys.iter().map(|key| key.name)).collect();
        let mut known = Table::default();
        for (name, at, node) in &step.entries {
            if !names.contains(&name.as_str()) {
                let help = did_you_mean(name, &names);
                let at = at.as_ref().unwrap_or(&node.place);
                self.problem(at, format!("unknown key `{name}` in a step"), Some(help));
            } else if !fixed.contains(&name.as_str()) {
                known.entries.push((name.clone(), at.clone(), node.clone()));
            }
        }
        config::check_table("step", &keys, &known, place, &mut self.problems)
    }
}

/// A key of the step that looks like one of `names`, with that name.
fn misspelt<'t>(step: &'t Table, names: &[&'t str]) -> Option<(&'t str, &'t str)> {
    step.entries.iter().find_map(|(key, _, _)| {
        config::nearest(key, names.iter().copied()).map(|name| (key.as_str(), name))
    })
}
