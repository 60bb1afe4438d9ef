//! The plain twin of the parser: html5gum's tokenizer before html5ever's tree builder, behind the
//! same guard and into the same arena. The trees must be the same, page for page.

use std::fs;
use std::path::Path;

use html5ever::tokenizer::TokenSink as _;
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5gum::Tokenizer;
use proptest::prelude::*;

use super::{BUDGET, DOCUMENT, NONE, Tree, View};
use crate::outcome::Outcome;

mod adapter;
mod sink;

use adapter::Adapter;
use sink::Sink;

/// The tree of the twin.
fn parse(html: &str) -> Result<Tree, Outcome> {
    let mut tree = Tree::default();
    tree.clear();
    let options = TreeBuilderOpts {
        scripting_enabled: false,
        drop_doctype: true,
        ..TreeBuilderOpts::default()
    };
    let builder = TreeBuilder::new(Sink::new(tree), options);
    let mut adapter = Adapter::new(&builder, BUDGET);
    // The adapter yields one token, and only when it gives up.
    let gave_up = Tokenizer::new_with_emitter(html, &mut adapter).next().is_some();
    let dropped = adapter.dropped();
    builder.end();
    match (dropped > BUDGET.dropped, gave_up) {
        (true, _) => Err(Outcome::TooDeep),
        (_, true) => Err(Outcome::TooCostly),
        _ => Ok(builder.sink.into_tree()),
    }
}

/// All that is read of a tree, a line for each node.
fn outline(tree: &Tree) -> String {
    let mut out = format!("{:?}\n", tree.rights);
    let (mut node, mut depth) = (DOCUMENT, 0);
    let mut in_text = false;
    loop {
        let indent = " ".repeat(depth);
        match tree.view(node) {
            View::Document => {}
            // Where a text is cut into nodes is not the standard's affair.
            View::Text(text) => {
                let text = format!("{text:?}");
                let text = text.trim_matches('"');
                if in_text {
                    out.truncate(out.len() - 1);
                    out += text;
                } else {
                    out += &format!("{indent}{text}");
                }
                out.push('\n');
            }
            View::Element(element) => {
                let (name, id) = (tree.name(element), tree.id(element));
                let (class, alttext) = (tree.class(element), tree.alttext(element));
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

fn outlines(html: &str) -> (Result<String, Outcome>, Result<String, Outcome>) {
    let mut tree = Tree::default();
    let ours = tree.parse(html).map(|()| outline(&tree));
    (ours, parse(html).map(|tree| outline(&tree)))
}

const NAMES: &[&str] = &[
    "p",
    "div",
    "a",
    "b",
    "i",
    "nobr",
    "font",
    "code",
    "span",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "table",
    "tbody",
    "thead",
    "tfoot",
    "tr",
    "td",
    "th",
    "caption",
    "col",
    "colgroup",
    "form",
    "button",
    "input",
    "select",
    "option",
    "optgroup",
    "textarea",
    "pre",
    "title",
    "script",
    "style",
    "noscript",
    "template",
    "head",
    "body",
    "html",
    "frameset",
    "frame",
    "noframes",
    "br",
    "hr",
    "img",
    "image",
    "object",
    "marquee",
    "applet",
    "iframe",
    "xmp",
    "plaintext",
    "ruby",
    "rb",
    "rt",
    "rp",
    "rtc",
    "svg",
    "math",
    "foreignObject",
    "desc",
    "mi",
    "mtext",
    "mglyph",
    "annotation-xml",
    "meta",
    "link",
    "base",
    "address",
    "listing",
    "x-own",
    "hgroup",
    "details",
];

const ATTRIBUTES: &[&str] = &[
    "",
    "",
    "",
    " id=x",
    " class='a b'",
    " hidden",
    " style=\"display:none\"",
    " type=hidden",
    " href=y",
    " encoding=text/html",
    " color=red",
    " size=1",
    " size=2",
    " a=1 b=2",
    " b=2 a=1",
    " id=&amp;x id=z",
    " alttext=\"x&lt\"",
    "/",
    " /",
    " x=/",
    " =a",
    " a=b=c",
    "\n\tid\n=\nx",
    " rel=license href=http://x/",
    " name=robots content=noindex",
    " id=\"a\0b\r\nc\"",
    " white-space style=white-space:pre",
    " 'a'",
    " CLASS=k",
    " id=\"&copy=1&copy;\"",
];

const TEXTS: &[&str] = &[
    "x",
    "本文",
    " ",
    "\n",
    "\r\n",
    "\0",
    "&amp;",
    "&amp",
    "&notit;",
    "&#x3042;",
    "&#0;",
    "&#x80;",
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
    "<!doctype html>",
    "<!DOCTYPE html PUBLIC '-//W3C//DTD HTML 3.2//'>",
    "<!--<script>",
    "-->",
    "a\nb",
    "&NotEqualTilde;",
    "]]>",
    "<p",
    "<a href='",
    "<!--",
    "\u{3000}",
];

/// A piece of a page: a start tag, an end tag, text or something odd.
fn piece() -> impl Strategy<Value = String> {
    let tag = (any::<bool>(), 0..NAMES.len(), 0..ATTRIBUTES.len());
    prop_oneof![
        6 => tag.prop_map(|(is_end, name, attributes)| {
            let slash = if is_end { "/" } else { "" };
            format!("<{slash}{}{}>", NAMES[name], ATTRIBUTES[attributes])
        }),
        2 => (0..TEXTS.len()).prop_map(|text| TEXTS[text].to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]
    #[test]
    fn any_page_has_the_tree_of_the_twin(pieces in prop::collection::vec(piece(), 1..40)) {
        let html = pieces.concat();
        let (ours, twins) = outlines(&html);
        prop_assert_eq!(ours, twins, "{}", html);
    }
}

/// `KUROSHIO_TREES` pages instead of some.
fn cases() -> u32 {
    std::env::var("KUROSHIO_TREES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

/// The pages of the fuzzer's corpus, and those in the folder `KUROSHIO_TEST_PAGES`.
#[test]
fn pages_have_the_trees_of_the_twin() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/html");
    let more = std::env::var_os("KUROSHIO_TEST_PAGES").map(Into::into);
    for folder in [Some(corpus), more].into_iter().flatten() {
        let mut pages = 0;
        for entry in fs::read_dir(&folder).expect("a folder of pages") {
            let path = entry.expect("a page").path();
            let html = String::from_utf8_lossy(&fs::read(&path).expect("a page")).into_owned();
            let (ours, twins) = outlines(&html);
            if ours != twins {
                let name = path.display();
                let differs =
                    ours.iter().flat_map(|o| o.lines()).zip(twins.iter().flat_map(|t| t.lines()));
                let first = differs.clone().position(|(ours, twins)| ours != twins);
                panic!("{name}: line {first:?}: {:?}", differs.clone().nth(first.unwrap_or(0)));
            }
            pages += 1;
        }
        assert!(pages > 0, "{} holds no page", folder.display());
    }
}
