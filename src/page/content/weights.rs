//! The weights, in one table: above zero speaks for main content.
//!
//! They were fitted by logistic regression on pages labelled by hand and rounded to one decimal;
//! the bias of the second column holds the threshold.

use super::features::Features;

/// A paragraph by itself: the name of each feature, its weight in the first sum and in the second.
pub(super) const ALONE: [(&str, f32, f32); 30] = [
    ("bias", 0.5, -1.1),
    ("length", 1.3, 0.8),
    ("short", -0.6, -0.7),
    ("link share", -1.7, -1.5),
    ("all link", -0.9, -0.8),
    ("ends a sentence", 0.4, 0.3),
    ("punctuation", 0.4, 0.2),
    ("hiragana", 0.4, 0.2),
    ("bars", 0.4, 0.2),
    ("digits", -0.2, -0.2),
    ("copyright", -0.6, -0.4),
    ("heading", 0.3, 0.4),
    ("item", 0.2, 0.0),
    ("cell", 0.5, -0.1),
    ("pre", 0.6, 0.4),
    ("quote", 0.1, 0.1),
    ("in nav", -0.5, -0.2),
    ("in header", 0.1, 0.5),
    ("in footer", -1.2, -0.6),
    ("in aside", -0.8, -0.6),
    ("in form", -0.5, -0.3),
    ("in main", 0.6, 0.2),
    ("words of navigation", -0.8, -0.3),
    ("words of the frame", -2.0, -0.9),
    ("words of other pages", -1.7, -1.1),
    ("words of sharing", -0.2, -0.3),
    ("words of people", -0.4, -0.3),
    ("words of controls", -0.3, -0.4),
    ("words of dates", -0.4, -0.3),
    ("words of an article", 0.1, 0.0),
];

/// What stands around it, in the second sum only.
const AMONG: [(&str, f32); 3] = [
    ("likeness of what stands before", 1.7),
    ("likeness of what stands behind", 2.0),
    ("in the core", 1.4),
];

/// What stands around a paragraph, in the order of the weights.
pub(super) type Context = [f32; AMONG.len()];

/// The first sum: the paragraph alone.
pub(super) fn alone(features: &Features) -> f32 {
    ALONE.iter().zip(features).map(|((_, weight, _), value)| weight * value).sum()
}

/// The second sum: the paragraph among the others.
pub(super) fn among(features: &Features, context: &Context) -> f32 {
    let alone: f32 = ALONE.iter().zip(features).map(|((_, _, weight), value)| weight * value).sum();
    let among: f32 = AMONG.iter().zip(context).map(|((_, weight), value)| weight * value).sum();
    alone + among
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
