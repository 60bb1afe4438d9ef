//! Markers: the proof that a task is done, written last and once.

use serde::{Deserialize, Serialize};

use super::Run;
use super::key::KeyParts;
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
    /// The hash of what its output depends on.
    pub key: String,
    /// What its output depends on.
    pub depends: KeyParts,
    /// Its files and counts.
    pub result: TaskOutput,
}

/// `markers/<stage>/<index>.json`.
pub(super) fn marker_path(stage: &str, index: usize) -> String {
    format!("{}{index:05}.json", marker_folder(stage))
}

/// Where the markers of a stage lie, with the `/`.
pub(super) fn marker_folder(stage: &str) -> String {
    format!("markers/{stage}/")
}

/// The marker of a task, if it is done. A marker of another key is refused, with what differs: its
/// output came from another configuration, input or version.
pub(super) fn read(
    run: &Run,
    stage: &str,
    index: usize,
    depends: &KeyParts,
) -> Result<Option<Marker>> {
    let path = marker_path(stage, index);
    if run.store.size(&path)?.is_none() {
        return Ok(None);
    }
    let marker: Marker = read_json(&run.store, &path)?;
    if marker.key == depends.key(stage, index) {
        return Ok(Some(marker));
    }
    let changes = marker.depends.changes(depends);
    let changes = if changes.is_empty() { "its key".to_owned() } else { changes.join("; ") };
    Err(Error::new(
        Kind::Config,
        format!("task {stage}/{index} was done under other conditions: {changes}"),
    )
    .at_path(&run.store.place(&path))
    .help("start another run with --run DIR, or go on with what it was begun with"))
}

/// Puts a marker in place if there is none.
pub(super) fn write(run: &Run, marker: &Marker) -> Result<()> {
    let path = marker_path(&marker.stage, marker.index);
    put_json_if_absent(&run.store, &path, marker).map(drop)
}
