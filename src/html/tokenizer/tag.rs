//! A start or end tag, and the attributes that somebody looks at.

use std::borrow::Cow;

use memchr::{memchr, memchr3};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use super::Tokenizer;
use super::references;
use crate::html::names::{FORMATTING, Name, Names};
use crate::html::text::Span;

/// Bytes that are read of a name or of the value of an attribute.
const LONGEST_READ: usize = 1 << 16;
/// Attributes kept of one tag; the rest of a flood is dropped.
const MOST_ATTRIBUTES: usize = 32;

/// A start or end tag. Of an end tag nothing is known but its name.
#[derive(Debug, Clone)]
pub(in super::super) struct Tag {
    pub(in super::super) name: Name,
    pub(in super::super) is_end: bool,
    pub(in super::super) is_self_closing: bool,
    /// Where it begins in the page.
    pub(in super::super) source: u32,
    /// The first of each name, in the order of the page: of formatting elements all, because two
    /// are the same to the standard only if all attributes are; else those of a [`Kind`].
    pub(in super::super) attributes: Vec<Attribute>,
}

/// An attribute as two places in the page.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Attribute {
    pub(in super::super) kind: Kind,
    name: Span,
    pub(in super::super) value: Span,
}

/// The attributes that the tree builder or extraction knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    AltText,
    Class,
    Color,
    Content,
    Encoding,
    Face,
    Hidden,
    Href,
    HttpEquiv,
    Id,
    Name,
    Rel,
    Size,
    Style,
    Type,
    Other,
}

impl Default for Tag {
    fn default() -> Tag {
        Tag {
            name: Name::P,
            is_end: false,
            is_self_closing: false,
            source: 0,
            attributes: Vec::new(),
        }
    }
}

impl Tag {
    /// A start tag without attributes.
    pub(in super::super) fn bare(name: Name) -> Tag {
        Tag { name, ..Tag::default() }
    }

    pub(in super::super) fn attribute(&self, kind: Kind) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.kind == kind)
    }

    /// The value of an attribute in the page `html`, empty where it is not.
    pub(in super::super) fn value<'a>(&self, kind: Kind, html: &'a str) -> Cow<'a, str> {
        self.attribute(kind).map_or(Cow::Borrowed(""), |attribute| attribute.value(html))
    }

    /// The start tag that begins at `source` in the page `html`.
    pub(in super::super) fn start_at(source: u32, html: &str) -> Tag {
        // Not `new`, which looks at the whole page.
        let (at, tag) = (source as usize, Tag::default());
        let mut tokenizer =
            Tokenizer { html, at, has_nul: false, run_end: 0, in_cdata: false, tag };
        tokenizer.read_tag(false, &mut Names::default());
        tokenizer.tag
    }

    /// A number that is the same for tags with the same attributes in whatever order, and for no
    /// others that anybody will ever see.
    pub(in super::super) fn fingerprint(&self, html: &str) -> u128 {
        let hash = |attribute: &Attribute| {
            let seed = xxh3_64(attribute.name(html).as_bytes());
            xxh3_128_with_seed(attribute.value(html).as_bytes(), seed)
        };
        self.attributes.iter().map(hash).fold(0, u128::wrapping_add)
    }

    /// Keeps an attribute if it is wanted and the first of its name.
    fn keep_attribute(&mut self, attribute: Attribute, html: &str) {
        let is_wanted =
            self.name.categories() & FORMATTING != 0 || attribute.kind.is_wanted(self.name);
        if self.is_end || !is_wanted || self.attributes.len() == MOST_ATTRIBUTES {
            return;
        }
        let is_first = self.attributes.iter().all(|other| {
            other.kind != attribute.kind
                || (attribute.kind == Kind::Other
                    && !other.raw_name(html).eq_ignore_ascii_case(attribute.raw_name(html)))
        });
        if is_first {
            self.attributes.push(attribute);
        }
    }
}

impl Attribute {
    fn raw_name<'a>(&self, html: &'a str) -> &'a str {
        self.name.of(html)
    }

    /// The name in lower case, as the standard has it.
    fn name(&self, html: &str) -> String {
        beginning(self.raw_name(html)).to_ascii_lowercase().replace('\0', "\u{FFFD}")
    }

    /// The value with its references read.
    pub(in super::super) fn value<'a>(&self, html: &'a str) -> Cow<'a, str> {
        value(self.value.of(html))
    }
}

/// As much of a name or a value as is read: none that means something is longer.
fn beginning(raw: &str) -> &str {
    &raw[..raw.floor_char_boundary(LONGEST_READ)]
}

