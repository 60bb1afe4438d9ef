//! The mechanism of configuration: TOML with the place of every value, `--set` overrides, one
//! check of a file against the list of its keys that reports every problem at once, and the
//! resolved values with all defaults filled in. Keys are data: the same list validates, documents
//! and freezes. Knows nothing of what any section means; each room owns its own keys.

mod check;
mod keys;
mod nearest;
mod read;
mod set;
mod size;

pub use check::{check_table, resolve};
pub use keys::{Key, KeyKind, Section, default_value, markdown, type_name};
pub use nearest::{did_you_mean, nearest};
pub use read::{Node, Table, Value, parse};
pub use set::apply_set;
pub use size::parse_size;

/// The values of a checked file with every default filled in, ready to be frozen.
pub type Resolved = toml::Table;

/// Reads one section of resolved values into its type.
///
/// The keys were checked before, so a failure here means that the type and its keys disagree: a bug.
pub fn section<T: serde::de::DeserializeOwned>(
    resolved: &Resolved,
    name: &str,
) -> crate::error::Result<T> {
    let value = resolved
        .get(name)
        .cloned()
        .ok_or_else(|| crate::error::Error::bug(format!("section [{name}] was not resolved")))?;
    value.try_into().map_err(|cause: toml::de::Error| {
        crate::error::Error::bug(format!("section [{name}] does not match its keys"))
            .caused_by(cause)
    })
}

/// Every leaf of resolved values as `path.key` and its TOML text, in order.
pub fn leaves(resolved: &Resolved) -> Vec<(String, String)> {
    fn walk(prefix: &str, table: &toml::Table, out: &mut Vec<(String, String)>) {
        for (name, value) in table {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                toml::Value::Table(inner) => walk(&path, inner, out),
                other => out.push((path, other.to_string())),
            }
        }
    }
    let mut out = Vec::new();
    walk("", resolved, &mut out);
    out
}

/// The keys whose values differ between two resolved configurations: `(key, old, new)`, with an
/// empty text where a side has no such key.
pub fn differences(old: &Resolved, new: &Resolved) -> Vec<(String, String, String)> {
    let old: std::collections::BTreeMap<_, _> = leaves(old).into_iter().collect();
    let new: std::collections::BTreeMap<_, _> = leaves(new).into_iter().collect();
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let text = |side: &std::collections::BTreeMap<String, String>, name: &String| {
        side.get(name).cloned().unwrap_or_default()
    };
    names
        .into_iter()
        .map(|name| (name.clone(), text(&old, name), text(&new, name)))
        .filter(|(_, before, after)| before != after)
        .collect()
}
