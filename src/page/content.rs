//! Which paragraphs are main content: what a reader came for, against menus, footers, side
//! columns, related articles and notices.
//!
//! Two weighted sums decide, all weights in one table. First each paragraph is judged alone: by its
//! length, links, punctuation and script, its kind, and the tags and words on its path. Then it
//! is judged again among the others: content stands together, so the first verdicts on what stands
//! before and behind count too, and so does lying in the core, the deepest element that holds
//! most of what looked like content. No rule knows a host, and no list of words of the text
//! decides alone.
//!
//! All arithmetic is exact to the last bit on every machine: no logarithm, no exponential.

use hashbrown::HashMap;

use crate::format::document::Paragraph;

mod features;
mod reasons;
mod weights;
mod words;

use features::{Features, measure};
pub use reasons::MainReasons;
use weights::Context;
use words::groups;

/// Characters of a paragraph beyond which more say no more.
const MOST_CHARACTERS: usize = 400;
/// How much less a neighbour counts with each step away.
const FADING: f32 = 0.6;
/// Share of the page's content that the core holds.
const CORE_SHARE: f32 = 0.7;

/// Sets `main` on every paragraph of a page.
pub fn mark_main(paragraphs: &mut [Paragraph]) {
    let measured = measured(paragraphs);
    for (paragraph, (features, context)) in paragraphs.iter_mut().zip(measured) {
        paragraph.main = Some(weights::among(&features, &context) > 0.0);
    }
}

/// Why each paragraph of a page is main content, or is not.
pub fn main_reasons(paragraphs: &[Paragraph]) -> Vec<MainReasons> {
    let measured = measured(paragraphs).into_iter();
    measured.map(|(features, context)| MainReasons::of(&features, &context)).collect()
}

/// What is measured of every paragraph: by itself, and of what stands around it.
fn measured(paragraphs: &[Paragraph]) -> Vec<(Features, Context)> {
    let features = features(paragraphs);
    let first: Vec<f32> = features.iter().map(|f| likeness(weights::alone(f))).collect();
    let lengths: Vec<f32> = paragraphs
        .iter()
        .map(|paragraph| paragraph.text.chars().take(MOST_CHARACTERS).count() as f32)
        .collect();
    let before = nearby(first.iter().zip(&lengths));
    let mut behind = nearby(first.iter().zip(&lengths).rev());
    behind.reverse();
    let in_core = in_core(paragraphs, &first, &lengths);
    let context =
        |index: usize| [before[index], behind[index], f32::from(u8::from(in_core[index]))];
    features.into_iter().enumerate().map(|(index, f)| (f, context(index))).collect()
}

/// The features of all paragraphs. A path is read once for all in a row that share it.
fn features(paragraphs: &[Paragraph]) -> Vec<Features> {
    let mut last = ("", 0);
    paragraphs
        .iter()
        .map(|paragraph| {
            if paragraph.path != last.0 {
                last = (&paragraph.path, groups(&paragraph.path));
            }
            measure(paragraph, last.1)
        })
        .collect()
}

/// A sum as a share between 0 (boilerplate) and 1 (content).
fn likeness(sum: f32) -> f32 {
    0.5 + 0.5 * sum / (1.0 + sum.abs())
}

/// For each paragraph the mean likeness of those before it less one half, the near and the long
/// ones counting most.
fn nearby<'a>(paragraphs: impl Iterator<Item = (&'a f32, &'a f32)>) -> Vec<f32> {
    let (mut sum, mut weights) = (0.0, 0.0);
    paragraphs
        .map(|(likeness, length)| {
            let mean = if weights > 0.0 { sum / weights } else { 0.0 };
            let weight = length.sqrt();
            sum = sum * FADING + weight * likeness;
            weights = weights * FADING + weight;
            mean - 0.5
        })
        .collect()
}

/// Which paragraphs lie in the core: the deepest element that holds most of the content.
fn in_core(paragraphs: &[Paragraph], likeness: &[f32], lengths: &[f32]) -> Vec<bool> {
    let containers: Vec<&str> = paragraphs.iter().map(|p| container(&p.path)).collect();
    let mut masses: HashMap<&str, f32> = HashMap::new();
    let mut total = 0.0;
    let mut start = 0;
    for run in containers.chunk_by(|left, right| left == right) {
        let end = start + run.len();
        let pairs = likeness[start..end].iter().zip(&lengths[start..end]);
        let mass: f32 = pairs.map(|(likeness, length)| likeness * length).sum();
        total += mass;
        for prefix in prefixes(run[0]) {
            *masses.entry(prefix).or_default() += mass;
        }
        start = end;
    }
    // Two elements of one depth cannot both hold most of the content, so that the order in which
    // they are looked at does not matter.
    let core = masses
        .iter()
        .filter(|(_, mass)| **mass >= CORE_SHARE * total)
        .map(|(prefix, _)| *prefix)
        .max_by_key(|prefix| prefix.len())
        .unwrap_or_default();
    let is_inside = |container: &&str| {
        container.strip_prefix(core).is_some_and(|rest| rest.is_empty() || rest.starts_with('>'))
    };
    containers.iter().map(is_inside).collect()
}

/// The path of a paragraph without its own block and the inline elements in it.
fn container(path: &str) -> &str {
    let mut rest = path;
    while let Some((outer, element)) = rest.rsplit_once('>') {
        rest = outer;
        if !is_inline(element.split(['#', '.']).next().unwrap_or_default()) {
            break;
        }
    }
    rest
}

fn is_inline(tag: &str) -> bool {
    matches!(
        tag,
        "a" | "abbr"
            | "b"
            | "big"
            | "cite"
            | "code"
            | "del"
            | "em"
            | "font"
            | "i"
            | "img"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "nobr"
            | "q"
            | "rb"
            | "rt"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
    )
}

/// A path and all paths above it.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.bytes().enumerate().filter(|(_, byte)| *byte == b'>').map(|(at, _)| at);
    ends.chain([path.len()]).map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_paths_without_the_block_and_its_inline_elements() {
        for (path, expected) in [
            ("body>div#a>p", "body>div#a"),
            ("body>ul.x>li>a.y>span", "body>ul.x"),
            ("body>p", "body"),
            ("body", "body"),
            ("body>b>i", "body"),
            ("text", "text"),
        ] {
            assert_eq!(container(path), expected, "{path}");
        }
    }

    #[test]
    fn neighbours_count_less_the_farther_they_stand() {
        let around = |likeness: &[f32]| nearby(likeness.iter().zip(&[100.0; 3]));
        assert_eq!(around(&[1.0, 0.0, 1.0])[..2], [-0.5, 0.5]);
        assert!(around(&[1.0, 0.0, 1.0])[2] < 0.0);
        assert!(around(&[0.0, 1.0, 1.0])[2] > 0.0);
    }

    #[test]
    fn the_core_is_the_deepest_element_with_most_of_the_content() {
        let paragraphs: Vec<Paragraph> =
            ["body>nav>a", "body>main>div.a>p", "body>main>div.a>p", "body>main>p"]
                .map(|path| Paragraph {
                    text: "文".to_owned(),
                    path: path.to_owned(),
                    kind: crate::format::document::ParagraphKind::P,
                    links: Vec::new(),
                    main: None,
                })
                .into();
        let core = |likeness| in_core(&paragraphs, likeness, &[100.0; 4]);
        assert_eq!(core(&[0.1, 0.9, 0.9, 0.1]), [false, true, true, false]);
        assert_eq!(core(&[0.1, 0.9, 0.9, 0.9]), [false, true, true, true]);
        assert_eq!(core(&[0.9; 4]), [false, true, true, true]);
    }
}
