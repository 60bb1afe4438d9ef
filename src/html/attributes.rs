//! What the attributes of a tag say about its element.

use super::names::{Name, Namespace};
use super::text::Span;
use super::tokenizer::{Kind, Tag};
use super::{Arena, Element};

/// What a `style` attribute says of white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhiteSpace {
    /// Runs collapse into one space.
    Collapse,
    /// Spaces and line breaks are kept (`white-space: pre*`).
    Keep,
}

/// The element of a start tag in the page `html`; the arena keeps the places of its values.
pub(super) fn element(arena: &mut Arena, namespace: Namespace, tag: &Tag, html: &str) -> Element {
    let mut element = Element::new(tag.name, namespace);
    if tag.attributes.is_empty() {
        return element;
    }
    let is_html = namespace == Namespace::Html;
    for attribute in &tag.attributes {
        match attribute.kind {
            Kind::Hidden => element.hidden = true,
            Kind::Style => {
                let style = attribute.value(html);
                element.hidden |= hides(&style);
                element.white_space = white_space(&style);
            }
            Kind::Type if tag.name == Name::INPUT => {
                element.hidden |= attribute.value(html).eq_ignore_ascii_case("hidden");
            }
            Kind::Href if tag.name == Name::A => element.link = is_html,
            Kind::Encoding if tag.name == Name::ANNOTATION_XML => {
                let encoding = attribute.value(html);
                let holds_html = |kind| encoding.eq_ignore_ascii_case(kind);
                element.integration_point = namespace == Namespace::MathMl
                    && (holds_html("text/html") || holds_html("application/xhtml+xml"));
            }
            _ => {}
        }
    }
    keep_values(arena, &mut element, tag);
    element
}

/// Where the attributes stand that are read later, raw as the page has them; empty where it has none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Values {
    pub(super) id: Span,
    pub(super) class: Span,
    pub(super) alttext: Span,
}

/// Adds `id`, `class` and `alttext` of a second tag to an element, where they are not set yet.
pub(super) fn add(arena: &mut Arena, node: u32, tag: &Tag) {
    let Some(mut element) = arena.element(node).cloned() else { return };
    keep_values(arena, &mut element, tag);
    if let Some(old) = arena.element_mut(node) {
        *old = element;
    }
}

/// Keeps `id`, `class` and `alttext` where they are not set yet.
fn keep_values(arena: &mut Arena, element: &mut Element, tag: &Tag) {
    for attribute in &tag.attributes {
        let kept: fn(&mut Values) -> &mut Span = match attribute.kind {
            Kind::Id => |values| &mut values.id,
            Kind::Class => |values| &mut values.class,
            Kind::AltText => |values| &mut values.alttext,
            _ => continue,
        };
        arena.keep_value(element, kept, attribute.value);
    }
}

/// Whether a style hides its element.
pub(super) fn hides(style: &str) -> bool {
    has(style, "display", |value| value.eq_ignore_ascii_case("none"))
        || has(style, "visibility", |value| value.eq_ignore_ascii_case("hidden"))
}

/// What a style says of white space.
pub(super) fn white_space(style: &str) -> Option<WhiteSpace> {
    let keeps = |value: &str| {
        value.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("pre"))
            || value.eq_ignore_ascii_case("break-spaces")
    };
    if has(style, "white-space", keeps) {
        Some(WhiteSpace::Keep)
    } else if has(style, "white-space", |_| true) {
        Some(WhiteSpace::Collapse)
    } else {
        None
    }
}

/// Whether a style declares `property` with a value that passes.
fn has(style: &str, property: &str, passes: impl Fn(&str) -> bool) -> bool {
    style.split(';').any(|declaration| {
        let Some((name, value)) = declaration.split_once(':') else { return false };
        let value = value.split('!').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case(property) && passes(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_read_by_declaration() {
        for (style, is_hidden) in [
            ("display:none", true),
            ("color:red; DISPLAY : None !important", true),
            ("visibility:hidden;", true),
            ("display:nonesuch", false),
            ("background:url(display:none)", false),
            ("display", false),
            ("opacity:0;font-size:0", false),
        ] {
            assert_eq!(hides(style), is_hidden, "{style}");
        }
    }
}
