//! Cutting a text by a Unigram model: the best path over all pieces that match, found in one pass
//! over the characters of a whole document.
//!
//! `best[e]` is the best path to the place before character `e`: its score and its last piece. From
//! every place in order, each piece that matches there, and one unknown character if no piece of
//! one character does, offers its end a path; a better score replaces what is there, an equal one
//! does not. The pieces of the best path are read from the end backwards.
//!
//! The scores are floats whose rounding decides between paths, so the arithmetic is part of the
//! definition, and SentencePiece has changed it once ([`Arithmetic`]). Up to 0.2.1 a sum is made
//! and compared as a double and stored as a float. From 0.2.2 on it is a float throughout, and when
//! a sum has grown beyond 100,000 it is taken off all sums so far.

use hashbrown::HashMap;

use super::model::{Model, PieceKind};
use super::trie::{Entry, Trie};
use crate::error::{Error, Kind, Result};
use crate::tokens::Arithmetic;

/// How much worse than the worst piece an unknown character is.
const UNKNOWN_PENALTY: f32 = 10.0;

/// Marks the value of a user-defined piece in the trie; the rest is its id and one.
const USER_DEFINED: u32 = 1 << 31;

/// The last piece of a path that ends with an unknown character.
const UNKNOWN: u32 = u32::MAX;

/// From this sum on, either way, the later generation begins anew.
const REBASE: f32 = 100_000.0;

/// A Unigram vocabulary, ready to cut.
#[derive(Debug)]
pub(super) struct Unigram {
    arithmetic: Arithmetic,
    trie: Trie,
    /// Characters of each piece.
    lengths: Vec<u16>,
    longest: usize,
    unknown_score: f32,
    /// Scores of the user-defined pieces.
    bonuses: HashMap<u32, f64>,
    unknown: u32,
    bytes: Option<Box<[u32; 256]>>,
}

/// The best path to a place.
#[derive(Debug, Clone, Copy)]
struct Best {
    score: f32,
    /// Its last piece.
    piece: u32,
}

/// Buffers of one user of a [`Unigram`]: 14 bytes a character of the longest text so far.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    characters: Vec<char>,
    codes: Vec<u16>,
    best: Vec<Best>,
}

impl Unigram {
    /// `space` is what a space of the text stands for.
    pub(super) fn new(model: &Model, space: char, arithmetic: Arithmetic) -> Result<Unigram> {
        let mut worst = f32::MAX;
        // The smallest positive float, as SentencePiece has it.
        let mut most = f32::MIN_POSITIVE;
        for piece in model.pieces.iter().filter(|piece| piece.kind == PieceKind::Normal) {
            worst = worst.min(piece.score);
            most = most.max(piece.score);
        }
        let (mut entries, mut bonuses) = (Vec::new(), HashMap::new());
        for (id, piece) in (0..).zip(&model.pieces) {
            let flag = match piece.kind {
                PieceKind::Normal => 0,
                PieceKind::UserDefined => {
                    bonuses.insert(id, bonus(piece.text.len(), most, arithmetic));
                    USER_DEFINED
                }
                _ => continue,
            };
            // A normalized text has no space where a space stands for something else.
            if space == ' ' || !piece.text.contains(' ') {
                entries.push(Entry {
                    text: &piece.text,
                    value: (id + 1) | flag,
                    score: piece.score,
                });
            }
        }
        let failed = || Error::new(Kind::Config, "the model's vocabulary is too large");
        if model.pieces.len() >= USER_DEFINED as usize {
            return Err(failed());
        }
        let mut trie = Trie::new(&entries).ok_or_else(failed)?;
        trie.alphabet.alias(' ', space);
        // A piece has less than 8,000 bytes.
        let lengths: Vec<u16> =
            model.pieces.iter().map(|piece| piece.text.chars().count() as u16).collect();
        Ok(Unigram {
            arithmetic,
            trie,
            longest: lengths.iter().copied().max().unwrap_or(0).into(),
            lengths,
            unknown_score: worst - UNKNOWN_PENALTY,
            bonuses,
            unknown: model.unknown.unwrap_or(UNKNOWN),
            bytes: model.bytes.clone(),
        })
    }

