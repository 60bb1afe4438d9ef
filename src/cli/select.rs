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
    after_help = "The result is a run of its own that takes documents and columns from RUN; without\n--output it lies in RUN/selections/<digest of the configuration>. Over a selection, it begins with\nthe configuration of that and reads the same run.\n\nExamples:\n  kuroshio select --run runs/quickstart --set select.profile=strict\n  kuroshio select --run runs/quickstart --set select.chain=filters/mine.toml --output runs/mine"
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
    let from = Run::open(&arguments.run)?;
    let asked = pipeline::reload(&from.dir.join(PIPELINE_FILE), &arguments.sets, &from.pipeline)?;
    let digest = run::config_digest(&asked);
    if let Some(itself) = [&from, from.root()].into_iter().find(|run| run.config_digest() == digest)
    {
        arguments.tell("The configuration is that of the run itself; nothing else to decide.");
        return driver.drive_and_report(itself);
    }
    let first = stages::find(FIRST_OF_SELECT).map_or(0, |(at, _)| at);
    driver.prepare(&asked, |at| at >= first)?;
    let selection = run::open_selection(&from, &asked, arguments.output.as_deref())?;
    arguments.tell(&format!("Selection in {}", selection.dir.display()));
    driver.drive_and_report(&selection)
}

impl Arguments {
    /// Tells people something; JSON stays alone on stdout.
    fn tell(&self, text: &str) {
        match (self.drive.json, self.drive.quiet) {
            (false, _) => line(text),
            (true, false) => eprintln!("{text}"),
            (true, true) => {}
        }
    }
}
