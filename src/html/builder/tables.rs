//! The insertion modes of tables.

use super::{Builder, Mode, Next};
use crate::html::NONE;
use crate::html::names::{Name, TABLE_SCOPE};
use crate::html::text::Piece;
use crate::html::tokenizer::Tag;

/// Pieces of text for which room is kept from one table to the next.
const KEPT_PIECES: usize = 1 << 10;

impl Builder<'_> {
    /// Ends the text of a table: anything but white space is put before the table.
    pub(super) fn end_table_text(&mut self) {
        if self.mode != Mode::InTableText {
            return;
        }
        self.mode = self.original_mode;
        let is_seen = std::mem::take(&mut self.table_text_is_seen);
        let mut text = std::mem::take(&mut self.table_text);
        for (place, coding) in text.drain(..) {
            // White space between the parts of a table is never seen.
            if is_seen {
                let piece = Piece { text: place.of(self.html), place, coding };
                self.foster(|builder| builder.body_text(piece));
            }
        }
        text.shrink_to(KEPT_PIECES);
        self.table_text = text;
    }

    pub(super) fn keep_table_text(&mut self, piece: Piece<'_>) {
        self.table_text_is_seen |= !piece.is_blank();
        match self.table_text.last_mut() {
            Some((last, coding)) if last.to == piece.place.from => {
                last.to = piece.place.to;
                *coding |= piece.coding;
            }
            _ => self.table_text.push((piece.place, piece.coding)),
        }
    }

    pub(super) fn in_table(&mut self, tag: &Tag) -> Next {
        if tag.is_end {
            return match tag.name {
                Name::TABLE => {
                    if self.in_table_scope(Name::TABLE) {
                        self.pop_through(Name::TABLE);
                        self.reset_mode();
                    }
                    Next::Done
                }
                Name::TEMPLATE => self.in_head(tag),
                name if is_part(name) || matches!(name, Name::BODY | Name::HTML) => Next::Done,
                _ => self.foster(|builder| builder.in_body(tag)),
            };
        }
        match tag.name {
            Name::CAPTION => {
                self.pop_to_table();
                self.formatting.push_marker();
                self.insert(tag);
                self.mode = Mode::InCaption;
            }
            Name::COLGROUP => {
                self.pop_to_table();
                self.insert(tag);
                self.mode = Mode::InColumnGroup;
            }
            Name::COL => {
                self.pop_to_table();
                self.insert(&Tag::bare(Name::COLGROUP));
                self.mode = Mode::InColumnGroup;
                return Next::Reprocess;
            }
            Name::TBODY | Name::TFOOT | Name::THEAD => {
                self.pop_to_table();
                self.insert(tag);
                self.mode = Mode::InTableBody;
            }
            Name::TD | Name::TH | Name::TR => {
                self.pop_to_table();
                self.insert(&Tag::bare(Name::TBODY));
                self.mode = Mode::InTableBody;
                return Next::Reprocess;
            }
            Name::TABLE => {
                if self.in_table_scope(Name::TABLE) {
                    self.pop_through(Name::TABLE);
                    self.reset_mode();
                    return Next::Reprocess;
                }
            }
            Name::STYLE | Name::SCRIPT | Name::TEMPLATE => return self.in_head(tag),
            Name::INPUT if self.is_hidden_input(tag) => {
                self.insert_void(tag);
            }
            Name::FORM => {
                if self.form == NONE && !self.is_open(Name::TEMPLATE) {
                    self.form = self.insert_void(tag).node;
                }
            }
            _ => return self.foster(|builder| builder.in_body(tag)),
        }
        Next::Done
    }

    fn pop_to_table(&mut self) {
        self.pop_to(|open| open.categories & TABLE_SCOPE != 0);
    }

    pub(super) fn in_caption(&mut self, tag: &Tag) -> Next {
        let ends = match tag.name {
            Name::TABLE => tag.is_end,
            Name::CAPTION => true,
            name => is_part(name) && !tag.is_end,
        };
        if ends {
            if !self.in_table_scope(Name::CAPTION) {
                return Next::Done;
            }
            self.imply_ends();
            self.pop_through(Name::CAPTION);
            self.formatting.clear_to_marker();
            self.mode = Mode::InTable;
            let is_own = tag.is_end && tag.name == Name::CAPTION;
            return if is_own { Next::Done } else { Next::Reprocess };
        }
        if tag.is_end && (is_part(tag.name) || matches!(tag.name, Name::BODY | Name::HTML)) {
            return Next::Done;
        }
        self.in_body(tag)
    }

    pub(super) fn in_column_group(&mut self, tag: &Tag) -> Next {
        match (tag.is_end, tag.name) {
            (false, Name::HTML) => return self.in_body(tag),
            (false, Name::COL) => {
                self.insert_void(tag);
            }
            (true, Name::COLGROUP) => {
                self.leave_mode();
            }
            (true, Name::COL) => {}
            (_, Name::TEMPLATE) => return self.in_head(tag),
            _ => return if self.leave_mode() { Next::Reprocess } else { Next::Done },
        }
        Next::Done
    }

    pub(super) fn in_table_body(&mut self, tag: &Tag) -> Next {
        let is_body = |name| matches!(name, Name::TBODY | Name::TFOOT | Name::THEAD);
        match (tag.is_end, tag.name) {
            (false, Name::TR) => {
                self.pop_to_table_body();
                self.insert(tag);
                self.mode = Mode::InRow;
                Next::Done
            }
            (false, Name::TH | Name::TD) => {
                self.pop_to_table_body();
                self.insert(&Tag::bare(Name::TR));
                self.mode = Mode::InRow;
                Next::Reprocess
            }
            (true, name) if is_body(name) => {
                if self.in_table_scope(name) {
                    self.pop_to_table_body();
                    self.pop();
                    self.mode = Mode::InTable;
                }
                Next::Done
            }
            (false, Name::CAPTION | Name::COL | Name::COLGROUP) | (true, Name::TABLE) => {
                self.leave_table_body()
            }
            (false, name) if is_body(name) => self.leave_table_body(),
            (true, name) if is_part(name) || matches!(name, Name::BODY | Name::HTML) => Next::Done,
            _ => self.in_table(tag),
        }
    }

    fn pop_to_table_body(&mut self) {
        self.pop_to(|open| {
            matches!(
                open.name,
                Name::TBODY | Name::TFOOT | Name::THEAD | Name::TEMPLATE | Name::HTML
            ) && open.is(open.name)
        });
    }

    fn leave_table_body(&mut self) -> Next {
        // Without `thead`, as in html5ever; it makes a difference in a `template` alone.
        let is_outer = |name| matches!(name, Name::TABLE | Name::TBODY | Name::TFOOT);
        if !self.in_scope_by(TABLE_SCOPE, |open| is_outer(open.name) && open.is(open.name)) {
            return Next::Done;
        }
        self.pop_to_table_body();
        self.pop();
        self.mode = Mode::InTable;
        Next::Reprocess
    }

    pub(super) fn in_row(&mut self, tag: &Tag) -> Next {
        match (tag.is_end, tag.name) {
            (false, Name::TH | Name::TD) => {
                self.pop_to_row();
                self.insert(tag);
                self.mode = Mode::InCell;
                self.formatting.push_marker();
                Next::Done
            }
            (true, Name::TR) => {
                self.leave_row();
                Next::Done
            }
            (true, Name::TBODY | Name::TFOOT | Name::THEAD) => {
                if self.in_table_scope(tag.name) && self.leave_row() {
                    return Next::Reprocess;
                }
                Next::Done
            }
            (true, Name::TABLE) => self.leave_row_for_tag(),
            (false, name) if is_part(name) => self.leave_row_for_tag(),
            (true, name) if is_part(name) || matches!(name, Name::BODY | Name::HTML) => Next::Done,
            _ => self.in_table(tag),
        }
    }

    fn leave_row_for_tag(&mut self) -> Next {
        if self.leave_row() { Next::Reprocess } else { Next::Done }
    }

    fn pop_to_row(&mut self) {
        self.pop_to(|open| open.is(Name::TR) || open.is(Name::TEMPLATE) || open.is(Name::HTML));
    }

    /// Ends the row, if one is open.
    fn leave_row(&mut self) -> bool {
        if !self.in_table_scope(Name::TR) {
            return false;
        }
        self.pop_to_row();
        self.pop();
        self.mode = Mode::InTableBody;
        true
    }

    pub(super) fn in_cell(&mut self, tag: &Tag) -> Next {
        let name = tag.name;
        match (tag.is_end, name) {
            (true, Name::TD | Name::TH) => {
                if self.in_table_scope(name) {
                    self.imply_ends();
                    self.pop_through(name);
                    self.formatting.clear_to_marker();
                    self.mode = Mode::InRow;
                }
                Next::Done
            }
            (true, Name::TABLE | Name::TBODY | Name::TFOOT | Name::THEAD | Name::TR) => {
                if self.in_table_scope(name) { self.close_cell() } else { Next::Done }
            }
            (false, _) if is_part(name) => {
                let is_cell = |name| matches!(name, Name::TD | Name::TH);
                if self.in_scope_by(TABLE_SCOPE, |open| is_cell(open.name) && open.is(open.name)) {
                    self.close_cell()
                } else {
                    Next::Done
                }
            }
            (true, Name::BODY | Name::CAPTION | Name::COL | Name::COLGROUP | Name::HTML) => {
                Next::Done
            }
            _ => self.in_body(tag),
        }
    }

    fn close_cell(&mut self) -> Next {
        self.imply_ends();
        self.pop_through_by(|open| open.is(Name::TD) || open.is(Name::TH));
        self.formatting.clear_to_marker();
        self.mode = Mode::InRow;
        Next::Reprocess
    }
}

/// What stands in a table and nowhere else.
fn is_part(name: Name) -> bool {
    matches!(
        name,
        Name::CAPTION
            | Name::COL
            | Name::COLGROUP
            | Name::TBODY
            | Name::TD
            | Name::TFOOT
            | Name::TH
            | Name::THEAD
            | Name::TR
    )
}
