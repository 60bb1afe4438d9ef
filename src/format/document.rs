//! The document row: what extraction delivers, one line of `documents/NNNNN.jsonl.zst`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One page that was read: provenance, decisions made on the way, and its paragraphs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// 32 hex digits: the UUID of WARC-Record-ID, else a hash of file name, offset and address.
    pub id: String,
    /// WARC-Target-URI without angle brackets.
    pub url: String,
    /// WARC-Date as it was written.
    pub date: String,
    /// Where the record lies.
    pub warc: WarcPlace,
    /// What the HTTP response said.
    pub http: Http,
    /// How the bytes were decoded.
    pub charset: Charset,
    /// What language identification said.
    pub language: Language,
    /// The page's `title` element, normalised; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// What the publisher says about uses of the page; absent if nothing.
    #[serde(skip_serializing_if = "Rights::is_empty", default)]
    pub rights: Rights,
    /// Remarks such as `truncated` (the crawler cut the payload) or `length_repaired`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub flags: Vec<String>,
    /// The text, block by block, in page order.
    pub paragraphs: Vec<Paragraph>,
}

/// Where a WARC record lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarcPlace {
    /// File name, with as many directories as tell it from the other inputs; mostly none.
    pub file: String,
    /// Byte offset of the record's gzip member (or of the record, in an unpacked file).
    pub offset: u64,
    /// Bytes in the file, packed as they lie there.
    pub length: u64,
}

/// What the HTTP response said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// Status code.
    pub status: u16,
    /// The Content-Type header as it was sent; empty if none was.
    pub content_type: String,
}

/// How a payload was decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charset {
    /// WHATWG name of the encoding that was used, such as `Shift_JIS`.
    pub used: String,
    /// What decided: `bom`, `escape`, `utf8`, `http`, `meta` or `detector`.
    pub source: String,
    /// The label that the HTTP header (else the page) declared, as written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub declared: Option<String>,
    /// Malformed byte sequences that were replaced.
    pub malformed: u64,
}

/// What language identification said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Language {
    /// The model's label without its prefix, such as `ja`.
    pub label: String,
    /// Its probability as the model gives it (may exceed 1 by rounding), 4 decimals.
    pub score: f32,
}

/// What the publisher says about uses of the page: only what was said, as it was said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rights {
    /// Robots directives about uses: `noindex`, `noarchive`, `noai`, `noimageai`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub robots: Vec<RobotsDirective>,
    /// Whether text and data mining is reserved (TDM Reservation Protocol).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tdm_reservation: Option<bool>,
    /// Where the policy stands that tells how it may be allowed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tdm_policy: Option<String>,
    /// Licences that the page links to.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub licenses: Vec<License>,
}

impl Rights {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Rights::default()
    }
}

/// One robots directive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotsDirective {
    /// Its name in lower case.
    pub directive: String,
    /// The agent that it is addressed to, in lower case; absent if to all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent: Option<String>,
    /// Where it stands.
    pub source: RightsSource,
}

/// Where a publisher said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RightsSource {
    /// In a `meta` element of the page.
    Meta,
    /// In a field of the HTTP header.
    Header,
}

/// A link to a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// The address as written; may be relative to the page.
    pub url: String,
    /// Whether the link says `rel=license`; else it leads to a licence of Creative Commons.
    pub rel: bool,
}

/// One block of text with its place in the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paragraph {
    /// Normalised text; may hold line breaks (`br`, `pre`).
    pub text: String,
    /// Open elements at the first character, such as `body>div#main.post>p`; paragraphs with the same
    /// path may share it.
    pub path: Arc<str>,
    /// What kind of block it is.
    pub kind: ParagraphKind,
    /// Spans inside `a` elements as [from, to) in characters of `text`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub links: Vec<[u32; 2]>,
    /// Whether the paragraph is main content; absent where nobody asked (`main_content = "off"`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub main: Option<bool>,
}

impl Paragraph {
    /// Characters of the text inside links.
    pub fn link_characters(&self) -> usize {
        self.links.iter().map(|[from, to]| (to - from) as usize).sum()
    }
}

/// The kind of a paragraph, by the element that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParagraphKind {
    /// `p`, and bare text in a block.
    P,
    /// Heading of level 1.
    H1,
    /// Heading of level 2.
    H2,
    /// Heading of level 3.
    H3,
    /// Heading of level 4.
    H4,
    /// Heading of level 5.
    H5,
    /// Heading of level 6.
    H6,
    /// List item.
    Li,
    /// Term.
    Dt,
    /// Definition.
    Dd,
    /// Table cell, or a row of short cells joined by tabs.
    Td,
    /// Text kept verbatim.
    Pre,
    /// `blockquote`.
    Quote,
    /// `figcaption` or `caption`.
    Caption,
    /// Anything else, such as `button` or `legend`.
    Other,
}

impl ParagraphKind {
    /// Whether it is a heading of any level.
    pub fn is_heading(self) -> bool {
        use ParagraphKind::{H1, H2, H3, H4, H5, H6};
        matches!(self, H1 | H2 | H3 | H4 | H5 | H6)
    }
}
