//! Markers: the proof that a task is done, written last and once.

use serde::{Deserialize, Serialize};

use super::Run;
use crate::error::{Error, Kind, Result};
use crate::stages::TaskOutput;
use crate::store::{Store, put_json_if_absent, read_json};

/// The proof that a task is done. Holds no time and no host, so that two attempts write the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The stage.
    pub stage: String,
    /// The task's index.
    pub index: usize,
    /// What its output depends on.
    pub key: String,
    /// Its files and counts.
    pub result: TaskOutput,
}

/// `markers/<stage>/<index>.json`.
pub(super) fn marker_path(stage: &str, index: usize) -> String {
    format!("markers/{stage}/{index:05}.json")
}

/// The marker of a task, if it is done. A marker of another key is refused: its output came from
/// another configuration, input or version.
pub(super) fn read(run: &Run, stage: &str, index: usize, key: &str) -> Result<Option<Marker>> {
    let path = marker_path(stage, index);
    if run.store.size(&path)?.is_none() {
        return Ok(None);
    }
    let marker: Marker = read_json(&run.store, &path)?;
    if marker.key != key {
        return Err(Error::new(
            Kind::Config,
            format!("task {stage}/{index} was done under another key"),
        )
        .at_path(&run.store.place(&path))
        .help(
            "an input, a model or the program's version has changed since: \
                 start another run with --run DIR",
        ));
    }
    Ok(Some(marker))
}

/// Puts a marker in place if there is none.
pub(super) fn write(run: &Run, marker: &Marker) -> Result<()> {
    let path = marker_path(&marker.stage, marker.index);
    put_json_if_absent(&run.store, &path, marker).map(drop)
}
