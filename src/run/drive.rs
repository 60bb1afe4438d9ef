//! The driver of one machine: plans, works off and seals stage after stage, tasks in flight on a
//! thread pool. Running it again picks up where the last attempt stopped.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::selection::SELECTIONS;
use super::{Lock, Run, plan, seal, task};
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Events};
use crate::stages::{Models, STAGES, Stage, TaskPlan};

/// How to drive a run.
pub struct Drive<'a> {
    /// Tasks in flight.
    pub threads: usize,
    /// The last stage to do, by its place in the list.
    pub until: usize,
    /// Who listens.
    pub events: &'a dyn Events,
    /// Told when a stage begins and ends, for measuring.
    pub times: &'a dyn StageTimes,
}

/// Is told when a stage that has something to do begins and ends.
pub trait StageTimes {
    /// The stage begins.
    fn begin(&self, stage: &str);
    /// The stage has ended after so many tasks were done now.
    fn end(&self, stage: &str, tasks: usize);
}

/// Drives a run that this process holds; returns how many tasks were done now (0: everything was
/// done before).
pub fn drive(run: &Run, models: &Models, how: &Drive<'_>, _held: &Lock) -> Result<usize> {
    run.store.sweep(SELECTIONS)?;
    let mut done_now = 0;
    for (at, stage) in STAGES.iter().enumerate().take(how.until + 1) {
        if run.owns(at) {
            done_now += drive_stage(run, *stage, models, how)?;
        }
    }
    Ok(done_now)
}

fn drive_stage(
    run: &Run,
    stage: &'static dyn Stage,
    models: &Models,
    how: &Drive<'_>,
) -> Result<usize> {
    let sealed = seal::read(run, stage)?.is_some();
    let tasks = match plan::planned(run, stage)? {
        Some(tasks) => tasks,
        None => plan::plan(run, stage)?,
    };
    let mut open = Vec::new();
    for planned in &tasks {
        if task::task_is_done(run, stage, planned)?.is_none() {
            open.push(planned);
        }
    }
    if sealed && open.is_empty() {
        return Ok(0);
    }
    // Planned again only where something is still to be read: whatever was read need not be there
    // any more. A sealed stage with an open task is being repaired, by the plan that stands.
    if !sealed && !open.is_empty() {
        plan::plan(run, stage)?;
    }
    let bytes = open.iter().flat_map(|task| &task.inputs).map(|input| input.size).sum();
    how.times.begin(stage.name());
    how.events.send(Event::StageStarted {
        stage: stage.name(),
        tasks: tasks.len(),
        done: tasks.len() - open.len(),
        bytes,
    });
    work_off(run, stage, &open, models, how)?;
    seal::seal(run, stage)?;
    how.times.end(stage.name(), open.len());
    how.events.send(Event::StageFinished { stage: stage.name() });
    Ok(open.len())
}

/// Does the tasks in order, `how.threads` at a time. After a failure no new task begins; the tasks
/// in flight are finished, and the failure with the smallest index is returned.
fn work_off(
    run: &Run,
    stage: &'static dyn Stage,
    open: &[&TaskPlan],
    models: &Models,
    how: &Drive<'_>,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let failure: Mutex<Option<(usize, Error)>> = Mutex::new(None);
    let events = how.events;
    let worker = || {
        while !stop.load(Ordering::Relaxed) {
            let Some(planned) = open.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            match task::run_task(run, stage, planned, models, events) {
                Ok(_) => {
                    events.send(Event::TaskFinished { stage: stage.name(), index: planned.index });
                }
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    let mut slot = failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    if slot.as_ref().is_none_or(|(index, _)| planned.index < *index) {
                        *slot = Some((planned.index, error));
                    }
                }
            }
        }
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(how.threads)
        .stack_size(8 << 20)
        .build()
        .map_err(|cause| Error::new(Kind::Again, "cannot start threads").caused_by(cause))?;
    let in_flight = how.threads.min(open.len());
    pool.scope(|scope| {
        for _ in 0..in_flight {
            scope.spawn(|_| worker());
        }
    });
    match failure.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}
