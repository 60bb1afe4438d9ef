//! What each fuzz target does with its bytes, and what must hold of the result whatever they are.
//! Plain functions that panic on a fault: libFuzzer calls them with bytes of its own, `cargo test`
//! with the kept corpus.

use std::borrow::Cow;
use std::io::{self, Read, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use kuroshio::format::document::{Paragraph, ParagraphKind};
use kuroshio::language::{Model, Script, japanese_form, japanese_share, lid_form, may_be_japanese};
use kuroshio::page;
use kuroshio::text::match_form::{exact_form, match_form};
use kuroshio::text::mojibake::Damage;
use kuroshio::text::normalize::output_text;
use kuroshio::text::sentences::sentences;
use kuroshio::tokens::{self, Options};
use kuroshio::warc::http::{Response, payload_kind};
use kuroshio::warc::{Content, Reader};

/// A fuzz target: its name, as of its folder in the corpus, and its body.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target.
pub(crate) const TARGETS: [Target; 7] = [
    ("warc", warc),
    ("http", http),
    ("charset", charset),
    ("html", html),
    ("fasttext", fasttext),
    ("forms", forms),
    ("sentencepiece", sentencepiece),
];

/// The member walker and record headers. The first byte says how the file is packed, the second how
/// it is read; of the packings, gzip and zstd let changed headers come through under a sound checksum.
pub(crate) fn warc(bytes: &[u8]) {
    let [packing, reading, bytes @ ..] = bytes else { return };
    let file = match packing % 4 {
        0 => Cow::Borrowed(bytes),
        1 => Cow::Owned(gzip(bytes)),
        2 => Cow::Owned(bytes.split(|byte| *byte == 0xFF).flat_map(gzip).collect()),
        _ => Cow::Owned(bytes.split(|byte| *byte == 0xFF).flat_map(zstd).collect()),
    };
    let max_record = 64 << (reading % 16);
    let whole = walk(&file[..], &file, max_record);
    let split = Split { rest: &file, most: 1 + usize::from(reading / 16) * 37 };
    assert_eq!(walk(split, &file, max_record), whole, "the split into reads matters");
}

/// The place of each entry with the hash of a record or the name of a damage. Entries come in the
/// order of the file, inside it, and leave out padding and empty members alone.
fn walk(source: impl Read, file: &[u8], max_record: u64) -> Vec<(u64, u64, String)> {
    let mut reader = Reader::new(source, max_record);
    let mut seen = Vec::new();
    let (mut end, mut last) = (0, (0, 0));
    while let Some(entry) = reader.next().expect("a source in memory does not fail") {
        let what = match entry.content {
            Content::Damaged(outcome) => outcome.name().to_owned(),
            Content::Record(record) => {
                assert!(record.block().len() as u64 <= max_record, "a record beyond the bound");
                assert!(record.raw().ends_with(record.block()));
                let facts = (record.kind(), record.id(), record.date(), record.target_uri());
                let flags = (record.truncated(), record.length_repaired(), record.is_http());
                let field = record.field("content-type");
                format!("{facts:?} {flags:?} {field:?} {:?}", record.block())
            }
        };
        // Records of one member share its place.
        let place = (entry.offset, entry.length);
        if place != last {
            assert!(entry.length > 0, "an entry without bytes");
            assert!(entry.offset >= end || entry.offset >= last.0, "entries out of order");
            if entry.offset > end {
                assert!(is_silent(&file[end as usize..entry.offset as usize]), "bytes left out");
            }
            end = end.max(entry.offset + entry.length);
            last = place;
        }
        assert!(end <= file.len() as u64, "an entry behind the end");
        seen.push((entry.offset, entry.length, what));
    }
    assert_eq!(reader.position(), file.len() as u64);
    seen
}

/// Whether nothing need be said of some bytes: padding, or a packed member, which then was empty.
fn is_silent(gap: &[u8]) -> bool {
    let padding = gap.iter().take_while(|byte| matches!(byte, 0 | b'\r' | b'\n')).count();
    match gap[padding..] {
        [] => true,
        [a, b, c, d, ..] => {
            [a, b] == [0x1F, 0x8B]
                || [a, b, c, d] == [0x28, 0xB5, 0x2F, 0xFD]
                || (a & 0xF0 == 0x50 && [b, c, d] == [0x2A, 0x4D, 0x18])
        }
        _ => false,
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::none());
    packed.write_all(text).expect("a write to memory does not fail");
    packed.finish().expect("a write to memory does not fail")
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(text, 1).expect("any bytes can be packed")
}

/// Gives at most so many bytes a call.
struct Split<'a> {
    rest: &'a [u8],
    most: usize,
}

