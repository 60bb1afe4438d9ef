//! From one WARC record to its document, or to why there is none: every decision of extraction in
//! the order in which it is made. Whoever wants to know why gives a [`Trail`], which is filled on the
//! way; it changes nothing.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use xxhash_rust::xxh3::xxh3_128;

use super::language::Told;
use super::trail::{HttpTrail, Trail, lossy};
use super::{max_record, page_memory};
use crate::format::document::{Charset, Document, Http, Paragraph, Rights, WarcPlace};
use crate::language::{Model, Predictor, Script, may_be_japanese};
use crate::outcome::Outcome;
use crate::page::{self, Decoded, Page, publisher};
use crate::stages::pipeline::{ExtractSection, MainContent};
use crate::text::mojibake::Damage;
use crate::warc::http::{PayloadKind, Response, payload_kind};
use crate::warc::{Record, RecordKind};

/// Bytes of an unpacked body that are kept for the next one.
const KEPT_BODY: usize = 1 << 20;

/// Turns records into documents, with buffers that are used again for every page.
pub(super) struct Extractor<'m> {
    pub(super) section: &'m ExtractSection,
    model: &'m Model,
    max_record: usize,
    page_memory: usize,
    pub(super) predictor: Predictor<'m>,
    page: page::Reader,
    body: Vec<u8>,
    pub(super) form: String,
}

impl<'m> Extractor<'m> {
    pub(super) fn new(section: &'m ExtractSection, model: &'m Model) -> Extractor<'m> {
        Extractor {
            section,
            model,
            max_record: usize::try_from(max_record(section)).unwrap_or(usize::MAX),
            page_memory: usize::try_from(page_memory(section)).unwrap_or(usize::MAX),
            predictor: model.predictor(),
            page: page::Reader::new(),
            body: Vec::new(),
            form: String::new(),
        }
    }

    /// The document of a record, or why there is none: `Internal` if it met a bug.
    pub(super) fn document(
        &mut self,
        record: &Record<'_>,
        warc: WarcPlace,
        trail: Option<&mut Trail>,
    ) -> Result<Document, Outcome> {
        catch_unwind(AssertUnwindSafe(|| self.response(record, warc, trail))).unwrap_or_else(|_| {
            // A panic may have left the buffers in any state.
            *self = Extractor::new(self.section, self.model);
            Err(Outcome::Internal)
        })
    }

    fn response(
        &mut self,
        record: &Record<'_>,
        warc: WarcPlace,
        mut trail: Option<&mut Trail>,
    ) -> Result<Document, Outcome> {
        if record.kind() != RecordKind::Response || !record.is_http() {
            return Err(Outcome::NotResponse);
        }
        let response = Response::parse(record.block()).ok_or(Outcome::BadHttp)?;
        if let Some(trail) = trail.as_deref_mut() {
            trail.http = Some(HttpTrail::of(&response));
        }
        if response.status != 200 {
            return Err(Outcome::NotSuccess);
        }
        let mut buffer = std::mem::take(&mut self.body);
        let document = self.success(record, warc, &response, &mut buffer, trail);
        buffer.clear();
        buffer.shrink_to(KEPT_BODY);
        self.body = buffer;
        document
    }

    /// The document of a response with status 200; `buffer` takes the body if it is coded.
    fn success(
        &mut self,
        record: &Record<'_>,
        warc: WarcPlace,
        response: &Response<'_>,
        buffer: &mut Vec<u8>,
        mut trail: Option<&mut Trail>,
    ) -> Result<Document, Outcome> {
        let body = response.body(self.max_record, self.page_memory, buffer)?;
        // What a body was unpacked from stays beside it.
        let raw = response.raw_body();
        let packed = if std::ptr::eq(raw, body) { 0 } else { raw.len() };
        let memory = self.page_memory.saturating_sub(packed);
        let content_type = response.content_type();
        let kind = payload_kind(&content_type, body);
        if let Some(trail) = trail.as_deref_mut() {
            trail.set_body(response, body, kind);
        }
        if body.is_empty() {
            return Err(Outcome::Empty);
        }
        if kind == PayloadKind::Other {
            return Err(Outcome::NotHtml);
        }
        if self.section.language == "ja" && self.section.prescreen {
            let passes = may_be_japanese(body, kind != PayloadKind::Text);
            if let Some(trail) = trail.as_deref_mut() {
                trail.may_be_japanese = Some(passes);
            }
            if !passes {
                return Err(Outcome::NoKana);
            }
        }
        if !page::decodes_within(body, memory) {
            return Err(Outcome::TooCostly);
        }
        let url = record.target_uri();
        let Decoded { text, charset } =
            decoded(body, &content_type, is_jp_host(&url), trail.as_deref_mut());
        self.page.allow(match &text {
            Cow::Borrowed(_) => memory,
            Cow::Owned(text) => memory.saturating_sub(text.len()),
        });
        let mut page = self.page(&text, &charset, kind, response, trail.as_deref_mut())?;
        drop(text);
        let told = self.language(&page.paragraphs, trail)?;
        if self.section.respect.iter().any(|signal| publisher::says(&page.rights, signal)) {
            return Err(Outcome::Respected);
        }
        if self.section.main_content == MainContent::Drop {
            page.paragraphs.retain(|paragraph| paragraph.main != Some(false));
            if page.paragraphs.is_empty() {
                return Err(Outcome::Empty);
            }
        }
        Ok(Document {
            id: record.id().unwrap_or_else(|| place_id(&warc, &url)),
            url,
            date: record.date(),
            warc,
            http: Http { status: response.status, content_type },
            charset,
            flags: flags(record, &told),
            language: told.language,
            title: page.title,
            rights: page.rights,
            paragraphs: page.paragraphs,
        })
    }

    /// The paragraphs of a page, marked, and what its publisher says.
    fn page(
        &mut self,
        text: &str,
        charset: &Charset,
        kind: PayloadKind,
        response: &Response<'_>,
        trail: Option<&mut Trail>,
    ) -> Result<Page, Outcome> {
        let mut page = match kind {
            PayloadKind::Text => self.page.plain_text(text)?,
            _ => self.page.html(text)?,
        };
        hear_header(&mut page.rights, response);
        let damage = damage(&page.paragraphs);
        let garbled = damage.is_mojibake();
        let script = Script::exactly(damage.kana(), damage.han(), damage.characters());
        let foreign = self.section.language == "ja" && !script.may_be_japanese_in(&charset.used);
        if self.section.main_content != MainContent::Off && !garbled && !foreign {
            page::mark_main(&mut page.paragraphs);
        }
        if let Some(trail) = trail {
            trail.set_page(&page, damage.share());
        }
        if page.paragraphs.is_empty() {
            return Err(Outcome::Empty);
        }
        match (garbled, foreign) {
            (true, _) => Err(Outcome::Mojibake),
            (_, true) => Err(Outcome::OtherLanguage),
            _ => Ok(page),
        }
    }
}

