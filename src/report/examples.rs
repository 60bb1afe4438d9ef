//! One kept and one dropped document, to look at.

use serde::Deserialize;

use crate::error::Result;
use crate::format::frames::FrameReader;
use crate::stages::Upstream;
use crate::store::Store;

/// A document to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its address.
    pub url: String,
    /// Its text as it was, or would have been, delivered.
    pub text: String,
    /// Why it was dropped: rule, value and bound.
    pub reason: Option<String>,
}

/// Examples from the first shards.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Examples {
    /// The first document of the corpus.
    pub kept: Option<Example>,
    /// The first document with text that a bound dropped, else the first that was dropped at all.
    pub dropped: Option<Example>,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    meta: Meta,
    verdict: Option<String>,
    value: Option<f64>,
    bound: Option<f64>,
}

#[derive(Deserialize)]
struct Meta {
    url: String,
}

/// Lines that are looked at for an example.
const LINES: usize = 1000;

/// The examples of a run whose corpus is sealed.
pub fn examples(store: &dyn Store, upstream: &dyn Upstream) -> Result<Examples> {
    let tasks = upstream.tasks("corpus")?;
    let mut found = Examples::default();
    for output in tasks.iter().flat_map(|task| &task.outputs) {
        if output.path.starts_with("corpus/") && found.kept.is_none() {
            found.kept = first(store, &output.path, |_| true)?;
        }
        if output.path.starts_with("rejects/") && found.dropped.is_none() {
            let by_bound = |row: &Row| row.bound.is_some() && !row.text.is_empty();
            found.dropped = match first(store, &output.path, by_bound)? {
                Some(example) => Some(example),
                None => first(store, &output.path, |_| true)?,
            };
        }
    }
    Ok(found)
}

fn first(store: &dyn Store, path: &str, wanted: impl Fn(&Row) -> bool) -> Result<Option<Example>> {
    let mut lines = FrameReader::new(store.open(path)?, &store.place(path))?;
    for _ in 0..LINES {
        let Some(line) = lines.next_line()? else { break };
        if let Ok(row) = serde_json::from_slice::<Row>(line)
            && wanted(&row)
        {
            return Ok(Some(Example { reason: reason(&row), url: row.meta.url, text: row.text }));
        }
    }
    Ok(None)
}

fn reason(row: &Row) -> Option<String> {
    let verdict = row.verdict.as_ref()?;
    Some(match (row.value, row.bound) {
        (Some(value), Some(bound)) if value < bound => {
            format!("{verdict} is {}, below {bound}", round(value))
        }
        (Some(value), Some(bound)) => format!("{verdict} is {}, above {bound}", round(value)),
        _ => verdict.clone(),
    })
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
