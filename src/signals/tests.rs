//! What every signal promises, checked over the whole list.

use proptest::prelude::*;

use super::*;
use crate::format::document::{Charset, Http, Language, Paragraph, ParagraphKind, WarcPlace};

/// A document of one paragraph; without any if `text` is empty.
pub(super) fn document(text: &str) -> Document {
    let paragraph = Paragraph {
        text: text.to_owned(),
        path: "body>p".into(),
        kind: ParagraphKind::P,
        links: Vec::new(),
        main: None,
    };
    Document {
        id: "0".repeat(32),
        url: "https://example.jp/".to_owned(),
        date: "2024-05-18T03:11:07Z".to_owned(),
        warc: WarcPlace { file: "a.warc.gz".to_owned(), offset: 0, length: 1 },
        http: Http { status: 200, content_type: "text/html".to_owned() },
        charset: Charset {
            used: "UTF-8".to_owned(),
            source: "utf8".to_owned(),
            declared: None,
            malformed: 0,
        },
        language: Language { label: "ja".to_owned(), score: 0.75 },
        title: None,
        rights: Default::default(),
        flags: Vec::new(),
        paragraphs: if text.is_empty() { Vec::new() } else { vec![paragraph] },
    }
}

/// The value of a signal on a document; `parameters` are TOML.
pub(super) fn measure_document(name: &str, parameters: &str, document: &Document) -> Option<f64> {
    let (family, at) = find(name).unwrap();
    let mut facts = Facts::new();
    for paragraph in &document.paragraphs {
        facts.push(&paragraph.text, &paragraph.links);
    }
    let mut out = vec![Some(f64::NAN); family.columns().len()];
    family
        .open(&parameters.parse().unwrap(), &Lists::new())
        .unwrap()
        .measure(document, &facts, &mut out);
    out[at]
}

/// The value of a signal on a text.
pub(super) fn measure(name: &str, parameters: &str, text: &str) -> Option<f64> {
    measure_document(name, parameters, &document(text))
}

fn all() -> impl Iterator<Item = (&'static dyn Family, &'static Column)> {
    SIGNALS.iter().flat_map(|family| family.columns().iter().map(|column| (*family, column)))
}

#[test]
fn every_example_holds() {
    for (family, column) in all() {
        assert!(!column.examples.is_empty() || !column.of_text, "{} has no example", column.name);
        for (text, expected) in column.examples {
            let value = measure(column.name, family.example(), text);
            let close = value.is_some_and(|value| (value - expected).abs() <= 1e-6);
            assert!(close, "{} of `{text}`: {value:?}, not {expected}", column.name);
        }
    }
}

#[test]
fn names_are_unique_and_well_formed_and_every_signal_is_described() {
    let names: Vec<&str> = all().map(|(_, column)| column.name).collect();
    let reference = markdown();
    for (at, (family, column)) in all().enumerate() {
        let name = column.name;
        assert!(!names[..at].contains(&name), "{name} stands there twice");
        assert!(
            name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
            "{name}"
        );
        assert!(column.summary.ends_with('.') && column.undefined.ends_with('.'), "{name}");
        assert!(!column.unit.is_empty() && !column.source.is_empty(), "{name}");
        assert!(column.range.0 < column.range.1 && column.definition_version > 0, "{name}");
        assert!(reference.contains(&format!("### `{name}`\n\n{}", column.summary)), "{name}");
        assert!(find(name).is_some_and(|(_, place)| family.columns()[place].name == name));
        for key in family.keys() {
            assert!(key.summary.ends_with('.'), "{name}.{}", key.name);
        }
    }
}

#[test]
fn the_language_score_is_what_the_document_says() {
    assert_eq!(measure("language_score", "", "本文"), Some(0.75));
    assert_eq!(measure("language_score", "", ""), Some(0.75));
}

#[test]
fn the_identity_of_a_signal_names_version_parameters_and_lists() {
    let parameters = "list = \"spam_ja\"".parse().unwrap();
    let identity = identity("listed_words", &parameters, &Lists::new()).unwrap();
    assert_eq!(identity["signal"], "listed_words");
    assert_eq!(identity["version"], 1);
    assert_eq!(identity["parameters"]["list"], "spam_ja");
    assert_eq!(identity["lists"]["spam_ja"].as_str().map(str::len), Some(64));
    assert!(super::identity("no_such_signal", &toml::Table::new(), &Lists::new()).is_err());
    assert!(check("listed_words", &parameters).is_ok());
}

/// Every value of every signal on `document`: defined ones are numbers within their range.
fn hold(document: &Document) {
    for family in SIGNALS {
        for column in family.columns() {
            if let Some(value) = measure_document(column.name, family.example(), document) {
                let (low, high) = column.range;
                let name = column.name;
                assert!(value >= low && value <= high, "{name} is {value}, not in {low}..={high}");
                assert!(value.is_finite(), "{name} is {value}");
            }
        }
    }
}

#[test]
fn strange_texts_neither_panic_nor_give_what_is_no_number() {
    let long = "あ漢ア1。".repeat((1 << 20) / 13);
    let tall = "あ\n".repeat(1 << 16);
    for text in [
        "",
        "\n",
        " ",
        "。",
        "あ",
        "\u{FFFD}",
        "\u{FFFD}\u{FFFD}\u{FFFD}",
        "\u{10FFFF}",
        "・",
        "）",
        &long,
        &tall,
    ] {
        hold(&document(text));
    }
}

#[test]
fn shares_of_nothing_are_undefined() {
    for (family, column) in all() {
        let value = measure(column.name, family.example(), "");
        let defined = column.undefined.starts_with("Always defined");
        assert_eq!(value.is_some(), defined, "{} of an empty text is {value:?}", column.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn values_stay_in_their_range_on_any_text(
        texts in prop::collection::vec("(\\PC|[ぁ-んァ-ヶー一-鿆ｦ-ﾟ。、…・「」\n\u{FFFD}]){0,60}", 0..5),
        links in prop::collection::vec(0_u32..60, 2),
    ) {
        let mut page = document("");
        for text in &texts {
            page.paragraphs.extend(document(text).paragraphs);
        }
        if let Some(first) = page.paragraphs.first_mut() {
            let end = first.text.chars().count() as u32;
            let (from, to) = (links[0].min(links[1]).min(end), links[0].max(links[1]).min(end));
            first.links = vec![[from, to]];
        }
        hold(&page);
    }

    #[test]
    fn a_reused_measure_gives_what_a_new_one_gives(texts in prop::collection::vec("[あア漢。…\nカジノ賭博]{0,40}", 1..6)) {
        for family in SIGNALS {
            let mut open = family.open(&family.example().parse().unwrap(), &Lists::new()).unwrap();
            let mut facts = Facts::new();
            for text in &texts {
                facts.begin();
                facts.push(text, &[]);
                let page = document(text);
                let mut out = vec![None; family.columns().len()];
                open.measure(&page, &facts, &mut out);
                for (value, column) in out.iter().zip(family.columns()) {
                    prop_assert_eq!(*value, measure(column.name, family.example(), text));
                }
            }
        }
    }
}
