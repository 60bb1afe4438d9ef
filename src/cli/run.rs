//! `kuroshio run`: every stage of a pipeline, resumable; and what the other commands share with it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::{line, show};
use crate::error::{Error, Result};
use crate::report::{self, StageCost, Summary};
use crate::run::{self, Drive, Lock, Run, StageTimes, known_stage};
use crate::stages::{Models, Pipeline, STAGES, pipeline};

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
    let driver = Driver::new(&arguments.drive)?;
    let PipelineArguments { pipeline, sets } = &arguments.pipeline;
    let run = open_run(pipeline, sets, arguments.run.as_deref(), &|pipeline| {
        driver.prepare(pipeline, |_| true)
    })?;
    driver.drive_and_report(&run)
}

/// Opens the run of a pipeline, making it if there is none. `check` is the last thing before that:
/// a run keeps what it began with, so everything wrong has to be refused first.
pub(super) fn open_run(
    path: &Path,
    sets: &[String],
    dir: Option<&Path>,
    check: &dyn Fn(&Pipeline) -> Result<()>,
) -> Result<Run> {
    let dir = match dir {
        Some(dir) => dir.to_path_buf(),
        None => Path::new("runs").join(path.file_stem().unwrap_or_default()),
    };
    if Run::exists(&dir) {
        let run = Run::open(&dir)?;
        run.refuse_other(&pipeline::load_again(path, sets, &run.pipeline)?)?;
        return Ok(run);
    }
    let loaded = pipeline::load(path, sets)?;
    check(&loaded)?;
    Run::create_or_open(&dir, &loaded)
}

/// Drives a run to its end and prints what came of it.
pub(super) struct Driver<'a> {
    arguments: &'a DriveArguments,
    until: usize,
    progress: show::Progress,
    models: Models,
}

impl Driver<'_> {
    /// Ready to drive; nothing is loaded yet.
    pub(super) fn new(arguments: &DriveArguments) -> Result<Driver<'_>> {
        let until = match &arguments.until {
            Some(name) => known_stage(name)?.0,
            None => STAGES.len() - 1,
        };
        let progress = show::Progress::new(arguments.quiet);
        Ok(Driver { arguments, until, progress, models: super::environment::models()? })
    }

    /// Loads the models that the stages in question need, each known by its place in the list.
    pub(super) fn prepare(
        &self,
        pipeline: &Pipeline,
        in_question: impl Fn(usize) -> bool,
    ) -> Result<()> {
        let stages: Vec<&str> = STAGES[..=self.until]
            .iter()
            .enumerate()
            .filter(|(at, _)| in_question(*at))
            .map(|(_, stage)| stage.name())
            .collect();
        self.models.prepare(pipeline, &stages, &self.progress)
    }

    /// Drives a run to its end, or to the stage that was asked for, and prints what came of it.
    pub(super) fn drive_and_report(&self, run: &Run) -> Result<()> {
        let sealed = run::sealed_stages(run)?;
        self.prepare(&run.pipeline, |at| run.owns(at) && !sealed.contains(&STAGES[at].name()))?;
        let lock = run::lock(&run.dir)?;
        let stored = stored_summary(run);
        let costs = Costs::new(stored.as_ref().map(|s| s.stages.clone()).unwrap_or_default());
        let threads = match self.arguments.threads {
            Some(threads) => usize::from(threads),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let (until, events) = (self.until, &self.progress);
        let how = Drive { threads, until, events, times: &costs };
        let done_now = match run::drive(run, &self.models, &how, &lock) {
            Ok(done_now) => done_now,
            Err(error) => {
                // That is what people must see, whatever becomes of the summary.
                let _ = summary_of(run, costs.so_far())
                    .and_then(|summary| store_summary(run, &summary, &lock));
                return Err(error);
            }
        };
        let summary = summary_of(run, costs.so_far())?;
        if stored.as_ref() != Some(&summary) {
            store_summary(run, &summary, &lock)?;
        }
        self.print(run, &summary, done_now)
    }

    fn print(&self, run: &Run, summary: &Summary, done_now: usize) -> Result<()> {
        if self.arguments.json {
            super::summary::print_json(run, summary);
            return Ok(());
        }
        if done_now == 0 {
            line(&format!("Nothing to do: every task of {} was done before.\n", run.dir.display()));
        }
        super::summary::print(run, summary, self.arguments.until.is_some())
    }
}

const SUMMARY_FILE: &str = "summary.json";

/// The summary of what is sealed so far, with the costs that were measured.
pub(super) fn current_summary(run: &Run) -> Result<Summary> {
    summary_of(run, stored_summary(run).map(|stored| stored.stages).unwrap_or_default())
}

fn summary_of(run: &Run, costs: BTreeMap<String, StageCost>) -> Result<Summary> {
    let sealed = run::sealed_stages(run)?;
    report::summarize(run, &sealed, costs, run.config_digest())
}

/// The summary that stands; none where it is missing or damaged.
fn stored_summary(run: &Run) -> Option<Summary> {
    let text = std::fs::read(run.dir.join(SUMMARY_FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Replaces `summary.json` as a whole: it holds times, so it is the one file that may change. Only
/// for the process that holds the run.
fn store_summary(run: &Run, summary: &Summary, _held: &Lock) -> Result<()> {
    let mut text = serde_json::to_string_pretty(summary)
        .map_err(|cause| Error::bug("cannot write the summary").caused_by(cause))?;
    text.push('\n');
    run.store.replace(SUMMARY_FILE, text.as_bytes())
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
