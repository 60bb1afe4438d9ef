//! `kuroshio run`: every stage of a pipeline, resumable; and what the other commands share with it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::{line, show};
use crate::error::{Error, Result};
use crate::report::{self, StageCost, Summary};
use crate::run::{self, Drive, Run, StageTimes, known_stage};
use crate::stages::{STAGES, pipeline};

/// A pipeline file with its overrides.
#[derive(Debug, Args)]
pub(super) struct PipelineArguments {
    /// The pipeline file
    pub(super) pipeline: PathBuf,
    /// Override a key; VALUE is TOML, a bare word is a text; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) sets: Vec<String>,
}

/// How much is shown, and how many tasks are in flight.
#[derive(Debug, Args)]
pub(super) struct DriveArguments {
    /// Stop after this stage
    #[arg(long, value_name = "STAGE")]
    pub(super) until: Option<String>,
    /// Tasks in flight (default: one a core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Show no progress
    #[arg(long)]
    pub(super) quiet: bool,
    /// Print the summary as JSON on stdout
    #[arg(long)]
    pub(super) json: bool,
}

/// Run every stage of a pipeline; the same command resumes a run that was stopped
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kuroshio run pipelines/quickstart.toml\n  kuroshio run my.toml --run /data/run1 --threads 16 --until measure\n  kuroshio run my.toml --set extract.min_score=0.65 --set select.profile=strict --json"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArguments,
    /// Where the run lies (default: in runs/, named like the pipeline file)
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    #[command(flatten)]
    drive: DriveArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let run = open_run(&arguments.pipeline, arguments.run.as_deref())?;
    drive_and_report(&run, &arguments.drive)
}

/// Opens the run of a pipeline, making it if there is none.
pub(super) fn open_run(arguments: &PipelineArguments, dir: Option<&Path>) -> Result<Run> {
    let loaded = pipeline::load(&arguments.pipeline, &arguments.sets)?;
    let dir = match dir {
        Some(dir) => dir.to_path_buf(),
        None => Path::new("runs").join(arguments.pipeline.file_stem().unwrap_or_default()),
    };
    Run::create_or_open(&dir, loaded)
}

/// Drives a run to its end and prints what came of it.
pub(super) fn drive_and_report(run: &Run, arguments: &DriveArguments) -> Result<()> {
    let until = match &arguments.until {
        Some(name) => known_stage(name)?.0,
        None => STAGES.len() - 1,
    };
    let threads = match arguments.threads {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let progress = show::Progress::new(arguments.quiet);
    let costs = Costs::new(stored_costs(run));
    let models = super::environment::models()?;
    let stages: Vec<&str> = STAGES[..=until]
        .iter()
        .enumerate()
        .filter(|(at, _)| run.owns(*at))
        .map(|(_, stage)| stage.name())
        .collect();
    models.prepare(&run.pipeline, &stages, &progress)?;
    let how = Drive { threads, until, events: &progress, times: &costs };
    let outcome = run::drive(run, &models, &how);
    let summary = summary_of(run, costs.so_far())?;
    let done_now = match outcome {
        Ok(done_now) => done_now,
        Err(error) => {
            store_summary(run, &summary)?;
            return Err(error);
        }
    };
    if done_now > 0 || !run.dir.join(SUMMARY_FILE).exists() {
        store_summary(run, &summary)?;
    }
    if arguments.json {
        super::summary::print_json(run, &summary);
    } else {
        if done_now == 0 {
            line(&format!("Nothing to do: every task of {} was done before.\n", run.dir.display()));
        }
        super::summary::print(run, &summary, arguments.until.is_some())?;
    }
    Ok(())
}

const SUMMARY_FILE: &str = "summary.json";

/// The summary of what is sealed so far, with the costs that were measured.
pub(super) fn current_summary(run: &Run) -> Result<Summary> {
    summary_of(run, stored_costs(run))
}

fn summary_of(run: &Run, costs: BTreeMap<String, StageCost>) -> Result<Summary> {
    let sealed = run::sealed_stages(run)?;
    report::summarize(run, &sealed, costs, run.config_digest())
}

fn stored_costs(run: &Run) -> BTreeMap<String, StageCost> {
    std::fs::read(run.dir.join(SUMMARY_FILE))
        .ok()
        .and_then(|text| serde_json::from_slice::<Summary>(&text).ok())
        .map(|summary| summary.stages)
        .unwrap_or_default()
}

/// Replaces `summary.json` as a whole: it holds times, so it is the one file that may change.
fn store_summary(run: &Run, summary: &Summary) -> Result<()> {
    let path = run.dir.join(SUMMARY_FILE);
    let mut text = serde_json::to_string_pretty(summary)
        .map_err(|cause| Error::bug("cannot write the summary").caused_by(cause))?;
    text.push('\n');
    let failed = |cause| Error::io("write the summary", &path, cause);
    let mut file = tempfile::Builder::new()
        .prefix(".tmp-summary-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(&run.dir)
        .map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    file.persist(&path).map_err(|cause| failed(cause.error))?;
    Ok(())
}

/// Measures what the stages cost.
struct Costs {
    costs: RefCell<BTreeMap<String, StageCost>>,
    begun: RefCell<Option<(Instant, f64)>>,
}

impl Costs {
    fn new(before: BTreeMap<String, StageCost>) -> Costs {
        Costs { costs: RefCell::new(before), begun: RefCell::new(None) }
    }

    fn so_far(&self) -> BTreeMap<String, StageCost> {
        self.costs.borrow().clone()
    }
}

impl StageTimes for Costs {
    fn begin(&self, _: &str) {
        *self.begun.borrow_mut() =
            Some((Instant::now(), super::process::cpu_seconds().unwrap_or(0.0)));
    }

    fn end(&self, stage: &str, _: usize) {
        let Some((begun, cpu)) = self.begun.borrow_mut().take() else { return };
        let mut costs = self.costs.borrow_mut();
        let cost = costs.entry(stage.to_owned()).or_default();
        let round = |seconds: f64| (seconds * 100.0).round() / 100.0;
        cost.wall_s = Some(round(cost.wall_s.unwrap_or(0.0) + begun.elapsed().as_secs_f64()));
        if let Some(now) = super::process::cpu_seconds() {
            cost.cpu_s = Some(round(cost.cpu_s.unwrap_or(0.0) + now - cpu));
        }
        cost.peak_rss_bytes = super::process::peak_rss_bytes().max(cost.peak_rss_bytes);
    }
}
