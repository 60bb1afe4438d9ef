//! Reading a pipeline: everything that is checked before anything runs (missing files, unknown
//! names, impossible values), with all problems at once.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{
    ExtractSection, Named, NamedFile, Pipeline, SECTIONS, TokenizeSection, WARC_ENDINGS,
    signal_specs,
};
use crate::assets::{AssetKind, Catalogue};
use crate::chain::{self, Chain, SignalSpec};
use crate::config::{self, Resolved, Section, Table, Value};
use crate::error::{Error, Kind, Place, Problem, Result};
use crate::{signals, store};

/// Reads and checks a pipeline file with its overrides, its input files and the chain it names.
pub fn load(path: &Path, sets: &[String]) -> Result<Pipeline> {
    let mut check = Check::new(path, &read_config(path)?, sets)?;
    check.inputs();
    let chain = check.named_chain();
    let models = check.models(None)?;
    check.finish(chain, models)
}

/// Reads a pipeline file with its overrides for a run that began with `frozen`. What it names under
/// the same name as then need not be there any more: it is taken to be what it was.
pub fn load_again(path: &Path, sets: &[String], frozen: &Pipeline) -> Result<Pipeline> {
    let mut check = Check::new(path, &read_config(path)?, sets)?;
    let chain = check.chain_again(frozen);
    let models = check.models(Some((frozen, Trust::WhereMissing)))?;
    check.finish(chain, models)
}

/// The frozen pipeline in `path` with overrides of `[select]` and `[tokenize]`; the chain is the
/// frozen one unless an override names another.
pub fn reload(path: &Path, sets: &[String], frozen: &Pipeline) -> Result<Pipeline> {
    let mut check = Check::new(path, &read_config(path)?, sets)?;
    check.only_selection_differs(frozen);
    let own_chain = sets.iter().any(|set| set.trim_start().starts_with("select.chain"));
    let chain = if own_chain {
        check.named_chain()
    } else {
        check.has_profile(&frozen.chain);
        Some((frozen.chain.clone(), frozen.chain_text.clone()))
    };
    let models = check.models(Some((frozen, Trust::Always)))?;
    check.finish(chain, models)
}

/// A frozen pipeline: `text` is what stands in `path`, `chain` the frozen filter chain, `named` what
/// both name. Nothing outside of these is looked at.
pub fn read_frozen(path: &Path, text: &str, chain: &str, named: &Named) -> Result<Pipeline> {
    let mut check = Check::new(path, text, &[])?;
    let unchecked =
        signal_specs().into_iter().map(|spec| SignalSpec { check: |_, _| Ok(()), ..spec });
    let parsed = check.chain(chain, &unchecked.collect::<Vec<_>>());
    let chain =
        parsed.map(|parsed| (Chain { lists: named.lists.clone(), ..parsed }, chain.to_owned()));
    check.finish(chain, (Some(named.model.clone()), named.tokenizer.clone()))
}

/// The section `[extract]` with its defaults and overrides of it, without any pipeline file.
pub fn extract_section(sets: &[String]) -> Result<ExtractSection> {
    let (mut table, mut problems) = (Table::default(), Vec::new());
    for argument in sets {
        problems.extend(config::apply_set(&mut table, argument).err());
    }
    let sections: Vec<Section> =
        SECTIONS.iter().filter(|section| section.name == "extract").copied().collect();
    let place = Place::Argument("--set".to_owned());
    let resolved = config::resolve(&place, &table, &sections, &mut problems);
    if problems.is_empty() {
        config::section(&resolved, "extract")
    } else {
        Err(Error::from_problems(problems))
    }
}

/// When what a run began with stands for what a pipeline names under the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Always,
    WhereMissing,
}

/// The language model and the tokenizer; none where there is a problem, or no tokenizer.
type Models = (Option<NamedFile>, Option<NamedFile>);

/// A pipeline file being checked.
struct Check {
    file: Place,
    table: Table,
    resolved: Resolved,
    problems: Vec<Problem>,
}

impl Check {
    fn new(path: &Path, text: &str, sets: &[String]) -> Result<Check> {
        let mut table = config::parse(path, text).map_err(Error::from_problems)?;
        let mut problems = Vec::new();
        for argument in sets {
            if let Err(problem) = config::apply_set(&mut table, argument) {
                problems.push(problem);
            }
        }
        let file = Place::Path(path.to_path_buf());
        let resolved = config::resolve(&file, &table, SECTIONS, &mut problems);
        Ok(Check { file, table, resolved, problems })
    }

    /// Where a key was given, else the file.
    fn place(&self, section: &str, key: &str) -> Place {
        let given = self.table.get(section).and_then(|section| match &section.value {
            Value::Table(keys) => keys.get(key),
            _ => None,
        });
        given.map_or_else(|| self.file.clone(), |node| node.place.clone())
    }

