//! What every edit promises, checked over the whole list.

use icu_normalizer::DecomposingNormalizerBorrowed;
use proptest::prelude::*;

use super::*;
use crate::format::document::ParagraphKind;

/// A paragraph with these links.
pub(super) fn paragraph(text: &str, links: &[[u32; 2]]) -> Paragraph {
    Paragraph {
        text: text.to_owned(),
        path: "body>p".into(),
        kind: ParagraphKind::P,
        links: links.to_vec(),
        main: None,
    }
}

/// The texts of paragraphs.
pub(super) fn texts(paragraphs: &[Paragraph]) -> Vec<String> {
    paragraphs.iter().map(|paragraph| paragraph.text.clone()).collect()
}

fn defaults(edit: &Edit) -> toml::Table {
    edit.keys
        .iter()
        .map(|key| (key.name.to_owned(), crate::config::default_value(key).unwrap()))
        .collect()
}

/// The characters of a text whatever their width, without white space.
fn characters(text: &str) -> String {
    DecomposingNormalizerBorrowed::new_nfkd().normalize(text).split_whitespace().collect()
}

/// Paragraphs as extraction may deliver them, each with a path of its own.
fn paragraphs() -> impl Strategy<Value = Vec<Paragraph>> {
    let text = "[あかガカﾊﾞﾟｳ｡漢字。」aB1 …|\n]{1,40}";
    let one = (
        text,
        prop::collection::vec(0_u32..40, 0..8),
        prop::option::of(any::<bool>()),
        any::<bool>(),
    );
    prop::collection::vec(one, 0..12).prop_map(|rows| {
        rows.into_iter()
            .enumerate()
            .map(|(at, (text, mut ends, main, pre))| {
                let length = text.chars().count() as u32;
                ends.iter_mut().for_each(|end| *end = (*end).min(length));
                ends.sort_unstable();
                ends.dedup();
                let links = ends.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
                let kind = if pre { ParagraphKind::Pre } else { ParagraphKind::Li };
                Paragraph { text, path: format!("p{at}").into(), kind, links, main }
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn an_edit_applied_twice_does_what_it_does_once(paragraphs in paragraphs()) {
        for edit in EDITS {
            let open = (edit.open)(&defaults(edit));
            let mut once = paragraphs.clone();
            open.apply(&mut once);
            let mut twice = once.clone();
            open.apply(&mut twice);
            prop_assert_eq!(once, twice, "{}", edit.name);
        }
    }

    #[test]
    fn an_edit_joins_nothing_and_loses_nothing_inside_a_paragraph(paragraphs in paragraphs()) {
        for edit in EDITS {
            let mut edited = paragraphs.clone();
            (edit.open)(&defaults(edit)).apply(&mut edited);
            let mut before = paragraphs.iter();
            for after in &edited {
                let before = before.find(|before| before.path == after.path);
                let before = before.expect("what is left stands in order, one for one");
                prop_assert_eq!(characters(&after.text), characters(&before.text), "{}", edit.name);
                prop_assert_eq!((after.kind, after.main), (before.kind, before.main));
            }
        }
    }

    #[test]
    fn link_spans_stay_inside_the_text_and_in_order(paragraphs in paragraphs()) {
        for edit in EDITS {
            let mut edited = paragraphs.clone();
            (edit.open)(&defaults(edit)).apply(&mut edited);
            for paragraph in &edited {
                let mut least = 0;
                for [from, to] in &paragraph.links {
                    prop_assert!(least <= *from && from < to, "{}", edit.name);
                    least = *to;
                }
                prop_assert!(least as usize <= paragraph.text.chars().count(), "{}", edit.name);
            }
        }
    }
}

#[test]
fn every_edit_can_do_something() {
    let long = "それは長い長い行の途中で折り返された\n文である。ｶﾞｸ";
    let mut boilerplate = paragraph("目次", &[]);
    boilerplate.main = Some(false);
    let list = paragraph("一二三", &[[0, 1], [1, 2], [2, 3]]);
    let page = vec![paragraph(long, &[]), boilerplate, list];
    for edit in EDITS {
        let mut edited = page.clone();
        (edit.open)(&defaults(edit)).apply(&mut edited);
        assert_ne!(edited, page, "{}", edit.name);
        (edit.open)(&defaults(edit)).apply(&mut Vec::new());
    }
}

#[test]
fn edits_are_documented_and_every_parameter_has_a_default() {
    let text = edits_markdown();
    for edit in EDITS {
        assert!(edit.summary.ends_with('.'), "{}", edit.name);
        assert!(text.contains(&format!("### `{}`\n\n{}", edit.name, edit.summary)));
        for key in edit.keys {
            assert!(key.summary.ends_with('.'), "{}.{}", edit.name, key.name);
            assert!(text.contains(&format!("| `{}` |", key.name)));
        }
        assert_eq!(defaults(edit).len(), edit.keys.len());
    }
}
