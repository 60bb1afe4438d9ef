//! A trie over characters as a double array: Japanese text takes one step a character instead of
//! three.
//!
//! Every character of the vocabulary has a code from 1 on, frequent ones first; 0 is every other
//! character. The child of the node at `n` by code `c` is at `nodes[n].base ^ c`, if the node there
//! names `n` as its parent. The root is at 0 with base 0, so its children stand at their codes. The
//! number of nodes is a multiple of a power of two above every code, so a child's place is always
//! inside. Nodes with many children are placed first; a node that finds no room among the nodes
//! placed so far gets a fresh block.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use hashbrown::HashMap;

/// No parent: a free place, or the root.
const NO_PARENT: u32 = u32::MAX;

/// How many free places are tried from either end before a node gets a fresh block.
const TRIES: usize = 2000;

/// A node, 16 bytes, so that one step costs one cache line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Where its children are, by exclusive or with their codes.
    pub(super) base: u32,
    /// Whose child it is.
    pub(super) parent: u32,
    /// What ends here, as given; 0 if nothing does.
    pub(super) value: u32,
    /// The score of what ends here.
    pub(super) score: f32,
}

const FREE: Node = Node { base: 0, parent: NO_PARENT, value: 0, score: 0.0 };

/// The codes of characters.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// By code point, for the first 65,536.
    basic: Box<[u16]>,
    /// The others.
    beyond: HashMap<char, u16>,
    /// Codes in use, the 0 among them.
    size: usize,
}

impl Alphabet {
    /// The alphabet of some spellings; `None` if they have more characters than codes.
    fn new<'a>(spellings: impl Iterator<Item = &'a str>) -> Option<Alphabet> {
        let mut counts: BTreeMap<char, u32> = BTreeMap::new();
        spellings.flat_map(str::chars).for_each(|c| *counts.entry(c).or_default() += 1);
        let mut characters: Vec<(Reverse<u32>, char)> =
            counts.into_iter().map(|(c, count)| (Reverse(count), c)).collect();
        characters.sort_unstable();
        let mut alphabet = Alphabet {
            basic: vec![0; 1 << 16].into_boxed_slice(),
            beyond: HashMap::new(),
            size: characters.len() + 1,
        };
        for (index, (_, c)) in characters.into_iter().enumerate() {
            let code = u16::try_from(index + 1).ok()?;
            match alphabet.basic.get_mut(c as usize) {
                Some(place) => *place = code,
                None => {
                    alphabet.beyond.insert(c, code);
                }
            }
        }
        Some(alphabet)
    }

    /// The code of a character.
    #[inline]
    pub(super) fn code(&self, c: char) -> u16 {
        match self.basic.get(c as usize) {
            Some(&code) => code,
            None => self.beyond.get(&c).copied().unwrap_or(0),
        }
    }

    /// Gives a character the code of another, as for a space that stands for its mark.
    pub(super) fn alias(&mut self, c: char, other: char) {
        let code = self.code(other);
        match self.basic.get_mut(c as usize) {
            Some(place) => *place = code,
            None => {
                self.beyond.insert(c, code);
            }
        }
    }
}

/// What a trie is built of: a spelling with its value, not 0, and its score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) text: &'a str,
    pub(super) value: u32,
    pub(super) score: f32,
}

/// The trie of a vocabulary.
#[derive(Debug)]
pub(super) struct Trie {
    pub(super) alphabet: Alphabet,
    pub(super) nodes: Vec<Node>,
}

impl Trie {
    /// The trie of `entries`, whose spellings are distinct and not empty; `None` if they have too
    /// many different characters or nodes.
    pub(super) fn new(entries: &[Entry<'_>]) -> Option<Trie> {
        let alphabet = Alphabet::new(entries.iter().map(|entry| entry.text))?;
        let mut keys: Vec<(Vec<u16>, Entry<'_>)> = entries
            .iter()
            .map(|entry| (entry.text.chars().map(|c| alphabet.code(c)).collect(), *entry))
            .collect();
        keys.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let nodes = Builder::new(alphabet.size).build(&keys)?;
        Some(Trie { alphabet, nodes })
    }

    /// The value of exactly this spelling.
    #[cfg(test)]
    fn get(&self, text: &str) -> Option<u32> {
        let mut at = 0;
        for c in text.chars() {
            let next = self.nodes[at as usize].base ^ u32::from(self.alphabet.code(c));
            if self.nodes[next as usize].parent != at {
                return None;
            }
            at = next;
        }
        Some(self.nodes[at as usize].value).filter(|value| *value != 0)
    }
}

/// A node whose children are still to be placed: those keys that begin with its spelling.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    children: usize,
    /// The smallest key goes first among equals, so that the result is always the same.
    first: Reverse<usize>,
    end: usize,
    depth: usize,
    node: u32,
}

struct Builder {
    /// Nodes come in blocks of so many: a power of two above every code.
    block: usize,
    nodes: Vec<Node>,
    /// The free places as a ring in ascending order, through place 0, which is the root's.
    free: Vec<Links>,
}

/// The neighbours of a free place.
#[derive(Debug, Clone, Copy, Default)]
struct Links {
    before: u32,
    after: u32,
}

impl Builder {
    fn new(alphabet: usize) -> Builder {
        Builder { block: alphabet.next_power_of_two(), nodes: Vec::new(), free: Vec::new() }
    }

