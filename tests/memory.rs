//! Memory of extraction: whatever a page is made of, it takes no more beside itself than is allowed,
//! and ends as `too_costly` where it would.

use kuroshio::page::MEMORY;

use crate::support::warc::response;
use crate::support::{Scratch, kuroshio, read_json, root};

/// What the pages of these tests are allowed, in bytes.
const ALLOWED: u64 = 8_000_000;
const ALLOWED_SET: &str = "extract.page_memory=8 MB";
/// What differs between two runs besides: a frame of documents as text and packed, and what the
/// allocator keeps.
const SLACK: u64 = 4_000_000;

const HTML: &str = "text/html; charset=utf-8";
const SHIFT_JIS: &str = "text/html; charset=shift_jis";
const UTF_16: &str = "text/html";

const SENTENCE: &str = "春になると川沿いの道に桜が咲き、人が集まってくる。";

/// How the only page of a run ended, and the peak of its resident memory in bytes.
fn run(content_type: &str, body: &[u8]) -> (String, u64) {
    let scratch = Scratch::new();
    let head = format!("HTTP/1.1 200 OK\nContent-Type: {content_type}\n");
    let record = response("http://www.example.jp/", "2024-05-18T03:11:07Z", &head, body);
    let warc = scratch.write("page.warc", record);
    let dir = scratch.join("run");
    let sets = [
        "tokenize.tokenizer=tests/fixtures/tokens/toy.model".to_owned(),
        format!("input.warc=[\"{}\"]", warc.display()),
        ALLOWED_SET.to_owned(),
    ];
    let run = dir.display().to_string();
    let arguments =
        ["run", "pipelines/quickstart.toml", "--run", &run, "--until", "extract", "--quiet"];
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    kuroshio(arguments.into_iter().chain(["--threads", "1"]).chain(sets), root()).success();
    let summary = read_json(&dir.join("summary.json"));
    let outcomes = summary["outcomes"].as_object().unwrap();
    let names: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    (names.join(" "), summary["stages"]["extract"]["peak_rss_bytes"].as_u64().unwrap())
}

/// Pages within what they are allowed.
fn good_pages() -> Vec<(&'static str, &'static str, String)> {
    let paragraph = format!("<div class=\"a b\"><p>{SENTENCE}</p></div>\r\n");
    let classes = format!("<div class='{}'>", "&amp;".repeat(400_000));
    vec![
        ("paragraphs", HTML, fill(&paragraph, 1_200_000)),
        ("one paragraph", HTML, fill(SENTENCE, 3_500_000)),
        ("verbatim", HTML, "<pre>".to_owned() + &fill(SENTENCE, 3_500_000)),
        ("links", HTML, fill(&format!("<li><a href=/>{SENTENCE}</a>"), 900_000)),
        (
            "lines of a title",
            HTML,
            format!("<title>{}</title>", fill("の\u{2028}", 3_000_000)) + SENTENCE,
        ),
        ("a class", HTML, classes + &fill("<p>桜の", 250_000)),
        ("what is not seen", HTML, fill(&format!("<p>の{}", "\u{AD}".repeat(1000)), 6_000_000)),
        ("squares", HTML, SENTENCE.repeat(200) + &fill("㌖の本", 3_300_000)),
        ("a long value", HTML, format!("<meta name='{}'>{SENTENCE}", "&amp;".repeat(1_000_000))),
        ("a long name", HTML, format!("<{}>{SENTENCE}", "x".repeat(4_000_000))),
        ("plain text", "text/plain", fill(&format!("{SENTENCE}\n\n"), 2_000_000)),
        ("Shift_JIS", SHIFT_JIS, fill(&paragraph, 1_200_000)),
    ]
}

/// Pages that would take more.
fn costly_pages() -> Vec<(&'static str, &'static str, String)> {
    let paragraph = format!("<p>{SENTENCE}</p>");
    let names: String = (0..400_000).map(|n| format!("</x{n}>")).collect();
    let nested = format!("<div class={}>", "x".repeat(64)).repeat(30);
    let long_paths: String = (0..20_000).map(|n| format!("<p id=a{n}>{n}桜の")).collect();
    let lines = "<div style=white-space:pre-line>".to_owned();
    vec![
        ("paragraphs", HTML, fill(&paragraph, 10_000_000)),
        ("one paragraph", HTML, fill(SENTENCE, 10_000_000)),
        ("one linked text", HTML, "<a href=/>".to_owned() + &fill("桜が&amp;", 8_000_000)),
        ("a table", HTML, "<table>".to_owned() + &fill("<tr><td>花の<td>人が", 4_000_000)),
        ("a table's text", HTML, "<table>".to_owned() + &fill("の\0", 4_000_000)),
        ("line breaks", HTML, fill("の<br>", 4_000_000)),
        ("lines", HTML, lines + &fill("の\n\n", 4_000_000)),
        ("spaces", HTML, format!("<pre>{SENTENCE}{}の\u{AD}", " ".repeat(5_000_000))),
        ("wide spaces", HTML, format!("<pre>{SENTENCE}{}の", "\u{A0}".repeat(2_500_000))),
        (
            "frames",
            HTML,
            format!(
                "<title>{}</title><frameset><noframes>{}",
                fill(SENTENCE, 3_900_000),
                fill(SENTENCE, 3_000_000)
            ),
        ),
        ("markers", HTML, SENTENCE.to_owned() + &"<template><td></template>".repeat(100_000)),
        ("zeros", HTML, format!("{SENTENCE}<plaintext>{}", "\0".repeat(4_000_000))),
        ("a title", HTML, "<title>".to_owned() + &fill(SENTENCE, 8_000_000)),
        ("names", HTML, SENTENCE.to_owned() + &names),
        ("long paths", HTML, nested + &long_paths),
        ("plain text", "text/plain", fill(&format!("{SENTENCE}\n\n"), 5_000_000)),
        ("Shift_JIS", SHIFT_JIS, fill(&paragraph, 9_000_000)),
        ("UTF-16", UTF_16, "<p>".to_owned() + &fill("ぁ", 18_000_000)),
    ]
}

fn fill(text: &str, bytes: usize) -> String {
    text.repeat(bytes / text.len())
}

#[test]
fn a_huge_page_takes_no_more_beside_itself_than_is_allowed() {
    let (_, least) = run(HTML, SENTENCE.repeat(10).as_bytes());
    let bound = least + MEMORY as u64 + SLACK;
    assert!(bound < 64_000_000, "{bound} bytes beside a page with what one is allowed by default");
    let good = good_pages().into_iter().map(|page| (page, "document"));
    let costly = costly_pages().into_iter().map(|page| (page, "too_costly"));
    for ((name, content_type, text), outcome) in good.chain(costly) {
        let bytes = match content_type {
            SHIFT_JIS => encoding_rs::SHIFT_JIS.encode(&text).0.into_owned(),
            UTF_16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => text.into_bytes(),
        };
        let (got, peak) = run(content_type, &bytes);
        assert_eq!(got, outcome, "{name}");
        let bound = least + bytes.len() as u64 + ALLOWED + SLACK;
        assert!(peak <= bound, "{name}: {peak} bytes, {} of them the page", bytes.len());
    }
}
