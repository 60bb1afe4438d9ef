//! Tokenizers and token shards from outside: what other implementations give for small models, and
//! what the command does.

pub(crate) mod toy;

use std::path::{Path, PathBuf};

use kuroshio::error::Kind;
use kuroshio::tokens::megatron::{Expected, Shard, TokenType, verify};
use kuroshio::tokens::{self, Arithmetic, Marks, Options, TokenName, Tokenizer};

use crate::support::{Scratch, digests, kuroshio, root};
use toy::{Toy, first_pieces, toy};

const TOY: &str = "tests/fixtures/tokens/toy.model";
const TOY_JSON: &str = "tests/fixtures/tokens/toy.tokenizer.json";

/// A text and its ids.
type Golden<'a> = (&'a str, &'a [u32]);

fn open(path: &Path, options: &Options) -> Box<dyn Tokenizer> {
    tokens::open(path, options).unwrap()
}

/// Opens a model that is built here.
fn open_toy(toy: &Toy) -> Box<dyn Tokenizer> {
    let scratch = Scratch::new();
    open(&scratch.write("toy.model", toy.bytes()), &Options::default())
}

#[track_caller]
fn check(tokenizer: &dyn Tokenizer, golden: &[Golden<'_>]) {
    for (text, expected) in golden {
        assert_eq!(ids(tokenizer, text), *expected, "{text:?}");
    }
}

fn ids(tokenizer: &dyn Tokenizer, text: &str) -> Vec<u32> {
    let mut ids = Vec::new();
    tokenizer.encoder().encode(text, &mut ids).unwrap();
    ids
}

#[test]
fn the_committed_model_is_what_its_generator_builds() {
    let path = root().join(TOY);
    let built = toy().bytes();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &built).unwrap();
    }
    assert!(
        std::fs::read(&path).is_ok_and(|committed| committed == built),
        "{TOY} is outdated; UPDATE=1 writes it again"
    );
}

/// Without byte fallback, with user-defined and unused pieces, and with extra spaces taken out.
fn unknown_toy() -> Toy {
    let mut pieces = first_pieces(false);
    let mut add = |text: &str, score: f32, kind: u8| pieces.push((text.to_owned(), score, kind));
    for (at, c) in "▁あいうえおabc".chars().enumerate() {
        add(c.encode_utf8(&mut [0; 4]), -4.0 - at as f32 * 0.5, 1);
    }
    add("あい", -5.0, 1);
    add("いう", -1.0, 5);
    add("▁abc", -6.0, 1);
    add("あいうえ", -40.0, 4);
    add("<EOD>", 0.0, 4);
    add("cc", 0.0, 4);
    Toy { pieces, model_type: 1, byte_fallback: false, remove_extra_whitespaces: true }
}

/// A BPE model with an unused step and a user-defined piece.
fn merging_toy() -> Toy {
    let mut pieces = first_pieces(true);
    let merges = ["ab", "▁ab", "bc", "abab", "いう", "あいう", "▁あ", "いい"];
    for (rank, merge) in merges.iter().enumerate() {
        let kind = if *merge == "abab" || *merge == "いう" { 5 } else { 1 };
        pieces.push(((*merge).to_owned(), -(rank as f32), kind));
    }
    pieces.push(("<EOD>".to_owned(), 0.0, 4));
    for (at, c) in "▁abcあいう".chars().enumerate() {
        pieces.push((c.to_string(), -100.0 - at as f32, 1));
    }
    Toy { pieces, model_type: 2, byte_fallback: true, remove_extra_whitespaces: false }
}

/// Ids by PyPI sentencepiece; 0.2.0 and 0.2.3 agree on all of these.
const TOY_GOLDEN: &[Golden<'_>] = &[
    ("日本語の文字です。", &[259, 278, 365, 287, 260, 584]),
    ("東京都の学校", &[259, 280, 365, 283]),
    ("ははははは", &[259, 291, 292]),
    ("京都府", &[259, 281, 232, 189, 159]),
    ("🌥と🍣", &[259, 243, 162, 143, 168, 359, 243, 162, 144, 166]),
    ("a\0b", &[259, 551, 3, 552]),
    (" 二つ  の", &[259, 259, 288, 259, 295]),
    ("\n", &[259, 13]),
    ("▁", &[259, 259]),
    ("今日は\u{3099}", &[259, 285, 366, 230, 133, 156]),
    ("<s></s><unk>", &[259, 514, 569, 516, 514, 501, 569, 516, 514, 571, 564, 561, 516]),
    ("日本 日本の 、 。 の", &[309, 309, 365, 259, 319, 318, 365]),
    ("", &[]),
];

