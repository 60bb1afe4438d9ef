//! `kuroshio seal`: check that a stage is complete and write its manifest.

use std::path::PathBuf;

use clap::Args;

use super::line;
use crate::error::Result;
use crate::run::{self, Run, known_stage};

/// Seal a stage: every task done, counts added up, manifest written
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kuroshio seal --run runs/quickstart --stage extract")]
pub(super) struct Arguments {
    /// The run directory
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// The stage
    #[arg(long)]
    stage: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (_, stage) = known_stage(&arguments.stage)?;
    let run = Run::open(&arguments.run)?;
    let manifest = run::seal(&run, stage)?;
    line(&format!("{}: {} tasks sealed", stage.name(), manifest.tasks.len()));
    for (name, count) in &manifest.totals {
        line(&format!("  {name}: {count}"));
    }
    Ok(())
}