    /// Appends the ids of a normalized text; a space may stand for its mark.
    pub(super) fn encode(
        &self,
        text: impl Iterator<Item = char>,
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) {
        let Scratch { characters, codes, best } = scratch;
        characters.clear();
        codes.clear();
        best.clear();
        for c in text {
            characters.push(c);
            codes.push(self.trie.alphabet.code(c));
        }
        best.resize(codes.len() + 1, Best { score: f32::NEG_INFINITY, piece: UNKNOWN });
        best[0].score = 0.0;
        match self.arithmetic {
            Arithmetic::UpTo021 => self.search::<Doubles>(codes, best),
            Arithmetic::From022 => self.search::<Floats>(codes, best),
        }
        self.read_back(characters, best, ids);
    }

    /// Fills `best` from left to right.
    fn search<S: Sums>(&self, codes: &[u16], best: &mut [Best]) {
        let nodes = &self.trie.nodes;
        for start in 0..codes.len() {
            if S::REBASES && best[start].score.abs() > REBASE {
                let sum = best[start].score;
                let end = (start + self.longest.max(1) + 1).min(best.len());
                // Places that no path has reached stay at minus infinity.
                best[start..end].iter_mut().for_each(|place| place.score -= sum);
            }
            let here = best[start].score;
            let ends = &mut best[start + 1..];
            let mut at = 0;
            let mut single = false;
            for (index, (code, end)) in codes[start..].iter().zip(ends.iter_mut()).enumerate() {
                let next = nodes[at as usize].base ^ u32::from(*code);
                let node = nodes[next as usize];
                if node.parent != at {
                    break;
                }
                at = next;
                if node.value == 0 {
                    continue;
                }
                single |= index == 0;
                let piece = (node.value & !USER_DEFINED) - 1;
                let sum = if node.value & USER_DEFINED == 0 {
                    S::better(here, node.score, end.score)
                } else {
                    S::better_bonus(here, self.bonuses[&piece], end.score)
                };
                if let Some(score) = sum {
                    *end = Best { score, piece };
                }
            }
            if !single {
                let score = here + self.unknown_score;
                if score > ends[0].score {
                    ends[0] = Best { score, piece: UNKNOWN };
                }
            }
        }
    }

    /// Reads the best path from its end and appends its ids in the order of the text.
    fn read_back(&self, characters: &[char], best: &[Best], ids: &mut Vec<u32>) {
        let first = ids.len();
        let mut end = characters.len();
        let mut after_unknown = false;
        while end > 0 {
            let piece = best[end].piece;
            if piece != UNKNOWN {
                ids.push(piece);
                end -= usize::from(self.lengths[piece as usize]);
                after_unknown = false;
                continue;
            }
            end -= 1;
            match &self.bytes {
                Some(bytes) => {
                    let mut buffer = [0; 4];
                    let spelled = characters[end].encode_utf8(&mut buffer).bytes();
                    ids.extend(spelled.rev().map(|byte| bytes[usize::from(byte)]));
                }
                // A run of unknown characters is one unknown piece.
                None if after_unknown => {}
                None => ids.push(self.unknown),
            }
            after_unknown = true;
        }
        ids[first..].reverse();
    }
}

/// The score of a user-defined piece of so many bytes. Never far below 0, so it wins.
fn bonus(bytes: usize, most: f32, arithmetic: Arithmetic) -> f64 {
    match arithmetic {
        Arithmetic::UpTo021 => f64::from(bytes as f32 * most) - 0.1,
        Arithmetic::From022 => f64::from((0.1 * (bytes as f64 - 1.0)) as f32),
    }
}

/// A way to add a score to a path and to compare the sum with another path.
trait Sums {
    /// Whether large sums are taken off again.
    const REBASES: bool;

    /// The sum as it is stored, if it is better than `best`.
    fn better(here: f32, score: f32, best: f32) -> Option<f32>;

    /// The same with the score of a user-defined piece.
    fn better_bonus(here: f32, score: f64, best: f32) -> Option<f32>;
}

