//! A page from bytes to paragraphs: charset, the HTML standard's tree, paragraphs as a reader
//! sees them with their place in the tree, which of them are main content, and what the
//! publisher says about uses of the page. Work on a page is bounded by counts of nodes, steps and
//! depth; memory by the page's size and the two million nodes of the largest tree, most of it
//! reused from page to page. Knows nothing of WARC, HTTP, languages and what becomes of the text.

mod charset;
mod content;
mod frames;
mod paragraphs;
pub mod publisher;

use crate::format::document::{Paragraph, Rights};
use crate::html::Arena;
use crate::outcome::Outcome;

pub use charset::{CharsetReasons, Decoded, decode, decode_with_reasons};
pub use content::{MainReasons, main_reasons, mark_main};

/// What was read of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The first `title` element in one line, normalised; `None` without one or if it is blank.
    pub title: Option<String>,
    /// What its `meta` elements and links say about uses of it.
    pub rights: Rights,
    /// The seen text block by block, normalised, in page order; `main` is not set.
    pub paragraphs: Vec<Paragraph>,
}

/// Reads pages one after another, keeping its buffers in between.
#[derive(Debug, Default)]
pub struct Reader {
    arena: Arena,
    writer: paragraphs::Writer,
}

impl Reader {
    /// A reader with empty buffers.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Reads an HTML or XHTML page; of a page of frames that shows no text, what it holds for
    /// whoever knows no frames.
    ///
    /// # Errors
    /// `TooDeep` or `TooCostly` for a page beyond the work budgets.
    pub fn html(&mut self, text: &str) -> Result<Page, Outcome> {
        let mut rights = Rights::default();
        let tree = self.arena.parse(text, &mut |start| publisher::hear(&mut rights, start))?;
        let title = paragraphs::title(tree, &mut self.writer);
        let mut paragraphs = paragraphs::paragraphs(tree, &mut self.writer);
        if paragraphs.is_empty()
            && let Some(inside) = frames::without_frames(text)
        {
            let tree = self.arena.parse(inside, &mut |_| {})?;
            paragraphs = paragraphs::paragraphs(tree, &mut self.writer);
        }
        self.arena.give_back();
        Ok(Page { title, rights, paragraphs })
    }

    /// Reads plain text: blank lines part paragraphs, other line breaks are kept. Every
    /// paragraph has the path `text`.
    pub fn plain_text(&mut self, text: &str) -> Page {
        let paragraphs = paragraphs::plain_text(text);
        Page { title: None, rights: Rights::default(), paragraphs }
    }
}
