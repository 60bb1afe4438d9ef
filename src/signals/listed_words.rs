//! Words of a list: how many different ones a text holds, and how much of it they are.
//!
//! Words are looked for in the text as it is written, in one pass, the longest at each place. A
//! word that begins or ends with katakana counts only where no katakana touches that side, and the
//! same holds for ASCII letters and digits: `アス` is not in アスパラガス, `bet` not in `alphabet`.
//! Where a word is turned down, the search goes on one character further.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind};

use super::{COUNT, Column, Family, Lists, Measure, SHARE, share};
use crate::config::{Key, KeyKind, did_you_mean};
use crate::digest::sha256;
use crate::error::{Error, Kind, Result};
use crate::format::document::Document;
use crate::text::classes::{Class, class};
use crate::text::facts::Facts;

/// Words of a list.
pub(super) const FAMILY: ListedWords = ListedWords;

/// See [`FAMILY`].
pub(super) struct ListedWords;

/// The lists that come with Kuroshio.
const LISTS: &[(&str, &str)] = &[("spam_ja", include_str!("../../dictionaries/spam_ja.txt"))];

const COLUMNS: &[Column] = &[
    Column {
        name: "listed_words",
        unit: "words",
        range: COUNT,
        summary: "Different words of the list that stand in the text. Words are looked for as they \
                  are written, ASCII letters in either case, the longest at each place; a word that \
                  begins (ends) with katakana, or with an ASCII letter or digit, counts only where \
                  no such character stands in front of (behind) it.",
        undefined: "Always defined; 0 for an empty text.",
        source: "Uzushio's bad-word filter (LLM-jp Corpus v2), with HojiChar's guard for katakana",
        definition_version: 1,
        of_text: true,
        examples: &[
            ("", 0.0),
            ("オンラインカジノとカジノ、カジノ。", 2.0),
            ("カジノフォーリー", 0.0),
        ],
    },
    Column {
        name: "listed_word_share",
        unit: "share of all characters",
        range: SHARE,
        summary: "Characters inside the words that `listed_words` finds, each occurrence counted, \
                  over all characters.",
        undefined: "Undefined where there is no character.",
        source: "`ng_fraction` of Swallow Corpus v1, over all characters",
        definition_version: 1,
        of_text: true,
        examples: &[("カジノはカジノ", 6.0 / 7.0), ("無関係な文", 0.0)],
    },
];

const KEYS: &[Key] = &[Key {
    name: "list",
    kind: KeyKind::Text,
    default: None,
    required: true,
    unit: "",
    summary: "The word list: `spam_ja`, which comes with Kuroshio, or the path of a file that ends \
              in `.txt`, one word a line, lines that begin with `#` left out.",
}];

impl Family for ListedWords {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn read_lists(&self, parameters: &toml::Table) -> Result<Lists> {
        let name = list_name(parameters)?;
        if ours(name).is_some() {
            return Ok(Lists::new());
        }
        Ok(Lists::from([(name.to_owned(), read_list(name)?)]))
    }

    fn digests(&self, parameters: &toml::Table, lists: &Lists) -> Result<BTreeMap<String, String>> {
        let name = list_name(parameters)?;
        let digest = sha256(list(name, lists)?.as_bytes());
        Ok(BTreeMap::from([(name.to_owned(), digest)]))
    }

    fn open(&self, parameters: &toml::Table, lists: &Lists) -> Result<Box<dyn Measure>> {
        let name = list_name(parameters)?;
        Ok(Box::new(Words::new(name, list(name, lists)?)?))
    }

    fn example(&self) -> &'static str {
        "list = \"spam_ja\""
    }
}

fn list_name(parameters: &toml::Table) -> Result<&str> {
    parameters
        .get("list")
        .and_then(toml::Value::as_str)
        .ok_or_else(|| Error::bug("`listed_words` was opened without a list"))
}

/// The text of a list that comes with Kuroshio.
fn ours(name: &str) -> Option<&'static str> {
    LISTS.iter().find(|(list, _)| *list == name).map(|(_, text)| *text)
}

/// The text of a list, one of ours or one of the user's.
fn list<'l>(name: &str, lists: &'l Lists) -> Result<&'l str> {
    ours(name)
        .or_else(|| lists.get(name).map(String::as_str))
        .ok_or_else(|| Error::bug(format!("the word list `{name}` was not read")))
}

