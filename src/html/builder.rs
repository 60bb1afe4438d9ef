//! The HTML standard's tree construction over the [`Arena`].
//!
//! It follows the standard's insertion modes without scripting and without its messages; comments
//! are not kept. Where html5ever, its twin, is not to the letter of the standard, neither is it:
//! integration points and `search` do not count as special elements, formulas with HTML in them
//! are left where a tag breaks out of a drawing, and a doctype does not end the text of a table. What the standard looks up again and again is at hand: each open element
//! with its categories, how many of a name are open, whether an element is open at all. A step is
//! one look at an open or formatting element, or one node that is put somewhere.

use super::attributes;
use super::names::{FOREIGN, KNOWN, Name, Names, Namespace};
use super::text::{Coding, NUL, Piece, Span};
use super::tokenizer::{Content, Tag};
use super::{Arena, Budget, DOCUMENT, Hear, NODE_BYTES, NONE, Start};

mod body;
mod foreign;
mod formatting;
mod head;
mod stack;
mod tables;

use formatting::Formatting;
use stack::Open;

/// The insertion modes of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Initial,
    BeforeHtml,
    BeforeHead,
    InHead,
    InHeadNoscript,
    AfterHead,
    InBody,
    Text,
    InTable,
    InTableText,
    InCaption,
    InColumnGroup,
    InTableBody,
    InRow,
    InCell,
    InTemplate,
    AfterBody,
    InFrameset,
    AfterFrameset,
    AfterAfterBody,
    AfterAfterFrameset,
}

impl Mode {
    fn is_of_frames(self) -> bool {
        matches!(self, Mode::InFrameset | Mode::AfterFrameset | Mode::AfterAfterFrameset)
    }
}

/// What a waiting piece of text takes, and an open element here and in a walk of the tree.
const TABLE_TEXT_BYTES: usize = 12;
const OPEN_BYTES: usize = 24;
const _: () = assert!(size_of::<(Span, Coding)>() <= TABLE_TEXT_BYTES);
const _: () = assert!(size_of::<Open>() <= OPEN_BYTES);

/// What becomes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Done,
    /// It is looked at again, in the mode as it is now.
    Reprocess,
}

/// Builds the tree of one page.
pub(super) struct Builder<'a> {
    /// Texts and attributes are places in it.
    html: &'a str,
    arena: &'a mut Arena,
    hear: Hear<'a>,
    mode: Mode,
    /// The mode behind raw text or the text of a table.
    original_mode: Mode,
    stack: Vec<Open>,
    /// How many elements of HTML of each name in the table are open.
    open: [u32; KNOWN],
    formatting: Formatting,
    /// The modes of the open templates.
    templates: Vec<Mode>,
    head: Option<Open>,
    /// The form that is open, or [`NONE`].
    form: u32,
    foster_parenting: bool,
    frameset_ok: bool,
    quirks: bool,
    /// Whether a line feed at the start of the next text is dropped.
    ignores_line_feed: bool,
    /// Text in a table, until it is known whether it is more than white space.
    table_text: Vec<(Span, Coding)>,
    table_text_is_seen: bool,
    content: Content,
    steps: u64,
    /// The depth of the node that was put somewhere last.
    last_depth: u32,
}

