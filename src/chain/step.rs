//! The steps of a chain after the check: edits, bounds, and the columns that bounds look at.

use serde_json::json;

use super::edit::{ApplyEdit, Edit};

/// One step of a chain.
#[derive(Debug, Clone)]
pub enum Step {
    /// Paragraphs change.
    Edit(EditStep),
    /// A value is held against its bounds.
    Bound(Bound),
}

/// An edit with its parameters.
#[derive(Debug, Clone)]
pub struct EditStep {
    /// The edit.
    pub edit: &'static Edit,
    /// Its parameters, defaults filled in.
    pub parameters: toml::Table,
}

impl EditStep {
    /// The edit, ready to be applied.
    pub fn open(&self) -> Box<dyn ApplyEdit> {
        (self.edit.open)(&self.parameters)
    }

    /// JSON of everything that its effect depends on.
    pub fn identity(&self) -> String {
        json!({
            "edit": self.edit.name,
            "version": self.edit.version,
            "parameters": self.parameters,
        })
        .to_string()
    }
}

/// A least and a largest value of one column, inclusive, one of each a tier.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// What a verdict is called that this bound gives; unique in its chain.
    pub name: String,
    /// The column, by its place in the chain's columns.
    pub column: usize,
    /// The least value, one a tier; `None` is no bound.
    pub min: Vec<Option<f64>>,
    /// The largest value, one a tier; `None` is no bound.
    pub max: Vec<Option<f64>>,
    /// Whether a document drops on which the signal is undefined, in tiers that it bounds.
    pub undefined_drops: bool,
}

/// One signal with its parameters at one place among the edits.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name it is stored under; unique in its chain.
    pub name: String,
    /// The signal.
    pub signal: String,
    /// Its parameters, defaults filled in.
    pub parameters: toml::Table,
    /// How many of the chain's edits stand in front of it; 0 where they cannot change it.
    pub edits: usize,
}
