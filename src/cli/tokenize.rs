//! `kuroshio tokenize`: any files of JSON lines to Megatron shards, without a run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::show::{Progress, number};
use super::{environment, line};
use crate::assets::{AssetKind, Catalogue};
use crate::config::did_you_mean;
use crate::error::{Error, Kind, Place, Result};
use crate::event::{Event, Events};
use crate::stages::pipeline::{TokenFormat, TokenizeSection};
use crate::stages::{self, Counts, ShardFiles, TaskOutput, TextFile};
use crate::store::{self, Local};
use crate::tokens::Tokenizer;
use crate::tokens::megatron::TokenType;

/// Turn files of JSON lines into token shards for Megatron-LM
#[derive(Debug, Args)]
#[command(
    after_help = "One input file is one shard, one line is one document and one sequence. Shards are never\nreplaced: where the same shard stands it is left alone, where another stands the command\nfails, because Megatron keeps indexes of a shard by its name.\n\nExamples:\n  kuroshio tokenize --input corpus.jsonl.zst --tokenizer qwen3 --output tokens\n  kuroshio tokenize --input a.jsonl b.jsonl.gz --field content --tokenizer my.model --output tokens --threads 16\n  kuroshio tokenize --input corpus.jsonl --tokenizer my.model --bos '<s>' --eod '</s>' --arithmetic 0.2.3 --output tokens --json"
)]
pub(super) struct Arguments {
    /// Files of JSON lines (.jsonl, .jsonl.gz, .jsonl.zst), or patterns
    #[arg(long, value_name = "FILES", required = true, num_args = 1..)]
    input: Vec<String>,
    /// An asset's name, or the path of a SentencePiece .model or Hugging Face tokenizer.json
    #[arg(long, value_name = "TOKENIZER")]
    tokenizer: String,
    /// Directory for the shards; provenance goes to provenance/ in it
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// The field that holds the text
    #[arg(long, default_value = "text")]
    field: String,
    /// Name the shards NAME-00000, NAME-00001, … instead of after their files
    #[arg(long)]
    name: Option<String>,
    /// Which SentencePiece the ids of a Unigram .model equal: up to 0.2.1, or from 0.2.2 on
    #[arg(long, default_value = "0.2.0", value_parser = ["0.2.0", "0.2.3"])]
    arithmetic: String,
    /// Token that ends every document, by id or spelling [default: the tokenizer's own]
    #[arg(long, value_name = "TOKEN")]
    eod: Option<String>,
    /// Token that begins every document, by id or spelling [default: none]
    #[arg(long, value_name = "TOKEN")]
    bos: Option<String>,
    /// Files in flight (default: one a core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
    /// Print the summary as JSON on stdout
    #[arg(long)]
    json: bool,
}

/// A file to tokenize, and what its shard is called.
struct Job {
    path: PathBuf,
    size: u64,
    name: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let jobs = jobs(arguments)?;
    let progress = Progress::new(arguments.quiet);
    let section = TokenizeSection {
        tokenizer: Some(known(&arguments.tokenizer)?),
        format: TokenFormat::Megatron,
        arithmetic: arguments.arithmetic.clone(),
        eod: arguments.eod.as_deref().map(token),
        bos: arguments.bos.as_deref().map(token),
    };
    let models = environment::models()?;
    models.path(&arguments.tokenizer, &progress)?;
    let tokenizer = models.tokenizer(&section, None)?;
    if let Some(text) = stages::warning(&*tokenizer) {
        progress.send(Event::Note { text: &text });
    }
    let outputs = tokenize(arguments, &jobs, &*tokenizer, &progress)?;
    if arguments.json {
        let summary = summary(&jobs, &outputs, &*tokenizer);
        line(&serde_json::to_string_pretty(&summary).unwrap_or_default());
    } else {
        print(arguments, &outputs, &*tokenizer);
    }
    Ok(())
}

/// The files, each with a shard name of its own.
fn jobs(arguments: &Arguments) -> Result<Vec<Job>> {
    let files = store::expand_inputs(&arguments.input, stages::TEXT_ENDINGS)
        .map_err(Error::from_problems)?;
    let mut names = BTreeSet::new();
    let job = |(index, path): (usize, PathBuf)| {
        let own = path.to_string_lossy();
        let name = match &arguments.name {
            Some(name) => format!("{name}-{index:05}"),
            None => stages::name_of(&own).to_owned(),
        };
        let is_name = |c: char| !c.is_control() && c != '/';
        if name.starts_with('.') || !name.chars().all(is_name) {
            return Err(Error::new(Kind::Usage, format!("`{name}` is no name for a shard"))
                .at(Place::Argument("--name".to_owned())));
        }
        if !names.insert(name.clone()) {
            return Err(Error::new(
                Kind::Usage,
                format!("two files would become the shard `{name}`"),
            )
            .at_path(&path)
            .help("number the shards with --name NAME, or give the files separately"));
        }
        let size = store::open_input(&path)?.1;
        Ok(Job { path, size, name })
    };
    files.into_iter().enumerate().map(job).collect()
}

