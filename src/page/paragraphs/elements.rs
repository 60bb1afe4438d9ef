//! What each element does to the text: breaks it, hides it, or nothing.

use html5ever::{local_name, ns};

use crate::format::document::ParagraphKind;
use crate::page::tree::{Element, NONE, Tree};

/// What an element does to the text in and around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing at all.
    Inline,
    /// Breaks the paragraph at its start and end.
    Block,
    /// A block whose white space is kept.
    Pre,
    /// A table row: a block whose short cells are joined.
    Row,
    /// A table cell.
    Cell,
    /// `br`.
    LineBreak,
    /// `ruby`.
    Ruby,
    /// A reading: `rt`, `rtc`.
    RubyReading,
    /// The bracket round a reading: `rp`.
    RubyBracket,
    /// A formula.
    Math,
    /// Not seen, with all that is in it.
    Hidden,
}

/// The role of an element.
pub(super) fn role(element: &Element) -> Role {
    if element.hidden {
        return Role::Hidden;
    }
    match element.name.ns {
        ns!(html) => html_role(element),
        ns!(mathml) => match element.name.local {
            local_name!("math") => Role::Math,
            local_name!("annotation") | local_name!("annotation-xml") => Role::Hidden,
            _ => Role::Inline,
        },
        _ => Role::Hidden,
    }
}

fn html_role(element: &Element) -> Role {
    match element.name.local {
        local_name!("address")
        | local_name!("article")
        | local_name!("aside")
        | local_name!("blockquote")
        | local_name!("body")
        | local_name!("button")
        | local_name!("caption")
        | local_name!("center")
        | local_name!("dd")
        | local_name!("details")
        | local_name!("dialog")
        | local_name!("dir")
        | local_name!("div")
        | local_name!("dl")
        | local_name!("dt")
        | local_name!("fieldset")
        | local_name!("figcaption")
        | local_name!("figure")
        | local_name!("footer")
        | local_name!("form")
        | local_name!("h1")
        | local_name!("h2")
        | local_name!("h3")
        | local_name!("h4")
        | local_name!("h5")
        | local_name!("h6")
        | local_name!("header")
        | local_name!("hgroup")
        | local_name!("hr")
        | local_name!("html")
        | local_name!("legend")
        | local_name!("li")
        | local_name!("main")
        | local_name!("menu")
        | local_name!("nav")
        | local_name!("ol")
        | local_name!("p")
        | local_name!("search")
        | local_name!("section")
        | local_name!("summary")
        | local_name!("table")
        | local_name!("tbody")
        | local_name!("tfoot")
        | local_name!("thead")
        | local_name!("ul") => Role::Block,
        local_name!("tr") => Role::Row,
        local_name!("td") | local_name!("th") => Role::Cell,
        local_name!("pre")
        | local_name!("listing")
        | local_name!("xmp")
        | local_name!("plaintext") => Role::Pre,
        local_name!("br") => Role::LineBreak,
        local_name!("ruby") => Role::Ruby,
        local_name!("rt") | local_name!("rtc") => Role::RubyReading,
        local_name!("rp") => Role::RubyBracket,
        local_name!("script")
        | local_name!("style")
        | local_name!("template")
        | local_name!("noscript")
        | local_name!("iframe")
        | local_name!("object")
        | local_name!("video")
        | local_name!("audio")
        | local_name!("canvas")
        | local_name!("select")
        | local_name!("option")
        | local_name!("optgroup")
        | local_name!("textarea")
        | local_name!("input")
        | local_name!("datalist")
        | local_name!("head")
        | local_name!("title")
        | local_name!("noembed")
        | local_name!("noframes") => Role::Hidden,
        _ => Role::Inline,
    }
}

/// The kind of a paragraph that begins in `node`: that of the innermost block. A `p` that stands
/// directly in a `blockquote` is the quotation's.
pub(super) fn kind(tree: &Tree, mut node: u32) -> ParagraphKind {
    while node != NONE {
        if let Some(element) = tree.element(node)
            && matches!(role(element), Role::Block | Role::Pre | Role::Row | Role::Cell)
        {
            let is_p = element.name.local == local_name!("p");
            let above = tree.element(tree.parent(node)).filter(|_| is_p);
            return match above {
                Some(above) if above.name.local == local_name!("blockquote") => {
                    ParagraphKind::Quote
                }
                _ => block_kind(element),
            };
        }
        node = tree.parent(node);
    }
    ParagraphKind::P
}

fn block_kind(element: &Element) -> ParagraphKind {
    match element.name.local {
        local_name!("h1") => ParagraphKind::H1,
        local_name!("h2") => ParagraphKind::H2,
        local_name!("h3") => ParagraphKind::H3,
        local_name!("h4") => ParagraphKind::H4,
        local_name!("h5") => ParagraphKind::H5,
        local_name!("h6") => ParagraphKind::H6,
        local_name!("li") => ParagraphKind::Li,
        local_name!("dt") => ParagraphKind::Dt,
        local_name!("dd") => ParagraphKind::Dd,
        local_name!("td") | local_name!("th") => ParagraphKind::Td,
        local_name!("blockquote") => ParagraphKind::Quote,
        local_name!("figcaption") | local_name!("caption") => ParagraphKind::Caption,
        local_name!("button") | local_name!("legend") | local_name!("summary") => {
            ParagraphKind::Other
        }
        _ => ParagraphKind::P,
    }
}
