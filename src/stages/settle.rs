//! Settle: who stays in each cluster. Of the documents with one text that pass the chain, the first
//! in rank is kept and the others are its duplicates; those that fail keep the verdict of the chain.
//! So a duplicate always has a twin in the corpus, whatever bound a copy fails.

use serde_json::json;

use super::decide::{self, KEPT, PASSED, REJECTED, Verdicts};
use super::dedup::{self, node, sort_memory};
use super::pipeline::Pipeline;
use super::{
    Counts, OutputFile, Stage, TaskContext, TaskInput, TaskOutput, TaskPlan, Upstream, add,
};
use crate::dedup::{RankedRow, outranked};
use crate::error::{Error, Kind, Result};
use crate::format::columns;

/// Labels and decisions of all shards in, verdicts out, one file a shard.
pub(super) struct Settle;

/// The verdict on a document that another one stands for.
pub const DUPLICATE: &str = "duplicate";

impl Stage for Settle {
    fn name(&self) -> &'static str {
        "settle"
    }

    fn summary(&self) -> &'static str {
        "keep one of each text that passed"
    }

    fn version(&self) -> u32 {
        1
    }

    fn identity(&self, _: &Pipeline) -> Result<serde_json::Value> {
        Ok(json!(null))
    }

    fn plan(&self, _: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let mut inputs = Vec::new();
        for stage in ["labels", "decide"] {
            let tasks = upstream.tasks(stage)?;
            inputs.extend(tasks.iter().flat_map(|task| &task.outputs).map(OutputFile::as_input));
        }
        Ok(vec![TaskPlan { index: 0, inputs, numbers: Default::default() }])
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let labels: Vec<&TaskInput> = task.inputs_in("labels").collect();
        let decisions: Vec<&TaskInput> = task.inputs_in("decisions").collect();
        if labels.len() != decisions.len() {
            return Err(Error::bug("shards of labels and decisions do not align"));
        }
        let shards = labels.iter().zip(&decisions).enumerate();
        let rows = shards.flat_map(|(index, (labels, decisions))| {
            match candidates(context, index, labels, decisions) {
                Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            }
        });
        let mut settled = Settled {
            context,
            decisions: &decisions,
            duplicates: Vec::new(),
            output: TaskOutput::default(),
        };
        outranked(rows, sort_memory(context.pipeline), context.scratch, |node| {
            let index = (node >> 32) as usize;
            while settled.output.outputs.len() < index {
                settled.write()?;
            }
            settled.duplicates.push(node as u32);
            Ok(())
        })?;
        while settled.output.outputs.len() < decisions.len() {
            settled.write()?;
        }
        let mut output = settled.output;
        add(&mut output.counts, "bytes_in", task.inputs.iter().map(|input| input.size).sum());
        Ok(output)
    }

    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
        dedup::same_documents(self.name(), totals, upstream)?;
        let count = |counts: &Counts, name: &str| counts.get(name).copied().unwrap_or(0);
        let decided = upstream.totals("decide")?;
        let (kept, duplicates) = (count(totals, KEPT), count(totals, "duplicates"));
        let (passed, dropped) = (count(&decided, PASSED), decide::rejected(totals));
        if kept + duplicates == passed && passed + dropped == count(totals, "documents") {
            return Ok(());
        }
        Err(Error::bug(format!(
            "{kept} kept, {duplicates} duplicates and {dropped} dropped, but {passed} of {} passed",
            count(totals, "documents")
        )))
    }
}

/// The documents of a shard that pass the chain and have twins; the others stand for themselves.
fn candidates(
    context: &TaskContext<'_>,
    index: usize,
    labels: &TaskInput,
    decisions: &TaskInput,
) -> Result<Vec<RankedRow>> {
    let place = context.place(labels);
    let names = ["cluster", "cluster_size", "rank"];
    let table = columns::read(context.open(labels)?, &place, &names)?;
    let decided = columns::read(context.open(decisions)?, &context.place(decisions), &["verdict"])?;
    if table.rows() != decided.rows() {
        return Err(Error::new(Kind::Data, "labels and decisions do not align").at_path(&place));
    }
    context.advance(labels.rows, labels.size);
    let (clusters, sizes, ranks) =
        (table.i64("cluster")?, table.i32("cluster_size")?, table.i32("rank")?);
    let verdicts = decided.text("verdict")?;
    Ok((0..table.rows())
        .filter(|row| sizes[*row] > 1 && verdicts[*row] == KEPT)
        .map(|row| RankedRow {
            label: clusters[row].cast_unsigned(),
            rank: ranks[row].cast_unsigned(),
            node: node(index, row),
        })
        .collect())
}

/// The verdicts of the shard that is being collected, and what was written before it.
struct Settled<'a> {
    context: &'a TaskContext<'a>,
    decisions: &'a [&'a TaskInput],
    /// Rows of the shard, ascending.
    duplicates: Vec<u32>,
    output: TaskOutput,
}

impl Settled<'_> {
    /// Writes the verdicts of the next shard: its decisions, duplicates told apart.
    fn write(&mut self) -> Result<()> {
        let index = self.output.outputs.len();
        let input = self.decisions[index];
        let mut verdicts = Verdicts::read(input, self.context)?;
        for row in self.duplicates.drain(..) {
            let row = row as usize;
            DUPLICATE.clone_into(&mut verdicts.verdict[row]);
            verdicts.bytes[row] = 0;
        }
        let mut own = Counts::new();
        for (verdict, bytes) in verdicts.verdict.iter().zip(&verdicts.bytes) {
            match verdict.as_str() {
                KEPT => {
                    add(&mut own, KEPT, 1);
                    add(&mut own, "kept_bytes", bytes.cast_unsigned());
                }
                DUPLICATE => add(&mut own, "duplicates", 1),
                rule => add(&mut own, &format!("{REJECTED}{rule}"), 1),
            }
        }
        add(&mut own, "documents", verdicts.verdict.len() as u64);
        for (name, count) in &own {
            add(&mut self.output.counts, name, *count);
        }
        own.retain(|name, _| [KEPT, "kept_bytes"].contains(&name.as_str()));
        let written = verdicts.write("verdicts", index, self.context)?;
        self.context.advance(0, input.size);
        self.output.outputs.push(OutputFile { counts: own, ..written });
        Ok(())
    }
}
