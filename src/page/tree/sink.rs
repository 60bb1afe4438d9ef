//! The arena sink: takes what the tree builder does and keeps it in flat vectors.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

use super::{Budget, DOCUMENT, Data, Element, NONE, Node, Tree, attributes};

/// Stands for a comment: never stored.
const COMMENT: u32 = NONE - 1;

/// Fills a [`Tree`] and counts the work.
///
/// A step is one look at an element by the tree builder or one node that moves; every loop of
/// the tree builder that could run long takes steps.
pub(super) struct Sink {
    tree: RefCell<Tree>,
    steps: Cell<u64>,
    last_depth: Cell<u32>,
}

impl Sink {
    /// `tree` holds the bare document.
    pub(super) fn new(tree: Tree) -> Sink {
        Sink { tree: RefCell::new(tree), steps: Cell::new(0), last_depth: Cell::new(0) }
    }

    /// The tree, and the steps it took.
    pub(super) fn into_parts(self) -> (Tree, u64) {
        (self.tree.into_inner(), self.steps.get())
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

impl Tree {
    fn depth(&self, node: u32) -> u32 {
        self.element(node).map_or(0, |element| element.depth)
    }

    /// Links a detached node; returns its depth.
    fn link(&mut self, parent: u32, before: u32, node: u32) -> u32 {
        let last = self.nodes[parent as usize].last;
        let previous = if before == NONE { last } else { self.nodes[before as usize].previous };
        let depth = self.depth(parent) + 1;
        let linked = &mut self.nodes[node as usize];
        (linked.parent, linked.previous, linked.next) = (parent, previous, before);
        if let Data::Element(index) = linked.data {
            self.elements[index as usize].depth = depth;
        }
        match previous {
            NONE => self.nodes[parent as usize].first = node,
            _ => self.nodes[previous as usize].next = node,
        }
        match before {
            NONE => self.nodes[parent as usize].last = node,
            _ => self.nodes[before as usize].previous = node,
        }
        depth
    }

    fn detach(&mut self, node: u32) {
        let Node { parent, previous, next, .. } = self.nodes[node as usize];
        if parent == NONE {
            return;
        }
        match previous {
            NONE => self.nodes[parent as usize].first = next,
            _ => self.nodes[previous as usize].next = next,
        }
        match next {
            NONE => self.nodes[parent as usize].last = previous,
            _ => self.nodes[next as usize].previous = previous,
        }
        let node = &mut self.nodes[node as usize];
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }

    /// Adds text; the text node before it grows if its bytes are the last of the arena.
    fn add_text(&mut self, parent: u32, before: u32, text: &str) -> u32 {
        let depth = self.depth(parent) + 1;
        if self.element(parent).is_some_and(|element| element.drops_text) {
            return depth;
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        let end = self.text.len() as u32;
        let previous = match before {
            NONE => self.nodes[parent as usize].last,
            _ => self.nodes[before as usize].previous,
        };
        if previous != NONE
            && let Data::Text(_, to) = &mut self.nodes[previous as usize].data
            && *to == start
        {
            *to = end;
            return depth;
        }
        self.nodes.push(Node::new(Data::Text(start, end)));
        self.link(parent, before, self.nodes.len() as u32 - 1)
    }

    fn keep(&mut self, value: &str) -> (u32, u32) {
        let start = self.text.len() as u32;
        self.text.push_str(value);
        (start, self.text.len() as u32)
    }

    /// Keeps `id`, `class` and `alttext` where they are not set yet.
    fn keep_values(&mut self, index: usize, attributes: &[Attribute]) {
        for attribute in attributes {
            let kept = match attribute.name.local {
                local_name!("id") => self.elements[index].id,
                local_name!("class") => self.elements[index].class,
                local_name!("alttext") => self.elements[index].alttext,
                _ => continue,
            };
            if kept.0 != kept.1 {
                continue;
            }
            let kept = self.keep(&attribute.value);
            let element = &mut self.elements[index];
            match attribute.name.local {
                local_name!("id") => element.id = kept,
                local_name!("class") => element.class = kept,
                _ => element.alttext = kept,
            }
        }
    }
}

/// An element's name, borrowed from the arena.
#[derive(Debug)]
pub(super) struct Name<'a>(Ref<'a, QualName>);

impl ElemName for Name<'_> {
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
    type ElemName<'a> = Name<'a>;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> u32 {
        DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a u32) -> Name<'a> {
        self.step();
        Name(Ref::map(self.tree.borrow(), |tree| {
            let Data::Element(index) = tree.nodes[*target as usize].data else {
                unreachable!("the tree builder asks for names of elements only")
            };
            &tree.elements[index as usize].name
        }))
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> u32 {
        let mut tree = self.tree.borrow_mut();
        let is_html = name.ns == ns!(html);
        let local = &name.local;
        let element = Element {
            id: (0, 0),
            class: (0, 0),
            alttext: (0, 0),
            depth: 0,
            hidden: attributes::hides(local, &attributes),
            link: is_html
                && *local == local_name!("a")
                && attributes.iter().any(|a| a.name.local == local_name!("href")),
            white_space: attributes::white_space(&attributes),
            drops_text: matches!(*local, local_name!("script") | local_name!("style")),
            integration_point: flags.mathml_annotation_xml_integration_point,
            name,
        };
        let index = tree.elements.len();
        let node = tree.nodes.len() as u32;
        if tree.title == NONE && is_html && element.name.local == local_name!("title") {
            tree.title = node;
        }
        if is_html {
            attributes::hear(&mut tree.rights, &element.name.local, &attributes);
        }
        tree.elements.push(element);
        tree.nodes.push(Node::new(Data::Element(index as u32)));
        tree.keep_values(index, &attributes);
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
        let mut tree = self.tree.borrow_mut();
        if let Data::Element(index) = tree.nodes[*target as usize].data {
            tree.keep_values(index as usize, &attributes);
        }
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
