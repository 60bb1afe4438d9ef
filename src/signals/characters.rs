//! The length of a text.

use super::{COUNT, Column, Plain};

/// The number of characters.
pub(super) const FAMILY: Plain = Plain {
    columns: &[Column {
        name: "characters",
        unit: "characters",
        range: COUNT,
        summary: "All characters of the text, white space among them, line breaks not.",
        undefined: "Always defined; 0 for an empty text.",
        source: "Kuroshio; `num_letters` of Swallow Corpus v1 counts line breaks too",
        definition_version: 1,
        of_text: true,
        examples: &[("", 0.0), ("漢字と kana。", 9.0), ("一行\n二行\n𠮷", 5.0)],
    }],
    measure: |_, facts, out| out[0] = Some(facts.characters() as f64),
};
