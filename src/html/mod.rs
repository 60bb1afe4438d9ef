//! HTML from text to a tree: the HTML standard's tokenizer and tree construction over a flat arena
//! of nodes. Both are written for this arena and the few attributes that extraction asks for; the
//! tests hold them against html5gum and html5ever. The bounds are counts (bytes of the tree, steps,
//! dropped tags), never a clock, so that a page ends in the same way on every machine. Knows nothing
//! of what a reader sees, of charsets, and of what becomes of the tree.

use std::borrow::Cow;

use memchr::memchr;

use crate::outcome::Outcome;

mod arena;
mod attributes;
mod builder;
mod guard;
mod names;
mod text;
mod tokenizer;
#[cfg(test)]
mod twin;

use attributes::Values;
pub(crate) use attributes::WhiteSpace;
use builder::Builder;
use guard::Guard;
use names::Names;
pub(crate) use names::{Name, Namespace};
pub(crate) use text::Text;
use text::{Coding, Span};
pub(crate) use tokenizer::Kind;
use tokenizer::{Tag, Token, Tokenizer};

/// No node.
pub(crate) const NONE: u32 = u32::MAX;
/// The document itself, the root of every tree.
pub(crate) const DOCUMENT: u32 = 0;

/// The work that a page may cost.
#[derive(Debug, Clone, Copy)]
struct Budget {
    /// Bytes of the tree; whoever asks for it sets them.
    memory: usize,
    /// Looks at an element by the tree builder, its unit of work.
    steps: u64,
    /// Start tags that the guard may drop before the page counts as too deep.
    dropped: u64,
}

const BUDGET: Budget = Budget { memory: usize::MAX, steps: 200_000_000, dropped: 10_000 };

/// The work that a page took.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(not(test), allow(dead_code, reason = "tests hold it against the page"))]
struct Spent {
    steps: u64,
    /// Start tags that the guard dropped.
    dropped: u64,
}

/// What the parts of a tree take: numbers, so that a page ends in the same way whatever compiler laid
/// them out.
const NODE_BYTES: usize = 28;
const ELEMENT_BYTES: usize = 20;
const VALUES_BYTES: usize = 24;
const _: () = assert!(size_of::<Node>() <= NODE_BYTES);
const _: () = assert!(size_of::<Element>() <= ELEMENT_BYTES);
const _: () = assert!(size_of::<Values>() <= VALUES_BYTES);

/// Bytes that are read of a name, an id or a class, as they stand in the page: every paragraph reads
/// those of all elements around it.
const LONGEST_VALUE: usize = 1024;

/// Node capacity that a reader keeps from one page to the next.
const KEPT_CAPACITY: usize = 1 << 17;

/// The nodes of a tree, whose memory is used again for the next page.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    nodes: Vec<Node>,
    elements: Vec<Element>,
    values: Vec<Values>,
    /// The first `title` element of HTML, or [`NONE`].
    title: u32,
    names: Names,
}

/// A page as a tree, built by [`Arena::parse`]. Its texts and values stay in the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tree<'a> {
    arena: &'a Arena,
    html: &'a str,
    /// Whether the page holds carriage returns.
    has_returns: bool,
}

#[derive(Debug)]
struct Node {
    parent: u32,
    previous: u32,
    next: u32,
    data: Data,
}

/// What a node is, and its first and last child.
#[derive(Debug, Clone, Copy)]
enum Data {
    Document {
        first: u32,
        last: u32,
    },
    Element {
        first: u32,
        last: u32,
        /// Of the elements.
        index: u32,
    },
    Text {
        place: Span,
        coding: Coding,
    },
}

/// What is kept of an element: its name and what its attributes say.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: Name,
    /// Index into the values, or [`NONE`].
    values: u32,
    /// Elements above this one when it was put there, the document's root element being 0.
    depth: u32,
    pub(crate) namespace: Namespace,
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
    Text(Text<'a>),
}

