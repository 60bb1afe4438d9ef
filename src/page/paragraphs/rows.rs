//! Which table rows become one paragraph: those whose cells are all short and hold no block.

use crate::html::{NONE, Tree, View};

use super::elements::{Role, role};
use super::next_inside;

/// Characters of the longest cell that is still short.
const LONGEST_SHORT_CELL: usize = 20;

/// Whether the cells of the row `row` are joined.
///
/// Stops at the first block or long cell, so that nested tables are not read again for each row
/// around them.
pub(super) fn is_joinable(tree: Tree<'_>, row: u32) -> bool {
    let mut characters = 0;
    let mut node = row;
    let mut skip = false;
    loop {
        let next = if skip { after(tree, node, row) } else { next_inside(tree, node, row) };
        let Some(next) = next else { return true };
        node = next;
        skip = false;
        match tree.view(node) {
            View::Document => {}
            View::Text(text) => {
                // White space is left out: a cell is as long as its visible characters.
                text.each(|piece| {
                    characters += piece.chars().filter(|c| !c.is_whitespace()).count();
                });
                if characters > LONGEST_SHORT_CELL {
                    return false;
                }
            }
            View::Element(element) => match role(element) {
                Role::Cell => characters = 0,
                Role::Hidden | Role::RubyReading | Role::RubyBracket => skip = true,
                Role::Block | Role::Pre | Role::Row | Role::LineBreak => return false,
                Role::Inline | Role::Ruby | Role::Math => {}
            },
        }
    }
}

/// The node behind the whole subtree of `node`, inside `root`.
fn after(tree: Tree<'_>, mut node: u32, root: u32) -> Option<u32> {
    while node != root {
        if tree.next_sibling(node) != NONE {
            return Some(tree.next_sibling(node));
        }
        node = tree.parent(node);
    }
    None
}
