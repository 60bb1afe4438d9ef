//! The insertion mode "in body", where most of a page is read.

use super::head::is_of_head;
use super::{Builder, Mode, Next};
use crate::html::names::{
    BLOCK, BUTTON_SCOPE, FORMATTING, HEADING, LIST_SCOPE, Name, Namespace, SCOPE, SPECIAL,
};
use crate::html::text::Piece;
use crate::html::tokenizer::{Content, Kind, Tag};
use crate::html::{NONE, attributes};

impl Builder<'_> {
    pub(super) fn body_text(&mut self, piece: Piece<'_>) {
        self.reconstruct();
        self.frameset_ok = self.frameset_ok && piece.is_blank();
        self.append_text(piece);
    }

    pub(super) fn in_body(&mut self, tag: &Tag) -> Next {
        if tag.is_end { self.end_in_body(tag) } else { self.start_in_body(tag) }
    }

    fn start_in_body(&mut self, tag: &Tag) -> Next {
        match tag.name {
            name if name == Name::P || name.categories() & BLOCK != 0 => {
                self.close_paragraph();
                self.insert(tag);
            }
            Name::A => {
                self.close_open_link();
                self.reconstruct();
                self.insert_formatting(tag);
            }
            Name::NOBR => {
                self.reconstruct();
                if self.in_scope(Name::NOBR) {
                    self.close_formatting(Name::NOBR);
                    self.reconstruct();
                }
                self.insert_formatting(tag);
            }
            name if name.categories() & FORMATTING != 0 => {
                self.reconstruct();
                self.insert_formatting(tag);
            }
            Name::LI | Name::DD | Name::DT => {
                self.close_item(tag.name);
                self.insert(tag);
            }
            Name::AREA | Name::BR | Name::EMBED | Name::IMG | Name::KEYGEN | Name::WBR => {
                self.insert_seen(tag);
            }
            Name::IMAGE => self.insert_seen(&Tag { name: Name::IMG, ..tag.clone() }),
            Name::PARAM | Name::SOURCE | Name::TRACK => {
                self.insert_void(tag);
            }
            Name::HR => self.insert_rule(tag),
            name if name.categories() & HEADING != 0 => {
                self.close_paragraph();
                if self.current().categories & HEADING != 0 {
                    self.pop();
                }
                self.insert(tag);
            }
            Name::PRE | Name::LISTING => {
                self.close_paragraph();
                self.insert(tag);
                self.ignores_line_feed = true;
                self.frameset_ok = false;
            }
            Name::TABLE => {
                if !self.quirks {
                    self.close_paragraph();
                }
                self.insert(tag);
                self.frameset_ok = false;
                self.mode = Mode::InTable;
            }
            name if is_of_head(name) => return self.in_head(tag),
            Name::HTML => self.add_to_root(tag),
            Name::BODY => self.add_to_body(tag),
            Name::FRAMESET => self.replace_body(tag),
            Name::FORM => self.open_form(tag),
            Name::PLAINTEXT => {
                self.close_paragraph();
                self.insert(tag);
                self.content = Content::PlainText;
            }
            Name::BUTTON => {
                self.close_block(Name::BUTTON);
                self.reconstruct();
                self.insert(tag);
                self.frameset_ok = false;
            }
            Name::APPLET | Name::MARQUEE | Name::OBJECT => {
                self.reconstruct();
                self.insert(tag);
                self.formatting.push_marker();
                self.frameset_ok = false;
            }
            Name::TEXTAREA => {
                self.ignores_line_feed = true;
                self.frameset_ok = false;
                return self.insert_raw(tag, Content::RcData);
            }
            Name::XMP => {
                self.close_paragraph();
                self.reconstruct();
                self.frameset_ok = false;
                return self.insert_raw(tag, Content::RawText);
            }
            Name::IFRAME => {
                self.frameset_ok = false;
                return self.insert_raw(tag, Content::RawText);
            }
            Name::NOEMBED => return self.insert_raw(tag, Content::RawText),
            Name::INPUT => self.insert_input(tag),
            Name::SELECT => self.open_select(tag),
            Name::OPTION | Name::OPTGROUP => self.open_option(tag),
            Name::RB | Name::RTC => {
                if self.in_scope(Name::RUBY) {
                    self.imply_ends();
                }
                self.insert(tag);
            }
            Name::RP | Name::RT => {
                if self.in_scope(Name::RUBY) {
                    self.imply_ends_but(Name::RTC);
                }
                self.insert(tag);
            }
            Name::MATH => self.open_foreign(Namespace::MathMl, tag),
            Name::SVG => self.open_foreign(Namespace::Svg, tag),
            Name::CAPTION
            | Name::COL
            | Name::COLGROUP
            | Name::FRAME
            | Name::HEAD
            | Name::TBODY
            | Name::TD
            | Name::TFOOT
            | Name::TH
            | Name::THEAD
            | Name::TR => {}
            _ => {
                self.reconstruct();
                self.insert(tag);
            }
        }
        Next::Done
    }

    fn end_in_body(&mut self, tag: &Tag) -> Next {
        let name = tag.name;
        match name {
            Name::P => {
                if !self.in_scope_of(SCOPE | BUTTON_SCOPE, Name::P) {
                    self.insert(&Tag::bare(Name::P));
                }
                self.close_open_paragraph();
            }
            Name::BUTTON | Name::LISTING | Name::PRE | Name::SELECT => {
                self.close_block(name);
            }
            _ if name.categories() & BLOCK != 0 => {
                self.close_block(name);
            }
            _ if name.categories() & FORMATTING != 0 => self.close_formatting(name),
            Name::LI | Name::DD | Name::DT => {
                let ends = if name == Name::LI { SCOPE | LIST_SCOPE } else { SCOPE };
                if self.in_scope_of(ends, name) {
                    self.imply_ends_but(name);
                    self.pop_through(name);
                }
            }
            _ if name.categories() & HEADING != 0 => {
                if self.in_scope_by(SCOPE, |open| open.categories & HEADING != 0) {
                    self.imply_ends();
                    self.pop_through_by(|open| open.categories & HEADING != 0);
                }
            }
            Name::TEMPLATE => return self.in_head(tag),
            Name::BODY | Name::HTML => {
                if self.in_scope(Name::BODY) {
                    self.mode = Mode::AfterBody;
                    return if name == Name::HTML { Next::Reprocess } else { Next::Done };
                }
            }
            Name::FORM => self.close_form(),
            Name::APPLET | Name::MARQUEE | Name::OBJECT => {
                if self.close_block(name) {
                    self.formatting.clear_to_marker();
                }
            }
            Name::BR => self.insert_seen(&Tag::bare(Name::BR)),
            _ => self.close_any(name),
        }
        Next::Done
    }

    /// Ends a block with all that is open in it; returns whether one was in scope.
    fn close_block(&mut self, name: Name) -> bool {
        let in_scope = self.in_scope(name);
        if in_scope {
            self.imply_ends();
            self.pop_through(name);
        }
        in_scope
    }

    /// Ends the paragraph that is open, if one is.
    fn close_paragraph(&mut self) {
        if self.in_scope_of(SCOPE | BUTTON_SCOPE, Name::P) {
            self.close_open_paragraph();
        }
    }

    fn close_open_paragraph(&mut self) {
        self.imply_ends_but(Name::P);
        self.pop_through(Name::P);
    }

    /// Ends the item before another begins.
    fn close_item(&mut self, name: Name) {
        self.frameset_ok = false;
        let is_list = name == Name::LI;
        let passes = |name| matches!(name, Name::ADDRESS | Name::DIV | Name::P);
        for at in (0..self.stack.len()).rev() {
            self.steps += 1;
            let open = self.stack[at];
            let ends =
                if is_list { open.is(Name::LI) } else { open.is(Name::DD) || open.is(Name::DT) };
            if ends {
                self.imply_ends_but(open.name);
                self.pop_through(open.name);
                break;
            }
            if open.categories & SPECIAL != 0 && !passes(open.name) {
                break;
            }
        }
        self.close_paragraph();
    }

    /// A void element that a reader sees.
    fn insert_seen(&mut self, tag: &Tag) {
        self.reconstruct();
        self.insert_void(tag);
        self.frameset_ok = false;
    }

    fn insert_rule(&mut self, tag: &Tag) {
        self.close_paragraph();
        if self.in_scope(Name::SELECT) {
            self.imply_ends();
        }
        self.insert_void(tag);
        self.frameset_ok = false;
    }

    fn insert_input(&mut self, tag: &Tag) {
        if self.in_scope(Name::SELECT) {
            self.pop_through(Name::SELECT);
        }
        self.reconstruct();
        self.insert_void(tag);
        if !self.is_hidden_input(tag) {
            self.frameset_ok = false;
        }
    }

    /// Whether the tag says `type=hidden`.
    pub(super) fn is_hidden_input(&self, tag: &Tag) -> bool {
        tag.value(Kind::Type, self.html).eq_ignore_ascii_case("hidden")
    }

    fn open_select(&mut self, tag: &Tag) {
        if self.in_scope(Name::SELECT) {
            self.pop_through(Name::SELECT);
        } else {
            self.reconstruct();
            self.insert(tag);
            self.frameset_ok = false;
        }
    }

    fn open_option(&mut self, tag: &Tag) {
        if self.in_scope(Name::SELECT) {
            if tag.name == Name::OPTION {
                self.imply_ends_but(Name::OPTGROUP);
            } else {
                self.imply_ends();
            }
        } else if self.current_is(Name::OPTION) {
            self.pop();
        }
        self.reconstruct();
        self.insert(tag);
    }

    fn add_to_root(&mut self, tag: &Tag) {
        if !self.is_open(Name::TEMPLATE) {
            attributes::add(self.arena, self.stack[0].node, tag);
        }
    }

    fn add_to_body(&mut self, tag: &Tag) {
        let body = self.stack.get(1).copied().filter(|open| open.is(Name::BODY));
        if let Some(body) = body
            && !self.is_open(Name::TEMPLATE)
        {
            self.frameset_ok = false;
            attributes::add(self.arena, body.node, tag);
        }
    }

    /// A frameset in place of a body that shows nothing yet.
    fn replace_body(&mut self, tag: &Tag) {
        let body = self.stack.get(1).copied().filter(|open| open.is(Name::BODY));
        if let Some(body) = body
            && self.frameset_ok
        {
            self.arena.detach(body.node);
            self.truncate(1);
            self.insert(tag);
            self.mode = Mode::InFrameset;
        }
    }

    fn open_form(&mut self, tag: &Tag) {
        let in_template = self.is_open(Name::TEMPLATE);
        if self.form != NONE && !in_template {
            return;
        }
        self.close_paragraph();
        let form = self.insert(tag);
        if !in_template {
            self.form = form.node;
        }
    }

    fn close_form(&mut self) {
        if self.is_open(Name::TEMPLATE) {
            self.close_block(Name::FORM);
            return;
        }
        let form = std::mem::replace(&mut self.form, NONE);
        if form == NONE || !self.in_scope_by(SCOPE, |open| open.node == form) {
            return;
        }
        self.imply_ends();
        if let Some(at) = self.position(form) {
            self.remove_at(at);
        }
    }
}
