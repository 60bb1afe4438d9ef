//! HTML from text to a tree: the HTML standard's tokenizer and tree construction over a flat arena
//! of nodes. Both are written for this arena and the few attributes that extraction asks for; the
//! tests hold them against html5gum and html5ever. Work is bounded by counts (nodes, names, steps,
//! dropped tags), never by a clock, so that a page ends in the same way on every machine. Knows
//! nothing of what a reader sees, of charsets, and of what becomes of the tree.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use crate::outcome::Outcome;

mod arena;
mod attributes;
mod builder;
mod guard;
mod names;
mod tokenizer;
#[cfg(test)]
mod twin;

pub(crate) use attributes::WhiteSpace;
use builder::Builder;
use guard::Guard;
use names::Names;
pub(crate) use names::{Name, Namespace};
pub(crate) use tokenizer::Kind;
use tokenizer::{Tag, Token, Tokenizer};

/// No node.
pub(crate) const NONE: u32 = u32::MAX;
/// The document itself, the root of every tree.
pub(crate) const DOCUMENT: u32 = 0;

/// The work that a page may cost.
#[derive(Debug, Clone, Copy)]
struct Budget {
    nodes: usize,
    /// Different names of elements that stand in no table.
    names: usize,
    /// Looks at an element by the tree builder, its unit of work.
    steps: u64,
    /// Start tags that the guard may drop before the page counts as too deep.
    dropped: u64,
}

const BUDGET: Budget =
    Budget { nodes: 2_000_000, names: 500_000, steps: 200_000_000, dropped: 10_000 };

/// The work that a page took.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(not(test), allow(dead_code, reason = "tests hold it against the page"))]
struct Spent {
    steps: u64,
    /// Start tags that the guard dropped.
    dropped: u64,
}

/// Node capacity that a reader keeps from one page to the next.
const KEPT_CAPACITY: usize = 1 << 17;

/// A page as a tree. Built by [`Tree::parse`], reusable for the next page.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    elements: Vec<Element>,
    /// Text nodes and the kept attribute values, one behind the other.
    text: String,
    /// The first `title` element of HTML, or [`NONE`].
    title: u32,
    names: Names,
}

#[derive(Debug)]
struct Node {
    parent: u32,
    first: u32,
    last: u32,
    previous: u32,
    next: u32,
    data: Data,
}

#[derive(Debug, Clone, Copy)]
enum Data {
    Document,
    /// Index into the elements.
    Element(u32),
    /// Bytes of the tree's text.
    Text(u32, u32),
}

/// What is kept of an element: its name and the few attributes that extraction asks for.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: Name,
    pub(crate) namespace: Namespace,
    id: (u32, u32),
    class: (u32, u32),
    alttext: (u32, u32),
    /// Elements above this one when it was put there, the document's root element being 0.
    depth: u32,
    /// `hidden`, or a style that hides it, or `type=hidden`.
    pub(crate) hidden: bool,
    /// An `a` with `href`.
    pub(crate) link: bool,
    /// What the `style` attribute says of white space.
    pub(crate) white_space: Option<WhiteSpace>,
    /// Text directly inside is never seen (`script`, `style`): it is not even stored.
    drops_text: bool,
    /// `annotation-xml` that holds HTML.
    integration_point: bool,
    /// In the stack of open elements, while the tree is built.
    is_open: bool,
}

/// Who hears a start tag.
pub(crate) type Hear<'a> = &'a mut dyn FnMut(Start<'_>);

/// A start tag as whoever hears it has it.
#[derive(Clone, Copy)]
pub(crate) struct Start<'a> {
    tag: &'a Tag,
    html: &'a str,
}

impl<'a> Start<'a> {
    pub(crate) fn name(&self) -> Name {
        self.tag.name
    }

    /// The value of an attribute, empty where it is not.
    pub(crate) fn value(&self, kind: Kind) -> Cow<'a, str> {
        self.tag.value(kind, self.html)
    }
}

