//! The HTML standard's tokenizer over a whole page that lies in memory.
//!
//! Text and attributes come as places in the page, so that nothing is copied before somebody
//! wants it. In raw text only its end tag ends it; the text of a script is skipped, because the
//! tree would drop it. The standard turns carriage returns into line feeds before it looks at
//! anything; here they are white space like them, and become line feeds where a text is read.

use memchr::{memchr, memchr2, memchr2_iter, memmem};

use super::names::{Name, Names};
use super::text::{Coding, NUL, PLAIN, Piece, REFERENCES, Span};

mod doctype;
mod references;
mod script;
mod tag;

pub(super) use references::read as read_reference;
pub(crate) use tag::Kind;
pub(super) use tag::{Tag, value};

/// How the tree builder wants the page to be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Tags, references, comments.
    Data,
    /// References, and the one end tag (`title`, `textarea`).
    RcData,
    /// Nothing but the one end tag.
    RawText,
    /// As raw text, with the comments of scripts.
    Script,
    /// Text to the end of the page.
    PlainText,
}

/// What the tree builder is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Without NUL and references, perhaps empty; the text may go on in the next token.
    Text(Piece<'a>),
    /// The characters of a reference, or what stands for a NUL in raw text.
    Character(Character),
    /// Where it stands.
    Nul(Span),
    /// A start or end tag: [`Tokenizer::tag`].
    Tag,
    Comment,
    /// Whether it asks for quirks mode.
    Doctype(bool),
    End,
}

/// One or two characters that are written in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Character {
    first: char,
    second: Option<char>,
    place: Span,
    coding: Coding,
}

impl Character {
    /// The characters as a piece of text, written into `buffer`.
    pub(super) fn piece<'b>(&self, buffer: &'b mut [u8; 8]) -> Piece<'b> {
        let first = self.first.encode_utf8(buffer).len();
        let second = self.second.map_or(0, |c| c.encode_utf8(&mut buffer[first..]).len());
        let text = std::str::from_utf8(&buffer[..first + second]).unwrap_or_default();
        Piece { text, place: self.place, coding: self.coding }
    }
}

pub(super) struct Tokenizer<'a> {
    html: &'a str,
    at: usize,
    has_nul: bool,
    /// Where the text ends that is being read in pieces; nothing, if not behind [`Self::at`].
    run_end: usize,
    /// Whether that text is a CDATA section's.
    in_cdata: bool,
    tag: Tag,
}

impl<'a> Tokenizer<'a> {
    /// Begins at the start of `html`.
    pub(super) fn new(html: &'a str) -> Tokenizer<'a> {
        let has_nul = memchr(0, html.as_bytes()).is_some();
        Tokenizer { html, at: 0, has_nul, run_end: 0, in_cdata: false, tag: Tag::default() }
    }

    /// The tag that [`Token::Tag`] stands for.
    pub(super) fn tag(&self) -> &Tag {
        &self.tag
    }

    /// The next token. `raw` is the element whose raw text is read, `in_foreign` says whether the
    /// current node is one of MathML or SVG.
    #[inline]
    pub(super) fn next(
        &mut self,
        content: Content,
        raw: Name,
        in_foreign: bool,
        names: &mut Names,
    ) -> Token<'a> {
        if content == Content::Data {
            return self.data(in_foreign, names);
        }
        match self.raw(content, raw, names) {
            Token::Nul(place) => {
                Token::Character(Character { first: '\u{FFFD}', second: None, place, coding: NUL })
            }
            token => token,
        }
    }

