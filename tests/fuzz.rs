//! The fuzz targets over their kept corpus: seeds that are built here, and every input that once
//! found a fault. `docs/fuzzing.md` says how the targets run.

mod bodies;

use std::collections::BTreeMap;
use std::path::PathBuf;

use kuroshio::warc::{Content, Reader};

use crate::language::{parts, quantized_small, small};
use crate::support::sample::{self, Page};
use crate::support::{payload, root, warc};
use crate::tokens::toy::{Toy, first_pieces};

/// Bytes that a seed holds at most; libFuzzer makes more of small ones.
const LONGEST: usize = 4000;

#[test]
fn no_kept_input_of_a_fuzz_target_finds_a_fault() {
    for (target, body) in bodies::TARGETS {
        let kept = read_corpus(target);
        assert!(kept.len() >= 4, "{target}: the corpus is gone");
        for (name, bytes) in kept {
            // A panic does not name the input.
            let result = std::panic::catch_unwind(|| body(&bytes));
            assert!(result.is_ok(), "tests/fuzz/corpus/{target}/{name}");
        }
    }
}

#[test]
fn the_seeds_are_what_their_builders_give() {
    let seeds = seeds();
    for (target, _) in bodies::TARGETS {
        let built = &seeds[target];
        if std::env::var_os("UPDATE").is_some() {
            let folder = corpus(target);
            std::fs::create_dir_all(&folder).unwrap();
            for name in read_corpus(target).keys().filter(|name| name.starts_with("seed-")) {
                std::fs::remove_file(folder.join(name)).unwrap();
            }
            for (name, bytes) in built {
                std::fs::write(folder.join(name), bytes).unwrap();
            }
        }
        let mut kept = read_corpus(target);
        kept.retain(|name, _| name.starts_with("seed-"));
        assert!(kept == *built, "the seeds of `{target}` are outdated; UPDATE=1 writes them again");
    }
}

#[test]
fn every_fuzz_target_has_a_program() {
    let manifest = std::fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).unwrap();
    for (target, _) in bodies::TARGETS {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
        let program = root().join(format!("tests/fuzz/fuzz_targets/{target}.rs"));
        let program = std::fs::read_to_string(program).unwrap();
        assert!(program.contains(&format!("bodies::{target}(bytes)")), "{target}");
    }
}

fn corpus(target: &str) -> PathBuf {
    root().join("tests/fuzz/corpus").join(target)
}

fn read_corpus(target: &str) -> BTreeMap<String, Vec<u8>> {
    let Ok(folder) = std::fs::read_dir(corpus(target)) else { return BTreeMap::new() };
    let paths = folder.map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.map(|path| (name(&path), std::fs::read(&path).unwrap())).collect()
}

type Seeds = BTreeMap<String, Vec<u8>>;

fn seeds() -> BTreeMap<&'static str, Seeds> {
    let pages = root().join("tests/fixtures/pages");
    BTreeMap::from([
        ("warc", warc_seeds()),
        ("http", http_seeds(&sample::build(&pages))),
        ("charset", charset_seeds(&pages)),
        ("html", html_seeds(&pages)),
        ("fasttext", fasttext_seeds()),
        ("forms", numbered(FORMS.map(|text| text.as_bytes().to_vec()))),
        ("sentencepiece", sentencepiece_seeds()),
    ])
}

fn numbered(seeds: impl IntoIterator<Item = Vec<u8>>) -> Seeds {
    (0..).zip(seeds).map(|(n, seed): (u32, _)| (format!("seed-{n:02}"), seed)).collect()
}

