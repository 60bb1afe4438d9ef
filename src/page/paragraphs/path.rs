//! A paragraph's path as text: `body>div#main.post>p`.
//!
//! Each open element from `body` inwards: its tag, `#` and its id, `.` and each of its first three
//! classes. Words are cut at 64 characters; what would read as path syntax (`>`, `#`, `.`)
//! becomes `_`, and white space and control characters go. Of a deeper path the innermost 32
//! elements stay.

use crate::html::{Element, NONE, Name, Tree};

const MOST_ELEMENTS: usize = 32;
const MOST_CLASSES: usize = 3;
const LONGEST_WORD: usize = 64;

/// Writes one path after another, of each only what it does not share with the last.
#[derive(Default)]
pub(super) struct Paths {
    path: String,
    /// The elements of the path, and where each ends in it.
    elements: Vec<(u32, usize)>,
}

impl Paths {
    /// The path of the element `node`.
    pub(super) fn of(&mut self, tree: Tree<'_>, node: u32) -> &str {
        let mut chain = [NONE; MOST_ELEMENTS];
        let mut length = 0;
        let mut node = node;
        while node != NONE && length < MOST_ELEMENTS {
            match tree.element(node) {
                Some(element) if element.name != Name::HTML => {
                    chain[length] = node;
                    length += 1;
                }
                _ => {}
            }
            node = tree.parent(node);
        }
        let chain = || chain[..length].iter().rev().copied();
        let pairs = self.elements.iter().zip(chain());
        let shared = pairs.take_while(|((last, _), this)| last == this).count();
        self.elements.truncate(shared);
        self.path.truncate(self.elements.last().map_or(0, |&(_, end)| end));
        for node in chain().skip(shared) {
            if !self.path.is_empty() {
                self.path.push('>');
            }
            if let Some(element) = tree.element(node) {
                push_element(tree, element, &mut self.path);
            }
            self.elements.push((node, self.path.len()));
        }
        &self.path
    }
}

fn push_element(tree: Tree<'_>, element: &Element, out: &mut String) {
    push_word(tree.name(element), "", out);
    push_word(tree.id(element).trim_ascii(), "#", out);
    for class in tree.class(element).split_ascii_whitespace().take(MOST_CLASSES) {
        push_word(class, ".", out);
    }
}

/// Appends `mark` and the word, or nothing if no character of the word is left.
fn push_word(word: &str, mark: &str, out: &mut String) {
    let start = out.len();
    out.push_str(mark);
    let begin = out.len();
    let syntax = |byte: &u8| matches!(byte, b'>' | b'#' | b'.');
    if word.len() <= LONGEST_WORD && word.bytes().all(|b| b.is_ascii_graphic() && !syntax(&b)) {
        out.push_str(word);
    } else {
        push_visible(word, out);
    }
    if out.len() == begin {
        out.truncate(start);
    }
}

/// Appends any word as a path shows it.
fn push_visible(word: &str, out: &mut String) {
    let visible = word.chars().filter(|c| !c.is_control() && !c.is_whitespace());
    out.extend(visible.take(LONGEST_WORD).map(|c| match c {
        '>' | '#' | '.' => '_',
        c => c,
    }));
}

#[cfg(test)]
mod tests {
    use super::super::next_inside;
    use super::*;
    use crate::html::{Arena, DOCUMENT};

    proptest::proptest! {
        #[test]
        fn a_path_is_the_same_whatever_was_written_before(
            tags in proptest::collection::vec(
                proptest::sample::select(&["<div class=a>", "<p id=b>", "<b>", "</div>", "x"][..]),
                1..90,
            )
        ) {
            let html = tags.concat();
            let mut arena = Arena::default();
            let tree = arena.parse(&html, 1 << 20, &mut |_| {}).expect("within its budget");
            let mut paths = Paths::default();
            let mut node = DOCUMENT;
            while let Some(next) = next_inside(tree, node, DOCUMENT) {
                node = next;
                let alone = Paths::default().of(tree, node).to_owned();
                proptest::prop_assert_eq!(paths.of(tree, node), alone);
            }
        }

        #[test]
        fn plain_words_are_copied_as_all_words_are_read(
            word in proptest::prop_oneof!["[!-~]{0,70}", "[a-z>#. \t本\u{85}]{0,9}"]
        ) {
            let (mut got, mut all) = ("body".to_owned(), String::new());
            push_word(&word, ".", &mut got);
            push_visible(&word, &mut all);
            let expected = if all.is_empty() { "body".to_owned() } else { format!("body.{all}") };
            proptest::prop_assert_eq!(got, expected);
        }
    }
}