/// One node as the walk sees it.
pub(crate) enum View<'a> {
    Document,
    Element(&'a Element),
    Text(&'a str),
}

impl Tree {
    /// Builds the tree of `html`, dropping whatever tree was there. `hear` is called with each start
    /// tag of HTML whose attributes say something about the page: `meta`, `link`, `a`, `area`.
    ///
    /// # Errors
    /// `TooCostly` past the budget of nodes, names or steps, `TooDeep` if the guard had to drop too much.
    pub(crate) fn parse(&mut self, html: &str, hear: Hear<'_>) -> Result<(), Outcome> {
        self.parse_within(html, BUDGET, hear).1
    }

    /// Returns what it took, too.
    fn parse_within(
        &mut self,
        html: &str,
        budget: Budget,
        hear: Hear<'_>,
    ) -> (Spent, Result<(), Outcome>) {
        self.clear();
        if html.len() > u32::MAX as usize {
            // Attributes are places in the page, of 32 bits each.
            return (Spent::default(), Err(Outcome::TooCostly));
        }
        let html = without_carriage_returns(html);
        let mut tokenizer = Tokenizer::new(&html);
        let mut builder = Builder::new(&html, self, hear);
        let mut guard = Guard::default();
        let outcome = loop {
            let (content, raw) = builder.content();
            let in_foreign = builder.in_foreign();
            match tokenizer.next(content, raw, in_foreign, builder.names()) {
                Token::Text(text) => builder.text(text),
                Token::Characters(first, second) => {
                    let mut buffer = [0; 4];
                    builder.text(first.encode_utf8(&mut buffer));
                    if let Some(second) = second {
                        builder.text(second.encode_utf8(&mut buffer));
                    }
                }
                Token::Tag => {
                    let tag = tokenizer.tag();
                    if tag.is_end {
                        guard.closes(tag.name);
                        builder.tag(tag);
                    } else if guard.admits(tag.name, builder.last_depth()) {
                        builder.tag(tag);
                    } else if guard.dropped() > budget.dropped {
                        break Err(Outcome::TooDeep);
                    }
                }
                Token::Nul => builder.nul(),
                Token::Comment => builder.comment(),
                Token::Doctype(is_quirky) => builder.doctype(is_quirky),
                Token::End => {
                    builder.end();
                    break Ok(());
                }
            }
            if builder.is_over(&budget) {
                break Err(Outcome::TooCostly);
            }
        };
        (Spent { steps: builder.steps(), dropped: guard.dropped() }, outcome)
    }

    /// Empties the tree and leaves the bare document; gives memory back after a huge page.
    fn clear(&mut self) {
        self.nodes.clear();
        self.elements.clear();
        self.text.clear();
        self.nodes.shrink_to(KEPT_CAPACITY);
        self.elements.shrink_to(KEPT_CAPACITY);
        self.text.shrink_to(KEPT_CAPACITY * 32);
        self.nodes.push(Node::new(Data::Document));
        self.title = NONE;
        self.names.clear();
    }

    pub(crate) fn view(&self, node: u32) -> View<'_> {
        match self.nodes[node as usize].data {
            Data::Document => View::Document,
            Data::Element(index) => View::Element(&self.elements[index as usize]),
            Data::Text(from, to) => View::Text(&self.text[from as usize..to as usize]),
        }
    }

    pub(crate) fn element(&self, node: u32) -> Option<&Element> {
        match self.nodes[node as usize].data {
            Data::Element(index) => Some(&self.elements[index as usize]),
            _ => None,
        }
    }

    pub(crate) fn parent(&self, node: u32) -> u32 {
        self.nodes[node as usize].parent
    }

    pub(crate) fn first_child(&self, node: u32) -> u32 {
        self.nodes[node as usize].first
    }

    pub(crate) fn next_sibling(&self, node: u32) -> u32 {
        self.nodes[node as usize].next
    }

    /// The first `title` element of HTML, or [`NONE`].
    pub(crate) fn title(&self) -> u32 {
        self.title
    }

    /// The element's name as text, in lower case.
    pub(crate) fn name(&self, element: &Element) -> &str {
        self.names.text(element.name)
    }

    pub(crate) fn id(&self, element: &Element) -> &str {
        self.value(element.id)
    }

    pub(crate) fn class(&self, element: &Element) -> &str {
        self.value(element.class)
    }

    pub(crate) fn alttext(&self, element: &Element) -> &str {
        self.value(element.alttext)
    }

    fn value(&self, (from, to): (u32, u32)) -> &str {
        &self.text[Range { start: from as usize, end: to as usize }]
    }
}

