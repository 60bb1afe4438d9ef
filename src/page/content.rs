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

use context::{Around, lowering};
use features::{Features, measure};
pub use reasons::MainReasons;
use words::Groups;

/// Characters of a paragraph beyond which more say no more.
const MOST_CHARACTERS: usize = 400;

/// What is held of a paragraph while those of its page are marked.
pub(super) const PARAGRAPH_BYTES: usize = 48;

/// Sets `main` on every paragraph of a page.
pub fn mark_main(paragraphs: &mut [Paragraph]) {
    let measured = Measured::of(paragraphs);
    for (at, paragraph) in paragraphs.iter_mut().enumerate() {
        paragraph.main = Some(measured.sum(at) + measured.lowering > 0.0);
    }
}

/// Why each paragraph of a page is main content, or is not.
pub fn main_reasons(paragraphs: &[Paragraph]) -> Vec<MainReasons> {
    let measured = Measured::of(paragraphs);
    let reasons = |(at, features): (usize, Features)| {
        MainReasons::of(&features, &measured.around.context(at), measured.lowering)
    };
    features(paragraphs).enumerate().map(reasons).collect()
}

/// What is measured of a page.
struct Measured {
    /// What the second sum of each paragraph takes from its own features. These are not kept: of a
    /// page of many paragraphs they would be larger than the page.
    own: Vec<f32>,
    around: Around,
    /// How far the bar comes down for all of them.
    lowering: f32,
}

impl Measured {
    fn of(paragraphs: &[Paragraph]) -> Measured {
        let lengths: Vec<f32> = paragraphs
            .iter()
            .map(|paragraph| paragraph.text.chars().take(MOST_CHARACTERS).count() as f32)
            .collect();
        let sums = features(paragraphs).map(|features| weights::alone(&features));
        let (first, own): (Vec<f32>, Vec<f32>) = sums.unzip();
        let around = Around::new(paragraphs, &first, &lengths);
        let mut measured = Measured { own, around, lowering: 0.0 };
        let sums = (0..paragraphs.len()).map(|at| measured.sum(at));
        measured.lowering = lowering(sums, &lengths);
        measured
    }

    /// The second sum of a paragraph.
    fn sum(&self, at: usize) -> f32 {
        self.own[at] + weights::among(&self.around.context(at))
    }
}

/// The features of each paragraph.
fn features(paragraphs: &[Paragraph]) -> impl Iterator<Item = Features> {
    let mut groups = Groups::default();
    paragraphs.iter().map(move |paragraph| measure(paragraph, groups.of(&paragraph.path)))
}
