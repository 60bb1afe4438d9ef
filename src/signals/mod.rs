//! The signals: measured numbers of a document, in families that find several in one pass. A
//! signal states its unit, its range, its exact definition and where that comes from, and where it
//! is undefined; it never knows a bound. Memory is that of the word lists a chain names and one
//! text. Knows nothing of chains, of edits, of where columns are stored, or of other documents than
//! the one at hand.

mod reference;

use std::collections::BTreeMap;

use serde_json::json;

use crate::config::Key;
use crate::error::{Error, Result};
use crate::format::document::Document;
use crate::text::facts::Facts;

pub use reference::markdown;

/// Declares the files of the families and lists them, so that a new one is one line. rustfmt does
/// not look behind a macro: `rustfmt src/signals/*.rs` does.
macro_rules! families {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// Every family, in the order of the documentation.
        pub const SIGNALS: &[&dyn Family] = &[$(&$name::FAMILY,)*];
    };
}

families! {
    document
    characters
    scripts
    particles
    damage
    links
    sentences
    lines
    duplicate_lines
    ngrams
    compression
    listed_words
}

/// The texts of the user's word lists, by the name that parameters give.
pub type Lists = BTreeMap<String, String>;

/// Signals that are measured together.
pub trait Family: Sync {
    /// The signals, in the order in which they are measured.
    fn columns(&self) -> &'static [Column];

    /// Their parameters.
    fn keys(&self) -> &'static [Key] {
        &[]
    }

    /// Reads the user's files that `parameters` name.
    fn read_lists(&self, _parameters: &toml::Table) -> Result<Lists> {
        Ok(Lists::new())
    }

    /// Everything besides the parameters that values depend on: names and sha256 of word lists.
    fn digests(
        &self,
        _parameters: &toml::Table,
        _lists: &Lists,
    ) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::new())
    }

    /// Makes them ready; `parameters` are checked and have their defaults, `lists` are the user's
    /// files that they name. An error means that something which they name is missing or damaged.
    fn open(&self, parameters: &toml::Table, lists: &Lists) -> Result<Box<dyn Measure>>;

    /// The parameters of the examples, as TOML.
    fn example(&self) -> &'static str {
        ""
    }
}

/// A family that is ready to measure; holds its buffers.
pub trait Measure {
    /// Measures one document into `out`, one value a column of the family; `None` is undefined.
    /// `facts` are those of the document's text behind the edits in front of the signal.
    fn measure(&mut self, document: &Document, facts: &Facts, out: &mut [Option<f64>]);
}

/// One signal as data.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in a chain.
    pub name: &'static str,
    /// The unit of its values.
    pub unit: &'static str,
    /// The least and the largest value that it can take.
    pub range: (f64, f64),
    /// Its definition: what is counted, in which sequence, over what.
    pub summary: &'static str,
    /// Where it is undefined.
    pub undefined: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    /// Goes up whenever the value of some document changes.
    pub definition_version: u32,
    /// Whether it is measured on the text, so that edits in front of it can change it.
    pub of_text: bool,
    /// Texts with their values.
    pub examples: &'static [(&'static str, f64)],
}

/// The values of most shares.
const SHARE: (f64, f64) = (0.0, 1.0);

/// The values of counts and lengths.
const COUNT: (f64, f64) = (0.0, f64::INFINITY);

/// A family without parameters and buffers.
struct Plain {
    columns: &'static [Column],
    measure: fn(&Document, &Facts, &mut [Option<f64>]),
}

impl Family for Plain {
    fn columns(&self) -> &'static [Column] {
        self.columns
    }

    fn open(&self, _: &toml::Table, _: &Lists) -> Result<Box<dyn Measure>> {
        Ok(Box::new(PlainMeasure(self.measure)))
    }
}

struct PlainMeasure(fn(&Document, &Facts, &mut [Option<f64>]));

impl Measure for PlainMeasure {
    fn measure(&mut self, document: &Document, facts: &Facts, out: &mut [Option<f64>]) {
        (self.0)(document, facts, out);
    }
}

/// The signal of that name: its family and its place in the family's columns.
pub fn find(name: &str) -> Option<(&'static dyn Family, usize)> {
    SIGNALS.iter().find_map(|family| {
        let at = family.columns().iter().position(|column| column.name == name)?;
        Some((*family, at))
    })
}

/// Checks that whatever `parameters` of the signal name is there and readable.
pub fn check(name: &str, parameters: &toml::Table) -> Result<()> {
    let (family, _) = known(name)?;
    family.open(parameters, &family.read_lists(parameters)?).map(drop)
}

/// Reads the user's word lists that `parameters` of the signal name.
pub fn read_lists(name: &str, parameters: &toml::Table) -> Result<Lists> {
    known(name)?.0.read_lists(parameters)
}

/// Everything that the values of a signal depend on besides the text: its name, the version of its
/// definition, its parameters, the digests of its lists.
pub fn identity(name: &str, parameters: &toml::Table, lists: &Lists) -> Result<serde_json::Value> {
    let (family, at) = known(name)?;
    Ok(json!({
        "signal": name,
        "version": family.columns()[at].definition_version,
        "parameters": parameters,
        "lists": family.digests(parameters, lists)?,
    }))
}

fn known(name: &str) -> Result<(&'static dyn Family, usize)> {
    find(name).ok_or_else(|| Error::bug(format!("there is no signal `{name}`")))
}

/// `part` over `whole`; undefined over nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests;
