//! The edit that writes half-width kana in full width.

use super::{ApplyEdit, Edit, move_links};
use crate::format::document::Paragraph;

/// Writes half-width kana and punctuation in full width.
pub(super) const EDIT: Edit = Edit {
    name: "fullwidth_kana",
    summary: "Writes half-width kana and their punctuation (U+FF61 to U+FF9F) in full width and \
              joins a kana with the voicing mark behind it: `ｶﾞｷﾞ､ﾊﾟ` becomes `ガギ、パ`. A mark that \
              fits no kana becomes `゛` or `゜`. Nothing else changes.",
    keys: &[],
    version: 1,
    open: |_| Box::new(FullwidthKana),
};

/// The full-width characters of U+FF61 to U+FF9F.
const FULL: [char; 63] = [
    '。', '「', '」', '、', '・', 'ヲ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ャ', 'ュ', 'ョ', 'ッ', 'ー',
    'ア', 'イ', 'ウ', 'エ', 'オ', 'カ', 'キ', 'ク', 'ケ', 'コ', 'サ', 'シ', 'ス', 'セ', 'ソ', 'タ',
    'チ', 'ツ', 'テ', 'ト', 'ナ', 'ニ', 'ヌ', 'ネ', 'ノ', 'ハ', 'ヒ', 'フ', 'ヘ', 'ホ', 'マ', 'ミ',
    'ム', 'メ', 'モ', 'ヤ', 'ユ', 'ヨ', 'ラ', 'リ', 'ル', 'レ', 'ロ', 'ワ', 'ン', '゛', '゜',
];

struct FullwidthKana;

impl ApplyEdit for FullwidthKana {
    fn apply(&self, paragraphs: &mut Vec<Paragraph>) {
        for paragraph in paragraphs {
            if paragraph.text.chars().any(|c| full(c).is_some()) {
                widen(paragraph);
            }
        }
    }
}

fn widen(paragraph: &mut Paragraph) {
    let mut text = String::with_capacity(paragraph.text.len());
    let mut removed = Vec::new();
    let mut chars = paragraph.text.chars().enumerate().peekable();
    while let Some((_, c)) = chars.next() {
        let Some(wide) = full(c) else {
            text.push(c);
            continue;
        };
        let joined = chars.peek().and_then(|(at, mark)| Some((*at, voiced(wide, *mark)?)));
        match joined {
            Some((at, voiced)) => {
                text.push(voiced);
                removed.push(at as u32);
                chars.next();
            }
            None => text.push(wide),
        }
    }
    move_links(&mut paragraph.links, &removed);
    paragraph.text = text;
}

/// The full-width form of a half-width kana, mark or point.
fn full(c: char) -> Option<char> {
    let at = u32::from(c).checked_sub(0xFF61)?;
    FULL.get(at as usize).copied()
}

/// The kana that a full-width one makes with a half-width voicing mark.
fn voiced(kana: char, mark: char) -> Option<char> {
    let after = |steps: u32| char::from_u32(u32::from(kana) + steps);
    match (kana, mark) {
        ('カ'..='チ' | 'ツ'..='ト' | 'ハ'..='ホ', 'ﾞ') => after(1),
        ('ハ'..='ホ', 'ﾟ') => after(2),
        ('ウ', 'ﾞ') => Some('ヴ'),
        ('ワ', 'ﾞ') => Some('ヷ'),
        ('ヲ', 'ﾞ') => Some('ヺ'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::paragraph;
    use super::*;

    fn widened(text: &str) -> String {
        let mut paragraphs = vec![paragraph(text, &[])];
        FullwidthKana.apply(&mut paragraphs);
        paragraphs.remove(0).text
    }

    #[test]
    fn every_half_width_character_becomes_what_unicode_says() {
        let normalizer = icu_normalizer::ComposingNormalizer::new_nfkc();
        for base in 0xFF61..=0xFF9D_u32 {
            for mark in ["", "ﾞ", "ﾟ"] {
                let text: String = char::from_u32(base).into_iter().chain(mark.chars()).collect();
                // A mark that fits nothing composes with nothing either; ours is a spacing one.
                let expected =
                    normalizer.normalize(&text).replace('\u{3099}', "゛").replace('\u{309A}', "゜");
                assert_eq!(widened(&text), expected, "{text}");
            }
        }
    }

    #[test]
    fn whole_words_become_readable_and_other_text_stays() {
        for (text, expected) in [
            ("ｺｰﾋｰ､ｱｲｽ", "コーヒー、アイス"),
            ("ﾞだけ", "゛だけ"),
            ("ＡＢＣ①㈱カﾞ", "ＡＢＣ①㈱カ゛"),
            ("そのまま", "そのまま"),
        ] {
            assert_eq!(widened(text), expected);
        }
    }

    #[test]
    fn links_stay_on_their_characters() {
        let mut paragraphs = vec![paragraph("ｶﾞｷﾞとｸﾞ", &[[0, 2], [2, 5], [5, 7]])];
        FullwidthKana.apply(&mut paragraphs);
        assert_eq!(paragraphs[0].text, "ガギとグ");
        assert_eq!(paragraphs[0].links, [[0, 1], [1, 3], [3, 4]]);
    }
}
