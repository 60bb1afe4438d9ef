//! The stack of open elements, its scopes and implied end tags.

use super::{Builder, Mode};
use crate::html::names::{
    Categories, FOREIGN, FOSTERS, IMPLIED, IMPLIED_IN_TEMPLATE, Name, SCOPE, SPECIAL, TABLE_SCOPE,
};

/// An open element, with what is asked of it most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) node: u32,
    pub(super) name: Name,
    pub(super) categories: Categories,
}

impl Open {
    /// Whether it is an element of HTML of this name.
    pub(super) fn is(&self, name: Name) -> bool {
        self.name == name && self.categories & FOREIGN == 0
    }

    pub(super) fn fosters(&self) -> bool {
        self.categories & FOSTERS != 0
    }
}

impl Builder<'_> {
    /// The current node: the root is always open once there is one.
    #[inline]
    pub(super) fn current(&self) -> Open {
        self.stack[self.stack.len() - 1]
    }

    pub(super) fn current_is(&self, name: Name) -> bool {
        self.stack.last().is_some_and(|current| current.is(name))
    }

    pub(super) fn push(&mut self, open: Open) {
        self.opens(&open);
        self.stack.push(open);
    }

    /// Pops the current node.
    pub(super) fn pop(&mut self) {
        if let Some(open) = self.stack.pop() {
            self.closes(&open);
        }
    }

    /// Pops until `length` elements are open.
    pub(super) fn truncate(&mut self, length: usize) {
        while self.stack.len() > length {
            self.steps += 1;
            self.pop();
        }
    }

    /// Takes an element out, wherever it stands.
    pub(super) fn remove_at(&mut self, at: usize) {
        let open = self.stack.remove(at);
        self.closes(&open);
    }

    pub(super) fn insert_at(&mut self, at: usize, open: Open) {
        self.opens(&open);
        self.stack.insert(at, open);
    }

    pub(super) fn replace_at(&mut self, at: usize, open: Open) {
        let old = std::mem::replace(&mut self.stack[at], open);
        self.closes(&old);
        self.opens(&open);
    }

    fn opens(&mut self, open: &Open) {
        self.arena.set_open(open.node, true);
        if open.categories & FOREIGN == 0
            && let Some(count) = self.open.get_mut(open.name.index())
        {
            *count += 1;
        }
    }

    fn closes(&mut self, open: &Open) {
        self.arena.set_open(open.node, false);
        if open.categories & FOREIGN == 0
            && let Some(count) = self.open.get_mut(open.name.index())
        {
            *count -= 1;
        }
    }

    /// Where the element stands, looked for from the current node on.
    pub(super) fn position(&mut self, node: u32) -> Option<usize> {
        let at = self.stack.iter().rposition(|open| open.node == node);
        self.steps += (self.stack.len() - at.unwrap_or(0)) as u64;
        at
    }

    /// Whether an element of HTML of this name, which stands in the table, is open.
    pub(super) fn is_open(&self, name: Name) -> bool {
        self.open[name.index()] > 0
    }

    /// Whether one that `is_it` stands before the end of the scope.
    pub(super) fn in_scope_by(&mut self, ends: Categories, is_it: impl Fn(&Open) -> bool) -> bool {
        for open in self.stack.iter().rev() {
            self.steps += 1;
            if is_it(open) {
                return true;
            }
            if open.categories & ends != 0 {
                return false;
            }
        }
        false
    }

    pub(super) fn in_scope(&mut self, name: Name) -> bool {
        self.in_scope_of(SCOPE, name)
    }

    pub(super) fn in_scope_of(&mut self, ends: Categories, name: Name) -> bool {
        self.is_open(name) && self.in_scope_by(ends, |open| open.is(name))
    }

    pub(super) fn in_table_scope(&mut self, name: Name) -> bool {
        self.in_scope_of(TABLE_SCOPE, name)
    }

    /// Pops while the current node is of these categories.
    pub(super) fn pop_while(&mut self, categories: Categories) {
        while self.stack.last().is_some_and(|open| open.categories & categories != 0) {
            self.steps += 1;
            self.pop();
        }
    }

    pub(super) fn imply_ends(&mut self) {
        self.pop_while(IMPLIED);
    }

    pub(super) fn imply_ends_in_template(&mut self) {
        self.pop_while(IMPLIED_IN_TEMPLATE);
    }

    /// Implies the end tags of all elements but those of this name.
    pub(super) fn imply_ends_but(&mut self, name: Name) {
        while self.stack.last().is_some_and(|open| open.categories & IMPLIED != 0 && !open.is(name))
        {
            self.steps += 1;
            self.pop();
        }
    }

    /// Pops up to and with an element that `is_it`.
    pub(super) fn pop_through_by(&mut self, is_it: impl Fn(&Open) -> bool) {
        while let Some(open) = self.stack.last().copied() {
            self.steps += 1;
            self.pop();
            if is_it(&open) {
                return;
            }
        }
    }

    pub(super) fn pop_through(&mut self, name: Name) {
        self.pop_through_by(|open| open.is(name));
    }

    /// Pops until the current node `is_it`; the root ends every such search.
    pub(super) fn pop_to(&mut self, is_it: impl Fn(&Open) -> bool) {
        while self.stack.len() > 1 && !is_it(&self.current()) {
            self.steps += 1;
            self.pop();
        }
    }

    /// The rule for any other end tag: ends the element of that name, unless a special one stands
    /// before it.
    pub(super) fn close_any(&mut self, name: Name) {
        for at in (0..self.stack.len()).rev() {
            self.steps += 1;
            let open = self.stack[at];
            if open.is(name) {
                self.imply_ends_but(name);
                self.truncate(at);
                return;
            }
            if open.categories & SPECIAL != 0 {
                return;
            }
        }
    }

    /// The mode that the open elements ask for.
    pub(super) fn reset_mode(&mut self) {
        for at in (0..self.stack.len()).rev() {
            self.steps += 1;
            let open = self.stack[at];
            if open.categories & FOREIGN != 0 {
                continue;
            }
            self.mode = match open.name {
                Name::TD | Name::TH if at > 0 => Mode::InCell,
                Name::TR => Mode::InRow,
                Name::TBODY | Name::THEAD | Name::TFOOT => Mode::InTableBody,
                Name::CAPTION => Mode::InCaption,
                Name::COLGROUP => Mode::InColumnGroup,
                Name::TABLE => Mode::InTable,
                Name::TEMPLATE => self.templates.last().copied().unwrap_or(Mode::InTemplate),
                Name::HEAD if at > 0 => Mode::InHead,
                Name::BODY => Mode::InBody,
                Name::FRAMESET => Mode::InFrameset,
                Name::HTML if self.head.is_none() => Mode::BeforeHead,
                Name::HTML => Mode::AfterHead,
                _ => continue,
            };
            return;
        }
        self.mode = Mode::InBody;
    }
}
