//! From the tree to paragraphs: one iterative walk that breaks the text at block elements.
//!
//! A paragraph takes its path when its first character comes, so that text behind a closed block
//! belongs to the parent again. Inline elements never add a space. What a reader does not see
//! (scripts, hidden elements, form fields, ruby readings) is skipped whole.

use std::sync::Arc;

use crate::format::document::{Paragraph, ParagraphKind};
use crate::outcome::Outcome;
use crate::text::normalize::output_text;

use crate::html::{DOCUMENT, Element, NONE, Tree, View, WhiteSpace};

mod elements;
mod path;
mod rows;
mod writer;

use elements::{Role, role};
use path::Paths;
use writer::Mode;
pub(super) use writer::Writer;

/// Bytes that a path takes beside its text, about.
const PATH_BYTES: usize = 32;

/// The page's title in one line, normalised; `None` without one.
///
/// # Errors
/// `TooCostly` if it takes more than `memory` bytes.
pub(super) fn title(
    tree: Tree<'_>,
    writer: &mut Writer,
    memory: usize,
) -> Result<Option<String>, Outcome> {
    let title = tree.title();
    if title == NONE {
        return Ok(None);
    }
    writer.start(memory);
    let mut child = tree.first_child(title);
    while child != NONE {
        if let View::Text(text) = tree.view(child) {
            writer.admit(text.bytes())?;
            text.each(|piece| writer.push(piece, title, Mode::Collapse));
        }
        child = tree.next_sibling(child);
    }
    writer.end_paragraph();
    writer.admit(0)?;
    let title = writer.take().0.into_iter().next().map(|paragraph| {
        // The separators of lines and paragraphs are line breaks in the output form.
        let mut title = String::with_capacity(paragraph.text.len());
        for line in paragraph.text.split('\n').filter(|line| !line.is_empty()) {
            if !title.is_empty() {
                title.push(' ');
            }
            title.push_str(line);
        }
        title
    });
    Ok(title)
}

/// The seen text of a page, block by block.
///
/// # Errors
/// `TooCostly` if the paragraphs take more than `memory` bytes.
pub(super) fn paragraphs(
    tree: Tree<'_>,
    writer: &mut Writer,
    memory: usize,
) -> Result<Vec<Paragraph>, Outcome> {
    writer.start(memory);
    let mut walk = Walk { tree, writer, modes: Vec::new(), rubies: 0, row: NONE };
    let mut node = DOCUMENT;
    loop {
        if walk.enter(node)? && tree.first_child(node) != NONE {
            node = tree.first_child(node);
            continue;
        }
        while tree.next_sibling(node) == NONE {
            node = tree.parent(node);
            if node == NONE {
                walk.writer.end_paragraph();
                walk.writer.admit(0)?;
                let left = walk.writer.left();
                let (paragraphs, nodes) = walk.writer.take();
                return placed(tree, paragraphs, &nodes, left);
            }
            walk.leave(node);
        }
        node = tree.next_sibling(node);
    }
}

/// What paragraphs take without their paths, which they may share.
pub(super) fn bytes(paragraphs: &[Paragraph]) -> usize {
    paragraphs.iter().map(writer::bytes).sum()
}

/// The paragraphs with their paths and kinds.
fn placed(
    tree: Tree<'_>,
    mut paragraphs: Vec<Paragraph>,
    nodes: &[u32],
    memory: usize,
) -> Result<Vec<Paragraph>, Outcome> {
    let mut left = memory;
    let mut paths = Paths::default();
    let mut last: Arc<str> = "".into();
    for (paragraph, &node) in paragraphs.iter_mut().zip(nodes) {
        let path = paths.of(tree, node);
        if *last != *path {
            last = path.into();
            left = left.checked_sub(path.len() + PATH_BYTES).ok_or(Outcome::TooCostly)?;
        }
        paragraph.path = last.clone();
        if paragraph.kind != ParagraphKind::Pre {
            paragraph.kind = elements::kind(tree, node);
        }
    }
    Ok(paragraphs)
}

/// The paragraphs of plain text: parted by blank lines, line breaks kept.
///
/// # Errors
/// `TooCostly` if they, and the text on the way, take more than `memory` bytes.
pub(super) fn plain_text(text: &str, memory: usize) -> Result<Vec<Paragraph>, Outcome> {
    let mut left = memory.checked_sub(text.len()).ok_or(Outcome::TooCostly)?;
    let path: Arc<str> = "text".into();
    let text = output_text(text, false, &mut []);
    let parts = text.split("\n\n").map(|part| part.trim_matches('\n'));
    let paragraph = |part: &str| {
        let paragraph = Paragraph {
            text: part.to_owned(),
            path: path.clone(),
            kind: ParagraphKind::P,
            links: Vec::new(),
            main: None,
        };
        left = left.checked_sub(writer::bytes(&paragraph)).ok_or(Outcome::TooCostly)?;
        Ok(paragraph)
    };
    parts.filter(|part| !part.is_empty()).map(paragraph).collect()
}

