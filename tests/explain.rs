//! `kuroshio explain` tells of every record what the run made of it, and why.

use std::collections::BTreeMap;
use std::path::Path;

use kuroshio::outcome::Outcome;
use kuroshio::report::{Explainer, Explanation};
use kuroshio::stages::{Models, pipeline};
use kuroshio::warc::{Content, Reader, RecordKind};
use serde_json::Value;

use crate::support::warc::{gzip_member, response};
use crate::support::{Output, Scratch, kuroshio, read_json, root, rows};

const SAMPLE: &str = "tests/fixtures/quickstart.warc.gz";

fn run_to_extract(dir: &Path) {
    let run = dir.display().to_string();
    let arguments =
        ["run", "pipelines/quickstart.toml", "--run", &run, "--until", "extract", "--quiet"];
    let sets = ["--set", "tokenize.tokenizer=tests/fixtures/tokens/toy.model"];
    kuroshio(arguments.iter().chain(&sets), root()).success();
}

fn explain(further: &[&str]) -> Output {
    kuroshio(["explain", "--warc", SAMPLE].iter().chain(further), root())
}

fn cache() -> std::path::PathBuf {
    kuroshio::assets::cache_dir(&|name| std::env::var_os(name)).unwrap()
}

/// Of every entry of the sample: where it begins, its address, and whether it is a response.
fn entries() -> Vec<(u64, String, bool)> {
    let file = std::fs::File::open(root().join(SAMPLE)).unwrap();
    let mut reader = Reader::new(file, 64 << 20);
    let mut entries = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        let (url, is_response) = match &entry.content {
            Content::Record(record) => (record.target_uri(), record.kind() == RecordKind::Response),
            Content::Damaged(_) => (String::new(), false),
        };
        entries.push((entry.offset, url, is_response));
    }
    entries
}

/// What is wrong with an explanation, next to the document that the run wrote.
fn faults(explanation: &Explanation, document: Option<&Value>) -> Vec<&'static str> {
    let examined = &explanation.examined;
    // By way of its text, in which a score of 32 bits has few digits.
    let as_written = |document| -> Value {
        serde_json::from_str(&serde_json::to_string(document).unwrap()).unwrap()
    };
    let own = examined.document.as_ref().map(as_written);
    let mut faults = Vec::new();
    let mut check = |holds: bool, fault| {
        if !holds {
            faults.push(fault);
        }
    };
    check(own.as_ref() == document, "the document differs");
    check(own.is_some() == (examined.outcome == Outcome::Document), "an odd outcome");
    let Some(document) = document else { return faults };
    let trail = &examined.trail;
    let (Some(charset), Some(page)) = (&trail.charset, &trail.page) else {
        return vec!["charset or page is missing"];
    };
    check(document["charset"]["used"] == charset.charset.used.as_str(), "another charset");
    check(!charset.reasons.because.is_empty(), "the charset has no reason");
    check(trail.may_be_japanese == Some(true), "the pre-screen was not asked");
    let paragraphs = document["paragraphs"].as_array().unwrap();
    check(paragraphs.len() == page.paragraphs.len(), "paragraphs are missing");
    for (paragraph, told) in paragraphs.iter().zip(&page.paragraphs) {
        let Some(why) = &told.why else { return vec!["a mark has no reason"] };
        check(paragraph["main"] == (why.sum > 0.0), "a sum disagrees with its mark");
        check(!why.terms.is_empty(), "a sum has no terms");
    }
    let decided = match trail.language.decided_by {
        Some("main") => trail.language.main.first(),
        Some("japanese") => trail.language.japanese.first(),
        _ => trail.language.all.first(),
    };
    let score = decided.map(|best| f64::from(best.score));
    let stored = document["language"]["score"].as_f64().unwrap();
    check(score.is_some_and(|score| (score - stored).abs() < 1e-6), "another score");
    faults
}

