//! Text as characters: normalisation, comparison forms, character classes, sentences, and the
//! facts about one document that several signals and edits share. Everything is a pure function of
//! its text. Knows nothing of pages, documents on disk, thresholds or configuration.

pub mod classes;
pub mod facts;
pub mod match_form;
pub mod mojibake;
pub mod normalize;
pub mod sentences;
pub mod width;