    fn raw(&mut self, content: Content, raw: Name, names: &mut Names) -> Token<'a> {
        if self.at < self.run_end {
            return self.run();
        }
        let Some(&next) = self.html.as_bytes().get(self.at) else { return Token::End };
        let end = self.raw_end(content, names.text(raw));
        if self.at == end {
            // The end tag may be cut off by the end of the page.
            return if self.read_tag(true, names) { Token::Tag } else { Token::End };
        }
        match content {
            Content::Script => {
                self.at = end;
                Token::Text(self.plain(end, end))
            }
            Content::RcData if next == b'&' => self.reference(),
            _ => self.text(end),
        }
    }

    fn data(&mut self, in_foreign: bool, names: &mut Names) -> Token<'a> {
        if self.at < self.run_end {
            return self.run();
        }
        loop {
            let bytes = self.html.as_bytes();
            match bytes.get(self.at) {
                None => return Token::End,
                Some(b'<') => {
                    if let Some(token) = self.markup(in_foreign, names) {
                        return token;
                    }
                }
                Some(b'&') => return self.reference(),
                Some(_) => {
                    let length = memchr2(b'<', b'&', &bytes[self.at..]);
                    let end = length.map_or(bytes.len(), |length| self.at + length);
                    return self.text(end);
                }
            }
        }
    }

    /// The text up to `end`; with a NUL in it the first piece of it.
    #[inline]
    fn text(&mut self, end: usize) -> Token<'a> {
        if self.has_nul {
            self.run_end = end;
            return self.run();
        }
        let text = self.plain(self.at, end);
        self.at = end;
        Token::Text(text)
    }

    fn plain(&self, from: usize, to: usize) -> Piece<'a> {
        Piece { text: &self.html[from..to], place: Span::new(from, to), coding: PLAIN }
    }

    /// The next piece of a text: up to a NUL, or that NUL.
    #[cold]
    fn run(&mut self) -> Token<'a> {
        let at = self.at;
        let length = memchr(0, &self.html.as_bytes()[at..self.run_end]);
        let length = length.unwrap_or(self.run_end - at);
        let token = if length == 0 && at < self.run_end {
            self.at += 1;
            Token::Nul(Span::new(at, at + 1))
        } else {
            self.at += length;
            Token::Text(self.plain(at, at + length))
        };
        if self.in_cdata && self.at == self.run_end {
            self.in_cdata = false;
            self.at = self.html.len().min(self.at + 3);
        }
        token
    }

    /// Reads what begins with `<`; `None` if it stands for nothing or the page ends in it.
    fn markup(&mut self, in_foreign: bool, names: &mut Names) -> Option<Token<'a>> {
        let bytes = self.html.as_bytes();
        match bytes.get(self.at + 1) {
            Some(byte) if byte.is_ascii_alphabetic() => {
                return self.read_tag(false, names).then_some(Token::Tag);
            }
            Some(b'/') => match bytes.get(self.at + 2) {
                Some(byte) if byte.is_ascii_alphabetic() => {
                    return self.read_tag(true, names).then_some(Token::Tag);
                }
                Some(b'>') => {
                    self.at += 3;
                    return None;
                }
                Some(_) => self.skip_past_bracket(2),
                None => return Some(self.text(bytes.len())),
            },
            Some(b'!') => return Some(self.declaration(in_foreign)),
            Some(b'?') => self.skip_past_bracket(1),
            _ => {
                let end = self.at + 1;
                return Some(self.text(end));
            }
        }
        Some(Token::Comment)
    }

    /// A comment, doctype or CDATA section.
    fn declaration(&mut self, in_foreign: bool) -> Token<'a> {
        let bytes = self.html.as_bytes();
        let inside = &bytes[self.at + 2..];
        let begins = |word: &[u8]| {
            inside.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        if inside.starts_with(b"--") {
            self.at = comment_end(bytes, self.at + 4);
        } else if begins(b"doctype") {
            let (length, quirks) = doctype::read(&self.html[self.at + 9..]);
            self.at += 9 + length;
            return Token::Doctype(quirks);
        } else if in_foreign && inside.starts_with(b"[CDATA[") {
            self.at += 9;
            let length = memmem::find(&bytes[self.at..], b"]]>");
            self.run_end = length.map_or(bytes.len(), |length| self.at + length);
            self.in_cdata = true;
            return self.run();
        } else {
            self.skip_past_bracket(2);
        }
        Token::Comment
    }

    /// Goes behind the next `>`, at least `from` bytes on.
    fn skip_past_bracket(&mut self, from: usize) {
        let bytes = self.html.as_bytes();
        let length = memchr(b'>', &bytes[self.at + from..]);
        self.at = length.map_or(bytes.len(), |length| self.at + from + length + 1);
    }

    /// A reference, or the ampersand alone.
    fn reference(&mut self) -> Token<'a> {
        match references::read(&self.html[self.at + 1..], false) {
            Some(reference) => {
                let (from, first, second) = (self.at, reference.first, reference.second);
                self.at += 1 + reference.length;
                let place = Span::new(from, self.at);
                Token::Character(Character { first, second, place, coding: REFERENCES })
            }
            None => {
                let end = self.at + 1;
                self.text(end)
            }
        }
    }

    /// Where the raw text of the element `name` ends: at its end tag, or with the page.
    fn raw_end(&self, content: Content, name: &str) -> usize {
        let bytes = self.html.as_bytes();
        match content {
            Content::Script => script::end(bytes, self.at),
            Content::PlainText => bytes.len(),
            _ => {
                // A reference ends the piece, so that nothing is looked at twice.
                let stop = if content == Content::RcData { b'&' } else { b'<' };
                memchr2_iter(b'<', stop, &bytes[self.at..])
                    .map(|length| self.at + length)
                    .find(|&at| is_end_tag(bytes, at, name) || (bytes[at] == b'&' && at > self.at))
                    .unwrap_or(bytes.len())
            }
        }
    }
}

/// Whether the end tag of the element `name` begins at `at`.
fn is_end_tag(bytes: &[u8], at: usize, name: &str) -> bool {
    let Some(tag) = bytes.get(at..at + 2 + name.len() + 1) else { return false };
    tag.starts_with(b"</")
        && tag[2..2 + name.len()].eq_ignore_ascii_case(name.as_bytes())
        && tag::ends_name(tag[2 + name.len()])
}

/// Where a comment ends whose text begins at `start`.
fn comment_end(bytes: &[u8], start: usize) -> usize {
    let text = &bytes[start..];
    if text.starts_with(b">") {
        return start + 1;
    }
    if text.starts_with(b"->") {
        return start + 2;
    }
    let mut at = start;
    while let Some(length) = memmem::find(&bytes[at..], b"--") {
        at += length;
        at += bytes[at..].iter().take_while(|&&byte| byte == b'-').count();
        if bytes[at..].starts_with(b">") {
            return at + 1;
        }
        if bytes[at..].starts_with(b"!>") {
            return at + 2;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_where_the_standard_ends_them() {
        for (comment, length) in [
            ("x-->y", 4),
            (">y", 1),
            ("->y", 2),
            ("-->y", 3),
            ("--->y", 4),
            ("--!>y", 4),
            ("-!>y--", 6),
            ("x--y--->z", 8),
            ("x--!-->z", 7),
            ("<!-->z", 5),
            ("x", 1),
            ("x--", 3),
            ("", 0),
        ] {
            assert_eq!(comment_end(comment.as_bytes(), 0), length, "{comment}");
        }
    }
}
