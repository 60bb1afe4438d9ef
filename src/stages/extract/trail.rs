//! What extraction found on its way through one record, for whoever asks why it ended as it did.
//! Every part is absent, or empty, where the record did not come so far.

use std::borrow::Cow;

use serde::Serialize;

use super::record::rounded;
use crate::format::document::{Charset, Paragraph, Rights};
use crate::language::Prediction;
use crate::page::{self, CharsetReasons, MainReasons, Page};
use crate::warc::http::{PayloadKind, Response};

/// The whole way of one record.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Trail {
    /// What the HTTP response said.
    pub http: Option<HttpTrail>,
    /// The body without its codings.
    pub body: Option<BodyTrail>,
    /// Whether the bytes show any sign of Japanese; absent where nobody asked.
    pub may_be_japanese: Option<bool>,
    /// How the body was decoded.
    pub charset: Option<CharsetTrail>,
    /// What was read of the page.
    pub page: Option<PageTrail>,
    /// What the language model said.
    pub language: LanguageTrail,
}

/// A response with all its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpTrail {
    /// The status.
    pub status: u16,
    /// The fields in order, bytes that are not UTF-8 replaced.
    pub fields: Vec<(String, String)>,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BodyTrail {
    /// Bytes as the record holds them.
    pub raw_bytes: usize,
    /// Bytes without codings.
    pub bytes: usize,
    /// The codings that the header names: of the transfer, then of the content.
    pub codings: Vec<String>,
    /// Whether one of them was there and was undone.
    pub unpacked: bool,
    /// `html`, `xhtml`, `text` or `other`.
    pub kind: &'static str,
}

/// An encoding and why it was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CharsetTrail {
    /// As it stands in the document.
    #[serde(flatten)]
    pub charset: Charset,
    /// Why.
    #[serde(flatten)]
    pub reasons: CharsetReasons,
}

/// A page before anything of it was left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PageTrail {
    /// Its title.
    pub title: Option<String>,
    /// What its publisher says, the HTTP header included.
    pub rights: Rights,
    /// Share of characters that are signs of a wrong encoding.
    pub damage: f64,
    /// All its paragraphs.
    pub paragraphs: Vec<ParagraphTrail>,
}

/// A paragraph and why it is main content, or is not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParagraphTrail {
    /// As it stands in the document.
    #[serde(flatten)]
    pub paragraph: Paragraph,
    /// Why; absent where main content was not looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<MainReasons>,
}

/// The best labels, best first.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LanguageTrail {
    /// Of the main paragraphs; none where there is no text in any.
    pub main: Vec<Score>,
    /// Of all paragraphs.
    pub all: Vec<Score>,
    /// Of the Japanese script in all paragraphs; none where the other two decided or where there is
    /// too little of it.
    pub japanese: Vec<Score>,
    /// Which of them decided: `main`, `all` where the main ones alone do not pass, or `japanese`.
    pub decided_by: Option<&'static str>,
}

/// A label with its probability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The label.
    pub label: String,
    /// Its probability, 4 decimals.
    pub score: f32,
}

impl HttpTrail {
    pub(super) fn of(response: &Response<'_>) -> HttpTrail {
        let field = |(name, value): (&[u8], Cow<'_, [u8]>)| {
            (lossy(name).into_owned(), lossy(&value).into_owned())
        };
        HttpTrail { status: response.status, fields: response.fields().map(field).collect() }
    }
}

impl Score {
    pub(super) fn of(prediction: &Prediction<'_>) -> Score {
        Score { label: prediction.label.to_owned(), score: rounded(prediction.score) }
    }
}

impl Trail {
    pub(super) fn set_body(&mut self, response: &Response<'_>, body: &[u8], kind: PayloadKind) {
        let codings = ["Transfer-Encoding", "Content-Encoding"];
        let coding = |name: &&str| response.field(name).map(|value| lossy(&value).into_owned());
        let raw = response.raw_body();
        self.body = Some(BodyTrail {
            raw_bytes: raw.len(),
            bytes: body.len(),
            codings: codings.iter().filter_map(coding).collect(),
            unpacked: !std::ptr::eq(raw, body),
            kind: match kind {
                PayloadKind::Html => "html",
                PayloadKind::Xhtml => "xhtml",
                PayloadKind::Text => "text",
                PayloadKind::Other => "other",
            },
        });
    }

    pub(super) fn set_charset(&mut self, charset: Charset, reasons: CharsetReasons) {
        self.charset = Some(CharsetTrail { charset, reasons });
    }

    pub(super) fn set_page(&mut self, page: &Page, damage: f64) {
        let marked = page.paragraphs.iter().any(|paragraph| paragraph.main.is_some());
        let reasons = if marked { page::main_reasons(&page.paragraphs) } else { Vec::new() };
        let mut reasons = reasons.into_iter();
        let paragraphs = page.paragraphs.iter();
        self.page = Some(PageTrail {
            title: page.title.clone(),
            rights: page.rights.clone(),
            damage,
            paragraphs: paragraphs
                .map(|paragraph| ParagraphTrail {
                    paragraph: paragraph.clone(),
                    why: reasons.next(),
                })
                .collect(),
        });
    }
}

/// Bytes as text for people.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
