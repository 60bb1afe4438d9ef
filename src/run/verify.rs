//! Whether the files of a run are still what its markers say: nothing lost, nothing changed since.

use super::{Run, plan, task};
use crate::error::{Error, Place, Problem, Result};
use crate::event::{Event, Events};
use crate::stages::{OutputFile, STAGES};
use crate::store::{self, Store};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Finished tasks.
    pub tasks: u64,
    /// Files that they name.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Every file that is missing or holds other bytes than its marker says.
    pub problems: Vec<Problem>,
}

/// Reads every file that a marker of the run names and compares size and sha256.
pub fn verify(run: &Run, events: &dyn Events) -> Result<Verified> {
    let mut found = Verified::default();
    for (at, stage) in STAGES.iter().enumerate() {
        let Some(tasks) = plan::planned(run, *stage)?.filter(|_| run.owns(at)) else { continue };
        for planned in &tasks {
            let Some(marker) = task::task_is_done(run, *stage, planned)? else { continue };
            found.tasks += 1;
            for output in &marker.result.outputs {
                if let Some(message) = difference(run, output, &mut found.bytes)? {
                    found.problems.push(Problem {
                        place: Some(Place::Path(run.store.place(&output.path))),
                        message,
                        help: None,
                    });
                }
                found.files += 1;
                let advanced =
                    Event::Advanced { stage: stage.name(), records: 1, bytes: output.size };
                events.send(advanced);
            }
        }
    }
    Ok(found)
}

/// How a file differs from what its marker says.
fn difference(run: &Run, output: &OutputFile, read: &mut u64) -> Result<Option<String>> {
    let Some(size) = run.store.size(&output.path)? else {
        return Ok(Some("the file is missing".to_owned()));
    };
    if size != output.size {
        return Ok(Some(format!("{size} bytes, {} were written", output.size)));
    }
    let place = run.store.place(&output.path);
    let (size, sha256) = store::digest(run.store.open(&output.path)?)
        .map_err(|cause| Error::io("read the file", &place, cause))?;
    *read += size;
    let changed = sha256 != output.sha256;
    Ok(changed.then(|| format!("SHA-256 {sha256}, {} was written", output.sha256)))
}
