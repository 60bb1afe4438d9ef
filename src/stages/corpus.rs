//! Corpus: the text of the documents that stay, edited by the chain, in shards of about one size;
//! and what was dropped, with its reason. Reads text only where it writes it.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::decide::KEPT;
use super::pipeline::Pipeline;
use super::{
    Counts, OutputFile, Stage, TaskContext, TaskInput, TaskOutput, TaskPlan, Upstream, add,
};
use crate::chain::ApplyEdit;
use crate::config::parse_size;
use crate::error::{Error, Kind, Result};
use crate::format::columns;
use crate::format::document::{Document, Paragraph};
use crate::format::frames::{FrameReader, FrameWriter};
use crate::store::Staged;

/// Documents and verdicts of neighbouring shards in, corpus shards and rejects out.
pub(super) struct Corpus;

/// One line of the corpus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CorpusRow {
    id: String,
    text: String,
    meta: Meta,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    verdict: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    bound: Option<f64>,
}

/// Where a document of the corpus comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Meta {
    url: String,
    date: String,
    title: Option<String>,
    warc_file: String,
    warc_offset: u64,
    charset: String,
    language_score: f32,
    cluster_size: i32,
    tier: String,
}

impl Stage for Corpus {
    fn name(&self) -> &'static str {
        "corpus"
    }

    fn summary(&self) -> &'static str {
        "write the corpus"
    }

    fn version(&self) -> u32 {
        2
    }

    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value> {
        let select = &pipeline.select;
        let edits: Vec<String> = pipeline.chain.edits().map(|step| step.identity()).collect();
        Ok(json!({ "edits": edits, "name": select.name, "rejects": select.rejects }))
    }

    fn plan(&self, pipeline: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let target = parse_size(&pipeline.select.shard_size).unwrap_or(256_000_000);
        let documents = upstream.tasks("extract")?;
        let labels = upstream.tasks("labels")?;
        let settled = upstream.tasks("settle")?;
        let verdicts = settled.iter().flat_map(|task| &task.outputs);
        let shards = documents.iter().zip(&labels).zip(verdicts);
        let mut plans: Vec<TaskPlan> = Vec::new();
        let mut planned_bytes = 0;
        for ((documents, labels), verdicts) in shards {
            let count = |name: &str| verdicts.counts.get(name).copied().unwrap_or(0);
            let (kept, bytes) = (count(KEPT), count("kept_bytes"));
            let joins = !plans.is_empty() && planned_bytes + bytes <= target;
            if !joins {
                let index = plans.len();
                plans.push(TaskPlan { index, inputs: Vec::new(), numbers: Default::default() });
                planned_bytes = 0;
            }
            planned_bytes += bytes;
            let plan = plans.last_mut().expect("one was pushed above");
            for (outputs, folder) in
                [(&documents.outputs, "documents/"), (&labels.outputs, "labels/")]
            {
                let inputs = outputs.iter().filter(|output| output.path.contains(folder));
                plan.inputs.extend(inputs.map(OutputFile::as_input));
            }
            plan.inputs.push(verdicts.as_input());
            add(&mut plan.numbers, "kept", kept);
            add(&mut plan.numbers, "bytes", bytes);
        }
        let mut first = 0;
        for plan in &mut plans {
            // Every file gets a document, so there are no more files than documents.
            let files = plan.number("bytes")?.div_ceil(target).min(plan.number("kept")?);
            plan.numbers.insert("files".to_owned(), files);
            plan.numbers.insert("first".to_owned(), first);
            first += files;
        }
        Ok(plans)
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let mut writer = CorpusWriter::new(task, context)?;
        let documents: Vec<&TaskInput> = task.inputs_in("documents").collect();
        let labels: Vec<&TaskInput> = task.inputs_in("labels").collect();
        let verdicts: Vec<&TaskInput> = task.inputs_in("verdicts").collect();
        for ((documents, labels), verdicts) in documents.iter().zip(labels).zip(verdicts) {
            writer.shard(documents, labels, verdicts)?;
        }
        writer.finish(task)
    }

    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
        let settled = upstream.totals("settle")?;
        let count = |counts: &Counts, name: &str| counts.get(name).copied().unwrap_or(0);
        let same = |what: &str, here: u64, there: u64| {
            if here == there {
                return Ok(());
            }
            Err(Error::bug(format!("{here} {what} were written, the verdicts say {there}")))
        };
        let (kept, documents) = (count(&settled, KEPT), count(&settled, "documents"));
        let dropped = count(totals, "rejects") + count(totals, "left_out");
        same("documents", count(totals, "documents"), kept)?;
        same("bytes", count(totals, "bytes"), count(&settled, "kept_bytes"))?;
        same("rejects", dropped, documents - kept)
    }
}

