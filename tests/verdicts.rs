//! Who stays: of the copies of one text the first that passes the filter chain, whatever bound the
//! others fail. `duplicate` always means that the same text is in the corpus.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kuroshio::format::columns::{self, Table};
use serde_json::Value;

use crate::support::warc::{gzip_member, response};
use crate::support::{Scratch, kuroshio, read_json, root, rows};

const SENTENCES: [&str; 6] = [
    "港の朝市では、夜明け前から漁師たちが網を片づけながら世間話をしている。",
    "店の奥にある古い時計は、祖父が若い頃に船で持ち帰ったものだと聞いた。",
    "風の強い日には、坂の上の家まで潮の匂いがゆっくりと上がってくる。",
    "昼を過ぎると、子供たちが学校から帰り、路地はまた急ににぎやかになる。",
    "夕方の汽笛が鳴ったら家に帰るというのが、この町の昔からの約束である。",
    "雨の夜に聞く波の音は、晴れた夜よりもずっと近くにあるように思える。",
];

/// An article of its own for each number.
fn article(number: usize) -> String {
    (0..SENTENCES.len())
        .map(|at| {
            let sentence = SENTENCES[(at + number) % SENTENCES.len()];
            format!("<p>{sentence}これは{number}冊目の手帳の{at}番目の覚え書きだ。</p>")
        })
        .collect()
}

/// A page with that article and so many links in a menu.
fn page(article: &str, links: usize) -> String {
    let menu: String = (0..links)
        .map(|at| format!("<li><a href=\"/x{at}\">関連する記事の一覧へ移動する第{at}回</a></li>"))
        .collect();
    format!(
        "<html><head><title>覚え書き</title></head><body><article><h1>手帳</h1>{article}</article>\
         <nav><ul>{menu}</ul></nav></body></html>"
    )
}

/// A WARC file with one page a row: address, date, body.
fn warc(scratch: &Scratch, name: &str, pages: &[(&str, &str, String)]) {
    let head = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8\n";
    let members = pages
        .iter()
        .map(|(url, date, body)| gzip_member(&response(url, date, head, body.as_bytes())));
    scratch.write(format!("input/{name}.warc.gz"), members.collect::<Vec<_>>().concat());
}

fn run(scratch: &Scratch, dir: &Path, sets: &[&str]) -> Value {
    let warc = format!("input.warc=[\"{}/input/*.warc.gz\"]", scratch.path().display());
    let name = dir.display().to_string();
    let mut arguments =
        vec!["run", "pipelines/quickstart.toml", "--quiet", "--run", &name, "--set", &warc];
    let toy = "tokenize.tokenizer=tests/fixtures/tokens/toy.model";
    for set in [toy].iter().chain(sets) {
        arguments.extend(["--set", *set]);
    }
    kuroshio(arguments, root()).success();
    read_json(&dir.join("summary.json"))
}

/// The verdict on every document of a run by its address.
fn verdicts(dir: &Path) -> BTreeMap<String, String> {
    let of = |row: &Value| row["meta"]["url"].as_str().unwrap().to_owned();
    let kept = rows(&dir.join("corpus")).into_iter().map(|row| (of(&row), "kept".to_owned()));
    let dropped = rows(&dir.join("rejects"))
        .into_iter()
        .map(|row| (of(&row), row["verdict"].as_str().unwrap().to_owned()));
    kept.chain(dropped).collect()
}

fn table(path: &Path) -> Table {
    columns::read_all(std::fs::File::open(path).unwrap(), path).unwrap()
}

/// Every duplicate has exactly one twin that is kept, and nothing that passed is lost.
fn nothing_vanished(dir: &Path) {
    let shards = std::fs::read_dir(dir.join("verdicts")).unwrap().count();
    let (mut kept, mut duplicates) = (BTreeMap::<i64, u64>::new(), BTreeSet::new());
    for shard in 0..shards {
        let labels = table(&dir.join(format!("labels/{shard:05}.parquet")));
        let verdicts = table(&dir.join(format!("verdicts/{shard:05}.parquet")));
        let clusters = labels.i64("cluster").unwrap();
        for (cluster, verdict) in clusters.iter().zip(verdicts.text("verdict").unwrap()) {
            match verdict.as_str() {
                "kept" => *kept.entry(*cluster).or_default() += 1,
                "duplicate" => drop(duplicates.insert(*cluster)),
                _ => {}
            }
        }
    }
    assert!(kept.values().all(|count| *count == 1), "two of one text are kept: {kept:?}");
    let lost: Vec<&i64> = duplicates.iter().filter(|cluster| !kept.contains_key(cluster)).collect();
    assert!(lost.is_empty(), "duplicates of nothing: {lost:?}");
}

