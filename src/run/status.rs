//! How far a run has come, from its plans, markers and manifests.

use serde::Serialize;

use super::{Run, plan, seal, task};
use crate::error::Result;
use crate::stages::{Counts, STAGES, add};

/// How far one stage has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageStatus {
    /// The stage.
    pub stage: &'static str,
    /// Planned tasks; absent before the stage is planned.
    pub tasks: Option<usize>,
    /// Finished tasks.
    pub done: usize,
    /// Whether it is sealed.
    pub sealed: bool,
    /// The summed counts of the finished tasks.
    pub counts: Counts,
}

/// How far every stage of the run has come.
pub fn status(run: &Run) -> Result<Vec<StageStatus>> {
    let mut all = Vec::new();
    for (at, stage) in STAGES.iter().enumerate() {
        if !run.owns(at) {
            continue;
        }
        let mut status = StageStatus {
            stage: stage.name(),
            tasks: None,
            done: 0,
            sealed: false,
            counts: Counts::new(),
        };
        if let Some(manifest) = seal::read(run, *stage)? {
            status.tasks = Some(manifest.tasks.len());
            status.done = manifest.tasks.len();
            status.sealed = true;
            status.counts = manifest.totals;
        } else if let Some(tasks) = plan::planned(run, *stage)? {
            status.tasks = Some(tasks.len());
            for planned in &tasks {
                if let Some(marker) = task::task_is_done(run, *stage, planned)? {
                    status.done += 1;
                    for (name, count) in &marker.result.counts {
                        add(&mut status.counts, name, *count);
                    }
                }
            }
        }
        all.push(status);
    }
    Ok(all)
}
