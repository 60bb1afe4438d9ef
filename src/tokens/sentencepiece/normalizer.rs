//! What SentencePiece does to a text before it is cut: rules, spaces, the dummy prefix.
//!
//! Step by step: leading spaces go if extra spaces do; `▁` is put in front; then at each place the
//! longest user-defined symbol is copied, else the longest rule is applied, else one character is
//! copied; runs of spaces shrink to one and trailing ones go if extra spaces do; each space becomes
//! `▁`. Text without rules and extra spaces needs none of this but the prefix and the spaces, which
//! the reader of the text does without a copy ([`Normalizer::is_plain`]).

use std::collections::BTreeMap;

use super::charsmap::Charsmap;
use super::model::{Model, PieceKind};
use crate::error::Result;

/// The mark of a space, U+2581.
pub(super) const SPACE_MARK: char = '\u{2581}';

/// The normalizer of a model.
#[derive(Debug)]
pub(super) struct Normalizer {
    rules: Option<Charsmap>,
    /// User-defined symbols by their first character, longest first.
    symbols: BTreeMap<char, Vec<String>>,
    remove_extra_spaces: bool,
    /// What a space becomes.
    space: char,
    prefix: bool,
    suffix: bool,
}

impl Normalizer {
    pub(super) fn new(model: &Model) -> Result<Normalizer> {
        let spec = &model.normalizer;
        let rules = match spec.charsmap.is_empty() {
            true => None,
            false => Some(Charsmap::read(&spec.charsmap)?),
        };
        let mut symbols: BTreeMap<char, Vec<String>> = BTreeMap::new();
        for piece in model.pieces.iter().filter(|piece| piece.kind == PieceKind::UserDefined) {
            if let Some(first) = piece.text.chars().next() {
                symbols.entry(first).or_default().push(piece.text.clone());
            }
        }
        for same_start in symbols.values_mut() {
            same_start.sort_by_key(|symbol| std::cmp::Reverse(symbol.len()));
        }
        Ok(Normalizer {
            rules,
            symbols,
            remove_extra_spaces: spec.remove_extra_whitespaces,
            space: if spec.escape_whitespaces { SPACE_MARK } else { ' ' },
            prefix: spec.add_dummy_prefix && !spec.whitespace_as_suffix,
            suffix: spec.add_dummy_prefix && spec.whitespace_as_suffix,
        })
    }

    /// Whether nothing but the prefix or suffix and the spelling of spaces changes.
    pub(super) fn is_plain(&self) -> bool {
        self.rules.is_none() && !self.remove_extra_spaces
    }

    /// What a space becomes.
    pub(super) fn space(&self) -> char {
        self.space
    }

    /// Whether a space is put before and after a text that is not empty.
    pub(super) fn edges(&self) -> (bool, bool) {
        (self.prefix, self.suffix)
    }

    /// Writes the normalized form of `text` to `out`.
    pub(super) fn normalize(&self, text: &str, out: &mut String) {
        out.clear();
        let mut rest = text;
        while self.remove_extra_spaces && !rest.is_empty() {
            let (length, replacement) = self.step(rest);
            if replacement != " " {
                break;
            }
            rest = &rest[length..];
        }
        if rest.is_empty() {
            return;
        }
        if self.prefix {
            out.push(self.space);
        }
        let mut after_space = self.remove_extra_spaces;
        while !rest.is_empty() {
            let (length, mut replacement) = self.step(rest);
            if after_space {
                replacement = replacement.trim_start_matches(' ');
            }
            if !replacement.is_empty() {
                out.extend(replacement.chars().map(|c| if c == ' ' { self.space } else { c }));
                after_space = self.remove_extra_spaces && replacement.ends_with(' ');
            }
            rest = &rest[length..];
        }
        if self.remove_extra_spaces {
            out.truncate(out.trim_end_matches(self.space).len());
        }
        if self.suffix {
            out.push(self.space);
        }
    }

    /// How many bytes the next step takes, and what they become.
    fn step<'t>(&'t self, rest: &'t str) -> (usize, &'t str) {
        let Some(first) = rest.chars().next() else { return (0, "") };
        let symbol = self
            .symbols
            .get(&first)
            .and_then(|symbols| symbols.iter().find(|symbol| rest.starts_with(symbol.as_str())));
        if let Some(symbol) = symbol {
            return (symbol.len(), symbol);
        }
        if let Some(replaced) = self.rules.as_ref().and_then(|rules| rules.longest(rest)) {
            return replaced;
        }
        let length = first.len_utf8();
        (length, &rest[..length])
    }
}

#[cfg(test)]
mod tests {

    use super::super::model::{Algorithm, NormalizerSpec, Piece};
    use super::super::toy_rules::blob;
    use super::*;

    const RULES: &[(&str, &str)] =
        &[("ｶ", "カ"), ("ｶﾞ", "ガ"), ("　", " "), ("\t", " "), ("\u{200b}", ""), ("¼", "1 4")];

    fn normalized(text: &str, change: impl FnOnce(&mut NormalizerSpec)) -> String {
        let mut spec = NormalizerSpec {
            charsmap: blob(RULES),
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
            whitespace_as_suffix: false,
        };
        change(&mut spec);
        let symbol =
            |text: &str| Piece { text: text.to_owned(), score: 0.0, kind: PieceKind::UserDefined };
        let model = Model {
            pieces: vec![symbol("ｶ<"), symbol("ｶ<x>")],
            algorithm: Algorithm::Unigram,
            normalizer: spec,
            unknown: Some(0),
            bytes: None,
            end_piece: "</s>".to_owned(),
        };
        let mut out = "left over".to_owned();
        Normalizer::new(&model).unwrap().normalize(text, &mut out);
        out
    }

    #[test]
    fn rules_spaces_and_symbols_are_applied_in_order() {
        let table = [
            ("", ""),
            (" \t　", ""),
            ("\u{200b}", ""),
            ("  ｶﾞ \t 犬　", "▁ガ▁犬"),
            ("a ¼", "▁a▁1▁4"),
            // The longest user-defined symbol goes before the rules.
            ("ｶ<x>ｶ<ｶ", "▁ｶ<x>ｶ<カ"),
            ("a▁▁b", "▁a▁▁b"),
            ("a▁", "▁a"),
        ];
        for (text, expected) in table {
            assert_eq!(normalized(text, |_| ()), expected, "{text:?}");
        }
    }

    #[test]
    fn switches_are_followed() {
        assert_eq!(normalized(" a  b ", |spec| spec.remove_extra_whitespaces = false), "▁▁a▁▁b▁");
        assert_eq!(normalized(" a b ", |spec| spec.add_dummy_prefix = false), "a▁b");
        assert_eq!(normalized(" a b ", |spec| spec.whitespace_as_suffix = true), "a▁b▁");
        assert_eq!(normalized(" a b ", |spec| spec.escape_whitespaces = false), " a b");
    }
}