    fn text(&self, section: &str, key: &str) -> Option<String> {
        self.resolved[section].get(key).and_then(toml::Value::as_str).map(str::to_owned)
    }

    fn problem(&mut self, section: &str, key: &str, message: String, help: Option<String>) {
        let place = Some(self.place(section, key));
        self.problems.push(Problem { place, message, help });
    }

    /// Every input must lead to files, and every file must open.
    fn inputs(&mut self) {
        let Some(entries) = self.resolved["input"].get("warc").and_then(toml::Value::as_array)
        else {
            return;
        };
        let entries: Vec<String> =
            entries.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect();
        match store::expand_inputs(&entries, WARC_ENDINGS) {
            Ok(files) => {
                for file in files {
                    let place = file.display();
                    let (message, help) = if !file.is_file() {
                        (format!("`{place}` is no regular file"), "write it to a file first")
                    } else if let Err(cause) = File::open(&file) {
                        let help = "check its permissions and those of the directories above it";
                        (format!("cannot open `{place}`: {cause}"), help)
                    } else {
                        continue;
                    };
                    self.problem("input", "warc", message, Some(help.to_owned()));
                }
            }
            Err(problems) => {
                for problem in problems {
                    self.problem("input", "warc", problem.message, problem.help);
                }
            }
        }
    }

    /// The chain in the file that the pipeline names, with the lists that it names.
    fn named_chain(&mut self) -> Option<(Chain, String)> {
        let name = self.text("select", "chain")?;
        match std::fs::read_to_string(&name) {
            Ok(text) => {
                let chain = self.chain(&text, &signal_specs())?;
                Some((self.with_lists(chain)?, text))
            }
            Err(cause) => {
                let help = format!(
                    "paths are relative to the working directory{}",
                    nearby_files(Path::new(&name))
                );
                let message = format!("cannot read the filter chain `{name}`: {cause}");
                self.problem("select", "chain", message, Some(help));
                None
            }
        }
    }

    fn chain(&mut self, text: &str, specs: &[SignalSpec]) -> Option<Chain> {
        let name = self.text("select", "chain")?;
        match chain::parse(Path::new(&name), text, specs) {
            Ok(chain) => {
                self.has_profile(&chain);
                Some(chain)
            }
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    fn has_profile(&mut self, chain: &Chain) {
        if let Some(profile) = self.text("select", "profile")
            && !chain.tiers.contains(&profile)
        {
            let tiers: Vec<&str> = chain.tiers.iter().map(String::as_str).collect();
            let message = format!("the chain has no tier `{profile}`");
            let help = config::did_you_mean(&profile, &tiers);
            self.problem("select", "profile", message, Some(help));
        }
    }

    /// The chain with the user's word lists that it names.
    fn with_lists(&mut self, mut chain: Chain) -> Option<Chain> {
        for column in &chain.columns {
            if signals::find(&column.signal).is_none() {
                continue;
            }
            match signals::read_lists(&column.signal, &column.parameters) {
                Ok(lists) => chain.lists.extend(lists),
                Err(error) => {
                    self.problem("select", "chain", error.message, error.help);
                    return None;
                }
            }
        }
        Some(chain)
    }

    /// The chain of a run that stands, with the text and the lists that now lie under its names.
    /// Another text is not read any further: it is refused as such.
    fn chain_again(&mut self, frozen: &Pipeline) -> Option<(Chain, String)> {
        let name = self.text("select", "chain")?;
        let mut chain = frozen.chain.clone();
        let text = std::fs::read_to_string(&name).unwrap_or_else(|_| frozen.chain_text.clone());
        for (list, content) in &mut chain.lists {
            if let Ok(now) = std::fs::read_to_string(list) {
                *content = now;
            }
        }
        Some((chain, text))
    }

    /// A selection reads stored columns, so what they depend on cannot change.
    fn only_selection_differs(&mut self, frozen: &Pipeline) {
        let differing = config::differences(&frozen.resolved, &self.resolved);
        let outside = differing
            .into_iter()
            .filter(|(key, _, _)| !key.starts_with("select.") && !key.starts_with("tokenize."));
        self.problems.extend(outside.map(|(key, _, _)| Problem {
            place: Some(Place::Argument(format!("--set {key}=…"))),
            message: format!("`{key}` cannot change over stored columns"),
            help: Some(
                "only keys of [select] and [tokenize] can; else start another run".to_owned(),
            ),
        }));
    }

    fn name_is_part_of_a_file_name(&mut self) {
        if let Some(name) = self.text("select", "name")
            && (name.starts_with(['.', '-'])
                || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)))
        {
            let message = format!("`select.name` is `{name}`, which is no part of a file name");
            let help = "letters, digits and `_` are allowed, behind the first also `-` and `.`";
            self.problem("select", "name", message, Some(help.to_owned()));
        }
    }

