//! What a run came to: the funnel from records to tokens in numbers and in words, and examples to
//! look at; and the story of any one record. Reads manifests, delivered files and WARC files. Knows
//! nothing of running.

mod examples;
mod explain;
mod rules;
mod summary;

pub use examples::{Example, Examples, examples};
pub use explain::{Explainer, Explanation, RecordHead};
pub use rules::rule_in_words;
pub use summary::{Duplicates, StageCost, Summary, summarize};
