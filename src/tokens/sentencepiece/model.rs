//! The `.model` file: a reader of the protobuf fields that change an encoding, and the rules that
//! SentencePiece 0.2.3 applies when it loads a model.
//!
//! Field numbers are those of `sentencepiece_model.proto`; everything else in the file is skipped.

use hashbrown::HashSet;

use crate::error::{Error, Kind, Result};

/// Pieces of so many bytes are refused.
const MAX_PIECE_BYTES: usize = 8000;

/// What a piece is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// Matches text, at its score.
    Normal,
    /// Stands for text that no piece matches.
    Unknown,
    /// Never comes from text.
    Control,
    /// Matches text, at a score that lets it win.
    UserDefined,
    /// Matches nothing, but may be a step of a merge.
    Unused,
    /// Stands for one byte of text that no piece matches.
    Byte,
}

impl PieceKind {
    /// Whether text may match the spelling.
    pub(super) fn is_text(self) -> bool {
        matches!(self, PieceKind::Normal | PieceKind::UserDefined | PieceKind::Unused)
    }
}

/// An entry of the vocabulary; its id is its position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) score: f32,
    pub(super) kind: PieceKind,
}

/// How a model cuts text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Unigram,
    Bpe,
    Word,
    Character,
}

/// What happens to text before it is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NormalizerSpec {
    /// The rewriting rules as compiled by SentencePiece; empty for `identity`.
    pub(super) charsmap: Vec<u8>,
    pub(super) add_dummy_prefix: bool,
    pub(super) remove_extra_whitespaces: bool,
    pub(super) escape_whitespaces: bool,
    /// Whether the dummy prefix goes to the end.
    pub(super) whitespace_as_suffix: bool,
}

/// A model that passed the rules.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) pieces: Vec<Piece>,
    pub(super) algorithm: Algorithm,
    pub(super) normalizer: NormalizerSpec,
    /// The id of text that nothing matches; a model with byte fallback may have none.
    pub(super) unknown: Option<u32>,
    /// The ids of the 256 byte pieces, in a model with byte fallback.
    pub(super) bytes: Option<Box<[u32; 256]>>,
    /// The spelling of the control piece that ends a text.
    pub(super) end_piece: String,
}

impl Model {
    /// Reads a `.model` file. Everything that is wrong with it is [`Kind::Config`].
    pub(super) fn read(file: &[u8]) -> Result<Model> {
        let mut raw = Raw::default();
        raw.read(file).ok_or_else(|| refuse("this is no SentencePiece model"))?;
        raw.check()
    }
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(Kind::Config, message)
        .help("a tokenizer is a SentencePiece .model or a Hugging Face tokenizer.json")
}

/// A model as it stands in the file.
struct Raw {
    pieces: Vec<(Vec<u8>, f32, u64)>,
    model_type: u64,
    byte_fallback: bool,
    end_piece: Vec<u8>,
    normalizer: NormalizerSpec,
}

impl Default for Raw {
    fn default() -> Raw {
        Raw {
            pieces: Vec::new(),
            model_type: 1,
            byte_fallback: false,
            end_piece: b"</s>".to_vec(),
            normalizer: NormalizerSpec {
                charsmap: Vec::new(),
                add_dummy_prefix: true,
                remove_extra_whitespaces: true,
                escape_whitespaces: true,
                whitespace_as_suffix: false,
            },
        }
    }
}

impl Raw {
    /// Reads the whole message; `None` if the bytes are no such message.
    fn read(&mut self, file: &[u8]) -> Option<()> {
        for field in fields(file) {
            match field? {
                (1, Value::Bytes(piece)) => self.read_piece(piece)?,
                (2, Value::Bytes(trainer)) => self.read_trainer(trainer)?,
                (3, Value::Bytes(normalizer)) => self.read_normalizer(normalizer)?,
                (1..=3, _) => return None,
                _ => {}
            }
        }
        (!self.pieces.is_empty()).then_some(())
    }

    fn read_piece(&mut self, message: &[u8]) -> Option<()> {
        let (mut text, mut score, mut kind) = (Vec::new(), 0.0, 1);
        for field in fields(message) {
            match field? {
                (1, Value::Bytes(bytes)) => text = bytes.to_vec(),
                (2, Value::Fixed(bits)) => score = f32::from_bits(bits),
                (3, Value::Number(number)) => kind = number,
                (1..=3, _) => return None,
                _ => {}
            }
        }
        self.pieces.push((text, score, kind));
        Some(())
    }

    fn read_trainer(&mut self, message: &[u8]) -> Option<()> {
        for field in fields(message) {
            match field? {
                (3, Value::Number(number)) => self.model_type = number,
                (24, Value::Number(number)) => self.normalizer.whitespace_as_suffix = number != 0,
                (35, Value::Number(number)) => self.byte_fallback = number != 0,
                (47, Value::Bytes(piece)) => self.end_piece = piece.to_vec(),
                _ => {}
            }
        }
        Some(())
    }

