//! How many lines say again what an earlier line said.
//!
//! Lines are sorted by their hash with their lengths; within a run of equal hashes all but one are
//! copies. Equal lines have equal lengths, so it does not matter which one counts as the first.

use super::{Column, Family, Lists, Measure, SHARE, share};
use crate::error::Result;
use crate::format::document::Document;
use crate::text::facts::Facts;

/// The shares of repeated lines.
pub(super) const FAMILY: DuplicateLines = DuplicateLines;

/// See [`FAMILY`].
pub(super) struct DuplicateLines;

const COLUMNS: &[Column] = &[
    Column {
        name: "dup_line_frac",
        unit: "share of lines",
        range: SHARE,
        summary: "Second and later copies of a line over all lines; a line that stands three times \
                  counts two.",
        undefined: "Undefined where there is no line.",
        source: "`dup_line_frac` of Gopher (arXiv:2112.11446) as datatrove computes it",
        definition_version: 1,
        of_text: true,
        examples: &[("同じ\n同じ\n違う\n同じ", 0.5), ("一\n二", 0.0)],
    },
    Column {
        name: "dup_line_char_frac",
        unit: "share of the characters of lines",
        range: SHARE,
        summary: "Characters of second and later copies of a line over the characters of all lines, \
                  line breaks in neither.",
        undefined: "Undefined where there is no line.",
        source: "`char_duplicates_ratio` of FineWeb (datatrove's FineWebQualityFilter)",
        definition_version: 1,
        of_text: true,
        examples: &[("同じ\n同じ\n違う行だ", 0.25), ("一\n二", 0.0)],
    },
];

impl Family for DuplicateLines {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn open(&self, _: &toml::Table, _: &Lists) -> Result<Box<dyn Measure>> {
        Ok(Box::new(Copies::default()))
    }
}

/// The lines of the text at hand: hash and characters.
#[derive(Default)]
struct Copies {
    lines: Vec<(u64, u64)>,
}

impl Measure for Copies {
    fn measure(&mut self, _: &Document, facts: &Facts, out: &mut [Option<f64>]) {
        self.lines.clear();
        let characters = facts.lines().iter().map(|line| line.characters);
        self.lines.extend(facts.line_hashes().iter().copied().zip(characters));
        self.lines.sort_unstable();
        let (mut copies, mut copied, mut all) = (0, 0, 0);
        let mut last = None;
        for (hash, characters) in &self.lines {
            all += characters;
            if last == Some(hash) {
                copies += 1;
                copied += characters;
            }
            last = Some(hash);
        }
        out[0] = share(copies, self.lines.len() as u64);
        out[1] = share(copied, all);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::tests::measure;

    proptest! {
        #[test]
        fn copies_are_those_of_the_plain_way(text in "[あい\n ]{0,40}") {
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            let mut seen = BTreeSet::new();
            let copies: Vec<&&str> = lines.iter().filter(|line| !seen.insert(**line)).collect();
            let characters = |lines: &mut dyn Iterator<Item = &&str>| -> usize {
                lines.map(|line| line.chars().count()).sum()
            };
            let copied = characters(&mut copies.iter().copied());
            let all = characters(&mut lines.iter());
            let expect = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
            prop_assert_eq!(measure("dup_line_frac", "", &text), expect(copies.len(), lines.len()));
            prop_assert_eq!(measure("dup_line_char_frac", "", &text), expect(copied, all));
        }
    }
}
