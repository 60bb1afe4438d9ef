//! How much of a text stands in links.

use super::{Column, Plain, SHARE, share};

/// The share of links.
pub(super) const FAMILY: Plain = Plain {
    columns: &[Column {
        name: "link_share",
        unit: "share of all characters",
        range: SHARE,
        summary: "Characters inside `a` elements over all characters.",
        undefined: "Undefined where there is no character.",
        source: "the document link share of Uzushio (LLM-jp Corpus v2)",
        definition_version: 1,
        of_text: true,
        examples: &[("リンクのない文。", 0.0)],
    }],
    measure: |_, facts, out| out[0] = share(facts.link_characters(), facts.characters()),
};

#[cfg(test)]
mod tests {
    use super::super::tests::{document, measure_document};

    #[test]
    fn linked_characters_are_counted_over_all_paragraphs() {
        let mut page = document("ホーム｜案内");
        page.paragraphs[0].links = vec![[0, 3], [4, 6]];
        assert_eq!(measure_document("link_share", "", &page), Some(5.0 / 6.0));
        page.paragraphs.extend(document("長い本文である。").paragraphs);
        assert_eq!(measure_document("link_share", "", &page), Some(5.0 / 14.0));
    }
}
