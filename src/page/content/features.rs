//! What is measured of one paragraph.

use crate::format::document::{Paragraph, ParagraphKind};
use crate::text::classes::is_hiragana;
use crate::text::sentences::ends_sentence;

use super::phrases::{holds_phrase, is_copyright};
use super::weights;
use super::words::group;

/// The features of one paragraph by itself, in the order of the weights.
pub(super) type Features = [f32; weights::ALONE.len()];

/// Characters of the longest paragraph that a phrase of boilerplate speaks of.
const LONGEST_PHRASE: usize = 60;
/// Characters of the longest copyright notice.
const LONGEST_NOTICE: usize = 300;

/// Measures one paragraph; `groups` are those of its path.
pub(super) fn measure(paragraph: &Paragraph, groups: u32) -> Features {
    let text = paragraph.text.as_str();
    let counts = Counts::of(text);
    let length = counts.characters.max(1) as f32;
    let share = |count: u32| count as f32 / length;
    let links = paragraph.link_characters() as f32 / length;
    let kind = paragraph.kind;
    let flag = |is: bool| f32::from(u8::from(is));
    let has = |group: u32| flag(groups & group != 0);
    [
        1.0,
        (magnitude(length) / 8.0).min(1.25),
        flag(length < 15.0),
        links,
        flag(links > 0.9),
        flag(ends_sentence(text)),
        (share(counts.punctuation) * 10.0).min(1.0),
        share(counts.hiragana),
        (share(counts.bars) * 10.0).min(1.0),
        share(counts.digits),
        flag(length <= LONGEST_NOTICE as f32 && is_copyright(text)),
        flag(length <= LONGEST_PHRASE as f32 && holds_phrase(text)),
        flag((ParagraphKind::H1..=ParagraphKind::H6).contains(&kind)),
        flag(kind == ParagraphKind::Li),
        flag(matches!(kind, ParagraphKind::Td | ParagraphKind::Dt | ParagraphKind::Dd)),
        flag(kind == ParagraphKind::Pre),
        flag(matches!(kind, ParagraphKind::Quote | ParagraphKind::Caption)),
        has(group::TAG_NAV),
        has(group::TAG_HEADER),
        has(group::TAG_FOOTER),
        has(group::TAG_ASIDE),
        has(group::TAG_FORM),
        has(group::TAG_MAIN),
        has(group::NAVIGATION),
        has(group::FRAME | group::HEADER),
        has(group::OTHERS),
        has(group::SOCIAL),
        has(group::PEOPLE),
        has(group::CONTROLS),
        has(group::META),
        has(group::ARTICLE),
    ]
}

/// Characters of some classes.
#[derive(Default)]
struct Counts {
    characters: u32,
    hiragana: u32,
    punctuation: u32,
    bars: u32,
    digits: u32,
}

impl Counts {
    fn of(text: &str) -> Counts {
        let mut counts = Counts::default();
        for c in text.chars() {
            counts.characters += 1;
            match c {
                '、' | '。' | '，' | '．' | '！' | '？' => counts.punctuation += 1,
                '|' | '｜' | '/' | '／' | '›' | '»' | '«' | '>' | '＞' | '•' | '[' | ']' =>
                {
                    counts.bars += 1;
                }
                '0'..='9' | '０'..='９' => counts.digits += 1,
                c if is_hiragana(c) => counts.hiragana += 1,
                _ => {}
            }
        }
        counts
    }
}

/// The binary logarithm, linear between powers of two: exact arithmetic, and so the same on every
/// machine.
fn magnitude(length: f32) -> f32 {
    let whole = (length as u32).max(1).ilog2();
    whole as f32 + length / (1_u32 << whole) as f32 - 1.0
}

#[cfg(test)]
mod tests {
    use super::super::words::Groups;
    use super::*;

    fn measured(text: &str, path: &str) -> Vec<&'static str> {
        let paragraph = Paragraph {
            text: text.to_owned(),
            path: path.into(),
            kind: ParagraphKind::P,
            links: vec![[0, 1]],
            main: None,
        };
        let features = measure(&paragraph, Groups::default().of(path));
        let seen = weights::ALONE.iter().zip(features).filter(|(_, value)| *value > 0.0);
        seen.map(|(weight, _)| weight.0).collect()
    }

    #[test]
    fn every_feature_stands_under_its_name() {
        assert_eq!(
            measured("これは長い日本語の文章です。", "body>main>div.sidebar.entry>p"),
            [
                "bias",
                "length",
                "short",
                "link share",
                "ends a sentence",
                "punctuation",
                "hiragana",
                "in main",
                "words of the frame",
                "words of an article",
            ]
        );
        assert_eq!(
            measured("© 2024 | 無断転載を禁じます", "body>footer>p"),
            [
                "bias",
                "length",
                "link share",
                "hiragana",
                "bars",
                "digits",
                "copyright",
                "in footer",
            ]
        );
        assert_eq!(
            measured("関連記事", "body>div#header>p"),
            ["bias", "length", "short", "link share", "phrase", "words of the frame"]
        );
    }

    #[test]
    fn magnitudes_grow_with_the_length() {
        for (length, expected) in [(1.0, 0.0), (2.0, 1.0), (3.0, 1.5), (256.0, 8.0), (384.0, 8.5)] {
            assert_eq!(magnitude(length), expected);
        }
    }
}
