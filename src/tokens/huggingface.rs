//! Hugging Face `tokenizer.json` through the crate `tokenizers`: any model, normalizer and
//! pre-tokenizer that it knows. Post-processors add nothing here: marks are ours to add.
//!
//! Special tokens that a text spells out become their ids, as in the library itself.

use std::collections::BTreeMap;

use serde::Deserialize;
use tokenizers::pipeline::{EncodeOptions, Override, PipelineToken, PipelineTokenizer};

use super::{Encoder, Marks, Options, Tokenizer};
use crate::error::{Error, Kind, Result};

/// How the token that ends a text is spelled where the file does not say which one it is: the first
/// of these that is a special token. Qwen, Llama 3, Llama 2 and LLM-jp, Gemma, then rarer ones.
const END_SPELLINGS: &[&str] = &[
    "<|endoftext|>",
    "<|end_of_text|>",
    "</s>",
    "<eos>",
    "<EOD>",
    "<|eos|>",
    "[EOS]",
    "<|im_end|>",
];

/// A `tokenizer.json` as a tokenizer.
pub(super) struct HuggingFace {
    pipeline: PipelineTokenizer,
    options: EncodeOptions,
    /// Ids by spelling as the file has it, added tokens before those of the model.
    ids: BTreeMap<String, u32>,
    special: Vec<u32>,
    size: u32,
    marks: Marks,
}

/// What of the file is read here beside the library.
#[derive(Deserialize)]
struct File {
    model: Model,
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct Model {
    vocab: Vocabulary,
}

/// BPE and its kin have a map, Unigram a list of spellings and scores.
#[derive(Deserialize)]
#[serde(untagged)]
enum Vocabulary {
    Map(BTreeMap<String, u32>),
    List(Vec<(String, f64)>),
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
}

impl HuggingFace {
    /// Reads a `tokenizer.json`. What is wrong with it, or with a token that `options` names, is
    /// [`Kind::Config`].
    pub(super) fn read(file: &[u8], options: &Options) -> Result<HuggingFace> {
        let text = std::str::from_utf8(file).map_err(refuse)?;
        let parsed: File = serde_json::from_str(text).map_err(refuse)?;
        let canonical = tokenizers::canonicalize_str(text).map_err(refuse)?;
        let pipeline = tokenizers::from_json(&canonical).map_err(refuse)?;
        let mut ids = match parsed.model.vocab {
            Vocabulary::Map(map) => map,
            Vocabulary::List(list) => list.into_iter().map(|(text, _)| text).zip(0..).collect(),
        };
        let mut special = Vec::new();
        for token in parsed.added_tokens {
            if token.special {
                special.push(token.id);
            }
            ids.insert(token.content, token.id);
        }
        special.sort_unstable();
        let size = ids.values().max().map_or(0, |id| id.saturating_add(1));
        let is_special = |id: &u32| special.binary_search(id).is_ok();
        let own_end = pipeline
            .get_token_for_role("eos_token")
            .and_then(|spelling| ids.get(spelling))
            .or_else(|| {
                END_SPELLINGS.iter().filter_map(|end| ids.get(*end)).find(|id| is_special(id))
            })
            .copied();
        let marks = Marks::resolve(options, size, own_end, |text| ids.get(text).copied())?;
        let options = EncodeOptions {
            padding: Override::Off,
            truncation: Override::Off,
            ..EncodeOptions::no_specials()
        };
        Ok(HuggingFace { pipeline, options, ids, special, size, marks })
    }
}

fn refuse(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Config, "this is no tokenizer.json that can be read")
        .help("a tokenizer is a SentencePiece .model or a Hugging Face tokenizer.json")
        .caused_by(cause)
}

impl Tokenizer for HuggingFace {
    fn encoder(&self) -> Box<dyn Encoder + '_> {
        Box::new(PipelineEncoder { tokenizer: self, tokens: Vec::new() })
    }

    fn vocabulary_size(&self) -> u32 {
        self.size
    }

    fn id_of(&self, spelling: &str) -> Option<u32> {
        self.ids.get(spelling).copied()
    }

    fn is_special(&self, id: u32) -> bool {
        self.special.binary_search(&id).is_ok()
    }

    fn marks(&self) -> Marks {
        self.marks
    }

    fn decode(&self, ids: &[u32]) -> String {
        // It fails on ids outside of the vocabulary alone, which have no text.
        self.pipeline.decode(ids, true).unwrap_or_default()
    }
}

/// The buffer of one user of a tokenizer.
struct PipelineEncoder<'t> {
    tokenizer: &'t HuggingFace,
    tokens: Vec<PipelineToken>,
}

impl Encoder for PipelineEncoder<'_> {
    fn encode(&mut self, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        self.tokens.clear();
        let HuggingFace { pipeline, options, .. } = self.tokenizer;
        pipeline.encode_into(text, options, &mut self.tokens).map_err(|cause| {
            Error::new(Kind::Data, "the tokenizer cannot encode a text").caused_by(cause)
        })?;
        ids.extend_from_slice(PipelineToken::cast_slice(&self.tokens));
        Ok(())
    }
}