/// Texts that SentencePiece cuts in one way up to 0.2.1, in another from 0.2.2 on.
const TIES: &[(&str, &[u32], &[u32])] = &[
    ("ハハハハハ", &[259, 290, 289], &[259, 289, 290]),
    ("{{{{{", &[259, 293, 293, 577], &[259, 577, 293, 293]),
    ("#222", &[259, 489, 294, 504], &[259, 489, 504, 294]),
    ("私私{{{", &[311, 618, 293, 577], &[311, 618, 577, 293]),
    ("す京a{{{", &[259, 344, 600, 551, 293, 577], &[259, 344, 600, 551, 577, 293]),
];

#[test]
fn unigram_ids_are_those_of_sentencepiece() {
    for arithmetic in [Arithmetic::UpTo021, Arithmetic::From022] {
        let options = Options { arithmetic, ..Options::default() };
        let tokenizer = open(&root().join(TOY), &options);
        check(&*tokenizer, TOY_GOLDEN);
        for (text, early, late) in TIES {
            let expected = if arithmetic == Arithmetic::UpTo021 { early } else { late };
            check(&*tokenizer, &[(text, expected)]);
        }
        assert_eq!(tokenizer.marks(), Marks { eod: 2, bos: None });
        assert_eq!(tokenizer.vocabulary_size(), toy().pieces.len() as u32);
        assert_eq!(tokenizer.id_of("日本語"), Some(278));
        assert!(tokenizer.is_special(1) && !tokenizer.is_special(278));
    }
}

#[test]
fn unknown_user_defined_and_unused_pieces_and_spaces_are_as_in_sentencepiece() {
    check(
        &*open_toy(&unknown_toy()),
        &[
            ("あいうえお", &[3, 15, 8]),
            ("あいうえあいう", &[3, 15, 12, 6]),
            ("いう", &[3, 5, 6]),
            ("  abc  abc ", &[14, 14]),
            ("漢字あ漢", &[3, 0, 4, 0]),
            ("<EOD>あ<EOD>", &[3, 16, 4, 16]),
            ("   ", &[]),
            ("cc c", &[3, 17, 3, 11]),
            ("abccc", &[14, 17]),
            ("x y", &[3, 0, 3, 0]),
            ("▁▁a", &[3, 3, 3, 9]),
        ],
    );
}

#[test]
fn bpe_ids_are_those_of_sentencepiece() {
    check(
        &*open_toy(&merging_toy()),
        &[
            ("ababab", &[260, 259, 259]),
            ("abcabc", &[260, 271, 259, 271]),
            ("あいういい", &[268, 264, 266]),
            ("いう", &[268, 273, 274]),
            ("abab", &[260, 259]),
            (" ab", &[268, 260]),
            ("<EOD>ab<EOD>", &[268, 267, 259, 267]),
            ("漢ab", &[268, 233, 191, 165, 259]),
            ("bcb", &[268, 261, 270]),
            ("いいう", &[268, 273, 273, 274]),
        ],
    );
}

#[test]
fn byte_level_ids_are_those_of_tokenizers() {
    let tokenizer = open(&root().join(TOY_JSON), &Options::default());
    check(
        &*tokenizer,
        &[
            ("日本の日", &[264, 257, 259]),
            ("the the then", &[266, 267, 267, 110]),
            ("日本語<|endoftext|>22222", &[264, 263, 269, 268, 268, 50]),
            // NFC makes one character of the two.
            ("は\u{3099}", &[256, 176]),
            ("🌥a\0b", &[240, 159, 140, 165, 97, 0, 98]),
            ("<|im_start|>", &[270]),
            ("", &[]),
        ],
    );
    assert_eq!(tokenizer.marks(), Marks { eod: 269, bos: None });
    assert_eq!(tokenizer.vocabulary_size(), 271);
    assert!(tokenizer.is_special(270) && !tokenizer.is_special(268));
    assert_eq!(tokenizer.decode(&[264, 263, 269]), "日本語");
}

