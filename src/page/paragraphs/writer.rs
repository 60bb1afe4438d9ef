//! Writes one paragraph at a time: white space, line breaks, cells, link spans.
//!
//! White space, line breaks and cell borders are held back until the next visible character
//! comes, so that none is ever left over at the end of a line or paragraph. A line break of the
//! source between two visible characters vanishes or becomes a space by what stands on its two
//! sides, wherever inline elements begin or end (CSS Text §4, with Ambiguous width as wide).

use std::borrow::Cow;
use std::sync::Arc;

use crate::format::document::{Paragraph, ParagraphKind};
use crate::html::NONE;
use crate::outcome::Outcome;
use crate::text::normalize::output_text;
use crate::text::width::break_vanishes;

/// Parts the cells of a joined row until the paragraph ends; such a character in a page is dropped.
const CELL_BORDER: char = '\u{1F}';

/// How white space is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Runs collapse.
    Collapse,
    /// A line break of the source is one of the text.
    KeepLines,
    /// Everything stays (`pre`).
    Verbatim,
}

/// White space that waits for the next visible character.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Waiting {
    #[default]
    Nothing,
    Space,
    /// White space with a line break of the source in it.
    SegmentBreak,
}

/// What a paragraph takes and its node. A number, so that a page ends in the same way wherever it is
/// read.
const PARAGRAPH_BYTES: usize = 72 + 4;
const _: () = assert!(size_of::<Paragraph>() <= 72);
/// What an allocation takes beside what was asked for, about.
const ALLOCATION_BYTES: usize = 16;

/// Bytes of text that are kept for the next paragraph.
const KEPT_CAPACITY: usize = 1 << 16;

/// The paragraph that is being written.
#[derive(Debug, Default)]
pub(in super::super) struct Writer {
    text: String,
    characters: u32,
    node: u32,
    is_verbatim: bool,
    waiting: Waiting,
    breaks: u32,
    cells: u32,
    eats_spaces: bool,
    links: Vec<[u32; 2]>,
    /// Where the span of the link around the place began.
    link_start: Option<u32>,
    link_depth: u32,
    /// Ruby readings put by while the paragraph is empty, and where the first stood.
    readings: String,
    reading_node: u32,
    /// Finished paragraphs: normalised, never empty, still without a path; verbatim ones are `pre`.
    paragraphs: Vec<Paragraph>,
    /// The innermost element at the first character of each.
    nodes: Vec<u32>,
    /// Of this writer alone: other threads need not count its owners.
    no_path: Arc<str>,
    /// What the finished paragraphs take, and what all may take.
    bytes: usize,
    memory: usize,
    /// Whether a paragraph was dropped because there was no memory for it.
    is_over: bool,
}

impl Writer {
    /// Begins a page whose paragraphs may take `memory` bytes.
    pub(super) fn start(&mut self, memory: usize) {
        (self.bytes, self.memory, self.is_over) = (0, memory, false);
        self.paragraphs = Vec::new();
        self.nodes = Vec::new();
        self.no_path = "".into();
        self.reset();
        self.link_depth = 0;
        self.eats_spaces = false;
    }

    /// The paragraphs finished since the start, each with the node where it began; the kind and the
    /// path are still to be set.
    pub(super) fn take(&mut self) -> (Vec<Paragraph>, Vec<u32>) {
        (std::mem::take(&mut self.paragraphs), std::mem::take(&mut self.nodes))
    }

    /// Drops everything and gives memory back after a huge page.
    pub(in super::super) fn give_back(&mut self) {
        self.start(0);
    }

    /// Whether there is memory for so many further bytes of text.
    ///
    /// # Errors
    /// `TooCostly` if there is not.
    pub(super) fn admit(&self, text: usize) -> Result<(), Outcome> {
        if self.fits(self.text.len() + text) { Ok(()) } else { Err(Outcome::TooCostly) }
    }

    /// Whether there is memory for a paragraph of so many bytes and what was put by.
    fn fits(&self, text: usize) -> bool {
        // A text is written, normalised and, where links are in it, mapped by characters.
        let links = match self.links.len() {
            0 => 0,
            links => links * size_of::<[u32; 2]>() + self.characters as usize * size_of::<u32>(),
        };
        let open = 2 * text + links + 3 * self.readings.len();
        !self.is_over && self.bytes + open <= self.memory
    }

    /// The memory that is left.
    pub(super) fn left(&self) -> usize {
        self.memory.saturating_sub(self.bytes)
    }

