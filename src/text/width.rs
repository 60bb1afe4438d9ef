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
    match (width(left), width(right)) {
        (Width::Narrow, _) | (_, Width::Narrow) => false,
        (Width::Ambiguous, Width::Ambiguous) => false,
        _ => true,
    }
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