/// A score with four decimals.
pub(super) fn rounded(score: f32) -> f32 {
    (score * 10_000.0).round() / 10_000.0
}

fn decoded<'a>(
    body: &'a [u8],
    content_type: &str,
    jp_host: bool,
    trail: Option<&mut Trail>,
) -> Decoded<'a> {
    let Some(trail) = trail else { return page::decode(body, content_type, jp_host) };
    let (decoded, reasons) = page::decode_with_reasons(body, content_type, jp_host);
    trail.set_charset(decoded.charset.clone(), reasons);
    decoded
}

fn damage(paragraphs: &[Paragraph]) -> Damage {
    let mut damage = Damage::default();
    for paragraph in paragraphs {
        damage.add(&paragraph.text);
    }
    damage
}

/// Adds what the HTTP header says about uses of the page.
fn hear_header(rights: &mut Rights, response: &Response<'_>) {
    for (name, value) in response.fields() {
        publisher::header(rights, &lossy(name), &lossy(&value));
    }
}

/// What is worth knowing about how the document came to be.
fn flags(record: &Record<'_>, told: &Told) -> Vec<String> {
    let mut flags = Vec::new();
    if record.truncated() {
        flags.push("truncated".to_owned());
    }
    if record.length_repaired() {
        flags.push("length_repaired".to_owned());
    }
    if told.by_script {
        flags.push("japanese_script".to_owned());
    }
    flags
}

/// The id of a record that carries none: a hash of where it lies and of its address, because the
/// records of one gzip member lie at one place.
fn place_id(warc: &WarcPlace, url: &str) -> String {
    format!("{:032x}", xxh3_128(format!("{}@{} {url}", warc.file, warc.offset).as_bytes()))
}

/// Whether the host of `url` lies under `.jp`.
fn is_jp_host(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host).trim_end_matches('.');
    host.len() > 3 && host[host.len() - 3..].eq_ignore_ascii_case(".jp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_under_jp_are_told_from_paths_that_look_like_it() {
        for (url, expected) in [
            ("http://a.example.jp/x", true),
            ("https://user@EXAMPLE.CO.JP:8080/", true),
            ("http://example.jp", true),
            ("http://example.com/x.jp", false),
            ("http://examplejp/", false),
            ("", false),
            (".jp", false),
        ] {
            assert_eq!(is_jp_host(url), expected, "{url}");
        }
    }
}
