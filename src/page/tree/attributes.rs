//! The few attributes that extraction asks for, and what they say.

use html5ever::{Attribute, LocalName, local_name};

use crate::format::document::Rights;
use crate::page::publisher;

/// What a `style` attribute says of white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum WhiteSpace {
    /// Runs collapse into one space.
    Collapse,
    /// Spaces and line breaks are kept (`white-space: pre*`).
    Keep,
}

/// Whether the tree builder or the sink looks at an attribute of this name and value on elements of
/// this name.
///
/// Formatting elements keep all of theirs: two are the same to the standard only if all
/// attributes are.
pub(super) fn is_wanted(element: &LocalName, attribute: &[u8], value: &[u8]) -> bool {
    match attribute {
        b"id" | b"class" | b"hidden" | b"style" | b"type" | b"alttext" | b"encoding" | b"form" => {
            true
        }
        b"name" | b"http-equiv" if *element == local_name!("meta") => {
            str::from_utf8(value).is_ok_and(publisher::is_heard)
        }
        b"content" if *element == local_name!("meta") => true,
        b"rel" if is_reference(element) => str::from_utf8(value).is_ok_and(publisher::is_license),
        b"href" if is_reference(element) => true,
        _ => is_formatting(element),
    }
}

/// Elements besides `a` whose links may name a licence.
fn is_reference(name: &LocalName) -> bool {
    matches!(*name, local_name!("link") | local_name!("area"))
}

/// Hears what an element says about uses of the page.
pub(super) fn hear(rights: &mut Rights, element: &LocalName, attributes: &[Attribute]) {
    let value = |name: LocalName| {
        attributes.iter().find(|attribute| attribute.name.local == name).map_or("", |a| &*a.value)
    };
    if *element == local_name!("meta") {
        let pragma = value(local_name!("http-equiv"));
        let content = value(local_name!("content"));
        publisher::meta(rights, value(local_name!("name")), pragma, content);
    } else if *element == local_name!("a") || is_reference(element) {
        publisher::link(rights, value(local_name!("rel")), value(local_name!("href")));
    }
}

/// The elements of the standard's list of active formatting elements.
fn is_formatting(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("a")
            | local_name!("b")
            | local_name!("big")
            | local_name!("code")
            | local_name!("em")
            | local_name!("font")
            | local_name!("i")
            | local_name!("nobr")
            | local_name!("s")
            | local_name!("small")
            | local_name!("strike")
            | local_name!("strong")
            | local_name!("tt")
            | local_name!("u")
    )
}

/// Whether the attributes hide the element.
pub(super) fn hides(name: &LocalName, attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match attribute.name.local {
        local_name!("hidden") => true,
        local_name!("style") => {
            has(&attribute.value, "display", |v| v.eq_ignore_ascii_case("none"))
                || has(&attribute.value, "visibility", |v| v.eq_ignore_ascii_case("hidden"))
        }
        local_name!("type") => {
            *name == local_name!("input") && attribute.value.eq_ignore_ascii_case("hidden")
        }
        _ => false,
    })
}

/// What the `style` attribute says of white space.
pub(super) fn white_space(attributes: &[Attribute]) -> Option<WhiteSpace> {
    let style = attributes.iter().find(|a| a.name.local == local_name!("style"))?;
    let keeps = |value: &str| {
        value.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("pre"))
            || value.eq_ignore_ascii_case("break-spaces")
    };
    if has(&style.value, "white-space", keeps) {
        Some(WhiteSpace::Keep)
    } else if has(&style.value, "white-space", |_| true) {
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
        for (style, hides) in [
            ("display:none", true),
            ("color:red; DISPLAY : None !important", true),
            ("visibility:hidden;", true),
            ("display:nonesuch", false),
            ("background:url(display:none)", false),
            ("display", false),
            ("opacity:0;font-size:0", false),
        ] {
            let got = has(style, "display", |v| v.eq_ignore_ascii_case("none"))
                || has(style, "visibility", |v| v.eq_ignore_ascii_case("hidden"));
            assert_eq!(got, hides, "{style}");
        }
    }
}