/// The name of a tokenizer, if there is one of that name or path.
fn known(name: &str) -> Result<String> {
    let catalogue = Catalogue::embedded()?;
    let refused = |message: String| {
        Err(Error::new(Kind::Config, message).at(Place::Argument("--tokenizer".to_owned())))
    };
    match catalogue.get(name) {
        Some(asset) if asset.kind == AssetKind::Tokenizer => return Ok(name.to_owned()),
        Some(asset) => {
            return refused(format!("`{name}` is a {}, not a tokenizer", asset.kind.name()));
        }
        None if Path::new(name).is_file() => return Ok(name.to_owned()),
        None => {}
    }
    let names: Vec<&str> = catalogue.list().iter().map(|asset| asset.name.as_str()).collect();
    Err(Error::new(Kind::Config, format!("`{name}` is neither an asset nor a file"))
        .at(Place::Argument("--tokenizer".to_owned()))
        .help(format!("{}; `kuroshio assets list` shows them", did_you_mean(name, &names))))
}

/// A token as given: digits are an id, anything else is a spelling.
fn token(argument: &str) -> toml::Value {
    match argument.parse() {
        Ok(id) => toml::Value::Integer(id),
        Err(_) => toml::Value::String(argument.to_owned()),
    }
}

fn tokenize(
    arguments: &Arguments,
    jobs: &[Job],
    tokenizer: &dyn Tokenizer,
    progress: &Progress,
) -> Result<Vec<TaskOutput>> {
    const STAGE: &str = "tokenize";
    let store = Local::new(&arguments.output);
    let threads = match arguments.threads {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|cause| Error::new(Kind::Again, "cannot start threads").caused_by(cause))?;
    let bytes = jobs.iter().map(|job| job.size).sum();
    progress.send(Event::StageStarted { stage: STAGE, tasks: jobs.len(), done: 0, bytes });
    let one = |(index, job): (usize, &Job)| {
        let advance =
            |records, bytes| progress.send(Event::Advanced { stage: STAGE, records, bytes });
        let texts = TextFile {
            reader: store::open_input(&job.path)?.0,
            place: &job.path,
            field: &arguments.field,
        };
        let files = ShardFiles::new("", &job.name);
        let output = stages::tokenize_shard(texts, tokenizer, &store, &files, &advance)
            .map_err(|error| not_replaced(error, &arguments.output))?;
        progress.send(Event::TaskFinished { stage: STAGE, index });
        Ok(output)
    };
    // Ends with the first failure, without beginning other files.
    let outputs: Result<Vec<TaskOutput>> =
        pool.install(|| jobs.par_iter().enumerate().map(one).collect());
    let outputs = outputs?;
    progress.send(Event::StageFinished { stage: STAGE });
    Ok(outputs)
}

/// A store finds other bytes under the same name. In a run that is a bug; here it is another shard.
fn not_replaced(error: Error, output: &Path) -> Error {
    let taken = match &error.place {
        Some(Place::Path(path)) => path.starts_with(output) && path.exists(),
        _ => false,
    };
    if error.kind != Kind::Bug || !taken {
        return error;
    }
    let place = error.place;
    let mut refused = Error::new(Kind::Config, "another token shard stands there").help(
        "choose another --output or --name: Megatron keeps indexes of a shard by its name, so shards \
         are never replaced",
    );
    refused.place = place;
    refused
}

fn totals(outputs: &[TaskOutput]) -> Counts {
    let mut totals = Counts::new();
    for (name, count) in outputs.iter().flat_map(|output| &output.counts) {
        stages::add(&mut totals, name, *count);
    }
    totals
}

/// The name of the type that ids are stored as.
fn type_name(tokenizer: &dyn Tokenizer) -> &'static str {
    match TokenType::of(tokenizer.vocabulary_size()) {
        TokenType::U16 => "u16",
        TokenType::I32 => "i32",
    }
}

fn summary(jobs: &[Job], outputs: &[TaskOutput], tokenizer: &dyn Tokenizer) -> Value {
    let marks = tokenizer.marks();
    let shard = |(job, output): (&Job, &TaskOutput)| {
        json!({
            "input": job.path.display().to_string(),
            "name": job.name,
            "files": output.outputs,
            "counts": output.counts,
        })
    };
    json!({
        "vocabulary_size": tokenizer.vocabulary_size(),
        "type": type_name(tokenizer),
        "eod": marks.eod,
        "bos": marks.bos,
        "totals": totals(outputs),
        "shards": jobs.iter().zip(outputs).map(shard).collect::<Vec<_>>(),
    })
}

fn print(arguments: &Arguments, outputs: &[TaskOutput], tokenizer: &dyn Tokenizer) {
    let totals = totals(outputs);
    let count = |name: &str| totals.get(name).copied().unwrap_or(0);
    let row = |name: &str, count: u64, remark: &str| {
        line(format!("{name:<12} {:>15}  {remark}", number(count)).trim_end());
    };
    let each = count("bytes") as f64 / count("tokens").max(1) as f64;
    row("documents", count("documents"), "");
    row("tokens", count("tokens"), &format!("{each:.2} bytes of text a token"));
    if count("empty") > 0 {
        row("empty", count("empty"), "texts without a token were left out");
    }
    if count("special") > 0 {
        row("special", count("special"), "tokens that texts spell out, such as an end of text");
    }
    let marks = tokenizer.marks();
    let begins = marks.bos.map_or(String::new(), |bos| format!(" begins with token {bos} and"));
    line(&format!(
        "\nEvery document{begins} ends with token {}; ids are stored as {} of a vocabulary of {}.",
        marks.eod,
        type_name(tokenizer),
        number(u64::from(tokenizer.vocabulary_size()))
    ));
    let written = outputs.iter().filter(|output| !output.outputs.is_empty()).count();
    line(&format!("Shards in {}: {written}", arguments.output.display()));
}
