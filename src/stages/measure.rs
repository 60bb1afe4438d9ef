//! Measure: every signal of the chain on every document, at its place among the edits, as columns.
//! Bounds play no part, so other bounds need no text.

use serde_json::json;

use super::pipeline::Pipeline;
use super::{
    Counts, OutputFile, Stage, TaskContext, TaskInput, TaskOutput, TaskPlan, Upstream, add, dedup,
    shard_path,
};
use crate::chain::{ApplyEdit, Chain, SignalSpec};
use crate::error::{Error, Kind, Result};
use crate::format::columns::{self, Column, Values};
use crate::format::document::Document;
use crate::format::frames::FrameReader;
use crate::signals;
use crate::text::facts::Facts;

/// Documents of one shard in, its signals out.
pub(super) struct Measure;

impl Stage for Measure {
    fn name(&self) -> &'static str {
        "measure"
    }

    fn summary(&self) -> &'static str {
        "measure the signals of the chain"
    }

    fn version(&self) -> u32 {
        1
    }

    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value> {
        let chain = &pipeline.chain;
        let columns: Vec<_> = stored(chain)?
            .into_iter()
            .map(|column| json!([column.name, column.identity]))
            .collect();
        Ok(json!({ "columns": columns, "text": text_identity(chain) }))
    }

    fn plan(&self, _: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let extracted = upstream.tasks("extract")?;
        let plan = |(index, task): (usize, &TaskOutput)| {
            let documents = task
                .outputs
                .iter()
                .find(|output| output.path.contains("documents/"))
                .ok_or_else(|| Error::bug(format!("shard {index} has no documents")))?;
            let inputs = vec![OutputFile::as_input(documents)];
            Ok(TaskPlan { index, inputs, numbers: Default::default() })
        };
        extracted.iter().enumerate().map(plan).collect()
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let input = task.input_in("documents")?;
        let mut shard = Shard::open(&context.pipeline.chain)?;
        let rows = shard.read(input, context)?;
        let path = shard_path("signals", task.index, "parquet");
        let (columns, metadata) = shard.finish();
        let output =
            context.write(&path, |staged| columns::write(staged, &path, &columns, &metadata))?;
        context.advance(rows, input.size);
        let mut counts = Counts::new();
        add(&mut counts, "documents", rows);
        add(&mut counts, "bytes_in", input.size);
        Ok(TaskOutput { outputs: vec![output], counts })
    }

    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
        dedup::same_documents(self.name(), totals, upstream)
    }
}

/// Where the values of a column of the chain come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A column of the labels.
    Label(&'static str),
    /// A stored signal.
    Signal {
        /// The column's name in the chain.
        name: String,
        /// Everything that its values depend on besides the documents, as JSON.
        identity: String,
    },
}

/// A column of the labels that a chain may name like a signal.
struct Label {
    name: &'static str,
    range: (f64, f64),
}

const LABELS: &[Label] = &[Label { name: "cluster_size", range: (1.0, f64::INFINITY) }];

/// Where the values of each column of the chain come from, in the chain's order.
pub(super) fn sources(chain: &Chain) -> Result<Vec<Source>> {
    let edits: Vec<String> = chain.edits().map(|step| step.identity()).collect();
    let source = |column: &crate::chain::Column| {
        if let Some(label) = LABELS.iter().find(|label| label.name == column.signal) {
            return Ok(Source::Label(label.name));
        }
        let signal = signals::identity(&column.signal, &column.parameters, &chain.lists)?;
        let identity = json!({ "of": signal, "edits": edits[..column.edits] }).to_string();
        Ok(Source::Signal { name: column.name.clone(), identity })
    };
    chain.columns.iter().map(source).collect()
}

/// What a chain may name: every signal, and the columns of the labels.
pub(super) fn signal_specs() -> Vec<SignalSpec> {
    let labels = LABELS.iter().map(|label| SignalSpec {
        name: label.name,
        keys: &[],
        range: label.range,
        of_text: false,
        check: |_, _| Ok(()),
    });
    let signals = signals::SIGNALS.iter().flat_map(|family| {
        family.columns().iter().map(|column| SignalSpec {
            name: column.name,
            keys: family.keys(),
            range: column.range,
            of_text: column.of_text,
            check: signals::check,
        })
    });
    signals.chain(labels).collect()
}

/// What the columns `text_characters` and `text_bytes` depend on besides the documents.
pub(super) fn text_identity(chain: &Chain) -> String {
    let edits: Vec<String> = chain.edits().map(|step| step.identity()).collect();
    json!({ "of": "text", "edits": edits }).to_string()
}

/// A column to be stored.
struct StoredColumn<'a> {
    of: &'a crate::chain::Column,
    name: String,
    identity: String,
}