impl Read for Split<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.most.min(out.len());
        self.rest.read(&mut out[..length])
    }
}

/// The HTTP response in a record's block: its head, and its body with the codings undone.
pub(crate) fn http(block: &[u8]) {
    const LIMIT: usize = 1 << 20;
    let Some(response) = Response::parse(block) else { return };
    for name in ["content-type", "Content-Encoding", "x-robots-tag", ""] {
        response.field(name);
    }
    let content_type = response.content_type();
    assert!(block.ends_with(response.raw_body()));
    let mut buffer = Vec::new();
    if let Ok(body) = response.body(LIMIT, LIMIT, &mut buffer) {
        assert!(body.len() <= LIMIT, "a body beyond the limit");
        payload_kind(&content_type, body);
        let first = body.to_vec();
        // A buffer that holds an older body changes nothing.
        let mut used = first.clone();
        assert_eq!(response.body(LIMIT, LIMIT, &mut used).expect("the same body"), first);
    }
}

/// A body in whatever charset; its first line is the content type.
pub(crate) fn charset(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let content_type = String::from_utf8_lossy(&bytes[..end]);
    let body = bytes.get(end + 1..).unwrap_or_default();
    let jp_host = body.len() % 2 == 1;
    let decoded = page::decode(body, &content_type, jp_host);
    assert!(decoded.charset.malformed <= body.len() as u64);
    if std::str::from_utf8(body)
        .is_ok_and(|text| decoded.charset.used == "UTF-8" && !text.starts_with('\u{FEFF}'))
    {
        assert_eq!(decoded.text.as_bytes(), body, "sound UTF-8 is text as it stands");
    }
    for is_markup in [true, false] {
        let mut reader = page::Reader::new();
        let page = match is_markup {
            true => reader.html(&decoded.text),
            false => reader.plain_text(&decoded.text),
        };
        let Ok(page) = page else { continue };
        let mut damage = Damage::default();
        page.paragraphs.iter().for_each(|paragraph| damage.add(&paragraph.text));
        let script = Script::exactly(damage.kana(), damage.han(), damage.characters());
        assert!(
            decoded.charset.malformed > 0
                || !script.may_be_japanese_in(&decoded.charset.used)
                || may_be_japanese(body, is_markup),
            "the pre-screen refuses {}",
            decoded.charset.used
        );
    }
    let mut damage = Damage::default();
    damage.add(&decoded.text);
    assert!((0.0..=1.0).contains(&damage.share()));
}

/// A page as HTML and as plain text, with its main content marked.
pub(crate) fn html(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = page::Reader::new();
    check_paragraphs(&mut reader.plain_text(&text).expect("a short text").paragraphs);
    let first = reader.html(&text);
    assert_eq!(reader.html(&text), first, "a used reader reads otherwise than a new one");
    let Ok(mut page) = first else { return };
    if let Some(title) = &page.title {
        assert!(!title.is_empty() && !title.contains('\n'), "{title:?}");
    }
    check_paragraphs(&mut page.paragraphs);
}

