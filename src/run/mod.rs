//! A run directory and how it is worked off: frozen configuration, plans, tasks with their keys and
//! markers, sealed manifests, resuming. It sees stages only through their trait. Knows nothing of
//! what a stage computes, nor of printing.

mod drive;
mod key;
mod marker;
mod plan;
mod seal;
mod selection;
mod status;
mod task;
mod verify;

use std::path::{Path, PathBuf};

use crate::config;
use crate::error::{Error, Kind, Place, Problem, Result};
use crate::stages::{self, BASE_PREFIX, Counts, Pipeline, Stage, TaskOutput, Upstream};
use crate::store::{Local, Store, put_json_if_absent, read_json};

pub use drive::{Drive, StageTimes, drive};
pub use key::KeyParts;
pub use marker::Marker;
pub use plan::{plan, planned};
pub use seal::{Manifest, manifest, seal, sealed_stages};
pub use selection::open_selection;
pub use status::{StageStatus, status};
pub use task::{run_task, task_is_done};
pub use verify::{Verified, verify};

/// The frozen configuration of a run.
pub const PIPELINE_FILE: &str = "pipeline.toml";
/// The frozen filter chain of a run.
pub const CHAIN_FILE: &str = "chain.toml";
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
    /// Opens the run in `dir`, which must have been made before.
    pub fn open(dir: &Path) -> Result<Run> {
        let file = dir.join(PIPELINE_FILE);
        if !file.is_file() {
            return Err(Error::new(Kind::Config, "there is no run in this directory")
                .at_path(dir)
                .help("start one with `kuroshio run PIPELINE --run DIR`"));
        }
        let text = read_text(&file)?;
        let chain = read_text(&dir.join(CHAIN_FILE))?;
        let pipeline = stages::pipeline::read_frozen(&file, &text, &chain)?;
        let store = Local::new(dir);
        let base = match store.size(BASE_FILE)? {
            Some(_) => {
                let path: String = read_json(&store, BASE_FILE)?;
                Some(Box::new(Run::open(&selection::base_dir(dir, &path))?))
            }
            None => None,
        };
        Ok(Run { dir: dir.to_path_buf(), store, pipeline, base })
    }

    /// Opens the run in `dir` for `pipeline`: makes it if there is none, and refuses another
    /// configuration than the frozen one, naming every key that differs.
    pub fn create_or_open(dir: &Path, pipeline: Pipeline) -> Result<Run> {
        Run::create(dir, pipeline, None)
    }

    fn create(dir: &Path, pipeline: Pipeline, base: Option<&Path>) -> Result<Run> {
        if dir.join(PIPELINE_FILE).is_file() {
            let frozen = Run::open(dir)?;
            refuse_differences(&frozen.pipeline, &pipeline, dir)?;
            return Ok(frozen);
        }
        std::fs::create_dir_all(dir)
            .map_err(|cause| Error::io("make the run directory", dir, cause))?;
        let store = Local::new(dir);
        if let Some(base) = base {
            put_json_if_absent(&store, BASE_FILE, &base)?;
        }
        put_text(&store, CHAIN_FILE, &pipeline.chain_text)?;
        let values = toml::to_string(&pipeline.resolved).map_err(|cause| {
            Error::bug("cannot write the resolved configuration").caused_by(cause)
        })?;
        let text = format!(
            "# The configuration of this run, every key with its value; frozen when the run began.\n\
             # The filter chain stands beside it in {CHAIN_FILE}.\n\n{values}"
        );
        put_text(&store, PIPELINE_FILE, &text)?;
        Run::open(dir)
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

fn refuse_differences(frozen: &Pipeline, now: &Pipeline, dir: &Path) -> Result<()> {
    let mut problems: Vec<Problem> = config::differences(&frozen.resolved, &now.resolved)
        .into_iter()
        .map(|(key, before, after)| {
            let side = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
            Problem {
                place: Some(Place::Path(dir.join(PIPELINE_FILE))),
                message: format!("`{key}` is {} in the run, now {}", side(before), side(after)),
                help: None,
            }
        })
        .collect();
    if frozen.chain_text != now.chain_text {
        problems.push(Problem {
            place: Some(Place::Path(dir.join(CHAIN_FILE))),
            message: format!(
                "the filter chain `{}` has changed since the run began",
                now.select.chain
            ),
            help: None,
        });
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::from_problems(problems).help(format!(
        "start another run with --run DIR, or decide again over this one's columns with \
         `kuroshio select --run {} --set …`",
        dir.display()
    )))
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|cause| Error::io("read", path, cause))
}

fn put_text(store: &Local, path: &str, text: &str) -> Result<()> {
    use std::io::Write as _;
    let mut staged = store.create(path)?;
    staged
        .write_all(text.as_bytes())
        .map_err(|cause| Error::io("write", &store.place(path), cause))?;
    staged.commit().map(drop)
}
