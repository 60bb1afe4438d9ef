//! Deduplication in two stages: `components` sorts all signatures into clusters, `labels` writes
//! one row a document beside it. Nothing is deleted; `settle` reads the ranks.

use serde_json::json;

use super::pipeline::{Keep, Pipeline};
use super::{
    Counts, OutputFile, Stage, TaskContext, TaskInput, TaskOutput, TaskPlan, Upstream, add,
    shard_path,
};
use crate::config::parse_size;
use crate::dedup::{ComponentRow, SignatureRow, exact_components};
use crate::error::{Error, Kind, Result};
use crate::format::columns::{self, Column, Values};

/// Signatures of all shards in, clusters out, one file a shard.
pub(super) struct Components;

/// Signatures and clusters of one shard in, its labels out.
pub(super) struct Labels;

/// The number of the document at `row` of `shard`.
pub(super) fn node(shard: usize, row: usize) -> u64 {
    ((shard as u64) << 32) | row as u64
}

impl Stage for Components {
    fn name(&self) -> &'static str {
        "components"
    }

    fn summary(&self) -> &'static str {
        "find documents with the same text"
    }

    fn version(&self) -> u32 {
        2
    }

    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value> {
        Ok(json!({ "exact": pipeline.dedup.exact, "keep": pipeline.dedup.keep }))
    }

    fn plan(&self, _: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let inputs = upstream
            .tasks("extract")?
            .iter()
            .flat_map(|task| &task.outputs)
            .filter(|output| output.path.contains("signatures/"))
            .map(OutputFile::as_input)
            .collect();
        Ok(vec![TaskPlan { index: 0, inputs, numbers: Default::default() }])
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let section = &context.pipeline.dedup;
        let budget = sort_memory(context.pipeline);
        let mut result = TaskOutput::default();
        let mut shard = ShardRows::default();
        let mut clusters = 0;
        let rows = task.inputs.iter().enumerate().flat_map(|(index, input)| {
            let rows = signature_rows(context, input, index, section.exact, section.keep);
            context.advance(input.rows, input.size);
            match rows {
                Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            }
        });
        exact_components(rows, budget, context.scratch, |row| {
            clusters += u64::from(row.node == row.label);
            let index = (row.node >> 32) as usize;
            while shard.index < index {
                result.outputs.push(shard.write(context)?);
            }
            shard.push(&row);
            Ok(())
        })?;
        while shard.index < task.inputs.len() {
            result.outputs.push(shard.write(context)?);
        }
        add(&mut result.counts, "documents", task.inputs.iter().map(|input| input.rows).sum());
        add(&mut result.counts, "clusters", clusters);
        add(&mut result.counts, "bytes_in", task.inputs.iter().map(|input| input.size).sum());
        Ok(result)
    }

    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
        same_documents(self.name(), totals, upstream)
    }
}

impl Stage for Labels {
    fn name(&self) -> &'static str {
        "labels"
    }

    fn summary(&self) -> &'static str {
        "label duplicates"
    }

    fn version(&self) -> u32 {
        2
    }

    fn identity(&self, _: &Pipeline) -> Result<serde_json::Value> {
        Ok(json!(null))
    }

    fn plan(&self, _: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let extracted = upstream.tasks("extract")?;
        let components = upstream.tasks("components")?;
        let clusters = components.iter().flat_map(|task| &task.outputs);
        let mut plans = Vec::new();
        for (index, (extracted, cluster)) in extracted.iter().zip(clusters).enumerate() {
            let signatures = extracted
                .outputs
                .iter()
                .find(|output| output.path.contains("signatures/"))
                .ok_or_else(|| Error::bug(format!("shard {index} has no signatures")))?;
            let inputs = vec![signatures.as_input(), cluster.as_input()];
            plans.push(TaskPlan { index, inputs, numbers: Default::default() });
        }
        Ok(plans)
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let signatures = task.input_in("signatures")?;
        let clusters = task.input_in("components")?;
        let exact =
            columns::read(context.open(signatures)?, &context.place(signatures), &["exact"])?;
        let table = columns::read(
            context.open(clusters)?,
            &context.place(clusters),
            &["label", "cluster_size", "rank"],
        )?;
        let ranks = table.i32("rank")?;
        if exact.rows() != table.rows() {
            return Err(Error::new(Kind::Data, "signatures and components do not align")
                .at_path(&context.place(clusters)));
        }
        let keep: Vec<bool> = ranks.iter().map(|rank| *rank == 0).collect();
        let kept = keep.iter().filter(|keep| **keep).count() as u64;
        let rows = keep.len() as u64;
        let path = shard_path("labels", task.index, "parquet");
        let columns = [
            Column::new("exact", Values::OptI64(exact.opt_i64("exact")?.to_vec())),
            Column::new("cluster", Values::I64(table.i64("label")?.to_vec())),
            Column::new("cluster_size", Values::I32(table.i32("cluster_size")?.to_vec())),
            Column::new("similarity", Values::F32(vec![1.0; keep.len()])),
            Column::new("keep", Values::Bool(keep)),
            Column::new("rank", Values::I32(ranks.to_vec())),
        ];
        let output = context.write(&path, |staged| columns::write(staged, &path, &columns, &[]))?;
        context.advance(rows, signatures.size + clusters.size);
        let mut counts = Counts::new();
        add(&mut counts, "documents", rows);
        add(&mut counts, "unique", kept);
        add(&mut counts, "duplicates", rows - kept);
        add(&mut counts, "bytes_in", signatures.size + clusters.size);
        Ok(TaskOutput { outputs: vec![output], counts })
    }

    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
        same_documents(self.name(), totals, upstream)
    }
}

