//! What html5ever's tree builder does, kept in the arena.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeSet;

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

use crate::html;
use crate::html::attributes::{self, Values};
use crate::html::text::{PLAIN, Piece, Span};
use crate::html::{Arena, Budget, DOCUMENT, Data, Element, NONE, Name};

/// Stands for a comment: never stored.
const COMMENT: u32 = NONE - 1;

/// What became of a page.
pub(super) struct Parsed {
    pub(super) arena: Arena,
    /// What the places of the tree are in.
    pub(super) html: String,
    /// What a listener hears.
    pub(super) heard: BTreeSet<String>,
}

/// Fills an [`Arena`] and counts the work.
pub(super) struct Sink {
    arena: RefCell<Arena>,
    /// Stands for the page: all texts and values, these written with references.
    html: RefCell<String>,
    /// The names of its elements as html5ever has them.
    names: RefCell<Vec<QualName>>,
    /// What a listener hears, each once.
    heard: RefCell<BTreeSet<String>>,
    steps: Cell<u64>,
    last_depth: Cell<u32>,
}

impl Sink {
    /// `arena` holds the bare document.
    pub(super) fn new(arena: Arena) -> Sink {
        Sink {
            arena: RefCell::new(arena),
            html: RefCell::default(),
            names: RefCell::default(),
            heard: RefCell::default(),
            steps: Cell::new(0),
            last_depth: Cell::new(0),
        }
    }

    pub(super) fn into_parsed(self) -> Parsed {
        Parsed {
            arena: self.arena.into_inner(),
            html: self.html.into_inner(),
            heard: self.heard.into_inner(),
        }
    }

    /// The name as the arena has it.
    pub(super) fn name(&self, name: &str) -> Name {
        self.arena.borrow_mut().names.name(name)
    }

    /// The depth of the node that was inserted last.
    pub(super) fn last_depth(&self) -> u32 {
        self.last_depth.get()
    }

    /// Whether the budget is spent.
    pub(super) fn is_over(&self, budget: &Budget) -> bool {
        self.steps.get() > budget.steps || self.arena.borrow().bytes() > budget.memory
    }

    /// Stores text; returns its place.
    fn store(&self, text: &str) -> Span {
        let mut html = self.html.borrow_mut();
        let from = html.len();
        html.push_str(text);
        Span::new(from, html.len())
    }

    /// Keeps `id`, `class` and `alttext` where they are not set yet.
    fn keep_values(&self, arena: &mut Arena, element: &mut Element, attributes: &[Attribute]) {
        for attribute in attributes {
            let kept: fn(&mut Values) -> &mut Span = match attribute.name.local {
                local_name!("id") => |values| &mut values.id,
                local_name!("class") => |values| &mut values.class,
                local_name!("alttext") => |values| &mut values.alttext,
                _ => continue,
            };
            let value = attribute.value.replace('&', "&amp;").replace('\r', "&#13;");
            arena.keep_value(element, kept, self.store(&value));
        }
    }

    fn step(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    /// Puts `child` under `parent`, before `before` (`NONE`: at the end).
    fn insert(&self, parent: u32, before: u32, child: NodeOrText<u32>) {
        self.step();
        let mut arena = self.arena.borrow_mut();
        let depth = match child {
            NodeOrText::AppendNode(COMMENT) => return,
            NodeOrText::AppendNode(node) => {
                arena.detach(node);
                arena.link(parent, before, node)
            }
            NodeOrText::AppendText(text) => {
                let piece = Piece { text: &text, place: self.store(&text), coding: PLAIN };
                arena.add_text(parent, before, piece)
            }
        };
        self.last_depth.set(depth);
    }
}

/// An element's name, borrowed from the arena.
#[derive(Debug)]
pub(super) struct Borrowed<'a>(Ref<'a, QualName>);

impl ElemName for Borrowed<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Sink {
    type Handle = u32;
    type Output = Arena;
    type ElemName<'a> = Borrowed<'a>;

