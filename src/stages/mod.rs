//! The stages: each file is the glue of one step of the way of the data, behind one trait. The
//! pipeline file as a whole lives here too, because only this floor knows every section. Knows
//! nothing of scheduling, resuming, markers or the command line.

mod corpus;
mod decide;
mod dedup;
pub mod extract;
mod measure;
pub mod models;
pub mod pipeline;
mod settle;
mod tokenize;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::event::{Event, Events};
use crate::store::{self, ReadSeek, Staged, Store};
pub use decide::{EMPTY, unstored};
pub use models::Models;
pub use pipeline::Pipeline;
pub use settle::DUPLICATE;
pub use tokenize::{ShardFiles, TEXT_ENDINGS, TextFile, name_of, tokenize_shard, warning};

/// One step of the way, cut into tasks. Everything a task writes is a pure function of its key.
pub trait Stage: Sync {
    /// The stable name, as it stands in `plan/`, `markers/` and `--stage`.
    fn name(&self) -> &'static str;

    /// What it does, in a few words, for people who watch.
    fn summary(&self) -> &'static str;

    /// The version of its output format and meaning; part of every key.
    fn version(&self) -> u32;

    /// What of the configuration, models and lists its output depends on.
    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value>;

    /// Its tasks, from the pipeline and the manifests of earlier stages alone.
    fn plan(&self, pipeline: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>>;

    /// Does one task.
    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput>;

    /// Checks that the totals of all its tasks add up (promise P1).
    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()>;

    /// Checks the format of what a task wrote, where that tells more than its bytes being whole.
    fn check_format(&self, _output: &TaskOutput, _store: &dyn Store) -> Result<()> {
        Ok(())
    }
}

/// Every stage, in the order of the way.
pub const STAGES: &[&dyn Stage] = &[
    &extract::Extract,
    &dedup::Components,
    &dedup::Labels,
    &measure::Measure,
    &decide::Decide,
    &settle::Settle,
    &corpus::Corpus,
    &tokenize::Tokenize,
];

/// The stage of that name, with its place in [`STAGES`].
pub fn find(name: &str) -> Option<(usize, &'static dyn Stage)> {
    STAGES
        .iter()
        .enumerate()
        .find(|(_, stage)| stage.name() == name)
        .map(|(at, stage)| (at, *stage))
}

/// The first stage that `select` runs again: everything before it is stored columns.
pub const FIRST_OF_SELECT: &str = "decide";

/// Named sums.
pub type Counts = BTreeMap<String, u64>;

/// Adds `more` to the sum called `name`.
pub fn add(counts: &mut Counts, name: &str, more: u64) {
    match counts.get_mut(name) {
        Some(sum) => *sum += more,
        None => {
            counts.insert(name.to_owned(), more);
        }
    }
}

/// One planned task: a line of `plan/<stage>.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskPlan {
    /// Its number within the stage, from 0.
    pub index: usize,
    /// What it reads.
    pub inputs: Vec<TaskInput>,
    /// Numbers that only the stage understands, such as the files to write.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, u64>,
}

impl TaskPlan {
    /// A number of the plan.
    pub fn number(&self, name: &str) -> Result<u64> {
        self.numbers
            .get(name)
            .copied()
            .ok_or_else(|| Error::bug(format!("task {} was planned without `{name}`", self.index)))
    }

    /// The inputs in the folder `folder` of the run.
    pub fn inputs_in<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a TaskInput> {
        let marker = format!("{folder}/");
        self.inputs.iter().filter(move |input| input.path.contains(&marker))
    }

    /// The only input in the folder `folder` of the run.
    pub fn input_in(&self, folder: &str) -> Result<&TaskInput> {
        self.inputs_in(folder)
            .next()
            .ok_or_else(|| Error::bug(format!("task {} has no input in {folder}/", self.index)))
    }
}

/// A file that a task reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskInput {
    /// Relative to the run directory, or absolute where it lies outside.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// What identifies its content: its sha256, or the fingerprint of a file from outside.
    pub digest: String,
    /// Rows, where it has rows.
    #[serde(default)]
    pub rows: u64,
}

impl TaskInput {
    /// A file from outside the run, by its absolute path, so that a task may run anywhere.
    pub fn of_file(path: &Path) -> Result<TaskInput> {
        let absolute = std::path::absolute(path)
            .map_err(|cause| Error::io("find the input file", path, cause))?;
        let fingerprint = store::fingerprint(&absolute)?;
        Ok(TaskInput {
            path: absolute.display().to_string(),
            size: fingerprint.size,
            digest: fingerprint.head_tail_sha256,
            rows: 0,
        })
    }

