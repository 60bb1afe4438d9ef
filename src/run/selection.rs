//! Selections: a run of its own that decides again over the documents and columns of another.

use std::path::{Path, PathBuf};

use super::{Run, config_digest};
use crate::error::{Error, Result};
use crate::stages::Pipeline;

/// The folder of a run that holds its selections, each a run with a lock of its own.
pub(super) const SELECTIONS: &str = "selections";

/// Opens the selection for `pipeline` over the columns of `base`, making it if there is none.
/// Without `dir` it lies in `<base>/selections/<digest of the configuration>`.
pub fn open_selection(base: &Run, pipeline: &Pipeline, dir: Option<&Path>) -> Result<Run> {
    let inside = Path::new(SELECTIONS).join(&config_digest(pipeline)[..8]);
    match dir {
        // Relative to the selection, so that a run may be moved with its selections.
        None => Run::create(&base.dir.join(inside), pipeline, Some(Path::new("../.."))),
        Some(dir) => Run::create(dir, pipeline, Some(&absolute(&base.dir)?)),
    }
}

fn absolute(dir: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(dir).map_err(|cause| Error::io("find the run directory", dir, cause))
}
