//! The list of active formatting elements, and the adoption agency algorithm that untangles them.

use super::Builder;
use super::stack::Open;
use crate::html::NONE;
use crate::html::names::{Name, SCOPE, SPECIAL};
use crate::html::tokenizer::Tag;

/// Entries that are the same, behind the last marker.
const MOST_ALIKE: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Formatting {
    entries: Vec<Entry>,
}

/// An element, or a marker, whose node is [`NONE`].
#[derive(Debug, Clone)]
struct Entry {
    element: Open,
    /// Where its tag begins in the page.
    source: u32,
    /// The tag's [`Tag::fingerprint`], once somebody asked.
    fingerprint: Option<u128>,
}

/// What an entry takes.
const ENTRY_BYTES: usize = 64;
const _: () = assert!(size_of::<Entry>() <= ENTRY_BYTES);

impl Formatting {
    pub(super) fn bytes(&self) -> usize {
        self.entries.len() * ENTRY_BYTES
    }

    pub(super) fn push_marker(&mut self) {
        let marker = Open { node: NONE, name: Name::HTML, categories: 0 };
        self.entries.push(Entry { element: marker, source: 0, fingerprint: None });
    }

    /// Forgets the entries up to and with the last marker.
    pub(super) fn clear_to_marker(&mut self) {
        while self.entries.pop().is_some_and(|entry| entry.element.node != NONE) {}
    }

    /// The places behind the last marker, last first.
    fn behind_marker(&self) -> impl Iterator<Item = usize> {
        let entries = self.entries.iter().enumerate().rev();
        entries.take_while(|(_, entry)| entry.element.node != NONE).map(|(at, _)| at)
    }
}

