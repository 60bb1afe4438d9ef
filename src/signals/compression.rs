//! How well a text compresses.
//!
//! The ratio sinks with the length of the text (prose: about 0.64 at 200 characters, 0.33 at
//! 100,000), so a bound on the whole text would mostly be a bound on length. A fixed window at the
//! head makes texts of 1,000 characters and more comparable.

use flate2::{Compress, Compression, FlushCompress, Status};

use super::{COUNT, Column, Family, Lists, Measure};
use crate::error::Result;
use crate::format::document::Document;
use crate::text::facts::Facts;

/// The ratio of zlib.
pub(super) const FAMILY: Zlib = Zlib;

/// See [`FAMILY`].
pub(super) struct Zlib;

/// Characters of the window, line breaks among them.
const WINDOW: usize = 1000;

const COLUMNS: &[Column] = &[Column {
    name: "compression_zlib9",
    unit: "bytes over bytes",
    range: COUNT,
    summary: "Size of the first 1,000 characters (line breaks among them) as a zlib stream of level \
              9, over their size in UTF-8. Low values are repetition, high ones noise; short texts \
              come out high. The stream is zlib-rs's, a few bytes beside that of C zlib.",
    undefined: "Undefined where the text is empty.",
    source: "the zlib filter of LLM-jp Corpus v1, on a fixed window",
    definition_version: 1,
    of_text: true,
    examples: &[("あ", 11.0 / 3.0), ("ああああああああああ", 14.0 / 30.0)],
}];

impl Family for Zlib {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn open(&self, _: &toml::Table, _: &Lists) -> Result<Box<dyn Measure>> {
        let zlib = Compress::new(Compression::best(), true);
        Ok(Box::new(Window { zlib, packed: vec![0; PACKED] }))
    }
}

/// Room for a window that does not compress: 4 bytes a character and the frame.
const PACKED: usize = WINDOW * 4 + 1024;

struct Window {
    zlib: Compress,
    packed: Vec<u8>,
}

impl Measure for Window {
    fn measure(&mut self, _: &Document, facts: &Facts, out: &mut [Option<f64>]) {
        let window = head(facts.text());
        if window.is_empty() {
            out[0] = None;
            return;
        }
        self.zlib.reset();
        let status = self.zlib.compress(window.as_bytes(), &mut self.packed, FlushCompress::Finish);
        debug_assert!(matches!(status, Ok(Status::StreamEnd)), "the room is enough for any window");
        out[0] = Some(self.zlib.total_out() as f64 / window.len() as f64);
    }
}

/// The first [`WINDOW`] characters.
fn head(text: &str) -> &str {
    // A text of so few bytes cannot hold more characters.
    if text.len() <= WINDOW {
        return text;
    }
    text.char_indices().nth(WINDOW).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::super::tests::measure;
    use super::*;

    #[test]
    fn only_the_first_thousand_characters_count() {
        let base: String =
            (0..1000_u32).filter_map(|n| char::from_u32(0x4E00 + n * 17 % 20_000)).collect();
        let ratio = measure("compression_zlib9", "", &base);
        assert!(ratio.is_some_and(|ratio| ratio > 0.5));
        for tail in ["あ", "二\n行", "𠮷"] {
            assert_eq!(measure("compression_zlib9", "", &format!("{base}{tail}")), ratio);
        }
    }

    proptest! {
        #[test]
        fn the_ratio_is_that_of_a_whole_zlib_stream(texts in prop::collection::vec("\\PC{0,1200}", 1..4)) {
            let mut open = FAMILY.open(&toml::Table::new(), &Default::default()).unwrap();
            let document = super::super::tests::document("");
            let mut facts = Facts::new();
            for text in texts {
                facts.begin();
                facts.push(&text, &[]);
                let window: String = text.chars().take(WINDOW).collect();
                let mut packed = Vec::new();
                flate2::read::ZlibEncoder::new(window.as_bytes(), Compression::best())
                    .read_to_end(&mut packed)
                    .unwrap();
                let mut out = [Some(f64::NAN)];
                open.measure(&document, &facts, &mut out);
                let plain = (!window.is_empty()).then(|| packed.len() as f64 / window.len() as f64);
                prop_assert_eq!(out[0], plain);
            }
        }
    }
}