#[test]
fn what_is_no_tokenizer_is_refused_as_configuration() {
    let scratch = Scratch::new();
    let table: [(&str, &[u8], &str); 5] = [
        ("empty", b"", "no SentencePiece model"),
        ("text", "吾輩は猫である".as_bytes(), "no SentencePiece model"),
        ("list.json", b"{\"text\": \"x\"}", "no tokenizer.json"),
        ("cut.json", b"{\"model\": {", "no tokenizer.json"),
        ("cut.model", &toy().bytes()[..5000], "no SentencePiece model"),
    ];
    for (name, bytes, expected) in table {
        let path = scratch.write(name, bytes);
        let error = tokens::open(&path, &Options::default()).err().unwrap();
        assert_eq!(error.kind, Kind::Config, "{name}");
        assert!(error.message.contains(expected), "{name}: {error}");
        assert!(error.place.unwrap().to_string().ends_with(name));
    }
    let error = tokens::open(&scratch.join("none"), &Options::default()).err().unwrap();
    assert_eq!(error.kind, Kind::Config);
    let words = Toy { model_type: 3, ..toy() };
    let error = tokens::open(&scratch.write("w.model", words.bytes()), &Options::default());
    assert!(error.err().unwrap().message.contains("words"));
}

/// Texts of a corpus, some with an origin, one without any token.
fn lines() -> String {
    let lines = [
        r#"{"id": "0a", "text": "日本語の文字です。\n東京都の学校", "meta": {"url": "https://a.example/", "warc_file": "a.warc.gz", "warc_offset": 7}}"#,
        r#"{"text": ""}"#,
        r#"{"text": "私 22 ハハ", "url": "https://b.example/"}"#,
        r#"{"text": "🌥"}"#,
    ];
    lines.join("\n") + "\n"
}

const TEXTS: [&str; 3] = ["日本語の文字です。\n東京都の学校", "私 22 ハハ", "🌥"];

fn tokenize(scratch: &Scratch, output: &str, more: &[&str]) -> crate::support::Output {
    let mut arguments = vec!["tokenize", "--tokenizer", TOY, "--quiet"];
    let output = scratch.join(output).display().to_string();
    arguments.extend(["--output", &output]);
    arguments.extend(more);
    kuroshio(arguments, root())
}

fn verified(folder: &Path, name: &str, bos: Option<u32>) -> Vec<String> {
    let (idx, bin) = (folder.join(format!("{name}.idx")), folder.join(format!("{name}.bin")));
    let read = |path: &PathBuf| std::fs::File::open(path).unwrap();
    let tokenizer = open(&root().join(TOY), &Options::default());
    let marks = Marks { eod: 2, bos };
    let expected = Expected { vocabulary_size: tokenizer.vocabulary_size(), marks };
    let facts = verify(read(&idx), &idx, read(&bin), &bin, expected).unwrap();
    assert_eq!(facts.kind, TokenType::U16);
    let mut shard = Shard::open(read(&idx), &idx, read(&bin), &bin).unwrap();
    let mut ids = Vec::new();
    let mut texts = Vec::new();
    for sequence in 0..facts.sequences {
        shard.sequence(sequence, &mut ids).unwrap();
        texts.push(tokenizer.decode(&ids));
    }
    texts
}

#[test]
fn the_command_writes_shards_that_decode_to_the_texts() {
    let scratch = Scratch::new();
    let input = scratch.write("in/a.jsonl", lines()).display().to_string();
    let output = tokenize(&scratch, "out", &["--input", &input, "--json"]).success().json();
    assert_eq!(output["totals"]["documents"], 3);
    assert_eq!(output["totals"]["empty"], 1);
    assert_eq!(output["totals"]["special"], 0);
    assert_eq!(output["type"], "u16");
    assert_eq!(verified(&scratch.join("out"), "a", None), TEXTS);
    let rows = kuroshio::format::columns::read_all(
        std::fs::File::open(scratch.join("out/provenance/a.parquet")).unwrap(),
        Path::new("a.parquet"),
    );
    let rows = rows.unwrap();
    assert_eq!(rows.i64("sequence").unwrap(), [0, 1, 2]);
    assert_eq!(rows.text("id").unwrap(), ["0a", "", ""]);
    assert_eq!(rows.text("url").unwrap(), ["https://a.example/", "https://b.example/", ""]);
    assert_eq!(rows.opt_i64("warc_offset").unwrap(), [Some(7), None, None]);
    let tokens: i64 = rows.i64("tokens").unwrap().iter().sum();
    assert_eq!(output["totals"]["tokens"], tokens);
}

#[test]
fn marks_stand_round_every_document_and_files_keep_their_order() {
    let scratch = Scratch::new();
    let zst = zstd::encode_all(lines().as_bytes(), 1).unwrap();
    let one = scratch.write("in/a.jsonl.zst", zst).display().to_string();
    let two = scratch.write("in/b.jsonl", "{\"t\": 1, \"text\": \"はは\"}").display().to_string();
    let more = ["--input", &one, &two, "--name", "ja", "--bos", "<s>", "--eod", "2"];
    tokenize(&scratch, "one", &[&more[..], &["--threads", "1"]].concat()).success();
    assert_eq!(verified(&scratch.join("one"), "ja-00000", Some(1)), TEXTS);
    assert_eq!(verified(&scratch.join("one"), "ja-00001", Some(1)), ["はは"]);
    tokenize(&scratch, "four", &[&more[..], &["--threads", "4"]].concat()).success();
    assert_eq!(digests(&scratch.join("one")), digests(&scratch.join("four")));
}