/// A few records in each packing, read in each way.
fn warc_seeds() -> Seeds {
    let page = |name: &str| {
        let url = format!("http://{name}.example.jp/");
        let head = "HTTP/1.1 200 OK\nContent-Type: text/html";
        let body = format!("<html><p>{name}の頁。</p></html>");
        warc::response(&url, "2024-05-18T03:11:07Z", head, body.as_bytes())
    };
    let info = warc::record(&[("WARC-Type", "warcinfo"), ("WARC-Date", "2024")], b"a: b\r\n");
    let wrong =
        warc::record(&[("warc-type", "response"), ("Content-Length", "3")], b"HTTP/2 200\n\n");
    let feeds = String::from_utf8(page("c")).unwrap().replace("\r\n", "\n").into_bytes();
    let records = [&info[..], &page("a"), &wrong, &page("b"), &feeds];
    let members: Vec<u8> = records.iter().flat_map(|record| warc::gzip_member(record)).collect();
    let frames = records.iter().flat_map(|record| zstd::bulk::compress(record, 3).unwrap());
    let mixed = [&page("a")[..], b"\0\0\0", &warc::gzip_member(&page("b")), b"noise"].concat();
    numbered([
        [b"\0\x0a", &records.concat()[..]].concat(),
        [b"\x01\x5a", &records.concat()[..]].concat(),
        [b"\x02\xfa", &records.join(&0xFF)[..]].concat(),
        [b"\x03\x13", &records.join(&0xFF)[..]].concat(),
        [b"\0\x08", &members[..]].concat(),
        [b"\0\x2a", &members[..members.len() - 9]].concat(),
        b"\0\x3a".iter().copied().chain(frames).collect(),
        [b"\0\xf2", &mixed[..]].concat(),
    ])
}

/// Responses of the sample with something special about them, and one body in every coding.
fn http_seeds(sample: &[u8]) -> Seeds {
    let mut reader = Reader::new(sample, 1 << 20);
    let mut blocks = Vec::new();
    let mut heads = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        let Content::Record(record) = entry.content else { continue };
        let block = record.block();
        let end = block.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(block.len());
        // The same fields with other lengths are nothing new.
        let head: String = String::from_utf8_lossy(&block[..end])
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .collect();
        if record.is_http() && block.starts_with(b"HTTP") && !heads.contains(&head) {
            heads.push(head);
            blocks.push(block[..block.len().min(end + 600)].to_vec());
        }
    }
    blocks.truncate(16);
    let body = "<!doctype html><title>題</title><p>漢字とかな。".repeat(3);
    let gzip = warc::gzip_member(body.as_bytes());
    let deflate = &gzip[10..gzip.len() - 8];
    let zstd = zstd::bulk::compress(body.as_bytes(), 3).unwrap();
    // A brotli stream of one uncompressed block.
    let brotli = [b"\x8b\x02\x80", &b"<p>hello"[..6], b"\x03"].concat();
    let chunked = b"6;x=y\r\n<p>abc\r\n3\r\ndef\r\n0\r\nX: y\r\n\r\n";
    for (coding, body) in
        [("gzip", &gzip[..]), ("deflate", deflate), ("zstd", &zstd), ("br", &brotli)]
    {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
        blocks.push([head.as_bytes(), body].concat());
    }
    blocks
        .push([&b"HTTP/2 200\nTransfer-Encoding:chunked\n x\nno colon\n\n"[..], chunked].concat());
    numbered(blocks)
}

fn pages(dir: &std::path::Path) -> (Vec<Page>, payload::Layouts) {
    (sample::read_pages(dir), payload::read_layouts(dir))
}

/// A page of each encoding, escape and declaration of the sample, behind its content type.
fn charset_seeds(dir: &std::path::Path) -> Seeds {
    let (pages, layouts) = pages(dir);
    let mut seen = Vec::new();
    let mut seeds = Vec::new();
    for page in pages.iter().filter(|page| page.field("coding").is_none()) {
        let kind =
            ["encode", "meta", "meta-style", "escape", "misread"].map(|name| page.field(name));
        let content_type = page.field("type").unwrap_or_default();
        if !seen.contains(&(kind, content_type)) {
            seen.push((kind, content_type));
            let mut seed = format!("{content_type}\n").into_bytes();
            seed.extend(payload::body(page, &layouts));
            seed.truncate(LONGEST / 2);
            seeds.push(seed);
        }
    }
    numbered(seeds)
}

/// A page of each layout of the sample, and the traps of HTML one by one.
fn html_seeds(dir: &std::path::Path) -> Seeds {
    let (pages, layouts) = pages(dir);
    let mut seen = Vec::new();
    let mut seeds = Vec::new();
    for page in pages.iter().filter(|page| page.field("encode").is_none()) {
        let layout = page.field("layout");
        if page.field("coding").is_none() && !seen.contains(&layout) {
            seen.push(layout);
            let mut seed = payload::body(page, &layouts);
            seed.truncate(LONGEST);
            seeds.push(seed);
        }
    }
    seeds.extend(TRAPS.map(|trap| trap.as_bytes().to_vec()));
    seeds.push(b"<div><b><i>".repeat(300));
    numbered(seeds)
}

