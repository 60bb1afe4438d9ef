//! How much of a text is written in which Japanese script.

use super::{COUNT, Column, Plain, SHARE, share};
use crate::format::document::Document;
use crate::text::classes::Class;
use crate::text::facts::Facts;

/// The shares of the Japanese scripts, in one pass over the characters.
pub(super) const FAMILY: Plain = Plain { columns: COLUMNS, measure };

const COLUMNS: &[Column] = &[
    Column {
        name: "japanese_characters",
        unit: "characters",
        range: COUNT,
        summary: "Japanese characters: hiragana, katakana, `ー`, half-width kana, Chinese characters \
                  and the stops `、，。．！？`.",
        undefined: "Always defined; 0 for an empty text.",
        source: "`num_japanese_letters` of Swallow Corpus v1 (arXiv:2404.17733), with `ー`, \
                 half-width kana, iteration marks and Chinese characters beyond the first plane added",
        definition_version: 1,
        of_text: true,
        examples: &[("", 0.0), ("コーヒーを2杯、𠮷野家で。", 12.0), ("ABC", 0.0)],
    },
    Column {
        name: "japanese_share",
        unit: "share of all characters",
        range: SHARE,
        summary: "Japanese characters over all characters.",
        undefined: "Undefined where there is no character.",
        source: "`japanese_fraction` of Swallow Corpus v1, over our Japanese characters",
        definition_version: 1,
        of_text: true,
        examples: &[("漢字ab", 0.5), ("Rustの話", 2.0 / 6.0), ("日本語\n。", 1.0)],
    },
    Column {
        name: "hiragana_share_japanese",
        unit: "share of Japanese characters",
        range: SHARE,
        summary: "Hiragana over Japanese characters. `ー` is no hiragana.",
        undefined: "Undefined where there is no Japanese character.",
        source: "`hiragana_fraction` of Swallow Corpus v1, over our Japanese characters",
        definition_version: 1,
        of_text: true,
        examples: &[("これは本です。", 5.0 / 7.0), ("カナabc", 0.0), ("ひらがな", 1.0)],
    },
    Column {
        name: "kana_share_all",
        unit: "share of all characters",
        range: SHARE,
        summary: "Hiragana, katakana, `ー` and half-width kana over all characters. Chinese with a \
                  stray `の` stays near 0.",
        undefined: "Undefined where there is no character.",
        source: "Kuroshio",
        definition_version: 1,
        of_text: true,
        examples: &[("コーヒー", 1.0), ("我的の書店", 0.2), ("ｶﾅ漢字", 0.5)],
    },
    Column {
        name: "katakana_share_japanese",
        unit: "share of Japanese characters",
        range: SHARE,
        summary: "Katakana, `ー` and half-width kana over Japanese characters.",
        undefined: "Undefined where there is no Japanese character.",
        source: "`katakana_fraction` of Swallow Corpus v1, which leaves out `ー` and half-width kana",
        definition_version: 1,
        of_text: true,
        examples: &[("コーヒーです", 4.0 / 6.0), ("ひらがな", 0.0)],
    },
];

fn measure(_: &Document, facts: &Facts, out: &mut [Option<f64>]) {
    let hiragana = facts.count(Class::Hiragana);
    let katakana = facts.count(Class::Katakana)
        + facts.count(Class::KanaMark)
        + facts.count(Class::HalfwidthKana);
    let japanese = hiragana + katakana + facts.count(Class::Han) + facts.count(Class::Stop);
    out[0] = Some(japanese as f64);
    out[1] = share(japanese, facts.characters());
    out[2] = share(hiragana, japanese);
    out[3] = share(hiragana + katakana, facts.characters());
    out[4] = share(katakana, japanese);
}
