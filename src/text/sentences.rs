//! Sentences: where Japanese text ends one, without a dictionary.
//!
//! A sentence ends after a run of the signs 。．！？!?…♪ together with the closing brackets
//! 」』）)”】 that follow one of them, and at every line break. An ASCII full stop never ends one,
//! nor does a ． between two digits. A quotation is not looked into: 「はい。」と言った。 ends after
//! the bracket and again after the second 。, so that a sentence is found from the signs beside it
//! alone, whatever the line holds elsewhere.

/// The sentences of `text`, line by line, white space at their ends off, empty ones left out.
///
/// Signs and closing brackets belong to the sentence they end. What lies between two sentences is
/// white space only, so nothing else of the text is lost.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| Line { rest: line }).map(str::trim).filter(|s| !s.is_empty())
}

/// Whether `text` ends the way a sentence does: closing brackets skipped, with one of 。．！？!?…♪.
#[must_use]
pub fn ends_sentence(text: &str) -> bool {
    text.trim_end().trim_end_matches(is_closing).ends_with(is_terminator)
}

/// What is left of one line.
struct Line<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Line<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let (sentence, rest) = self.rest.split_at(end_of_sentence(self.rest));
        self.rest = rest;
        Some(sentence)
    }
}

/// The byte length of the first sentence of a line that is not empty.
fn end_of_sentence(line: &str) -> usize {
    let mut before = '\0';
    let mut ended = false;
    for (at, c) in line.char_indices() {
        if ended && !is_terminator(c) && !is_closing(c) {
            return at;
        }
        if is_terminator(c) {
            let decimal = c == '．'
                && is_digit(before)
                && line[at + c.len_utf8()..].chars().next().is_some_and(is_digit);
            ended = ended || !decimal;
        }
        before = c;
    }
    line.len()
}

/// The signs that end a sentence.
fn is_terminator(c: char) -> bool {
    matches!(c, '。' | '．' | '！' | '？' | '!' | '?' | '…' | '♪')
}

/// The brackets that still belong to the sentence they close.
fn is_closing(c: char) -> bool {
    matches!(c, '」' | '』' | '）' | ')' | '”' | '】')
}

/// Digits that make a ． between them a decimal point.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sentences(text).collect()
    }

    #[test]
    fn signs_and_closing_brackets_belong_to_the_sentence_they_end() {
        assert_eq!(split("一つ。二つ！三つ"), ["一つ。", "二つ！", "三つ"]);
        assert_eq!(split("わあ！！すごい！？ほんと…。"), ["わあ！！", "すごい！？", "ほんと…。"]);
        assert_eq!(split("「はい。」と言った。"), ["「はい。」", "と言った。"]);
        assert_eq!(split("（終わり。）」。『次。』"), ["（終わり。）」。", "『次。』"]);
        assert_eq!(split("歌う♪踊る♪"), ["歌う♪", "踊る♪"]);
        assert_eq!(split("Yes! No? “Ok!” 。"), ["Yes!", "No?", "“Ok!”", "。"]);
    }

    #[test]
    fn a_line_break_ends_a_sentence_and_white_space_goes() {
        assert_eq!(split(" 一行目\n\n\u{3000}二行目。 三文目 "), ["一行目", "二行目。", "三文目"]);
        assert_eq!(split("。「\n」。"), ["。", "「", "」。"]);
        assert_eq!(split(""), Vec::<&str>::new());
        assert_eq!(split(" \n\u{3000}"), Vec::<&str>::new());
    }

    #[test]
    fn stops_inside_numbers_and_ascii_stops_end_nothing() {
        assert_eq!(split("円周率は３．１４である．次"), ["円周率は３．１４である．", "次"]);
        assert_eq!(split("Ver. 1.2 is out. ok"), ["Ver. 1.2 is out. ok"]);
        assert_eq!(split("答え３．次"), ["答え３．", "次"]);
    }

    #[test]
    fn endings_are_seen_through_closing_brackets() {
        for text in ["です。", "「はい。」", "（笑い。））", "本当?", "ね…", "ら♪ ", "『え！』」"]
        {
            assert!(ends_sentence(text), "{text}");
        }
        for text in ["", "です", "「はい」", "end.", "。 x", "一、", "（", "」"] {
            assert!(!ends_sentence(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost(text in "[あ漢a1１ \u{3000}\n。．！？!?…♪」』）)”】「.]{0,60}") {
            let joined: String = sentences(&text).collect();
            let dense = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(dense(&joined), dense(&text));
            let whole: Vec<&str> = sentences(&text).flat_map(sentences).collect();
            prop_assert_eq!(whole, split(&text));
        }

        #[test]
        fn every_sentence_but_the_last_of_a_line_ends_like_one(
            line in "[あ漢a1１。．！？!?…♪」』）)”】「.]{0,60}",
        ) {
            let all = split(&line);
            for sentence in all.iter().rev().skip(1) {
                prop_assert!(ends_sentence(sentence), "{}", sentence);
            }
        }
    }
}
