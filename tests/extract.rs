//! Extraction over the sample: every record ends in one outcome, every page is read as its source
//! expects, and what is delivered leads back to the bytes it came from.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::sample::{Page, read_pages};
use crate::support::warc::{gzip_member, response};
use crate::support::{Output, Scratch, kuroshio, read_json, root, rows};

const SAMPLE: &str = "tests/fixtures/quickstart.warc.gz";

/// Records of the sample besides those that its pages name: the `warcinfo`, and the bytes between two
/// records that belong to none.
const OTHER_RECORDS: u64 = 2;

fn extract(dir: &Path, warc: &Path) -> Output {
    extract_with(dir, warc, &[])
}

/// The same with further `--set`.
fn extract_with(dir: &Path, warc: &Path, further: &[&str]) -> Output {
    let run = dir.display().to_string();
    let input = format!("input.warc=[\"{}\"]", warc.display());
    let arguments =
        ["run", "pipelines/quickstart.toml", "--run", &run, "--until", "extract", "--quiet"];
    let sets = ["--set", "tokenize.tokenizer=tests/fixtures/tokens/toy.model", "--set", &input];
    let further = further.iter().flat_map(|set| [&"--set", set]);
    kuroshio(arguments.iter().chain(&sets).chain(further), root())
}

/// A run over the sample that came to the end of extraction.
fn extracted() -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    let dir = scratch.join("run");
    extract(&dir, Path::new(SAMPLE)).success();
    (scratch, dir)
}

fn pages() -> Vec<Page> {
    read_pages(&root().join("tests/fixtures/pages"))
}

/// The documents of a run by their id.
fn documents(dir: &Path) -> BTreeMap<String, Value> {
    let rows = rows(&dir.join("documents"));
    let count = rows.len();
    let documents: BTreeMap<String, Value> =
        rows.into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect();
    assert_eq!(documents.len(), count, "two documents have one id");
    documents
}

/// The text of a document, a line a paragraph.
fn text(document: &Value) -> String {
    let paragraphs = document["paragraphs"].as_array().unwrap();
    let texts: Vec<&str> =
        paragraphs.iter().map(|paragraph| paragraph["text"].as_str().unwrap()).collect();
    texts.join("\n")
}

