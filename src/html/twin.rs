//! The plain twin of the parser: html5gum's tokenizer before html5ever's tree builder, behind the
//! same guard and into the same arena. The trees must be the same, page for page.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use html5ever::tokenizer::TokenSink as _;
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5gum::Tokenizer;
use proptest::prelude::*;

use super::{Arena, BUDGET, DOCUMENT, Kind, NONE, Name, Names, Tree, View, tokenizer};
use crate::outcome::Outcome;

mod adapter;
mod sink;

use adapter::Adapter;
use sink::{Parsed, Sink};

/// What the twin makes of a page, and how many start tags the guard dropped.
fn parse(html: &str) -> (Result<Parsed, Outcome>, u64) {
    let mut arena = Arena::default();
    arena.clear();
    let options = TreeBuilderOpts {
        scripting_enabled: false,
        drop_doctype: true,
        ..TreeBuilderOpts::default()
    };
    let builder = TreeBuilder::new(Sink::new(arena), options);
    let mut adapter = Adapter::new(&builder, BUDGET);
    // The adapter yields one token, and only when it gives up.
    let gave_up = Tokenizer::new_with_emitter(html, &mut adapter).next().is_some();
    let dropped = adapter.dropped();
    builder.end();
    let outcome = match (dropped > BUDGET.dropped, gave_up) {
        (true, _) => Err(Outcome::TooDeep),
        (_, true) => Err(Outcome::TooCostly),
        _ => Ok(builder.sink.into_parsed()),
    };
    (outcome, dropped)
}

/// All that is heard and read of a tree, a line for each node.
fn outline(tree: Tree<'_>, heard: &BTreeSet<String>) -> String {
    let mut out = format!("{heard:?}\n");
    let (mut node, mut depth) = (DOCUMENT, 0);
    let mut in_text = false;
    loop {
        let indent = " ".repeat(depth);
        match tree.view(node) {
            View::Document => {}
            // Where a text is cut into nodes is not the standard's affair.
            View::Text(text) => {
                let text = format!("{:?}", text.read());
                let text = &text[1..text.len() - 1];
                if in_text {
                    out.truncate(out.len() - 1);
                    out += text;
                } else {
                    out += &format!("{indent}{text}");
                }
                out.push('\n');
            }
            View::Element(element) => {
                let value = |which| tokenizer::value(tree.raw(element, which)).into_owned();
                let (name, id) = (tree.name(element), value(|values| values.id));
                let class = value(|values| values.class);
                let alttext = value(|values| values.alttext);
                out += &format!(
                    "{indent}<{name} {:?} {id:?} {class:?} {alttext:?} {} {} {:?} {}>\n",
                    element.namespace,
                    element.hidden,
                    element.link,
                    element.white_space,
                    tree.title() == node,
                );
            }
        }
        in_text = matches!(tree.view(node), View::Text(_));
        if tree.first_child(node) != NONE {
            node = tree.first_child(node);
            depth += 1;
            continue;
        }
        while tree.next_sibling(node) == NONE {
            node = tree.parent(node);
            in_text = false;
            if node == NONE {
                return out;
            }
            depth -= 1;
        }
        node = tree.next_sibling(node);
    }
}

/// Both trees; nothing where the guard had to drop tags, because html5ever knows no depth of the
/// elements that it copies.
fn outlines(html: &str) -> Option<[Result<String, Outcome>; 2]> {
    let mut arena = Arena::default();
    let mut heard = BTreeSet::new();
    let (spent, ours) = arena.parse_within(html, BUDGET, &mut |start| {
        let kinds = match start.name() {
            Name::META => &[Kind::Name, Kind::HttpEquiv, Kind::Content][..],
            _ => &[Kind::Rel, Kind::Href],
        };
        let values: Vec<_> = kinds.iter().map(|&kind| start.value(kind)).collect();
        let name = Names::default().text(start.name()).to_owned();
        heard.insert(format!("{name} {values:?}"));
    });
    let (twins, dropped) = parse(html);
    let twins = twins.map(|Parsed { arena, html, heard }| {
        outline(Tree { arena: &arena, html: &html, has_returns: false }, &heard)
    });
    let outlines = [ours.map(|tree| outline(tree, &heard)), twins];
    (spent.dropped == 0 && dropped == 0).then_some(outlines)
}

/// Names of every kind that the standard treats in a way of its own, and odd ones.
const NAMES: &str = "p div a b i nobr font code span ul ol li dl dt dd h1 h2 table tbody thead tfoot \
    tr td th caption col colgroup form button input select option optgroup textarea pre title \
    script style noscript template head body html frameset frame noframes br hr img image object \
    marquee applet iframe xmp plaintext ruby rb rt rp rtc svg math foreignObject desc mi mtext \
    mglyph annotation-xml meta link base address listing x-own hgroup details P TABLE Td SVG \
    Annotation-XML keygen area wbr param bgsound noembed var sub mo ms malignmark annotation ｐ \
    p\0 \0 É a-name-that-is-longer-than-any p' p\" p< p= dialog";