/// Up to SentencePiece 0.2.1.
struct Doubles;

impl Sums for Doubles {
    const REBASES: bool = false;

    #[inline]
    fn better(here: f32, score: f32, best: f32) -> Option<f32> {
        Doubles::better_bonus(here, f64::from(score), best)
    }

    #[inline]
    fn better_bonus(here: f32, score: f64, best: f32) -> Option<f32> {
        let sum = score + f64::from(here);
        (sum > f64::from(best)).then_some(sum as f32)
    }
}

/// From SentencePiece 0.2.2 on.
struct Floats;

impl Sums for Floats {
    const REBASES: bool = true;

    #[inline]
    fn better(here: f32, score: f32, best: f32) -> Option<f32> {
        let sum = score + here;
        (sum > best).then_some(sum)
    }

    #[inline]
    fn better_bonus(here: f32, score: f64, best: f32) -> Option<f32> {
        Floats::better(here, score as f32, best)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Algorithm, NormalizerSpec, Piece};
    use super::*;
    use proptest::prelude::*;

    /// A model of pieces after the unknown one, with all bytes behind them if `bytes`.
    fn model(pieces: &[(&str, f32, PieceKind)], bytes: bool) -> Model {
        let piece = |text: &str, score, kind| Piece { text: text.to_owned(), score, kind };
        let mut all = vec![piece("<unk>", 0.0, PieceKind::Unknown)];
        all.extend(pieces.iter().map(|(text, score, kind)| piece(text, *score, *kind)));
        let first = all.len() as u32;
        Model {
            pieces: all,
            algorithm: Algorithm::Unigram,
            normalizer: NormalizerSpec {
                charsmap: Vec::new(),
                add_dummy_prefix: true,
                remove_extra_whitespaces: false,
                escape_whitespaces: true,
                whitespace_as_suffix: false,
            },
            unknown: Some(0),
            bytes: bytes.then(|| Box::new(std::array::from_fn(|byte| first + byte as u32))),
            end_piece: "</s>".to_owned(),
        }
    }

    /// The same written down plainly, over bytes and with a search through all pieces.
    fn plain(model: &Model, text: &str, arithmetic: Arithmetic) -> Vec<u32> {
        let early = arithmetic == Arithmetic::UpTo021;
        let normal = || model.pieces.iter().filter(|piece| piece.kind == PieceKind::Normal);
        let worst = normal().map(|piece| piece.score).fold(f32::MAX, f32::min);
        let mut best: Vec<Option<(f32, usize, u32)>> = vec![None; text.len() + 1];
        best[0] = Some((0.0, 0, 0));
        for (start, c) in text.char_indices() {
            let sum = best[start].map_or(0.0, |place| place.0);
            if !early && sum.abs() > 100_000.0 {
                best[start..].iter_mut().flatten().for_each(|place| place.0 -= sum);
            }
            let here = best[start].map_or(0.0, |place| place.0);
            let mut single = false;
            let mut offer = |end: usize, sum: f64, id: u32| {
                if best[end].is_none_or(|place| sum > f64::from(place.0)) {
                    best[end] = Some((sum as f32, start, id));
                }
            };
            let mut matches: Vec<(u32, &Piece)> = (0..)
                .zip(&model.pieces)
                .filter(|(_, piece)| text[start..].starts_with(&piece.text))
                .filter(|(_, piece)| {
                    matches!(piece.kind, PieceKind::Normal | PieceKind::UserDefined)
                })
                .collect();
            matches.sort_by_key(|(_, piece)| piece.text.len());
            for (id, piece) in matches {
                let bonus = match (piece.kind, early) {
                    (PieceKind::Normal, _) => f64::from(piece.score),
                    (_, true) => -0.1,
                    (_, false) => f64::from((0.1 * (piece.text.len() as f64 - 1.0)) as f32),
                };
                single |= piece.text.len() == c.len_utf8();
                let sum = match early {
                    true => bonus + f64::from(here),
                    false => f64::from(bonus as f32 + here),
                };
                offer(start + piece.text.len(), sum, id);
            }
            if !single {
                offer(start + c.len_utf8(), f64::from(worst - 10.0 + here), 0);
            }
        }
        let (mut ids, mut end) = (Vec::new(), text.len());
        while end > 0 {
            let (_, start, id) = best[end].unwrap();
            match &model.bytes {
                Some(bytes) if id == 0 => {
                    ids.extend(text[start..end].bytes().rev().map(|byte| bytes[usize::from(byte)]));
                }
                None if id == 0 && ids.last() == Some(&0) => {}
                _ => ids.push(id),
            }
            end = start;
        }
        ids.reverse();
        ids
    }

