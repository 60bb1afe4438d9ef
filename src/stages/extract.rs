//! Extract: WARC records in, documents and their signatures out. Every record ends in exactly one
//! counted outcome; a page that meets a bug is put aside and the next one is read.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::json;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::pipeline::{ExtractSection, MainContent, Pipeline, WARC_ENDINGS};
use super::{
    Counts, OutputFile, Stage, TaskContext, TaskInput, TaskOutput, TaskPlan, Upstream, add,
    shard_path,
};
use crate::config::parse_size;
use crate::error::{Error, Result};
use crate::format::columns::{self, Column, Values};
use crate::format::document::{Document, Http, Language, Paragraph, WarcPlace};
use crate::format::frames::FrameWriter;
use crate::language::{Model, Predictor, lid_form, may_be_japanese};
use crate::outcome::Outcome;
use crate::page;
use crate::store::{self, Staged};
use crate::text::match_form::exact_form;
use crate::text::mojibake::Damage;
use crate::warc::http::{PayloadKind, Response, payload_kind};
use crate::warc::{Content, Entry, Reader, Record, RecordKind};

/// One WARC file in, one shard of documents and signatures out.
pub(super) struct Extract;

/// Records between two reports of progress.
const REPORT_EVERY: u64 = 256;

impl Stage for Extract {
    fn name(&self) -> &'static str {
        "extract"
    }

    fn summary(&self) -> &'static str {
        "find Japanese pages and read their text"
    }

    fn version(&self) -> u32 {
        1
    }

    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value> {
        let section = &pipeline.extract;
        Ok(json!({
            "language": section.language,
            "min_score": section.min_score,
            "model": pipeline.digests.model,
            "main_content": format!("{:?}", section.main_content),
            "max_record": max_record(section),
        }))
    }

    fn plan(&self, pipeline: &Pipeline, _: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let files = store::expand_inputs(&pipeline.input.warc, WARC_ENDINGS)
            .map_err(Error::from_problems)?;
        let plan = |(index, file): (usize, std::path::PathBuf)| {
            let fingerprint = store::fingerprint(&file)?;
            let input = TaskInput {
                path: file.display().to_string(),
                size: fingerprint.size,
                digest: fingerprint.head_tail_sha256,
                rows: 0,
            };
            Ok(TaskPlan { index, inputs: vec![input], numbers: Default::default() })
        };
        files.into_iter().enumerate().map(plan).collect()
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let input = task
            .inputs
            .first()
            .ok_or_else(|| Error::bug(format!("task {} was planned without a file", task.index)))?;
        let path = Path::new(&input.path);
        let model = context.models.language(context.pipeline)?;
        let mut extractor = Extractor::new(&context.pipeline.extract, &model);
        let mut shard = Shard::new(task.index, context)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (source, _) = store::open_input(path)?;
        let mut reader = Reader::new(source, max_record(&context.pipeline.extract));
        let (mut records, mut position) = (0, 0);
        loop {
            let entry = match reader.next() {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(cause) => return Err(Error::io("read the WARC file", path, cause)),
            };
            shard.entry(&entry, &name, &mut extractor)?;
            records += 1;
            if records % REPORT_EVERY == 0 {
                context.advance(REPORT_EVERY, reader.position() - position);
                position = reader.position();
            }
        }
        context.advance(records % REPORT_EVERY, reader.position() - position);
        shard.finish(records, input.size)
    }

    fn check(&self, totals: &Counts, _: &dyn Upstream) -> Result<()> {
        let count = |name: &str| totals.get(name).copied().unwrap_or(0);
        let outcomes: u64 = totals
            .iter()
            .filter(|(name, _)| name.starts_with("outcome."))
            .map(|(_, count)| count)
            .sum();
        let (records, documents) = (count("records"), count("documents"));
        let became = count(&format!("outcome.{}", Outcome::Document.name()));
        if outcomes == records && documents == became {
            return Ok(());
        }
        Err(Error::bug(format!(
            "{records} records ended in {outcomes} outcomes, and {became} of them in {documents} \
             documents"
        )))
    }
}

/// The largest unpacked record in bytes.
fn max_record(section: &ExtractSection) -> u64 {
    parse_size(&section.max_record).unwrap_or(64 << 20)
}

