//! The HTTP response inside a record: its status, its fields, its body.
//!
//! `httparse` reads the head, with everything lenient that it offers. What it still refuses
//! (`HTTP/2 200`, odd status numbers, NUL or bare CR in a value, more fields than there is room
//! for, no blank line at the end) is read by a line splitter that takes any head whose first line
//! names HTTP and a number.

mod body;
mod payload;

use std::borrow::Cow;

pub use payload::{PayloadKind, payload_kind};

use crate::outcome::Outcome;

/// Heads longer than this are none.
const HEAD_MAX: usize = 64 << 10;
/// More fields than this are left to the line splitter.
const FIELDS_MAX: usize = 96;

/// An HTTP response, borrowed from its record.
#[derive(Debug, Clone)]
pub struct Response<'a> {
    /// The status, `200` if all went well.
    pub status: u16,
    fields: Vec<(&'a [u8], &'a [u8])>,
    body: &'a [u8],
}

impl<'a> Response<'a> {
    /// Reads the head of a response; `None` if the block does not begin with `HTTP/` or `ICY` and
    /// a status, or if its head is longer than 64 KiB.
    pub fn parse(block: &'a [u8]) -> Option<Response<'a>> {
        let block = block.trim_ascii_start();
        let named =
            |name: &[u8]| block.get(..name.len()).is_some_and(|b| b.eq_ignore_ascii_case(name));
        if !named(b"HTTP/") && !named(b"ICY ") {
            return None;
        }
        parse_strictly(block).or_else(|| parse_leniently(block))
    }

    /// The value of the first field of that name (in any case) that is not empty, else of the
    /// first; on one line and without blanks round it.
    pub fn field(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        let same = |field: &&(&[u8], &[u8])| field.0.eq_ignore_ascii_case(name.as_bytes());
        let mut named = self.fields.iter().filter(same).map(|field| field.1.trim_ascii());
        let first = named.next()?;
        let value =
            if first.is_empty() { named.find(|v| !v.is_empty()).unwrap_or(first) } else { first };
        Some(on_one_line(value))
    }

    /// All fields as they were sent, names and values, each value on one line and without blanks
    /// round it.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], Cow<'a, [u8]>)> {
        self.fields.iter().map(|(name, value)| (*name, on_one_line(value)))
    }

    /// `Content-Type` as it was sent; bytes that are not UTF-8 become U+FFFD. Empty if there is
    /// none.
    pub fn content_type(&self) -> String {
        String::from_utf8_lossy(&self.field("Content-Type").unwrap_or_default()).into_owned()
    }

    /// The body as the record holds it.
    pub fn raw_body(&self) -> &'a [u8] {
        self.body
    }

    /// The body without the codings it still has; see `warc/http/body.rs`. Borrows the record
    /// where there is none, else `buffer`, which is overwritten.
    ///
    /// Errors: [`Outcome::TooLarge`] if it has more than `limit` bytes, [`Outcome::TooCostly`] if what
    /// it is unpacked from has more than `packed_limit`, [`Outcome::BadHttp`] if a coding that is there
    /// cannot be undone at all.
    pub fn body<'b>(
        &self,
        limit: usize,
        packed_limit: usize,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], Outcome>
    where
        'a: 'b,
    {
        body::decoded(self, limit, packed_limit, buffer)
    }
}

fn parse_strictly(block: &[u8]) -> Option<Response<'_>> {
    let mut config = httparse::ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .allow_space_before_first_header_name(true)
        .ignore_invalid_headers_in_responses(true);
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let known = &block[..block.len().min(HEAD_MAX)];
    let Ok(httparse::Status::Complete(head)) = config.parse_response(&mut response, known) else {
        return None;
    };
    // A line that begins with `<` is the page: the blank line is missing.
    if memchr::memmem::find(&block[..head], b"\n<").is_some() {
        return None;
    }
    let fields =
        response.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect();
    Some(Response { status: response.code?, fields, body: &block[head..] })
}

fn parse_leniently(block: &[u8]) -> Option<Response<'_>> {
    let mut lines = block.split_inclusive(|&byte| byte == b'\n');
    let first = lines.next()?;
    let status = status(first)?;
    let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
    let mut head = first.len();
    for line in lines {
        if line.starts_with(b"<") {
            break;
        }
        let from = head;
        head += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        let text = line.trim_ascii_end();
        if head > HEAD_MAX {
            return None;
        }
        if let (Some(field), true) =
            (fields.last_mut(), line.starts_with(b" ") || line.starts_with(b"\t"))
        {
            // The value goes on: the slice is made longer.
            let value = field.1.as_ptr() as usize - block.as_ptr() as usize;
            field.1 = &block[value..from + text.len()];
        } else if let Some(colon) = memchr::memchr(b':', text) {
            fields.push((text[..colon].trim_ascii(), &text[colon + 1..]));
        }
    }
    Some(Response { status, fields, body: &block[head..] })
}

/// The number that is the second word of the first line, of one to four digits.
fn status(line: &[u8]) -> Option<u16> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let number = words.nth(1)?;
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 4 {
        return None;
    }
    std::str::from_utf8(&number[..digits]).ok()?.parse().ok()
}

