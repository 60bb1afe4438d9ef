//! `kuroshio plan`: freeze a pipeline into a run directory and plan a stage.

use std::path::PathBuf;

use clap::Args;

use super::run::open_run;
use super::{environment, line, show};
use crate::error::{Error, Kind, Result};
use crate::run::{self, Run, known_stage};
use crate::stages::STAGES;

/// Plan a stage of a run: one line a task in plan/STAGE.jsonl
#[derive(Debug, Args)]
#[command(
    after_help = "PIPELINE is needed to begin a run; one that stands, a selection too, knows its own.\n\nExamples:\n  kuroshio plan pipelines/quickstart.toml --run runs/quickstart --stage extract\n  kuroshio plan --run runs/quickstart --stage components --json"
)]
pub(super) struct Arguments {
    /// The pipeline file; not needed once the run has begun
    pipeline: Option<PathBuf>,
    /// Override a key; VALUE is TOML, a bare word is a text; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "pipeline")]
    sets: Vec<String>,
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
    let run = match (&arguments.pipeline, &arguments.run) {
        (Some(pipeline), dir) => {
            let models = environment::models()?;
            let all: Vec<&str> = STAGES.iter().map(|stage| stage.name()).collect();
            open_run(pipeline, &arguments.sets, dir.as_deref(), &|pipeline| {
                models.prepare(pipeline, &all, &show::Progress::new(false))
            })?
        }
        (None, Some(dir)) => Run::open(dir)?,
        (None, None) => {
            return Err(Error::new(Kind::Usage, "neither a pipeline nor a run is named")
                .help("`kuroshio plan PIPELINE` begins a run, `kuroshio plan --run DIR` goes on"));
        }
    };
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
