//! What a run came to: the funnel from records to tokens in numbers and in words, and examples to
//! look at. Reads manifests and delivered files. Knows nothing of running.

mod examples;
mod rules;
mod summary;

pub use examples::{Example, Examples, examples};
pub use rules::rule_in_words;
pub use summary::{Duplicates, StageCost, Summary, summarize};
