//! How much of a text is particles, a cheap stand-in for grammar.

use super::{Column, Plain, SHARE, share};

/// The share of particles.
pub(super) const FAMILY: Plain = Plain {
    columns: &[Column {
        name: "particle_share",
        unit: "share of all characters",
        range: SHARE,
        summary: "The hiragana `はがをにでとのもへ`, which are the particles of Japanese and some \
                  letters of other words, over all characters. Prose lies about 0.15, menus near 0.",
        undefined: "Undefined where there is no character.",
        source: "Kuroshio",
        definition_version: 1,
        of_text: true,
        examples: &[("私は本を読む。", 2.0 / 7.0), ("会社概要", 0.0), ("のの\nも", 1.0)],
    }],
    measure: |_, facts, out| {
        let particles = facts.text().chars().filter(|c| is_particle(*c)).count();
        out[0] = share(particles as u64, facts.characters());
    },
};

fn is_particle(c: char) -> bool {
    matches!(c, 'は' | 'が' | 'を' | 'に' | 'で' | 'と' | 'の' | 'も' | 'へ')
}
