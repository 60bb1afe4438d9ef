//! The edit that folds lines which were broken by hand at a fixed width.
//!
//! Novels, mail magazines and old home pages break their lines with `br`. A break is folded when
//! the line before it is long and does not end a sentence, and the next one begins like prose. The
//! line before counts as it stands after folding, so a second pass finds nothing to fold.

use super::{ApplyEdit, Edit, move_links, number};
use crate::config::{Key, KeyKind};
use crate::format::document::{Paragraph, ParagraphKind};
use crate::text::classes::{is_han, is_kana};
use crate::text::sentences::ends_sentence;
use crate::text::width::break_vanishes;

/// Folds line breaks inside sentences.
pub(super) const EDIT: Edit = Edit {
    name: "fold_hard_wraps",
    summary: "Folds a line break inside a paragraph if the line before it has at least \
              `line_chars` characters and ends neither a sentence nor a quotation (`。！？!?…♪`, \
              closing brackets) and the line after it begins with kana or kanji. The break \
              vanishes between wide characters, else it becomes a space. Paragraphs of kind `pre` \
              stay as they are.",
    keys: &[Key {
        name: "line_chars",
        kind: KeyKind::Integer(1, 10_000),
        default: Some("15"),
        required: false,
        unit: "characters",
        summary: "Least length of a line that goes on in the next one.",
    }],
    version: 1,
    open: |parameters| {
        Box::new(FoldHardWraps { line_chars: number(parameters, "line_chars") as usize })
    },
};

struct FoldHardWraps {
    line_chars: usize,
}

impl ApplyEdit for FoldHardWraps {
    fn apply(&self, paragraphs: &mut Vec<Paragraph>) {
        for paragraph in paragraphs {
            if paragraph.kind != ParagraphKind::Pre && paragraph.text.contains('\n') {
                self.fold(paragraph);
            }
        }
    }
}

impl FoldHardWraps {
    fn fold(&self, paragraph: &mut Paragraph) {
        let mut folded = String::with_capacity(paragraph.text.len());
        let mut removed = Vec::new();
        // Bytes at which the line in the making begins, and its characters.
        let (mut line_start, mut line_chars) = (0, 0);
        let mut lines = paragraph.text.split('\n');
        let first = lines.next().unwrap_or_default();
        folded.push_str(first);
        line_chars += first.chars().count();
        let mut at = line_chars as u32;
        for next in lines {
            // `at` is the place of the line break in front of `next`.
            let ends = folded[line_start..].chars().next_back();
            let begins = next.chars().next();
            match (ends, begins) {
                (Some(left), Some(right))
                    if self.goes_on(&folded[line_start..], line_chars, right) =>
                {
                    if break_vanishes(left, right) {
                        removed.push(at);
                    } else {
                        folded.push(' ');
                        line_chars += 1;
                    }
                }
                _ => {
                    folded.push('\n');
                    (line_start, line_chars) = (folded.len(), 0);
                }
            }
            folded.push_str(next);
            let chars = next.chars().count();
            line_chars += chars;
            at += 1 + chars as u32;
        }
        move_links(&mut paragraph.links, &removed);
        paragraph.text = folded;
    }

    fn goes_on(&self, line: &str, line_chars: usize, next: char) -> bool {
        line_chars >= self.line_chars
            && (is_kana(next) || is_han(next))
            && !ends_sentence(line)
            && !line.ends_with(['」', '』', '）', ')'])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::paragraph;
    use super::*;

    fn folded(text: &str) -> String {
        let mut paragraphs = vec![paragraph(text, &[])];
        FoldHardWraps { line_chars: 15 }.apply(&mut paragraphs);
        paragraphs.remove(0).text
    }

    #[test]
    fn a_break_inside_a_sentence_vanishes_and_every_other_stays() {
        for (text, expected) in [
            (
                "それは長い長い行の途中で折り返された\n文である。",
                "それは長い長い行の途中で折り返された文である。",
            ),
            ("短い行は\n詩かもしれない", "短い行は\n詩かもしれない"),
            (
                "これはここで終わっている長い一文です。\n次の文である。",
                "これはここで終わっている長い一文です。\n次の文である。",
            ),
            (
                "彼女は「これで本当に終わりなのだろう」\nと言った。",
                "彼女は「これで本当に終わりなのだろう」\nと言った。",
            ),
            (
                "これから三つの項目を順に並べていきます\n・一つめ",
                "これから三つの項目を順に並べていきます\n・一つめ",
            ),
            (
                "この本の題名は英語でありその名はRust\nである。",
                "この本の題名は英語でありその名はRust である。",
            ),
            // The second line is short, but it carries on a long one.
            (
                "それは長い長い行の途中で折り返された\n短い\n続き。",
                "それは長い長い行の途中で折り返された短い続き。",
            ),
            (
                "それは長い長い行の途中で折り返された\n\n次の段落",
                "それは長い長い行の途中で折り返された\n\n次の段落",
            ),
        ] {
            assert_eq!(folded(text), expected);
        }
    }

    #[test]
    fn links_stay_on_their_characters() {
        let text = "それは長い長い行の途中で折り返された\n文である。";
        let mut paragraphs = vec![paragraph(text, &[[0, 18], [16, 21], [18, 19], [21, 24]])];
        FoldHardWraps { line_chars: 15 }.apply(&mut paragraphs);
        assert_eq!(paragraphs[0].links, [[0, 18], [16, 20], [20, 23]]);
    }

    #[test]
    fn preformatted_text_stays() {
        let text = "それは長い長い行の途中で折り返された\n文である。";
        let mut paragraphs = vec![paragraph(text, &[])];
        paragraphs[0].kind = ParagraphKind::Pre;
        FoldHardWraps { line_chars: 15 }.apply(&mut paragraphs);
        assert_eq!(paragraphs[0].text, text);
    }
}
