//! A bound read and checked: its sides, its name, its column.

use super::{Reader, SignalSpec};
use crate::chain::edit::EDITS;
use crate::chain::step::{Bound, Column, Step};
use crate::config::{Key, KeyKind, Node, Table, Value, did_you_mean};
use crate::error::Place;

const NAME: Key = Key {
    name: "name",
    kind: KeyKind::Text,
    default: None,
    required: false,
    unit: "",
    summary: "What the verdict of this bound is called; by default the signal's name.",
};

const UNDEFINED: Key = Key {
    name: "undefined",
    kind: KeyKind::Choice(&["keep", "drop"]),
    default: Some("\"keep\""),
    required: false,
    unit: "",
    summary: "What happens to a document on which the signal is undefined.",
};

/// Names that verdicts have which no bound gives.
const TAKEN: [&str; 3] = ["kept", "duplicate", "empty"];

impl Reader<'_> {
    pub(super) fn read_bound(&mut self, step: &Table, name: &Node, place: &Place) {
        let names: Vec<&str> = self.specs.iter().map(|spec| spec.name).collect();
        let Some(wanted) = self.text(name, "signal") else { return };
        let Some(spec) = self.specs.iter().find(|spec| spec.name == wanted).copied() else {
            let help = match EDITS.iter().any(|edit| edit.name == wanted) {
                true => format!("`{wanted}` is an edit: write `edit = \"{wanted}\"`"),
                false => did_you_mean(wanted, &names),
            };
            let message = format!("there is no signal `{wanted}`");
            return self.problem(&name.place, message, Some(help));
        };
        let before = self.problems.len();
        let own = [NAME, UNDEFINED];
        let mut parameters =
            self.parameters(step, &name.place, &["signal", "min", "max"], spec.keys, &own);
        let given_name = parameters.remove("name");
        let undefined = parameters.remove("undefined");
        if self.problems.len() == before
            && let Err(error) = (spec.check)(spec.name, &parameters)
        {
            let place = spec
                .keys
                .iter()
                .find_map(|key| step.get(key.name))
                .map_or(place, |node| &node.place);
            self.problem(place, error.message.clone(), error.help.clone());
        }
        let min = self.side(step, "min", &spec);
        let max = self.side(step, "max", &spec);
        self.check_sides(step, &min, &max, &name.place, spec.name);
        let name =
            self.verdict_name(given_name.as_ref().and_then(toml::Value::as_str), step, &spec);
        let column = self.column(&spec, parameters);
        let undefined_drops = undefined.as_ref().and_then(toml::Value::as_str) == Some("drop");
        self.steps.push(Step::Bound(Bound { name, column, min, max, undefined_drops }));
    }

    /// One side of a bound as one value a tier.
    fn side(&mut self, step: &Table, side: &str, spec: &SignalSpec) -> Vec<Option<f64>> {
        let none = vec![None; self.tiers.len()];
        let Some(node) = step.get(side) else { return none };
        let Value::Table(by_tier) = &node.value else {
            return vec![self.number(node, side, spec); self.tiers.len()];
        };
        let mut values = none;
        if by_tier.entries.is_empty() {
            self.problem(&node.place, format!("`step.{side}` names no tier"), None);
        }
        for (name, place, node) in &by_tier.entries {
            let value = self.number(node, side, spec);
            match self.tiers.iter().position(|tier| tier == name) {
                Some(at) => values[at] = value,
                None => {
                    let tiers: Vec<&str> = self.tiers.iter().map(String::as_str).collect();
                    let help = did_you_mean(name, &tiers);
                    let place = place.as_ref().unwrap_or(&node.place);
                    self.problem(place, format!("the chain has no tier `{name}`"), Some(help));
                }
            }
        }
        values
    }

    fn number(&mut self, node: &Node, side: &str, spec: &SignalSpec) -> Option<f64> {
        let number = match node.value {
            Value::Integer(number) => number as f64,
            Value::Number(number) => number,
            ref other => {
                let help = Some("expected: number, or a table of one number a tier".to_owned());
                let message = format!("`step.{side}` is {}", other.describe());
                self.problem(&node.place, message, help);
                return None;
            }
        };
        let (low, high) = spec.range;
        if number.is_finite() && (low..=high).contains(&number) {
            return Some(number);
        }
        let message = format!("`step.{side}` is {number}, which `{}` never is", spec.name);
        let help = match high == f64::INFINITY {
            true => format!("its values are at least {low}"),
            false => format!("its values lie between {low} and {high}"),
        };
        self.problem(&node.place, message, Some(help));
        None
    }

    fn check_sides(
        &mut self,
        step: &Table,
        min: &[Option<f64>],
        max: &[Option<f64>],
        place: &Place,
        signal: &str,
    ) {
        let (min_node, max_node) = (step.get("min"), step.get("max"));
        let Some(node) = min_node.or(max_node) else {
            let help = Some("write `min`, `max` or both".to_owned());
            return self.problem(place, format!("the step of `{signal}` has no bound"), help);
        };
        for (at, sides) in min.iter().zip(max).enumerate() {
            if let (Some(min), Some(max)) = sides
                && min > max
            {
                let message = format!(
                    "`min` is {min} and `max` is {max} in tier `{}`: nothing passes",
                    self.tiers[at]
                );
                return self.problem(&node.place, message, None);
            }
        }
    }

    /// What the verdict of a bound is called: the name in its step, else its signal's with a number.
    fn verdict_name(&mut self, given: Option<&str>, step: &Table, spec: &SignalSpec) -> String {
        let taken = |steps: &[Step], name: &str| {
            steps.iter().any(|step| matches!(step, Step::Bound(bound) if bound.name == name))
        };
        let Some(name) = given else {
            return free_name(spec.name, |name| taken(&self.steps, name));
        };
        let well_formed = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        let wrong = match (TAKEN.contains(&name), taken(&self.steps, name), well_formed) {
            (true, ..) => Some((format!("no bound can be called `{name}`"), None)),
            (_, true, _) => Some((format!("two bounds are called `{name}`"), None)),
            (.., false) => Some((
                format!("`{name}` is no name of a verdict"),
                Some("letters, digits, `-`, `_` and `.` are allowed".to_owned()),
            )),
            _ => None,
        };
        if let (Some((message, help)), Some(node)) = (wrong, step.get("name")) {
            self.problem(&node.place, message, help);
        }
        name.to_owned()
    }

    /// The place of the column with these parameters behind the edits so far, added if it is new.
    fn column(&mut self, spec: &SignalSpec, parameters: toml::Table) -> usize {
        let edits = if spec.of_text { self.edits } else { 0 };
        let found = self.columns.iter().position(|column| {
            column.signal == spec.name && column.parameters == parameters && column.edits == edits
        });
        found.unwrap_or_else(|| {
            let name =
                free_name(spec.name, |name| self.columns.iter().any(|column| column.name == name));
            let signal = spec.name.to_owned();
            self.columns.push(Column { name, signal, parameters, edits });
            self.columns.len() - 1
        })
    }
}

/// The first of `name`, `name.2`, `name.3`, … that is not taken.
fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    (2..)
        .map(|number| format!("{name}.{number}"))
        .find(|name| !taken(name))
        .expect("numbers do not end before the steps do")
}
