//! How nodes are made, linked and taken out of the arena.

use super::names::{Name, Namespace};
use super::{Data, Element, NONE, Node, Tree};

impl Element {
    /// An element without attributes.
    pub(super) fn new(name: Name, namespace: Namespace) -> Element {
        Element {
            name,
            namespace,
            id: (0, 0),
            class: (0, 0),
            alttext: (0, 0),
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

impl Tree {
    /// A node for the element, which stands nowhere yet.
    pub(super) fn add_element(&mut self, element: Element) -> u32 {
        let node = self.nodes.len() as u32;
        if self.title == NONE && element.name == Name::TITLE && element.namespace == Namespace::Html
        {
            self.title = node;
        }
        self.nodes.push(Node::new(Data::Element(self.elements.len() as u32)));
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
            if let Data::Element(index) = self.nodes[node as usize].data {
                self.elements[index as usize].depth = depth;
            }
        }
    }

    pub(super) fn set_open(&mut self, node: u32, is_open: bool) {
        if let Data::Element(index) = self.nodes[node as usize].data {
            self.elements[index as usize].is_open = is_open;
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

    /// Takes a node, with all that is in it, out of its place.
    pub(super) fn detach(&mut self, node: u32) {
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
    pub(super) fn add_text(&mut self, parent: u32, before: u32, text: &str) -> u32 {
        let depth = self.depth(parent) + 1;
        if self.element(parent).is_some_and(|element| element.drops_text) {
            return depth;
        }
        let (start, end) = self.store(text);
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

    /// Stores text in the arena; returns its place.
    pub(super) fn store(&mut self, value: &str) -> (u32, u32) {
        let start = self.text.len() as u32;
        self.text.push_str(value);
        (start, self.text.len() as u32)
    }
}