/// A file in writing.
struct Open {
    path: String,
    frames: FrameWriter<Staged>,
}

impl Open {
    fn new(context: &TaskContext<'_>, path: String) -> Result<Open> {
        let staged = context.store.create(&path)?;
        let frames = FrameWriter::new(staged, &context.store.place(&path))?;
        Ok(Open { path, frames })
    }

    fn finish(self, context: &TaskContext<'_>) -> Result<OutputFile> {
        let (staged, stats) = self.frames.finish()?;
        context.commit(&self.path, staged, stats.lines)
    }
}

/// Writes the corpus shards and rejects of one task.
struct CorpusWriter<'a> {
    context: &'a TaskContext<'a>,
    edits: Vec<Box<dyn ApplyEdit>>,
    /// Text after which the next corpus shard begins, in bytes.
    shard_bytes: u64,
    /// Number of the first file.
    first: u64,
    /// Files that were planned: numbers behind them belong to the next task.
    files: u64,
    begun: u64,
    /// Documents that are still to be kept.
    left: u64,
    corpus: Option<Open>,
    rejects: Option<Open>,
    rejects_path: String,
    outputs: Vec<OutputFile>,
    counts: Counts,
    line: Vec<u8>,
}

impl<'a> CorpusWriter<'a> {
    fn new(task: &TaskPlan, context: &'a TaskContext<'a>) -> Result<CorpusWriter<'a>> {
        let select = &context.pipeline.select;
        let (bytes, files) = (task.number("bytes")?, task.number("files")?);
        Ok(CorpusWriter {
            context,
            edits: context.pipeline.chain.edits().map(|step| step.open()).collect(),
            shard_bytes: bytes.div_ceil(files.max(1)).max(1),
            first: task.number("first")?,
            files,
            begun: 0,
            left: task.number("kept")?,
            corpus: None,
            rejects: None,
            rejects_path: format!("rejects/{}-{:05}.jsonl.zst", select.name, task.index),
            outputs: Vec::new(),
            counts: Counts::new(),
            line: Vec::new(),
        })
    }

    /// Goes through one shard: reads the lines whose document is written somewhere.
    fn shard(
        &mut self,
        documents: &TaskInput,
        labels: &TaskInput,
        verdicts: &TaskInput,
    ) -> Result<()> {
        let context = self.context;
        let place = context.place(documents);
        let decided = columns::read(
            context.open(verdicts)?,
            &context.place(verdicts),
            &["verdict", "value", "bound", "tier"],
        )?;
        let sizes =
            columns::read(context.open(labels)?, &context.place(labels), &["cluster_size"])?;
        let (verdict, tier) = (decided.text("verdict")?, decided.text("tier")?);
        let (value, bound) = (decided.opt_f64("value")?, decided.opt_f64("bound")?);
        let sizes = sizes.i32("cluster_size")?;
        let mut lines = FrameReader::new(context.open(documents)?, &place)?;
        let rejects = context.pipeline.select.rejects;
        for row in 0..decided.rows() {
            let line = lines.next_line()?.ok_or_else(|| {
                Error::new(Kind::Data, "fewer documents than verdicts").at_path(&place)
            })?;
            let kept = verdict[row] == KEPT;
            if !kept && !rejects {
                add(&mut self.counts, "left_out", 1);
                continue;
            }
            let document: Document = serde_json::from_slice(line).map_err(|cause| {
                Error::new(Kind::Data, format!("cannot understand document {row}"))
                    .at_path(&place)
                    .caused_by(cause)
            })?;
            let mut delivered = self.deliver(document, sizes[row], &tier[row]);
            if kept {
                self.keep(&delivered)?;
            } else {
                delivered.verdict = Some(verdict[row].clone());
                (delivered.value, delivered.bound) = (value[row], bound[row]);
                self.reject(&delivered)?;
            }
        }
        context.advance(decided.rows() as u64, documents.size + labels.size + verdicts.size);
        Ok(())
    }

    /// The document as it is delivered: edited, its paragraphs joined by line breaks.
    fn deliver(&self, document: Document, cluster_size: i32, tier: &str) -> CorpusRow {
        let mut paragraphs = document.paragraphs;
        for edit in &self.edits {
            edit.apply(&mut paragraphs);
        }
        CorpusRow {
            id: document.id,
            text: joined(&paragraphs),
            meta: Meta {
                url: document.url,
                date: document.date,
                title: document.title,
                warc_file: document.warc.file,
                warc_offset: document.warc.offset,
                charset: document.charset.used,
                language_score: document.language.score,
                cluster_size,
                tier: tier.to_owned(),
            },
            verdict: None,
            value: None,
            bound: None,
        }
    }

    fn keep(&mut self, row: &CorpusRow) -> Result<()> {
        let written = self.counts.get("bytes").copied().unwrap_or(0);
        let full = written >= self.shard_bytes * self.begun;
        // Every planned file gets a document, so that no number is missing.
        let last_chance = self.left <= self.files.saturating_sub(self.begun);
        if self.corpus.is_none() || (full || last_chance) && self.begun < self.files {
            if self.begun == self.files {
                return Err(Error::bug(format!("no corpus file was planned for `{}`", row.id)));
            }
            if let Some(full) = self.corpus.take() {
                self.outputs.push(full.finish(self.context)?);
            }
            let number = self.first + self.begun;
            let path =
                format!("corpus/{}-{number:05}.jsonl.zst", self.context.pipeline.select.name);
            self.corpus = Some(Open::new(self.context, path)?);
            self.begun += 1;
        }
        self.left = self.left.saturating_sub(1);
        write_json(self.corpus.as_mut().expect("opened above"), row, &mut self.line)?;
        add(&mut self.counts, "documents", 1);
        add(&mut self.counts, "bytes", row.text.len() as u64);
        add(&mut self.counts, "characters", row.text.chars().count() as u64);
        Ok(())
    }

    fn reject(&mut self, row: &CorpusRow) -> Result<()> {
        if self.rejects.is_none() {
            self.rejects = Some(Open::new(self.context, self.rejects_path.clone())?);
        }
        write_json(self.rejects.as_mut().expect("opened above"), row, &mut self.line)?;
        add(&mut self.counts, "rejects", 1);
        Ok(())
    }

    fn finish(mut self, task: &TaskPlan) -> Result<TaskOutput> {
        for open in [self.corpus.take(), self.rejects.take()].into_iter().flatten() {
            self.outputs.push(open.finish(self.context)?);
        }
        add(&mut self.counts, "bytes_in", task.inputs.iter().map(|input| input.size).sum());
        Ok(TaskOutput { outputs: self.outputs, counts: self.counts })
    }
}

fn write_json(open: &mut Open, row: &CorpusRow, line: &mut Vec<u8>) -> Result<()> {
    line.clear();
    serde_json::to_writer(&mut *line, row)
        .map_err(|cause| Error::bug("cannot write a document as JSON").caused_by(cause))?;
    open.frames.write_line(line)
}

/// The delivered text: paragraphs joined by line breaks.
pub(super) fn joined(paragraphs: &[Paragraph]) -> String {
    let bytes = paragraphs.iter().map(|paragraph| paragraph.text.len() + 1).sum();
    let mut text = String::with_capacity(bytes);
    for paragraph in paragraphs {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&paragraph.text);
    }
    text
}