impl<'a> Builder<'a> {
    /// `arena` holds the bare document.
    pub(super) fn new(html: &'a str, arena: &'a mut Arena, hear: Hear<'a>) -> Builder<'a> {
        Builder {
            html,
            arena,
            hear,
            mode: Mode::Initial,
            original_mode: Mode::Initial,
            stack: Vec::with_capacity(64),
            open: [0; KNOWN],
            formatting: Formatting::default(),
            templates: Vec::new(),
            head: None,
            form: NONE,
            foster_parenting: false,
            frameset_ok: true,
            quirks: false,
            ignores_line_feed: false,
            table_text: Vec::new(),
            table_text_is_seen: false,
            content: Content::Data,
            steps: 0,
            last_depth: 0,
        }
    }

    /// How the page is to be read on, and by which element's raw text.
    pub(super) fn content(&self) -> (Content, Name) {
        (self.content, self.stack.last().map_or(Name::HTML, |current| current.name))
    }

    /// Whether the current node is one of MathML or SVG.
    pub(super) fn in_foreign(&self) -> bool {
        self.stack.last().is_some_and(|current| current.categories & FOREIGN != 0)
    }

    pub(super) fn names(&mut self) -> &mut Names {
        &mut self.arena.names
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn last_depth(&self) -> u32 {
        self.last_depth
    }

    pub(super) fn is_over(&self, budget: &Budget) -> bool {
        // What waits will be a node.
        let tables = self.table_text.len() * (TABLE_TEXT_BYTES + NODE_BYTES)
            + self.stack.len() * OPEN_BYTES
            + self.formatting.bytes();
        self.steps > budget.steps || self.arena.bytes() + tables > budget.memory
    }

    /// A comment between two tokens.
    pub(super) fn comment(&mut self) {
        self.ignores_line_feed = false;
        self.end_table_text();
    }

    pub(super) fn doctype(&mut self, is_quirky: bool) {
        self.ignores_line_feed = false;
        if self.mode == Mode::Initial {
            self.quirks = is_quirky;
            self.mode = Mode::BeforeHtml;
        }
    }

    /// A piece of text without NUL.
    pub(super) fn text(&mut self, piece: Piece<'_>) {
        let drops_first = std::mem::take(&mut self.ignores_line_feed);
        let piece = if drops_first { piece.without_line_feed() } else { piece };
        if self.mode == Mode::InBody && !self.in_foreign() && !piece.text.is_empty() {
            self.body_text(piece);
        } else {
            self.text_in_mode(piece);
        }
    }

    /// A NUL, which only foreign content shows; like any character it ends the modes of the head.
    pub(super) fn nul(&mut self, place: Span) {
        self.ignores_line_feed = false;
        loop {
            if self.is_foreign_text() {
                self.append_text(Piece { text: "\u{FFFD}", place, coding: NUL });
                return;
            }
            if !self.leave_mode() {
                return;
            }
        }
    }

    pub(super) fn tag(&mut self, tag: &Tag) {
        self.ignores_line_feed = false;
        loop {
            let next = if self.is_foreign_tag(tag) {
                self.foreign_tag(tag)
            } else {
                self.tag_in_mode(self.mode, tag)
            };
            if next == Next::Done {
                return;
            }
        }
    }

    /// The end of the page.
    pub(super) fn end(&mut self) {
        loop {
            self.end_table_text();
            let in_template = self.is_open(Name::TEMPLATE) && !self.mode.is_of_frames();
            if self.mode == Mode::Text {
                self.end_raw_text();
            } else if !self.leave_head() {
                if !in_template {
                    return;
                }
                self.close_template();
            }
        }
    }

    /// By the rules of `mode`, which need not be the mode of the page.
    fn tag_in_mode(&mut self, mode: Mode, tag: &Tag) -> Next {
        match mode {
            Mode::InBody => self.in_body(tag),
            Mode::InTable => self.in_table(tag),
            Mode::InTableText => {
                self.end_table_text();
                Next::Reprocess
            }
            Mode::InCaption => self.in_caption(tag),
            Mode::InColumnGroup => self.in_column_group(tag),
            Mode::InTableBody => self.in_table_body(tag),
            Mode::InRow => self.in_row(tag),
            Mode::InCell => self.in_cell(tag),
            Mode::InTemplate => self.in_template(tag),
            Mode::Text => {
                self.end_raw_text();
                Next::Done
            }
            Mode::Initial => {
                self.leave_mode();
                Next::Reprocess
            }
            Mode::BeforeHtml => self.before_html(tag),
            Mode::BeforeHead => self.before_head(tag),
            Mode::InHead => self.in_head(tag),
            Mode::InHeadNoscript => self.in_head_noscript(tag),
            Mode::AfterHead => self.after_head(tag),
            Mode::AfterBody | Mode::AfterAfterBody => self.after_body(tag),
            Mode::InFrameset => self.in_frameset(tag),
            Mode::AfterFrameset | Mode::AfterAfterFrameset => self.after_frameset(tag),
        }
    }

    /// Text in any mode.
    fn text_in_mode(&mut self, piece: Piece<'_>) {
        let mut rest = piece;
        while !rest.text.is_empty() {
            let length = self.start_of_text(rest);
            rest = rest.split(length).1;
        }
    }

    /// Reads the start of a text, as far as the mode treats it alike, and returns how much that is:
    /// nothing, if it is the next mode that reads it.
    fn start_of_text(&mut self, piece: Piece<'_>) -> usize {
        let text = piece.text;
        if self.is_foreign_text() {
            self.frameset_ok &= piece.is_blank();
            self.append_text(piece);
            return text.len();
        }
        let space = text.bytes().position(|b| !b.is_ascii_whitespace()).unwrap_or(text.len());
        let mode = self.mode;
        match mode {
            Mode::Text => self.append_text(piece),
            Mode::InTable | Mode::InTableBody | Mode::InRow if self.current().fosters() => {
                self.original_mode = mode;
                self.mode = Mode::InTableText;
                return 0;
            }
            Mode::InTable | Mode::InTableBody | Mode::InRow => {
                self.foster(|builder| builder.body_text(piece));
            }
            Mode::InTableText => self.keep_table_text(piece),
            Mode::InBody | Mode::InCaption | Mode::InCell | Mode::InTemplate => {
                self.body_text(piece);
            }
            _ if space > 0 => {
                self.space_in_mode(piece.split(space).0);
                return space;
            }
            _ if self.leave_mode() => return 0,
            // Characters that are seen are not allowed here.
            _ => return text.bytes().position(|b| b.is_ascii_whitespace()).unwrap_or(text.len()),
        }
        text.len()
    }

    /// White space in the modes that treat it in a way of its own.
    fn space_in_mode(&mut self, space: Piece<'_>) {
        match self.mode {
            Mode::Initial | Mode::BeforeHtml | Mode::BeforeHead => {}
            Mode::AfterBody | Mode::AfterAfterBody | Mode::AfterAfterFrameset => {
                self.body_text(space);
            }
            _ => self.append_text(space),
        }
    }

    /// What any token does that a mode has no rule for, up to the body; returns whether the mode
    /// is another one now.
    fn leave_mode(&mut self) -> bool {
        match self.mode {
            Mode::InColumnGroup if self.current_is(Name::COLGROUP) => {
                self.pop();
                self.mode = Mode::InTable;
            }
            Mode::AfterBody | Mode::AfterAfterBody => self.mode = Mode::InBody,
            _ => return self.leave_head(),
        }
        true
    }

    /// [`Self::leave_mode`] of the modes before the body.
    fn leave_head(&mut self) -> bool {
        self.mode = match self.mode {
            Mode::Initial => {
                self.quirks = true;
                Mode::BeforeHtml
            }
            Mode::BeforeHtml => {
                self.insert_root(&Tag::bare(Name::HTML));
                Mode::BeforeHead
            }
            Mode::BeforeHead => {
                self.head = Some(self.insert(&Tag::bare(Name::HEAD)));
                Mode::InHead
            }
            Mode::InHead => {
                self.pop();
                Mode::AfterHead
            }
            Mode::InHeadNoscript => {
                self.pop();
                Mode::InHead
            }
            Mode::AfterHead => {
                self.insert(&Tag::bare(Name::BODY));
                Mode::InBody
            }
            _ => return false,
        };
        true
    }

    /// Puts an element in for the tag, and into the stack of open elements.
    fn insert(&mut self, tag: &Tag) -> Open {
        self.insert_in(Namespace::Html, tag, true)
    }

    /// Puts a void element in for the tag.
    fn insert_void(&mut self, tag: &Tag) -> Open {
        self.insert_in(Namespace::Html, tag, false)
    }

    fn insert_in(&mut self, namespace: Namespace, tag: &Tag, stays_open: bool) -> Open {
        let (parent, before) = self.place(self.current());
        let element = self.create(namespace, tag);
        self.put(parent, before, element.node);
        if stays_open {
            self.push(element);
        }
        element
    }

    fn insert_root(&mut self, tag: &Tag) {
        let root = self.create(Namespace::Html, tag);
        self.put(DOCUMENT, NONE, root.node);
        self.push(root);
    }

    fn create(&mut self, namespace: Namespace, tag: &Tag) -> Open {
        let element = attributes::element(self.arena, namespace, tag, self.html);
        let may_speak = matches!(tag.name, Name::A | Name::AREA | Name::LINK | Name::META);
        if may_speak && namespace == Namespace::Html && !tag.attributes.is_empty() {
            (self.hear)(Start { tag, html: self.html });
        }
        let node = self.arena.add_element(element);
        Open { node, name: tag.name, categories: tag.name.categories_in(namespace) }
    }

    /// Puts a node under `parent`, before `before` or, if that is [`NONE`], at the end.
    fn put(&mut self, parent: u32, before: u32, node: u32) {
        self.steps += 1;
        self.arena.detach(node);
        self.last_depth = self.arena.link(parent, before, node);
    }

    fn append_text(&mut self, piece: Piece<'_>) {
        if piece.text.is_empty() {
            return;
        }
        self.steps += 1;
        let (parent, before) = self.place(self.current());
        self.last_depth = self.arena.add_text(parent, before, piece);
    }

    /// Where something for `target` is to be put, as parent and the sibling behind it: in a table
    /// that fosters, before that table.
    #[inline]
    fn place(&mut self, target: Open) -> (u32, u32) {
        if !(self.foster_parenting && target.fosters()) {
            return (target.node, NONE);
        }
        for at in (0..self.stack.len()).rev() {
            self.steps += 1;
            let open = self.stack[at];
            if open.is(Name::TEMPLATE) {
                return (open.node, NONE);
            }
            if open.is(Name::TABLE) {
                return match self.arena.parent(open.node) {
                    NONE => (self.stack[at - 1].node, NONE),
                    parent => (parent, open.node),
                };
            }
        }
        (self.stack[0].node, NONE)
    }

    /// Does something while what comes into a table is put before it.
    fn foster<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.foster_parenting = true;
        let result = act(self);
        self.foster_parenting = false;
        result
    }

    /// Puts in an element whose content is raw text.
    fn insert_raw(&mut self, tag: &Tag, content: Content) -> Next {
        self.insert(tag);
        self.original_mode = self.mode;
        self.mode = Mode::Text;
        self.content = content;
        Next::Done
    }

    fn end_raw_text(&mut self) {
        self.pop();
        self.mode = self.original_mode;
        self.content = Content::Data;
    }
}