    fn finish(self) -> Arena {
        self.arena.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> u32 {
        DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a u32) -> Borrowed<'a> {
        self.step();
        let Data::Element { index, .. } = self.arena.borrow().nodes[*target as usize].data else {
            unreachable!("the tree builder asks for names of elements only")
        };
        Borrowed(Ref::map(self.names.borrow(), |names| &names[index as usize]))
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> u32 {
        let mut arena = self.arena.borrow_mut();
        let is_html = name.ns == ns!(html);
        let namespace = match name.ns {
            ns!(html) => html::Namespace::Html,
            ns!(mathml) => html::Namespace::MathMl,
            _ => html::Namespace::Svg,
        };
        let short = arena.names.name(&name.local);
        let mut element = Element::new(short, namespace);
        let style = attributes.iter().find(|a| a.name.local == local_name!("style"));
        element.hidden = hides(&name.local, &attributes);
        element.link = is_html
            && name.local == local_name!("a")
            && attributes.iter().any(|a| a.name.local == local_name!("href"));
        element.white_space = style.and_then(|style| attributes::white_space(&style.value));
        element.integration_point = flags.mathml_annotation_xml_integration_point;
        if is_html {
            self.heard.borrow_mut().extend(heard(&name.local, &attributes));
        }
        self.names.borrow_mut().push(name);
        self.keep_values(&mut arena, &mut element, &attributes);
        arena.add_element(element)
    }

    fn create_comment(&self, _: StrTendril) -> u32 {
        COMMENT
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> u32 {
        COMMENT
    }

    fn append(&self, parent: &u32, child: NodeOrText<u32>) {
        self.insert(*parent, NONE, child);
    }

    fn append_based_on_parent_node(&self, element: &u32, previous: &u32, child: NodeOrText<u32>) {
        if self.arena.borrow().parent(*element) == NONE {
            self.append(previous, child);
        } else {
            self.append_before_sibling(element, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// Children of a `template` are kept under the element itself, which the walk skips whole.
    fn get_template_contents(&self, target: &u32) -> u32 {
        *target
    }

    fn same_node(&self, x: &u32, y: &u32) -> bool {
        self.step();
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &u32, child: NodeOrText<u32>) {
        let parent = self.arena.borrow().parent(*sibling);
        // A sibling without a parent cannot be stood before; the standard never asks for it.
        if parent != NONE {
            self.insert(parent, *sibling, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &u32, attributes: Vec<Attribute>) {
        let mut arena = self.arena.borrow_mut();
        let Some(mut element) = arena.element(*target).cloned() else { return };
        self.keep_values(&mut arena, &mut element, &attributes);
        if let Some(old) = arena.element_mut(*target) {
            *old = element;
        }
    }

    fn remove_from_parent(&self, target: &u32) {
        self.arena.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &u32, new_parent: &u32) {
        let mut arena = self.arena.borrow_mut();
        loop {
            let child = arena.first_child(*node);
            if child == NONE {
                break;
            }
            self.step();
            arena.detach(child);
            arena.link(*new_parent, NONE, child);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, target: &u32) -> bool {
        self.arena.borrow().element(*target).is_some_and(|element| element.integration_point)
    }

    fn allow_declarative_shadow_roots(&self, _: &u32) -> bool {
        false
    }
}

/// Whether the attributes hide the element.
fn hides(name: &LocalName, attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match attribute.name.local {
        local_name!("hidden") => true,
        local_name!("style") => attributes::hides(&attribute.value),
        local_name!("type") => {
            *name == local_name!("input") && attribute.value.eq_ignore_ascii_case("hidden")
        }
        _ => false,
    })
}

/// What is heard of a start tag, as text.
fn heard(element: &LocalName, attributes: &[Attribute]) -> Option<String> {
    let names = match *element {
        local_name!("a") | local_name!("area") | local_name!("link") => &["rel", "href"][..],
        local_name!("meta") => &["name", "http-equiv", "content"],
        _ => return None,
    };
    let value = |name: &str| {
        attributes.iter().find(|a| &*a.name.local == name).map_or("", |attribute| &attribute.value)
    };
    let values: Vec<&str> = names.iter().copied().map(value).collect();
    (!attributes.is_empty()).then(|| format!("{element} {values:?}"))
}
