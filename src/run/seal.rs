//! Sealing a stage: every planned task has its marker, the counts add up, and one manifest says so.

use serde::{Deserialize, Serialize};

use super::{Run, plan, task};
use crate::error::{Error, Kind, Result};
use crate::stages::{Counts, STAGES, Stage, TaskOutput, add};
use crate::store::{Store, put_json_if_absent, read_json};

/// What a sealed stage delivered. Readers look only at what a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The stage.
    pub stage: String,
    /// The version of its format.
    pub version: u32,
    /// The result of every task, in order.
    pub tasks: Vec<TaskOutput>,
    /// The summed counts.
    pub totals: Counts,
}

pub(super) fn manifest_path(stage: &str) -> String {
    format!("sealed/{stage}.json")
}

/// The manifest of a sealed stage, or an error that says to finish it.
pub fn manifest(run: &Run, stage: &dyn Stage) -> Result<Manifest> {
    read(run, stage)?.ok_or_else(|| {
        Error::new(Kind::Config, format!("stage `{}` is not sealed yet", stage.name()))
            .at_path(&run.dir)
            .help("finish it first: `kuroshio run`, or `kuroshio task` and `kuroshio seal`")
    })
}

/// The manifest of a stage, if it is sealed.
pub(super) fn read(run: &Run, stage: &dyn Stage) -> Result<Option<Manifest>> {
    let path = manifest_path(stage.name());
    match run.store.size(&path)? {
        Some(_) => read_json(&run.store, &path).map(Some),
        None => Ok(None),
    }
}

/// The stages of a run, its base's among them, that are sealed.
pub fn sealed_stages(run: &Run) -> Result<Vec<&'static str>> {
    let mut sealed = Vec::new();
    for (at, stage) in STAGES.iter().enumerate() {
        let owner = if run.owns(at) { Some(run) } else { run.base.as_deref() };
        if let Some(owner) = owner
            && read(owner, *stage)?.is_some()
        {
            sealed.push(stage.name());
        }
    }
    Ok(sealed)
}

/// Seals a stage: checks that every task of its plan is done and that the counts add up, then
/// writes the manifest if there is none.
pub fn seal(run: &Run, stage: &dyn Stage) -> Result<Manifest> {
    let tasks = plan::planned(run, stage)?.ok_or_else(|| {
        Error::new(Kind::Config, format!("stage `{}` is not planned yet", stage.name()))
            .at_path(&run.dir)
            .help(format!("plan it first: `kuroshio plan --run … --stage {}`", stage.name()))
    })?;
    let mut results = Vec::with_capacity(tasks.len());
    let mut missing = Vec::new();
    for planned in &tasks {
        match task::task_is_done(run, stage, planned)? {
            Some(marker) => results.push(marker.result),
            None => missing.push(planned.index),
        }
    }
    if let Some(first) = missing.first() {
        return Err(Error::new(
            Kind::Config,
            format!(
                "{} of {} tasks of `{}` are not done",
                missing.len(),
                tasks.len(),
                stage.name()
            ),
        )
        .at_path(&run.dir)
        .help(format!(
            "the first is {first}: `kuroshio task --run … --stage {} --index {first}`",
            stage.name()
        )));
    }
    let mut totals = Counts::new();
    for (name, count) in results.iter().flat_map(|result| &result.counts) {
        add(&mut totals, name, *count);
    }
    stage.check(&totals, run)?;
    let manifest = Manifest {
        stage: stage.name().to_owned(),
        version: stage.version(),
        tasks: results,
        totals,
    };
    put_json_if_absent(&run.store, &manifest_path(stage.name()), &manifest)?;
    Ok(manifest)
}