    fn build(mut self, keys: &[(Vec<u16>, Entry<'_>)]) -> Option<Vec<Node>> {
        self.add_block()?;
        let mut open = BinaryHeap::new();
        let mut children = groups(keys, 0, keys.len(), 0);
        self.place_children(keys, 0, 0, 0, &children, &mut open);
        while let Some(Open { first, end, depth, node, .. }) = open.pop() {
            children = groups(keys, first.0, end, depth);
            let base = self.find_base(&children)?;
            self.place_children(keys, node, base, depth, &children, &mut open);
        }
        Some(self.nodes)
    }

    fn add_block(&mut self) -> Option<u32> {
        let start = u32::try_from(self.nodes.len()).ok()?;
        let end = u32::try_from(self.nodes.len() + self.block).ok()?;
        self.nodes.resize(end as usize, FREE);
        self.free.resize(end as usize, Links::default());
        for place in start.max(1)..end {
            let before = self.free[0].before;
            self.free[place as usize] = Links { before, after: 0 };
            self.free[before as usize].after = place;
            self.free[0].before = place;
        }
        Some(start)
    }

    fn take(&mut self, place: u32, node: Node) {
        let Links { before, after } = self.free[place as usize];
        self.free[before as usize].after = after;
        self.free[after as usize].before = before;
        self.nodes[place as usize] = node;
    }

    /// A base under which the places of all children are free.
    fn find_base(&mut self, children: &[Group]) -> Option<u32> {
        let first = u32::from(children[0].code);
        let fits = |base: u32| {
            children.iter().all(|child| {
                let place = base ^ u32::from(child.code);
                place != 0 && self.nodes[place as usize].parent == NO_PARENT
            })
        };
        // Full blocks come first, for the many nodes with one child; the newest, which are the
        // emptiest, are what the others need.
        let steps: [fn(Links) -> u32; 2] = [|links| links.after, |links| links.before];
        for step in steps {
            let mut place = step(self.free[0]);
            for _ in 0..TRIES {
                if place == 0 {
                    break;
                }
                if fits(place ^ first) {
                    return Some(place ^ first);
                }
                place = step(self.free[place as usize]);
            }
        }
        self.add_block()
    }

    fn place_children(
        &mut self,
        keys: &[(Vec<u16>, Entry<'_>)],
        parent: u32,
        base: u32,
        depth: usize,
        children: &[Group],
        open: &mut BinaryHeap<Open>,
    ) {
        self.nodes[parent as usize].base = base;
        for child in children {
            let place = base ^ u32::from(child.code);
            let mut first = child.first;
            let mut node = Node { parent, ..FREE };
            let (codes, entry) = &keys[first];
            if codes.len() == depth + 1 {
                (node.value, node.score) = (entry.value, entry.score);
                first += 1;
            }
            self.take(place, node);
            if first < child.end {
                let children = groups(keys, first, child.end, depth + 1).len();
                let first = Reverse(first);
                open.push(Open { children, first, end: child.end, depth: depth + 1, node: place });
            }
        }
    }
}

/// Keys that have one code at a depth.
struct Group {
    code: u16,
    first: usize,
    end: usize,
}

/// The keys `first..end`, all longer than `depth`, by their code there.
fn groups(keys: &[(Vec<u16>, Entry<'_>)], first: usize, end: usize, depth: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, (codes, _)) in keys.iter().enumerate().take(end).skip(first) {
        let code = codes[depth];
        match groups.last_mut() {
            Some(group) if group.code == code => group.end = index + 1,
            _ => groups.push(Group { code, first: index, end: index + 1 }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(texts: &[String]) -> Vec<Entry<'_>> {
        (1..).zip(texts).map(|(value, text)| Entry { text, value, score: -1.0 }).collect()
    }

    proptest! {
        #[test]
        fn every_spelling_is_found_and_no_other(
            texts in prop::collection::btree_set("[あ-お▁a-cﾊ🌥]{1,5}", 1..80),
            others in prop::collection::vec("[あ-け▁a-dﾊ🌥🌦]{1,6}", 0..40),
        ) {
            let texts: Vec<String> = texts.into_iter().collect();
            let trie = Trie::new(&entries(&texts)).unwrap();
            for (value, text) in (1..).zip(&texts) {
                prop_assert_eq!(trie.get(text), Some(value));
            }
            for other in &others {
                let expected = texts.iter().position(|text| text == other).map(|at| at as u32 + 1);
                prop_assert_eq!(trie.get(other), expected);
            }
        }
    }

    #[test]
    fn a_character_outside_has_code_0_and_an_alias_has_that_of_the_other() {
        let texts = ["▁a".to_owned()];
        let mut trie = Trie::new(&entries(&texts)).unwrap();
        assert_eq!(trie.alphabet.code('b'), 0);
        assert_eq!(trie.alphabet.code('🌥'), 0);
        trie.alphabet.alias(' ', '▁');
        assert_eq!(trie.get(" a"), Some(1));
    }
}