    /// Checks that the file from outside is the planned one, as far as its fingerprint tells.
    pub fn check_unchanged(&self) -> Result<()> {
        let path = Path::new(&self.path);
        let now = store::fingerprint(path)?;
        if (now.size, &now.head_tail_sha256) == (self.size, &self.digest) {
            return Ok(());
        }
        let how = if now.size == self.size {
            format!("it has {} bytes as before, but others", now.size)
        } else {
            format!("{} bytes were planned, there are {} now", self.size, now.size)
        };
        Err(Error::new(Kind::Config, format!("the input file is not the planned one: {how}"))
            .at_path(path)
            .help(
                "it was replaced, or was still being written when it was planned: start another \
                 run with --run DIR once it is complete",
            ))
    }
}

/// A file that a task wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Relative to the run directory.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// sha256 of its bytes.
    pub sha256: String,
    /// Rows or lines.
    pub rows: u64,
    /// Sums over its rows that a later stage plans by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: Counts,
}

impl OutputFile {
    /// The file as an input of a later task.
    pub fn as_input(&self) -> TaskInput {
        TaskInput {
            path: self.path.clone(),
            size: self.size,
            digest: self.sha256.clone(),
            rows: self.rows,
        }
    }
}

/// What a finished task tells: its files and its counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TaskOutput {
    /// The files, in order.
    pub outputs: Vec<OutputFile>,
    /// The counts.
    pub counts: Counts,
}

/// What earlier stages left: their manifests.
pub trait Upstream {
    /// One output per task of `stage`, in order, with the counts of each task.
    fn tasks(&self, stage: &str) -> Result<Vec<TaskOutput>>;

    /// The summed counts of `stage`.
    fn totals(&self, stage: &str) -> Result<Counts>;
}

/// What a running task may use.
pub struct TaskContext<'a> {
    /// The pipeline of the run.
    pub pipeline: &'a Pipeline,
    /// The run directory.
    pub store: &'a dyn Store,
    /// The run that documents and columns are taken from, where this one is a selection of it.
    pub base: Option<&'a dyn Store>,
    /// Models, loaded once a process.
    pub models: &'a Models,
    /// A directory for spilled runs; emptied after the task.
    pub scratch: &'a Path,
    /// Who listens.
    pub events: &'a dyn Events,
    /// The stage's name, for events.
    pub stage: &'static str,
}

/// How the path of an input begins that lies in the run a selection was made from.
pub const BASE_PREFIX: &str = "@base/";

impl TaskContext<'_> {
    /// Opens an input that lies in a run directory, for reading from any place. A file of another
    /// size than planned is damaged.
    pub fn open(&self, input: &TaskInput) -> Result<Box<dyn ReadSeek>> {
        let (store, path) = self.locate(input)?;
        let damaged = |message: String| {
            Err(Error::new(Kind::Data, message).at_path(&store.place(path)).help(
                "`kuroshio verify --run DIR` finds every damaged file of a run, with --repair it \
                 removes them so that the next run makes them again",
            ))
        };
        match store.size(path)? {
            Some(size) if size == input.size => store.open_seekable(path),
            Some(size) => damaged(format!(
                "a file of the run is damaged: {size} bytes, {} were written",
                input.size
            )),
            None => damaged("a file of the run is missing".to_owned()),
        }
    }

    /// Where an input lies, for messages.
    pub fn place(&self, input: &TaskInput) -> PathBuf {
        match self.locate(input) {
            Ok((store, path)) => store.place(path),
            Err(_) => PathBuf::from(&input.path),
        }
    }

    fn locate<'i>(&self, input: &'i TaskInput) -> Result<(&dyn Store, &'i str)> {
        match (input.path.strip_prefix(BASE_PREFIX), self.base) {
            (None, _) => Ok((self.store, &input.path)),
            (Some(path), Some(base)) => Ok((base, path)),
            (Some(_), None) => Err(Error::bug(format!("`{}` outside a selection", input.path))),
        }
    }

    /// Tells that the task came further by so many records and bytes of input.
    pub fn advance(&self, records: u64, bytes: u64) {
        self.events.send(Event::Advanced { stage: self.stage, records, bytes });
    }

    /// Writes one file: `fill` gets the writer and returns the rows it wrote.
    pub fn write(
        &self,
        path: &str,
        fill: impl FnOnce(&mut Staged) -> Result<u64>,
    ) -> Result<OutputFile> {
        let mut staged = self.store.create(path)?;
        let rows = fill(&mut staged)?;
        self.commit(path, staged, rows)
    }

    /// Puts a written file in its place.
    pub fn commit(&self, path: &str, staged: Staged, rows: u64) -> Result<OutputFile> {
        let committed = staged.commit()?;
        Ok(OutputFile {
            path: path.to_owned(),
            size: committed.size,
            sha256: committed.sha256,
            rows,
            counts: Counts::new(),
        })
    }
}

/// The path of shard `index` in `folder`: `documents/00017.jsonl.zst`.
pub fn shard_path(folder: &str, index: usize, ending: &str) -> String {
    format!("{folder}/{index:05}.{ending}")
}
