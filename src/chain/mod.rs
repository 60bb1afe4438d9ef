//! The filter chain: edits and bounds in order, read from a TOML file with every problem at once,
//! and the verdict of its bounds on measured values. A bound may differ from tier to tier; the
//! first one that fails names the verdict. Which signals there are, with their parameters and
//! ranges, is told by the caller. Knows nothing of how signals are measured, of files of a run, or
//! of text other than the paragraphs that edits change.

mod decide;
mod edit;
mod parse;
mod step;

use std::collections::BTreeMap;

use serde_json::json;

use crate::config::did_you_mean;
use crate::error::Problem;

pub use decide::{FailedBound, Verdict};
pub use edit::{ApplyEdit, EDITS, Edit, edits_markdown};
pub use parse::{SignalSpec, parse};
pub use step::{Bound, Column, EditStep, Step};

/// The tier of a chain that names none.
pub const ONLY_TIER: &str = "broad";

/// A checked chain.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The names of its tiers, the broadest first.
    pub tiers: Vec<String>,
    /// Edits and bounds, in order.
    pub steps: Vec<Step>,
    /// What its bounds look at, each once; values are handed over in this order.
    pub columns: Vec<Column>,
    /// The texts of the user's files that its signals name, by that name: filled in by whoever
    /// reads them, so that a chain can be measured without them.
    pub lists: BTreeMap<String, String>,
}

/// One tier of the chain that gave it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tier(usize);

impl Chain {
    /// The tier of that name, or the problem with it.
    pub fn tier(&self, name: &str) -> Result<Tier, Problem> {
        self.tiers.iter().position(|tier| tier == name).map(Tier).ok_or_else(|| {
            let tiers: Vec<&str> = self.tiers.iter().map(String::as_str).collect();
            Problem {
                place: None,
                message: format!("the chain has no tier `{name}`"),
                help: Some(did_you_mean(name, &tiers)),
            }
        })
    }

    /// The name of a tier.
    pub fn tier_name(&self, tier: Tier) -> &str {
        &self.tiers[tier.0]
    }

    /// The edits, in order.
    pub fn edits(&self) -> impl Iterator<Item = &EditStep> {
        self.steps.iter().filter_map(|step| match step {
            Step::Edit(edit) => Some(edit),
            Step::Bound(_) => None,
        })
    }

    /// The bounds, in order.
    pub fn bounds(&self) -> impl Iterator<Item = &Bound> {
        self.steps.iter().filter_map(|step| match step {
            Step::Edit(_) => None,
            Step::Bound(bound) => Some(bound),
        })
    }

    /// Everything that its verdicts depend on besides the values.
    pub fn identity(&self) -> serde_json::Value {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| match step {
                Step::Edit(edit) => json!({ "edit": edit.identity() }),
                Step::Bound(bound) => {
                    let column = &self.columns[bound.column];
                    json!({
                        "signal": column.signal,
                        "parameters": column.parameters,
                        "name": bound.name,
                        "min": bound.min,
                        "max": bound.max,
                        "undefined": bound.undefined_drops,
                    })
                }
            })
            .collect();
        json!({ "tiers": self.tiers, "steps": steps })
    }
}

#[cfg(test)]
mod tests;