/// The outputs of one task in writing.
struct Shard<'a> {
    context: &'a TaskContext<'a>,
    index: usize,
    documents: FrameWriter<Staged>,
    signatures: Signatures,
    quarantine: Option<(Staged, u64)>,
    counts: Counts,
    line: Vec<u8>,
}

impl<'a> Shard<'a> {
    fn new(index: usize, context: &'a TaskContext<'a>) -> Result<Shard<'a>> {
        let path = shard_path("documents", index, "jsonl.zst");
        let staged = context.store.create(&path)?;
        Ok(Shard {
            context,
            index,
            documents: FrameWriter::new(staged, &context.store.place(&path))?,
            signatures: Signatures::default(),
            quarantine: None,
            counts: Counts::new(),
            line: Vec::new(),
        })
    }

    /// Brings one record, or one span of damage, to its outcome.
    fn entry(
        &mut self,
        entry: &Entry<'_>,
        file: &str,
        extractor: &mut Extractor<'_>,
    ) -> Result<()> {
        let outcome = match &entry.content {
            Content::Damaged(outcome) => *outcome,
            Content::Record(record) => {
                let place =
                    WarcPlace { file: file.to_owned(), offset: entry.offset, length: entry.length };
                match catch_unwind(AssertUnwindSafe(|| extractor.document(record, place))) {
                    Ok(Ok(document)) => {
                        self.keep(&document, extractor)?;
                        Outcome::Document
                    }
                    Ok(Err(outcome)) => outcome,
                    Err(_) => {
                        extractor.reset();
                        self.put_aside(record)?;
                        Outcome::Internal
                    }
                }
            }
        };
        add(&mut self.counts, &format!("outcome.{}", outcome.name()), 1);
        Ok(())
    }

    fn keep(&mut self, document: &Document, extractor: &mut Extractor<'_>) -> Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, document)
            .map_err(|cause| Error::bug("cannot write a document as JSON").caused_by(cause))?;
        self.documents.write_line(&self.line)?;
        self.signatures.push(document, &mut extractor.form);
        add(&mut self.counts, "documents", 1);
        Ok(())
    }

    /// Keeps the raw record of a page that met a bug.
    fn put_aside(&mut self, record: &Record<'_>) -> Result<()> {
        let path = shard_path("quarantine", self.index, "warc");
        if self.quarantine.is_none() {
            self.quarantine = Some((self.context.store.create(&path)?, 0));
        }
        if let Some((staged, records)) = &mut self.quarantine {
            staged.write_all(record.raw()).and_then(|()| staged.write_all(b"\r\n\r\n")).map_err(
                |cause| Error::io("write the file", &self.context.store.place(&path), cause),
            )?;
            *records += 1;
        }
        Ok(())
    }

    fn finish(mut self, records: u64, bytes_in: u64) -> Result<TaskOutput> {
        let context = self.context;
        let path = shard_path("documents", self.index, "jsonl.zst");
        let (staged, stats) = self.documents.finish()?;
        let mut outputs = vec![context.commit(&path, staged, stats.lines)?];
        outputs.push(self.signatures.write(self.index, context)?);
        if let Some((staged, records)) = self.quarantine {
            let path = shard_path("quarantine", self.index, "warc");
            outputs.push(context.commit(&path, staged, records)?);
        }
        add(&mut self.counts, "records", records);
        add(&mut self.counts, "bytes_in", bytes_in);
        Ok(TaskOutput { outputs, counts: self.counts })
    }
}

/// What deduplication reads of each document: 24 bytes in memory.
#[derive(Default)]
struct Signatures {
    exact: Vec<Option<i64>>,
    date: Vec<i64>,
    characters: Vec<i64>,
}

impl Signatures {
    /// Signs the main paragraphs without headings, which one layout repeats and another leaves
    /// out; where that is nothing, all of them.
    fn push(&mut self, document: &Document, form: &mut String) {
        let counts =
            |paragraph: &&Paragraph| paragraph.main != Some(false) && !paragraph.kind.is_heading();
        let some = document.paragraphs.iter().any(|paragraph| counts(&paragraph));
        form.clear();
        let mut characters = 0;
        for paragraph in document.paragraphs.iter().filter(|paragraph| !some || counts(paragraph)) {
            exact_form(&paragraph.text, form);
            characters += paragraph.text.chars().count();
        }
        let hash = xxh3_64(form.as_bytes()).cast_signed();
        self.exact.push((!form.is_empty()).then_some(hash));
        self.date.push(date_number(&document.date));
        self.characters.push(i64::try_from(characters).unwrap_or(i64::MAX));
    }

