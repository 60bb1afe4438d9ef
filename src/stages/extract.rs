//! Extract: WARC records in, documents and their signatures out. Every record ends in exactly one
//! counted outcome; a page that meets a bug is put aside and the next one is read.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use serde_json::json;
use xxhash_rust::xxh3::Xxh3Default;

use super::pipeline::{ExtractSection, Pipeline, WARC_ENDINGS};
use super::{
    Counts, OutputFile, Stage, TaskContext, TaskInput, TaskOutput, TaskPlan, Upstream, add,
    shard_path,
};
use crate::config::parse_size;
use crate::error::{Error, Result};
use crate::format::columns::{self, Column, Values};
use crate::format::document::{Document, Paragraph, WarcPlace};
use crate::format::frames::FrameWriter;
use crate::language::Model;
use crate::outcome::Outcome;
use crate::page;
use crate::store::{self, Staged};
use crate::text::match_form::exact_form_by_pieces;
use crate::warc::{Content, Entry, Reader, Record};

mod language;
mod record;
mod trail;

use record::Extractor;
pub use trail::{
    BodyTrail, CharsetTrail, HttpTrail, LanguageTrail, PageTrail, ParagraphTrail, Score, Trail,
};

/// One WARC file in, one shard of documents and signatures out.
pub(super) struct Extract;