#[test]
fn every_page_is_read_as_its_source_expects() {
    let (_scratch, dir) = extracted();
    let mut documents = documents(&dir);
    let mut faults = Vec::new();
    for page in pages() {
        let expected = page.outcome();
        let may_be_document = expected.split('|').any(|outcome| outcome == "document");
        match documents.remove(&page.id()) {
            Some(_) if !may_be_document => {
                faults.push(format!("{}: became a document, expected {expected}", page.path));
            }
            Some(document) => {
                let found = page_faults(&page, &document);
                faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", page.path)));
            }
            None if expected == "document" => {
                faults.push(format!("{}: became no document", page.path));
            }
            None => {}
        }
    }
    faults.extend(documents.keys().map(|id| format!("document {id} comes from no page")));
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// What differs between a document and what its source expects.
fn page_faults(page: &Page, document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let text = text(document);
    for sentence in page.all("expect-text").filter(|sentence| !text.contains(*sentence)) {
        faults.push(format!("`{sentence}` is missing in\n{text}"));
    }
    for words in page.all("expect-no-text").filter(|words| text.contains(*words)) {
        faults.push(format!("`{words}` stands in\n{text}"));
    }
    let charset = &document["charset"];
    let used =
        format!("{} {}", charset["used"].as_str().unwrap(), charset["source"].as_str().unwrap());
    if let Some(expected) = page.field("expect-charset")
        && used != expected
    {
        faults.push(format!("read as {used}, expected {expected}"));
    }
    if charset["malformed"] != 0 && page.field("misread").is_none() {
        faults.push(format!("{} malformed byte sequences", charset["malformed"]));
    }
    if let Some(flag) = page.field("expect-flag")
        && !document["flags"].as_array().is_some_and(|flags| flags.iter().any(|f| f == flag))
    {
        faults.push(format!("no flag `{flag}`"));
    }
    if let (Some(title), Some(_)) = (page.field("title"), page.field("layout"))
        && !document["title"].as_str().is_some_and(|found| found.starts_with(title))
    {
        faults.push(format!("the title is {}", document["title"]));
    }
    for (name, found) in [("url", &document["url"]), ("date", &document["date"])] {
        if found.as_str() != page.field(name) {
            faults.push(format!("{name} is {found}"));
        }
    }
    faults
}

/// Every record has one outcome, the counts add up, and each outcome is as frequent as the sources
/// say. Where a source allows several, its page may count for any of them.
#[test]
fn the_outcomes_add_up_to_the_records_of_the_file() {
    let (_scratch, dir) = extracted();
    let summary = read_json(&dir.join("summary.json"));
    let outcomes: BTreeMap<String, u64> =
        serde_json::from_value(summary["outcomes"].clone()).unwrap();
    let pages = pages();
    // A request and a metadata record beside every response; the file ends inside the last response.
    let beside = 2 * pages.len() as u64 - 1;
    let records = pages.len() as u64 + beside + OTHER_RECORDS;
    assert_eq!(summary["records"], records);
    assert_eq!(outcomes.values().sum::<u64>(), records, "{outcomes:?}");

    let mut least = BTreeMap::from([("not_response", beside + 1), ("garbage", 1)]);
    let mut most = least.clone();
    for page in &pages {
        let expected: Vec<&str> = page.outcome().split('|').collect();
        for outcome in &expected {
            *most.entry(outcome).or_default() += 1;
        }
        if let [only] = expected[..] {
            *least.entry(only).or_default() += 1;
        }
    }
    for (outcome, count) in &outcomes {
        let most = most.get(outcome.as_str()).copied().unwrap_or(0);
        assert!(*count <= most, "{count} records are `{outcome}`, at most {most} expected");
    }
    for (outcome, least) in least {
        let count = outcomes.get(outcome).copied().unwrap_or(0);
        assert!(count >= least, "{count} records are `{outcome}`, at least {least} expected");
    }
    assert_eq!(summary["documents"], outcomes["document"]);
    assert_eq!(documents(&dir).len() as u64, outcomes["document"]);
}

#[test]
fn a_document_leads_back_to_its_record() {
    let (_scratch, dir) = extracted();
    let sample = std::fs::read(root().join(SAMPLE)).unwrap();
    let documents = documents(&dir);
    assert!(documents.len() > 50);
    for (id, document) in documents {
        let place = &document["warc"];
        assert_eq!(place["file"], "quickstart.warc.gz");
        let offset = place["offset"].as_u64().unwrap() as usize;
        let length = place["length"].as_u64().unwrap() as usize;
        let mut record = Vec::new();
        let mut member = flate2::read::GzDecoder::new(&sample[offset..offset + length]);
        member.read_to_end(&mut record).unwrap();
        let record = String::from_utf8_lossy(&record);
        let stated = record.lines().find(|line| line.starts_with("WARC-Record-ID:")).unwrap();
        assert_eq!(
            stated.replace('-', "").split(':').next_back().unwrap().trim_end_matches('>'),
            id
        );
        assert!(
            record.contains(&format!("WARC-Target-URI: {}\r\n", document["url"].as_str().unwrap()))
        );
        assert_eq!(document["http"]["status"], 200);
    }
}

#[test]
fn paragraphs_have_a_path_and_links_inside_their_text() {
    let (_scratch, dir) = extracted();
    for document in documents(&dir).values() {
        for paragraph in document["paragraphs"].as_array().unwrap() {
            let text = paragraph["text"].as_str().unwrap();
            assert!(!text.trim().is_empty(), "an empty paragraph in {}", document["url"]);
            let steps = paragraph["path"].as_str().unwrap().split('>');
            let elements: Vec<&str> =
                steps.map(|step| step.split(['.', '#']).next().unwrap()).collect();
            for unseen in ["head", "script", "style", "noscript", "rt", "rp", "select"] {
                assert!(!elements.contains(&unseen), "{paragraph}");
            }
            let length = text.chars().count() as u64;
            for link in paragraph["links"].as_array().into_iter().flatten() {
                let (from, to) = (link[0].as_u64().unwrap(), link[1].as_u64().unwrap());
                assert!(from < to && to <= length, "{paragraph}");
            }
            assert!(paragraph["main"].is_boolean(), "{paragraph}");
        }
    }
}

#[test]
fn a_second_extraction_has_nothing_to_do() {
    let (_scratch, dir) = extracted();
    let again = extract(&dir, Path::new(SAMPLE)).success();
    assert!(again.stdout.contains("Nothing to do"), "{}", again.stdout);
}

#[test]
fn a_packed_and_an_unpacked_file_give_the_same_document() {
    let body = "<title>便り</title><p>山の上の郵便局は、風の強い日だけ開きます。坂を登る人の帽子が飛ばされて、\
                窓口まで取りに来るからです。局長は帽子を返すとき、切手を一枚おまけに付けます。</p>";
    let record = response(
        "https://yubin.example.jp/kaze",
        "2024-05-18T03:11:07Z",
        "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8",
        body.as_bytes(),
    );
    let scratch = Scratch::new();
    let read = |name: &str, bytes: &[u8]| {
        let file = scratch.write(name, bytes);
        let dir = scratch.join(format!("run-{name}"));
        extract(&dir, &file).success();
        assert_eq!(read_json(&dir.join("summary.json"))["records"], 1);
        let (_, mut document) = documents(&dir).pop_first().unwrap();
        assert_eq!(document["warc"]["length"], bytes.len() as u64);
        document["warc"] = Value::Null;
        document
    };
    let unpacked = read("one.warc", &record);
    assert_eq!(unpacked["title"], "便り");
    assert_eq!(unpacked, read("one.warc.gz", &gzip_member(&record)));
}

/// A page in Japanese, one that says nothing and three that say something about uses.
fn reserved_pages() -> Vec<u8> {
    let pages = [
        ("plain", "", ""),
        (
            "meta",
            "",
            "<meta name=robots content='noai, nofollow'><meta name=googlebot content=noindex>",
        ),
        (
            "header",
            "\nX-Robots-Tag: gptbot: noindex\nX-Robots-Tag: noarchive\nTDM-Reservation: 1",
            "",
        ),
        (
            "licence",
            "",
            "<meta name=tdm-reservation content=0><link rel=license href=/terms>\
             <a href=https://creativecommons.org/licenses/by/4.0/deed.ja>CC BY</a>",
        ),
    ];
    let text = "山の上の郵便局は、風の強い日だけ開きます。坂を登る人の帽子が飛ばされて、窓口まで取りに来るからです。";
    let record = |(name, header, head): (&str, &str, &str)| {
        gzip_member(&response(
            &format!("https://yubin.example.jp/{name}"),
            "2024-05-18T03:11:07Z",
            &format!("HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8{header}"),
            format!("<title>便り</title>{head}<p>{text}</p>").as_bytes(),
        ))
    };
    pages.into_iter().flat_map(record).collect()
}

#[test]
fn what_publishers_say_is_recorded_and_honoured_if_asked_for() {
    let scratch = Scratch::new();
    let file = scratch.write("reserved.warc.gz", reserved_pages());
    let dir = scratch.join("all");
    extract(&dir, &file).success();
    let rights: Vec<Value> = rows(&dir.join("documents"))
        .into_iter()
        .map(|mut document| document["rights"].take())
        .collect();
    assert_eq!(
        rights,
        [
            Value::Null,
            json!({"robots": [
                {"directive": "noai", "source": "meta"},
                {"directive": "noindex", "agent": "googlebot", "source": "meta"},
            ]}),
            json!({"robots": [
                {"directive": "noindex", "agent": "gptbot", "source": "header"},
                {"directive": "noarchive", "source": "header"},
            ], "tdm_reservation": true}),
            json!({"tdm_reservation": false, "licenses": [
                {"url": "/terms", "rel": true},
                {"url": "https://creativecommons.org/licenses/by/4.0/deed.ja", "rel": false},
            ]}),
        ]
    );
    for (respect, kept) in [
        ("[\"noai\"]", ["plain", "header", "licence"].as_slice()),
        ("[\"noindex\"]", &["plain", "meta", "licence"]),
        ("[\"tdm\", \"noai\"]", &["plain", "licence"]),
        ("[\"noimageai\"]", &["plain", "meta", "header", "licence"]),
    ] {
        let dir = scratch.join(respect);
        extract_with(&dir, &file, &[&format!("extract.respect={respect}")]).success();
        let urls: Vec<String> = rows(&dir.join("documents"))
            .iter()
            .map(|document| {
                document["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
            })
            .collect();
        assert_eq!(urls, kept, "{respect}");
        let outcomes = &read_json(&dir.join("summary.json"))["outcomes"];
        let respected = outcomes["respected"].as_u64().unwrap_or(0);
        assert_eq!(respected as usize, 4 - kept.len(), "{respect}");
    }
}

#[test]
fn a_signal_that_nobody_gives_is_refused() {
    let scratch = Scratch::new();
    let refused =
        extract_with(&scratch.join("run"), Path::new(SAMPLE), &["extract.respect=noindx"]);
    let stderr = refused.exited(78).stderr;
    assert!(stderr.contains("did you mean `noindex`?"), "{stderr}");
}

#[test]
fn menus_and_code_in_english_do_not_hide_a_japanese_page_and_quotes_make_none() {
    let archive = "<p>Notes on development</p><p>ABOUT</p><p>SEARCH</p><h2><a href=x>npm でビルドを自動化する</a></h2><p>22 January 2011</p><p>…</p>\
                   <a>Keep reading</a><a>Older posts</a><a>Newer posts</a><p>Twitter GitHub RSS</p>\
                   <p>© 2016 A. Writer. Released under the MIT license.</p>";
    let code = "<h1>更新値の設定</h1><pre>Member member = new Member();\nmember.setName(\"x\");\n\
                memberBhv.update(member);\nmemberBhv.delete(member);</pre><p>終わり。追加情報はノートへ</p>";
    let frames = "<frameset><frame src=a><noframes><p>枠を表示できない方は、目次の頁からご覧ください。\
                  </p></noframes></frameset>";
    let english = "<p>The harbour was quiet that morning, and the old man who sold tea said おはよう\
                   ございます to everyone who came down the stairs from the temple. We asked him about \
                   the boats, and he told us that they would not leave before noon, because the wind \
                   had turned during the night. So we sat down and waited with everybody else.</p>";
    let chinese = "<p>今天我们学习日语里的问候语，老师说早上应该说おはよう，晚上应该说こんばんは。\
                   这些句子在日常生活中非常有用，每个学生都应该记住它们，并且经常练习。</p>";
    let mut file = Vec::new();
    for (name, page) in [
        ("archive", archive),
        ("code", code),
        ("frames", frames),
        ("english", english),
        ("chinese", chinese),
    ] {
        let url = format!("http://example.com/{name}");
        let head = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8";
        let record = response(&url, "2024-05-18T03:11:07Z", head, page.as_bytes());
        file.extend(gzip_member(&record));
    }
    let scratch = Scratch::new();
    let (dir, warc) = (scratch.join("run"), scratch.write("pages.warc.gz", file));
    extract(&dir, &warc).success();
    let found: BTreeMap<String, bool> = documents(&dir)
        .into_values()
        .map(|document| {
            let flagged = document["flags"] == json!(["japanese_script"]);
            (document["url"].as_str().unwrap().replace("http://example.com/", ""), flagged)
        })
        .collect();
    let expected = [("archive", true), ("code", true), ("frames", false)];
    assert_eq!(found, expected.map(|(name, flagged)| (name.to_owned(), flagged)).into());
}
