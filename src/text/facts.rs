//! Facts about one text that several signals share: characters by class, lines, sentences.
//!
//! A text is its paragraphs, pushed one after the other and joined by line breaks, as the corpus
//! delivers it. Each fact is found when it is first asked for and kept until the next text; the
//! buffers stay from text to text. Characters are Unicode scalar values, and the line breaks
//! between and inside paragraphs are no characters of any count here.

use std::cell::{Cell, OnceCell};

use xxhash_rust::xxh3::xxh3_64;

use super::classes::{Class, class};
use super::mojibake::Damage;
use super::sentences::sentences;

/// What is known of the text at hand. Holds the text and a few numbers a line and sentence.
#[derive(Default)]
pub struct Facts {
    text: String,
    link_characters: u64,
    by_class: OnceCell<[u64; CLASSES]>,
    lines: Lazy<Span>,
    line_hashes: Lazy<u64>,
    sentences: Lazy<Span>,
    damage: OnceCell<Damage>,
}

const CLASSES: usize = Class::Punctuation as usize + 1;

/// A line or sentence: bytes `from..to` of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Its characters.
    pub characters: u64,
}

impl Facts {
    /// Facts of an empty text.
    pub fn new() -> Facts {
        Facts::default()
    }

    /// Forgets the text and begins the next one.
    pub fn begin(&mut self) {
        self.text.clear();
        self.link_characters = 0;
        self.by_class.take();
        self.lines.forget();
        self.line_hashes.forget();
        self.sentences.forget();
        self.damage.take();
    }

    /// Adds a paragraph; `links` are the spans of it inside links, [from, to) in characters, in
    /// order and without overlap. Belongs before the first question about the text.
    pub fn push(&mut self, paragraph: &str, links: &[[u32; 2]]) {
        debug_assert!(self.by_class.get().is_none() && self.lines.value.get().is_none());
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(paragraph);
        self.link_characters += link_characters(paragraph, links);
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The part of the text that `span` names.
    pub fn slice(&self, span: Span) -> &str {
        &self.text[span.from..span.to]
    }

    /// All characters but line breaks.
    pub fn characters(&self) -> u64 {
        self.by_class().iter().sum()
    }

    /// The characters of one class; line breaks are not among [`Class::Space`].
    pub fn count(&self, class: Class) -> u64 {
        self.by_class()[class as usize]
    }

    /// The characters inside links.
    pub fn link_characters(&self) -> u64 {
        self.link_characters
    }

    /// The lines that hold more than white space.
    pub fn lines(&self) -> &[Span] {
        self.lines.get(|lines| {
            let mut from = 0;
            for line in self.text.split('\n') {
                if !line.trim_start().is_empty() {
                    let to = from + line.len();
                    lines.push(Span { from, to, characters: line.chars().count() as u64 });
                }
                from += line.len() + 1;
            }
        })
    }

    /// The XXH3-64 of each of the [`Facts::lines`].
    pub fn line_hashes(&self) -> &[u64] {
        self.line_hashes.get(|hashes| {
            hashes.extend(self.lines().iter().map(|line| xxh3_64(self.slice(*line).as_bytes())));
        })
    }

    /// The sentences, as [`super::sentences`] finds them.
    pub fn sentences(&self) -> &[Span] {
        self.sentences.get(|spans| {
            let start = self.text.as_ptr() as usize;
            spans.extend(sentences(&self.text).map(|sentence| {
                let from = sentence.as_ptr() as usize - start;
                let to = from + sentence.len();
                Span { from, to, characters: sentence.chars().count() as u64 }
            }));
        })
    }

    /// The signs that the text was saved in a wrong encoding.
    pub fn damage(&self) -> &Damage {
        self.damage.get_or_init(|| {
            let mut damage = Damage::default();
            self.text.split('\n').for_each(|line| damage.add(line));
            damage
        })
    }

    fn by_class(&self) -> &[u64; CLASSES] {
        self.by_class.get_or_init(|| {
            let mut counts = [0; CLASSES];
            for c in self.text.chars() {
                counts[class(c) as usize] += 1;
            }
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes()).count() as u64;
            counts[class('\n') as usize] -= breaks;
            counts
        })
    }
}

/// The characters of `paragraph` inside `links` that are no line breaks.
fn link_characters(paragraph: &str, links: &[[u32; 2]]) -> u64 {
    if links.is_empty() {
        return 0;
    }
    let mut links = links.iter();
    let (mut from, mut to) = (0, 0);
    let mut inside = 0;
    for (at, c) in (0_u32..).zip(paragraph.chars()) {
        while at >= to {
            match links.next() {
                Some(next) => [from, to] = *next,
                None => return inside,
            }
        }
        inside += u64::from(at >= from && c != '\n');
    }
    inside
}

/// A list that is filled when it is first asked for, in a buffer that outlives it.
struct Lazy<T> {
    value: OnceCell<Vec<T>>,
    spare: Cell<Vec<T>>,
}

