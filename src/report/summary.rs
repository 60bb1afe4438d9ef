//! The funnel in numbers: `summary.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::stages::{Counts, STAGES, Upstream};

/// The funnel of a run. Field names are part of the interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// WARC records read, spans of damage included; the sum of `outcomes`.
    pub records: u64,
    /// How every record ended.
    pub outcomes: BTreeMap<String, u64>,
    /// Records that became documents.
    pub documents: u64,
    /// Documents that a kept one stands for.
    pub duplicates: Duplicates,
    /// Different texts among the documents.
    pub unique: u64,
    /// Documents that the chain dropped, by rule. With `kept` and `duplicates` they add up to
    /// `documents`.
    pub rejected: BTreeMap<String, u64>,
    /// Documents that were kept.
    pub kept: u64,
    /// Characters of the corpus.
    pub characters: u64,
    /// Bytes of UTF-8 text of the corpus.
    pub bytes: u64,
    /// Tokens in the token shards, end-of-document tokens included.
    pub tokens: u64,
    /// What each stage cost.
    pub stages: BTreeMap<String, StageCost>,
    /// The version of the program.
    pub version: String,
    /// The digest of the configuration.
    pub config_digest: String,
}

/// Documents that a kept one stands for, by how they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicates {
    /// Same exact form.
    pub exact: u64,
}

/// What a stage cost. Times and memory are measured by whoever drives it and stand nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    /// Its tasks.
    pub tasks: u64,
    /// Seconds by the clock, over all attempts that came to an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_s: Option<f64>,
    /// CPU seconds, user and system, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Largest resident memory of the process up to the end of the stage, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_rss_bytes: Option<u64>,
    /// Bytes of the files it read.
    pub bytes_in: u64,
    /// Bytes of the files it wrote.
    pub bytes_out: u64,
}

/// Adds up what the sealed stages of a run delivered. Stages that are not sealed yet count nothing.
///
/// `costs` are the measured costs so far; tasks and bytes are filled in from the manifests.
pub fn summarize(
    upstream: &dyn Upstream,
    sealed: &[&str],
    mut costs: BTreeMap<String, StageCost>,
    config_digest: String,
) -> Result<Summary> {
    let totals = |stage: &str| -> Result<Counts> {
        if sealed.contains(&stage) { upstream.totals(stage) } else { Ok(Counts::new()) }
    };
    let count = |counts: &Counts, name: &str| counts.get(name).copied().unwrap_or(0);
    let extract = totals("extract")?;
    let labels = totals("labels")?;
    let settle = totals("settle")?;
    let corpus = totals("corpus")?;
    let tokenize = totals("tokenize")?;
    for stage in STAGES.iter().filter(|stage| sealed.contains(&stage.name())) {
        let cost = costs.entry(stage.name().to_owned()).or_default();
        let tasks = upstream.tasks(stage.name())?;
        cost.tasks = tasks.len() as u64;
        cost.bytes_in = count(&upstream.totals(stage.name())?, "bytes_in");
        cost.bytes_out = tasks.iter().flat_map(|task| &task.outputs).map(|file| file.size).sum();
    }
    Ok(Summary {
        records: count(&extract, "records"),
        outcomes: with_prefix(&extract, "outcome."),
        documents: count(&extract, "documents"),
        duplicates: Duplicates { exact: count(&settle, "duplicates") },
        unique: count(&labels, "unique"),
        rejected: with_prefix(&settle, "rejected."),
        kept: count(&settle, "kept"),
        characters: count(&corpus, "characters"),
        bytes: count(&corpus, "bytes"),
        tokens: count(&tokenize, "tokens"),
        stages: costs,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config_digest,
    })
}

/// The counts whose names begin with `prefix`, without it.
fn with_prefix(counts: &Counts, prefix: &str) -> BTreeMap<String, u64> {
    counts
        .iter()
        .filter_map(|(name, count)| Some((name.strip_prefix(prefix)?.to_owned(), *count)))
        .collect()
}