impl Node {
    fn new(data: Data) -> Node {
        Node { parent: NONE, first: NONE, last: NONE, previous: NONE, next: NONE, data }
    }
}

/// The page with each line break as a line feed, as the standard wants it before all else.
fn without_carriage_returns(html: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'\r', html.as_bytes()) else { return Cow::Borrowed(html) };
    let mut out = String::with_capacity(html.len());
    out.push_str(&html[..first]);
    let mut rest = &html[first..];
    while let Some(length) = memchr(b'\r', rest.as_bytes()) {
        out.push_str(&rest[..length]);
        out.push('\n');
        rest = &rest[length + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in one line: `name(child,child)`, text in quotes.
    fn shape(tree: &Tree, node: u32) -> String {
        let mut inner = Vec::new();
        let mut child = tree.first_child(node);
        while child != NONE {
            inner.push(shape(tree, child));
            child = tree.next_sibling(child);
        }
        let inner = if inner.is_empty() { String::new() } else { format!("({})", inner.join(",")) };
        match tree.view(node) {
            View::Document => inner,
            View::Element(element) => format!("{}{inner}", tree.name(element)),
            View::Text(text) => format!("{text:?}"),
        }
    }

    fn parsed(html: &str) -> Tree {
        let mut tree = Tree::default();
        tree.parse(html, &mut |_| {}).expect("within its budget");
        tree
    }

    #[test]
    fn trees_are_those_of_the_standard() {
        for (html, body) in [
            ("<p>a<p>b", r#"p("a"),p("b")"#),
            ("<b>1<p>2</b>3", r#"b("1"),p(b("2"),"3")"#),
            ("<table>x<b>y</b><tr><td>z", r#""x",b("y"),table(tbody(tr(td("z"))))"#),
            ("<ul><li>a<li>b<ul><li>c</ul></ul>", r#"ul(li("a"),li("b",ul(li("c"))))"#),
            ("<a>1<a>2", r#"a("1"),a("2")"#),
            ("a\0b", r#""ab""#),
            ("&notit; &#x80; &amp;lt;", "\"¬it; € &lt;\""),
            ("<pre>\n\nx</pre>", r#"pre("\nx")"#),
            ("<textarea><p>x</textarea>y", r#"textarea("<p>x"),"y""#),
            ("<script>if (a<b) '</p>'</script>z", r#"script,"z""#),
            ("<noscript><p>x</noscript>", r#"noscript(p("x"))"#),
            ("<svg><title>t</title><p>q", r#"svg(title("t")),p("q")"#),
            ("<math><annotation-xml encoding=text/html><p>x", r#"math(annotation-xml(p("x")))"#),
            ("<svg><![CDATA[x<y]]></svg>", r#"svg("x<y")"#),
            ("<!--c-->a<!--d-->b", r#""ab""#),
            ("<xmp><b></xmp><plaintext><i>", r#"xmp("<b>"),plaintext("<i>")"#),
        ] {
            let tree = parsed(&format!("<body>{html}"));
            let all = shape(&tree, DOCUMENT);
            assert_eq!(all, format!("(html(head,body({body})))"), "{html}");
        }
    }

    #[test]
    fn the_first_of_two_attributes_of_one_name_counts() {
        let tree = parsed("<body><p id=a id=b class=c>x");
        let p = tree.elements.iter().find(|e| e.name == Name::P).expect("a paragraph");
        assert_eq!((tree.id(p), tree.class(p)), ("a", "c"));
    }

    #[test]
    fn attributes_of_a_second_body_tag_are_added() {
        let tree = parsed("<body id=a>x<body id=b class=c>");
        let body = tree.elements.iter().find(|e| e.name == Name::BODY).expect("a body");
        assert_eq!((tree.id(body), tree.class(body)), ("a", "c"));
    }

    #[test]
    fn a_tree_can_be_used_again() {
        let mut tree = parsed("<title>x</title><p>long text");
        tree.parse("y", &mut |_| {}).expect("within its budget");
        assert_eq!(shape(&tree, DOCUMENT), r#"(html(head,body("y")))"#);
        assert_eq!(tree.title(), NONE);
    }

    #[test]
    fn pages_made_to_be_costly_take_linear_work() {
        let fonts: String = (0..20_000).map(|i| format!("<p><font size={i}>a")).collect();
        let attributes: String = (0..100_000).map(|i| format!(" a{i}=1")).collect();
        // Each tag is unlike all before, and none of its first attributes tells.
        let many: String = (0..31).map(|i| format!(" a{i}=1")).collect();
        let flood: String = (0..2_000)
            .map(|i| format!("<b{many} z={i}>{}", if i > 400 { "</b>" } else { "" }))
            .collect();
        let other = "<b a=1></b>";
        let pages = [
            ("nested divs", "<div>".repeat(100_000), Err(Outcome::TooDeep)),
            ("closed divs", "<div>".repeat(9_000) + &"</div>".repeat(9_000), Ok(())),
            ("nested b", "<b>".repeat(100_000), Err(Outcome::TooDeep)),
            ("b and /p", "<b></p>".repeat(50_000), Err(Outcome::TooDeep)),
            ("fonts", fonts, Err(Outcome::TooDeep)),
            ("attributes", format!("<p{attributes}>x"), Ok(())),
            ("a and div", "<a><div>".repeat(5_000), Ok(())),
            ("foster parenting", format!("<table>{}", "x<b>y</b>".repeat(10_000)), Ok(())),
            ("nested tables", "<table><tr><td>".repeat(3_000), Ok(())),
            ("foreign objects", "<svg><foreignObject>".repeat(5_000), Ok(())),
            ("spans", "<span>x</span>".repeat(50_000), Ok(())),
            ("less-than signs", "<".repeat(100_000), Ok(())),
            ("references", "&amp".repeat(100_000), Ok(())),
            ("svg scripts", format!("<svg>{}", "<script>".repeat(30_000)), Ok(())),
            ("floods of attributes", flood, Ok(())),
            (
                "long values",
                format!("<b a='{}'>{}", "&".repeat(100_000), other.repeat(500)),
                Ok(()),
            ),
        ];
        for (name, html, outcome) in pages {
            let (spent, got) = Tree::default().parse_within(&html, BUDGET, &mut |_| {});
            assert_eq!(got, outcome, "{name}");
            let bound = 100 * html.len() as u64;
            assert!(spent.steps < bound, "{name}: {spent:?} for {} bytes", html.len());
        }
    }

    #[test]
    fn a_page_beyond_its_budget_is_too_costly() {
        let html = "<p><i>x</i>".repeat(100);
        let mut tree = Tree::default();
        for (budget, outcome) in [
            (BUDGET, Ok(())),
            (Budget { nodes: 50, ..BUDGET }, Err(Outcome::TooCostly)),
            (Budget { steps: 50, ..BUDGET }, Err(Outcome::TooCostly)),
        ] {
            assert_eq!(tree.parse_within(&html, budget, &mut |_| {}).1, outcome);
        }
        let names: String = (0..100).map(|number| format!("</x{number}>")).collect();
        for (most, outcome) in [(100, Ok(())), (99, Err(Outcome::TooCostly))] {
            let budget = Budget { names: most, ..BUDGET };
            assert_eq!(tree.parse_within(&names, budget, &mut |_| {}).1, outcome);
        }
    }

    #[test]
    fn text_below_the_guard_is_kept() {
        let tree = parsed(&format!("{}甲{}", "<div>".repeat(2_000), "</div>".repeat(2_000)));
        assert!(tree.text.contains('甲'));
        let deepest = tree.elements.iter().map(|e| e.depth).max();
        assert!(deepest <= Some(520), "{deepest:?}");
    }
}
