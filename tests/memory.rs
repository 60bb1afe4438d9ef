//! Memory of extraction: whatever a page is made of, it takes no more beside itself than is allowed,
//! and ends as `too_costly` where it would.

use encoding_rs::SHIFT_JIS;

use crate::support::warc::response;
use crate::support::{Scratch, kuroshio, read_json, root};

/// What the pages of these tests are allowed, in bytes.
const ALLOWED: u64 = 8_000_000;
const ALLOWED_SET: &str = "extract.page_memory=8 MB";
/// What differs between two runs besides: a frame of documents as text and packed, and what the
/// allocator keeps.
const SLACK: u64 = 12_000_000;

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

#[test]
fn a_huge_page_takes_no_more_beside_itself_than_is_allowed() {
    let paragraph = format!("<div class=\"a b\"><p>{SENTENCE}</p></div>\r\n");
    let linked = format!("<li><a href=/>{SENTENCE}</a>");
    let nested = |class: &str| format!("<div class={}>", class.repeat(64)).repeat(30);
    let times = |text: &str, bytes: usize| text.repeat(bytes / text.len());
    let html = "text/html; charset=utf-8";
    let pages = [
        ("paragraphs", html, times(&paragraph, 1_500_000), "document"),
        ("more of them", html, times(&paragraph, 10_000_000), "too_costly"),
        ("one paragraph", html, times(SENTENCE, 3_500_000), "document"),
        ("a longer one", html, times(SENTENCE, 10_000_000), "too_costly"),
        ("verbatim", html, "<pre>".to_owned() + &times(SENTENCE, 3_500_000), "document"),
        ("links", html, times(&linked, 1_000_000), "document"),
        (
            "one linked text",
            html,
            "<a href=/>".to_owned() + &times("桜が&amp;", 8_000_000),
            "too_costly",
        ),
        (
            "a table",
            html,
            "<table>".to_owned() + &times("<tr><td>花の<td>人が", 4_000_000),
            "too_costly",
        ),
        ("line breaks", html, times("あ<br>", 4_000_000), "too_costly"),
        ("a title", html, format!("<title>{}", times(SENTENCE, 8_000_000)), "too_costly"),
        (
            "names",
            html,
            times(SENTENCE, 9_000) + &(0..400_000).map(|n| format!("</x{n}>")).collect::<String>(),
            "too_costly",
        ),
        (
            "long paths",
            html,
            nested("x") + &(0..20_000).map(|n| format!("<p id=a{n}>{n}桜の")).collect::<String>(),
            "too_costly",
        ),
        ("plain text", "text/plain", times(&format!("{SENTENCE}\n\n"), 2_000_000), "document"),
        ("more of it", "text/plain", times(&format!("{SENTENCE}\n\n"), 5_000_000), "too_costly"),
        ("in Shift_JIS", "text/html; charset=shift_jis", times(&paragraph, 1_500_000), "document"),
        ("more so", "text/html; charset=shift_jis", times(&paragraph, 9_000_000), "too_costly"),
    ];
    let (_, least) = run(html, SENTENCE.repeat(10).as_bytes());
    for (name, content_type, text, outcome) in pages {
        let bytes = match content_type.ends_with("shift_jis") {
            true => SHIFT_JIS.encode(&text).0.into_owned(),
            false => text.into_bytes(),
        };
        let (got, peak) = run(content_type, &bytes);
        assert_eq!(got, outcome, "{name}");
        let page = bytes.len() as u64;
        let bound = least + page + ALLOWED + SLACK;
        assert!(peak <= bound, "{name}: {peak} bytes at a page of {page}, {least} without");
    }
}
