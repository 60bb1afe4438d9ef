//! East Asian width at a line break of the source: whether the break vanishes or becomes a space.
//!
//! A break between two wide characters is layout and vanishes, as the CSS text module has it and
//! Firefox does it. Two things are decided beyond that for Japanese text: an ambiguous character
//! (…, ―, ①, ×, α, “) counts as wide beside a wide one, but not beside another ambiguous one, since
//! Russian, Greek and accented Latin letters are ambiguous too and their words must stay apart.

use icu_properties::props::{EastAsianWidth, EmojiPresentation, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether a line break of the source between `left` and `right` vanishes; if not, it is a space.
///
/// `left` and `right` are the nearest characters after white space at the break is gone. U+200B on
/// either side always makes the break vanish.
#[must_use]
#[inline]
pub fn break_vanishes(left: char, right: char) -> bool {
    if left == '\u{200B}' || right == '\u{200B}' {
        return true;
    }
    let (left, right) = (width(left), width(right));
    left != Width::Narrow && right != Width::Narrow && (left == Width::Wide || right == Width::Wide)
}

/// What a character is to a line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// Keeps the break as a space: narrow and neutral characters, Hangul, emoji.
    Narrow,
    /// Wide in East Asian text only.
    Ambiguous,
    /// Wide, full-width or half-width.
    Wide,
}

/// The width of `c`, by ranges for ASCII, kana and common Han and by the properties for the rest.
#[inline]
fn width(c: char) -> Width {
    match c {
        '\0'..='\u{A0}' => Width::Narrow,
        '、'..='〇' | 'ぁ'..='ゖ' | 'ァ'..='ヿ' | '一'..='龥' => Width::Wide,
        _ => width_by_properties(c),
    }
}

/// The width of `c` by its Unicode properties.
fn width_by_properties(c: char) -> Width {
    // U+FE0F asks for the emoji picture of the character before it.
    let emoji = c == '\u{FE0F}' || CodePointSetData::new::<EmojiPresentation>().contains(c);
    if emoji || CodePointMapData::<Script>::new().get(c) == Script::Hangul {
        return Width::Narrow;
    }
    match CodePointMapData::<EastAsianWidth>::new().get(c) {
        EastAsianWidth::Fullwidth | EastAsianWidth::Wide | EastAsianWidth::Halfwidth => Width::Wide,
        EastAsianWidth::Ambiguous => Width::Ambiguous,
        _ => Width::Narrow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decision between the last character of one line and the first of the next.
    fn vanishes(left: &str, right: &str) -> bool {
        break_vanishes(left.chars().next_back().unwrap(), right.chars().next().unwrap())
    }

    #[test]
    fn breaks_between_wide_characters_vanish() {
        for (left, right) in [
            ("これは", "つづく"),
            ("東京", "都庁"),
            ("そして、", "つぎ"),
            ("です。", "「はい」"),
            ("かな", "（注）"),
            ("２０", "年"),
            ("ｶﾅ", "ﾊﾝｶｸ"),
            ("ｶﾅ", "かな"),
            ("です〜", "また"),
            ("です～", "また"),
            ("ア・", "イ"),
            ("５０％", "です"),
            ("𠮷", "野家"),
            ("【注】", "【意】"),
            ("段落\u{3000}", "つづき"),
            ("word\u{200B}", "next"),
            ("word", "\u{200B}next"),
            ("葛\u{E0100}", "城"),
        ] {
            assert!(vanishes(left, right), "{left} {right}");
        }
    }

    #[test]
    fn ambiguous_characters_are_wide_beside_wide_ones() {
        for (left, right) in [
            ("です…", "そして"),
            ("それは――", "そして"),
            ("①", "まず"),
            ("三×", "四"),
            ("α", "の値"),
            ("これは", "“引用”"),
            ("太字", "言葉"),
        ] {
            assert!(vanishes(left, right), "{left} {right}");
        }
    }

    #[test]
    fn breaks_beside_narrow_characters_hangul_and_emoji_stay() {
        for (left, right) in [
            ("かな", "(注)"),
            ("Rust", "の話"),
            ("言語は", "Rust"),
            ("2024", "年"),
            ("平成", "30年"),
            ("￥", "100"),
            ("한국", "漢字"),
            ("漢字", "ﾡ"),
            ("楽しい😀", "です"),
            ("楽しい", "😀です"),
            ("楽しい❤\u{FE0F}", "です"),
        ] {
            assert!(!vanishes(left, right), "{left} {right}");
        }
    }

    #[test]
    fn words_of_ambiguous_letters_stay_apart() {
        for (left, right) in [("привет", "мир"), ("là", "été"), ("αβ", "γδ"), ("…", "“À")]
        {
            assert!(!vanishes(left, right), "{left} {right}");
        }
    }

    #[test]
    fn the_ranges_agree_with_the_properties_on_every_scalar_value() {
        for c in '\0'..=char::MAX {
            assert_eq!(width(c), width_by_properties(c), "U+{:04X}", c as u32);
        }
    }
}
