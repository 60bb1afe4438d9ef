//! `kuroshio plan`: freeze a pipeline into a run directory and plan a stage.

use std::path::PathBuf;

use clap::Args;

use super::line;
use super::run::{PipelineArguments, open_run};
use crate::error::Result;
use crate::run::{self, known_stage};

/// Plan a stage of a run: one line a task in plan/STAGE.jsonl
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kuroshio plan pipelines/quickstart.toml --run runs/quickstart --stage extract"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArguments,
    /// The stage to plan; the stages before it must be sealed
    #[arg(long, default_value = "extract")]
    stage: String,
    /// Print the tasks as JSON lines
    #[arg(long)]
    json: bool,
    /// Where the run lies (default: in runs/, named like the pipeline file)
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (_, stage) = known_stage(&arguments.stage)?;
    let run = open_run(&arguments.pipeline, arguments.run.as_deref())?;
    let tasks = run::plan(&run, stage)?;
    if arguments.json {
        for task in &tasks {
            line(&serde_json::to_string(task).unwrap_or_default());
        }
    } else {
        line(&format!("{}: {} tasks in {}", stage.name(), tasks.len(), run.dir.display()));
    }
    Ok(())
}
