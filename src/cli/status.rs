//! `kuroshio status`: how far a run has come.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::line;
use super::run::current_summary;
use crate::error::{Error, Result};
use crate::run::{self, Run};

/// Show how far a run has come, stage by stage
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kuroshio status --run runs/quickstart\n  kuroshio status --run runs/quickstart --json"
)]
pub(super) struct Arguments {
    /// The run directory
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Print JSON: the fields of summary.json so far, and `progress` with every stage
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let run = Run::open(&arguments.run)?;
    let stages = run::status(&run)?;
    if arguments.json {
        let mut object = serde_json::to_value(current_summary(&run)?)
            .map_err(|cause| Error::bug("cannot write the summary").caused_by(cause))?;
        object["progress"] = json!(stages);
        line(&serde_json::to_string_pretty(&object).unwrap_or_default());
        return Ok(());
    }
    line(&format!("{:<12} {:>8} {:>8}  state", "stage", "tasks", "done"));
    for stage in stages {
        let (tasks, state) = match (stage.tasks, stage.sealed) {
            (None, _) => ("-".to_owned(), "not planned"),
            (Some(tasks), true) => (tasks.to_string(), "sealed"),
            (Some(tasks), false) if stage.done == tasks => (tasks.to_string(), "to be sealed"),
            (Some(tasks), false) => (tasks.to_string(), "under way"),
        };
        line(&format!("{:<12} {tasks:>8} {:>8}  {state}", stage.stage, stage.done));
    }
    Ok(())
}
