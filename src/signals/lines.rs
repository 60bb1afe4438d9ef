//! How many lines end like prose.

use super::{Column, Plain, SHARE, share};
use crate::text::sentences::ends_sentence;

/// The share of lines that end a sentence.
pub(super) const FAMILY: Plain = Plain {
    columns: &[Column {
        name: "lines_ending_sentence",
        unit: "share of lines",
        range: SHARE,
        summary: "Lines whose last character, closing brackets skipped, is one of `。．！？!?…♪`, \
                  over all lines.",
        undefined: "Undefined where there is no line.",
        source: "`line_punct_thr` of FineWeb-2 (arXiv:2506.20920), with the stops of Japanese and \
                 brackets skipped",
        definition_version: 1,
        of_text: true,
        examples: &[
            ("見出し\n本文です。", 0.5),
            ("「はい。」\n（以上！）", 1.0),
            ("メニュー", 0.0),
        ],
    }],
    measure: |_, facts, out| {
        let lines = facts.lines();
        let ending = lines.iter().filter(|line| ends_sentence(facts.slice(**line))).count();
        out[0] = share(ending as u64, lines.len() as u64);
    },
};
