//! What each element does to the text: breaks it, hides it, or nothing.

use crate::format::document::ParagraphKind;
use crate::html::{Element, NONE, Name, Namespace, Tree};

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
    match element.namespace {
        Namespace::Html => html_role(element),
        Namespace::MathMl => match element.name {
            Name::MATH => Role::Math,
            Name::ANNOTATION | Name::ANNOTATION_XML => Role::Hidden,
            _ => Role::Inline,
        },
        Namespace::Svg => Role::Hidden,
    }
}

fn html_role(element: &Element) -> Role {
    match element.name {
        Name::ADDRESS
        | Name::ARTICLE
        | Name::ASIDE
        | Name::BLOCKQUOTE
        | Name::BODY
        | Name::BUTTON
        | Name::CAPTION
        | Name::CENTER
        | Name::DD
        | Name::DETAILS
        | Name::DIALOG
        | Name::DIR
        | Name::DIV
        | Name::DL
        | Name::DT
        | Name::FIELDSET
        | Name::FIGCAPTION
        | Name::FIGURE
        | Name::FOOTER
        | Name::FORM
        | Name::H1
        | Name::H2
        | Name::H3
        | Name::H4
        | Name::H5
        | Name::H6
        | Name::HEADER
        | Name::HGROUP
        | Name::HR
        | Name::HTML
        | Name::LEGEND
        | Name::LI
        | Name::MAIN
        | Name::MENU
        | Name::NAV
        | Name::OL
        | Name::P
        | Name::SEARCH
        | Name::SECTION
        | Name::SUMMARY
        | Name::TABLE
        | Name::TBODY
        | Name::TFOOT
        | Name::THEAD
        | Name::UL => Role::Block,
        Name::TR => Role::Row,
        Name::TD | Name::TH => Role::Cell,
        Name::PRE | Name::LISTING | Name::XMP | Name::PLAINTEXT => Role::Pre,
        Name::BR => Role::LineBreak,
        Name::RUBY => Role::Ruby,
        Name::RT | Name::RTC => Role::RubyReading,
        Name::RP => Role::RubyBracket,
        Name::SCRIPT
        | Name::STYLE
        | Name::TEMPLATE
        | Name::NOSCRIPT
        | Name::IFRAME
        | Name::OBJECT
        | Name::VIDEO
        | Name::AUDIO
        | Name::CANVAS
        | Name::SELECT
        | Name::OPTION
        | Name::OPTGROUP
        | Name::TEXTAREA
        | Name::INPUT
        | Name::DATALIST
        | Name::HEAD
        | Name::TITLE
        | Name::NOEMBED
        | Name::NOFRAMES => Role::Hidden,
        _ => Role::Inline,
    }
}

/// Elements that are looked at for the block a text stands in. Nothing but a page made for it nests
/// deeper without one.
const MOST_ANCESTORS: usize = 1_000;

/// The kind of a paragraph that begins in `node`: that of the innermost block. A `p` that stands
/// directly in a `blockquote` is the quotation's.
pub(super) fn kind(tree: Tree<'_>, mut node: u32) -> ParagraphKind {
    for _ in 0..MOST_ANCESTORS {
        if node == NONE {
            break;
        }
        if let Some(element) = tree.element(node)
            && matches!(role(element), Role::Block | Role::Pre | Role::Row | Role::Cell)
        {
            let is_p = element.name == Name::P;
            let above = tree.element(tree.parent(node)).filter(|_| is_p);
            return match above {
                Some(above) if above.name == Name::BLOCKQUOTE => ParagraphKind::Quote,
                _ => block_kind(element),
            };
        }
        node = tree.parent(node);
    }
    ParagraphKind::P
}

fn block_kind(element: &Element) -> ParagraphKind {
    match element.name {
        Name::H1 => ParagraphKind::H1,
        Name::H2 => ParagraphKind::H2,
        Name::H3 => ParagraphKind::H3,
        Name::H4 => ParagraphKind::H4,
        Name::H5 => ParagraphKind::H5,
        Name::H6 => ParagraphKind::H6,
        Name::LI => ParagraphKind::Li,
        Name::DT => ParagraphKind::Dt,
        Name::DD => ParagraphKind::Dd,
        Name::TD | Name::TH => ParagraphKind::Td,
        Name::BLOCKQUOTE => ParagraphKind::Quote,
        Name::FIGCAPTION | Name::CAPTION => ParagraphKind::Caption,
        Name::BUTTON | Name::LEGEND | Name::SUMMARY => ParagraphKind::Other,
        _ => ParagraphKind::P,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Reader;

    #[test]
    fn the_block_of_a_text_is_looked_for_so_far_and_no_farther() {
        for (depth, kind) in [(MOST_ANCESTORS - 10, ParagraphKind::Li), (5_000, ParagraphKind::P)] {
            // In a formula nothing ends a style but its end tag.
            let page = format!("<li><math>{}<mi>x", "<style>".repeat(depth));
            let page = Reader::new().html(&page).unwrap();
            assert_eq!(page.paragraphs[0].kind, kind, "{depth}");
        }
    }
}
