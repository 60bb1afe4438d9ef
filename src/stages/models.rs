//! Models and tokenizers, found or fetched by name and loaded once a process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::pipeline::{ExtractSection, NamedFile, Pipeline, TokenizeSection};
use crate::assets::Catalogue;
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Events, Silent};
use crate::language::Model;
use crate::store;
use crate::tokens::{self, Tokenizer};

/// What is loaded so far. One for a process; tasks share it.
pub struct Models {
    cache: PathBuf,
    language: Slot<Model>,
    tokenizer: Slot<dyn Tokenizer>,
}

/// A value that is made once, by whoever asks first.
type Slot<T> = Mutex<Option<Arc<T>>>;

fn once<T: ?Sized>(slot: &Slot<T>, make: impl FnOnce() -> Result<Arc<T>>) -> Result<Arc<T>> {
    let mut slot = slot.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(made) = slot.as_ref() {
        return Ok(Arc::clone(made));
    }
    let made = make()?;
    *slot = Some(Arc::clone(&made));
    Ok(made)
}

impl Models {
    /// Nothing loaded yet; assets are kept in `cache`.
    pub fn new(cache: PathBuf) -> Models {
        Models { cache, language: Mutex::new(None), tokenizer: Mutex::new(None) }
    }

    /// Fetches and loads everything that these stages of a pipeline need, so that what is missing
    /// or broken is refused before anything runs.
    pub fn prepare(&self, pipeline: &Pipeline, stages: &[&str], events: &dyn Events) -> Result<()> {
        if stages.contains(&"extract") {
            self.load_language(&pipeline.extract, Some(&pipeline.named.model), events)?;
        }
        if stages.contains(&"tokenize") && pipeline.tokenize.tokenizer.is_some() {
            self.load_tokenizer(&pipeline.tokenize, pipeline.named.tokenizer.as_ref(), events)?;
        }
        Ok(())
    }

    /// The file of an asset's name or path; fetched if it is not in the cache.
    pub fn path(&self, name: &str, events: &dyn Events) -> Result<PathBuf> {
        let catalogue = Catalogue::embedded()?;
        if catalogue.get(name).is_none() {
            return Ok(Path::new(name).to_path_buf());
        }
        catalogue.fetch(name, &self.cache, &|text| events.send(Event::Note { text }))
    }

    /// The language model of a section; `named` is the one it has to be, in a run.
    pub fn language(
        &self,
        section: &ExtractSection,
        named: Option<&NamedFile>,
    ) -> Result<Arc<Model>> {
        self.load_language(section, named, &Silent)
    }

    fn load_language(
        &self,
        section: &ExtractSection,
        named: Option<&NamedFile>,
        events: &dyn Events,
    ) -> Result<Arc<Model>> {
        once(&self.language, || {
            let path = self.path(&section.model, events)?;
            let bytes = std::fs::read(&path)
                .map_err(|cause| Error::io("read the language model", &path, cause))?;
            if let Some(named) = named {
                self.is_named(&section.model, named, &path, "language model")?;
            }
            let model = Model::read(&bytes).map_err(|error| error.at_path(&path))?;
            let label = &section.language;
            if !model.labels().any(|known| known == label) {
                return Err(Error::new(
                    Kind::Config,
                    format!("the language model knows no label `{label}`"),
                )
                .at_path(&path)
                .help(
                    "set extract.language to one of the model's labels, such as ja, en, zh, ko",
                ));
            }
            Ok(Arc::new(model))
        })
    }

    /// The tokenizer of a section; `named` is the one it has to be, in a run.
    pub fn tokenizer(
        &self,
        section: &TokenizeSection,
        named: Option<&NamedFile>,
    ) -> Result<Arc<dyn Tokenizer>> {
        self.load_tokenizer(section, named, &Silent)
    }

    fn load_tokenizer(
        &self,
        section: &TokenizeSection,
        named: Option<&NamedFile>,
        events: &dyn Events,
    ) -> Result<Arc<dyn Tokenizer>> {
        once(&self.tokenizer, || {
            let name = section
                .tokenizer
                .as_deref()
                .ok_or_else(|| Error::bug("a tokenizer was asked for where none is named"))?;
            let path = self.path(name, events)?;
            if let Some(named) = named {
                self.is_named(name, named, &path, "tokenizer")?;
            }
            Ok(Arc::from(tokens::open(&path, &section.options()?)?))
        })
    }

    /// Checks that the file of a model is the one that the run began with. Of assets the bytes were
    /// compared with the catalogue when they were found.
    fn is_named(&self, name: &str, named: &NamedFile, path: &Path, what: &str) -> Result<()> {
        let now = match Catalogue::embedded()?.get(name) {
            Some(asset) => asset.sha256.clone(),
            None => {
                let failed = |cause| Error::io("read the model", path, cause);
                File::open(path).and_then(store::digest).map_err(failed)?.1
            }
        };
        if now == named.sha256 {
            return Ok(());
        }
        Err(Error::new(
            Kind::Config,
            format!(
                "the {what} is not the one that the run began with: SHA-256 {} then, {now} now",
                named.sha256
            ),
        )
        .at_path(path)
        .help("put the one it began with in its place, or start another run with --run DIR"))
    }
}