    fn read_normalizer(&mut self, message: &[u8]) -> Option<()> {
        let spec = &mut self.normalizer;
        for field in fields(message) {
            match field? {
                (2, Value::Bytes(charsmap)) => spec.charsmap = charsmap.to_vec(),
                (3, Value::Number(number)) => spec.add_dummy_prefix = number != 0,
                (4, Value::Number(number)) => spec.remove_extra_whitespaces = number != 0,
                (5, Value::Number(number)) => spec.escape_whitespaces = number != 0,
                _ => {}
            }
        }
        Some(())
    }

    /// Applies the rules of loading.
    fn check(self) -> Result<Model> {
        let algorithm = match self.model_type {
            1 => Algorithm::Unigram,
            2 => Algorithm::Bpe,
            3 => Algorithm::Word,
            4 => Algorithm::Character,
            _ => return Err(refuse("this is no SentencePiece model")),
        };
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (id, (text, score, kind)) in self.pieces.into_iter().enumerate() {
            pieces.push(piece(id, text, score, kind, self.byte_fallback)?);
        }
        if u32::try_from(pieces.len()).is_err() {
            return Err(refuse("the model has too many pieces"));
        }
        let unknown = unknown(&pieces)?;
        let bytes = self.byte_fallback.then(|| byte_ids(&pieces)).transpose()?;
        if unknown.is_none() && bytes.is_none() {
            return Err(refuse("the model has no piece for unknown text"));
        }
        distinct(&pieces)?;
        let end_piece = String::from_utf8(self.end_piece)
            .map_err(|_| refuse("the model's end piece is no text"))?;
        Ok(Model { pieces, algorithm, normalizer: self.normalizer, unknown, bytes, end_piece })
    }
}

/// One piece by the rules.
fn piece(id: usize, text: Vec<u8>, score: f32, kind: u64, byte_fallback: bool) -> Result<Piece> {
    let kind = match kind {
        1 => PieceKind::Normal,
        2 => PieceKind::Unknown,
        3 => PieceKind::Control,
        4 => PieceKind::UserDefined,
        5 => PieceKind::Unused,
        6 => PieceKind::Byte,
        _ => return Err(refuse(format!("piece {id} has an unknown type"))),
    };
    let text = String::from_utf8(text).map_err(|_| refuse(format!("piece {id} is no text")))?;
    if text.is_empty() || text.len() >= MAX_PIECE_BYTES {
        return Err(refuse(format!("piece {id} is empty or too long")));
    }
    if !score.is_finite() {
        return Err(refuse(format!("the score of piece {id} is no number")));
    }
    // Some converters add a bare NUL beside `<0x00>`; SentencePiece then takes it for unused.
    if text == "\0" && byte_fallback {
        return Ok(Piece { text, score, kind: PieceKind::Unused });
    }
    if text.contains('\0') {
        return Err(refuse(format!("piece {id} holds a NUL")));
    }
    if kind == PieceKind::Byte && !byte_fallback {
        return Err(refuse(format!("piece {id} is a byte, but the model has no byte fallback")));
    }
    Ok(Piece { text, score, kind })
}

fn unknown(pieces: &[Piece]) -> Result<Option<u32>> {
    let mut found = None;
    for (id, _) in (0..).zip(pieces).filter(|(_, piece)| piece.kind == PieceKind::Unknown) {
        if found.replace(id).is_some() {
            return Err(refuse("the model has two pieces for unknown text"));
        }
    }
    Ok(found)
}

/// Spellings are distinct among the pieces that match text, and among the others.
fn distinct(pieces: &[Piece]) -> Result<()> {
    let mut seen = [HashSet::new(), HashSet::new()];
    for (id, piece) in pieces.iter().enumerate() {
        if !seen[usize::from(piece.kind.is_text())].insert(piece.text.as_str()) {
            return Err(refuse(format!("piece {id} stands in the model twice: {:?}", piece.text)));
        }
    }
    Ok(())
}

/// The ids of `<0x00>` to `<0xFF>`.
fn byte_ids(pieces: &[Piece]) -> Result<Box<[u32; 256]>> {
    let mut ids = [None; 256];
    for (id, piece) in (0..).zip(pieces).filter(|(_, piece)| piece.kind == PieceKind::Byte) {
        let byte = byte_of(&piece.text)
            .ok_or_else(|| refuse(format!("piece {id} is no byte: {:?}", piece.text)))?;
        ids[usize::from(byte)] = Some(id);
    }
    let mut all = Box::new([0; 256]);
    for (place, id) in all.iter_mut().zip(ids) {
        *place = id.ok_or_else(|| refuse("the model has byte fallback, but not all 256 bytes"))?;
    }
    Ok(all)
}

