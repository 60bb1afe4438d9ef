//! Character classes: what kind of sign a character is, one table lookup each.
//!
//! The classes follow the Script property where one exists, and add by hand what a count of
//! Japanese letters needs beside it: the long mark ー, the half-width kana and the iteration marks.
//! Han covers every plane and 々〇〻; the other classes lie in the first plane.

use icu_properties::CodePointMapData;
use icu_properties::props::Script;

/// What kind of sign a character is. Every scalar value has exactly one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// Whatever no other class names: ASCII punctuation, symbols, other scripts, controls.
    Other,
    /// White space by the `White_Space` property: U+0020, tab, line breaks, U+00A0, U+3000….
    Space,
    /// `a`–`z`, `A`–`Z`.
    AsciiLetter,
    /// `0`–`9`.
    AsciiDigit,
    /// `Ａ`–`Ｚ`, `ａ`–`ｚ`.
    WideLetter,
    /// `０`–`９`.
    WideDigit,
    /// Letters of U+00C0–00FF, that is without × and ÷.
    Latin1Letter,
    /// U+3041–3096, ゝ and ゞ.
    Hiragana,
    /// U+30A1–30FA, ヽ and ヾ.
    Katakana,
    /// The long mark ー (U+30FC), which belongs to hiragana and katakana words alike.
    KanaMark,
    /// U+FF66–FF9F: half-width kana with their long mark and their voicing marks.
    HalfwidthKana,
    /// Script Han of every plane, 々〇〻 and the radicals included.
    Han,
    /// The stops that count as Japanese letters: 、，。．！？.
    Stop,
    /// Other Japanese punctuation: 「」『』【】（）・：；…‥―〜～ and what stands beside them.
    Punctuation,
}

/// The class of `c`.
#[must_use]
#[inline]
pub fn class(c: char) -> Class {
    match TABLE.get(c as usize) {
        Some(&class) => class,
        None if CodePointMapData::<Script>::new().get(c) == Script::Han => Class::Han,
        None => Class::Other,
    }
}

/// Whether `c` is hiragana: U+3041–3096, ゝ or ゞ.
#[must_use]
#[inline]
pub fn is_hiragana(c: char) -> bool {
    class(c) == Class::Hiragana
}

/// Whether `c` is full-width katakana: U+30A1–30FA, ヽ or ヾ, without the long mark.
#[must_use]
#[inline]
pub fn is_katakana(c: char) -> bool {
    class(c) == Class::Katakana
}

/// Whether `c` is kana of either width; the long mark counts.
#[must_use]
#[inline]
pub fn is_kana(c: char) -> bool {
    matches!(class(c), Class::Hiragana | Class::Katakana | Class::KanaMark | Class::HalfwidthKana)
}

/// Whether `c` is a Chinese character, in any plane; 々〇〻 count.
#[must_use]
#[inline]
pub fn is_han(c: char) -> bool {
    class(c) == Class::Han
}

/// Whether `c` is a Japanese letter as the filter chain counts them: kana of either width, ー, Han
/// and the stops 、，。．！？.
#[must_use]
#[inline]
pub fn is_japanese(c: char) -> bool {
    matches!(
        class(c),
        Class::Hiragana
            | Class::Katakana
            | Class::KanaMark
            | Class::HalfwidthKana
            | Class::Han
            | Class::Stop
    )
}

/// The class of every character of the first plane.
static TABLE: [Class; 0x10000] = {
    let mut table = [Class::Other; 0x10000];
    let mut at = 0;
    while at < RANGES.len() {
        let (from, to, class) = RANGES[at];
        let mut c = from as usize;
        while c <= to as usize {
            table[c] = class;
            c += 1;
        }
        at += 1;
    }
    table
};

