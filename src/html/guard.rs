//! The depth guard: drops start tags while the page nests too deep, because tree building is
//! quadratic in depth.

use super::names::{KNOWN, Name, SHALLOW};

/// Elements open within one another before the guard steps in; browsers stop nesting there too.
const DEEPEST: u32 = 512;

/// Counts open elements as the tags tell them.
///
/// A start tag is dropped only while both the tags that are still open by name and the depth of
/// the last insertion exceed the bound: many unclosed `<p>` count as open but nest nowhere.
#[derive(Debug, Default)]
pub(super) struct Guard {
    /// By the number of the name.
    open: Vec<u32>,
    total: u32,
    dropped: u64,
}

impl Guard {
    /// Whether this start tag goes on to the tree builder; `depth` is that of the last insertion.
    ///
    /// Dropping one that never nests would gain no depth and would lose a line break or show a
    /// script.
    pub(super) fn admits(&mut self, name: Name, depth: u32) -> bool {
        if name.categories() & SHALLOW != 0 {
            return true;
        }
        if self.total > DEEPEST && depth > DEEPEST {
            self.dropped += 1;
            return false;
        }
        self.total = self.total.saturating_add(1);
        if self.open.len() <= name.index() {
            self.open.resize(name.index().max(KNOWN) + 1, 0);
        }
        self.open[name.index()] += 1;
        true
    }

    /// An end tag went by.
    pub(super) fn closes(&mut self, name: Name) {
        if let Some(count) = self.open.get_mut(name.index()).filter(|count| **count > 0) {
            *count -= 1;
            self.total -= 1;
        }
    }

    /// Start tags dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_dropped_only_while_open_and_deep() {
        let (mut guard, div) = (Guard::default(), Name::DIV);
        for _ in 0..=DEEPEST {
            assert!(guard.admits(div, 3));
        }
        assert!(guard.admits(div, 3), "many open tags, but no depth");
        assert!(!guard.admits(div, DEEPEST + 1));
        assert!(guard.admits(Name::BR, DEEPEST + 1));
        assert!(guard.admits(Name::SCRIPT, DEEPEST + 1));
        guard.closes(div);
        guard.closes(div);
        assert!(guard.admits(div, DEEPEST + 1), "closed again");
        assert_eq!(guard.dropped(), 1);
    }

    #[test]
    fn end_tags_without_a_start_do_not_count() {
        let mut guard = Guard::default();
        guard.closes(Name::P);
        assert_eq!(guard.total, 0);
    }
}