    /// Whether the paragraph has no visible character yet.
    pub(super) fn is_empty(&self) -> bool {
        self.node == NONE
    }

    /// Appends the text of one text node inside the element `node`.
    pub(super) fn push(&mut self, text: &str, node: u32, mode: Mode) {
        let mut rest = text;
        while let Some(&first) = rest.as_bytes().first() {
            if is_control(first) {
                self.push_control(first, mode);
                rest = &rest[1..];
                continue;
            }
            let end = rest.bytes().position(is_control).unwrap_or(rest.len());
            self.push_run(&rest[..end], node, mode);
            rest = &rest[end..];
        }
    }

    /// A `br`. One is a line break, two or more with only white space between end the paragraph.
    pub(super) fn line_break(&mut self, mode: Mode) {
        if mode == Mode::Verbatim {
            self.push_verbatim('\n');
        } else {
            self.waiting = Waiting::Nothing;
            self.breaks = self.breaks.saturating_add(1);
        }
    }

    /// The next cell of a joined row begins.
    pub(super) fn next_cell(&mut self) {
        self.close_link();
        self.waiting = Waiting::Nothing;
        self.cells += 1;
    }

    /// An element begins; `is_link` if it is a link.
    pub(super) fn enter_link(&mut self, is_link: bool) {
        self.link_depth += u32::from(is_link);
    }

    /// The element ends.
    pub(super) fn leave_link(&mut self, is_link: bool) {
        if is_link {
            self.link_depth -= 1;
            self.close_link();
        }
    }

    /// Whether white space goes until the next visible character, as beside ruby readings.
    pub(super) fn eat_spaces(&mut self, eats: bool) {
        self.eats_spaces = eats;
        if eats {
            self.waiting = Waiting::Nothing;
        }
    }

    /// Puts a ruby reading by: it becomes the text of a paragraph that has no other.
    pub(super) fn put_by(&mut self, reading: &str, node: u32) {
        if self.readings.is_empty() {
            self.reading_node = node;
        }
        let mut waiting = Waiting::Nothing;
        for c in reading.trim_ascii().chars() {
            match c {
                '\n' => waiting = Waiting::SegmentBreak,
                ' ' | '\t' => waiting = waiting.max(Waiting::Space),
                c if c.is_control() => {}
                c => {
                    if wants_space(waiting, &self.readings, c) {
                        self.readings.push(' ');
                    }
                    waiting = Waiting::Nothing;
                    self.readings.push(c);
                }
            }
        }
    }

    /// Ends the paragraph; nothing happens if it has no text.
    pub(super) fn end_paragraph(&mut self) {
        self.close_link();
        if self.is_empty() && !self.readings.is_empty() {
            std::mem::swap(&mut self.text, &mut self.readings);
            self.node = self.reading_node;
        }
        if !self.is_empty() {
            self.finish();
        }
        self.reset();
    }

    fn finish(&mut self) {
        self.is_over |= !self.fits(self.text.len());
        if self.is_over {
            return;
        }
        let mut links = std::mem::take(&mut self.links);
        let text = if self.is_verbatim {
            // Blank lines at the end go, spaces at the start of the first line are part of it.
            let text = self.text.trim_end();
            let cut = self.text[text.len()..].chars().count() as u32;
            let end = self.characters - cut;
            links.as_flattened_mut().iter_mut().for_each(|place| *place = end.min(*place));
            own(output_text(text, true, &mut links))
        } else if self.text.contains(CELL_BORDER) {
            join_cells(&self.text, &mut links)
        } else {
            own(output_text(&self.text, false, &mut links))
        };
        if text.is_empty() {
            return;
        }
        links.retain(|[from, to]| from < to);
        let kind = if self.is_verbatim { ParagraphKind::Pre } else { ParagraphKind::P };
        let path = self.no_path.clone();
        let paragraph = Paragraph { text, path, kind, links, main: None };
        self.bytes += bytes(&paragraph);
        self.paragraphs.push(paragraph);
        self.nodes.push(self.node);
    }

