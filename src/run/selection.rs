//! Selections: a run of its own that decides again over the documents and columns of another.

use std::path::{Path, PathBuf};

use super::{PIPELINE_FILE, Run, config_digest, seal};
use crate::error::{Error, Kind, Result};
use crate::stages::{self, FIRST_OF_SELECT, Pipeline, STAGES};

/// The folder of a run that holds its selections, each a run with a lock of its own.
pub(super) const SELECTIONS: &str = "selections";

/// From a selection in that folder to its run, so that both may be moved together.
const UP: &str = "../..";

/// Opens the selection for `pipeline` over the columns of `run`, making it if there is none; over
/// those that `run` reads itself where it is a selection. Without `dir` it lies in
/// `<run>/selections/<digest of the configuration>`.
///
/// Whatever is not stored, and a directory with something else in it, is refused before anything
/// is made.
pub fn open_selection(run: &Run, pipeline: &Pipeline, dir: Option<&Path>) -> Result<Run> {
    let root = run.root();
    refuse_unstored(root, pipeline)?;
    let inside = Path::new(SELECTIONS).join(&config_digest(pipeline)[..8]);
    let (dir, base) = match dir {
        None => (root.dir.join(inside), PathBuf::from(UP)),
        Some(dir) => (dir.to_path_buf(), absolute(&root.dir)?),
    };
    if dir.join(PIPELINE_FILE).is_file() {
        refuse_other(&dir, root)?;
    }
    Run::create(&dir, pipeline, Some(&base))
}

impl Run {
    /// The run whose documents and columns this one reads: itself, unless it is a selection.
    pub fn root(&self) -> &Run {
        self.base.as_deref().map_or(self, Run::root)
    }
}

/// The directory of the run that the selection in `dir` names by `path`.
pub(super) fn base_dir(dir: &Path, path: &str) -> PathBuf {
    let joined = dir.join(path);
    // People read it, so without dots where that leads to the same place.
    let above = dir.ancestors().nth(2).filter(|_| path == UP);
    match (above, above.map(absolute), absolute(&joined)) {
        (Some(above), Some(Ok(short)), Ok(long)) if short == long => above.to_path_buf(),
        _ => joined,
    }
}

/// Every column that the chain looks at must be there.
fn refuse_unstored(root: &Run, pipeline: &Pipeline) -> Result<()> {
    let first = stages::find(FIRST_OF_SELECT).map_or(0, |(at, _)| at);
    for stage in &STAGES[..first] {
        seal::manifest(root, *stage)?;
    }
    let problems = stages::unstored(pipeline, &root.pipeline)?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::from_problems(problems).help(
        "start another run with this chain: `kuroshio run PIPELINE --run DIR --set select.chain=…`",
    ))
}

/// What stands in `dir` must be a selection over `root`.
fn refuse_other(dir: &Path, root: &Run) -> Result<()> {
    let message = match Run::open(dir)?.base {
        None => "this is a run of its own and no selection".to_owned(),
        Some(base) if absolute(&base.dir)? != absolute(&root.dir)? => {
            format!("this is a selection over another run, {}", base.dir.display())
        }
        Some(_) => return Ok(()),
    };
    Err(Error::new(Kind::Config, message)
        .at_path(dir)
        .help("choose another directory with --output, or leave it out"))
}

fn absolute(dir: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(dir).map_err(|cause| Error::io("find the run directory", dir, cause))
}
