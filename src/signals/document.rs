//! What extraction knows of a document as a whole, offered as signals.

use super::{Column, Plain};

/// The language score.
pub(super) const FAMILY: Plain = Plain {
    columns: &[Column {
        name: "language_score",
        unit: "probability",
        // Rounding inside the model lets a certain prediction pass 1 by a little.
        range: (0.0, 1.001),
        summary: "Probability that the language model gave the document's label, as extraction \
                  stored it (`language.score`).",
        undefined: "Always defined.",
        source: "the language model of `extract.model`",
        definition_version: 1,
        of_text: false,
        examples: &[],
    }],
    measure: |document, _, out| out[0] = Some(f64::from(document.language.score)),
};
