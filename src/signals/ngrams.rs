//! How often the same few characters come again.
//!
//! n-grams are taken over the characters of the whole text, line breaks among them, because that is
//! the sequence that the bounds of others were set on. Each is known by the XXH3-64 of its bytes.
//! The most frequent one is the longest run among the sorted hashes.

use hashbrown::HashSet;
use xxhash_rust::xxh3::xxh3_64;

use super::{Column, Family, Lists, Measure, SHARE, share};
use crate::error::Result;
use crate::format::document::Document;
use crate::text::facts::Facts;

/// Repeated n-grams.
pub(super) const FAMILY: Ngrams = Ngrams;

/// See [`FAMILY`].
pub(super) struct Ngrams;

/// The n-grams that are searched for the most frequent one, a column each.
const TOP: [usize; 3] = [2, 3, 4];

/// The n-grams of the last column.
const REPEATED: usize = 10;

const COLUMNS: &[Column] = &[
    Column {
        name: "top_2gram_occurrences",
        unit: "share of 2-grams",
        range: SHARE,
        summary: "Occurrences of the most frequent 2-gram over all 2-grams, over characters with \
                  line breaks.",
        undefined: "Undefined where the text has fewer than 2 characters.",
        source: "`top_2gram_character_fraction` of Swallow Corpus v1",
        definition_version: 1,
        of_text: true,
        examples: &[("ああああ", 1.0), ("あいあいう", 0.5)],
    },
    Column {
        name: "top_3gram_occurrences",
        unit: "share of 3-grams",
        range: SHARE,
        summary: "Occurrences of the most frequent 3-gram over all 3-grams, over characters with \
                  line breaks.",
        undefined: "Undefined where the text has fewer than 3 characters.",
        source: "`top_3gram_character_fraction` of Swallow Corpus v1",
        definition_version: 1,
        of_text: true,
        examples: &[("ああああ", 1.0), ("あい\nあい\n", 0.5)],
    },
    Column {
        name: "top_4gram_occurrences",
        unit: "share of 4-grams",
        range: SHARE,
        summary: "Occurrences of the most frequent 4-gram over all 4-grams, over characters with \
                  line breaks.",
        undefined: "Undefined where the text has fewer than 4 characters.",
        source: "`top_4gram_character_fraction` of Swallow Corpus v1",
        definition_version: 1,
        of_text: true,
        examples: &[("ああああ", 1.0), ("一二三四五", 0.5)],
    },
    Column {
        name: "dup_10gram_gopher",
        unit: "share of characters with line breaks",
        range: SHARE,
        summary: "Characters that repeat an earlier 10-gram over all, both with line breaks. A walk \
                  from left to right: if the 10-gram that begins here was seen before, its 10 \
                  characters are repeated and the walk goes on behind it, else it is remembered and \
                  the walk goes on one character further. A text that stands twice comes to about \
                  0.5.",
        undefined: "Undefined where the text is empty; 0 where it has fewer than 10 characters.",
        source: "`dup_n_grams` of datatrove's GopherRepetitionFilter, over characters instead of words",
        definition_version: 1,
        of_text: true,
        examples: &[("一二三四五六七八九十一二三四五六七八九十", 0.5), ("短い", 0.0)],
    },
];

impl Family for Ngrams {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn open(&self, _: &toml::Table, _: &Lists) -> Result<Box<dyn Measure>> {
        Ok(Box::new(Grams::default()))
    }
}

#[derive(Default)]
struct Grams {
    /// Where each character begins, and the end of the text.
    starts: Vec<usize>,
    hashes: Vec<u64>,
    seen: HashSet<u64>,
}

impl Measure for Grams {
    fn measure(&mut self, _: &Document, facts: &Facts, out: &mut [Option<f64>]) {
        let text = facts.text();
        self.starts.clear();
        self.starts.extend(text.char_indices().map(|(at, _)| at));
        self.starts.push(text.len());
        for (out, n) in out.iter_mut().zip(TOP) {
            *out = self.top(text, n);
        }
        out[TOP.len()] = share(self.repeated(text, REPEATED), self.starts.len() as u64 - 1);
    }
}

impl Grams {
    /// The share of the most frequent n-gram.
    fn top(&mut self, text: &str, n: usize) -> Option<f64> {
        self.hashes.clear();
        let grams = self.starts.windows(n + 1);
        self.hashes.extend(grams.map(|gram| xxh3_64(&text.as_bytes()[gram[0]..gram[n]])));
        self.hashes.sort_unstable();
        let (mut most, mut run, mut last) = (0, 0, None);
        for hash in &self.hashes {
            run = if last == Some(hash) { run + 1 } else { 1 };
            most = most.max(run);
            last = Some(hash);
        }
        share(most, self.hashes.len() as u64)
    }

    /// The characters in n-grams that were seen before, from left to right.
    fn repeated(&mut self, text: &str, n: usize) -> u64 {
        self.seen.clear();
        let (mut at, mut repeated) = (0, 0);
        while at + n < self.starts.len() {
            let gram = &text.as_bytes()[self.starts[at]..self.starts[at + n]];
            if self.seen.insert(xxh3_64(gram)) {
                at += 1;
            } else {
                repeated += n as u64;
                at += n;
            }
        }
        repeated
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::tests::measure;

    #[test]
    fn one_character_over_and_over_is_repetition() {
        let text = "あ".repeat(400);
        assert_eq!(measure("dup_10gram_gopher", "", &text), Some(0.975));
        assert_eq!(measure("top_4gram_occurrences", "", &text), Some(1.0));
    }

    proptest! {
        #[test]
        fn shares_are_those_of_the_plain_way(text in "[あい\n]{0,60}") {
            let chars: Vec<char> = text.chars().collect();
            for (n, name) in [(2, "top_2gram_occurrences"), (3, "top_3gram_occurrences"), (4, "top_4gram_occurrences")] {
                let mut counts: BTreeMap<&[char], usize> = BTreeMap::new();
                for gram in chars.windows(n) {
                    *counts.entry(gram).or_default() += 1;
                }
                let all: usize = counts.values().sum();
                let plain = counts.values().max().map(|most| *most as f64 / all as f64);
                prop_assert_eq!(measure(name, "", &text), plain);
            }
            let mut seen = BTreeSet::new();
            let (mut at, mut repeated) = (0, 0);
            while let Some(gram) = chars.get(at..at + 10) {
                if seen.insert(gram) {
                    at += 1;
                } else {
                    repeated += 10;
                    at += 10;
                }
            }
            let plain = (!chars.is_empty()).then(|| f64::from(repeated) / chars.len() as f64);
            prop_assert_eq!(measure("dup_10gram_gopher", "", &text), plain);
        }
    }
}
