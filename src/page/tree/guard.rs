//! The depth guard: drops start tags while the page nests too deep.

use hashbrown::HashMap;
use html5ever::{LocalName, local_name};

/// Elements open within one another before the guard steps in; browsers stop nesting there too.
const DEEPEST: u32 = 512;

/// Counts open elements as the tags tell them.
///
/// A start tag is dropped only while both the tags that are still open by name and the depth of
/// the last insertion exceed the bound: many unclosed `<p>` count as open but nest nowhere.
#[derive(Debug, Default)]
pub(super) struct Guard {
    open: HashMap<LocalName, u32>,
    total: u32,
    dropped: u64,
}

impl Guard {
    /// Whether this start tag goes on to the tree builder; `depth` is that of the last insertion.
    pub(super) fn admits(&mut self, name: &LocalName, depth: u32) -> bool {
        if never_nests(name) {
            return true;
        }
        if self.total > DEEPEST && depth > DEEPEST {
            self.dropped += 1;
            return false;
        }
        self.total = self.total.saturating_add(1);
        match self.open.get_mut(name) {
            Some(count) => *count = count.saturating_add(1),
            None => drop(self.open.insert(name.clone(), 1)),
        }
        true
    }

    /// An end tag went by.
    pub(super) fn closes(&mut self, name: &LocalName) {
        if let Some(count) = self.open.get_mut(name).filter(|count| **count > 0) {
            *count -= 1;
            self.total -= 1;
        }
    }

    /// Start tags dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Void elements, and those whose content is raw text: dropping one would gain no depth and would
/// lose a line break or show a script.
fn never_nests(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("iframe")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("param")
            | local_name!("plaintext")
            | local_name!("script")
            | local_name!("source")
            | local_name!("style")
            | local_name!("textarea")
            | local_name!("title")
            | local_name!("track")
            | local_name!("wbr")
            | local_name!("xmp")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_dropped_only_while_open_and_deep() {
        let (mut guard, div) = (Guard::default(), local_name!("div"));
        for _ in 0..=DEEPEST {
            assert!(guard.admits(&div, 3));
        }
        assert!(guard.admits(&div, 3), "many open tags, but no depth");
        assert!(!guard.admits(&div, DEEPEST + 1));
        assert!(guard.admits(&local_name!("br"), DEEPEST + 1));
        assert!(guard.admits(&local_name!("script"), DEEPEST + 1));
        guard.closes(&div);
        guard.closes(&div);
        assert!(guard.admits(&div, DEEPEST + 1), "closed again");
        assert_eq!(guard.dropped(), 1);
    }

    #[test]
    fn end_tags_without_a_start_do_not_count() {
        let mut guard = Guard::default();
        guard.closes(&local_name!("p"));
        assert_eq!(guard.total, 0);
    }
}