#[test]
fn a_text_stays_though_its_newest_copy_fails_a_bound_of_the_whole_page() {
    let scratch = Scratch::new();
    let (one, two) = (article(1), article(2));
    warc(
        &scratch,
        "a",
        &[
            ("https://a.example/old", "2024-01-01T00:00:00Z", page(&one, 0)),
            ("https://a.example/new", "2024-06-01T00:00:00Z", page(&one, 400)),
            ("https://a.example/other", "2024-06-01T00:00:00Z", page(&two, 0)),
        ],
    );
    warc(
        &scratch,
        "b",
        &[
            ("https://b.example/older", "2023-01-01T00:00:00Z", page(&one, 3)),
            ("https://b.example/newest", "2024-12-01T00:00:00Z", page(&one, 500)),
        ],
    );
    let dir = scratch.join("r");
    let summary = run(&scratch, &dir, &[]);
    let found = verdicts(&dir);
    let expected = [
        ("https://a.example/new", "link_share"),
        ("https://a.example/old", "kept"),
        ("https://a.example/other", "kept"),
        ("https://b.example/newest", "link_share"),
        ("https://b.example/older", "duplicate"),
    ];
    assert!(
        found.iter().map(|(url, verdict)| (url.as_str(), verdict.as_str())).eq(expected),
        "{found:?}"
    );
    let corpus = rows(&dir.join("corpus"));
    let has = |row: &Value| row["text"].as_str().unwrap().contains("1冊目の手帳の3番目");
    assert_eq!(corpus.iter().filter(|row| has(row)).count(), 1);
    assert_eq!(summary["documents"], 5);
    assert_eq!(summary["unique"], 2);
    assert_eq!(summary["duplicates"]["exact"], 1);
    assert_eq!(summary["rejected"]["link_share"], 2);
    assert_eq!(summary["kept"], 2);
    nothing_vanished(&dir);
}

#[test]
fn ranks_follow_what_dedup_keeps() {
    let scratch = Scratch::new();
    let one = article(1);
    let pages = [
        ("https://a.example/0", "2024-03-01T00:00:00Z", page(&one, 0)),
        ("https://a.example/1", "2024-01-01T00:00:00Z", page(&one, 0)),
        ("https://a.example/2", "2024-05-01T00:00:00Z", page(&one, 0)),
        ("https://a.example/3", "2024-05-01T00:00:00Z", page(&one, 0)),
    ];
    warc(&scratch, "a", &pages);
    for (keep, ranks) in [("newest", [2, 3, 0, 1]), ("first", [0, 1, 2, 3])] {
        let dir = scratch.join(keep);
        run(&scratch, &dir, &[&format!("dedup.keep={keep}")]);
        let labels = table(&dir.join("labels/00000.parquet"));
        assert_eq!(labels.i32("rank").unwrap(), ranks, "{keep}");
        let first: Vec<bool> = ranks.iter().map(|rank| *rank == 0).collect();
        assert_eq!(labels.bool("keep").unwrap(), first);
        nothing_vanished(&dir);
    }
}

#[test]
fn the_memory_for_sorting_changes_no_verdict() {
    let scratch = Scratch::new();
    let sample = std::fs::read(root().join("tests/fixtures/quickstart.warc.gz")).unwrap();
    for name in ["a", "b", "c"] {
        scratch.write(format!("input/{name}.warc.gz"), &sample);
    }
    let (plenty, few) = (scratch.join("plenty"), scratch.join("few"));
    let summary = run(&scratch, &plenty, &["dedup.memory=64 MiB"]);
    assert_eq!(run(&scratch, &few, &["dedup.memory=1 kB"])["kept"], summary["kept"]);
    for shard in 0..3 {
        let path = format!("verdicts/{shard:05}.parquet");
        let read = |dir: &Path| std::fs::read(dir.join(&path)).unwrap();
        assert!(read(&plenty) == read(&few), "{path}");
    }
    nothing_vanished(&plenty);
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert!(summary["duplicates"]["exact"].as_u64().unwrap() >= 2 * count("kept"));
    let rejected: u64 = summary["rejected"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    let exact = summary["duplicates"]["exact"].as_u64().unwrap();
    assert_eq!(count("documents"), count("kept") + exact + rejected);
}

#[test]
fn every_planned_corpus_file_is_written_and_none_twice() {
    let scratch = Scratch::new();
    let long: String = (10..30).map(article).collect();
    let mut pages: Vec<(String, String)> =
        (0..6).map(|at| (format!("https://a.example/{at}"), page(&article(at), 0))).collect();
    // The last one is most of the text: by size alone the files before it would stay empty.
    pages.push(("https://a.example/long".to_owned(), page(&long, 0)));
    for (name, part) in [("a", &pages[..3]), ("b", &pages[3..]), ("c", &pages[..0])] {
        let part: Vec<_> = part
            .iter()
            .map(|(url, body)| (url.as_str(), "2024-01-01T00:00:00Z", body.clone()))
            .collect();
        warc(&scratch, name, &part);
    }
    let chain = scratch.write("c.toml", "[[step]]\nsignal = \"characters\"\nmin = 1\n");
    let chain = format!("select.chain={}", chain.display());
    for size in ["1 B", "900 B", "2 kB", "5 kB", "1 MB"] {
        let dir = scratch.join(size);
        let summary = run(&scratch, &dir, &[&chain, &format!("select.shard_size={size}")]);
        let mut files: Vec<String> = std::fs::read_dir(dir.join("corpus"))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let numbers = 0..files.len();
        assert!(
            files.iter().cloned().eq(numbers.map(|n| format!("corpus-{n:05}.jsonl.zst"))),
            "{size}: {files:?}"
        );
        assert_eq!(rows(&dir.join("corpus")).len() as u64, summary["kept"].as_u64().unwrap());
        assert_eq!(summary["kept"], 7);
    }
}
