//! Decide: the verdict of the chain on every document, as if it stood alone, from labels and signals.
//! Reads no text, so another bound costs a pass over columns.

use std::path::PathBuf;

use serde_json::json;

use super::measure::{self, Source};
use super::pipeline::Pipeline;
use super::{
    Counts, OutputFile, Stage, TaskContext, TaskInput, TaskOutput, TaskPlan, Upstream, add, dedup,
    shard_path,
};
use crate::chain::{Chain, FailedBound, Tier, Verdict};
use crate::error::{Error, Kind, Place, Problem, Result};
use crate::format::columns::{self, Column, Table, Values};

/// Labels and signals of one shard in, what the chain says of its documents out.
pub(super) struct Decide;

/// The verdict on a document that stays.
pub(super) const KEPT: &str = "kept";
/// The verdict on a document that passes every bound and has no text left.
pub const EMPTY: &str = "empty";

impl Stage for Decide {
    fn name(&self) -> &'static str {
        "decide"
    }

    fn summary(&self) -> &'static str {
        "decide what is kept"
    }

    fn version(&self) -> u32 {
        2
    }

    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value> {
        Ok(json!({ "chain": pipeline.chain.identity(), "profile": pipeline.select.profile }))
    }

    fn plan(&self, _: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let labels = upstream.tasks("labels")?;
        let signals = upstream.tasks("measure")?;
        let outputs = |tasks: &[TaskOutput]| -> Vec<_> {
            tasks.iter().flat_map(|task| &task.outputs).map(OutputFile::as_input).collect()
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
        let mut values = vec![None; shard.columns.len()];
        for row in 0..shard.rows {
            for (value, column) in values.iter_mut().zip(&shard.columns) {
                *value = column[row];
            }
            verdicts.push(chain, tier, &values, shard.bytes[row]);
        }
        let mut counts = Counts::new();
        for verdict in &verdicts.verdict {
            match verdict.as_str() {
                KEPT => add(&mut counts, PASSED, 1),
                rule => add(&mut counts, &format!("{REJECTED}{rule}"), 1),
            }
        }
        let read: u64 = task.inputs.iter().map(|input| input.size).sum();
        add(&mut counts, "documents", shard.rows as u64);
        add(&mut counts, "bytes_in", read);
        let output = verdicts.write("decisions", task.index, context)?;
        context.advance(shard.rows as u64, read);
        Ok(TaskOutput { outputs: vec![output], counts })
    }

    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
        dedup::same_documents(self.name(), totals, upstream)?;
        let passed = totals.get(PASSED).copied().unwrap_or(0);
        let documents = totals.get("documents").copied().unwrap_or(0);
        let decided = passed + rejected(totals);
        if decided == documents {
            return Ok(());
        }
        Err(Error::bug(format!("{decided} decisions on {documents} documents")))
    }
}

/// The count of documents that pass the chain.
pub(super) const PASSED: &str = "passed";
/// How the counts of documents begin that the chain drops; the verdict follows.
pub(super) const REJECTED: &str = "rejected.";

/// The documents that the chain drops.
pub(super) fn rejected(totals: &Counts) -> u64 {
    totals.iter().filter(|(name, _)| name.starts_with(REJECTED)).map(|(_, count)| count).sum()
}

/// Everything that the chain of `asked` looks at and that was not stored for that of `measured`.
pub fn unstored(asked: &Pipeline, measured: &Pipeline) -> Result<Vec<Problem>> {
    let stored = measure::sources(&measured.chain)?;
    let is_stored = |source: &Source| match source {
        Source::Label(_) => true,
        Source::Signal { identity: wanted, .. } => stored.iter().any(|stored| match stored {
            Source::Label(_) => false,
            Source::Signal { identity, .. } => identity == wanted,
        }),
    };
    let mut messages = Vec::new();
    for (at, source) in measure::sources(&asked.chain)?.iter().enumerate() {
        if is_stored(source) {
            continue;
        }
        messages.extend(asked.chain.bounds().filter(|bound| bound.column == at).map(|bound| {
            format!(
                "the bound `{}` looks at what was not measured in the run: its signal, its \
                 parameters or the edits in front of it are other ones",
                bound.name
            )
        }));
    }
    if measure::text_identity(&asked.chain) != measure::text_identity(&measured.chain) {
        messages.push(
            "the edits of the chain are not those of the run, so the size of the text that they \
             leave was not measured"
                .to_owned(),
        );
    }
    let place = Place::Path(PathBuf::from(&asked.select.chain));
    let problem = |message| Problem { place: Some(place.clone()), message, help: None };
    Ok(messages.into_iter().map(problem).collect())
}

