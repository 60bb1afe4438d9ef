//! How much of a text is what a wrong encoding left behind.

use super::{Column, Plain, SHARE, share};

/// Signs of damage.
pub(super) const FAMILY: Plain = Plain {
    columns: &[
        Column {
            name: "replacement_share",
            unit: "share of all characters",
            range: SHARE,
            summary: "U+FFFD, which stands for bytes that could not be decoded, over all characters.",
            undefined: "Undefined where there is no character.",
            source: "Kuroshio",
            definition_version: 1,
            of_text: true,
            examples: &[("文字\u{FFFD}化", 0.25), ("正しい文字", 0.0)],
        },
        Column {
            name: "mojibake_share",
            unit: "share of all characters",
            range: SHARE,
            summary: "Signs of mojibake over all characters: U+FFFD, C1 controls, private use, the \
                      rare Chinese characters that UTF-8 becomes when it is read as Shift_JIS \
                      (`縺繧繝…`) in the company of half-width kana, and half-width kana where \
                      full-width kana are missing.",
            undefined: "Undefined where there is no character.",
            source: "Kuroshio; the signs were measured on Japanese lines decoded wrongly on purpose",
            definition_version: 1,
            of_text: true,
            examples: &[("日本語の文字。", 0.0), ("\u{FFFD}\u{FFFD}本", 2.0 / 3.0)],
        },
    ],
    measure: |_, facts, out| {
        let damage = facts.damage();
        out[0] = share(damage.replaced(), damage.characters());
        out[1] = (damage.characters() > 0).then(|| damage.share());
    },
};