impl Arena {
    /// Builds the tree of `html`, dropping whatever tree was there; it takes at most `memory` bytes.
    /// `hear` is called with each start tag of HTML whose attributes say something about the page:
    /// `meta`, `link`, `a`, `area`.
    ///
    /// # Errors
    /// `TooCostly` past the memory or the budget of steps, `TooDeep` if the guard had to drop too much.
    pub(crate) fn parse<'a>(
        &'a mut self,
        html: &'a str,
        memory: usize,
        hear: Hear<'_>,
    ) -> Result<Tree<'a>, Outcome> {
        self.parse_within(html, Budget { memory, ..BUDGET }, hear).1
    }

    /// Returns what it took, too.
    fn parse_within<'a>(
        &'a mut self,
        html: &'a str,
        budget: Budget,
        hear: Hear<'_>,
    ) -> (Spent, Result<Tree<'a>, Outcome>) {
        self.clear();
        if html.len() > u32::MAX as usize {
            // Texts and attributes are places in the page, of 32 bits each.
            return (Spent::default(), Err(Outcome::TooCostly));
        }
        let mut tokenizer = Tokenizer::new(html);
        let mut builder = Builder::new(html, self, hear);
        let mut guard = Guard::default();
        let outcome = loop {
            let (content, raw) = builder.content();
            let in_foreign = builder.in_foreign();
            match tokenizer.next(content, raw, in_foreign, builder.names()) {
                Token::Text(piece) => builder.text(piece),
                Token::Character(character) => builder.text(character.piece(&mut [0; 8])),
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
                Token::Nul(place) => builder.nul(place),
                Token::Comment => builder.comment(),
                Token::Doctype(is_quirky) => builder.doctype(is_quirky),
                Token::End => break Ok(()),
            }
            if builder.is_over(&budget) {
                break Err(Outcome::TooCostly);
            }
        };
        let outcome = outcome.and_then(|()| {
            builder.end();
            if builder.is_over(&budget) { Err(Outcome::TooCostly) } else { Ok(()) }
        });
        let spent = Spent { steps: builder.steps(), dropped: guard.dropped() };
        let has_returns = memchr(b'\r', html.as_bytes()).is_some();
        (spent, outcome.map(|()| Tree { arena: self, html, has_returns }))
    }

    /// Empties the tree and leaves the bare document.
    fn clear(&mut self) {
        self.nodes.clear();
        self.elements.clear();
        self.values.clear();
        self.nodes.push(Node::new(Data::Document { first: NONE, last: NONE }));
        self.title = NONE;
        self.names.clear();
    }

    /// Drops the tree and gives memory back if it was a huge one.
    pub(crate) fn give_back(&mut self) {
        self.clear();
        self.nodes.shrink_to(KEPT_CAPACITY);
        self.elements.shrink_to(KEPT_CAPACITY);
        self.values.shrink_to(KEPT_CAPACITY);
    }

    /// What the tree takes.
    fn bytes(&self) -> usize {
        self.nodes.len() * NODE_BYTES
            + self.elements.len() * ELEMENT_BYTES
            + self.values.len() * VALUES_BYTES
            + self.names.bytes()
    }

    fn element(&self, node: u32) -> Option<&Element> {
        match self.nodes[node as usize].data {
            Data::Element { index, .. } => Some(&self.elements[index as usize]),
            _ => None,
        }
    }

    fn parent(&self, node: u32) -> u32 {
        self.nodes[node as usize].parent
    }

    fn first_child(&self, node: u32) -> u32 {
        self.nodes[node as usize].data.first()
    }
}

impl<'a> Tree<'a> {
    /// What it takes beside the page.
    pub(crate) fn bytes(&self) -> usize {
        self.arena.bytes()
    }

    pub(crate) fn view(&self, node: u32) -> View<'a> {
        match self.arena.nodes[node as usize].data {
            Data::Document { .. } => View::Document,
            Data::Element { index, .. } => View::Element(&self.arena.elements[index as usize]),
            Data::Text { place, coding } => {
                let raw = place.of(self.html);
                View::Text(Text { raw, coding, has_returns: self.has_returns })
            }
        }
    }

    pub(crate) fn element(&self, node: u32) -> Option<&'a Element> {
        self.arena.element(node)
    }

    pub(crate) fn parent(&self, node: u32) -> u32 {
        self.arena.parent(node)
    }

    pub(crate) fn first_child(&self, node: u32) -> u32 {
        self.arena.first_child(node)
    }

    pub(crate) fn next_sibling(&self, node: u32) -> u32 {
        self.arena.nodes[node as usize].next
    }

    /// The first `title` element of HTML, or [`NONE`].
    pub(crate) fn title(&self) -> u32 {
        self.arena.title
    }

    /// The beginning of the element's name, in lower case.
    pub(crate) fn name(&self, element: &Element) -> &'a str {
        let name = self.arena.names.text(element.name);
        &name[..name.floor_char_boundary(LONGEST_VALUE)]
    }

    /// The beginning of its id.
    pub(crate) fn id(&self, element: &Element) -> Cow<'a, str> {
        self.beginning(element, |values| values.id)
    }

    /// The beginning of its classes.
    pub(crate) fn class(&self, element: &Element) -> Cow<'a, str> {
        self.beginning(element, |values| values.class)
    }

    pub(crate) fn alttext(&self, element: &Element) -> Cow<'a, str> {
        tokenizer::value(self.raw(element, |values| values.alttext))
    }

    fn beginning(&self, element: &Element, which: fn(&Values) -> Span) -> Cow<'a, str> {
        let raw = self.raw(element, which);
        tokenizer::value(&raw[..raw.floor_char_boundary(LONGEST_VALUE)])
    }

    fn raw(&self, element: &Element, which: fn(&Values) -> Span) -> &'a str {
        let values = self.arena.values.get(element.values as usize);
        values.map_or("", |values| which(values).of(self.html))
    }
}