    fn write(self, index: usize, context: &TaskContext<'_>) -> Result<OutputFile> {
        let path = shard_path("signatures", index, "parquet");
        let columns = [
            Column::new("exact", Values::OptI64(self.exact)),
            Column::new("date", Values::I64(self.date)),
            Column::new("characters", Values::I64(self.characters)),
        ];
        context.write(&path, |staged| columns::write(staged, &path, &columns, &[]))
    }
}

/// The first 14 digits of a date as a number: `2024-05-18T03:11:07Z` is 20240518031107; 0 if there
/// are fewer.
fn date_number(date: &str) -> i64 {
    let digits: String = date.chars().filter(char::is_ascii_digit).take(14).collect();
    if digits.len() == 14 { digits.parse().unwrap_or(0) } else { 0 }
}

/// Turns records into documents, with buffers that are used again for every page.
struct Extractor<'m> {
    section: &'m ExtractSection,
    model: &'m Model,
    max_record: usize,
    predictor: Predictor<'m>,
    page: page::Reader,
    body: Vec<u8>,
    form: String,
}

impl<'m> Extractor<'m> {
    fn new(section: &'m ExtractSection, model: &'m Model) -> Extractor<'m> {
        Extractor {
            section,
            model,
            max_record: usize::try_from(max_record(section)).unwrap_or(usize::MAX),
            predictor: model.predictor(),
            page: page::Reader::new(),
            body: Vec::new(),
            form: String::new(),
        }
    }

    /// Drops every buffer: a panic may have left them in any state.
    fn reset(&mut self) {
        *self = Extractor::new(self.section, self.model);
    }

    /// The document of a record, or why there is none.
    fn document(
        &mut self,
        record: &Record<'_>,
        warc: WarcPlace,
    ) -> std::result::Result<Document, Outcome> {
        if record.kind() != RecordKind::Response || !record.is_http() {
            return Err(Outcome::NotResponse);
        }
        let response = Response::parse(record.block()).ok_or(Outcome::BadHttp)?;
        if response.status != 200 {
            return Err(Outcome::NotSuccess);
        }
        let mut buffer = std::mem::take(&mut self.body);
        let document = self.page(record, warc, &response, &mut buffer);
        self.body = buffer;
        document
    }

    /// The document of a response with status 200; `buffer` takes the body if it is coded.
    fn page(
        &mut self,
        record: &Record<'_>,
        warc: WarcPlace,
        response: &Response<'_>,
        buffer: &mut Vec<u8>,
    ) -> std::result::Result<Document, Outcome> {
        let body = response.body(self.max_record, buffer)?;
        let content_type = response.content_type();
        let kind = payload_kind(&content_type, body);
        if body.is_empty() {
            return Err(Outcome::Empty);
        }
        if kind == PayloadKind::Other {
            return Err(Outcome::NotHtml);
        }
        if self.section.language == "ja" && !may_be_japanese(body) {
            return Err(Outcome::NoKana);
        }
        let url = record.target_uri();
        let decoded = page::decode(body, &content_type, is_jp_host(&url));
        let mut page = match kind {
            PayloadKind::Text => self.page.plain_text(&decoded.text),
            _ => self.page.html(&decoded.text)?,
        };
        if page.paragraphs.is_empty() {
            return Err(Outcome::Empty);
        }
        if is_garbled(&page.paragraphs) {
            return Err(Outcome::Mojibake);
        }
        if self.section.main_content != MainContent::Off {
            page::mark_main(&mut page.paragraphs);
        }
        let language = self.language(&page.paragraphs)?;
        if self.section.main_content == MainContent::Drop {
            page.paragraphs.retain(|paragraph| paragraph.main != Some(false));
            if page.paragraphs.is_empty() {
                return Err(Outcome::Empty);
            }
        }
        Ok(Document {
            id: record.id().unwrap_or_else(|| place_id(&warc)),
            url,
            date: record.date(),
            warc,
            http: Http { status: response.status, content_type },
            charset: decoded.charset,
            language,
            title: page.title,
            flags: flags(record),
            paragraphs: page.paragraphs,
        })
    }

    /// Identifies the language from the main paragraphs, or from all of them where there are none
    /// or where the main ones alone would not pass: a short notice in English must not hide a
    /// Japanese page.
    fn language(&mut self, paragraphs: &[Paragraph]) -> std::result::Result<Language, Outcome> {
        let main = paragraphs.iter().filter(|paragraph| paragraph.main == Some(true));
        let from_main = self.identify(main.map(|paragraph| paragraph.text.as_str()));
        if let Some(Ok(language)) = from_main {
            return Ok(language);
        }
        let all = paragraphs.iter().map(|paragraph| paragraph.text.as_str());
        self.identify(all).unwrap_or(Err(Outcome::Empty))
    }

    /// The verdict of the language model on these paragraphs; `None` where they hold no text.
    fn identify<'p>(
        &mut self,
        paragraphs: impl Iterator<Item = &'p str>,
    ) -> Option<std::result::Result<Language, Outcome>> {
        self.form.clear();
        lid_form(paragraphs, &mut self.form);
        if self.form.trim().is_empty() {
            return None;
        }
        let best = *self.predictor.predict(&self.form, 1).first()?;
        if best.label != self.section.language {
            return Some(Err(Outcome::OtherLanguage));
        }
        if f64::from(best.score) < self.section.min_score {
            return Some(Err(Outcome::LowLanguageScore));
        }
        let score = (best.score * 10_000.0).round() / 10_000.0;
        Some(Ok(Language { label: best.label.to_owned(), score }))
    }
}

