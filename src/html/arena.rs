//! How nodes are made, linked and taken out of the arena.

use super::attributes::Values;
use super::names::{FOSTERS, Name, Namespace};
use super::text::{Piece, Span};
use super::{Arena, Data, Element, NONE, Node};

impl Element {
    /// An element without attributes.
    pub(super) fn new(name: Name, namespace: Namespace) -> Element {
        Element {
            name,
            namespace,
            values: NONE,
            depth: 0,
            hidden: false,
            link: false,
            white_space: None,
            drops_text: matches!(name, Name::SCRIPT | Name::STYLE),
            integration_point: false,
            is_open: false,
        }
    }
}

impl Arena {
    /// A node for the element, which stands nowhere yet.
    pub(super) fn add_element(&mut self, element: Element) -> u32 {
        let node = self.nodes.len() as u32;
        if self.title == NONE && element.name == Name::TITLE && element.namespace == Namespace::Html
        {
            self.title = node;
        }
        let index = self.elements.len() as u32;
        self.nodes.push(Node::new(Data::Element { first: NONE, last: NONE, index }));
        self.elements.push(element);
        node
    }

    /// A new element like that of `node`, without its children and its place.
    pub(super) fn copy_element(&mut self, node: u32) -> u32 {
        match self.element(node) {
            Some(element) => self.add_element(Element { is_open: false, ..element.clone() }),
            None => node,
        }
    }

    /// Sets the depths right below `top`, which was put somewhere, along the first children to
    /// `bottom`.
    pub(super) fn correct_depths(&mut self, top: u32, bottom: u32) {
        let mut node = top;
        while node != bottom && self.first_child(node) != NONE {
            let depth = self.depth(node) + 1;
            node = self.first_child(node);
            self.set_depth(node, depth);
        }
    }

    pub(super) fn set_open(&mut self, node: u32, is_open: bool) {
        if let Some(element) = self.element_mut(node) {
            element.is_open = is_open;
        }
    }

    fn set_depth(&mut self, node: u32, depth: u32) {
        if let Some(element) = self.element_mut(node) {
            element.depth = depth;
        }
    }

    pub(super) fn element_mut(&mut self, node: u32) -> Option<&mut Element> {
        match self.nodes[node as usize].data {
            Data::Element { index, .. } => Some(&mut self.elements[index as usize]),
            _ => None,
        }
    }

    pub(super) fn is_open(&self, node: u32) -> bool {
        self.element(node).is_some_and(|element| element.is_open)
    }

    pub(super) fn namespace(&self, node: u32) -> Namespace {
        self.element(node).map_or(Namespace::Html, |element| element.namespace)
    }

    pub(super) fn is_integration_point(&self, node: u32) -> bool {
        self.element(node).is_some_and(|element| element.integration_point)
    }

    pub(super) fn depth(&self, node: u32) -> u32 {
        self.element(node).map_or(0, |element| element.depth)
    }

    /// Links a detached node under `parent`, before `before` or, if that is [`NONE`], at the end;
    /// returns its depth.
    pub(super) fn link(&mut self, parent: u32, before: u32, node: u32) -> u32 {
        let previous = self.before(parent, before);
        let depth = self.depth(parent) + 1;
        let linked = &mut self.nodes[node as usize];
        (linked.parent, linked.previous, linked.next) = (parent, previous, before);
        self.set_depth(node, depth);
        self.join(parent, previous, node);
        self.join_back(parent, node, before);
        depth
    }

    /// Takes a node, with all that is in it, out of its place.
    pub(super) fn detach(&mut self, node: u32) {
        let Node { parent, previous, next, .. } = self.nodes[node as usize];
        if parent == NONE {
            return;
        }
        self.join(parent, previous, next);
        self.join_back(parent, previous, next);
        let node = &mut self.nodes[node as usize];
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }

    /// The sibling that stands before `before`, or last if that is [`NONE`].
    fn before(&self, parent: u32, before: u32) -> u32 {
        match before {
            NONE => self.nodes[parent as usize].data.last(),
            _ => self.nodes[before as usize].previous,
        }
    }

    /// Lets `next` follow `previous`, or stand first if that is [`NONE`].
    fn join(&mut self, parent: u32, previous: u32, next: u32) {
        match previous {
            NONE => self.nodes[parent as usize].data.set_first(next),
            _ => self.nodes[previous as usize].next = next,
        }
    }

    /// Lets `previous` stand before `next`, or last if that is [`NONE`].
    fn join_back(&mut self, parent: u32, previous: u32, next: u32) {
        match next {
            NONE => self.nodes[parent as usize].data.set_last(previous),
            _ => self.nodes[next as usize].previous = previous,
        }
    }

    /// Adds text; the text node before it grows if this is how the page goes on. White space between
    /// the parts of a table is never seen.
    pub(super) fn add_text(&mut self, parent: u32, before: u32, piece: Piece<'_>) -> u32 {
        let depth = self.depth(parent) + 1;
        let drops = |element: &Element| {
            let is_in_table = element.name.categories_in(element.namespace) & FOSTERS != 0;
            element.drops_text || is_in_table && piece.is_blank()
        };
        if self.element(parent).is_some_and(drops) {
            return depth;
        }
        let previous = self.before(parent, before);
        if previous != NONE
            && let Data::Text { place, coding } = &mut self.nodes[previous as usize].data
            && place.to == piece.place.from
        {
            place.to = piece.place.to;
            *coding |= piece.coding;
            return depth;
        }
        self.nodes.push(Node::new(Data::Text { place: piece.place, coding: piece.coding }));
        self.link(parent, before, self.nodes.len() as u32 - 1)
    }
}

impl Arena {
    /// Keeps the place of a value, if none stands there yet.
    pub(super) fn keep_value(
        &mut self,
        element: &mut Element,
        kept: impl Fn(&mut Values) -> &mut Span,
        value: Span,
    ) {
        if element.values == NONE {
            element.values = self.values.len() as u32;
            self.values.push(Values::default());
        }
        let kept = kept(&mut self.values[element.values as usize]);
        if kept.is_empty() {
            *kept = value;
        }
    }
}

impl Data {
    pub(super) fn first(&self) -> u32 {
        match *self {
            Data::Document { first, .. } | Data::Element { first, .. } => first,
            Data::Text { .. } => NONE,
        }
    }

    fn last(&self) -> u32 {
        match *self {
            Data::Document { last, .. } | Data::Element { last, .. } => last,
            Data::Text { .. } => NONE,
        }
    }

    fn set_first(&mut self, node: u32) {
        if let Data::Document { first, .. } | Data::Element { first, .. } = self {
            *first = node;
        }
    }

    fn set_last(&mut self, node: u32) {
        if let Data::Document { last, .. } | Data::Element { last, .. } = self {
            *last = node;
        }
    }
}
