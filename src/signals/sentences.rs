//! How long sentences are, and how they end.

use super::{COUNT, Column, Plain, SHARE, share};
use crate::format::document::Document;
use crate::text::facts::Facts;

/// Lengths and endings of sentences, in one pass over them.
pub(super) const FAMILY: Plain = Plain { columns: COLUMNS, measure };

/// Longer sentences are mostly tables, addresses and lists that never end one.
const LONG: u64 = 200;

const COLUMNS: &[Column] = &[
    Column {
        name: "mean_sentence_chars",
        unit: "characters",
        range: COUNT,
        summary: "Mean length of the sentences, white space at their ends left out.",
        undefined: "Undefined where there is no sentence.",
        source: "`avg_sentence_length` of Swallow Corpus v1, over our sentences",
        definition_version: 1,
        of_text: true,
        examples: &[("はい。そうです。", 4.0), ("見出し\n一文です。", 4.0)],
    },
    Column {
        name: "longest_sentence_chars",
        unit: "characters",
        range: COUNT,
        summary: "Length of the longest sentence.",
        undefined: "Undefined where there is no sentence.",
        source: "`max_sentence_length` of Swallow Corpus v1, over our sentences",
        definition_version: 1,
        of_text: true,
        examples: &[("はい。そうです。", 5.0), ("「ええ！」と言う。", 5.0)],
    },
    Column {
        name: "long_sentence_share",
        unit: "share of the characters of sentences",
        range: SHARE,
        summary: "Characters in sentences of more than 200 characters over characters in all \
                  sentences. One table cell or address list in a long page weighs little, other \
                  than in `longest_sentence_chars`.",
        undefined: "Undefined where there is no sentence.",
        source: "Kuroshio",
        definition_version: 1,
        of_text: true,
        examples: &[("はい。そうです。", 0.0)],
    },
    Column {
        name: "ellipsis_share",
        unit: "share of sentences",
        range: SHARE,
        summary: "Sentences that end in `…`, `‥`, `...` or `・・`, closing brackets skipped, over \
                  all sentences. Teasers of other pages end so.",
        undefined: "Undefined where there is no sentence.",
        source: "`ellipsis_fraction` of Swallow Corpus v1, where a single `・` counts too",
        definition_version: 1,
        of_text: true,
        examples: &[
            ("続きは…\nはい。", 0.5),
            ("そう...\nまあ・・\n「ねえ…」", 1.0),
            ("項目・", 0.0),
        ],
    },
];

fn measure(_: &Document, facts: &Facts, out: &mut [Option<f64>]) {
    let sentences = facts.sentences();
    let (mut all, mut longest, mut long, mut trailing) = (0, 0, 0, 0);
    for sentence in sentences {
        all += sentence.characters;
        longest = longest.max(sentence.characters);
        long += if sentence.characters > LONG { sentence.characters } else { 0 };
        trailing += u64::from(trails_off(facts.slice(*sentence)));
    }
    let count = sentences.len() as u64;
    out[0] = share(all, count);
    out[1] = (count > 0).then_some(longest as f64);
    out[2] = share(long, all);
    out[3] = share(trailing, count);
}

fn trails_off(sentence: &str) -> bool {
    let end = sentence.trim_end_matches(['」', '』', '）', ')', '”', '】']);
    end.ends_with(['…', '‥']) || end.ends_with("...") || end.ends_with("・・")
}

#[cfg(test)]
mod tests {
    use super::super::tests::measure;

    #[test]
    fn a_sentence_is_long_from_201_characters_on() {
        let text = |characters: usize| format!("{}。\n短い文だ。", "あ".repeat(characters - 1));
        assert_eq!(measure("long_sentence_share", "", &text(200)), Some(0.0));
        assert_eq!(measure("long_sentence_share", "", &text(201)), Some(201.0 / 206.0));
    }
}