const TRAPS: [&str; 10] = [
    "<p>東<b>京</b>\n都<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby><br>次<wbr>の&nbsp;行&#x3042;&hearts;&#0;",
    "<table><tr><td>a<td>b<p>c</table>x<table><caption>題<thead><tr><th colspan=2>見出し</table>",
    "<ul><li><a href=x>一</a><li><a href=y>二<ul><li>三</a></ul></ul><dl><dt>語<dd>意味</dl>",
    "<pre>\n a\n\tb</pre><textarea>\nc</textarea><plaintext>d</p>",
    "<p style='display:none'>a<p hidden>b<div aria-hidden=true>c<noscript>d</noscript><template>e</template>",
    "<svg><title>絵</title><text>図</text><foreignObject><p>中</foreignObject></svg><math><mi>x</math>",
    "<script>if (a<b) \"</p>\"</script><style>p{}</style><!-- <p> --!><![CDATA[x]]><?php y ?><!doctype z>",
    "<a><p>x<a>y</p></a><b><p>1</b>2</p><form><input value=送><button>押</button><select><option>選",
    "<body id=a class='b c'><main><article><h1>題</h1><p>文。文！</article></main><nav>x</nav></body></html>z",
    "<frameset><frame><noframes>枠</noframes></frameset>",
];

const FORMS: [&str; 8] = [
    "ＡＢＣ　ｱｲｳﾞﾊﾟ 東京\u{200B}タワー\r\n\r\n\r\n２０２４年　\t 五月\u{2028}\u{85}か\u{3099}き",
    "が\u{3099}か\u{309A}゛゜ ゛か゜は゛ﾞﾟ\u{FE0F}葛\u{E0100}飾 神﨑",
    "①㌔㍿ﬃ½ İıẞß ΑΣ ΑΣ. \u{AD}\u{FEFF}\u{E000}\u{FFFD}\u{1F468}\u{200D}\u{1F469}",
    "「はい。」と言った（笑）。本当？！ Yes... No! e.g. 3.14\nhttp://example.jp/x?y=z a@example.jp",
    "가각\u{1100}\u{1161}\u{11A8} นิ้ว क्षि e\u{301}\u{323} \u{1D15E} \u{2126}\u{212B}",
    "１２３\u{661}\u{662}\u{1D7D8}4五 100,000円 −5℃",
    " \u{3000} \u{A0}x\u{3000} y\t\tz \n\n \n",
    "Ｈｅｌｌｏ　世界～〜−－―‐‑ ㋿ ㍻ 𠮷野家 髙島屋",
];

/// Models of every loss, dense, quantized and pruned.
fn fasttext_seeds() -> Seeds {
    let grams = parts::Parts {
        word_ngrams: 2,
        bucket: 4,
        minn: 1,
        maxn: 3,
        loss: parts::TREE,
        input: parts::Rows::Dense(vec![vec![0.5, -0.25, 1.0]; 7]),
        ..small()
    };
    let pruned = parts::Parts {
        bucket: 4,
        maxn: 2,
        pruned: Some([(1, 0), (3, 1)].into()),
        input: with_rows(&quantized_small().input, 5),
        ..quantized_small()
    };
    numbered([small(), grams, quantized_small(), pruned].map(|parts| parts.bytes()))
}

/// The matrix with as many rows, all alike.
fn with_rows(rows: &parts::Rows, n: usize) -> parts::Rows {
    let parts::Rows::Quantized { codes, centroids, norms } = rows else { return rows.clone() };
    let norms = norms.as_ref().map(|(codes, norms)| (vec![codes[0]; n], norms.clone()));
    parts::Rows::Quantized { codes: vec![codes[0].clone(); n], centroids: centroids.clone(), norms }
}

/// Models of every kind, with and without byte fallback.
fn sentencepiece_seeds() -> Seeds {
    let toy = |model_type, byte_fallback| {
        let mut pieces = first_pieces(byte_fallback);
        let words = ["▁", "日本", "日", "本", "語", "ハハ", "ハ", "の", "the", "t", "h", "e", "{{"];
        pieces.extend((1..).zip(words).map(|(n, word)| (word.to_owned(), -(n as f32), 1)));
        pieces.push(("言葉".to_owned(), 0.0, 4));
        Toy { pieces, model_type, byte_fallback, remove_extra_whitespaces: true }.bytes()
    };
    numbered([toy(1, false), toy(1, true), toy(2, false), toy(2, true), toy(3, false)])
}