impl Builder<'_> {
    /// Puts in a formatting element and remembers it; of those that are alike in name and
    /// attributes, the earliest beyond two is forgotten.
    pub(super) fn insert_formatting(&mut self, tag: &Tag) {
        let mut fingerprint = None;
        let mut alike = 0;
        let mut first = 0;
        for at in (0..self.formatting.entries.len()).rev() {
            self.steps += 1;
            let entry = &mut self.formatting.entries[at];
            if entry.element.node == NONE {
                break;
            }
            if entry.element.name != tag.name {
                continue;
            }
            let html = self.html;
            let theirs = entry
                .fingerprint
                .get_or_insert_with(|| Tag::start_at(entry.source, html).fingerprint(html));
            if *theirs == *fingerprint.get_or_insert_with(|| tag.fingerprint(html)) {
                alike += 1;
                first = at;
            }
        }
        if alike >= MOST_ALIKE {
            self.formatting.entries.remove(first);
        }
        let element = self.insert(tag);
        self.formatting.entries.push(Entry { element, source: tag.source, fingerprint });
    }

    /// Opens the formatting elements again that are no longer open.
    pub(super) fn reconstruct(&mut self) {
        let is_settled = |builder: &Self, entry: &Entry| {
            entry.element.node == NONE || builder.arena.is_open(entry.element.node)
        };
        let Some(last) = self.formatting.entries.last() else { return };
        if is_settled(self, last) {
            return;
        }
        let settled = self.formatting.entries.iter().rposition(|entry| is_settled(self, entry));
        let first = settled.map_or(0, |at| at + 1);
        for at in first..self.formatting.entries.len() {
            self.steps += 1;
            let copy = self.copy(self.formatting.entries[at].element);
            let (parent, before) = self.place(self.current());
            self.put(parent, before, copy.node);
            self.push(copy);
            self.formatting.entries[at].element = copy;
        }
    }

    /// A new element like that one, without its children.
    fn copy(&mut self, element: Open) -> Open {
        Open { node: self.arena.copy_element(element.node), ..element }
    }

    fn formatting_position(&mut self, node: u32) -> Option<usize> {
        let at = self.formatting.entries.iter().rposition(|entry| entry.element.node == node);
        self.steps += (self.formatting.entries.len() - at.unwrap_or(0)) as u64;
        at
    }

    /// The last entry of that name behind the last marker.
    fn formatting_named(&mut self, name: Name) -> Option<usize> {
        self.formatting.behind_marker().find(|&at| {
            self.steps += 1;
            self.formatting.entries[at].element.name == name
        })
    }

    /// Ends an `a` that is still open before another begins.
    pub(super) fn close_open_link(&mut self) {
        let Some(at) = self.formatting_named(Name::A) else { return };
        let node = self.formatting.entries[at].element.node;
        self.close_formatting(Name::A);
        if let Some(at) = self.formatting_position(node) {
            self.formatting.entries.remove(at);
        }
        if self.arena.is_open(node)
            && let Some(at) = self.position(node)
        {
            self.remove_at(at);
        }
    }

    /// The end tag of a formatting element: the standard's adoption agency algorithm.
    pub(super) fn close_formatting(&mut self, name: Name) {
        if self.current_is(name) && self.formatting_position(self.current().node).is_none() {
            self.pop();
            return;
        }
        for _ in 0..8 {
            let Some(entry) = self.formatting_named(name) else {
                self.close_any(name);
                return;
            };
            let element = self.formatting.entries[entry].element;
            if !self.arena.is_open(element.node) {
                self.formatting.entries.remove(entry);
                return;
            }
            if !self.in_scope_by(SCOPE, |open| open.node == element.node) {
                return;
            }
            let Some(at) = self.position(element.node) else { return };
            self.steps += (self.stack.len() - at) as u64;
            let block = self.stack[at..].iter().position(|open| open.categories & SPECIAL != 0);
            let Some(block) = block.map(|length| at + length) else {
                self.truncate(at);
                self.formatting.entries.remove(entry);
                return;
            };
            self.adopt(element, at, block);
        }
    }

    /// Takes the block at `block` out of the formatting element at `at`, which goes on inside it.
    fn adopt(&mut self, element: Open, at: usize, block: usize) {
        let ancestor = self.stack[at - 1];
        let furthest_block = self.stack[block];
        let (last, bookmark) = self.reopen_between(at, block);
        self.arena.detach(last);
        let (parent, before) = self.place(ancestor);
        self.put(parent, before, last);
        self.arena.correct_depths(last, furthest_block.node);

        // The copy takes in all that stands before it, so that depths come out right.
        let copy = self.copy(element);
        self.put(furthest_block.node, NONE, copy.node);
        loop {
            let child = self.arena.first_child(furthest_block.node);
            if child == copy.node {
                break;
            }
            self.put(copy.node, NONE, child);
        }
        self.last_depth = self.arena.depth(copy.node);

        self.move_entry(element.node, copy, bookmark);
        if let Some(at) = self.position(element.node) {
            self.remove_at(at);
        }
        if let Some(block) = self.position(furthest_block.node) {
            self.insert_at(block + 1, copy);
        }
    }

    /// Copies the formatting elements between the two and nests what stands in them; returns the
    /// outermost node, and the entry behind which the element's new one belongs.
    fn reopen_between(&mut self, at: usize, block: usize) -> (u32, Option<u32>) {
        let furthest_block = self.stack[block].node;
        let mut last = furthest_block;
        let mut bookmark = None;
        let mut between = block;
        for count in 1.. {
            between -= 1;
            if between == at {
                break;
            }
            let node = self.stack[between];
            let entry = self.formatting_position(node.node);
            let Some(entry) = entry.filter(|_| count <= 3) else {
                if let Some(entry) = entry {
                    self.formatting.entries.remove(entry);
                }
                self.remove_at(between);
                continue;
            };
            let copy = self.copy(node);
            self.replace_at(between, copy);
            self.formatting.entries[entry].element = copy;
            if last == furthest_block {
                bookmark = Some(copy.node);
            }
            self.put(copy.node, NONE, last);
            last = copy.node;
        }
        (last, bookmark)
    }

    /// Gives the entry of `old` to `new`, behind the entry of `bookmark` if there is one.
    fn move_entry(&mut self, old: u32, new: Open, bookmark: Option<u32>) {
        let Some(at) = self.formatting_position(old) else { return };
        let entry = Entry { element: new, ..self.formatting.entries[at].clone() };
        match bookmark.and_then(|bookmark| self.formatting_position(bookmark)) {
            None => self.formatting.entries[at] = entry,
            Some(behind) => {
                self.formatting.entries.insert(behind + 1, entry);
                let old = if at > behind { at + 1 } else { at };
                self.formatting.entries.remove(old);
            }
        }
    }
}
