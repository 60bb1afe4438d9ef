//! How much Japanese script a page must hold to be Japanese at all.
//!
//! The rule is asked twice. The pre-screen asks it of a page's bytes, where the counts are known
//! within bounds, and refuses only what every count within them refuses. The extractor asks it of
//! the paragraphs. So whatever the pre-screen refuses is to be refused in any case, which
//! `tests/prescreen.rs` holds it to.

/// Fewer kana and kanji are a word or two.
const ENOUGH: u64 = 6;
/// From so many kanji on, more kanji for each kana than this are Chinese that quotes something: lists
/// of names have few kana, long texts have many. Of 5,800 Japanese pages the one with the fewest has
/// one for forty, of those with a thousand kanji one for four.
const KANJI_A_KANA: [(u64, u64); 2] = [(200, 50), (1000, 10)];
/// More other characters than this for each kana and kanji are another language that names
/// something Japanese. Of 5,800 Japanese pages the one with the most has 21.
const OTHERS_A_JAPANESE: u64 = 31;

/// Counts of the characters of a page, exact or at best: each as Japanese as it may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Script {
    /// Kana of either width, at most.
    pub kana: u64,
    /// Kanji, at most.
    pub kanji: u64,
    /// Kanji, at least: many with few kana are Chinese.
    pub sure_kanji: u64,
    /// Characters that are neither, at least.
    pub others: u64,
}

impl Script {
    /// Whether a page with these may be Japanese; no language model need be asked where not.
    pub fn may_be_japanese(&self) -> bool {
        let is_chinese = KANJI_A_KANA
            .iter()
            .any(|&(many, a_kana)| self.sure_kanji >= many && self.kana * a_kana < self.sure_kanji);
        let most_others = (self.kana + self.kanji) * OTHERS_A_JAPANESE;
        self.is_enough() && !is_chinese && self.others <= most_others
    }

    /// The same for a page in the character set of this name: in those of China, Taiwan and Korea
    /// kanji prove nothing, and a kana is asked for.
    pub fn may_be_japanese_in(&self, charset: &str) -> bool {
        let is_foreign = matches!(charset, "GBK" | "gb18030" | "Big5" | "EUC-KR");
        self.may_be_japanese() && (self.kana > 0 || !is_foreign)
    }

    /// The exact counts of a text: kana, Chinese characters, all characters.
    pub fn exactly(kana: u64, kanji: u64, all: u64) -> Script {
        Script { kana, kanji, sure_kanji: kanji, others: all - kana - kanji }
    }

    /// Whether there are more than a word or two.
    pub(super) fn is_enough(&self) -> bool {
        self.kana + self.kanji >= ENOUGH
    }
}

/// Whether `c` is a kanji: every Chinese character that [`classes`] knows, but no radical, and some
/// neighbours.
///
/// [`classes`]: crate::text::classes
pub(super) fn is_kanji(c: u32) -> bool {
    matches!(c, 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3038..=0x303B | 0x3400..=0x4DBF)
        || matches!(c, 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x1_6FE0..=0x1_6FFF | 0x2_0000..=0x3_FFFD)
}

/// Whether `c` is a kana of either width: every one that [`classes`] knows, and some neighbours.
///
/// [`classes`]: crate::text::classes
pub(super) fn is_kana(c: u32) -> bool {
    matches!(c, 0x3041..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F | 0x1_AFF0..=0x1_B16F)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_KR, GB18030, GBK};

    use super::*;
    use crate::text::classes;

    #[test]
    fn a_page_is_japanese_by_enough_script_among_kanji_and_letters() {
        for ((kana, kanji, others), expected) in [
            ((0, 0, 0), false),
            ((5, 0, 0), false),
            ((6, 0, 0), true),
            ((0, 6, 0), true),
            ((3, 3, 186), true),
            ((3, 3, 187), false),
            ((0, 199, 0), true),
            ((0, 200, 0), false),
            ((3, 200, 0), false),
            ((4, 200, 0), true),
            ((4, 201, 0), false),
            ((20, 999, 0), true),
            ((99, 1000, 0), false),
            ((100, 1000, 0), true),
        ] {
            let script = Script::exactly(kana, kanji, kana + kanji + others);
            assert_eq!(script.may_be_japanese(), expected, "{script:?}");
        }
    }

    #[test]
    fn in_a_chinese_or_korean_character_set_a_kana_is_asked_for() {
        for encoding in [GBK, GB18030, BIG5, EUC_KR] {
            assert!(!Script::exactly(0, 9, 9).may_be_japanese_in(encoding.name()));
            assert!(Script::exactly(1, 9, 10).may_be_japanese_in(encoding.name()));
        }
        assert!(Script::exactly(0, 9, 9).may_be_japanese_in("EUC-JP"));
    }

    #[test]
    fn what_counts_in_a_text_counts_in_bytes() {
        for c in '\u{3000}'..=char::MAX {
            let (kana, kanji) = (is_kana(c.into()), is_kanji(c.into()));
            assert!(!classes::is_kana(c) || kana, "{c}");
            assert!(!classes::is_han(c) || kanji, "{c}");
        }
    }
}
