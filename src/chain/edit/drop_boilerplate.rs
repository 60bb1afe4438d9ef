//! The edit that drops what extraction marked as boilerplate.

use super::{ApplyEdit, Edit};
use crate::format::document::Paragraph;

/// Drops paragraphs that are no main content.
pub(super) const EDIT: Edit = Edit {
    name: "drop_boilerplate",
    summary: "Drops every paragraph that extraction marked as no main content \
              (`extract.main_content = \"mark\"`); changes nothing where nothing was marked.",
    keys: &[],
    version: 1,
    open: |_| Box::new(DropBoilerplate),
};

struct DropBoilerplate;

impl ApplyEdit for DropBoilerplate {
    fn apply(&self, paragraphs: &mut Vec<Paragraph>) {
        paragraphs.retain(|paragraph| paragraph.main != Some(false));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{paragraph, texts};
    use super::*;

    #[test]
    fn only_what_is_marked_as_boilerplate_goes() {
        let mut paragraphs =
            vec![paragraph("本文", &[]), paragraph("目次", &[]), paragraph("？", &[])];
        paragraphs[0].main = Some(true);
        paragraphs[1].main = Some(false);
        DropBoilerplate.apply(&mut paragraphs);
        assert_eq!(texts(&paragraphs), ["本文", "？"]);
    }
}
