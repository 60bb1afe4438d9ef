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