/// Paragraphs hold text in its output form and links inside it; all of them get a mark.
fn check_paragraphs(paragraphs: &mut [Paragraph]) {
    for paragraph in &*paragraphs {
        let text = &paragraph.text;
        let is_pre = paragraph.kind == ParagraphKind::Pre;
        assert!(!text.trim().is_empty(), "an empty paragraph");
        // Tabs join the cells of a row.
        let cell = if paragraph.kind == ParagraphKind::Td { '\t' } else { '\0' };
        for part in text.split(cell) {
            assert_eq!(output_text(part, is_pre, &mut []), part, "not in the output form");
        }
        let mut end = 0;
        for [from, to] in &paragraph.links {
            assert!(end <= *from && from < to, "{:?}", paragraph.links);
            end = *to;
        }
        assert!(end as usize <= text.chars().count(), "a link behind the end");
        assert!(!paragraph.path.is_empty());
    }
    page::mark_main(paragraphs);
    assert!(paragraphs.iter().all(|paragraph| paragraph.main.is_some()));
}

/// A fastText model; one that can be read predicts.
pub(crate) fn fasttext(file: &[u8]) {
    let Ok(model) = Model::read(file) else { return };
    let labels = model.labels().count();
    let mut predictor = model.predictor();
    for line in ["", "日本 の hello café x", "ありがとう", "</s> __label__l0", "a\0b\tc"] {
        for k in [0, 1, labels, labels + 1] {
            assert!(predictor.predict(line, k).len() <= k.min(labels));
        }
    }
}

/// The forms of a text: each of them its own form.
pub(crate) fn forms(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let characters = text.chars().count() as u32;
    for keep_spaces in [false, true] {
        let mut spans = [[0, characters / 3], [characters / 2, characters]];
        let output = output_text(&text, keep_spaces, &mut spans).into_owned();
        let [[a, b], [c, d]] = spans;
        assert!(a <= b && b <= c && c <= d && d as usize <= output.chars().count(), "{spans:?}");
        let mut again = spans;
        assert_eq!(output_text(&output, keep_spaces, &mut again), output);
        assert_eq!(again, spans);
    }
    for form in [exact_form as fn(&str, &mut String), match_form] {
        let (mut once, mut twice) = (String::new(), String::new());
        form(&text, &mut once);
        form(&once, &mut twice);
        assert_eq!(once, twice, "the form of a form");
    }
    let (mut exact, mut of_text, mut of_exact) = Default::default();
    exact_form(&text, &mut exact);
    match_form(&text, &mut of_text);
    match_form(&exact, &mut of_exact);
    assert_eq!(of_text, of_exact, "the match form of the exact form");
    let lines: String = text.lines().collect();
    let cut: String = sentences(&text).flat_map(str::chars).filter(|c| *c != '\n').collect();
    let all = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    assert_eq!(all(&cut), all(&lines), "sentences lose characters");
    let mut form = String::new();
    lid_form(text.lines(), &mut form);
    assert!(form.chars().count() <= 4096 && !form.contains('\n'));
    japanese_form(text.lines(), &mut form);
    assert!((0.0..=1.0).contains(&japanese_share(text.lines())));
}

/// A SentencePiece model; one that can be read cuts text.
pub(crate) fn sentencepiece(file: &[u8]) {
    // What begins as JSON is read by another crate.
    if file.trim_ascii_start().starts_with(b"{") {
        return;
    }
    let options = Options { eod: Some(tokens::TokenName::Id(0)), ..Options::default() };
    let Ok(tokenizer) = tokens::read(file, &options) else { return };
    let mut encoder = tokenizer.encoder();
    let mut ids = Vec::new();
    for text in ["", " ", "日本語の 言葉、ハハハ。\n", "the {{22}} 𠮷\u{3099}\0", "<0x41></s>▁"]
    {
        ids.clear();
        if encoder.encode(text, &mut ids).is_ok() {
            assert!(ids.iter().all(|id| *id < tokenizer.vocabulary_size()));
            tokenizer.decode(&ids);
        }
    }
}
