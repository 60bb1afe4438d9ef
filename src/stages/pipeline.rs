//! The pipeline file as a whole: its sections, their types, and everything that is checked before
//! anything runs (missing files, unknown names, impossible values, all at once).

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::assets::Catalogue;
use crate::chain::{self, Chain, SignalSpec};
use crate::config::{self, Key, KeyKind, Resolved, Section};
use crate::error::{Error, Kind, Place, Problem, Result};

/// Where the WARC records come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSection {
    /// Files, directories and globs.
    pub warc: Vec<String>,
}

const INPUT: &[Key] = &[Key {
    name: "warc",
    kind: KeyKind::TextList,
    default: None,
    required: true,
    unit: "",
    summary: "WARC files, directories that hold some, and globs; relative to the working directory. \
              One file is one task and one shard.",
}];

/// How pages become documents.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractSection {
    /// Label of the language to keep.
    pub language: String,
    /// Least probability of that label.
    pub min_score: f64,
    /// The language model: an asset's name or a path.
    pub model: String,
    /// What happens to paragraphs that are no main content.
    pub main_content: MainContent,
    /// Largest unpacked record, as a size.
    pub max_record: String,
}

/// What happens to paragraphs that are no main content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MainContent {
    /// They are not looked for.
    Off,
    /// They are marked.
    Mark,
    /// They are left out of the documents.
    Drop,
}

const EXTRACT: &[Key] = &[
    Key {
        name: "language",
        kind: KeyKind::Text,
        default: Some("\"ja\""),
        required: false,
        unit: "",
        summary: "Label of the language to keep, as the language model names it. The byte pre-screen \
                  works for `ja` and is off for every other language.",
    },
    Key {
        name: "min_score",
        kind: KeyKind::Number(0.0, 1.0),
        default: Some("0.5"),
        required: false,
        unit: "probability",
        summary: "Least probability of that label.",
    },
    Key {
        name: "model",
        kind: KeyKind::Text,
        default: Some("\"lid.176\""),
        required: false,
        unit: "",
        summary: "fastText model for language identification: an asset's name or a path.",
    },
    Key {
        name: "main_content",
        kind: KeyKind::Choice(&["off", "mark", "drop"]),
        default: Some("\"mark\""),
        required: false,
        unit: "",
        summary: "Whether boilerplate paragraphs are looked for and marked, or left out at once. \
                  Marked paragraphs can be dropped by the chain's edit `drop_boilerplate`.",
    },
    Key {
        name: "max_record",
        kind: KeyKind::Size,
        default: Some("\"64 MiB\""),
        required: false,
        unit: "bytes unpacked",
        summary: "Larger records end as `too_large`; bounds the memory of a task.",
    },
];

/// How duplicates are found and who stays.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DedupSection {
    /// Whether documents with the same exact form count as duplicates.
    pub exact: bool,
    /// Which document of a cluster stays.
    pub keep: Keep,
    /// Memory for sorting, as a size.
    pub memory: String,
}

/// Which document of a cluster stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The one with the latest WARC-Date.
    Newest,
    /// The one with the most characters.
    Longest,
    /// The first in input order.
    First,
}

const DEDUP: &[Key] = &[
    Key {
        name: "exact",
        kind: KeyKind::Bool,
        default: Some("true"),
        required: false,
        unit: "",
        summary: "Label documents whose text is the same up to width, case, white space and \
                  punctuation (the exact form).",
    },
    Key {
        name: "keep",
        kind: KeyKind::Choice(&["newest", "longest", "first"]),
        default: Some("\"newest\""),
        required: false,
        unit: "",
        summary: "Which document of a cluster stays; ties go to the first in input order.",
    },
    Key {
        name: "memory",
        kind: KeyKind::Size,
        default: Some("\"64 MiB\""),
        required: false,
        unit: "bytes",
        summary: "Memory for sorting signatures; what does not fit goes through temporary files. \
                  Changes no output.",
    },
];

/// What is delivered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectSection {
    /// The filter chain file.
    pub chain: String,
    /// Which tier of the chain's bounds decides.
    pub profile: String,
    /// First part of the names of corpus and token shards.
    pub name: String,
    /// Target size of a corpus shard, text before compression, as a size.
    pub shard_size: String,
    /// Whether dropped documents are written with their reason.
    pub rejects: bool,
}

