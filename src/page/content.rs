//! Which paragraphs are main content.

use crate::format::document::Paragraph;

/// Elements whose text is never main content.
const FRAME: &[&str] = &["nav", "header", "footer", "aside", "form", "button"];

/// Sets `main` on every paragraph of a page: text outside the page's frame of which less than
/// half is links.
pub fn mark_main(paragraphs: &mut [Paragraph]) {
    for paragraph in paragraphs {
        let in_frame = paragraph
            .path
            .split('>')
            .any(|element| FRAME.contains(&element.split(['#', '.']).next().unwrap_or_default()));
        let length = paragraph.text.chars().count();
        paragraph.main = Some(!in_frame && 2 * paragraph.link_characters() < length);
    }
}
