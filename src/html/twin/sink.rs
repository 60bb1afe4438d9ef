//! What html5ever's tree builder does, kept in the arena.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeSet;

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

use crate::html;
use crate::html::{Budget, DOCUMENT, Data, Element, NONE, Name, Tree, attributes};

/// Stands for a comment: never stored.
const COMMENT: u32 = NONE - 1;

/// Fills a [`Tree`] and counts the work.
pub(super) struct Sink {
    tree: RefCell<Tree>,
    /// The names of its elements as html5ever has them.
    names: RefCell<Vec<QualName>>,
    /// What a listener hears, each once.
    heard: RefCell<BTreeSet<String>>,
    steps: Cell<u64>,
    last_depth: Cell<u32>,
}

impl Sink {
    /// `tree` holds the bare document.
    pub(super) fn new(tree: Tree) -> Sink {
        Sink {
            tree: RefCell::new(tree),
            names: RefCell::default(),
            heard: RefCell::default(),
            steps: Cell::new(0),
            last_depth: Cell::new(0),
        }
    }

    /// The tree, and what was heard.
    pub(super) fn into_parts(self) -> (Tree, BTreeSet<String>) {
        (self.tree.into_inner(), self.heard.into_inner())
    }

    /// The name as the arena has it.
    pub(super) fn name(&self, name: &str) -> Name {
        self.tree.borrow_mut().names.name(name)
    }

    /// The depth of the node that was inserted last.
    pub(super) fn last_depth(&self) -> u32 {
        self.last_depth.get()
    }

    /// Whether the budget is spent.
    pub(super) fn is_over(&self, budget: &Budget) -> bool {
        let tree = self.tree.borrow();
        self.steps.get() > budget.steps
            || tree.nodes.len() > budget.nodes
            || tree.text.len() > u32::MAX as usize / 2
    }

    fn step(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    /// Puts `child` under `parent`, before `before` (`NONE`: at the end).
    fn insert(&self, parent: u32, before: u32, child: NodeOrText<u32>) {
        self.step();
        let mut tree = self.tree.borrow_mut();
        let depth = match child {
            NodeOrText::AppendNode(COMMENT) => return,
            NodeOrText::AppendNode(node) => {
                tree.detach(node);
                tree.link(parent, before, node)
            }
            NodeOrText::AppendText(text) => tree.add_text(parent, before, &text),
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
    type Output = Tree;
    type ElemName<'a> = Borrowed<'a>;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> u32 {
        DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a u32) -> Borrowed<'a> {
        self.step();
        let Data::Element(index) = self.tree.borrow().nodes[*target as usize].data else {
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
        let mut tree = self.tree.borrow_mut();
        let is_html = name.ns == ns!(html);
        let namespace = match name.ns {
            ns!(html) => html::Namespace::Html,
            ns!(mathml) => html::Namespace::MathMl,
            _ => html::Namespace::Svg,
        };
        let short = tree.names.name(&name.local);
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
        let node = tree.add_element(element);
        keep_values(&mut tree, node, &attributes);
        node
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
        if self.tree.borrow().parent(*element) == NONE {
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
        let parent = self.tree.borrow().parent(*sibling);
        // A sibling without a parent cannot be stood before; the standard never asks for it.
        if parent != NONE {
            self.insert(parent, *sibling, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &u32, attributes: Vec<Attribute>) {
        keep_values(&mut self.tree.borrow_mut(), *target, &attributes);
    }

    fn remove_from_parent(&self, target: &u32) {
        self.tree.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &u32, new_parent: &u32) {
        let mut tree = self.tree.borrow_mut();
        loop {
            let child = tree.first_child(*node);
            if child == NONE {
                break;
            }
            self.step();
            tree.detach(child);
            tree.link(*new_parent, NONE, child);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, target: &u32) -> bool {
        self.tree.borrow().element(*target).is_some_and(|element| element.integration_point)
    }

    fn allow_declarative_shadow_roots(&self, _: &u32) -> bool {
        false
    }
}

/// Keeps `id`, `class` and `alttext` where they are not set yet.
fn keep_values(tree: &mut Tree, node: u32, attributes: &[Attribute]) {
    let Data::Element(index) = tree.nodes[node as usize].data else { return };
    for attribute in attributes {
        let element = &tree.elements[index as usize];
        let kept = match attribute.name.local {
            local_name!("id") => element.id,
            local_name!("class") => element.class,
            local_name!("alttext") => element.alttext,
            _ => continue,
        };
        if kept.0 != kept.1 {
            continue;
        }
        let kept = tree.store(&attribute.value);
        let element = &mut tree.elements[index as usize];
        match attribute.name.local {
            local_name!("id") => element.id = kept,
            local_name!("class") => element.class = kept,
            _ => element.alttext = kept,
        }
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
