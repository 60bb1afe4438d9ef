//! A page from bytes to paragraphs: charset, the HTML standard's tree, paragraphs as a reader
//! sees them with their place in the tree, which of them are main content, and what the
//! publisher says about uses of the page. Work on a page is bounded by counts of steps and depth,
//! memory by the bytes of its tree and its paragraphs, both counted as they grow and never timed.
//! Knows nothing of WARC, HTTP, languages and what becomes of the text.

mod charset;
mod content;
mod frames;
mod paragraphs;
pub mod publisher;

use crate::format::document::{Paragraph, Rights};
use crate::html::{Arena, Start};
use crate::outcome::Outcome;

pub use charset::{CharsetReasons, Decoded, decode, decode_with_reasons, decodes_within};
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

/// Bytes that reading a page takes at most beside the page, unless another number is allowed.
pub const MEMORY: usize = 32 << 20;

/// Reads pages one after another, keeping its buffers in between.
#[derive(Debug)]
pub struct Reader {
    arena: Arena,
    writer: paragraphs::Writer,
    memory: usize,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader { arena: Arena::default(), writer: paragraphs::Writer::default(), memory: MEMORY }
    }
}

impl Reader {
    /// A reader with empty buffers.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Lets the tree and the paragraphs of the pages that follow take so many bytes together.
    pub fn allow(&mut self, memory: usize) {
        self.memory = memory;
    }

    /// Reads an HTML or XHTML page; of a page of frames that shows no text, what it holds for
    /// whoever knows no frames.
    ///
    /// # Errors
    /// `TooDeep` or `TooCostly` for a page beyond the memory or the work budgets.
    pub fn html(&mut self, text: &str) -> Result<Page, Outcome> {
        let page = self.html_page(text);
        self.arena.give_back();
        self.writer.give_back();
        page
    }

    fn html_page(&mut self, text: &str) -> Result<Page, Outcome> {
        let Reader { arena, writer, memory } = self;
        let mut rights = Rights::default();
        let hear = &mut |start: Start<'_>| publisher::hear(&mut rights, start);
        let tree = arena.parse(text, *memory, hear)?;
        let left = *memory - tree.bytes();
        let title = paragraphs::title(tree, writer, left)?;
        let memory = memory.saturating_sub(title.as_ref().map_or(0, String::len));
        let left = memory.saturating_sub(tree.bytes());
        let mut paragraphs = paragraphs::paragraphs(tree, writer, left)?;
        if paragraphs.is_empty()
            && let Some(inside) = frames::without_frames(text)
        {
            let tree = arena.parse(inside, memory, &mut |_| {})?;
            paragraphs = paragraphs::paragraphs(tree, writer, memory - tree.bytes())?;
        }
        can_be_marked(&paragraphs, memory)?;
        Ok(Page { title, rights, paragraphs })
    }

    /// Reads plain text: blank lines part paragraphs, other line breaks are kept. Every
    /// paragraph has the path `text`.
    ///
    /// # Errors
    /// `TooCostly` for a text beyond the memory.
    pub fn plain_text(&mut self, text: &str) -> Result<Page, Outcome> {
        let paragraphs = paragraphs::plain_text(text, self.memory)?;
        can_be_marked(&paragraphs, self.memory)?;
        Ok(Page { title: None, rights: Rights::default(), paragraphs })
    }
}

/// Whether there is memory to mark the main content, for which the tree makes room.
fn can_be_marked(paragraphs: &[Paragraph], memory: usize) -> Result<(), Outcome> {
    let marks = paragraphs.len() * content::PARAGRAPH_BYTES;
    let fits = paragraphs::bytes(paragraphs) + marks <= memory;
    if fits { Ok(()) } else { Err(Outcome::TooCostly) }
}
