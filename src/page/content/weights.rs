//! The weights, in one table: above zero speaks for main content.
//!
//! `benches/train/main_content.py` writes the numbers: it fits them by logistic regression on pages
//! labelled by hand and rounds them to one decimal.

use super::features::Features;

/// A paragraph by itself: the name of each feature, its weight in the first sum and in the second.
pub(super) const ALONE: [(&str, f32, f32); 31] = [
    ("bias", 0.5, 0.0),
    ("length", 1.2, -0.1),
    ("short", -0.7, -0.6),
    ("link share", -2.2, -1.4),
    ("all link", -1.5, -0.8),
    ("ends a sentence", 0.3, -0.2),
    ("punctuation", 0.1, -0.2),
    ("hiragana", 0.7, 0.2),
    ("bars", 0.5, 0.0),
    ("digits", -0.4, -0.2),
    ("copyright", -0.6, -0.3),
    ("phrase", -1.0, -0.5),
    ("heading", 0.1, 0.6),
    ("item", 0.0, 0.0),
    ("cell", 0.5, 0.0),
    ("pre", 0.6, 0.2),
    ("quote", 1.0, 1.1),
    ("in nav", -0.3, -0.2),
    ("in header", -0.5, -0.2),
    ("in footer", -1.3, -0.5),
    ("in aside", -1.0, -0.5),
    ("in form", -0.5, -0.4),
    ("in main", 0.4, 0.1),
    ("words of navigation", -1.4, -0.8),
    ("words of the frame", -2.6, -1.1),
    ("words of other pages", -2.2, -1.3),
    ("words of sharing", -0.2, -0.4),
    ("words of people", -0.8, -0.5),
    ("words of controls", -0.7, -0.5),
    ("words of dates", -0.8, -0.4),
    ("words of an article", 0.2, 0.2),
];

/// What stands around it, in the second sum only.
const AMONG: [(&str, f32); 4] = [
    ("likeness of what stands before", 1.9),
    ("likeness of what stands behind", 2.1),
    ("between good ones", 1.7),
    ("share of its element", 1.9),
];

/// What stands around a paragraph, in the order of the weights.
pub(super) type Context = [f32; AMONG.len()];

/// The first sum: the paragraph alone; and what it adds to the second.
pub(super) fn alone(features: &Features) -> (f32, f32) {
    let weighed = || ALONE.iter().zip(features);
    let first = weighed().map(|((_, weight, _), value)| weight * value).sum();
    let second = weighed().map(|((_, _, weight), value)| weight * value).sum();
    (first, second)
}

/// What stands around a paragraph adds to the second sum.
pub(super) fn among(context: &Context) -> f32 {
    AMONG.iter().zip(context).map(|((_, weight), value)| weight * value).sum()
}

/// The terms of the second sum: name, value and weight of each.
pub(super) fn terms(
    features: &Features,
    context: &Context,
) -> impl Iterator<Item = (&'static str, f32, f32)> {
    let alone =
        ALONE.iter().zip(features).map(|(&(name, _, weight), &value)| (name, value, weight));
    let among = AMONG.iter().zip(context).map(|(&(name, weight), &value)| (name, value, weight));
    alone.chain(among)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_as_the_script_writes_it() {
        let source = include_str!("weights.rs").split("mod tests").next().unwrap();
        let written: Vec<&str> =
            source.lines().filter(|line| line.starts_with("    (\"")).collect();
        let alone = ALONE.iter().map(|(name, a, b)| format!("    (\"{name}\", {a:.1}, {b:.1}),"));
        let among = AMONG.iter().map(|(name, b)| format!("    (\"{name}\", {b:.1}),"));
        assert_eq!(written, alone.chain(among).collect::<Vec<_>>());
        assert_eq!(ALONE[0].0, "bias");
    }
}