/// The columns of one shard that the chain asks for.
struct Shard {
    rows: usize,
    /// Of the text that the edits leave.
    bytes: Vec<i64>,
    columns: Vec<Vec<Option<f64>>>,
}

impl Shard {
    fn read(task: &TaskPlan, context: &TaskContext<'_>) -> Result<Shard> {
        let input = task.input_in("labels")?;
        let place = context.place(input);
        let labels = columns::read(context.open(input)?, &place, &["cluster_size"])?;
        let input = task.input_in("signals")?;
        let place = context.place(input);
        let signals = columns::read_all(context.open(input)?, &place)?;
        if labels.rows() != signals.rows() {
            return Err(Error::new(Kind::Data, "labels and signals do not align").at_path(&place));
        }
        let chain = &context.pipeline.chain;
        let columns = measure::sources(chain)?
            .iter()
            .map(|source| stored(source, &labels, &signals).map_err(|error| error.at_path(&place)))
            .collect::<Result<Vec<_>>>()?;
        let bytes = text_bytes(&signals, &measure::text_identity(chain))
            .map_err(|error| error.at_path(&place))?;
        Ok(Shard { rows: labels.rows(), bytes, columns })
    }
}

/// The sizes of the texts that the edits leave.
fn text_bytes(signals: &Table, identity: &str) -> Result<Vec<i64>> {
    let is_it = |(key, stored): &(String, String)| key == "column.text_bytes" && stored == identity;
    if !signals.metadata().iter().any(is_it) {
        return Err(not_measured("no stored size of the text that the edits leave".to_owned()));
    }
    Ok(signals.i64("text_bytes")?.to_vec())
}

fn not_measured(message: String) -> Error {
    Error::new(Kind::Config, message).help(
        "the signal, its parameters or the edits in front of it were not measured in this run: \
         start another run with this chain",
    )
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
                .ok_or_else(|| not_measured(format!("no stored column for the bound `{name}`")))?;
            Ok(signals.opt_f64(column)?.to_vec())
        }
    }
}

/// The columns of a file of decisions or verdicts.
#[derive(Default)]
pub(super) struct Verdicts {
    /// `kept`, or why not.
    pub(super) verdict: Vec<String>,
    /// The value of the bound that failed.
    pub(super) value: Vec<Option<f64>>,
    /// The side of the bound that failed.
    pub(super) bound: Vec<Option<f64>>,
    /// The narrowest tier whose bounds all hold.
    pub(super) tier: Vec<String>,
    /// Text that is delivered.
    pub(super) bytes: Vec<i64>,
}

impl Verdicts {
    /// Decides on one document, which has `bytes` of text behind the edits.
    fn push(&mut self, chain: &Chain, tier: Tier, values: &[Option<f64>], bytes: i64) {
        let reached = chain.tier_reached(values).map_or("", |tier| chain.tier_name(tier));
        self.tier.push(reached.to_owned());
        let (verdict, value, bound) = match chain.decide(tier, values) {
            Verdict::Kept if bytes == 0 => (EMPTY, None, None),
            Verdict::Kept => (KEPT, None, None),
            Verdict::Dropped { name, value, bound, .. } => {
                let bound = match bound {
                    FailedBound::Min(bound) | FailedBound::Max(bound) => Some(bound),
                    FailedBound::Undefined => None,
                };
                (name, value, bound)
            }
        };
        self.verdict.push(verdict.to_owned());
        self.value.push(value);
        self.bound.push(bound);
        self.bytes.push(if verdict == KEPT { bytes } else { 0 });
    }

    /// Reads a file of decisions.
    pub(super) fn read(input: &TaskInput, context: &TaskContext<'_>) -> Result<Verdicts> {
        let table = columns::read_all(context.open(input)?, &context.place(input))?;
        Ok(Verdicts {
            verdict: table.text("verdict")?.to_vec(),
            value: table.opt_f64("value")?.to_vec(),
            bound: table.opt_f64("bound")?.to_vec(),
            tier: table.text("tier")?.to_vec(),
            bytes: table.i64("bytes")?.to_vec(),
        })
    }

    /// Writes the file of shard `index` in `folder`.
    pub(super) fn write(
        self,
        folder: &str,
        index: usize,
        context: &TaskContext<'_>,
    ) -> Result<OutputFile> {
        let path = shard_path(folder, index, "parquet");
        let columns = [
            Column::new("verdict", Values::Text(self.verdict)),
            Column::new("value", Values::F64(self.value)),
            Column::new("bound", Values::F64(self.bound)),
            Column::new("tier", Values::Text(self.tier)),
            Column::new("bytes", Values::I64(self.bytes)),
        ];
        context.write(&path, |staged| columns::write(staged, &path, &columns, &[]))
    }
}
