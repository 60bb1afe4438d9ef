//! The edits a chain may name: each changes the paragraphs of a document, drops some or rewrites
//! the text of each by itself, and never joins two. An edit that was applied once changes nothing
//! when it is applied again. Knows nothing of bounds, of chain files or of what comes before it.

mod drop_boilerplate;
mod drop_link_lists;
mod fold_hard_wraps;
mod fullwidth_kana;

use std::fmt::Write as _;

use crate::config::{Key, type_name};
use crate::format::document::Paragraph;

/// Every edit, in the order of the documentation.
pub const EDITS: &[Edit] =
    &[drop_boilerplate::EDIT, drop_link_lists::EDIT, fold_hard_wraps::EDIT, fullwidth_kana::EDIT];

/// One edit as data.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// Its name in a chain.
    pub name: &'static str,
    /// What it does, exactly.
    pub summary: &'static str,
    /// Its parameters.
    pub keys: &'static [Key],
    /// Goes up whenever its effect changes.
    pub version: u32,
    /// Makes it ready, from parameters with all defaults filled in.
    pub open: fn(&toml::Table) -> Box<dyn ApplyEdit>,
}

/// An edit that is ready to be applied.
pub trait ApplyEdit: Send + Sync {
    /// Changes the paragraphs of one document.
    fn apply(&self, paragraphs: &mut Vec<Paragraph>);
}

/// The reference of all edits as Markdown.
pub fn edits_markdown() -> String {
    let mut out = String::new();
    for edit in EDITS {
        let _ = write!(out, "### `{}`\n\n{}\n\n", edit.name, edit.summary);
        if edit.keys.is_empty() {
            continue;
        }
        out.push_str(
            "| parameter | type | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n",
        );
        for key in edit.keys {
            let default = key.default.unwrap_or("must be given");
            let kind = type_name(key.kind);
            let _ = writeln!(
                out,
                "| `{}` | {kind} | `{default}` | {} | {} |",
                key.name, key.unit, key.summary
            );
        }
        out.push('\n');
    }
    out
}

/// A number among checked parameters.
fn number(parameters: &toml::Table, key: &str) -> f64 {
    match parameters.get(key) {
        Some(toml::Value::Float(number)) => *number,
        Some(toml::Value::Integer(number)) => *number as f64,
        _ => unreachable!("parameters were checked and have their defaults"),
    }
}

/// Moves link spans to where their characters are after those at `removed` (ascending) have gone.
/// A span of which nothing is left goes too.
fn move_links(links: &mut Vec<[u32; 2]>, removed: &[u32]) {
    let moved = |at: u32| at - removed.partition_point(|removed| *removed < at) as u32;
    links.retain_mut(|[from, to]| {
        (*from, *to) = (moved(*from), moved(*to));
        from < to
    });
}

#[cfg(test)]
mod tests;
