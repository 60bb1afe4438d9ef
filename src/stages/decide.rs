//! Decide: the verdict on every document, from labels and signals alone. Reads no text, so another
//! bound costs a pass over columns.

use serde_json::json;

use super::measure::{self, Source};
use super::pipeline::Pipeline;
use super::{Counts, Stage, TaskContext, TaskOutput, TaskPlan, Upstream, add, dedup, shard_path};
use crate::chain::{Chain, FailedBound, Tier, Verdict};
use crate::error::{Error, Kind, Result};
use crate::format::columns::{self, Column, Table, Values};

/// Labels and signals of one shard in, its verdicts out.
pub(super) struct Decide;

/// The verdict on a document that stays.
pub(super) const KEPT: &str = "kept";
/// The verdict on a document that another one stands for.
pub const DUPLICATE: &str = "duplicate";

impl Stage for Decide {
    fn name(&self) -> &'static str {
        "decide"
    }

    fn summary(&self) -> &'static str {
        "decide what is kept"
    }

    fn version(&self) -> u32 {
        1
    }

    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value> {
        Ok(json!({ "chain": pipeline.chain.identity(), "profile": pipeline.select.profile }))
    }

    fn plan(&self, _: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let labels = upstream.tasks("labels")?;
        let signals = upstream.tasks("measure")?;
        let outputs = |tasks: &[TaskOutput]| -> Vec<_> {
            tasks.iter().flat_map(|task| &task.outputs).map(super::OutputFile::as_input).collect()
        };
        Ok(outputs(&labels)
            .into_iter()
            .zip(outputs(&signals))
            .enumerate()
            .map(|(index, (labels, signals))| TaskPlan {
                index,
                inputs: vec![labels, signals],
                numbers: Default::default(),
            })
            .collect())
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let pipeline = context.pipeline;
        let chain = &pipeline.chain;
        let tier = chain
            .tier(&pipeline.select.profile)
            .map_err(|problem| Error::from_problems(vec![problem]))?;
        let shard = Shard::read(task, context)?;
        let mut verdicts = Verdicts::default();
        let mut counts = Counts::new();
        let mut values = vec![None; shard.columns.len()];
        for row in 0..shard.rows {
            for (value, column) in values.iter_mut().zip(&shard.columns) {
                *value = column[row];
            }
            let bytes = verdicts.push(chain, tier, shard.keep[row], &values, shard.bytes[row]);
            add(&mut counts, "kept_bytes", bytes);
        }
        for verdict in &verdicts.verdict {
            match verdict.as_str() {
                KEPT => add(&mut counts, KEPT, 1),
                DUPLICATE => add(&mut counts, "duplicates", 1),
                rule => add(&mut counts, &format!("rejected.{rule}"), 1),
            }
        }
        let read: u64 = task.inputs.iter().map(|input| input.size).sum();
        add(&mut counts, "documents", shard.rows as u64);
        add(&mut counts, "bytes_in", read);
        let path = shard_path("verdicts", task.index, "parquet");
        let columns = verdicts.columns();
        let rows = shard.rows as u64;
        let output = context.write(&path, |staged| columns::write(staged, &path, &columns, &[]))?;
        context.advance(rows, read);
        Ok(TaskOutput { outputs: vec![output], counts })
    }

    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
        dedup::same_documents(self.name(), totals, upstream)?;
        let decided: u64 = totals
            .iter()
            .filter(|(name, _)| {
                *name == KEPT || *name == "duplicates" || name.starts_with("rejected.")
            })
            .map(|(_, count)| count)
            .sum();
        let documents = totals.get("documents").copied().unwrap_or(0);
        if decided == documents {
            return Ok(());
        }
        Err(Error::bug(format!("{decided} verdicts on {documents} documents")))
    }
}

/// The columns of one shard that the chain asks for.
struct Shard {
    rows: usize,
    keep: Vec<bool>,
    bytes: Vec<u64>,
    columns: Vec<Vec<Option<f64>>>,
}

impl Shard {
    fn read(task: &TaskPlan, context: &TaskContext<'_>) -> Result<Shard> {
        let input = task.input_in("labels")?;
        let place = context.place(input);
        let labels = columns::read(context.open(input)?, &place, &["keep", "cluster_size"])?;
        let input = task.input_in("signals")?;
        let place = context.place(input);
        let signals = columns::read_all(context.open(input)?, &place)?;
        if labels.rows() != signals.rows() {
            return Err(Error::new(Kind::Data, "labels and signals do not align").at_path(&place));
        }
        let columns = measure::sources(&context.pipeline.chain)?
            .iter()
            .map(|source| stored(source, &labels, &signals).map_err(|error| error.at_path(&place)))
            .collect::<Result<Vec<_>>>()?;
        Ok(Shard {
            rows: labels.rows(),
            keep: labels.bool("keep")?.to_vec(),
            bytes: signals
                .i64("text_bytes")?
                .iter()
                .map(|bytes| bytes.max(&0).cast_unsigned())
                .collect(),
            columns,
        })
    }
}

/// The stored values of one column of the chain.
fn stored(source: &Source, labels: &Table, signals: &Table) -> Result<Vec<Option<f64>>> {
    match source {
        Source::Label(name) => {
            Ok(labels.i32(name)?.iter().map(|size| Some(f64::from(*size))).collect())
        }
        Source::Signal { name, identity } => {
            let column = signals
                .metadata()
                .iter()
                .find(|(_, stored)| stored == identity)
                .and_then(|(key, _)| key.strip_prefix("column."))
                .ok_or_else(|| {
                    Error::new(Kind::Config, format!("no stored column for the bound `{name}`")).help(
                        "its signal, parameters or the edits in front of it were not measured in \
                         this run: start another run with this chain",
                    )
                })?;
            Ok(signals.opt_f64(column)?.to_vec())
        }
    }
}

/// The columns of a verdict file.
#[derive(Default)]
struct Verdicts {
    verdict: Vec<String>,
    value: Vec<Option<f64>>,
    bound: Vec<Option<f64>>,
    tier: Vec<String>,
    bytes: Vec<i64>,
}

impl Verdicts {
    /// Decides on one document; returns the bytes it delivers.
    fn push(
        &mut self,
        chain: &Chain,
        tier: Tier,
        keep: bool,
        values: &[Option<f64>],
        bytes: u64,
    ) -> u64 {
        let reached = chain.tier_reached(values).map_or("", |tier| chain.tier_name(tier));
        self.tier.push(reached.to_owned());
        let (verdict, value, bound) = match chain.decide(tier, values) {
            _ if !keep => (DUPLICATE, None, None),
            Verdict::Kept => (KEPT, None, None),
            Verdict::Dropped { name, value, bound, .. } => {
                let bound = match bound {
                    FailedBound::Min(bound) | FailedBound::Max(bound) => Some(bound),
                    FailedBound::Undefined => None,
                };
                (name, value, bound)
            }
        };
        let delivered = if verdict == KEPT { bytes } else { 0 };
        self.verdict.push(verdict.to_owned());
        self.value.push(value);
        self.bound.push(bound);
        self.bytes.push(delivered.cast_signed());
        delivered
    }

    fn columns(self) -> [Column; 5] {
        [
            Column::new("verdict", Values::Text(self.verdict)),
            Column::new("value", Values::F64(self.value)),
            Column::new("bound", Values::F64(self.bound)),
            Column::new("tier", Values::Text(self.tier)),
            Column::new("bytes", Values::I64(self.bytes)),
        ]
    }
}
