//! Cutting a text by a BPE model: neighbours whose union is a piece are merged, the best score
//! first and the leftmost of equals, until nothing merges.
//!
//! User-defined pieces are found first, longest match, and never merged. A merge into an unused
//! piece is undone at the end, down to what it was made of. Text is cut as a whole.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use super::model::{Model, PieceKind};

/// A vocabulary, ready to merge.
#[derive(Debug)]
pub(super) struct Bpe {
    /// What may be merged to: normal, user-defined and unused pieces.
    pieces: HashMap<String, Mergeable>,
    /// User-defined pieces by their first character, longest first.
    symbols: HashMap<char, Vec<String>>,
    unknown: u32,
    bytes: Option<Box<[u32; 256]>>,
}

#[derive(Debug, Clone, Copy)]
struct Mergeable {
    id: u32,
    score: f32,
    unused: bool,
}

/// A stretch of the text, `from..to` in bytes; empty once it was merged into the one before.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    from: usize,
    to: usize,
    before: Option<usize>,
    after: Option<usize>,
    frozen: bool,
}

/// Two neighbours that may merge; outdated if they no longer have `bytes` together.
#[derive(Debug, Clone, Copy)]
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    bytes: usize,
}

impl Ord for Pair {
    fn cmp(&self, other: &Pair) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Pair) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pair {
    fn eq(&self, other: &Pair) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pair {}

/// Buffers of one user of a [`Bpe`].
#[derive(Debug, Default)]
pub(super) struct Scratch {
    symbols: Vec<Symbol>,
    pairs: BinaryHeap<Pair>,
    /// For each unused piece that was merged, the bytes of its left part.
    unused: HashMap<String, usize>,
}

impl Bpe {
    pub(super) fn new(model: &Model) -> Bpe {
        let (mut pieces, mut symbols) = (HashMap::new(), HashMap::<char, Vec<String>>::new());
        for (id, piece) in (0..).zip(&model.pieces).filter(|(_, piece)| piece.kind.is_text()) {
            let unused = piece.kind == PieceKind::Unused;
            // Both zeros are one score.
            let score = piece.score + 0.0;
            pieces.insert(piece.text.clone(), Mergeable { id, score, unused });
            if piece.kind == PieceKind::UserDefined
                && let Some(first) = piece.text.chars().next()
            {
                symbols.entry(first).or_default().push(piece.text.clone());
            }
        }
        for same_start in symbols.values_mut() {
            same_start.sort_by_key(|symbol| std::cmp::Reverse(symbol.len()));
        }
        let unknown = model.unknown.unwrap_or(0);
        Bpe { pieces, symbols, unknown, bytes: model.bytes.clone() }
    }

    /// Appends the ids of a normalized text.
    pub(super) fn encode(&self, text: &str, scratch: &mut Scratch, ids: &mut Vec<u32>) {
        scratch.pairs.clear();
        scratch.unused.clear();
        self.cut(text, &mut scratch.symbols);
        for right in 1..scratch.symbols.len() {
            self.offer(text, right - 1, right, scratch);
        }
        while let Some(pair) = scratch.pairs.pop() {
            self.merge(text, pair, scratch);
        }
        let mut at = if scratch.symbols.is_empty() { None } else { Some(0) };
        let mut after_unknown = false;
        while let Some(symbol) = at.map(|index| scratch.symbols[index]) {
            self.emit(&text[symbol.from..symbol.to], &scratch.unused, &mut after_unknown, ids);
            at = symbol.after;
        }
    }

    /// Cuts a text into user-defined pieces and characters.
    fn cut(&self, text: &str, symbols: &mut Vec<Symbol>) {
        symbols.clear();
        let mut from = 0;
        while let Some(first) = text[from..].chars().next() {
            let rest = &text[from..];
            let symbol = self.symbols.get(&first).and_then(|symbols| {
                symbols.iter().find(|symbol| rest.starts_with(symbol.as_str()))
            });
            let to = from + symbol.map_or(first.len_utf8(), String::len);
            let index = symbols.len();
            let before = index.checked_sub(1);
            let after = (to < text.len()).then_some(index + 1);
            symbols.push(Symbol { from, to, before, after, frozen: symbol.is_some() });
            from = to;
        }
    }

    /// Notes that two neighbours may merge, if their union is a piece.
    fn offer(&self, text: &str, left: usize, right: usize, scratch: &mut Scratch) {
        let (one, other) = (scratch.symbols[left], scratch.symbols[right]);
        if one.frozen || other.frozen {
            return;
        }
        let union = &text[one.from..other.to];
        let Some(piece) = self.pieces.get(union) else { return };
        scratch.pairs.push(Pair { score: piece.score, left, right, bytes: union.len() });
        if piece.unused {
            scratch.unused.insert(union.to_owned(), one.to - one.from);
        }
    }

    /// Merges a pair that is not outdated, and offers the union to its neighbours.
    fn merge(&self, text: &str, pair: Pair, scratch: &mut Scratch) {
        let (left, right) = (scratch.symbols[pair.left], scratch.symbols[pair.right]);
        let (left_bytes, right_bytes) = (left.to - left.from, right.to - right.from);
        if left_bytes == 0 || right_bytes == 0 || left_bytes + right_bytes != pair.bytes {
            return;
        }
        scratch.symbols[pair.left].to = right.to;
        scratch.symbols[pair.left].after = right.after;
        scratch.symbols[pair.right].to = right.from;
        if let Some(after) = right.after {
            scratch.symbols[after].before = Some(pair.left);
        }
        if let Some(before) = left.before {
            self.offer(text, before, pair.left, scratch);
        }
        if let Some(after) = right.after {
            self.offer(text, pair.left, after, scratch);
        }
    }

    /// Appends the ids of a symbol; an unused piece is taken apart again.
    fn emit(
        &self,
        symbol: &str,
        unused: &HashMap<String, usize>,
        after_unknown: &mut bool,
        ids: &mut Vec<u32>,
    ) {
        let piece = self.pieces.get(symbol);
        if piece.is_some_and(|piece| piece.unused)
            && let Some(&cut) = unused.get(symbol)
        {
            self.emit(&symbol[..cut], unused, after_unknown, ids);
            return self.emit(&symbol[cut..], unused, after_unknown, ids);
        }
        match (piece, &self.bytes) {
            (Some(piece), _) => ids.push(piece.id),
            (None, Some(bytes)) => ids.extend(symbol.bytes().map(|byte| bytes[usize::from(byte)])),
            // A run of unknown characters is one unknown piece.
            (None, None) if *after_unknown => {}
            (None, None) => ids.push(self.unknown),
        }
        *after_unknown = piece.is_none();
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Algorithm, NormalizerSpec, Piece};
    use super::*;
    use proptest::prelude::*;

    fn model(pieces: &[(String, PieceKind)]) -> Model {
        let mut all =
            vec![Piece { text: "<unk>".to_owned(), score: 0.0, kind: PieceKind::Unknown }];
        all.extend(pieces.iter().enumerate().map(|(rank, (text, kind))| Piece {
            text: text.clone(),
            // Some share a rank, so that the leftmost decides.
            score: -((rank / 2) as f32),
            kind: *kind,
        }));
        Model {
            pieces: all,
            algorithm: Algorithm::Bpe,
            normalizer: NormalizerSpec {
                charsmap: Vec::new(),
                add_dummy_prefix: false,
                remove_extra_whitespaces: false,
                escape_whitespaces: true,
                whitespace_as_suffix: false,
            },
            unknown: Some(0),
            bytes: None,
            end_piece: "</s>".to_owned(),
        }
    }

    /// Merges by looking at all neighbours again each time. No piece is unused or user-defined.
    fn plain(model: &Model, text: &str) -> Vec<u32> {
        let mut parts: Vec<String> = text.chars().map(String::from).collect();
        let find = |text: &str| model.pieces.iter().position(|piece| piece.text == text);
        loop {
            let mut best: Option<(f32, usize)> = None;
            for at in 1..parts.len() {
                let Some(id) = find(&format!("{}{}", parts[at - 1], parts[at])) else { continue };
                let score = model.pieces[id].score;
                if best.is_none_or(|(best, _)| score > best) {
                    best = Some((score, at));
                }
            }
            let Some((_, at)) = best else { break };
            let right = parts.remove(at);
            parts[at - 1].push_str(&right);
        }
        let mut ids: Vec<u32> = parts.iter().map(|part| find(part).unwrap_or(0) as u32).collect();
        ids.dedup_by(|one, other| (*one, *other) == (0, 0));
        ids
    }

    proptest! {
        #[test]
        fn merging_by_a_heap_is_merging_plainly(
            pieces in prop::collection::btree_set("[abあ]{1,4}", 1..40),
            seed in any::<u64>(),
            text in "[abあい]{0,40}",
        ) {
            let mut pieces: Vec<(String, PieceKind)> =
                pieces.into_iter().map(|text| (text, PieceKind::Normal)).collect();
            let turn = seed as usize % pieces.len();
            pieces.rotate_left(turn);
            let model = model(&pieces);
            let mut ids = Vec::new();
            Bpe::new(&model).encode(&text, &mut Scratch::default(), &mut ids);
            prop_assert_eq!(ids, plain(&model, &text));
        }
    }

    #[test]
    fn an_unused_piece_is_taken_apart_as_it_was_made() {
        let piece = |text: &str, kind| (text.to_owned(), kind);
        let model = model(&[
            piece("ab", PieceKind::Normal),
            piece("abab", PieceKind::Unused),
            piece("a", PieceKind::Normal),
            piece("b", PieceKind::Normal),
        ]);
        let mut ids = Vec::new();
        Bpe::new(&model).encode("ababb", &mut Scratch::default(), &mut ids);
        assert_eq!(ids, [1, 1, 4]);
    }
}