impl Node {
    fn new(data: Data) -> Node {
        Node { parent: NONE, previous: NONE, next: NONE, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in one line: `name(child,child)`, text in quotes.
    fn shape(tree: Tree<'_>, node: u32) -> String {
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
            View::Text(text) => format!("{:?}", text.read()),
        }
    }

    /// Parses a page and looks at the tree.
    fn with<T>(html: &str, look: impl FnOnce(Tree<'_>) -> T) -> T {
        look(Arena::default().parse(html, BUDGET.memory, &mut |_| {}).expect("within its budget"))
    }

    /// The id and class of the first element of that name.
    fn values(html: &str, name: Name) -> (String, String) {
        with(html, |tree| {
            let element = tree.arena.elements.iter().find(|e| e.name == name).expect("an element");
            (tree.id(element).into_owned(), tree.class(element).into_owned())
        })
    }

    #[test]
    fn trees_are_those_of_the_standard() {
        for (html, body) in [
            ("<p>a<p>b", r#"p("a"),p("b")"#),
            ("<b>1<p>2</b>3", r#"b("1"),p(b("2"),"3")"#),
            ("<table>x<b>y</b><tr><td>z", r#""x",b("y"),table(tbody(tr(td("z"))))"#),
            ("<ul><li>a<li>b<ul><li>c</ul></ul>", r#"ul(li("a"),li("b",ul(li("c"))))"#),
            ("<a>1<a>2", r#"a("1"),a("2")"#),
            ("a\0b", r#""a","b""#),
            ("&notit; &#x80; &amp;lt;", "\"¬it; € &lt;\""),
            ("<pre>\n\nx</pre>", r#"pre("\nx")"#),
            ("<textarea><p>x</textarea>y", r#"textarea("<p>x"),"y""#),
            ("<script>if (a<b) '</p>'</script>z", r#"script,"z""#),
            ("<noscript><p>x</noscript>", r#"noscript(p("x"))"#),
            ("<svg><title>t</title><p>q", r#"svg(title("t")),p("q")"#),
            ("<math><annotation-xml encoding=text/html><p>x", r#"math(annotation-xml(p("x")))"#),
            ("<svg><![CDATA[x<y]]></svg>", r#"svg("x<y")"#),
            ("<!--c-->a<!--d-->b", r#""a","b""#),
            ("<xmp><b></xmp><plaintext><i>", r#"xmp("<b>"),plaintext("<i>")"#),
        ] {
            let all = with(&format!("<body>{html}"), |tree| shape(tree, DOCUMENT));
            assert_eq!(all, format!("(html(head,body({body})))"), "{html}");
        }
    }

    #[test]
    fn the_first_of_two_attributes_of_one_name_counts() {
        let got = values("<body><p id=a id=b class='c&lt;\r\n'>x", Name::P);
        assert_eq!(got, ("a".to_owned(), "c<\n".to_owned()));
    }

    #[test]
    fn attributes_of_a_second_body_tag_are_added() {
        let got = values("<body id=a>x<body id=b class=c>", Name::BODY);
        assert_eq!(got, ("a".to_owned(), "c".to_owned()));
    }

    #[test]
    fn a_tree_can_be_used_again() {
        let mut arena = Arena::default();
        arena
            .parse("<title>x</title><p id=a>long text", 9_999, &mut |_| {})
            .expect("within its budget");
        let tree = arena.parse("y", 9_999, &mut |_| {}).expect("within its budget");
        assert_eq!(shape(tree, DOCUMENT), r#"(html(head,body("y")))"#);
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
            let mut arena = Arena::default();
            let (spent, got) = arena.parse_within(&html, BUDGET, &mut |_| {});
            assert_eq!(got.map(|_| ()), outcome, "{name}");
            let bound = 100 * html.len() as u64;
            assert!(spent.steps < bound, "{name}: {spent:?} for {} bytes", html.len());
        }
    }

    #[test]
    fn a_page_beyond_its_budget_is_too_costly() {
        let html = "<p><i>x</i>".repeat(100);
        let outcome_of = |html: &str, budget| {
            Arena::default().parse_within(html, budget, &mut |_| {}).1.map(|_| ())
        };
        for (budget, outcome) in [
            (BUDGET, Ok(())),
            (Budget { memory: 5_000, ..BUDGET }, Err(Outcome::TooCostly)),
            (Budget { steps: 50, ..BUDGET }, Err(Outcome::TooCostly)),
        ] {
            assert_eq!(outcome_of(&html, budget), outcome);
        }
        let names: String = (0..100).map(|number| format!("</x{number}>")).collect();
        for (memory, outcome) in [(100_000, Ok(())), (10_000, Err(Outcome::TooCostly))] {
            let budget = Budget { memory, ..BUDGET };
            assert_eq!(outcome_of(&names, budget), outcome);
        }
    }

    #[test]
    fn text_below_the_guard_is_kept() {
        let html = format!("{}甲{}", "<div>".repeat(2_000), "</div>".repeat(2_000));
        let (shape, deepest) = with(&html, |tree| {
            (shape(tree, DOCUMENT), tree.arena.elements.iter().map(|e| e.depth).max())
        });
        assert!(shape.contains('甲'));
        assert!(deepest <= Some(520), "{deepest:?}");
    }
}
