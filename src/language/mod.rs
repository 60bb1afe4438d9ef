//! Which language a text is in: a reader of fastText models that predicts to the last bit as
//! fastText itself does, the forms of a document that such a model is shown, and a pre-screen that
//! tells from the bytes alone that a payload cannot hold Japanese. A model is held once in memory,
//! decoded (3 MB for lid.176.ftz, as large as its file for an unquantized one); a predictor holds
//! some kilobytes beside it. Knows nothing of WARC records, pages, documents or thresholds.

mod fasttext;
mod japanese_form;
mod lid_form;
mod prescreen;
mod script;

pub use fasttext::{Model, Prediction, Predictor};
pub use japanese_form::japanese_form;
pub use lid_form::lid_form;
pub use prescreen::may_be_japanese;
pub use script::Script;
