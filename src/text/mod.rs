//! Text as characters: normalisation, comparison forms, character classes, widths, sentences, signs
//! of a wrong character set, and the facts about one document that several signals and edits share.
//! Everything is a pure function of its text and of the version of Unicode that the crates in
//! `Cargo.lock` carry. Beyond its arguments the room holds two tables, of 64 KiB (classes) and below
//! 1 MiB (comparison forms). Knows nothing of pages, documents on disk, thresholds or
//! configuration.

pub mod classes;
pub mod facts;
pub mod match_form;
pub mod mojibake;
pub mod normalize;
pub mod sentences;
pub mod width;