/// Bytes of a paragraph whose exact form is made at once: it may be many times as long.
const FORM_PIECE: usize = 1 << 16;
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
        5
    }

    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value> {
        let section = &pipeline.extract;
        Ok(json!({
            "language": section.language,
            "prescreen": section.prescreen,
            "min_score": section.min_score,
            "model": pipeline.named.model.sha256,
            "main_content": section.main_content,
            "respect": respected(section),
            "max_record": max_record(section),
            "page_memory": page_memory(section),
        }))
    }

    fn plan(&self, pipeline: &Pipeline, _: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        let files = store::expand_inputs(&pipeline.input.warc, WARC_ENDINGS)
            .map_err(Error::from_problems)?;
        let parts = name_parts(&files);
        let plan = |(index, file): (usize, PathBuf)| {
            let input = TaskInput::of_file(&file)?;
            let numbers = [(NAME_PARTS.to_owned(), parts as u64)].into();
            Ok(TaskPlan { index, inputs: vec![input], numbers })
        };
        files.into_iter().enumerate().map(plan).collect()
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let input = task
            .inputs
            .first()
            .ok_or_else(|| Error::bug(format!("task {} was planned without a file", task.index)))?;
        let path = Path::new(&input.path);
        input.check_unchanged()?;
        let pipeline = context.pipeline;
        let model = context.models.language(&pipeline.extract, Some(&pipeline.named.model))?;
        let mut extractor = Extractor::new(&context.pipeline.extract, &model);
        let mut shard = Shard::new(task.index, context)?;
        let name = last_parts(path, task.number(NAME_PARTS)? as usize);
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
        // Once more: it may have been replaced while it was read.
        input.check_unchanged()?;
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

/// The number in a plan that says how many parts of its path name a file.
const NAME_PARTS: &str = "name_parts";

/// How many parts of their paths, from the end, tell these files from one another: 1 as long as no
/// two have the same file name.
fn name_parts(files: &[PathBuf]) -> usize {
    let most = files.iter().map(|file| file.components().count()).max().unwrap_or(1);
    let differ = |parts: &usize| {
        let names: BTreeSet<String> = files.iter().map(|file| last_parts(file, *parts)).collect();
        names.len() == files.len()
    };
    (1..most).find(differ).unwrap_or(most)
}

/// The last parts of a path, with `/` between them.
fn last_parts(path: &Path, parts: usize) -> String {
    let all: Vec<String> =
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    all[all.len().saturating_sub(parts)..].join("/")
}

/// The largest unpacked record in bytes.
pub fn max_record(section: &ExtractSection) -> u64 {
    parse_size(&section.max_record).unwrap_or(64 << 20)
}

/// What reading a page may take beside it, in bytes.
fn page_memory(section: &ExtractSection) -> u64 {
    parse_size(&section.page_memory).unwrap_or(page::MEMORY as u64)
}

/// The honoured signals, in whatever order they were given.
fn respected(section: &ExtractSection) -> Vec<&str> {
    let mut signals: Vec<&str> = section.respect.iter().map(String::as_str).collect();
    signals.sort_unstable();
    signals.dedup();
    signals
}

/// The outputs of one task in writing.
struct Shard<'a> {
    context: &'a TaskContext<'a>,
    index: usize,
    documents: FrameWriter<Staged>,
    signatures: Signatures,
    quarantine: Option<(Staged, u64)>,
    counts: Counts,
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
                match extractor.document(record, place, None) {
                    Ok(document) => {
                        self.keep(&document)?;
                        Outcome::Document
                    }
                    Err(outcome) => {
                        if outcome == Outcome::Internal {
                            self.put_aside(record)?;
                        }
                        outcome
                    }
                }
            }
        };
        add(&mut self.counts, &format!("outcome.{}", outcome.name()), 1);
        Ok(())
    }

    fn keep(&mut self, document: &Document) -> Result<()> {
        self.documents.write_json(document)?;
        self.signatures.push(document);
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

/// What deduplication reads of each document: 32 bytes in memory.
#[derive(Default)]
struct Signatures {
    exact: Vec<Option<i64>>,
    date: Vec<i64>,
    characters: Vec<i64>,
    /// The exact form of a piece of text.
    form: String,
}

impl Signatures {
    fn push(&mut self, document: &Document) {
        let (exact, characters) = sign(document, &mut self.form);
        self.exact.push(exact);
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

/// Signs the main paragraphs without headings, which one layout repeats and another leaves out;
/// where that is nothing, all of them. Gives the hash of their exact forms one behind the other, if
/// there is any, and their characters; `form` is overwritten.
fn sign(document: &Document, form: &mut String) -> (Option<i64>, usize) {
    let counts =
        |paragraph: &&Paragraph| paragraph.main != Some(false) && !paragraph.kind.is_heading();
    let some = document.paragraphs.iter().any(|paragraph| counts(&paragraph));
    let mut hash = Xxh3Default::new();
    let mut is_empty = true;
    let mut characters = 0;
    for paragraph in document.paragraphs.iter().filter(|paragraph| !some || counts(paragraph)) {
        exact_form_by_pieces(&paragraph.text, FORM_PIECE, form, |piece| {
            hash.update(piece.as_bytes());
            is_empty &= piece.is_empty();
        });
        characters += paragraph.text.chars().count();
    }
    ((!is_empty).then(|| hash.digest().cast_signed()), characters)
}

/// The first 14 digits of a date as a number: `2024-05-18T03:11:07Z` is 20240518031107; 0 if there
/// are fewer.
fn date_number(date: &str) -> i64 {
    let digits: String = date.chars().filter(char::is_ascii_digit).take(14).collect();
    if digits.len() == 14 { digits.parse().unwrap_or(0) } else { 0 }
}

/// What became of one record, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Examined {
    /// The outcome that the record ends in.
    #[serde(serialize_with = "by_name")]
    pub outcome: Outcome,
    /// The document, if it became one.
    pub document: Option<Document>,
    /// Its hash as it stands in `signatures/`, if it has one.
    pub exact: Option<i64>,
    /// What was found on the way.
    #[serde(flatten)]
    pub trail: Trail,
}

fn by_name<S: Serializer>(outcome: &Outcome, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(outcome.name())
}

/// Brings one record to its outcome as a run of this section does, and tells the whole way.
pub fn examine(
    record: &Record<'_>,
    place: WarcPlace,
    section: &ExtractSection,
    model: &Model,
) -> Examined {
    let mut trail = Trail::default();
    match Extractor::new(section, model).document(record, place, Some(&mut trail)) {
        Ok(document) => {
            let exact = sign(&document, &mut String::new()).0;
            Examined { outcome: Outcome::Document, document: Some(document), exact, trail }
        }
        Err(outcome) => Examined { outcome, document: None, exact: None, trail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_same_name_are_told_apart_by_their_folders() {
        let files = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        for (paths, parts, last) in [
            (&["/d/a.warc.gz", "/d/b.warc.gz"][..], 1, "b.warc.gz"),
            (&["/d/x/a.warc.gz", "/d/y/a.warc.gz"], 2, "y/a.warc.gz"),
            (&["x/1/a.warc", "y/1/a.warc", "y/2/a.warc"], 3, "y/2/a.warc"),
            (&["a.warc"], 1, "a.warc"),
            (&[], 1, ""),
        ] {
            let files = files(paths);
            assert_eq!(name_parts(&files), parts, "{paths:?}");
            let name = files.last().map_or_else(String::new, |file| last_parts(file, parts));
            assert_eq!(name, last);
        }
    }
    use crate::format::document::{Http, Language, Rights};

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
            path: "body>p".into(),
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
                rights: Rights::default(),
                flags: Vec::new(),
                paragraphs: vec![paragraph(menu, Some(false)), paragraph(text, Some(true))],
            };
            signatures.push(&document);
        }
        assert_eq!(signatures.exact[0], signatures.exact[1]);
        assert_ne!(signatures.exact[1], signatures.exact[2]);
        assert_eq!(signatures.characters[0], 7);
    }
}
