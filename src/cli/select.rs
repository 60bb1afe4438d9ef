//! `kuroshio select`: decide again from stored columns.

use std::path::PathBuf;

use clap::Args;

use super::line;
use super::run::{DriveArguments, Driver};
use crate::error::Result;
use crate::run::{self, PIPELINE_FILE, Run};
use crate::stages::{self, FIRST_OF_SELECT, pipeline};

/// Decide again over the stored columns of a run: other bounds, another profile, another chain
#[derive(Debug, Args)]
#[command(
    after_help = "The result is a run of its own that takes documents and columns from RUN; without\n--output it lies in RUN/selections/<digest of the configuration>.\n\nExamples:\n  kuroshio select --run runs/quickstart --set select.profile=strict\n  kuroshio select --run runs/quickstart --set select.chain=filters/mine.toml --output runs/mine"
)]
pub(super) struct Arguments {
    /// The run whose documents and columns are used; it must have come past `measure`
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Override a key of the sections select or tokenize; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Where the selection lies
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    drive: DriveArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let driver = Driver::new(&arguments.drive)?;
    let base = Run::open(&arguments.run)?;
    let asked = pipeline::reload(&base.dir.join(PIPELINE_FILE), &arguments.sets, &base.pipeline)?;
    if run::config_digest(&asked) == base.config_digest() {
        line("The configuration is that of the run itself; nothing else to decide.");
        return driver.drive_and_report(&base);
    }
    let first = stages::find(FIRST_OF_SELECT).map_or(0, |(at, _)| at);
    driver.prepare(&asked, |at| at >= first)?;
    let selection = run::open_selection(&base, &asked, arguments.output.as_deref())?;
    line(&format!("Selection in {}", selection.dir.display()));
    driver.drive_and_report(&selection)
}