/// The memory for sorting, in bytes.
pub(super) fn sort_memory(pipeline: &Pipeline) -> usize {
    parse_size(&pipeline.dedup.memory).unwrap_or(64 << 20) as usize
}

/// Checks that a stage saw every document that extraction delivered.
pub(super) fn same_documents(stage: &str, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
    let count = |counts: &Counts| counts.get("documents").copied().unwrap_or(0);
    let (seen, extracted) = (count(totals), count(&upstream.totals("extract")?));
    if seen == extracted {
        return Ok(());
    }
    Err(Error::bug(format!(
        "stage `{stage}` saw {seen} documents, extraction delivered {extracted}"
    )))
}

/// The signatures of one shard, 32 bytes a document in memory.
fn signature_rows(
    context: &TaskContext<'_>,
    input: &TaskInput,
    shard: usize,
    exact: bool,
    keep: Keep,
) -> Result<Vec<SignatureRow>> {
    let table = columns::read(
        context.open(input)?,
        &context.place(input),
        &["exact", "date", "characters"],
    )?;
    let hashes = table.opt_i64("exact")?;
    let order = match keep {
        Keep::Newest => Some(table.i64("date")?),
        Keep::Longest => Some(table.i64("characters")?),
        Keep::First => None,
    };
    Ok(hashes
        .iter()
        .enumerate()
        .map(|(row, hash)| SignatureRow {
            hash: hash.filter(|_| exact).map(i64::cast_unsigned),
            order: order.map_or(0, |order| order[row].max(0).cast_unsigned()),
            node: node(shard, row),
        })
        .collect())
}

/// The clusters of the shard that is being collected.
#[derive(Default)]
struct ShardRows {
    index: usize,
    nodes: Vec<i64>,
    labels: Vec<i64>,
    sizes: Vec<i32>,
    ranks: Vec<i32>,
}

impl ShardRows {
    fn push(&mut self, row: &ComponentRow) {
        self.nodes.push(row.node.cast_signed());
        self.labels.push(row.label.cast_signed());
        self.sizes.push(i32::try_from(row.cluster_size).unwrap_or(i32::MAX));
        self.ranks.push(i32::try_from(row.rank).unwrap_or(i32::MAX));
    }

    fn write(&mut self, context: &TaskContext<'_>) -> Result<OutputFile> {
        let shard = std::mem::take(self);
        self.index = shard.index + 1;
        let path = shard_path("components", shard.index, "parquet");
        let columns = [
            Column::new("node", Values::I64(shard.nodes)),
            Column::new("label", Values::I64(shard.labels)),
            Column::new("cluster_size", Values::I32(shard.sizes)),
            Column::new("keep", Values::Bool(shard.ranks.iter().map(|rank| *rank == 0).collect())),
            Column::new("rank", Values::I32(shard.ranks)),
        ];
        context.write(&path, |staged| columns::write(staged, &path, &columns, &[]))
    }
}
