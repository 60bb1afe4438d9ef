//! Formulas and drawings inside a page: the rules for foreign content.

use super::{Builder, Next};
use crate::html::names::{FOREIGN, MATH_TEXT, Name, Namespace, SVG_HTML};
use crate::html::tokenizer::{Kind, Tag};

impl Builder<'_> {
    /// Whether text is read by the rules for foreign content.
    pub(super) fn is_foreign_text(&self) -> bool {
        let Some(current) = self.stack.last() else { return false };
        current.categories & FOREIGN != 0
            && current.categories & (MATH_TEXT | SVG_HTML) == 0
            && !self.arena.is_integration_point(current.node)
    }

    /// Whether a tag is read by the rules for foreign content.
    #[inline]
    pub(super) fn is_foreign_tag(&self, tag: &Tag) -> bool {
        let Some(current) = self.stack.last() else { return false };
        if current.categories & FOREIGN == 0 {
            return false;
        }
        if tag.is_end {
            return true;
        }
        if current.categories & MATH_TEXT != 0 {
            return matches!(tag.name, Name::MGLYPH | Name::MALIGNMARK);
        }
        let in_annotation = current.name == Name::ANNOTATION_XML
            && self.arena.namespace(current.node) == Namespace::MathMl;
        current.categories & SVG_HTML == 0
            && !(in_annotation && tag.name == Name::SVG)
            && !self.arena.is_integration_point(current.node)
    }

    pub(super) fn open_foreign(&mut self, namespace: Namespace, tag: &Tag) {
        self.reconstruct();
        self.insert_in(namespace, tag, !tag.is_self_closing);
    }

    pub(super) fn foreign_tag(&mut self, tag: &Tag) -> Next {
        if breaks_out(tag) {
            while self.current().categories & FOREIGN != 0
                && self.current().categories & (MATH_TEXT | SVG_HTML) == 0
            {
                self.steps += 1;
                self.pop();
            }
            return self.tag_in_mode(self.mode, tag);
        }
        if tag.is_end {
            return self.end_foreign(tag);
        }
        let namespace = self.arena.namespace(self.current().node);
        self.insert_in(namespace, tag, !tag.is_self_closing);
        Next::Done
    }

    fn end_foreign(&mut self, tag: &Tag) -> Next {
        let top = self.stack.len() - 1;
        for at in (1..=top).rev() {
            self.steps += 1;
            let open = self.stack[at];
            if at < top && open.categories & FOREIGN == 0 {
                return self.tag_in_mode(self.mode, tag);
            }
            if open.name == tag.name {
                self.truncate(at);
                return Next::Done;
            }
        }
        Next::Done
    }
}

/// Whether a tag is one of HTML that ends all foreign content around it.
fn breaks_out(tag: &Tag) -> bool {
    if tag.is_end {
        return matches!(tag.name, Name::BR | Name::P);
    }
    match tag.name {
        Name::FONT => [Kind::Color, Kind::Face, Kind::Size]
            .into_iter()
            .any(|kind| tag.attribute(kind).is_some()),
        Name::B
        | Name::BIG
        | Name::BLOCKQUOTE
        | Name::BODY
        | Name::BR
        | Name::CENTER
        | Name::CODE
        | Name::DD
        | Name::DIV
        | Name::DL
        | Name::DT
        | Name::EM
        | Name::EMBED
        | Name::H1
        | Name::H2
        | Name::H3
        | Name::H4
        | Name::H5
        | Name::H6
        | Name::HEAD
        | Name::HR
        | Name::I
        | Name::IMG
        | Name::LI
        | Name::LISTING
        | Name::MENU
        | Name::META
        | Name::NOBR
        | Name::OL
        | Name::P
        | Name::PRE
        | Name::RUBY
        | Name::S
        | Name::SMALL
        | Name::SPAN
        | Name::STRIKE
        | Name::STRONG
        | Name::SUB
        | Name::SUP
        | Name::TABLE
        | Name::TT
        | Name::U
        | Name::UL
        | Name::VAR => true,
        _ => false,
    }
}