/// An attribute value as the page means it: references are read, a line break is a line feed.
pub(in super::super) fn value(raw: &str) -> Cow<'_, str> {
    let raw = beginning(raw);
    if memchr3(b'&', 0, b'\r', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(length) = memchr3(b'&', 0, b'\r', rest.as_bytes()) {
        out.push_str(&rest[..length]);
        let special = rest.as_bytes()[length];
        rest = &rest[length + 1..];
        if special == 0 {
            out.push('\u{FFFD}');
        } else if special == b'\r' {
            out.push('\n');
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        } else if let Some(reference) = references::read(rest, true) {
            out.push(reference.first);
            out.extend(reference.second);
            rest = &rest[reference.length..];
        } else {
            out.push('&');
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl Kind {
    fn of(name: &[u8]) -> Kind {
        let (word, kind): (&[u8], Kind) = match (name.len(), name[0] | 0x20) {
            (2, _) => (b"id", Kind::Id),
            (3, _) => (b"rel", Kind::Rel),
            (4, b'h') => (b"href", Kind::Href),
            (4, b'n') => (b"name", Kind::Name),
            (4, b't') => (b"type", Kind::Type),
            (4, b'f') => (b"face", Kind::Face),
            (4, _) => (b"size", Kind::Size),
            (5, b'c') if name[1] | 0x20 == b'l' => (b"class", Kind::Class),
            (5, b'c') => (b"color", Kind::Color),
            (5, _) => (b"style", Kind::Style),
            (6, _) => (b"hidden", Kind::Hidden),
            (7, b'a') => (b"alttext", Kind::AltText),
            (7, _) => (b"content", Kind::Content),
            (8, _) => (b"encoding", Kind::Encoding),
            (10, _) => (b"http-equiv", Kind::HttpEquiv),
            _ => return Kind::Other,
        };
        if name.eq_ignore_ascii_case(word) { kind } else { Kind::Other }
    }

    /// Whether anybody looks at such an attribute of an element.
    fn is_wanted(self, element: Name) -> bool {
        match self {
            Kind::AltText
            | Kind::Class
            | Kind::Encoding
            | Kind::Hidden
            | Kind::Id
            | Kind::Style
            | Kind::Type => true,
            Kind::Content | Kind::HttpEquiv | Kind::Name => element == Name::META,
            Kind::Href | Kind::Rel => matches!(element, Name::LINK | Name::AREA),
            Kind::Color | Kind::Face | Kind::Size | Kind::Other => false,
        }
    }
}

/// Whether a byte ends the name of a tag.
pub(super) fn ends_name(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0C' | b' ' | b'/' | b'>')
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0C' | b' ')
}

impl Tokenizer<'_> {
    /// Reads the tag that begins here; returns whether the page does not end in it.
    pub(super) fn read_tag(&mut self, is_end: bool, names: &mut Names) -> bool {
        let bytes = self.html.as_bytes();
        let start = self.at + 1 + usize::from(is_end);
        let Some(length) = bytes[start..].iter().position(|&byte| ends_name(byte)) else {
            self.at = bytes.len();
            return false;
        };
        let end = start + length;
        self.tag.name = names.name(beginning(&self.html[start..end]));
        self.tag.is_end = is_end;
        self.tag.is_self_closing = false;
        self.tag.source = self.at as u32;
        self.tag.attributes.clear();
        let tag_end = self.read_attributes(end);
        self.at = tag_end.unwrap_or(bytes.len());
        tag_end.is_some()
    }

    /// Reads the attributes; returns where the tag ends.
    fn read_attributes(&mut self, start: usize) -> Option<usize> {
        let bytes = self.html.as_bytes();
        let mut at = start;
        loop {
            match bytes.get(at)? {
                b'>' => return Some(at + 1),
                b'/' => {
                    at += 1;
                    self.tag.is_self_closing = !self.tag.is_end && bytes.get(at) == Some(&b'>');
                }
                byte if is_space(byte) => at += 1,
                _ => at = self.read_attribute(at)?,
            }
        }
    }

    /// Reads the attribute that begins at `start`; returns where it ends.
    fn read_attribute(&mut self, start: usize) -> Option<usize> {
        let bytes = self.html.as_bytes();
        // An equals sign at the start belongs to the name.
        let length = bytes[start + 1..].iter().position(|&b| ends_name(b) || b == b'=')?;
        let name_end = start + 1 + length;
        let mut at = name_end;
        let skip = |at: usize| bytes[at..].iter().position(|b| !is_space(b)).map(|n| at + n);
        if bytes[at] != b'=' {
            at = skip(at)?;
        }
        let mut value = (at, at);
        if bytes[at] == b'=' {
            at = skip(at + 1)?;
            value = match bytes[at] {
                quote @ (b'"' | b'\'') => {
                    let end = at + 1 + memchr(quote, &bytes[at + 1..])?;
                    value = (at + 1, end);
                    at = end + 1;
                    value
                }
                b'>' => (at, at),
                _ => {
                    let from = at;
                    at += bytes[at..].iter().position(|b| is_space(b) || *b == b'>')?;
                    (from, at)
                }
            };
        }
        let kind = Kind::of(&bytes[start..name_end]);
        let attribute = Attribute {
            kind,
            name: Span::new(start, name_end),
            value: Span::new(value.0, value.1),
        };
        self.tag.keep_attribute(attribute, self.html);
        Some(at)
    }
}