    fn cut(model: &Model, text: &str, arithmetic: Arithmetic) -> Vec<u32> {
        let unigram = Unigram::new(model, '▁', arithmetic).unwrap();
        let mut ids = Vec::new();
        // Buffers that were used before are as good as new ones.
        let mut scratch = Scratch::default();
        unigram.encode("あ▁🌥bbb".chars(), &mut scratch, &mut Vec::new());
        unigram.encode(text.chars(), &mut scratch, &mut ids);
        ids
    }

    fn pieces() -> impl Strategy<Value = Vec<(String, f32, PieceKind)>> {
        // Few distinct scores, so that there are many ties.
        let score = prop::sample::select(vec![-1.1, -2.3, -3.7, -7.9, -127.5_f32]);
        let kind = prop_oneof![
            8 => Just(PieceKind::Normal),
            1 => Just(PieceKind::UserDefined),
            1 => Just(PieceKind::Unused),
        ];
        prop::collection::btree_map("[あいa▁🌥]{1,4}", (score, kind), 1..25).prop_map(|pieces| {
            let mut all: Vec<_> =
                pieces.into_iter().map(|(text, (score, kind))| (text, score, kind)).collect();
            all.push(("ん".to_owned(), -4.2, PieceKind::Normal));
            all
        })
    }

    proptest! {
        #[test]
        fn the_search_is_the_plain_one(
            pieces in pieces(),
            text in "[あいaうん▁🌥\0\n]{0,60}",
            bytes in any::<bool>(),
        ) {
            let pieces: Vec<(&str, f32, PieceKind)> =
                pieces.iter().map(|(text, score, kind)| (text.as_str(), *score, *kind)).collect();
            let model = model(&pieces, bytes);
            for arithmetic in [Arithmetic::UpTo021, Arithmetic::From022] {
                prop_assert_eq!(cut(&model, &text, arithmetic), plain(&model, &text, arithmetic));
            }
        }
    }

    #[test]
    fn long_documents_lose_digits_in_the_same_places() {
        let pieces = [
            ("の", -16.123, PieceKind::Normal),
            ("を", -17.477, PieceKind::Normal),
            ("のを", -33.598, PieceKind::Normal),
            ("をの", -33.601, PieceKind::Normal),
            ("x", -90.1, PieceKind::Normal),
        ];
        let model = model(&pieces, true);
        let text = "のをのxを".repeat(3_000);
        let early = cut(&model, &text, Arithmetic::UpTo021);
        let late = cut(&model, &text, Arithmetic::From022);
        assert_eq!(early, plain(&model, &text, Arithmetic::UpTo021));
        assert_eq!(late, plain(&model, &text, Arithmetic::From022));
        assert_ne!(early, late);
        // What a piece becomes depends on all that stands before it.
        let alone = cut(&model, "のをのxを", Arithmetic::UpTo021);
        assert!(early.chunks(alone.len()).any(|chunk| chunk != alone));
    }

    #[test]
    fn a_space_stands_for_its_mark_and_no_piece_with_a_space_matches() {
        let pieces = [
            ("▁a", -1.0, PieceKind::Normal),
            (" a", -0.5, PieceKind::Normal),
            ("a", -3.0, PieceKind::Normal),
        ];
        let model = model(&pieces, true);
        assert_eq!(cut(&model, " a▁aa", Arithmetic::UpTo021), [1, 1, 3]);
    }
}