/// The classes of the first plane by ranges, both ends included, in order and apart.
const RANGES: &[(char, char, Class)] = &[
    ('\t', '\r', Class::Space),
    (' ', ' ', Class::Space),
    ('0', '9', Class::AsciiDigit),
    ('A', 'Z', Class::AsciiLetter),
    ('a', 'z', Class::AsciiLetter),
    ('\u{85}', '\u{85}', Class::Space),
    ('\u{A0}', '\u{A0}', Class::Space),
    ('À', 'Ö', Class::Latin1Letter),
    ('Ø', 'ö', Class::Latin1Letter),
    ('ø', 'ÿ', Class::Latin1Letter),
    ('\u{1680}', '\u{1680}', Class::Space),
    ('\u{2000}', '\u{200A}', Class::Space),
    ('‐', '‖', Class::Punctuation),
    ('‘', '’', Class::Punctuation),
    ('“', '”', Class::Punctuation),
    ('‥', '…', Class::Punctuation),
    ('\u{2028}', '\u{2029}', Class::Space),
    ('\u{202F}', '\u{202F}', Class::Space),
    ('※', '‼', Class::Punctuation),
    ('⁇', '⁉', Class::Punctuation),
    ('\u{205F}', '\u{205F}', Class::Space),
    ('\u{2E80}', '\u{2E99}', Class::Han),
    ('\u{2E9B}', '\u{2EF3}', Class::Han),
    ('\u{2F00}', '\u{2FD5}', Class::Han),
    ('\u{3000}', '\u{3000}', Class::Space),
    ('、', '。', Class::Stop),
    ('〃', '〃', Class::Punctuation),
    ('々', '々', Class::Han),
    ('〇', '〇', Class::Han),
    ('〈', '】', Class::Punctuation),
    ('〔', '〟', Class::Punctuation),
    ('〡', '〩', Class::Han),
    ('〰', '〰', Class::Punctuation),
    ('〸', '〻', Class::Han),
    ('〽', '〽', Class::Punctuation),
    ('ぁ', 'ゖ', Class::Hiragana),
    ('ゝ', 'ゞ', Class::Hiragana),
    ('゠', '゠', Class::Punctuation),
    ('ァ', 'ヺ', Class::Katakana),
    ('・', '・', Class::Punctuation),
    ('ー', 'ー', Class::KanaMark),
    ('ヽ', 'ヾ', Class::Katakana),
    ('\u{3400}', '\u{4DBF}', Class::Han),
    ('\u{4E00}', '\u{9FFF}', Class::Han),
    ('\u{F900}', '\u{FA6D}', Class::Han),
    ('\u{FA70}', '\u{FAD9}', Class::Han),
    ('！', '！', Class::Stop),
    ('＂', '＋', Class::Punctuation),
    ('，', '，', Class::Stop),
    ('－', '－', Class::Punctuation),
    ('．', '．', Class::Stop),
    ('／', '／', Class::Punctuation),
    ('０', '９', Class::WideDigit),
    ('：', '＞', Class::Punctuation),
    ('？', '？', Class::Stop),
    ('＠', '＠', Class::Punctuation),
    ('Ａ', 'Ｚ', Class::WideLetter),
    ('［', '｀', Class::Punctuation),
    ('ａ', 'ｚ', Class::WideLetter),
    ('｛', '･', Class::Punctuation),
    ('ｦ', 'ﾟ', Class::HalfwidthKana),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_holds_its_signs_and_not_their_neighbours() {
        for (signs, expected) in [
            ("ぁあんゔゖゝゞ", Class::Hiragana),
            ("ァアンヴヶヺヽヾ", Class::Katakana),
            ("ー", Class::KanaMark),
            ("ｦｱﾝｰﾞﾟ", Class::HalfwidthKana),
            ("漢々〇〻𠮷𩸽㐀﨑神\u{9FFF}⽇", Class::Han),
            ("、，。．！？", Class::Stop),
            ("「」『』【】（）・：；…‥―〜～“”｡｢｣､･゠", Class::Punctuation),
            ("azAZ", Class::AsciiLetter),
            ("09", Class::AsciiDigit),
            ("ａｚＡＺ", Class::WideLetter),
            ("０９", Class::WideDigit),
            ("Àÿéß", Class::Latin1Letter),
            (" \t\n\r\u{85}\u{A0}\u{2003}\u{3000}", Class::Space),
            ("\u{3040}\u{3097}゛゜×÷¿!?.,①\u{FFA0}한😀\u{E000}〆\u{4DC0}", Class::Other),
        ] {
            for c in signs.chars() {
                assert_eq!(class(c), expected, "{c} U+{:04X}", c as u32);
            }
        }
    }

    #[test]
    fn han_is_the_script_and_space_the_property_on_every_scalar_value() {
        let script = CodePointMapData::<Script>::new();
        for c in '\0'..=char::MAX {
            assert_eq!(is_han(c), script.get(c) == Script::Han, "U+{:04X}", c as u32);
            assert_eq!(class(c) == Class::Space, c.is_whitespace(), "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn ranges_stand_in_order_and_apart() {
        for pair in RANGES.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn japanese_letters_are_kana_han_and_stops() {
        let count = |text: &str| text.chars().filter(|&c| is_japanese(c)).count();
        assert_eq!(count("コーヒー、ｶﾞﾗｽの𠮷野家。"), 14);
        assert_eq!(count("「ABC」・…　한국 ﹏゛"), 0);
        assert!(is_kana('ー') && is_kana('ﾞ') && is_kana('ゞ') && !is_kana('々'));
        assert!(is_hiragana('ゖ') && !is_hiragana('ァ') && is_katakana('ヺ') && !is_katakana('ー'));
    }
}
