//! Which paragraphs are main content: what a reader came for, against menus, footers, side
//! columns, related articles and notices.
//!
//! Two weighted sums decide, all weights in one table. First each paragraph is judged alone: by its
//! length, links, punctuation and script, its kind, the tags and words on its path, and phrases of
//! boilerplate. Then it is judged again among the others: content stands together, so the first
//! verdicts on what stands before and behind count too, and so do standing between the first and
//! the last good paragraph and the share of the content that stands in the same element. Last, a
//! page of little text is measured with its own best: the bar comes down until something stands
//! well above it. No rule knows a host, and no list of words of the text decides alone.
//!
//! All arithmetic is exact to the last bit on every machine: no logarithm, no exponential.

use crate::format::document::Paragraph;

mod context;
mod features;
mod phrases;
mod reasons;
mod weights;
mod words;

use context::{contexts, lowering};
use features::{Features, measure};
pub use reasons::MainReasons;
use weights::Context;
use words::Groups;

/// Characters of a paragraph beyond which more say no more.
const MOST_CHARACTERS: usize = 400;

/// Sets `main` on every paragraph of a page.
pub fn mark_main(paragraphs: &mut [Paragraph]) {
    let measured = Measured::of(paragraphs);
    for (paragraph, sum) in paragraphs.iter_mut().zip(&measured.sums) {
        paragraph.main = Some(sum + measured.lowering > 0.0);
    }
}

/// Why each paragraph of a page is main content, or is not.
pub fn main_reasons(paragraphs: &[Paragraph]) -> Vec<MainReasons> {
    let Measured { features, contexts, lowering, .. } = Measured::of(paragraphs);
    let pairs = features.iter().zip(&contexts);
    pairs.map(|(features, context)| MainReasons::of(features, context, lowering)).collect()
}

/// What is measured of a page.
struct Measured {
    /// Each paragraph by itself.
    features: Vec<Features>,
    /// What stands around each.
    contexts: Vec<Context>,
    /// The second sum of each.
    sums: Vec<f32>,
    /// How far the bar comes down for all of them.
    lowering: f32,
}

impl Measured {
    fn of(paragraphs: &[Paragraph]) -> Measured {
        let lengths: Vec<f32> = paragraphs
            .iter()
            .map(|paragraph| paragraph.text.chars().take(MOST_CHARACTERS).count() as f32)
            .collect();
        let features = features(paragraphs);
        let first: Vec<f32> = features.iter().map(weights::alone).collect();
        let contexts = contexts(paragraphs, &first, &lengths);
        let pairs = features.iter().zip(&contexts);
        let sums: Vec<f32> = pairs.map(|(f, context)| weights::among(f, context)).collect();
        let lowering = lowering(&sums, &lengths);
        Measured { features, contexts, sums, lowering }
    }
}

/// The features of all paragraphs.
fn features(paragraphs: &[Paragraph]) -> Vec<Features> {
    let mut groups = Groups::default();
    paragraphs.iter().map(|paragraph| measure(paragraph, groups.of(&paragraph.path))).collect()
}