/// The columns of the chain that are measured here.
fn stored(chain: &Chain) -> Result<Vec<StoredColumn<'_>>> {
    let columns = chain.columns.iter().zip(sources(chain)?);
    Ok(columns
        .filter_map(|(of, source)| match source {
            Source::Label(_) => None,
            Source::Signal { name, identity } => Some(StoredColumn { of, name, identity }),
        })
        .collect())
}

/// The columns of one shard in the making: 16 bytes a document and column in memory.
struct Shard {
    edits: Vec<Box<dyn ApplyEdit>>,
    /// One place in front of every edit and one behind the last.
    places: Vec<Vec<OpenFamily>>,
    facts: Facts,
    metadata: Vec<(String, String)>,
    names: Vec<String>,
    values: Vec<Vec<Option<f64>>>,
    characters: Vec<i64>,
    bytes: Vec<i64>,
}

/// A family at one place of the chain: measured once, however many of its columns are asked for.
struct OpenFamily {
    first_column: &'static str,
    parameters: toml::Table,
    measure: Box<dyn signals::Measure>,
    out: Vec<Option<f64>>,
    /// Places in `out`, each with its place among the stored columns.
    wanted: Vec<(usize, usize)>,
}

impl Shard {
    fn open(chain: &Chain) -> Result<Shard> {
        let edits: Vec<_> = chain.edits().map(|step| step.open()).collect();
        let mut shard = Shard {
            places: (0..=edits.len()).map(|_| Vec::new()).collect(),
            edits,
            facts: Facts::new(),
            metadata: Vec::new(),
            names: Vec::new(),
            values: Vec::new(),
            characters: Vec::new(),
            bytes: Vec::new(),
        };
        for column in stored(chain)? {
            shard.want(&column, &chain.lists)?;
            shard.metadata.push((format!("column.{}", column.name), column.identity));
            shard.names.push(column.name);
            shard.values.push(Vec::new());
        }
        for name in ["text_characters", "text_bytes"] {
            shard.metadata.push((format!("column.{name}"), text_identity(chain)));
        }
        Ok(shard)
    }

    /// Opens the family of a column at its place, unless it stands there open for another.
    fn want(&mut self, column: &StoredColumn<'_>, lists: &signals::Lists) -> Result<()> {
        let (signal, parameters) = (&column.of.signal, &column.of.parameters);
        let (family, at) = signals::find(signal)
            .ok_or_else(|| Error::bug(format!("there is no signal `{signal}`")))?;
        let first_column = family.columns()[0].name;
        let wanted = (at, self.names.len());
        let place = &mut self.places[column.of.edits];
        let open = place
            .iter_mut()
            .find(|open| open.first_column == first_column && open.parameters == *parameters);
        match open {
            Some(open) => open.wanted.push(wanted),
            None => place.push(OpenFamily {
                first_column,
                parameters: parameters.clone(),
                measure: family.open(parameters, lists)?,
                out: vec![None; family.columns().len()],
                wanted: vec![wanted],
            }),
        }
        Ok(())
    }

    /// Measures every document of a file; returns how many there are.
    fn read(&mut self, input: &TaskInput, context: &TaskContext<'_>) -> Result<u64> {
        let place = context.place(input);
        let mut lines = FrameReader::new(context.open(input)?, &place)?;
        let mut rows = 0;
        while let Some(line) = lines.next_line()? {
            let document: Document = serde_json::from_slice(line).map_err(|cause| {
                Error::new(Kind::Data, format!("cannot understand document {rows}"))
                    .at_path(&place)
                    .caused_by(cause)
            })?;
            self.document(document);
            rows += 1;
        }
        Ok(rows)
    }

    /// Goes through the chain with one document: measures, edits, measures, …
    fn document(&mut self, mut document: Document) {
        let last = self.edits.len();
        for at in 0..=last {
            if !self.places[at].is_empty() || at == last {
                self.facts.begin();
                for paragraph in &document.paragraphs {
                    self.facts.push(&paragraph.text, &paragraph.links);
                }
            }
            for open in &mut self.places[at] {
                open.measure.measure(&document, &self.facts, &mut open.out);
                for (from, to) in &open.wanted {
                    self.values[*to].push(open.out[*from]);
                }
            }
            if let Some(edit) = self.edits.get(at) {
                edit.apply(&mut document.paragraphs);
            }
        }
        let text = self.facts.text();
        self.bytes.push(text.len() as i64);
        self.characters.push(text.chars().count() as i64);
    }

    fn finish(self) -> (Vec<Column>, Vec<(String, String)>) {
        let signals = self.names.into_iter().zip(self.values);
        let mut columns: Vec<Column> =
            signals.map(|(name, values)| Column::new(name, Values::F64(values))).collect();
        columns.push(Column::new("text_characters", Values::I64(self.characters)));
        columns.push(Column::new("text_bytes", Values::I64(self.bytes)));
        (columns, self.metadata)
    }
}