    /// The models that the pipeline names; `frozen` is what a run began with, and when that counts.
    fn models(&mut self, frozen: Option<(&Pipeline, Trust)>) -> Result<Models> {
        let before = |pipeline: &Pipeline, section: &str, key: &str| {
            pipeline.resolved[section].get(key).and_then(toml::Value::as_str).map(str::to_owned)
        };
        let catalogue = Catalogue::embedded()?;
        let mut model = |section: &str, key: &str, kind: AssetKind| {
            let Some(name) = self.text(section, key) else { return Ok(None) };
            let known = frozen
                .filter(|(pipeline, _)| before(pipeline, section, key).as_ref() == Some(&name))
                .and_then(|(pipeline, trust)| {
                    let known = match kind {
                        AssetKind::LanguageModel => Some(&pipeline.named.model),
                        AssetKind::Tokenizer => pipeline.named.tokenizer.as_ref(),
                    };
                    Some((known?, trust))
                });
            match known {
                Some((known, Trust::Always)) => Ok(Some(known.clone())),
                Some((known, Trust::WhereMissing)) => {
                    self.model(&catalogue, (section, key, kind), &name, Some(known))
                }
                None => self.model(&catalogue, (section, key, kind), &name, None),
            }
        };
        Ok((
            model("extract", "model", AssetKind::LanguageModel)?,
            model("tokenize", "tokenizer", AssetKind::Tokenizer)?,
        ))
    }

    /// The asset or file `name` that a key names; `missing` stands for a file that is not there.
    fn model(
        &mut self,
        catalogue: &Catalogue,
        (section, key, kind): (&str, &str, AssetKind),
        name: &str,
        missing: Option<&NamedFile>,
    ) -> Result<Option<NamedFile>> {
        let of_kind = || -> Vec<&str> {
            let assets = catalogue.list().iter().filter(|asset| asset.kind == kind);
            assets.map(|asset| asset.name.as_str()).collect()
        };
        if let Some(asset) = catalogue.get(name) {
            if asset.kind == kind {
                return Ok(Some(NamedFile { sha256: asset.sha256.clone(), path: None }));
            }
            let message = format!("`{name}` is a {}, not a {}", asset.kind.name(), kind.name());
            let help = format!("there are {}", of_kind().join(", "));
            self.problem(section, key, message, Some(help));
            return Ok(None);
        }
        let path = Path::new(name);
        if path.is_file() {
            let failed = |cause| Error::io("read the model", path, cause);
            let (_, sha256) = File::open(path).and_then(store::digest).map_err(failed)?;
            let absolute = std::path::absolute(path).map_err(failed)?;
            return Ok(Some(NamedFile { sha256, path: Some(absolute.display().to_string()) }));
        }
        if let Some(missing) = missing {
            return Ok(Some(missing.clone()));
        }
        let help = format!(
            "{}; `kuroshio assets list` shows them",
            config::did_you_mean(name, &of_kind())
        );
        let message = format!("`{name}` is neither an asset nor a file");
        self.problem(section, key, message, Some(help));
        Ok(None)
    }

    fn finish(mut self, chain: Option<(Chain, String)>, models: Models) -> Result<Pipeline> {
        self.name_is_part_of_a_file_name();
        if !self.problems.is_empty() {
            return Err(Error::from_problems(self.problems));
        }
        let (Some((chain, chain_text)), (Some(model), tokenizer)) = (chain, models) else {
            return Err(Error::bug("a pipeline without chain or model had no problem"));
        };
        let resolved = self.resolved;
        let mut extract: ExtractSection = config::section(&resolved, "extract")?;
        let mut tokenize: TokenizeSection = config::section(&resolved, "tokenize")?;
        // A task may run in any directory.
        if let Some(path) = &model.path {
            extract.model.clone_from(path);
        }
        if let Some(path) = tokenizer.as_ref().and_then(|tokenizer| tokenizer.path.as_ref()) {
            tokenize.tokenizer = Some(path.clone());
        }
        let lists = chain.lists.clone();
        Ok(Pipeline {
            input: config::section(&resolved, "input")?,
            extract,
            dedup: config::section(&resolved, "dedup")?,
            select: config::section(&resolved, "select")?,
            tokenize,
            chain,
            chain_text,
            resolved,
            named: Named { model, tokenizer, lists },
        })
    }
}

/// The text of a configuration file.
fn read_config(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|cause| {
        Error::new(Kind::Config, "cannot read the pipeline file")
            .at_path(path)
            .caused_by(cause)
            .help(format!("check the path{}", nearby_files(path)))
    })
}

/// "; there are: a.toml, b.toml" for the directory where `path` was looked for.
fn nearby_files(path: &Path) -> String {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let Ok(entries) = std::fs::read_dir(&folder) else { return String::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| path.display().to_string())
        .collect();
    names.sort();
    names.truncate(8);
    if names.is_empty() { String::new() } else { format!("; there are: {}", names.join(", ")) }
}