/// A value without blanks round it. Where it goes on over several lines, each line end with the
/// blanks round it becomes one blank.
fn on_one_line(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    if !value.contains(&b'\n') {
        return Cow::Borrowed(value);
    }
    let lines: Vec<&[u8]> = value.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).collect();
    Cow::Owned(lines.join(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<html>\r\n\r\n</html>";

    #[test]
    fn odd_heads_are_read() {
        for (first, fields) in [
            ("HTTP/1.1 200 OK\r\n", "Content-Type: text/html\r\n\r\n"),
            ("HTTP/1.1 200\r\n", "Content-Type: text/html\r\n\r\n"),
            ("HTTP/1.1 200 \u{6210}\u{529f}\r\n", "Content-Type: text/html\r\n\r\n"),
            ("\r\nHTTP/1.0 200 OK\r\n", "Content-Type: text/html\r\n\r\n"),
            ("HTTP/1.1  200 OK\r\n", "Content-Type: text/html\r\n\r\n"),
            ("HTTP/1.1 200 a\u{1}b\r\n", "Content-Type: text/html\r\n\r\n"),
            ("HTTP/2 200\r\n", "Content-Type: text/html\r\n\r\n"),
            ("HTTP/2.0 200 OK\r\n", "Content-Type: text/html\r\n\r\n"),
            ("HTTP/1.2 200 OK\r\n", "Content-Type: text/html\r\n\r\n"),
            ("http/1.1 200 OK\r\n", "Content-Type: text/html\r\n\r\n"),
            ("ICY 200 OK\r\n", "Content-Type: text/html\r\n\r\n"),
            ("HTTP/1.1 200 OK\n", "Content-Type: text/html\n\n"),
            ("HTTP/1.1 200 OK\r\n", "content-type : text/html\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n", "Content-Type:\r\n text/html\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n", " Content-Type: text/html\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n", "Content-Type: \r\nContent-Type: text/html\r\n\r\n"),
            (
                "HTTP/1.1 200 OK\r\n",
                "no colon\r\n: no name\r\nA b: c\r\nContent-Type: text/html\r\n\r\n",
            ),
            ("HTTP/1.1 200 OK\r\n", "\u{e9}: x\r\nContent-Type: text/html\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n", "X: a\0b\r\nContent-Type: text/html\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n", "X: a\rb\r\nContent-Type: text/html\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n", "Content-Type: text/html\r\n"), // the page follows at once
            ("HTTP/2 200\r\n", "Content-Type: text/html\r\n"),
        ] {
            let block = format!("{first}{fields}{PAGE}");
            let Some(response) = Response::parse(block.as_bytes()) else { panic!("{block:?}") };
            assert_eq!(response.status, 200, "{block:?}");
            assert_eq!(response.content_type(), "text/html", "{block:?}");
            assert_eq!(response.raw_body(), PAGE.as_bytes(), "{block:?}");
        }
    }

    #[test]
    fn many_fields_are_read() {
        let fields: String = (0..500).map(|n| format!("X-{n}: {n}\r\n")).collect();
        let block = format!("HTTP/1.1 200 OK\r\n{fields}\r\n{PAGE}");
        let response = Response::parse(block.as_bytes()).unwrap();
        assert_eq!(response.field("x-499").as_deref(), Some(&b"499"[..]));
        assert_eq!(response.raw_body(), PAGE.as_bytes());
    }

    #[test]
    fn a_head_without_end_is_all_head() {
        let response = Response::parse(b"HTTP/1.1 301 Moved\r\nLocation: /x").unwrap();
        assert_eq!((response.status, response.raw_body()), (301, &b""[..]));
        assert_eq!(response.field("location").as_deref(), Some(&b"/x"[..]));
    }

    #[test]
    fn folded_values_come_on_one_line() {
        let block = b"HTTP/1.1 200 OK\r\nX: a\r\n\tb\r\n  c\r\n\r\n";
        for response in [parse_strictly(block), parse_leniently(block)] {
            assert_eq!(response.unwrap().field("X").as_deref(), Some(&b"a b c"[..]));
        }
    }

    #[test]
    fn what_is_no_response_is_none() {
        let long = format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(12_000));
        for block in ["", "<html>", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/", &long]
        {
            assert!(Response::parse(block.as_bytes()).is_none(), "{block:.20?}");
        }
        assert_eq!(Response::parse(b"HTTP/1.1 20\r\n\r\n").unwrap().status, 20);
        assert_eq!(Response::parse(b"HTTP/1.1 2000 OK\r\n\r\n").unwrap().status, 2000);
    }

    proptest::proptest! {
        /// Where `httparse` takes a head of the standard, the line splitter reads the same.
        #[test]
        fn both_parsers_agree_on_sound_heads(
            lines in proptest::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,9}", "[!-~]([ -~]{0,20}[!-~])?"), 0..9)
        ) {
            let fields: String = lines.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let block = format!("HTTP/1.1 404 Not Found\r\n{fields}\r\nbody");
            let (strict, lenient) = (parse_strictly(block.as_bytes()), parse_leniently(block.as_bytes()));
            let (strict, lenient) = (strict.unwrap(), lenient.unwrap());
            let trimmed = |response: &Response<'_>| -> Vec<(Vec<u8>, Vec<u8>)> {
                response.fields.iter().map(|f| (f.0.to_vec(), f.1.trim_ascii().to_vec())).collect()
            };
            proptest::prop_assert_eq!(trimmed(&strict), trimmed(&lenient));
            proptest::prop_assert_eq!((strict.status, strict.body), (lenient.status, lenient.body));
        }
    }
}