const SELECT: &[Key] = &[
    Key {
        name: "chain",
        kind: KeyKind::Text,
        default: Some("\"filters/kuroshio.toml\""),
        required: false,
        unit: "",
        summary: "The filter chain file; relative to the working directory.",
    },
    Key {
        name: "profile",
        kind: KeyKind::Text,
        default: Some("\"broad\""),
        required: false,
        unit: "",
        summary: "Which tier of the chain's bounds decides what is kept.",
    },
    Key {
        name: "name",
        kind: KeyKind::Text,
        default: Some("\"corpus\""),
        required: false,
        unit: "",
        summary: "First part of the names of corpus and token shards: letters, digits, `-`, `_`, `.`.",
    },
    Key {
        name: "shard_size",
        kind: KeyKind::Size,
        default: Some("\"256 MB\""),
        required: false,
        unit: "bytes of text",
        summary: "Target size of a corpus shard before compression.",
    },
    Key {
        name: "rejects",
        kind: KeyKind::Bool,
        default: Some("true"),
        required: false,
        unit: "",
        summary: "Write dropped documents to `rejects/` with the rule, the value and the bound.",
    },
];

/// How the corpus becomes token shards.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizeSection {
    /// An asset's name or a path; without it no token shards are made.
    pub tokenizer: Option<String>,
    /// The format of the shards.
    pub format: TokenFormat,
    /// Which generation of SentencePiece the arithmetic follows.
    pub arithmetic: String,
    /// The token that ends a document.
    pub eod: Option<toml::Value>,
    /// The token that begins a document.
    pub bos: Option<toml::Value>,
}

/// The format of token shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// Megatron-LM `.bin/.idx`.
    Megatron,
}

const TOKENIZE: &[Key] = &[
    Key {
        name: "tokenizer",
        kind: KeyKind::Text,
        default: None,
        required: false,
        unit: "",
        summary: "An asset's name, or the path of a SentencePiece `.model` or Hugging Face \
                  `tokenizer.json`; without it no token shards are made.",
    },
    Key {
        name: "format",
        kind: KeyKind::Choice(&["megatron"]),
        default: Some("\"megatron\""),
        required: false,
        unit: "",
        summary: "Format of the token shards: Megatron-LM `.bin/.idx`.",
    },
    Key {
        name: "arithmetic",
        kind: KeyKind::Choice(&["0.2.0", "0.2.3"]),
        default: Some("\"0.2.0\""),
        required: false,
        unit: "",
        summary: "Which SentencePiece the ids of a Unigram `.model` equal: up to 0.2.1, or from \
                  0.2.2 on. LLM-jp trains on the former.",
    },
    Key {
        name: "eod",
        kind: KeyKind::IntegerOrText,
        default: None,
        required: false,
        unit: "token",
        summary: "Token that ends every document, by id or spelling; by default the tokenizer's own \
                  end-of-text token.",
    },
    Key {
        name: "bos",
        kind: KeyKind::IntegerOrText,
        default: None,
        required: false,
        unit: "token",
        summary: "Token that begins every document, by id or spelling; by default none.",
    },
];

/// Every section of a pipeline file.
pub const SECTIONS: &[Section] = &[
    Section { name: "input", summary: "Where the WARC records come from.", keys: INPUT },
    Section { name: "extract", summary: "How pages become documents.", keys: EXTRACT },
    Section { name: "dedup", summary: "How duplicates are found and who stays.", keys: DEDUP },
    Section { name: "select", summary: "What is kept, and how it is written.", keys: SELECT },
    Section { name: "tokenize", summary: "How the corpus becomes token shards.", keys: TOKENIZE },
];

/// A checked pipeline with everything it names.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// `[input]`.
    pub input: InputSection,
    /// `[extract]`.
    pub extract: ExtractSection,
    /// `[dedup]`.
    pub dedup: DedupSection,
    /// `[select]`.
    pub select: SelectSection,
    /// `[tokenize]`.
    pub tokenize: TokenizeSection,
    /// The filter chain.
    pub chain: Chain,
    /// The chain file's text, frozen with the pipeline.
    pub chain_text: String,
    /// All values with defaults filled in.
    pub resolved: Resolved,
}

/// Reads and checks a pipeline file with its overrides and the chain it names.
pub fn load(path: &Path, sets: &[String]) -> Result<Pipeline> {
    let text = read_config(path)?;
    read(path, &text, sets, None)
}

/// The frozen pipeline in `path` with overrides of `[select]` and `[tokenize]`; the chain is the
/// frozen one unless an override names another.
pub fn reload(path: &Path, sets: &[String], frozen: &Pipeline) -> Result<Pipeline> {
    let text = read_config(path)?;
    let own_chain = sets.iter().any(|set| set.trim_start().starts_with("select.chain"));
    let chain = if own_chain { None } else { Some(frozen.chain_text.as_str()) };
    let asked = read(path, &text, sets, chain)?;
    let outside: Vec<Problem> = config::differences(&frozen.resolved, &asked.resolved)
        .into_iter()
        .filter(|(key, _, _)| !key.starts_with("select.") && !key.starts_with("tokenize."))
        .map(|(key, _, _)| Problem {
            place: Some(Place::Argument(format!("--set {key}=…"))),
            message: format!("`{key}` cannot change over stored columns"),
            help: Some("only keys of [select] and [tokenize] can; else start another run".to_owned()),
        })
        .collect();
    if !outside.is_empty() {
        return Err(Error::from_problems(outside));
    }
    Ok(asked)
}

