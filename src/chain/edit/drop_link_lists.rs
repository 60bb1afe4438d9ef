//! The edit that drops lists of links.
//!
//! A menu is a run of paragraphs that are links and little else. One such paragraph between others
//! is often a title or a reference and stays; what makes a list is that links follow upon links. A
//! run is as long as it can be, so what stands beside one after it has gone is no link paragraph,
//! and no new run comes about.

use super::{ApplyEdit, Edit, number};
use crate::config::{Key, KeyKind};
use crate::format::document::Paragraph;

/// Drops runs of paragraphs that are mostly links.
pub(super) const EDIT: Edit = Edit {
    name: "drop_link_lists",
    summary: "Drops lists of links. A paragraph is a link paragraph if at least `share` of its \
              characters stand in links; a run of neighbouring link paragraphs is dropped if it \
              holds at least `links` links. Bars between links count as text.",
    keys: &[
        Key {
            name: "share",
            kind: KeyKind::Number(0.01, 1.0),
            default: Some("0.7"),
            required: false,
            unit: "share of characters",
            summary: "Least share of characters in links of a link paragraph.",
        },
        Key {
            name: "links",
            kind: KeyKind::Integer(1, 1_000_000),
            default: Some("3"),
            required: false,
            unit: "links",
            summary: "Least number of links in a run that is dropped.",
        },
    ],
    version: 1,
    open: |parameters| {
        Box::new(DropLinkLists {
            share: number(parameters, "share"),
            links: number(parameters, "links") as usize,
        })
    },
};

struct DropLinkLists {
    share: f64,
    links: usize,
}

impl ApplyEdit for DropLinkLists {
    fn apply(&self, paragraphs: &mut Vec<Paragraph>) {
        // Most documents hold few links: one look at the spans spares them the rest.
        let links: usize = paragraphs.iter().map(|paragraph| paragraph.links.len()).sum();
        if links < self.links {
            return;
        }
        let mut at = 0;
        let mut stays = vec![true; paragraphs.len()];
        while at < paragraphs.len() {
            let run =
                paragraphs[at..].iter().take_while(|paragraph| self.is_link(paragraph)).count();
            let links: usize =
                paragraphs[at..at + run].iter().map(|paragraph| paragraph.links.len()).sum();
            if run > 0 && links >= self.links {
                stays[at..at + run].fill(false);
            }
            at += run.max(1);
        }
        let mut stays = stays.iter();
        paragraphs.retain(|_| *stays.next().unwrap_or(&true));
    }
}

impl DropLinkLists {
    fn is_link(&self, paragraph: &Paragraph) -> bool {
        if paragraph.links.is_empty() {
            return false;
        }
        let characters = paragraph.text.chars().count();
        paragraph.link_characters() as f64 >= self.share * characters as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{paragraph, texts};
    use super::*;

    fn edited(mut paragraphs: Vec<Paragraph>) -> Vec<String> {
        DropLinkLists { share: 0.7, links: 3 }.apply(&mut paragraphs);
        texts(&paragraphs)
    }

    #[test]
    fn a_menu_goes_whether_it_is_many_paragraphs_or_one() {
        let many = vec![
            paragraph("ホーム", &[[0, 3]]),
            paragraph("会社概要", &[[0, 4]]),
            paragraph("採用情報", &[[0, 4]]),
            paragraph("本文です。", &[]),
        ];
        assert_eq!(edited(many), ["本文です。"]);
        let one = vec![
            paragraph("ホーム|会社概要|採用情報", &[[0, 3], [4, 8], [9, 13]]),
            paragraph("本文です。", &[]),
        ];
        assert_eq!(edited(one), ["本文です。"]);
    }

    #[test]
    fn a_link_alone_and_prose_with_links_stay() {
        let prose = vec![
            paragraph("見出し", &[[0, 3]]),
            paragraph("参考", &[[0, 2]]),
            paragraph(
                "一つめと二つめと三つめを読んだ人のための長い説明。",
                &[[0, 3], [4, 7], [8, 11]],
            ),
            paragraph("次の記事", &[[0, 4]]),
        ];
        assert_eq!(edited(prose.clone()), texts(&prose));
    }

    #[test]
    fn the_share_is_a_bound_that_is_reached() {
        let list = |text: &str, to: u32| vec![paragraph(text, &[[0, 1], [1, 2], [2, to]])];
        assert_eq!(edited(list("一二三四五六七八九十", 7)), Vec::<String>::new());
        assert_eq!(edited(list("一二三四五六七八九十", 6)).len(), 1);
    }
}
