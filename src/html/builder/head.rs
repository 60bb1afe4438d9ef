//! The insertion modes around the body: the head, templates, framesets, and what comes last.

use super::{Builder, Mode, Next};
use crate::html::names::Name;
use crate::html::tokenizer::{Content, Tag};

impl Builder<'_> {
    pub(super) fn before_html(&mut self, tag: &Tag) -> Next {
        if !tag.is_end && tag.name == Name::HTML {
            self.insert_root(tag);
            self.mode = Mode::BeforeHead;
            return Next::Done;
        }
        self.leave_unless_stray(tag)
    }

    pub(super) fn before_head(&mut self, tag: &Tag) -> Next {
        match tag.name {
            Name::HTML if !tag.is_end => self.in_body(tag),
            Name::HEAD if !tag.is_end => {
                self.head = Some(self.insert(tag));
                self.mode = Mode::InHead;
                Next::Done
            }
            _ => self.leave_unless_stray(tag),
        }
    }

    /// Goes on to the next mode of the head, but for end tags of what cannot be open.
    fn leave_unless_stray(&mut self, tag: &Tag) -> Next {
        let ends_head = matches!(tag.name, Name::HEAD | Name::BODY | Name::HTML | Name::BR);
        if tag.is_end && !ends_head {
            return Next::Done;
        }
        self.leave_mode();
        Next::Reprocess
    }

    pub(super) fn in_head(&mut self, tag: &Tag) -> Next {
        if tag.is_end {
            return match tag.name {
                Name::HEAD => {
                    self.pop();
                    self.mode = Mode::AfterHead;
                    Next::Done
                }
                Name::TEMPLATE => {
                    if self.is_open(Name::TEMPLATE) {
                        self.imply_ends_in_template();
                        self.close_template();
                    }
                    Next::Done
                }
                Name::BODY | Name::HTML | Name::BR => {
                    self.leave_mode();
                    Next::Reprocess
                }
                _ => Next::Done,
            };
        }
        match tag.name {
            Name::HTML => return self.in_body(tag),
            Name::BASE | Name::BASEFONT | Name::BGSOUND | Name::LINK | Name::META => {
                self.insert_void(tag);
            }
            Name::TITLE => return self.insert_raw(tag, Content::RcData),
            Name::NOFRAMES | Name::STYLE => return self.insert_raw(tag, Content::RawText),
            Name::SCRIPT => return self.insert_raw(tag, Content::Script),
            Name::NOSCRIPT => {
                self.insert(tag);
                self.mode = Mode::InHeadNoscript;
            }
            Name::TEMPLATE => {
                self.formatting.push_marker();
                self.frameset_ok = false;
                self.mode = Mode::InTemplate;
                self.templates.push(Mode::InTemplate);
                self.insert(tag);
            }
            Name::HEAD => {}
            _ => {
                self.leave_mode();
                return Next::Reprocess;
            }
        }
        Next::Done
    }

    pub(super) fn close_template(&mut self) {
        self.pop_through(Name::TEMPLATE);
        self.formatting.clear_to_marker();
        self.templates.pop();
        self.reset_mode();
    }

    pub(super) fn in_head_noscript(&mut self, tag: &Tag) -> Next {
        match (tag.is_end, tag.name) {
            (false, Name::HTML) => self.in_body(tag),
            (true, Name::NOSCRIPT) => {
                self.pop();
                self.mode = Mode::InHead;
                Next::Done
            }
            (
                false,
                Name::BASEFONT
                | Name::BGSOUND
                | Name::LINK
                | Name::META
                | Name::NOFRAMES
                | Name::STYLE,
            ) => self.in_head(tag),
            (false, Name::HEAD | Name::NOSCRIPT) => Next::Done,
            (true, name) if name != Name::BR => Next::Done,
            _ => {
                self.leave_mode();
                Next::Reprocess
            }
        }
    }

    pub(super) fn after_head(&mut self, tag: &Tag) -> Next {
        match (tag.is_end, tag.name) {
            (false, Name::HTML) => return self.in_body(tag),
            (false, Name::BODY) => {
                self.insert(tag);
                self.frameset_ok = false;
                self.mode = Mode::InBody;
            }
            (false, Name::FRAMESET) => {
                self.insert(tag);
                self.mode = Mode::InFrameset;
            }
            (false, name) if is_of_head(name) => return self.late_in_head(tag),
            (true, Name::TEMPLATE) => return self.in_head(tag),
            (false, Name::HEAD) => {}
            (true, name) if !matches!(name, Name::BODY | Name::HTML | Name::BR) => {}
            _ => {
                self.leave_mode();
                return Next::Reprocess;
            }
        }
        Next::Done
    }

    /// An element of the head behind its end: the head is opened for it once more.
    fn late_in_head(&mut self, tag: &Tag) -> Next {
        let Some(head) = self.head else { return Next::Done };
        self.push(head);
        let next = self.in_head(tag);
        if let Some(at) = self.position(head.node) {
            self.remove_at(at);
        }
        next
    }

    pub(super) fn in_template(&mut self, tag: &Tag) -> Next {
        if is_of_head(tag.name) && (!tag.is_end || tag.name == Name::TEMPLATE) {
            return self.in_head(tag);
        }
        if tag.is_end {
            return Next::Done;
        }
        self.mode = match tag.name {
            Name::CAPTION | Name::COLGROUP | Name::TBODY | Name::TFOOT | Name::THEAD => {
                Mode::InTable
            }
            Name::COL => Mode::InColumnGroup,
            Name::TR => Mode::InTableBody,
            Name::TD | Name::TH => Mode::InRow,
            _ => Mode::InBody,
        };
        self.templates.pop();
        self.templates.push(self.mode);
        Next::Reprocess
    }

    pub(super) fn after_body(&mut self, tag: &Tag) -> Next {
        match (tag.is_end, tag.name) {
            (false, Name::HTML) => self.in_body(tag),
            (true, Name::HTML) if self.mode == Mode::AfterBody => {
                self.mode = Mode::AfterAfterBody;
                Next::Done
            }
            _ => {
                self.leave_mode();
                Next::Reprocess
            }
        }
    }

    pub(super) fn in_frameset(&mut self, tag: &Tag) -> Next {
        match (tag.is_end, tag.name) {
            (false, Name::HTML) => return self.in_body(tag),
            (false, Name::FRAMESET) => {
                self.insert(tag);
            }
            (true, Name::FRAMESET) if self.stack.len() > 1 => {
                self.pop();
                if !self.current_is(Name::FRAMESET) {
                    self.mode = Mode::AfterFrameset;
                }
            }
            (false, Name::FRAME) => {
                self.insert_void(tag);
            }
            (false, Name::NOFRAMES) => return self.in_head(tag),
            _ => {}
        }
        Next::Done
    }

    pub(super) fn after_frameset(&mut self, tag: &Tag) -> Next {
        match (tag.is_end, tag.name) {
            (false, Name::HTML) => return self.in_body(tag),
            (true, Name::HTML) if self.mode == Mode::AfterFrameset => {
                self.mode = Mode::AfterAfterFrameset;
            }
            (false, Name::NOFRAMES) => return self.in_head(tag),
            _ => {}
        }
        Next::Done
    }
}

/// What belongs to the head wherever it stands.
pub(super) fn is_of_head(name: Name) -> bool {
    matches!(
        name,
        Name::BASE
            | Name::BASEFONT
            | Name::BGSOUND
            | Name::LINK
            | Name::META
            | Name::NOFRAMES
            | Name::SCRIPT
            | Name::STYLE
            | Name::TEMPLATE
            | Name::TITLE
    )
}
