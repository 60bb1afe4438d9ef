//! The Japanese part of a page alone, for pages whose menus, names and program code are in Latin
//! letters. Such letters stand in pages of every language and say little about it; to a model that
//! counts characters they can outweigh the text.

use super::lid_form;
use super::lid_form::FILLING_BYTES;
use crate::text::classes::{Class, class};

/// How much of `paragraphs` is Japanese script, as a share of their bytes in UTF-8 without white
/// space; 0 without text. Bytes, because a Japanese character says as much as three letters or so.
pub fn japanese_share<'a>(paragraphs: impl Iterator<Item = &'a str>) -> f64 {
    let (mut japanese, mut all) = (0, 0);
    for c in paragraphs.flat_map(str::chars) {
        let class = class(c);
        if is_japanese_script(class) {
            japanese += c.len_utf8();
        }
        if class != Class::Space {
            all += c.len_utf8();
        }
    }
    if all == 0 { 0.0 } else { japanese as f64 / all as f64 }
}

/// Writes the form of the Japanese script in `paragraphs` into `out`, whose former content is
/// dropped: kana, kanji, Japanese punctuation and full-width letters and digits, with spaces in
/// place of everything else, in the form of [`lid_form()`].
pub fn japanese_form<'a>(paragraphs: impl Iterator<Item = &'a str>, out: &mut String) {
    let mut script = String::new();
    // A space parts the paragraphs.
    for c in paragraphs.flat_map(|paragraph| [' '].into_iter().chain(paragraph.chars())) {
        if is_japanese_script(class(c)) {
            script.push(c);
        } else if !script.ends_with(' ') {
            script.push(' ');
        }
        if script.len() > FILLING_BYTES {
            break;
        }
    }
    lid_form(std::iter::once(script.as_str()), out);
}

fn is_japanese_script(class: Class) -> bool {
    match class {
        Class::Other
        | Class::Space
        | Class::AsciiLetter
        | Class::AsciiDigit
        | Class::Latin1Letter => false,
        Class::WideLetter
        | Class::WideDigit
        | Class::Hiragana
        | Class::Katakana
        | Class::KanaMark
        | Class::HalfwidthKana
        | Class::Han
        | Class::Stop
        | Class::Punctuation => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_script_than_fills_the_form_changes_nothing() {
        for word in ["ｶﾞ", "本", "𠮷", "あ x "] {
            let form_of = |times: usize| {
                let mut out = String::new();
                japanese_form([word.repeat(times).as_str()].into_iter(), &mut out);
                out
            };
            assert_eq!(form_of(5_000), form_of(50_000), "{word}");
        }
    }

    #[test]
    fn everything_but_japanese_script_becomes_a_space() {
        for (paragraphs, form, share) in [
            (&["Keep reading", "npm で自動化する。"][..], "で自動化する。", 21.0 / 35.0),
            (&["１２月 ｶﾞ 12 é", "「Rust」"], "１２月 ガ 「 」", 21.0 / 29.0),
            (&["plain text"], "", 0.0),
            (&["", " \u{3000}"], "", 0.0),
            (&[], "", 0.0),
        ] {
            let mut out = "before".to_owned();
            japanese_form(paragraphs.iter().copied(), &mut out);
            let found = japanese_share(paragraphs.iter().copied());
            assert_eq!((out.as_str(), found), (form, share), "{paragraphs:?}");
        }
    }
}
