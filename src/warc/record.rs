//! One WARC record: its fields and its block.

use super::head::{self, Field};

/// The type of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// What a server answered.
    Response,
    /// What the crawler asked.
    Request,
    /// Facts about another record.
    Metadata,
    /// A response like one seen before, without its body.
    Revisit,
    /// Facts about the file.
    Warcinfo,
    /// A record made from another one.
    Conversion,
    /// A document as it was read, without the protocol round it.
    Resource,
    /// A further part of a record that was split.
    Continuation,
    /// A type that the standard does not know, or none.
    Other,
}

/// A record, borrowed from the reader.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    raw: &'a [u8],
    head: usize,
    fields: &'a [Field],
    length_repaired: bool,
}

impl<'a> Record<'a> {
    /// A record whose header block of `head` bytes was split into `fields`.
    pub(super) fn new(
        raw: &'a [u8],
        head: usize,
        fields: &'a [Field],
        length_repaired: bool,
    ) -> Record<'a> {
        Record { raw, head, fields, length_repaired }
    }

    /// What `WARC-Type` says, in any case. Without that field, a block that is an HTTP response
    /// makes the record a response.
    pub fn kind(&self) -> RecordKind {
        const KINDS: [(&str, RecordKind); 8] = [
            ("response", RecordKind::Response),
            ("request", RecordKind::Request),
            ("metadata", RecordKind::Metadata),
            ("revisit", RecordKind::Revisit),
            ("warcinfo", RecordKind::Warcinfo),
            ("conversion", RecordKind::Conversion),
            ("resource", RecordKind::Resource),
            ("continuation", RecordKind::Continuation),
        ];
        let Some(kind) = self.field("WARC-Type").filter(|kind| !kind.is_empty()) else {
            let response = self.block().starts_with(b"HTTP/");
            return if response { RecordKind::Response } else { RecordKind::Other };
        };
        let named = KINDS.iter().find(|(name, _)| kind.eq_ignore_ascii_case(name.as_bytes()));
        named.map_or(RecordKind::Other, |&(_, kind)| kind)
    }

    /// The value of the first field of that name (in any case), without blanks round it. A value
    /// continued over several lines still holds its line ends.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        head::field(self.raw, self.fields, name)
    }

    /// All fields as they are written, names and values, without blanks round them.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.fields.iter().map(|field| (field.name(self.raw), field.value(self.raw)))
    }

    /// The UUID in `WARC-Record-ID` as 32 lower-case hexadecimal digits; `None` if there is none.
    pub fn id(&self) -> Option<String> {
        let written = self.text("WARC-Record-ID");
        let id = bare(&written);
        let prefix = id.len().checked_sub(36)?;
        let uuid = id.get(prefix..)?;
        let named = prefix == 0 || id.get(..prefix)?.eq_ignore_ascii_case("urn:uuid:");
        let hyphens = uuid.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        });
        let digits = || uuid.replace('-', "").to_ascii_lowercase();
        (named && hyphens).then(digits)
    }

    /// `WARC-Target-URI` without angle brackets; bytes that are not UTF-8 become U+FFFD. Empty if
    /// there is none.
    pub fn target_uri(&self) -> String {
        bare(&self.text("WARC-Target-URI")).to_owned()
    }

    /// `WARC-Date` as it is written. Empty if there is none.
    pub fn date(&self) -> String {
        self.text("WARC-Date")
    }

    /// What follows the header block.
    pub fn block(&self) -> &'a [u8] {
        &self.raw[self.head..]
    }

    /// Header block and block as they stand in the file.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether the crawler says that it cut the block (`WARC-Truncated`).
    pub fn truncated(&self) -> bool {
        self.field("WARC-Truncated").is_some_and(|reason| !reason.is_empty())
    }

    /// Whether Content-Length was missing or wrong, so that the end of the block was found by
    /// the next record or the end of the member.
    pub fn length_repaired(&self) -> bool {
        self.length_repaired
    }

    /// Whether the block is an HTTP message: by Content-Type, or by its first bytes.
    pub fn is_http(&self) -> bool {
        const HTTP: &[u8] = b"application/http";
        let stated = self.field("Content-Type").and_then(|value| value.get(..HTTP.len()));
        stated.is_some_and(|value| value.eq_ignore_ascii_case(HTTP))
            || self.block().starts_with(b"HTTP/")
    }

    /// A field as text on one line.
    fn text(&self, name: &str) -> String {
        let value = String::from_utf8_lossy(self.field(name).unwrap_or_default());
        if !value.contains('\n') {
            return value.into_owned();
        }
        value.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
    }
}

/// Takes off angle brackets.
fn bare(value: &str) -> &str {
    value.strip_prefix('<').and_then(|v| v.strip_suffix('>')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &str, block: &str, assertions: impl FnOnce(Record<'_>)) {
        let head = format!("WARC/1.0\r\n{lines}\r\n");
        let mut fields = Vec::new();
        head::split(head.as_bytes(), &mut fields);
        let raw = [head.as_bytes(), block.as_bytes()].concat();
        assertions(Record::new(&raw, head.len(), &fields, false));
    }

    #[test]
    fn the_fields_of_a_response_are_read() {
        let lines = "warc-type: Response\r\nWARC-Record-ID: \
            <urn:uuid:3E4A8834-1c5c-57b2-abde-d1fec030391d>\r\n\
            WARC-Target-URI: <http://example.jp/>\r\nWARC-Date: 2024-05-18T03:35:44Z\r\n\
            WARC-Truncated: length\r\nContent-Type: Application/HTTP; msgtype=response\r\n";
        check(lines, "x", |record| {
            assert_eq!(record.kind(), RecordKind::Response);
            assert_eq!(record.id().as_deref(), Some("3e4a88341c5c57b2abded1fec030391d"));
            assert_eq!(record.target_uri(), "http://example.jp/");
            assert_eq!(record.date(), "2024-05-18T03:35:44Z");
            assert!(record.truncated() && record.is_http());
            assert_eq!(record.block(), b"x");
        });
    }

    #[test]
    fn an_id_that_is_no_uuid_is_none() {
        for id in [
            "urn:uuid:3e4a8834-1c5c-57b2-abde-d1fec030391",
            "urn:uuid:3e4a8834x1c5c-57b2-abde-d1fec030391d",
            "http://x/3e4a8834-1c5c-57b2-abde-d1fec030391d",
            "ああああああああああああああああああああああああああああああああああああ",
            "",
        ] {
            check(&format!("WARC-Record-ID: <{id}>\r\n"), "", |record| {
                assert_eq!(record.id(), None, "{id}");
            });
        }
        check("WARC-Record-ID: 3e4a8834-1c5c-57b2-abde-d1fec030391d\r\n", "", |record| {
            assert!(record.id().is_some());
        });
    }

    #[test]
    fn a_record_without_type_is_judged_by_its_block() {
        check("A: b\r\n", "HTTP/1.1 200 OK\r\n\r\n", |record| {
            assert_eq!(record.kind(), RecordKind::Response);
            assert!(record.is_http() && !record.truncated());
        });
        check("A: b\r\n", "text", |record| assert_eq!(record.kind(), RecordKind::Other));
        check("WARC-Type: monkeys\r\n", "", |record| assert_eq!(record.kind(), RecordKind::Other));
    }

    #[test]
    fn a_continued_address_becomes_one_line() {
        check("WARC-Target-URI: a\r\n  b\r\n", "", |record| {
            assert_eq!(record.target_uri(), "a b");
            assert_eq!(record.field("WARC-TARGET-uri"), Some(&b"a\r\n  b"[..]));
        });
    }
}
