//! Whether the files of a run are still what was written, nothing lost and nothing changed since; and
//! the removal of what is not, so that the next run makes it again.

use super::marker::{Marker, marker_folder, marker_path};
use super::{Lock, Run, plan, seal};
use crate::error::{Error, Kind, Place, Problem, Result};
use crate::event::{Event, Events};
use crate::stages::{OutputFile, STAGES, Stage, TaskOutput};
use crate::store::{self, Store, read_json};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Finished tasks.
    pub tasks: u64,
    /// Files that they name.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Every file that is missing or holds other bytes than were written.
    pub problems: Vec<Problem>,
    /// The files to remove for a repair, the marker of a task behind its outputs.
    pub removable: Vec<String>,
}

/// Reads every file that a run names and compares size and sha256. A sealed stage is judged by its
/// manifest, so that every task of it must have its marker; another one by the markers that stand.
pub fn verify(run: &Run, events: &dyn Events) -> Result<Verified> {
    let mut verifier = Verifier { run, events, found: Verified::default() };
    for (at, stage) in STAGES.iter().enumerate() {
        if run.owns(at) {
            verifier.stage(*stage)?;
        }
    }
    Ok(verifier.found)
}

/// Removes what [`verify`] found to be damaged, with the markers of the tasks that wrote it. The
/// next run does these tasks again; whatever of their output is sound stays.
pub fn repair(run: &Run, found: &Verified, _held: &Lock) -> Result<()> {
    found.removable.iter().try_for_each(|path| run.store.remove(path))
}

struct Verifier<'a> {
    run: &'a Run,
    events: &'a dyn Events,
    found: Verified,
}

impl Verifier<'_> {
    fn stage(&mut self, stage: &dyn Stage) -> Result<()> {
        let planned = plan::planned(self.run, stage);
        self.readable(&plan::plan_path(stage.name()), planned)?;
        let manifest_path = seal::manifest_path(stage.name());
        let manifest = seal::read(self.run, stage);
        if let Some(manifest) = self.readable(&manifest_path, manifest)?.flatten() {
            for (index, result) in manifest.tasks.iter().enumerate() {
                let path = marker_path(stage.name(), index);
                let marker = self.marker(&path)?;
                if marker.is_some_and(|marker| marker.result != *result) {
                    self.problem(&path, "the marker and the manifest differ".to_owned(), None);
                    self.found.removable.extend([path.clone(), manifest_path.clone()]);
                }
                self.task(stage, result, &path)?;
            }
            return Ok(());
        }
        for path in self.run.store.list(&marker_folder(stage.name()))? {
            if let Some(marker) = self.marker(&path)? {
                self.task(stage, &marker.result, &path)?;
            }
        }
        Ok(())
    }

    /// What was read; damage becomes a problem.
    fn readable<T>(&mut self, path: &str, read: Result<T>) -> Result<Option<T>> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) if error.kind == Kind::Data => {
                self.problem(path, error.message, None);
                self.found.removable.push(path.to_owned());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn marker(&mut self, path: &str) -> Result<Option<Marker>> {
        if self.run.store.size(path)?.is_none() {
            self.problem(path, "the marker of a finished task is missing".to_owned(), None);
            return Ok(None);
        }
        let marker = read_json(&self.run.store, path);
        self.readable(path, marker)
    }

    /// Compares the files of a task whose marker has the path `marker`.
    fn task(&mut self, stage: &dyn Stage, result: &TaskOutput, marker: &str) -> Result<()> {
        self.found.tasks += 1;
        let mut sound = true;
        for output in &result.outputs {
            if let Some(message) = difference(self.run, output, &mut self.found.bytes)? {
                sound = false;
                self.problem(&output.path, message, Some(marker));
                self.found.removable.push(output.path.clone());
            }
            self.found.files += 1;
            let (records, bytes) = (1, output.size);
            self.events.send(Event::Advanced { stage: stage.name(), records, bytes });
        }
        if !sound {
            self.found.removable.push(marker.to_owned());
        } else if let Err(error) = stage.check_format(result, &self.run.store) {
            // Doing it again would write the same bytes: nothing to remove.
            let place = error.place.map(|place| place.to_string()).unwrap_or_default();
            self.problem(marker, format!("{place}: {}", error.message), None);
        }
        Ok(())
    }

    fn problem(&mut self, path: &str, message: String, marker: Option<&str>) {
        let help = marker.map(|marker| {
            format!("its task's marker is {}", self.run.store.place(marker).display())
        });
        let place = Some(Place::Path(self.run.store.place(path)));
        self.found.problems.push(Problem { place, message, help });
    }
}

/// How a file differs from what was written.
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
