//! `kuroshio verify`: whether the files of a run are still whole.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::show::number;
use super::{line, show};
use crate::error::{Error, Kind, Result};
use crate::run::{self, Run};
use crate::store::Store as _;

/// Check that every file of a run is still what was written: nothing missing, no byte changed
#[derive(Debug, Args)]
#[command(
    after_help = "Reads every file that the manifests of sealed stages and the markers of finished tasks name and\ncompares its size and SHA-256; token shards are read by their format as well. Exit code 65 if a\nfile is missing or damaged. With --repair the damaged files and the markers of their tasks are\nremoved: then the command that made the run makes them again.\n\nExamples:\n  kuroshio verify --run runs/quickstart\n  kuroshio verify --run runs/quickstart --json\n  kuroshio verify --run runs/quickstart --repair"
)]
pub(super) struct Arguments {
    /// The run directory
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Remove what is damaged, so that the next run makes it again
    #[arg(long)]
    repair: bool,
    /// Print JSON: tasks, files, bytes, problems, removed
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let run = Run::open(&arguments.run)?;
    let lock = arguments.repair.then(|| run::lock(&run.dir)).transpose()?;
    let found = run::verify(&run, &show::Progress::new(true))?;
    if let Some(lock) = &lock {
        run::repair(&run, &found, lock)?;
    }
    let place = |path: &String| run.store.place(path).display().to_string();
    let damaged: Vec<String> = found.removable.iter().map(place).collect();
    let removed: &[String] = if arguments.repair { &damaged } else { &[] };
    if arguments.json {
        let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
        let object = json!({
            "tasks": found.tasks,
            "files": found.files,
            "bytes": found.bytes,
            "problems": problems,
            "removed": removed,
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
        for path in removed {
            line(&format!("removed {path}"));
        }
    }
    match found.problems.len() {
        0 => Ok(()),
        _ if arguments.repair => {
            if !arguments.json {
                line("Run the command that made the run again: it makes what is missing.");
            }
            Ok(())
        }
        problems => {
            let error = Error::new(Kind::Data, format!("{problems} files are damaged"));
            let mut error = error.at_path(&run.dir).help(format!(
                "remove the damaged files and the markers named here (`kuroshio verify --run {} \
                 --repair` does that), then run the command that made the run again",
                run.dir.display()
            ));
            error.problems = found.problems;
            Err(error)
        }
    }
}