    fn reset(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT_CAPACITY);
        self.characters = 0;
        self.node = NONE;
        self.is_verbatim = false;
        self.waiting = Waiting::Nothing;
        self.breaks = 0;
        self.cells = 0;
        self.links.clear();
        self.link_start = None;
        self.readings.clear();
        self.readings.shrink_to(KEPT_CAPACITY);
    }

    /// One byte of white space, or a control character, which is dropped.
    fn push_control(&mut self, byte: u8, mode: Mode) {
        match (byte, mode) {
            (b' ' | b'\t' | b'\n', Mode::Verbatim) => self.push_verbatim(byte as char),
            (b'\n', Mode::KeepLines) => self.line_break(mode),
            _ if self.eats_spaces => {}
            (b'\n', _) => self.waiting = Waiting::SegmentBreak,
            (b' ' | b'\t', _) => self.waiting = self.waiting.max(Waiting::Space),
            _ => {}
        }
    }

    /// Text without white space.
    fn push_run(&mut self, run: &str, node: u32, mode: Mode) {
        let begins_line = self.is_empty() || self.breaks > 0;
        let run = match mode {
            Mode::Verbatim => run,
            _ if begins_line => run.trim_start_matches(['\u{3000}', '\u{A0}']),
            _ => run,
        };
        let Some(first) = run.chars().next() else { return };
        self.settle(first);
        if self.is_empty() {
            self.node = node;
            self.is_verbatim = mode == Mode::Verbatim;
        }
        if self.link_depth > 0 && self.link_start.is_none() {
            self.link_start = Some(self.characters);
        }
        self.text.push_str(run);
        self.characters += run.chars().count() as u32;
        self.eats_spaces = false;
    }

    /// Writes what was held back before the visible character `next`.
    fn settle(&mut self, next: char) {
        if self.is_empty() {
            // Nothing leads a paragraph but the spaces of a verbatim line.
        } else if self.breaks > 1 {
            self.end_paragraph();
        } else if self.breaks == 1 {
            self.push_char('\n');
        } else if self.cells > 0 {
            (0..self.cells).for_each(|_| self.push_char(CELL_BORDER));
        } else if wants_space(self.waiting, &self.text, next) {
            self.push_char(' ');
        }
        self.waiting = Waiting::Nothing;
        self.breaks = 0;
        self.cells = 0;
    }

    fn push_char(&mut self, c: char) {
        self.text.push(c);
        self.characters += 1;
    }

    fn close_link(&mut self) {
        if let Some(start) = self.link_start.take()
            && start < self.characters
        {
            self.links.push([start, self.characters]);
        }
    }

    /// A space or line break that stays; before the first visible character only the spaces of
    /// its line do.
    fn push_verbatim(&mut self, space: char) {
        if space == '\n' && self.is_empty() {
            self.text.clear();
            self.characters = 0;
        } else {
            self.push_char(space);
        }
    }
}

/// What a paragraph takes without its path, about.
pub(super) fn bytes(paragraph: &Paragraph) -> usize {
    let links = match paragraph.links.len() {
        0 => 0,
        links => ALLOCATION_BYTES + links * size_of::<[u32; 2]>(),
    };
    PARAGRAPH_BYTES + ALLOCATION_BYTES + paragraph.text.len() + links
}

/// Whether the white space that waits between `text` and `next` is a space.
fn wants_space(waiting: Waiting, text: &str, next: char) -> bool {
    match waiting {
        Waiting::Nothing => false,
        Waiting::Space => true,
        Waiting::SegmentBreak => {
            !text.chars().next_back().is_some_and(|last| break_vanishes(last, next))
        }
    }
}

/// White space and control characters: everything up to the space.
fn is_control(byte: u8) -> bool {
    byte <= b' '
}

/// Normalises each cell by itself (a tab would become a space) and joins them with tabs.
fn join_cells(text: &str, links: &mut [[u32; 2]]) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut read, mut written, mut first) = (0, 0, 0);
    for (index, cell) in text.split(CELL_BORDER).enumerate() {
        read += u32::from(index > 0);
        // A leading cell that held nothing visible leaves no tab.
        if !out.is_empty() {
            out.push('\t');
            written += 1;
        }
        let length = cell.chars().count() as u32;
        let inside = links[first..].iter().take_while(|[from, _]| *from < read + length).count();
        let spans = &mut links[first..first + inside];
        spans.iter_mut().flatten().for_each(|end| *end -= read);
        let cell = output_text(cell, false, spans);
        spans.iter_mut().flatten().for_each(|end| *end += written);
        out.push_str(&cell);
        first += inside;
        read += length;
        written += cell.chars().count() as u32;
    }
    out.truncate(out.trim_end_matches('\t').len());
    own(Cow::Owned(out))
}

/// The text in no more memory than it needs: it stays until the page is written.
fn own(text: Cow<'_, str>) -> String {
    let mut text = text.into_owned();
    text.shrink_to_fit();
    text
}