impl<T> Default for Lazy<T> {
    fn default() -> Lazy<T> {
        Lazy { value: OnceCell::new(), spare: Cell::new(Vec::new()) }
    }
}

impl<T> Lazy<T> {
    fn get(&self, fill: impl FnOnce(&mut Vec<T>)) -> &[T] {
        self.value.get_or_init(|| {
            let mut list = self.spare.take();
            fill(&mut list);
            list
        })
    }

    fn forget(&mut self) {
        if let Some(mut list) = self.value.take() {
            list.clear();
            self.spare.set(list);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts(paragraphs: &[&str]) -> Facts {
        let mut facts = Facts::new();
        for paragraph in paragraphs {
            facts.push(paragraph, &[]);
        }
        facts
    }

    #[test]
    fn characters_are_counted_by_class_without_line_breaks() {
        let facts = facts(&["漢字とカナー。", "ｶﾅ 12\nab"]);
        assert_eq!(facts.text(), "漢字とカナー。\nｶﾅ 12\nab");
        assert_eq!(facts.characters(), 14);
        for (class, count) in [
            (Class::Han, 2),
            (Class::Hiragana, 1),
            (Class::Katakana, 2),
            (Class::KanaMark, 1),
            (Class::Stop, 1),
            (Class::HalfwidthKana, 2),
            (Class::Space, 1),
            (Class::AsciiDigit, 2),
            (Class::AsciiLetter, 2),
        ] {
            assert_eq!(facts.count(class), count, "{class:?}");
        }
    }

    #[test]
    fn lines_and_sentences_are_spans_of_the_text() {
        let facts = facts(&["はい。そうです！", " \u{3000}", "はい。"]);
        let lines: Vec<&str> = facts.lines().iter().map(|line| facts.slice(*line)).collect();
        assert_eq!(lines, ["はい。そうです！", "はい。"]);
        let sentences: Vec<(&str, u64)> =
            facts.sentences().iter().map(|span| (facts.slice(*span), span.characters)).collect();
        assert_eq!(sentences, [("はい。", 3), ("そうです！", 5), ("はい。", 3)]);
        assert_eq!(facts.line_hashes().len(), 2);
        assert_ne!(facts.line_hashes()[0], facts.line_hashes()[1]);
    }

    #[test]
    fn links_are_counted_without_the_line_breaks_inside_them() {
        let mut facts = Facts::new();
        facts.push("一二\n三四", &[[1, 4]]);
        facts.push("五六七", &[[0, 1], [2, 3]]);
        facts.push("八", &[[0, 9]]);
        assert_eq!(facts.link_characters(), 2 + 2 + 1);
    }

    #[test]
    fn the_next_text_knows_nothing_of_the_last() {
        let mut facts = Facts::new();
        facts.push("リンク。�", &[[0, 3]]);
        let seen = (facts.lines().len(), facts.sentences().len(), facts.damage().replaced());
        assert_eq!(seen, (1, 2, 1));
        assert_eq!(facts.line_hashes().len(), 1);
        facts.begin();
        assert_eq!((facts.text(), facts.characters(), facts.link_characters()), ("", 0, 0));
        assert_eq!(
            (facts.lines().len(), facts.line_hashes().len(), facts.sentences().len()),
            (0, 0, 0)
        );
        assert_eq!(facts.damage(), &Damage::default());
    }

    proptest! {
        #[test]
        fn counts_are_those_of_the_plain_way(paragraphs in prop::collection::vec("\\PC{0,6}[\n あア。]{0,6}", 0..6)) {
            let facts = facts(&paragraphs.iter().map(String::as_str).collect::<Vec<_>>());
            let text = facts.text();
            let plain = text.chars().filter(|c| *c != '\n').count() as u64;
            prop_assert_eq!(facts.characters(), plain);
            prop_assert_eq!(facts.damage().characters(), plain);
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            let found: Vec<&str> = facts.lines().iter().map(|line| facts.slice(*line).trim_end_matches('\r')).collect();
            prop_assert_eq!(found, lines);
            let found: Vec<&str> = facts.sentences().iter().map(|span| facts.slice(*span)).collect();
            prop_assert_eq!(found, sentences(text).collect::<Vec<_>>());
        }

        #[test]
        fn link_characters_are_those_of_the_plain_way(
            text in "[あ\n]{0,30}",
            mut ends in prop::collection::btree_set(0_u32..35, 0..8),
        ) {
            if ends.len() % 2 == 1 {
                ends.pop_last();
            }
            let ends: Vec<u32> = ends.into_iter().collect();
            let links: Vec<[u32; 2]> = ends.chunks(2).map(|pair| [pair[0], pair[1]]).collect();
            let chars: Vec<char> = text.chars().collect();
            let plain = links
                .iter()
                .flat_map(|[from, to]| (*from..*to).filter_map(|at| chars.get(at as usize)))
                .filter(|c| **c != '\n')
                .count() as u64;
            prop_assert_eq!(link_characters(&text, &links), plain);
        }
    }
}