/// The byte of a spelling such as `<0x0A>`.
pub(super) fn byte_of(spelling: &str) -> Option<u8> {
    let digits = spelling.strip_prefix("<0x")?.strip_suffix('>')?;
    let upper = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    (digits.len() == 2 && upper).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// A value of the wire format.
enum Value<'a> {
    Number(u64),
    Fixed(u32),
    Bytes(&'a [u8]),
    /// Eight bytes; no field that is read here has such a value.
    Wide,
}

/// The fields of a message in order; `None` where the bytes are none.
fn fields(mut message: &[u8]) -> impl Iterator<Item = Option<(u64, Value<'_>)>> {
    let mut broken = false;
    std::iter::from_fn(move || {
        if message.is_empty() || broken {
            return None;
        }
        let field = next_field(&mut message);
        broken = field.is_none();
        Some(field)
    })
}

fn next_field<'a>(message: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let key = varint(message)?;
    let value = match key & 7 {
        0 => Value::Number(varint(message)?),
        1 => {
            take(message, 8)?;
            Value::Wide
        }
        2 => {
            let length = usize::try_from(varint(message)?).ok()?;
            Value::Bytes(take(message, length)?)
        }
        5 => Value::Fixed(u32::from_le_bytes(take(message, 4)?.try_into().ok()?)),
        _ => return None,
    };
    (key >> 3 > 0).then_some((key >> 3, value))
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(taken)
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spelling, score and the number of the type.
    type Given<'a> = (&'a str, f32, u64);

    fn raw(pieces: &[Given<'_>]) -> Raw {
        let first = [("<unk>", 0.0, 2)];
        let pieces = first.iter().chain(pieces);
        let pieces = pieces.map(|(text, score, kind)| (text.as_bytes().to_vec(), *score, *kind));
        Raw { pieces: pieces.collect(), ..Raw::default() }
    }

    #[test]
    fn the_rules_of_loading_are_applied() {
        let long = "x".repeat(8000);
        let table: &[(&[Given<'_>], &str)] = &[
            (&[("", 0.0, 1)], "empty or too long"),
            (&[(&long, 0.0, 1)], "empty or too long"),
            (&[("a\0", 0.0, 1)], "NUL"),
            (&[("a", f32::NAN, 1)], "no number"),
            (&[("a", f32::INFINITY, 3)], "no number"),
            (&[("a", 0.0, 1), ("a", -1.0, 4)], "twice"),
            (&[("a", 0.0, 9)], "unknown type"),
            (&[("x", 0.0, 2)], "two pieces for unknown"),
            (&[("<0x00>", 0.0, 6)], "no byte fallback"),
        ];
        for (pieces, expected) in table {
            let error = raw(pieces).check().unwrap_err();
            assert_eq!(error.kind, Kind::Config);
            assert!(error.message.contains(expected), "{error} should say {expected}");
        }
        // A control piece may be spelled as a piece of text is.
        assert!(raw(&[("a", 0.0, 1), ("a", 0.0, 3)]).check().is_ok());
        let none = Raw { pieces: vec![(b"a".to_vec(), 0.0, 1)], ..Raw::default() };
        assert!(none.check().unwrap_err().message.contains("unknown text"));
    }

    #[test]
    fn byte_fallback_needs_every_byte() {
        let spellings: Vec<String> = (0..256).map(|byte| format!("<0x{byte:02X}>")).collect();
        let mut pieces: Vec<Given<'_>> =
            spellings.iter().map(|spelling| (spelling.as_str(), 0.0, 6)).collect();
        pieces.push(("\0", 0.0, 1));
        let model = Raw { byte_fallback: true, ..raw(&pieces) }.check().unwrap();
        assert_eq!(model.bytes.unwrap()[10], 11);
        assert_eq!(model.pieces[257].kind, PieceKind::Unused);
        pieces[3].0 = "<0x0g>";
        let wrong = Raw { byte_fallback: true, ..raw(&pieces) }.check().unwrap_err();
        assert!(wrong.message.contains("no byte"), "{wrong}");
        pieces.remove(3);
        let missing = Raw { byte_fallback: true, ..raw(&pieces) }.check().unwrap_err();
        assert!(missing.message.contains("not all 256"), "{missing}");
    }

    #[test]
    fn fields_that_are_not_known_are_skipped_and_broken_ones_refused() {
        // Piece `a` as id 0, an unknown field of each kind of value, then the unknown piece.
        let mut file = vec![0x0a, 3, 0x0a, 1, b'a'];
        file.extend([0x78, 0x80, 0x01, 0x79, 0, 0, 0, 0, 0, 0, 0, 0, 0x7a, 1, 9, 0x7d, 0, 0, 0, 0]);
        file.extend([0x0a, 6, 0x0a, 2, b'?', b'?', 0x18, 2]);
        let model = Model::read(&file).unwrap();
        assert_eq!((model.pieces[0].text.as_str(), model.unknown), ("a", Some(1)));
        for cut in [1, 3, 7, 10, 18, file.len() - 1] {
            assert!(Model::read(&file[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn bytes_are_spelled_with_upper_case_digits() {
        assert_eq!(byte_of("<0x0A>"), Some(10));
        assert_eq!(byte_of("<0xFF>"), Some(255));
        for other in ["<0xff>", "<0x1>", "<0x+1>", "0x0A", "<0x0A>>"] {
            assert_eq!(byte_of(other), None, "{other}");
        }
    }
}
