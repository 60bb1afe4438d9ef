//! SentencePiece models, exact to the id: the `.model` file, its normalizer, and its cutting.

mod bpe;
mod charsmap;
mod model;
mod normalizer;
#[cfg(test)]
mod toy_rules;
mod trie;
mod unigram;

use bpe::Bpe;
use model::{Algorithm, Model, Piece, PieceKind};
use normalizer::{Normalizer, SPACE_MARK};
use unigram::Unigram;

use super::{Encoder, Marks, Options, Tokenizer};
use crate::error::{Error, Kind, Result};

/// What a decoded unknown piece becomes, as SentencePiece has it by default.
const UNKNOWN_SURFACE: &str = " \u{2047} ";

/// A SentencePiece model as a tokenizer.
pub(super) struct SentencePiece {
    pieces: Vec<Piece>,
    normalizer: Normalizer,
    engine: Engine,
    marks: Marks,
}

enum Engine {
    Unigram(Unigram),
    Bpe(Bpe),
}

impl SentencePiece {
    /// Reads a `.model` file. What is wrong with it, or with a token that `options` names, is
    /// [`Kind::Config`].
    pub(super) fn read(file: &[u8], options: &Options) -> Result<SentencePiece> {
        let model = Model::read(file)?;
        let normalizer = Normalizer::new(&model)?;
        let engine = match model.algorithm {
            Algorithm::Unigram => {
                let space = normalizer.space();
                Engine::Unigram(Unigram::new(&model, space, options.arithmetic)?)
            }
            Algorithm::Bpe => Engine::Bpe(Bpe::new(&model)),
            Algorithm::Word | Algorithm::Character => {
                return Err(Error::new(
                    Kind::Config,
                    "this is a SentencePiece model of words or characters",
                )
                .help("Kuroshio reads SentencePiece models of the types unigram and bpe"));
            }
        };
        let own_end = find(&model.pieces, &model.end_piece)
            .filter(|&id| model.pieces[id as usize].kind == PieceKind::Control);
        let size = model.pieces.len() as u32;
        let marks = Marks::resolve(options, size, own_end, |text| find(&model.pieces, text))?;
        Ok(SentencePiece { pieces: model.pieces, normalizer, engine, marks })
    }
}

/// The id of a spelling; of two, the one that is no text, as SentencePiece has it.
fn find(pieces: &[Piece], text: &str) -> Option<u32> {
    let ids = || (0..).zip(pieces).filter(|(_, piece)| piece.text == text);
    ids().find(|(_, piece)| !piece.kind.is_text()).or_else(|| ids().next()).map(|(id, _)| id)
}

impl Tokenizer for SentencePiece {
    fn encoder(&self) -> Box<dyn Encoder + '_> {
        Box::new(PieceEncoder {
            model: self,
            normalized: String::new(),
            unigram: unigram::Scratch::default(),
            bpe: bpe::Scratch::default(),
        })
    }

    fn vocabulary_size(&self) -> u32 {
        // More pieces are refused when a model is read.
        self.pieces.len() as u32
    }

    fn id_of(&self, spelling: &str) -> Option<u32> {
        find(&self.pieces, spelling)
    }

    fn is_special(&self, id: u32) -> bool {
        self.pieces
            .get(id as usize)
            .is_some_and(|piece| matches!(piece.kind, PieceKind::Control | PieceKind::UserDefined))
    }

    fn marks(&self) -> Marks {
        self.marks
    }

    fn decode(&self, ids: &[u32]) -> String {
        let mut bytes = Vec::new();
        for piece in ids.iter().filter_map(|&id| self.pieces.get(id as usize)) {
            match piece.kind {
                PieceKind::Control => {}
                PieceKind::Unknown => bytes.extend_from_slice(UNKNOWN_SURFACE.as_bytes()),
                PieceKind::Byte => bytes.extend(model::byte_of(&piece.text)),
                _ => bytes.extend_from_slice(piece.text.replace(SPACE_MARK, " ").as_bytes()),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let prefix = if self.normalizer.edges().0 { " " } else { "" };
        text.strip_prefix(prefix).unwrap_or(&text).to_owned()
    }
}

/// The buffers of one user of a model.
struct PieceEncoder<'m> {
    model: &'m SentencePiece,
    normalized: String,
    unigram: unigram::Scratch,
    bpe: bpe::Scratch,
}

impl Encoder for PieceEncoder<'_> {
    fn encode(&mut self, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        let normalizer = &self.model.normalizer;
        if text.is_empty() {
            return Ok(());
        }
        match &self.model.engine {
            Engine::Unigram(unigram) if normalizer.is_plain() => {
                let (prefix, suffix) = normalizer.edges();
                let space = |edge: bool| edge.then_some(normalizer.space());
                let text = space(prefix).into_iter().chain(text.chars()).chain(space(suffix));
                unigram.encode(text, &mut self.unigram, ids);
            }
            Engine::Unigram(unigram) => {
                normalizer.normalize(text, &mut self.normalized);
                unigram.encode(self.normalized.chars(), &mut self.unigram, ids);
            }
            Engine::Bpe(bpe) => {
                normalizer.normalize(text, &mut self.normalized);
                bpe.encode(&self.normalized, &mut self.bpe, ids);
            }
        }
        Ok(())
    }
}