/// Checks a pipeline: `text` is what stands in `path`. The chain's text is read from the file that
/// the pipeline names, unless `frozen_chain` gives it.
pub fn read(
    path: &Path,
    text: &str,
    sets: &[String],
    frozen_chain: Option<&str>,
) -> Result<Pipeline> {
    let mut table = config::parse(path, text).map_err(Error::from_problems)?;
    let mut problems = Vec::new();
    for argument in sets {
        if let Err(problem) = config::apply_set(&mut table, argument) {
            problems.push(problem);
        }
    }
    let file = Place::Path(path.to_path_buf());
    let resolved = config::resolve(&file, &table, SECTIONS, &mut problems);
    let place = |section: &str, key: &str| place_of(&table, section, key).unwrap_or(file.clone());

    let chain_file = resolved["select"].get("chain").and_then(toml::Value::as_str);
    let mut chain = None;
    if let Some(name) = chain_file {
        let text = match frozen_chain {
            Some(text) => Some(text.to_owned()),
            None => match std::fs::read_to_string(name) {
                Ok(text) => Some(text),
                Err(cause) => {
                    problems.push(Problem {
                        place: Some(place("select", "chain")),
                        message: format!("cannot read the filter chain `{name}`: {cause}"),
                        help: Some(format!(
                            "paths are relative to the working directory{}",
                            nearby_files(Path::new(name))
                        )),
                    });
                    None
                }
            },
        };
        if let Some(text) = text {
            match chain::parse(Path::new(name), &text, &signal_specs()) {
                Ok(parsed) => chain = Some((parsed, text)),
                Err(more) => problems.extend(more),
            }
        }
    }
    if let (Some((chain, _)), Some(profile)) =
        (&chain, resolved["select"].get("profile").and_then(toml::Value::as_str))
        && !chain.tiers.iter().any(|tier| tier == profile)
    {
        let tiers: Vec<&str> = chain.tiers.iter().map(String::as_str).collect();
        problems.push(Problem {
            place: Some(place("select", "profile")),
            message: format!("the chain has no tier `{profile}`"),
            help: Some(config::did_you_mean(profile, &tiers)),
        });
    }
    if let Some(name) = resolved["select"].get("name").and_then(toml::Value::as_str)
        && !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    {
        problems.push(Problem {
            place: Some(place("select", "name")),
            message: format!("`select.name` is `{name}`, which is no part of a file name"),
            help: Some("letters, digits, `-`, `_` and `.` are allowed".to_owned()),
        });
    }
    let catalogue = Catalogue::embedded()?;
    for (section, key) in [("extract", "model"), ("tokenize", "tokenizer")] {
        if let Some(name) = resolved[section].get(key).and_then(toml::Value::as_str)
            && let Some(problem) = unknown_asset(&catalogue, name, place(section, key))
        {
            problems.push(problem);
        }
    }
    if !problems.is_empty() {
        return Err(Error::from_problems(problems));
    }
    let (chain, chain_text) = chain.expect("without a chain there was a problem");
    Ok(Pipeline {
        input: config::section(&resolved, "input")?,
        extract: config::section(&resolved, "extract")?,
        dedup: config::section(&resolved, "dedup")?,
        select: config::section(&resolved, "select")?,
        tokenize: config::section(&resolved, "tokenize")?,
        chain,
        chain_text,
        resolved,
    })
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

fn place_of(table: &config::Table, section: &str, key: &str) -> Option<Place> {
    match &table.get(section)?.value {
        config::Value::Table(inner) => inner.get(key).map(|node| node.place.clone()),
        _ => None,
    }
}

/// The problem with a name that is neither an asset nor a file.
fn unknown_asset(catalogue: &Catalogue, name: &str, place: Place) -> Option<Problem> {
    let names: Vec<&str> = catalogue.list().iter().map(|asset| asset.name.as_str()).collect();
    if names.contains(&name) || Path::new(name).is_file() {
        return None;
    }
    Some(Problem {
        place: Some(place),
        message: format!("`{name}` is neither an asset nor a file"),
        help: Some(format!("{}; `kuroshio assets list` shows them", config::did_you_mean(name, &names))),
    })
}

/// What a chain may name: every signal, and the columns of the labels.
pub fn signal_specs() -> Vec<SignalSpec> {
    super::measure::signal_specs()
}
