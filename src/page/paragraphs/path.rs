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

/// Writes the path of the element `node` into `out`, over what was there.
pub(super) fn write(tree: Tree<'_>, node: u32, out: &mut String) {
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
    out.clear();
    for element in chain[..length].iter().rev().filter_map(|&node| tree.element(node)) {
        if !out.is_empty() {
            out.push('>');
        }
        push_element(tree, element, out);
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
    use super::*;

    proptest::proptest! {
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