/// Reads a list of the user's.
fn read_list(name: &str) -> Result<String> {
    let names: Vec<&str> = LISTS.iter().map(|(list, _)| *list).collect();
    if !name.ends_with(".txt") {
        let nearest = did_you_mean(name, &names);
        return Err(Error::new(Kind::Config, format!("there is no word list `{name}`"))
            .help(format!("a file of your own ends in `.txt`; {nearest}")));
    }
    std::fs::read_to_string(name).map_err(|cause| {
        Error::new(Kind::Config, format!("cannot read the word list `{name}`: {cause}"))
            .help("one word a line, UTF-8; the path is relative to the working directory")
    })
}

/// A list ready for search, with the words that were seen in the text at hand.
struct Words {
    automaton: AhoCorasick,
    /// The number of the text in which each word was last seen.
    seen: Vec<u64>,
    texts: u64,
}

impl Words {
    fn new(name: &str, list: &str) -> Result<Words> {
        let list = list.strip_prefix('\u{FEFF}').unwrap_or(list);
        let words: Vec<&str> = list
            .lines()
            .map(str::trim)
            .filter(|word| !word.is_empty() && !word.starts_with('#'))
            .collect();
        if words.is_empty() {
            return Err(Error::new(Kind::Config, format!("the word list `{name}` holds no word"))
                .help("one word a line; lines that begin with `#` are left out"));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(&words)
            .map_err(|cause| {
                Error::new(Kind::Config, format!("the word list `{name}` is too large"))
                    .caused_by(cause)
            })?;
        Ok(Words { seen: vec![0; words.len()], automaton, texts: 0 })
    }
}

impl Measure for Words {
    fn measure(&mut self, _: &Document, facts: &Facts, out: &mut [Option<f64>]) {
        let text = facts.text();
        self.texts += 1;
        let (mut different, mut characters) = (0_u64, 0);
        let mut at = 0;
        while let Some(found) =
            self.automaton.find(Input::new(text).range(at..).anchored(Anchored::No))
        {
            let word = &text[found.range()];
            if !stands_alone(text, found.start(), found.end()) {
                at = found.start() + word.chars().next().map_or(1, char::len_utf8);
                continue;
            }
            at = found.end();
            characters += word.chars().count() as u64;
            let seen = &mut self.seen[found.pattern().as_usize()];
            if *seen != self.texts {
                *seen = self.texts;
                different += 1;
            }
        }
        out[0] = Some(different as f64);
        out[1] = share(characters, facts.characters());
    }
}

/// Whether no character touches the word at `from..to` that would make it part of a longer one.
fn stands_alone(text: &str, from: usize, to: usize) -> bool {
    let word = &text[from..to];
    let before = (text[..from].chars().next_back(), word.chars().next());
    let behind = (word.chars().next_back(), text[to..].chars().next());
    [before, behind].into_iter().all(|(left, right)| match (left, right) {
        (Some(left), Some(right)) => !one_word(left, right),
        _ => true,
    })
}

/// Whether two neighbours belong to one word by their looks.
fn one_word(left: char, right: char) -> bool {
    let katakana = |c| matches!(class(c), Class::Katakana | Class::KanaMark | Class::HalfwidthKana);
    let ascii = |c: char| c.is_ascii_alphanumeric();
    (katakana(left) && katakana(right)) || (ascii(left) && ascii(right))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::document;
    use super::*;

    const LIST: &str = "# 試し\nカジノ\nオンラインカジノ\n賭博\nBet\n\nスロット台\n";

    fn found(list: &str, text: &str) -> (f64, f64) {
        let mut words = Words::new("test", list).unwrap();
        let mut facts = Facts::new();
        facts.push(text, &[]);
        let mut out = [None; 2];
        words.measure(&document(""), &facts, &mut out);
        (out[0].unwrap(), (out[1].unwrap_or(0.0) * facts.characters() as f64).round())
    }

    #[test]
    fn words_count_once_each_and_only_where_they_stand_alone() {
        for (text, expected) in [
            ("カジノ", (1.0, 3.0)),
            ("カジノ、カジノ", (1.0, 6.0)),
            ("オンラインカジノで賭博", (2.0, 10.0)),
            ("ネットカジノ", (0.0, 0.0)),
            ("カジノー", (0.0, 0.0)),
            ("カジノで", (1.0, 3.0)),
            ("スーパーオンラインカジノ", (0.0, 0.0)),
            ("スロット台数", (1.0, 5.0)),
            ("bet, BET", (1.0, 6.0)),
            ("alphabet better bet2", (0.0, 0.0)),
            ("ｶﾞカジノ", (0.0, 0.0)),
            ("カジ\nノ", (0.0, 0.0)),
        ] {
            assert_eq!(found(LIST, text), expected, "{text}");
        }
    }

    #[test]
    fn words_of_the_last_text_are_forgotten() {
        let mut words = Words::new("test", LIST).unwrap();
        let mut facts = Facts::new();
        for (text, expected) in [("カジノと賭博", 2.0), ("賭博", 1.0), ("なし", 0.0)] {
            facts.begin();
            facts.push(text, &[]);
            let mut out = [None; 2];
            words.measure(&document(""), &facts, &mut out);
            assert_eq!(out[0], Some(expected), "{text}");
        }
    }

    #[test]
    fn lists_of_ours_are_clean_and_missing_ones_are_named() {
        for (name, text) in LISTS {
            let words: Vec<&str> =
                text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
            assert!(words.len() >= 60, "{name}: {} words", words.len());
            for (at, word) in words.iter().enumerate() {
                assert_eq!(word.trim(), *word);
                assert!(word.chars().count() >= 2, "{name}: {word}");
                assert!(!words[..at].contains(word), "{name}: {word} twice");
            }
        }
        let parameters = |list: &str| toml::Table::from_iter([("list".to_owned(), list.into())]);
        let error = FAMILY.read_lists(&parameters("spam_jp")).err().unwrap();
        assert!(error.help.unwrap().contains("did you mean `spam_ja`?"));
        let error = FAMILY.read_lists(&parameters("no/such/list.txt")).err().unwrap();
        assert!(error.message.contains("no/such/list.txt"), "{}", error.message);
        assert!(Words::new("empty", "# nothing\n").is_err());
    }

    #[test]
    fn a_list_of_ones_own_is_read_and_its_digest_follows_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.txt");
        let name = path.to_str().unwrap().to_owned();
        let parameters = toml::Table::from_iter([("list".to_owned(), name.clone().into())]);
        std::fs::write(&path, "一\n").unwrap();
        let lists = FAMILY.read_lists(&parameters).unwrap();
        let before = FAMILY.digests(&parameters, &lists).unwrap();
        std::fs::write(&path, "二\n").unwrap();
        assert!(FAMILY.open(&parameters, &lists).is_ok());
        assert_eq!(FAMILY.digests(&parameters, &lists).unwrap(), before, "what was read stays");
        let lists = FAMILY.read_lists(&parameters).unwrap();
        let after = FAMILY.digests(&parameters, &lists).unwrap();
        assert_eq!(before.keys().collect::<Vec<_>>(), [&name]);
        assert_ne!(before[&name], after[&name]);
    }

    /// Word by word at every place, the longest that stands alone or the next place.
    fn plain(list: &str, text: &str) -> (f64, f64) {
        let words: Vec<&str> =
            list.lines().filter(|word| !word.is_empty() && !word.starts_with('#')).collect();
        let mut different = std::collections::BTreeSet::new();
        let (mut at, mut characters) = (0, 0);
        while at < text.len() {
            let longest = words
                .iter()
                .filter(|word| {
                    text[at..].get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
                })
                .max_by_key(|word| word.len());
            match longest {
                Some(word) if stands_alone(text, at, at + word.len()) => {
                    different.insert(*word);
                    characters += word.chars().count();
                    at += word.len();
                }
                _ => at += text[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        (different.len() as f64, characters as f64)
    }

    proptest! {
        #[test]
        fn the_automaton_finds_what_the_plain_way_finds(
            text in "(カジノ|オンライン|賭|博|台|スロット|bet|BE|T|ー|の|\n){0,12}",
        ) {
            prop_assert_eq!(found(LIST, &text), plain(LIST, &text));
        }
    }
}
