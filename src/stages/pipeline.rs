//! The pipeline file as a whole: its sections, their keys and their types.

mod read;

use serde::{Deserialize, Serialize};

use crate::chain::{Chain, SignalSpec};
use crate::config::{Key, KeyKind, Resolved, Section};
use crate::page::publisher;
use crate::signals::Lists;

pub use read::{extract_section, load, load_again, read_frozen, reload};

/// Where the WARC records come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSection {
    /// Files, directories and globs.
    pub warc: Vec<String>,
}

/// How the names of WARC files end, for directories that are searched for them.
pub const WARC_ENDINGS: &[&str] = &[".warc", ".warc.gz", ".warc.zst"];

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
    /// Whether payloads that cannot be Japanese are refused by their bytes.
    pub prescreen: bool,
    /// Least probability of that label.
    pub min_score: f64,
    /// The language model: an asset's name or a path.
    pub model: String,
    /// What happens to paragraphs that are no main content.
    pub main_content: MainContent,
    /// Signals of the publisher that are honoured, of [`publisher::SIGNALS`].
    pub respect: Vec<String>,
    /// Largest unpacked record, as a size.
    pub max_record: String,
    /// What reading a page may take beside it, as a size.
    pub page_memory: String,
}

/// What happens to paragraphs that are no main content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
        name: "prescreen",
        kind: KeyKind::Bool,
        default: Some("true"),
        required: false,
        unit: "",
        summary: "Whether payloads that cannot be Japanese are told by their bytes, before they are \
                  decoded and parsed. Without it the same pages become documents, in several times \
                  the time: `false` is for whoever wants to see that.",
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
        name: "respect",
        kind: KeyKind::ChoiceList(publisher::SIGNALS),
        default: Some("[]"),
        required: false,
        unit: "",
        summary: "Signals of the publisher that are honoured: a page that gives one, to everybody or \
                  to an agent that gathers text (such as CCBot or GPTBot), ends as `respected`. \
                  Whatever stands here, all of them are recorded in `rights`.",
    },
    Key {
        name: "max_record",
        kind: KeyKind::Size,
        default: Some("\"64 MiB\""),
        required: false,
        unit: "bytes unpacked",
        summary: "Larger records end as `too_large`; bounds the memory of a task.",
    },
    Key {
        name: "page_memory",
        kind: KeyKind::Size,
        default: Some("\"32 MiB\""),
        required: false,
        unit: "bytes",
        summary: "What the text, tree and paragraphs of a page may take beside the page itself, and \
                  what its body was unpacked from; a page that needs more ends as `too_costly`. \
                  Enough for pages of 5 MiB, where Common Crawl cuts them, unless they are nearly \
                  all markup, and for text of 10 MB; raise it for larger ones.",
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
        summary: "Which document of a cluster stays, of those that pass the filter chain; ties go to \
                  the first in input order.",
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
        summary: "First part of the names of corpus and token shards: letters, digits, `_`, and behind the \
                  first also `-` and `.`.",
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
    /// What it names outside of itself.
    pub named: Named,
}

/// What a pipeline and its chain name outside of themselves. Frozen with them, so that a run needs
/// none of it except to load a model, and then knows whether that is the one it began with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The language model.
    pub model: NamedFile,
    /// The tokenizer, where one is named.
    pub tokenizer: Option<NamedFile>,
    /// The texts of the user's word lists, by the name in the chain.
    pub lists: Lists,
}

/// A model that a pipeline names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFile {
    /// Its sha256: of the catalogue for an asset, else of the file.
    pub sha256: String,
    /// Its absolute path, where it is no asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What a chain may name: every signal, and the columns of the labels.
pub fn signal_specs() -> Vec<SignalSpec> {
    super::measure::signal_specs()
}
