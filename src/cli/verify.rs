//! `kuroshio verify`: whether the files of a run are still whole.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::show::number;
use super::{line, show};
use crate::error::{Error, Kind, Result};
use crate::run::{self, Run};

/// Check that every file of a run is still what was written: nothing missing, no byte changed
#[derive(Debug, Args)]
#[command(
    after_help = "Reads every file that a finished task names and compares its size and SHA-256 with the task's\nmarker. Exit code 65 if a file is missing or damaged.\n\nExamples:\n  kuroshio verify --run runs/quickstart\n  kuroshio verify --run runs/quickstart --json"
)]
pub(super) struct Arguments {
    /// The run directory
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Print JSON: tasks, files, bytes, problems
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let run = Run::open(&arguments.run)?;
    let found = run::verify(&run, &show::Progress::new(true))?;
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    if arguments.json {
        let object = json!({
            "tasks": found.tasks,
            "files": found.files,
            "bytes": found.bytes,
            "problems": problems,
        });
        line(&object.to_string());
    } else {
        line(&format!(
            "{} tasks, {} files, {} bytes read, {} problems",
            number(found.tasks),
            number(found.files),
            number(found.bytes),
            found.problems.len()
        ));
    }
    if found.problems.is_empty() {
        return Ok(());
    }
    let mut error = Error::new(Kind::Data, format!("{} files are damaged", found.problems.len()))
        .at_path(&run.dir)
        .help("files are never replaced: start another run, or restore them from a copy");
    error.problems = found.problems;
    Err(error)
}
