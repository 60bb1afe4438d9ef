//! What stands around a paragraph, as the second sum weighs it, and how high the bar stands.

use hashbrown::HashMap;

use crate::format::document::Paragraph;

use super::weights::Context;

/// How much less a neighbour counts with each step away.
const FADING: f32 = 0.6;
/// Characters from which on a paragraph that looks like content may be the first or the last.
const LONG: f32 = 40.0;
/// Characters of a page that stand well above the bar.
const LEAST_CHARACTERS: f32 = 40.0;
/// How far above the bar they stand.
const WELL_ABOVE: f32 = 1.0;

/// What stands around each paragraph.
pub(super) struct Around {
    before: Vec<f32>,
    behind: Vec<f32>,
    between: (usize, usize),
    shares: Vec<f32>,
}

impl Around {
    /// By the first sums and the lengths of all paragraphs.
    pub(super) fn new(paragraphs: &[Paragraph], first: &[f32], lengths: &[f32]) -> Around {
        let likeness: Vec<f32> = first.iter().copied().map(likeness).collect();
        let mut behind = nearby(likeness.iter().zip(lengths).rev());
        behind.reverse();
        Around {
            before: nearby(likeness.iter().zip(lengths)),
            behind,
            between: between(&likeness, lengths),
            shares: shares(paragraphs, &likeness, lengths),
        }
    }

    /// What stands around one of them.
    pub(super) fn context(&self, at: usize) -> Context {
        let is_between = self.between.0 <= at && at < self.between.1;
        let is_between = f32::from(u8::from(is_between));
        [self.before[at], self.behind[at], is_between, self.shares[at]]
    }
}

/// How far the bar comes down on a page where too little stands well above it: until some text
/// does, so that a short page and a list of links keep their best.
pub(super) fn lowering(sums: impl Iterator<Item = f32> + Clone, lengths: &[f32]) -> f32 {
    let pairs = || sums.clone().zip(lengths.iter().copied());
    let above: f32 = pairs().filter(|(sum, _)| *sum >= WELL_ABOVE).map(|(_, length)| length).sum();
    if above >= LEAST_CHARACTERS {
        return 0.0;
    }
    let mut ranked: Vec<(f32, f32)> = pairs().collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
    let mut characters = 0.0;
    let enough = ranked.iter().find(|(_, length)| {
        characters += length;
        characters >= LEAST_CHARACTERS
    });
    enough.or(ranked.last()).map_or(0.0, |(sum, _)| (WELL_ABOVE - sum).max(0.0))
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

/// From the first to behind the last long paragraph that looks like content; all where none does.
fn between(likeness: &[f32], lengths: &[f32]) -> (usize, usize) {
    let mut good = likeness.iter().zip(lengths).map(|(l, length)| *l > 0.5 && *length >= LONG);
    let first = good.clone().position(|is_good| is_good);
    match (first, good.rposition(|is_good| is_good)) {
        (Some(first), Some(last)) => (first, last + 1),
        _ => (0, likeness.len()),
    }
}

/// Of the content of the page, the share that stands in the element round each paragraph, elements
/// inside it left out: its square root, because already a tenth says much.
fn shares(paragraphs: &[Paragraph], likeness: &[f32], lengths: &[f32]) -> Vec<f32> {
    let containers: Vec<&str> = paragraphs.iter().map(|p| container(&p.path)).collect();
    let mut masses: HashMap<&str, f32> = HashMap::new();
    let mut total = 0.0;
    let mut start = 0;
    for run in containers.chunk_by(|left, right| left == right) {
        let end = start + run.len();
        let pairs = likeness[start..end].iter().zip(&lengths[start..end]);
        let mass: f32 = pairs.map(|(likeness, length)| likeness * length).sum();
        total += mass;
        *masses.entry(run[0]).or_default() += mass;
        start = end;
    }
    let mut shares = Vec::with_capacity(containers.len());
    for run in containers.chunk_by(|left, right| left == right) {
        let share = masses.get(run[0]).map_or(0.0, |mass| (mass / total).sqrt());
        shares.resize(shares.len() + run.len(), share);
    }
    shares
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::document::ParagraphKind;

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
    fn content_lies_between_its_first_and_its_last_long_paragraph() {
        let lengths = [100.0, 20.0, 40.0, 5.0, 300.0, 39.0];
        assert_eq!(between(&[0.2, 0.9, 0.9, 0.1, 0.6, 0.9], &lengths), (2, 5));
        assert_eq!(between(&[0.2, 0.9, 0.9, 0.1, 0.5, 0.9], &lengths), (2, 3));
        assert_eq!(between(&[0.5, 0.9, 0.4, 0.1, 0.2, 0.9], &lengths), (0, 6));
    }

    #[test]
    fn an_element_holds_its_share_of_the_content() {
        let paths = ["body>nav>ul>li>a", "body>main>p", "body>main>div.a>p", "body>main>p"];
        let paragraphs = paths.map(|path| Paragraph {
            text: "文".to_owned(),
            path: path.into(),
            kind: ParagraphKind::P,
            links: Vec::new(),
            main: None,
        });
        let shares = shares(&paragraphs, &[0.25, 0.125, 0.25, 0.875], &[96.0; 4]);
        assert_eq!(shares, [1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0, 2.0 / 3.0].map(f32::sqrt));
    }

    #[test]
    fn the_bar_comes_down_where_little_stands_above_it() {
        for (sums, lengths, expected) in [
            (&[2.0, -3.0][..], &[40.0, 100.0][..], 0.0),
            (&[2.0, -3.0], &[39.0, 100.0], 4.0),
            (&[-1.0, 0.25, -3.0], &[10.0, 40.0, 100.0], 0.75),
            (&[-1.0, 0.25, -3.0], &[10.0, 30.0, 100.0], 2.0),
            (&[0.5], &[3.0], 0.5),
            (&[2.0], &[3.0], 0.0),
            (&[], &[], 0.0),
        ] {
            let got = lowering(sums.iter().copied(), lengths);
            assert_eq!(got, expected, "{sums:?} {lengths:?}");
        }
    }
}
