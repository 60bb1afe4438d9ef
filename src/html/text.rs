//! Text as places in the page, so that nothing is copied before somebody reads it.

use memchr::memchr3;

use super::tokenizer::read_reference;

/// What in a text does not stand for itself, as bits; line breaks are the page's own affair.
pub(super) type Coding = u8;

/// Every character stands for itself.
pub(super) const PLAIN: Coding = 0;
/// References are to be read.
pub(super) const REFERENCES: Coding = 1;
/// A NUL stands for U+FFFD.
pub(super) const NUL: Coding = 1 << 1;

/// A place in the page, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Span {
    pub(super) fn new(from: usize, to: usize) -> Span {
        Span { from: from as u32, to: to as u32 }
    }

    pub(super) fn is_empty(self) -> bool {
        self.from == self.to
    }

    pub(super) fn of(self, html: &str) -> &str {
        &html[self.from as usize..self.to as usize]
    }
}

/// A piece of text on its way into the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// What it reads as, but for line breaks.
    pub(super) text: &'a str,
    pub(super) place: Span,
    pub(super) coding: Coding,
}

impl<'a> Piece<'a> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_whitespace())
    }

    /// Parts it behind `length` bytes of its text: of a plain piece anywhere, of another at its
    /// start or end.
    pub(super) fn split(self, length: usize) -> (Piece<'a>, Piece<'a>) {
        let middle = match length {
            0 => self.place.from,
            _ if self.coding == PLAIN => self.place.from + length as u32,
            _ => self.place.to,
        };
        let (first, rest) = self.text.split_at(length);
        let from = Span { from: self.place.from, to: middle };
        let to = Span { from: middle, to: self.place.to };
        (Piece { text: first, place: from, ..self }, Piece { text: rest, place: to, ..self })
    }

    /// Without the line feed it begins with.
    pub(super) fn without_line_feed(self) -> Piece<'a> {
        let length = match self.text.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [b'\r', ..] if self.coding == PLAIN => 1,
            _ => 0,
        };
        self.split(length).1
    }
}

/// The text of a node as it stands in the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(super) raw: &'a str,
    pub(super) coding: Coding,
    /// Whether carriage returns may be in it, which the standard turns into line feeds.
    pub(super) has_returns: bool,
}

impl<'a> Text<'a> {
    /// Calls with the text piece by piece as a reader sees it.
    pub(crate) fn each(self, mut read: impl FnMut(&str)) {
        if self.is_itself() {
            return read(self.raw);
        }
        let mut rest = self.raw;
        let mut from = 0;
        while let Some(length) = memchr3(b'\r', b'&', 0, &rest.as_bytes()[from..]) {
            let at = from + length;
            let behind = &rest[at + 1..];
            let mut buffer = [0; 4];
            match rest.as_bytes()[at] {
                b'\r' if self.has_returns => {
                    read(&rest[..at]);
                    if !behind.starts_with('\n') {
                        read("\n");
                    }
                    rest = behind;
                    from = 0;
                }
                0 if self.coding & NUL != 0 => {
                    read(&rest[..at]);
                    read("\u{FFFD}");
                    rest = behind;
                    from = 0;
                }
                b'&' if self.coding & REFERENCES != 0
                    && let Some(reference) = read_reference(behind, false) =>
                {
                    read(&rest[..at]);
                    read(reference.first.encode_utf8(&mut buffer));
                    if let Some(second) = reference.second {
                        read(second.encode_utf8(&mut buffer));
                    }
                    rest = &behind[reference.length..];
                    from = 0;
                }
                _ => from = at + 1,
            }
        }
        read(rest);
    }

    /// Bytes that it reads as, or some more.
    pub(crate) fn bytes(self) -> usize {
        // A NUL becomes three, and six come of the five of `&nGt;`.
        match self.coding {
            PLAIN => self.raw.len(),
            REFERENCES => self.raw.len() + self.raw.len() / 5,
            _ => 3 * self.raw.len(),
        }
    }

    /// The whole text as a reader sees it.
    #[cfg(test)]
    pub(crate) fn read(self) -> String {
        let mut out = String::new();
        self.each(|piece| out.push_str(piece));
        out
    }

    fn is_itself(self) -> bool {
        self.coding == PLAIN && !self.has_returns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_their_coding_says() {
        for (raw, coding, has_returns, expected) in [
            ("a&lt;b\0\r", PLAIN, false, "a&lt;b\0\r"),
            ("a&lt;b&lt", REFERENCES, false, "a<b<"),
            ("&&amp;&x;", REFERENCES, false, "&&&x;"),
            ("&NotEqualTilde;", REFERENCES, false, "≂̸"),
            ("a\0&lt;", NUL, false, "a\u{FFFD}&lt;"),
            ("a\r\nb\rc\r\r\n", PLAIN, true, "a\nb\nc\n\n"),
            ("\r&#13;\n&", REFERENCES, true, "\n\r\n&"),
            ("", REFERENCES | NUL, true, ""),
        ] {
            let text = Text { raw, coding, has_returns };
            assert_eq!(text.read(), expected, "{raw:?}");
        }
    }

    #[test]
    fn pieces_are_parted_with_their_places() {
        let place = Span::new(10, 14);
        let plain = Piece { text: "\r\nab", place, coding: PLAIN };
        let (first, rest) = plain.split(3);
        assert_eq!((first.text, first.place), ("\r\na", Span::new(10, 13)));
        assert_eq!((rest.text, rest.place), ("b", Span::new(13, 14)));
        assert_eq!(plain.without_line_feed().place, Span::new(12, 14));
        for (text, left) in [("\n", ""), ("\r", "\r"), ("<", "<")] {
            let coded = Piece { text, place, coding: REFERENCES };
            assert_eq!(coded.without_line_feed().text, left);
        }
        let coded = Piece { text: "<", place, coding: REFERENCES };
        assert_eq!((coded.split(0).1, coded.split(1).0), (coded, coded));
    }
}
