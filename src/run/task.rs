//! One task: skipped if its marker stands, else done and marked.

use super::key::KeyParts;
use super::{Marker, Run, marker};
use crate::error::{Error, Result};
use crate::event::Events;
use crate::stages::{Models, Stage, TaskContext, TaskPlan};

/// The marker of a task, if it is done already.
pub fn task_is_done(run: &Run, stage: &dyn Stage, task: &TaskPlan) -> Result<Option<Marker>> {
    let depends = KeyParts::of(stage, &run.pipeline, task)?;
    marker::read(run, stage.name(), task.index, &depends)
}

/// Does a task unless its marker stands. Safe to do twice at once: the second finds the same bytes.
pub fn run_task(
    run: &Run,
    stage: &'static dyn Stage,
    task: &TaskPlan,
    models: &Models,
    events: &dyn Events,
) -> Result<Marker> {
    let depends = KeyParts::of(stage, &run.pipeline, task)?;
    if let Some(marker) = marker::read(run, stage.name(), task.index, &depends)? {
        return Ok(marker);
    }
    let scratch = tempfile::Builder::new()
        .prefix(".tmp-scratch-")
        .tempdir_in(&run.dir)
        .map_err(|cause| Error::io("make a temporary directory", &run.dir, cause))?;
    let context = TaskContext {
        pipeline: &run.pipeline,
        store: &run.store,
        base: run.base_store(),
        models,
        scratch: scratch.path(),
        events,
        stage: stage.name(),
    };
    let result = stage.run(task, &context)?;
    let (stage, index) = (stage.name().to_owned(), task.index);
    let marker = Marker { key: depends.key(&stage, index), stage, index, depends, result };
    marker::write(run, &marker)?;
    Ok(marker)
}
