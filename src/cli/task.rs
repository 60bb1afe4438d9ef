//! `kuroshio task`: do planned tasks, anywhere, under any engine.

use std::path::PathBuf;

use clap::Args;

use super::{line, show};
use crate::error::{Error, Kind, Result};
use crate::run::{self, Run, known_stage};

/// Do one planned task, or a range of them; those that are done already are skipped
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kuroshio task --run runs/quickstart --stage extract --index 0\n  kuroshio task --run runs/quickstart --stage extract --index 0-15"
)]
pub(super) struct Arguments {
    /// The run directory
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// The stage
    #[arg(long)]
    stage: String,
    /// The task, or the first and last of a range
    #[arg(long, value_name = "I[-J]")]
    index: String,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (_, stage) = known_stage(&arguments.stage)?;
    let (first, last) = range(&arguments.index)?;
    let run = Run::open(&arguments.run)?;
    let tasks = run::planned(&run, stage)?.ok_or_else(|| {
        Error::new(Kind::Config, format!("stage `{}` is not planned yet", stage.name()))
            .at_path(&run.dir)
            .help("plan it first: `kuroshio plan --run DIR --stage STAGE`")
    })?;
    if last >= tasks.len() {
        return Err(Error::new(
            Kind::Usage,
            format!("there is no task {last}: stage `{}` has {} tasks", stage.name(), tasks.len()),
        ));
    }
    let progress = show::Progress::new(arguments.quiet);
    let models = super::environment::models()?;
    for task in &tasks[first..=last] {
        if run::task_is_done(&run, stage, task)?.is_some() {
            line(&format!("{} {}: was done before", stage.name(), task.index));
            continue;
        }
        run::run_task(&run, stage, task, &models, &progress)?;
        line(&format!("{} {}: done", stage.name(), task.index));
    }
    Ok(())
}

/// `7` or `3-9`.
fn range(text: &str) -> Result<(usize, usize)> {
    let parts = match text.split_once('-') {
        Some((first, last)) => first.parse().ok().zip(last.parse().ok()),
        None => text.parse().ok().map(|index| (index, index)),
    };
    match parts {
        Some((first, last)) if first <= last => Ok((first, last)),
        _ => Err(Error::new(Kind::Usage, format!("`{text}` is no task and no range of tasks"))
            .help("write --index 7 or --index 3-9")),
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn an_index_is_one_task_or_a_range() {
        assert_eq!(range("7").unwrap(), (7, 7));
        assert_eq!(range("3-9").unwrap(), (3, 9));
        for wrong in ["", "x", "9-3", "-1", "1-"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
