//! Plans: one line a task, made once from the pipeline and the manifests of earlier stages.

use std::io::Write as _;

use super::{Run, known_stage};
use crate::error::{Error, Kind, Result};
use crate::stages::{Stage, TaskPlan};
use crate::store::Store;

pub(super) fn plan_path(stage: &str) -> String {
    format!("plan/{stage}.jsonl")
}

/// The tasks of a stage as planned before; `None` if it was not planned yet.
pub fn planned(run: &Run, stage: &dyn Stage) -> Result<Option<Vec<TaskPlan>>> {
    let path = plan_path(stage.name());
    if run.store.size(&path)?.is_none() {
        return Ok(None);
    }
    run.store
        .read(&path)?
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            serde_json::from_slice(line).map_err(|cause| {
                Error::new(Kind::Data, "cannot understand the plan")
                    .at_path(&run.store.place(&path))
                    .caused_by(cause)
            })
        })
        .collect::<Result<Vec<TaskPlan>>>()
        .map(Some)
}

/// Plans a stage, or returns the plan that stands. A plan that would come out differently now is
/// refused: its inputs have changed since.
pub fn plan(run: &Run, stage: &dyn Stage) -> Result<Vec<TaskPlan>> {
    let (at, _) = known_stage(stage.name())?;
    if !run.owns(at) {
        let message = format!("a selection has no stage `{}` of its own", stage.name());
        return Err(Error::new(Kind::Usage, message)
            .at_path(&run.dir)
            .help("it takes documents and columns from the run it was made from"));
    }
    let tasks = stage.plan(&run.pipeline, run)?;
    if let Some(standing) = planned(run, stage)? {
        if standing == tasks {
            return Ok(standing);
        }
        let changed = standing.iter().zip(&tasks).find(|(before, now)| before != now);
        let which = match changed {
            Some((before, now)) => {
                let name = |task: &TaskPlan| {
                    task.inputs.first().map_or_else(String::new, |input| input.path.clone())
                };
                format!("task {}: {} then, {} now", before.index, name(before), name(now))
            }
            None => format!("{} tasks then, {} now", standing.len(), tasks.len()),
        };
        return Err(Error::new(
            Kind::Config,
            format!("the inputs of stage `{}` are not the planned ones ({which})", stage.name()),
        )
        .at_path(&run.store.place(&plan_path(stage.name())))
        .help("files were added, removed or changed since the run began: start another with --run DIR"));
    }
    let mut text = Vec::new();
    for task in &tasks {
        serde_json::to_writer(&mut text, task)
            .map_err(|cause| Error::bug("cannot write a plan").caused_by(cause))?;
        text.push(b'\n');
    }
    let path = plan_path(stage.name());
    let mut staged = run.store.create(&path)?;
    staged
        .write_all(&text)
        .map_err(|cause| Error::io("write the plan", &run.store.place(&path), cause))?;
    staged.commit()?;
    Ok(tasks)
}
