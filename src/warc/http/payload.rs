//! What a body is: a page, text, or neither.
//!
//! The header decides where it can be believed; the first bytes decide where it cannot. They are
//! looked at as browsers do (<https://mimesniff.spec.whatwg.org/>, "identifying a resource with an
//! unknown MIME type"), with more elements in the list, and through UTF-16.

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadKind {
    /// An HTML page.
    Html,
    /// An XHTML page, served as XML.
    Xhtml,
    /// Plain text.
    Text,
    /// Anything else: feeds, images, scripts, documents of other formats.
    Other,
}

/// Judges a body by its `Content-Type` as sent (empty if none) and by its first bytes.
pub fn payload_kind(content_type: &str, body: &[u8]) -> PayloadKind {
    let essence =
        content_type.split([';', ',']).next().unwrap_or_default().trim().to_ascii_lowercase();
    let seen = look(body);
    match essence.as_str() {
        _ if seen == Look::Binary => PayloadKind::Other,
        "text/html" | "html" | "text/htm" | "text/x-html" => PayloadKind::Html,
        "application/xhtml+xml" | "application/vnd.wap.xhtml+xml" => PayloadKind::Xhtml,
        "text/xml" => xml_kind(seen),
        _ if essence.starts_with("application/") && essence.ends_with("xml") => xml_kind(seen),
        "text/plain" => match seen {
            Look::Html => PayloadKind::Html,
            Look::XmlPage => PayloadKind::Xhtml,
            Look::Control => PayloadKind::Other,
            _ => PayloadKind::Text,
        },
        "application/octet-stream" | "application/unknown" | "unknown/unknown" | "*/*" => {
            sniffed(seen, PayloadKind::Other)
        }
        // Without a type, or with something that is none, browsers show text.
        _ if !essence.contains('/') => sniffed(seen, PayloadKind::Text),
        _ => PayloadKind::Other,
    }
}

fn xml_kind(seen: Look) -> PayloadKind {
    match seen {
        Look::Html | Look::XmlPage => PayloadKind::Xhtml,
        _ => PayloadKind::Other,
    }
}

fn sniffed(seen: Look, text: PayloadKind) -> PayloadKind {
    match seen {
        Look::Html => PayloadKind::Html,
        Look::XmlPage => PayloadKind::Xhtml,
        Look::Text => text,
        Look::Xml | Look::Binary | Look::Control | Look::Empty => PayloadKind::Other,
    }
}

/// What the first bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Html,
    /// XML with `html` as its root.
    XmlPage,
    Xml,
    Text,
    /// A format of its own.
    Binary,
    /// Text by nothing but its header: with control characters.
    Control,
    Empty,
}

/// As many bytes are looked at.
const LOOK_BYTES: usize = 1024;

fn look(body: &[u8]) -> Look {
    const BINARY: [&[u8]; 16] = [
        b"%PDF-",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
        b"RIFF",
        b"Rar!",
        b"7z\xbc\xaf",
        b"\x00\x00\x01\x00",
        b"ID3",
        b"OggS",
        b"wOFF",
        b"wOF2",
        b"\xd0\xcf\x11\xe0",
        b"\x28\xb5\x2f\xfd",
    ];
    let first = &body[..body.len().min(LOOK_BYTES)];
    if BINARY.iter().any(|magic| first.starts_with(magic)) {
        return Look::Binary;
    }
    let first = narrowed(first);
    let text = first.trim_ascii_start();
    if text.is_empty() {
        return Look::Empty;
    }
    if starts_with(text, b"<?xml") {
        return if root_is_html(text) { Look::XmlPage } else { Look::Xml };
    }
    if begins_page(text) {
        return Look::Html;
    }
    let binary = |&byte: &u8| matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31);
    if text.iter().any(binary) { Look::Control } else { Look::Text }
}

/// The first bytes without a byte order mark; of UTF-16, the ASCII characters.
fn narrowed(first: &[u8]) -> Vec<u8> {
    let (pairs, low) = match first {
        [0xff, 0xfe, rest @ ..] => (rest, 0),
        [0xfe, 0xff, rest @ ..] => (rest, 1),
        [b'<' | b'\r' | b'\n' | b' ', 0, ..] => (first, 0),
        [0, b'<' | b'\r' | b'\n' | b' ', ..] => (first, 1),
        [0xef, 0xbb, 0xbf, rest @ ..] => return rest.to_vec(),
        _ => return first.to_vec(),
    };
    let narrow = |pair: &[u8]| if pair[1 - low] == 0 { pair[low] } else { b'?' };
    pairs.chunks_exact(2).map(narrow).collect()
}

fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether a page begins here: a doctype, a comment, or the tag of a common element.
fn begins_page(text: &[u8]) -> bool {
    const TAGS: [&str; 27] = [
        "html", "head", "body", "title", "script", "style", "meta", "link", "base", "iframe",
        "frameset", "h1", "h2", "h3", "div", "p", "table", "font", "a", "b", "br", "center",
        "span", "ul", "img", "main", "article",
    ];
    let Some(rest) = text.strip_prefix(b"<") else { return false };
    if starts_with(rest, b"!--") || starts_with(rest, b"!doctype html") {
        return true;
    }
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let ends = rest
        .get(name)
        .is_some_and(|&byte| byte == b'>' || byte == b'/' || byte.is_ascii_whitespace());
    ends && TAGS.iter().any(|tag| rest[..name].eq_ignore_ascii_case(tag.as_bytes()))
}

/// Whether the first element behind the XML declaration, comments, instructions and doctype is
/// `html`, with a namespace prefix or without.
fn root_is_html(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_start();
        let end = match rest {
            [b'<', b'?', ..] => memchr::memmem::find(rest, b"?>").map(|at| at + 2),
            [b'<', b'!', b'-', b'-', ..] => memchr::memmem::find(rest, b"-->").map(|at| at + 3),
            // A doctype says what follows; an internal subset may be long.
            [b'<', b'!', ..] => return starts_with(rest, b"<!doctype html"),
            [b'<', name @ ..] => {
                let ends = |byte: &u8| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace();
                let name = name.split(ends).next().unwrap_or_default();
                let local = name.rsplit(|&byte| byte == b':').next().unwrap_or_default();
                return local.eq_ignore_ascii_case(b"html");
            }
            _ => return false,
        };
        let Some(end) = end else { return false };
        rest = &rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::PayloadKind::{Html, Other, Text, Xhtml};
    use super::*;

    #[test]
    fn header_and_first_bytes_decide_together() {
        let xhtml =
            "<?xml version='1.0'?>\n<!-- x -->\n<html xmlns='http://www.w3.org/1999/xhtml'>";
        let feed = "<?xml version='1.0'?><rss version='2.0'>";
        for (content_type, body, expected) in [
            ("text/html; charset=utf-8", "<html>", Html),
            ("TEXT/HTML", "some words", Html),
            ("text/html", "", Html),
            ("text/html", feed, Html),
            ("text/html", "some words\u{0}", Html),
            ("text/html", "%PDF-1.4", Other),
            ("text/html", "PK\u{3}\u{4}", Other),
            ("text/html", "GIF89a", Other),
            ("text/html, text/html", "x", Html),
            ("application/xhtml+xml", xhtml, Xhtml),
            ("application/xml", xhtml, Xhtml),
            ("text/xml; charset=utf-8", xhtml, Xhtml),
            ("text/xml", "<html xmlns='http://www.w3.org/1999/xhtml'>", Xhtml),
            ("application/xml", "<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html>", Xhtml),
            ("application/xml", "<?xml version='1.0'?><h:html>", Xhtml),
            ("application/xml", feed, Other),
            ("application/rss+xml", feed, Other),
            ("application/atom+xml", "<feed>", Other),
            ("text/plain", "some words <p>", Text),
            ("text/plain", "\r\n <!DOCTYPE HTML PUBLIC>", Html),
            ("text/plain", "\u{0}\u{1}\u{2}", Other),
            ("", "\u{feff}  <HTML\n>", Html),
            ("", "<!-- x --><html>", Html),
            ("", "<p>text", Html),
            ("", "<pre>", Text),
            ("", "<table>", Html),
            ("", "<tablet>", Text),
            ("", "words", Text),
            ("", xhtml, Xhtml),
            ("", feed, Other),
            ("", "", Other),
            ("charset=utf-8", "<html>", Html),
            ("application/octet-stream", "<body bgcolor=red>", Html),
            ("application/octet-stream", "words", Other),
            ("image/png", "<html>", Other),
            ("application/json", "{}", Other),
            ("text/css", "p {}", Other),
        ] {
            assert_eq!(
                payload_kind(content_type, body.as_bytes()),
                expected,
                "{content_type} {body}"
            );
        }
    }

    #[test]
    fn pages_in_utf_16_are_seen() {
        let little: Vec<u8> = "<html><p>日本語".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> =
            "\u{feff}<html>日本語".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [&b"\xff\xfe"[..], &little].concat();
        for body in [little, big, marked] {
            assert_eq!(payload_kind("", &body), Html);
            assert_eq!(payload_kind("text/html", &body), Html);
        }
    }

    #[test]
    fn pages_in_japanese_encodings_are_text() {
        for body in
            [&b"\x93\xfa\x96\x7b\x8c\xea"[..], b"\xc6\xfc\xcb\xdc\xb8\xec", b"\x1b$BF|K\\\x1b(B"]
        {
            assert_eq!(payload_kind("text/plain", body), Text);
        }
    }
}