#[test]
fn a_shard_that_stands_is_left_alone_and_never_replaced() {
    let scratch = Scratch::new();
    let input = scratch.write("a.jsonl", lines()).display().to_string();
    tokenize(&scratch, "out", &["--input", &input]).success();
    let before = digests(&scratch.join("out"));
    tokenize(&scratch, "out", &["--input", &input]).success();
    assert_eq!(digests(&scratch.join("out")), before);
    let other = tokenize(&scratch, "out", &["--input", &input, "--bos", "1"]).exited(78);
    assert!(other.stderr.contains("another token shard"), "{}", other.stderr);
    assert_eq!(digests(&scratch.join("out")), before);
}

#[test]
fn a_line_without_a_text_is_named_and_nothing_is_left() {
    let scratch = Scratch::new();
    for (line, expected) in [("{\"body\": 1}", "no field `text`"), ("no JSON", "expected")] {
        let input = scratch.write("a.jsonl", lines() + line).display().to_string();
        let output = tokenize(&scratch, "out", &["--input", &input]).exited(65);
        assert!(output.stderr.contains("a.jsonl:5:"), "{}", output.stderr);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
        assert!(digests(&scratch.join("out")).is_empty());
    }
}

#[test]
fn blank_lines_and_a_byte_order_mark_are_passed_over() {
    let scratch = Scratch::new();
    let plain = scratch.write("plain/a.jsonl", lines()).display().to_string();
    let odd = format!("\u{feff}{}\n  \n\n", lines().replacen('\n', "\n\n", 1));
    let odd = scratch.write("odd/a.jsonl", odd).display().to_string();
    tokenize(&scratch, "plain-out", &["--input", &plain]).success();
    tokenize(&scratch, "odd-out", &["--input", &odd]).success();
    assert_eq!(digests(&scratch.join("plain-out")), digests(&scratch.join("odd-out")));
}

#[test]
fn texts_without_tokens_make_no_shard() {
    let scratch = Scratch::new();
    let input = scratch.write("a.jsonl", "{\"text\": \"\"}\n").display().to_string();
    let output = tokenize(&scratch, "out", &["--input", &input, "--json"]).success().json();
    assert_eq!(output["totals"]["empty"], 1);
    assert!(digests(&scratch.join("out")).is_empty());
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is_read() {
    let scratch = Scratch::new();
    let input = scratch.write("a.jsonl", lines()).display().to_string();
    let both = scratch.write("b/a.jsonl", lines()).display().to_string();
    let mut no_end = merging_toy();
    no_end.pieces[2].0 = "<end>".to_owned();
    let no_end = scratch.write("no-end.model", no_end.bytes()).display().to_string();
    let table: [(&[&str], i32, &str); 6] = [
        (&["--input", &input, "--tokenizer", "qwn3"], 78, "did you mean `qwen3`"),
        (&["--input", &input, "--tokenizer", &no_end], 78, "tokenize.eod"),
        (&["--input", &input, "--tokenizer", TOY, "--eod", "<eod>"], 78, "no token `<eod>`"),
        (&["--input", &input, &both, "--tokenizer", TOY], 64, "--name"),
        (&["--input", &input, "--tokenizer", TOY, "--name", "a/b"], 64, "no name"),
        (&["--input", "missing.jsonl", "--tokenizer", TOY], 78, "missing.jsonl"),
    ];
    for (arguments, code, expected) in table {
        let output = scratch.join("out").display().to_string();
        let all = [&["tokenize", "--output", &output], arguments].concat();
        let said = kuroshio(all, root()).exited(code);
        assert!(said.stderr.contains(expected), "{expected} is missing in\n{}", said.stderr);
        assert!(!scratch.join("out").exists());
    }
}

#[test]
fn tokens_are_named_by_id_or_spelling() {
    let options = Options {
        eod: Some(TokenName::Spelling("<s>".to_owned())),
        bos: Some(TokenName::Id(2)),
        ..Options::default()
    };
    assert_eq!(open(&root().join(TOY), &options).marks(), Marks { eod: 1, bos: Some(2) });
}
