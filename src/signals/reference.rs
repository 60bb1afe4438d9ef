//! The reference of all signals as Markdown.

use std::fmt::Write as _;

use super::{Column, Family, SIGNALS};
use crate::config::type_name;

/// The reference of all signals as Markdown, family by family.
pub fn markdown() -> String {
    let mut out = String::from(
        "Characters are Unicode scalar values; the line breaks of a text are no characters. A \
         line is what stands between line breaks and holds more than white space. A sentence ends \
         at a line break, and after `。．！？!?…♪` with the closing brackets that follow. Japanese \
         characters are hiragana, katakana, `ー`, half-width kana, Chinese characters of every \
         plane with `々〇〻`, and the stops `、，。．！？`.\n\n",
    );
    for family in SIGNALS {
        for column in family.columns() {
            describe(&mut out, column, *family);
        }
    }
    out
}

fn describe(out: &mut String, column: &Column, family: &dyn Family) {
    let range = match column.range {
        (low, f64::INFINITY) => format!("at least {low}"),
        (low, high) => format!("{low} to {high}"),
    };
    let _ = write!(
        out,
        "### `{}`\n\n{} {}\n\n{}, {range}; definition {}; source: {}.",
        column.name,
        column.summary,
        column.undefined,
        column.unit,
        column.definition_version,
        column.source
    );
    if !column.of_text {
        out.push_str(" Edits do not change it.");
    }
    out.push_str("\n\n");
    if !family.keys().is_empty() {
        out.push_str("| parameter | type | default | meaning |\n| --- | --- | --- | --- |\n");
        for key in family.keys() {
            let default = key.default.unwrap_or("must be given");
            let kind = type_name(key.kind);
            let _ = writeln!(out, "| `{}` | {kind} | {default} | {} |", key.name, key.summary);
        }
        out.push('\n');
    }
    if column.examples.is_empty() {
        return;
    }
    match family.example() {
        "" => out.push_str("Examples: "),
        parameters => {
            let _ = write!(out, "Examples, with `{parameters}`: ");
        }
    }
    let examples: Vec<String> = column
        .examples
        .iter()
        .map(|(text, value)| {
            let rounded = (value * 1e4).round() / 1e4;
            format!("`{}` → {rounded}", text.replace('\n', "⏎"))
        })
        .collect();
    let _ = write!(out, "{}\n\n", examples.join(" · "));
}
