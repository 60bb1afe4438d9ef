//! The beginning of a run: its configuration and whatever that names are frozen, `pipeline.toml`
//! last. A directory without it has not begun, whatever else an interrupted attempt left in it.

use std::io::Write as _;
use std::path::Path;

use super::lock::{LOCK_FILE, lock};
use super::{BASE_FILE, CHAIN_FILE, NAMED_FILE, PIPELINE_FILE, Run};
use crate::config;
use crate::error::{Error, Kind, Place, Problem, Result};
use crate::stages::Pipeline;
use crate::stages::pipeline::NamedFile;
use crate::store::{Local, Store, put_json_if_absent};

impl Run {
    /// Opens the run in `dir` for `pipeline`: makes it if there is none, and refuses another
    /// configuration than the frozen one. Everything else that could be refused has to be checked
    /// before, because a run keeps what it began with.
    pub fn create_or_open(dir: &Path, pipeline: &Pipeline) -> Result<Run> {
        Run::create(dir, pipeline, None)
    }

    pub(super) fn create(dir: &Path, pipeline: &Pipeline, base: Option<&Path>) -> Result<Run> {
        if !Run::exists(dir) {
            std::fs::create_dir_all(dir)
                .map_err(|cause| Error::io("make the run directory", dir, cause))?;
            freeze(dir, pipeline, base)?;
        }
        let run = Run::open(dir)?;
        run.refuse_other(pipeline)?;
        Ok(run)
    }

    /// Refuses another configuration than the frozen one, naming every key that differs.
    pub fn refuse_other(&self, now: &Pipeline) -> Result<()> {
        let (frozen, dir) = (&self.pipeline, &self.dir);
        let mut problems = Vec::new();
        let mut problem = |file: &str, message: String| {
            let place = Some(Place::Path(dir.join(file)));
            problems.push(Problem { place, message, help: None });
        };
        for (key, before, after) in config::differences(&frozen.resolved, &now.resolved) {
            let side = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
            let (before, after) = (side(before), side(after));
            problem(PIPELINE_FILE, format!("`{key}` is {before} in the run, now {after}"));
        }
        if frozen.chain_text == now.chain_text {
            for (list, text) in &frozen.named.lists {
                if now.named.lists.get(list) != Some(text) {
                    let message = format!("the word list `{list}` has changed since the run began");
                    problem(NAMED_FILE, message);
                }
            }
        } else {
            let chain = &now.select.chain;
            let message = format!("the filter chain `{chain}` has changed since the run began");
            problem(CHAIN_FILE, message);
        }
        let names = |pipeline: &Pipeline, section: &str, key: &str| {
            pipeline.resolved[section].get(key).map(ToString::to_string)
        };
        let tokenizers = (frozen.named.tokenizer.as_ref(), now.named.tokenizer.as_ref());
        for (section, key, before, after) in [
            ("extract", "model", Some(&frozen.named.model), Some(&now.named.model)),
            ("tokenize", "tokenizer", tokenizers.0, tokenizers.1),
        ] {
            let name = names(frozen, section, key);
            let digest = |file: Option<&NamedFile>| file.map(|file| file.sha256.clone());
            if name == names(now, section, key) && digest(before) != digest(after) {
                let message = format!(
                    "the file of `{section}.{key}`, {}, has changed since the run began: \
                     SHA-256 {} then, {} now",
                    name.unwrap_or_default(),
                    digest(before).unwrap_or_default(),
                    digest(after).unwrap_or_default(),
                );
                problem(NAMED_FILE, message);
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::from_problems(problems).help(format!(
            "start another run with --run DIR, or decide again over this one's columns with \
             `kuroshio select --run {} --set …`",
            dir.display()
        )))
    }
}

/// Freezes a configuration in `dir`, in the place of what an interrupted attempt at it left.
fn freeze(dir: &Path, pipeline: &Pipeline, base: Option<&Path>) -> Result<()> {
    let begun_before = dir.join(LOCK_FILE).exists();
    let _lock = lock(dir)?;
    if Run::exists(dir) {
        return Ok(());
    }
    let store = Local::new(dir);
    for file in [BASE_FILE, CHAIN_FILE, NAMED_FILE] {
        if !begun_before && store.size(file)?.is_some() {
            return Err(Error::new(Kind::Config, format!("`{file}` stands there, and no run"))
                .at_path(dir)
                .help("it is not overwritten; choose another directory with --run DIR"));
        }
        store.remove(file)?;
    }
    if let Some(base) = base {
        put_json_if_absent(&store, BASE_FILE, &base)?;
    }
    put_text(&store, CHAIN_FILE, &pipeline.chain_text)?;
    put_json_if_absent(&store, NAMED_FILE, &pipeline.named)?;
    let values = toml::to_string(&pipeline.resolved)
        .map_err(|cause| Error::bug("cannot write the resolved configuration").caused_by(cause))?;
    let text = format!(
        "# The configuration of this run, every key with its value; frozen when the run began.\n\
         # The filter chain stands beside it in {CHAIN_FILE}.\n\n{values}"
    );
    put_text(&store, PIPELINE_FILE, &text)
}

fn put_text(store: &Local, path: &str, text: &str) -> Result<()> {
    let mut staged = store.create(path)?;
    staged
        .write_all(text.as_bytes())
        .map_err(|cause| Error::io("write", &store.place(path), cause))?;
    staged.commit().map(drop)
}
