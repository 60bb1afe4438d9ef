//! A run directory and how it is worked off: frozen configuration, plans, tasks with their keys and
//! markers, sealed manifests, resuming. It sees stages only through their trait. Knows nothing of
//! what a stage computes, nor of printing.

mod drive;
mod freeze;
mod key;
mod lock;
mod marker;
mod plan;
mod seal;
mod selection;
mod status;
mod task;
mod verify;

use std::path::{Path, PathBuf};

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::stages::pipeline::Named;
use crate::stages::{self, BASE_PREFIX, Counts, Pipeline, Stage, TaskOutput, Upstream};
use crate::store::{Local, Store, read_json};

pub use drive::{Drive, StageTimes, drive};
pub use key::KeyParts;
pub use lock::{Lock, lock};
pub use marker::Marker;
pub use plan::{plan, planned};
pub use seal::{Manifest, manifest, seal, sealed_stages};
pub use selection::open_selection;
pub use status::{StageStatus, status};
pub use task::{run_task, task_is_done};
pub use verify::{Verified, repair, verify};

/// The frozen configuration of a run.
pub const PIPELINE_FILE: &str = "pipeline.toml";
/// The frozen filter chain of a run.
pub const CHAIN_FILE: &str = "chain.toml";
/// What both name outside of the run: digests of models, texts of word lists.
pub const NAMED_FILE: &str = "named.json";
/// Names the run that a selection takes its documents and columns from.
const BASE_FILE: &str = "base.json";

/// An open run directory.
pub struct Run {
    /// The directory.
    pub dir: PathBuf,
    /// Its files.
    pub store: Local,
    /// Its frozen pipeline.
    pub pipeline: Pipeline,
    /// The run that earlier stages are taken from, where this one is a selection.
    base: Option<Box<Run>>,
}

impl Run {
    /// Whether a run has begun in `dir`: its configuration is frozen.
    pub fn exists(dir: &Path) -> bool {
        dir.join(PIPELINE_FILE).is_file()
    }

    /// Opens the run in `dir`, which must have been made before. Looks at no file outside.
    pub fn open(dir: &Path) -> Result<Run> {
        let file = dir.join(PIPELINE_FILE);
        if !Run::exists(dir) {
            return Err(Error::new(Kind::Config, "there is no run in this directory")
                .at_path(dir)
                .help("start one with `kuroshio run PIPELINE --run DIR`"));
        }
        let text = read_text(&file)?;
        let chain = read_text(&dir.join(CHAIN_FILE))?;
        let store = Local::new(dir);
        let named: Named = read_json(&store, NAMED_FILE)?;
        let pipeline = stages::pipeline::read_frozen(&file, &text, &chain, &named)?;
        let base = match store.size(BASE_FILE)? {
            Some(_) => {
                let path: String = read_json(&store, BASE_FILE)?;
                Some(Box::new(Run::open(&selection::base_dir(dir, &path))?))
            }
            None => None,
        };
        Ok(Run { dir: dir.to_path_buf(), store, pipeline, base })
    }

    /// Whether the stage at this place in the list belongs to this directory (and not to its base).
    pub fn owns(&self, stage_at: usize) -> bool {
        let first = stages::find(stages::FIRST_OF_SELECT).map_or(0, |(at, _)| at);
        self.base.is_none() || stage_at >= first
    }

    /// The files of the run that earlier stages are taken from, where this one is a selection.
    fn base_store(&self) -> Option<&dyn Store> {
        self.base.as_ref().map(|base| &base.store as &dyn Store)
    }

    /// The digest of the frozen configuration, 16 hex digits.
    pub fn config_digest(&self) -> String {
        config_digest(&self.pipeline)
    }
}

/// The digest of a configuration with its chain, 16 hex digits.
pub fn config_digest(pipeline: &Pipeline) -> String {
    let values = serde_json::to_string(&pipeline.resolved).unwrap_or_default();
    let mut digest = key::digest_hex(&[values.as_bytes(), pipeline.chain_text.as_bytes()]);
    digest.truncate(16);
    digest
}

impl Upstream for Run {
    fn tasks(&self, stage: &str) -> Result<Vec<TaskOutput>> {
        let (at, found) = known_stage(stage)?;
        if self.owns(at) {
            return Ok(manifest(self, found)?.tasks);
        }
        let base = self.base.as_ref().ok_or_else(|| Error::bug("a selection without its run"))?;
        let mut tasks = base.tasks(stage)?;
        for output in tasks.iter_mut().flat_map(|task| &mut task.outputs) {
            output.path = format!("{BASE_PREFIX}{}", output.path);
        }
        Ok(tasks)
    }

    fn totals(&self, stage: &str) -> Result<Counts> {
        let (at, found) = known_stage(stage)?;
        match &self.base {
            Some(base) if !self.owns(at) => base.totals(stage),
            _ => Ok(manifest(self, found)?.totals),
        }
    }
}

/// The stage of that name, or an error that says which there are.
pub fn known_stage(name: &str) -> Result<(usize, &'static dyn Stage)> {
    stages::find(name).ok_or_else(|| {
        let names: Vec<&str> = stages::STAGES.iter().map(|stage| stage.name()).collect();
        Error::new(Kind::Usage, format!("there is no stage `{name}`"))
            .help(config::did_you_mean(name, &names))
    })
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|cause| Error::io("read", path, cause))
}