const ATTRIBUTES: &[&str] = &[
    "",
    " id=x",
    " class='a b'",
    " HIDDEN",
    " style=\"display:none\"",
    " style=\"display&#58;none;white-space:pre\"",
    " type=hidden",
    " type='hid&#100;en'",
    " href=y",
    " encoding=Text/HTML",
    " color=red",
    " FACE",
    " a=1 b=2",
    " b=2 A=1",
    " a='1' b=&#50;",
    " id=&amp;x id=z",
    " alttext=\"x&lt\"",
    "/",
    " /",
    " x=/",
    " a=\"x\"b=y",
    " a='x'/",
    " =a",
    " a=b=c",
    " a=b\"c",
    " a = ",
    " ==",
    "\n\tid\n=\nx",
    "\u{C}class=\u{A0}",
    " rel=license href=http://x/",
    " name=robots content=noindex",
    " name=x http-equiv=x-robots-tag content=noai",
    " id=\"a\0b\r\nc\"",
    " id=\"&copy=1&copy;&notit;&not\"",
    " 'a'",
    " é=1",
];

const TEXTS: &[&str] = &[
    "x",
    "本文",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "&amp;",
    "&amp",
    "&notit;",
    "&NotEqualTilde;",
    "&#x3042;",
    "&#0;",
    "&#x80;",
    "&#10;",
    "&#;",
    "&",
    "<",
    "</",
    "</>",
    "<?x>",
    "<!-- x -->",
    "<!-->",
    "<!--->",
    "<!--x--!>",
    "<!x>",
    "</ x>",
    "<![CDATA[x<y]]>",
    "<![CDATA[\0]]>",
    "<![CDATA[",
    "]]>",
    "<!doctype html>",
    "<!DOCTYPE html PUBLIC '-//W3C//DTD HTML 3.2//'>",
    "<!--<script>",
    "-->",
    "<p",
    "<a href='",
    "<!--",
    "\u{3000}",
];

/// Starts that nest as deep as the guard lets them, or nearly.
const DEEP: &[&str] = &["<div>", "<a><i><h1>", "<a><b><div>", "<ul><li>", "<svg><desc>", "<b></p>"];

/// A piece of a page: a start tag, an end tag, text or something odd.
fn piece() -> impl Strategy<Value = String> {
    let names: Vec<&str> = NAMES.split(' ').filter(|name| !name.is_empty()).collect();
    let tag = (
        any::<bool>(),
        prop::sample::select(names),
        prop_oneof![Just(""), prop::sample::select(ATTRIBUTES)],
    );
    prop_oneof![
        6 => tag.prop_map(|(is_end, name, attributes)| {
            format!("<{}{name}{attributes}>", if is_end { "/" } else { "" })
        }),
        2 => prop::sample::select(TEXTS).prop_map(str::to_owned),
    ]
}

/// Mostly nothing.
fn start() -> impl Strategy<Value = String> {
    let deep = (prop::sample::select(DEEP), 160..520_usize);
    prop_oneof![20 => Just(String::new()), 1 => deep.prop_map(|(start, count)| start.repeat(count))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]
    #[test]
    fn any_page_has_the_tree_of_the_twin(
        start in start(),
        pieces in prop::collection::vec(piece(), 1..40),
    ) {
        let html = start + &pieces.concat();
        if let Some([ours, twins]) = outlines(&html) {
            prop_assert_eq!(ours, twins, "{}", html);
        }
    }
}

/// `KUROSHIO_TREES` pages instead of some.
fn cases() -> u32 {
    std::env::var("KUROSHIO_TREES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

/// The folder `KUROSHIO_TEST_PAGES`.
fn folder_of_pages() -> Option<PathBuf> {
    std::env::var_os("KUROSHIO_TEST_PAGES").map(Into::into)
}

/// The pages in a folder, each with its path.
fn pages_in(folder: &Path) -> impl Iterator<Item = (PathBuf, String)> {
    fs::read_dir(folder).expect("a folder of pages").map(|entry| {
        let path = entry.expect("a page").path();
        let page = String::from_utf8_lossy(&fs::read(&path).expect("a page")).into_owned();
        (path, page)
    })
}

/// The pages of the fuzzer's corpus, and those in the folder `KUROSHIO_TEST_PAGES`.
#[test]
fn pages_have_the_trees_of_the_twin() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/html");
    for folder in [Some(corpus), folder_of_pages()].into_iter().flatten() {
        let mut pages = 0;
        for (path, html) in pages_in(&folder) {
            let Some([ours, twins]) = outlines(&html) else { continue };
            pages += 1;
            if ours != twins {
                let lines = |outline: &Result<String, Outcome>| -> Vec<String> {
                    outline.iter().flat_map(|outline| outline.lines().map(str::to_owned)).collect()
                };
                let differs = lines(&ours).into_iter().zip(lines(&twins));
                let first = differs.enumerate().find(|(_, (ours, twins))| ours != twins);
                panic!("{}: {first:?}", path.display());
            }
        }
        assert!(pages > 0, "{} holds no page", folder.display());
    }
}

/// Prints how long both take over the pages of `KUROSHIO_TEST_PAGES`.
#[test]
#[ignore = "prints times, of which nothing is asked"]
fn times_of_both() {
    let folder = folder_of_pages().expect("KUROSHIO_TEST_PAGES names a folder");
    let pages: Vec<String> = pages_in(&folder).map(|(_, page)| page).collect();
    let bytes: usize = pages.iter().map(String::len).sum();
    let mut arena = Arena::default();
    for _ in 0..5 {
        let start = Instant::now();
        let ours = pages
            .iter()
            .filter(|page| arena.parse(page, BUDGET.memory, &mut |_| {}).is_ok())
            .count();
        let our_time = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let twins = pages.iter().filter(|page| parse(page).0.is_ok()).count();
        let twins_time = start.elapsed().as_secs_f64();
        println!(
            "{:.1} MB: {our_time:.2} s for {ours} pages, {twins_time:.2} s for {twins}, {:.1} times",
            bytes as f64 / 1e6,
            twins_time / our_time,
        );
    }
}