#[test]
fn every_record_of_the_sample_is_told_as_the_run_had_it() {
    let scratch = Scratch::new();
    let dir = scratch.join("run");
    run_to_extract(&dir);
    let documents: BTreeMap<u64, Value> = rows(&dir.join("documents"))
        .into_iter()
        .map(|document| (document["warc"]["offset"].as_u64().unwrap(), document))
        .collect();
    let section = pipeline::extract_section(&[]).unwrap();
    let model = Models::new(cache()).language(&section, None).unwrap();
    let explainer = Explainer { section: &section, model: &model };
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (offset, ..) in entries() {
        let explanation = explainer.at_offset(&root().join(SAMPLE), offset).unwrap();
        *outcomes.entry(explanation.examined.outcome.name()).or_default() += 1;
        let found = faults(&explanation, documents.get(&offset));
        wrong.extend(found.into_iter().map(|fault| format!("{offset}: {fault}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut told: BTreeMap<String, u64> =
        serde_json::from_value(read_json(&dir.join("summary.json"))["outcomes"].clone()).unwrap();
    told.retain(|_, count| *count > 0);
    assert_eq!(
        outcomes.into_iter().map(|(n, c)| (n.to_owned(), c)).collect::<BTreeMap<_, _>>(),
        told
    );
}

#[test]
fn an_address_leads_to_its_response() {
    let (offset, url, _) =
        entries().into_iter().filter(|(_, _, is_response)| *is_response).nth(3).unwrap();
    let by_url = explain(&["--url", &url, "--json"]).success().json();
    let by_offset = explain(&["--offset", &offset.to_string(), "--json"]).success().json();
    assert_eq!(by_url["place"]["offset"], offset);
    assert_eq!(by_url, by_offset);
    let fields = by_url["record"]["fields"].as_array().unwrap();
    assert!(fields.iter().any(|field| field[0] == "WARC-Target-URI" && field[1] == url));
}

#[test]
fn what_is_not_there_is_said_with_what_is_near() {
    let entries = entries();
    let (first, second) = (entries[0].0, entries[1].0);
    let refused = explain(&["--offset", &(first + 1).to_string()]).exited(64).stderr;
    assert!(
        refused.contains(&format!("nearest before begins at {first}, the next at {second}")),
        "{refused}"
    );
    let beyond = explain(&["--offset", "999999999"]).exited(64).stderr;
    assert!(beyond.contains("the last one begins at"), "{beyond}");
    let url = entries.iter().map(|(_, url, _)| url).find(|url| !url.is_empty()).unwrap();
    let stranger = explain(&["--url", &format!("{url}x")]).exited(64).stderr;
    assert!(stranger.contains("no record has the address") && stranger.contains(url.as_str()));
    explain(&[]).exited(64);
    explain(&["--offset", "0", "--set", "extract.min_scroe=1"]).exited(78);
    explain(&["--offset", "0", "--set", "dedup.exact=false"]).exited(78);
}

/// A page in EUC-JP under a wrong label, with a menu and what its publisher says.
fn page() -> Vec<u8> {
    let html = "<html><head><meta charset=shift_jis><meta name=ccbot content=noindex><title>便り</title></head>\
        <body><nav class=menu><a href=/>ホーム</a></nav><main><p>山の上の郵便局は、風の強い日だけ開きます。\
        坂を登る人の帽子が飛ばされて、窓口まで取りに来るからです。局長は帽子を返すとき、切手を一枚おまけに\
        付けます。</p><p>雨の日は休みです。</p></main></body></html>";
    let (body, ..) = encoding_rs::EUC_JP.encode(html);
    let head =
        "HTTP/1.1 200 OK\nContent-Type: text/html; charset=iso-8859-1\nContent-Encoding: gzip";
    gzip_member(&response(
        "https://yubin.example.jp/",
        "2024-05-18T03:11:07Z",
        head,
        &gzip_member(&body),
    ))
}

#[test]
fn the_story_names_every_reason() {
    let scratch = Scratch::new();
    let file = scratch.write("one.warc.gz", page()).display().to_string();
    let told = |further: &[&str]| {
        let arguments = ["explain", "--warc", &file, "--offset", "0"];
        kuroshio(arguments.iter().chain(further), root()).success().stdout
    };
    let story = told(&[]);
    for words in [
        "outcome      document: The record became a document.",
        "one.warc.gz, offset 0",
        "WARC-Target-URI",
        "status 200",
        "charset=iso-8859-1",
        "unpacked from",
        "passed: the bytes may hold Japanese",
        "EUC-JP, by detector, 0 malformed",
        "because no label holds, and the kana speak for it",
        "http says `iso-8859-1` = windows-1252, does not hold",
        "meta says `shift_jis` = Shift_JIS, does not hold",
        "main     ja ",
        "title        便り",
        "noindex for ccbot (meta)",
        "signature    exact ",
        "3 paragraphs, 2 of them main content",
        "1  boilerplate",
        "body>nav.menu>a",
        "links 0–3",
        "between good ones +",
        "帽子が飛ばされて、窓口ま…",
    ] {
        assert!(story.contains(words), "`{words}`\n{story}");
    }
    let full = told(&["--full"]);
    assert!(
        full.contains("切手を一枚おまけに付けます。") && full.contains("ends a sentence -0.20")
    );
    let respected = told(&["--set", "extract.respect=noindex"]);
    assert!(respected.starts_with("outcome      respected: "), "{respected}");
    assert!(respected.contains("noindex for ccbot"), "the way is told to its end");
    let unmarked = told(&["--set", "extract.main_content=off"]);
    assert!(unmarked.contains("not marked") && !unmarked.contains("between good ones"));
}

#[test]
fn the_first_look_decides_alone_only_where_it_is_certain_and_saw_half() {
    let english = "<p>The committee reviewed the annual report and agreed that the new library \
        should be opened to the public in the spring of next year. They also asked for a second \
        opinion on the cost of the roof, which has to be repaired before the winter comes.</p>";
    let mixed = "<p>これは日本語の説明です。会議では新しい図書館について話し合いました。</p>"
        .to_owned()
        + english;
    let item = "<li><a href=/>会議では新しい図書館について話し合いました。</a></li>";
    let scratch = Scratch::new();
    let mut files = Vec::new();
    for (name, main, items, outcome, decided_by) in [
        ("certain", english.repeat(6), 3, "other_language", "main"),
        ("unsure", mixed.repeat(6), 3, "document", "japanese"),
        ("small", english.repeat(2), 40, "document", "all"),
    ] {
        let page = format!("<nav><ul>{}</ul></nav><article>{main}</article>", item.repeat(items));
        let head = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8";
        let url = format!("https://{name}.example.jp/");
        let record = response(&url, "2024-05-18T03:11:07Z", head, page.as_bytes());
        let file = scratch.write(format!("{name}.warc.gz"), gzip_member(&record));
        let file = file.display().to_string();
        let story =
            kuroshio(["explain", "--warc", &file, "--offset", "0", "--json"], root()).success();
        let story = story.json();
        let look = &story["language"]["main"][0];
        assert_eq!(look["label"], "en", "{name}");
        assert_eq!(look["score"].as_f64().unwrap() >= 0.9, name != "unsure", "{name}: {look}");
        assert_eq!(story["outcome"], outcome, "{name}");
        assert_eq!(story["language"]["decided_by"], decided_by, "{name}");
        files.push(file);
    }
    // The run, which keeps no story, ends each in the same way.
    let dir = scratch.join("run").display().to_string();
    let inputs = format!("input.warc={files:?}");
    let arguments =
        ["run", "pipelines/quickstart.toml", "--run", &dir, "--until", "extract", "--quiet"];
    let sets =
        ["--set", "tokenize.tokenizer=tests/fixtures/tokens/toy.model", "--set", inputs.as_str()];
    kuroshio(arguments.iter().chain(&sets), root()).success();
    let documents = rows(&scratch.join("run/documents"));
    let urls: Vec<&Value> = documents.iter().map(|document| &document["url"]).collect();
    assert_eq!(urls, ["https://unsure.example.jp/", "https://small.example.jp/"]);
}