fn is_garbled(paragraphs: &[Paragraph]) -> bool {
    let mut damage = Damage::default();
    for paragraph in paragraphs {
        damage.add(&paragraph.text);
    }
    damage.is_mojibake()
}

/// What is worth knowing about how the record came to be.
fn flags(record: &Record<'_>) -> Vec<String> {
    let mut flags = Vec::new();
    if record.truncated() {
        flags.push("truncated".to_owned());
    }
    if record.length_repaired() {
        flags.push("length_repaired".to_owned());
    }
    flags
}

/// The id of a record that carries none: a hash of where it lies.
fn place_id(warc: &WarcPlace) -> String {
    format!("{:032x}", xxh3_128(format!("{}@{}", warc.file, warc.offset).as_bytes()))
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

    #[test]
    fn dates_become_comparable_numbers() {
        assert_eq!(date_number("2024-05-18T03:11:07Z"), 20_240_518_031_107);
        assert_eq!(date_number("2024-05-18T03:11:07.123456Z"), 20_240_518_031_107);
        assert_eq!(date_number("20240518031107"), 20_240_518_031_107);
        assert_eq!(date_number("2024-05-18"), 0);
        assert_eq!(date_number(""), 0);
    }

    #[test]
    fn documents_with_the_same_text_sign_alike_whatever_their_boilerplate() {
        let paragraph = |text: &str, main| Paragraph {
            text: text.to_owned(),
            path: "body>p".to_owned(),
            kind: crate::format::document::ParagraphKind::P,
            links: Vec::new(),
            main,
        };
        let mut signatures = Signatures::default();
        for (text, menu) in
            [("ＡＢＣは文字。", "ホーム"), ("abcは 文字", "入口"), ("別の文", "入口")]
        {
            let document = Document {
                id: String::new(),
                url: String::new(),
                date: "2024-05-18T03:11:07Z".to_owned(),
                warc: WarcPlace { file: String::new(), offset: 0, length: 0 },
                http: Http { status: 200, content_type: String::new() },
                charset: crate::format::document::Charset {
                    used: "UTF-8".to_owned(),
                    source: "utf8".to_owned(),
                    declared: None,
                    malformed: 0,
                },
                language: Language { label: "ja".to_owned(), score: 1.0 },
                title: None,
                flags: Vec::new(),
                paragraphs: vec![paragraph(menu, Some(false)), paragraph(text, Some(true))],
            };
            signatures.push(&document, &mut String::new());
        }
        assert_eq!(signatures.exact[0], signatures.exact[1]);
        assert_ne!(signatures.exact[1], signatures.exact[2]);
        assert_eq!(signatures.characters[0], 7);
    }
}
