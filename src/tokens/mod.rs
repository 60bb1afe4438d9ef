//! Text to token ids and token ids to shards: SentencePiece models by our own exact code, Hugging
//! Face `tokenizer.json` through the crate `tokenizers`, and Megatron-LM's `.bin/.idx` with the
//! provenance of every sequence. A document is cut as a whole, because both kinds of tokenizer may
//! look back to its first character. Memory: the vocabulary once, at most 40 bytes a character of
//! the document at hand, 4 bytes a document of the shard in writing, and its provenance rows. Knows
//! nothing of where texts come from and of how tasks are cut.

mod huggingface;
pub mod megatron;
mod options;
mod provenance;
mod sentencepiece;

use std::path::Path;

use crate::error::{Error, Kind, Result};
pub use options::{Arithmetic, Marks, Options, TokenName};
pub use provenance::{Origin, Provenance};

/// A vocabulary with the rules that cut text.
pub trait Tokenizer: Send + Sync {
    /// Somebody who cuts texts, with buffers of its own.
    fn encoder(&self) -> Box<dyn Encoder + '_>;

    /// One more than the largest id.
    fn vocabulary_size(&self) -> u32;

    /// The id of a spelling in the vocabulary.
    fn id_of(&self, spelling: &str) -> Option<u32>;

    /// Whether an id stands for no text of its own. Where such an id comes from text, the text
    /// spells a token out.
    fn is_special(&self, id: u32) -> bool;

    /// The tokens round every document.
    fn marks(&self) -> Marks;

    /// The text of some ids, for checks and for looking at shards. Special tokens are left out.
    fn decode(&self, ids: &[u32]) -> String;
}

/// Cuts texts. Each caller has one of its own.
pub trait Encoder {
    /// Appends the ids of `text`, without marks.
    fn encode(&mut self, text: &str, ids: &mut Vec<u32>) -> Result<()>;
}

/// Opens a tokenizer, telling its kind by its content: JSON is a `tokenizer.json`, anything else
/// has to be a `.model`.
pub fn open(path: &Path, options: &Options) -> Result<Box<dyn Tokenizer>> {
    let file = std::fs::read(path).map_err(|cause| {
        Error::new(Kind::Config, "cannot read the tokenizer").at_path(path).caused_by(cause).help(
            "a tokenizer is the path of a SentencePiece .model or a Hugging Face tokenizer.json",
        )
    })?;
    read(&file, options).map_err(|error| error.at_path(path))
}

/// Reads a tokenizer from the bytes of its file, as [`open`] does.
pub fn read(file: &[u8], options: &Options) -> Result<Box<dyn Tokenizer>> {
    if is_json(file) {
        Ok(Box::new(huggingface::HuggingFace::read(file, options)?))
    } else {
        Ok(Box::new(sentencepiece::SentencePiece::read(file, options)?))
    }
}

/// A `.model` begins with a line break too, but holds bytes that are no text.
fn is_json(file: &[u8]) -> bool {
    file.trim_ascii_start().starts_with(b"{") && std::str::from_utf8(file).is_ok()
}

/// The ids of one document with its marks, in `ids`, which is emptied first. A text without ids
/// stays empty, without marks: there is nothing to learn from it.
pub fn encode_document(
    encoder: &mut dyn Encoder,
    marks: Marks,
    text: &str,
    ids: &mut Vec<u32>,
) -> Result<()> {
    ids.clear();
    ids.extend(marks.bos);
    let before = ids.len();
    encoder.encode(text, ids)?;
    if ids.len() == before {
        ids.clear();
    } else {
        ids.push(marks.eod);
    }
    Ok(())
}