/// The state of the walk.
struct Walk<'a> {
    tree: Tree<'a>,
    writer: &'a mut Writer,
    /// Elements that set how white space is treated, innermost last.
    modes: Vec<(u32, Mode)>,
    /// `ruby` elements around the place.
    rubies: u32,
    /// The table row whose cells are joined in one paragraph, or `NONE`.
    row: u32,
}

impl Walk<'_> {
    fn mode(&self) -> Mode {
        self.modes.last().map_or(Mode::Collapse, |&(_, mode)| mode)
    }

    /// Takes a node in; returns whether its children are to be walked (and then left).
    fn enter(&mut self, node: u32) -> Result<bool, Outcome> {
        let element = match self.tree.view(node) {
            View::Document => return Ok(true),
            View::Text(text) => {
                self.writer.admit(text.bytes())?;
                let (parent, mode) = (self.tree.parent(node), self.mode());
                text.each(|piece| self.writer.push(piece, parent, mode));
                return Ok(false);
            }
            View::Element(element) => element,
        };
        let role = role(element);
        match role {
            Role::Hidden => return Ok(false),
            Role::LineBreak => {
                let mode = self.mode();
                self.writer.line_break(mode);
                return Ok(false);
            }
            Role::RubyReading | Role::RubyBracket => {
                self.skip_ruby_note(node, role)?;
                return Ok(false);
            }
            Role::Math
                if let alttext = self.tree.alttext(element)
                    && !alttext.is_empty() =>
            {
                self.writer.admit(alttext.len())?;
                let mode = self.mode();
                self.writer.push(&alttext, node, mode);
                return Ok(false);
            }
            Role::Block | Role::Pre => self.writer.end_paragraph(),
            Role::Row => {
                self.writer.end_paragraph();
                if self.row == NONE && rows::is_joinable(self.tree, node) {
                    self.row = node;
                }
            }
            Role::Cell if self.row == NONE => self.writer.end_paragraph(),
            Role::Cell => self.writer.next_cell(),
            Role::Ruby => self.rubies += 1,
            Role::Math | Role::Inline => {}
        }
        self.writer.enter_link(element.link);
        self.set_mode(node, element, role);
        if self.tree.first_child(node) == NONE {
            // Nobody will come up from a child.
            self.leave(node);
        }
        Ok(true)
    }

    /// Leaves an element whose children were walked.
    fn leave(&mut self, node: u32) {
        let Some(element) = self.tree.element(node) else { return };
        match role(element) {
            Role::Block | Role::Pre => self.writer.end_paragraph(),
            Role::Row => {
                self.writer.end_paragraph();
                if self.row == node {
                    self.row = NONE;
                }
            }
            Role::Cell if self.row == NONE => self.writer.end_paragraph(),
            Role::Ruby => {
                self.rubies -= 1;
                self.writer.eat_spaces(false);
            }
            _ => {}
        }
        self.writer.leave_link(element.link);
        if self.modes.last().is_some_and(|&(setter, _)| setter == node) {
            self.modes.pop();
        }
    }

    /// How white space is treated inside `element`, where it says so.
    fn set_mode(&mut self, node: u32, element: &Element, role: Role) {
        let mode = match (role, element.white_space) {
            (_, Some(WhiteSpace::Collapse)) => Mode::Collapse,
            (Role::Pre, _) => Mode::Verbatim,
            (_, Some(WhiteSpace::Keep)) if self.mode() == Mode::Verbatim => Mode::Verbatim,
            (_, Some(WhiteSpace::Keep)) => Mode::KeepLines,
            _ => return,
        };
        self.modes.push((node, mode));
    }

    /// Drops a reading or its bracket together with the white space around it. A reading is put
    /// by as long as the paragraph has no text of its own: it may be all there is.
    fn skip_ruby_note(&mut self, node: u32, role: Role) -> Result<(), Outcome> {
        if role == Role::RubyReading && self.writer.is_empty() {
            let mut inner = node;
            let mut reading = String::new();
            while let Some(next) = next_inside(self.tree, inner, node) {
                inner = next;
                if let View::Text(text) = self.tree.view(inner) {
                    self.writer.admit(reading.len() + text.bytes())?;
                    text.each(|piece| reading.push_str(piece));
                }
            }
            self.writer.put_by(&reading, node);
        }
        self.writer.eat_spaces(self.rubies > 0);
        Ok(())
    }
}

/// The node behind `node` in the pre-order of `root`'s subtree.
fn next_inside(tree: Tree<'_>, node: u32, root: u32) -> Option<u32> {
    if tree.first_child(node) != NONE {
        return Some(tree.first_child(node));
    }
    let mut node = node;
    while node != root {
        if tree.next_sibling(node) != NONE {
            return Some(tree.next_sibling(node));
        }
        node = tree.parent(node);
    }
    None
}
