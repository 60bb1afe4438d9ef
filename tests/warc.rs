//! WARC reading: every known damage, alone and between sound neighbours, in every packing.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use kuroshio::outcome::Outcome::{self, BadRecord, Garbage, TooLarge, TruncatedMember};
use kuroshio::warc::{Content, Reader, RecordKind};
use proptest::prelude::*;

const MAX_RECORD: u64 = 4 << 20;

/// What a reader said, without borrows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Record { uri: String, block: Vec<u8>, repaired: bool },
    Damaged(Outcome),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    offset: u64,
    length: u64,
    what: What,
}

fn read_from(source: impl Read, max_record: u64) -> Vec<Seen> {
    let mut reader = Reader::new(source, max_record);
    let mut seen = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        let what = match entry.content {
            Content::Record(record) => What::Record {
                uri: record.target_uri(),
                block: record.block().to_vec(),
                repaired: record.length_repaired(),
            },
            Content::Damaged(outcome) => What::Damaged(outcome),
        };
        seen.push(Seen { offset: entry.offset, length: entry.length, what });
    }
    seen
}

fn read(file: &[u8]) -> Vec<Seen> {
    read_from(file, MAX_RECORD)
}

/// The addresses of the records and the names of the damages, in order.
fn summary(seen: &[Seen]) -> Vec<String> {
    let name = |seen: &Seen| match &seen.what {
        What::Record { uri, .. } => uri.clone(),
        What::Damaged(outcome) => outcome.name().to_owned(),
    };
    seen.iter().map(name).collect()
}

/// The body of record `name`: text that differs from record to record.
fn block(name: &str) -> Vec<u8> {
    let lines: String = (0..40).map(|n| format!("<p>{name}{n} {}</p>\r\n", n * 7919)).collect();
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>{lines}</html>").into_bytes()
}

fn head(name: &str, length: &str) -> String {
    format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2024-05-18T03:35:44Z\r\n\
         WARC-Target-URI: {name}\r\nContent-Length: {length}\r\n\r\n"
    )
}

fn record_of(name: &str, block: &[u8]) -> Vec<u8> {
    [head(name, &block.len().to_string()).as_bytes(), block, b"\r\n\r\n"].concat()
}

fn record(name: &str) -> Vec<u8> {
    record_of(name, &block(name))
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(text, 3).unwrap()
}

fn plain(text: &[u8]) -> Vec<u8> {
    text.to_vec()
}

/// A, B, the given piece, E, F.
fn between(piece: &[u8], pack: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let sound = |name| pack(&record(name));
    [&sound("A")[..], &sound("B"), piece, &sound("E"), &sound("F")].concat()
}

/// Entries in the order of the file, inside it, that leave out padding alone. A damaged frame whose
/// text no checksum guards may give several entries, which share its place.
fn check_spans(file: &[u8], seen: &[Seen]) {
    let (mut start, mut end) = (0, 0);
    for entry in seen {
        if (entry.offset, entry.offset + entry.length) == (start, end) {
            continue;
        }
        assert!(entry.offset >= end && entry.length > 0, "{entry:?} after {end}");
        let gap = &file[end as usize..entry.offset as usize];
        assert!(gap.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n')), "{end}: {gap:?}");
        (start, end) = (entry.offset, entry.offset + entry.length);
    }
    assert!(file[end as usize..].iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n')));
}

fn assert_record(seen: &Seen, name: &str, expected: &[u8], repaired: bool, case: &str) {
    match &seen.what {
        What::Record { uri, block, repaired: found } => {
            assert_eq!(uri, name, "{case}");
            assert!(block == expected, "{case}: {name}: {}", String::from_utf8_lossy(block));
            assert_eq!(*found, repaired, "{case}: {name}");
        }
        What::Damaged(outcome) => panic!("{case}: {name} became {outcome:?}"),
    }
}

#[test]
fn a_damaged_record_costs_itself_at_most() {
    let body = block("C");
    let length = body.len();
    let whole = |head: &str| [head.as_bytes(), &body, b"\r\n\r\n"].concat();
    let stated = |length: String| whole(&head("C", &length));
    let sound = head("C", &length.to_string());
    let with = |from: &str, to: &str| {
        assert!(sound.contains(from));
        whole(&sound.replacen(from, to, 1))
    };
    let line = |line: &str| with("WARC-Target-URI", &format!("{line}\r\nWARC-Target-URI"));
    let tail = |head: &str, tail: &str| [head.as_bytes(), &body, tail.as_bytes()].concat();
    let feeds = sound.replace("\r\n", "\n");
    let many: String = (0..16_384).map(|n| format!("X-Header-{n:06}: {:40}\r\n", n)).collect();
    let raw = |value: &[u8]| {
        let parts = sound.split_once("WARC-Target-URI").unwrap();
        let tail = format!("\r\nWARC-Target-URI{}", parts.1);
        [parts.0.as_bytes(), b"X: ", value, tail.as_bytes(), &body, b"\r\n\r\n"].concat()
    };

    let cases: Vec<(&str, Vec<u8>, bool)> = vec![
        ("0 sound", whole(&sound), false),
        ("1 length 100 too small", stated((length - 100).to_string()), true),
        ("2 length 100 too large", stated((length + 100).to_string()), true),
        ("3 length 1 too large", stated((length + 1).to_string()), true),
        ("3b length 4 too large", stated((length + 4).to_string()), true),
        ("3c length 1 too small", stated((length - 1).to_string()), true),
        ("4 length missing", with(&format!("Content-Length: {length}\r\n"), ""), true),
        ("5 length not a number", stated("R2D2".into()), true),
        ("6 length negative", stated("-5".into()), true),
        ("7 length 10^12", stated("1000000000000".into()), true),
        ("8 length 2^64-1", stated(u64::MAX.to_string()), true),
        ("9 length 2^64", stated("18446744073709551616".into()), true),
        ("10 length with a trailing blank", stated(format!("{length} ")), false),
        ("11 length twice", stated(format!("{length}\r\nContent-Length: 7")), false),
        ("12 date missing", with("WARC-Date: 2024-05-18T03:35:44Z\r\n", ""), false),
        ("13 date of 14 digits", with("2024-05-18T03:35:44Z", "20240518033544"), false),
        ("14 date without zone", with("44Z", "44"), false),
        ("15 date only", with("T03:35:44Z", ""), false),
        ("16 date with nanoseconds", with("44Z", "44.123456789Z"), false),
        ("17 date 31 February", with("05-18", "02-31"), false),
        ("18 LF-only header", whole(&feeds), false),
        ("19 LF-only header and tail", tail(&feeds, "\n\n"), false),
        ("20 no blank lines at the end", tail(&sound, ""), false),
        ("21 one blank line at the end", tail(&sound, "\r\n"), false),
        ("22 three blank lines at the end", tail(&sound, "\r\n\r\n\r\n"), false),
        (
            "23 lower-case names",
            whole(&sound.replace("WARC-T", "warc-t").replace("Con", "con")),
            false,
        ),
        ("24 WARC/1.1", with("WARC/1.0", "WARC/1.1"), false),
        ("25 WARC/0.17", with("WARC/1.0", "WARC/0.17"), false),
        ("26 warc/1.0", with("WARC/1.0", "warc/1.0"), false),
        ("27 a header value of 64 KiB", line(&format!("X: {}", "x".repeat(1 << 16))), false),
        ("28 16,384 header lines", line(many.trim_end()), false),
        ("29 folded line", line("X: a\r\n  b"), false),
        ("30 line without colon", line("no colon"), false),
        ("31 empty value", line("X:"), false),
        ("32 name with a blank", line("X Y: z"), false),
        ("32b name with a slash", line("X/Y: z"), false),
        ("33 value not UTF-8", raw(b"\xff\xfe\x82\xa0"), false),
        ("34 address in angle brackets", with("URI: C", "URI: <C>"), false),
        ("35 NUL in a value", raw(b"a\0b"), false),
        ("36 bare CR in a value", raw(b"a\rb"), false),
        ("39 type missing", with("WARC-Type: response\r\n", ""), false),
    ];
    for (case, piece, repaired) in &cases {
        for (packing, pack) in
            [("plain", plain as fn(&[u8]) -> Vec<u8>), ("gzip", gzip), ("zstd", zstd)]
        {
            let case = format!("{case}, {packing}");
            let file = between(&pack(piece), pack);
            let seen = read(&file);
            assert_eq!(summary(&seen), ["A", "B", "C", "E", "F"], "{case}");
            check_spans(&file, &seen);
            for (seen, name) in seen.iter().zip(["A", "B", "C", "E", "F"]) {
                assert_record(seen, name, &block(name), name == "C" && *repaired, &case);
            }
        }
        let seen = read(&gzip(&between(piece, plain)));
        assert_eq!(summary(&seen), ["A", "B", "C", "E", "F"], "{case}, one member");
        assert_record(&seen[2], "C", &body, *repaired, case);
    }
}

#[test]
fn a_body_may_be_empty_or_hold_a_record() {
    let quoted = [b"<pre>\r\n\r\n", &record("X")[..], b"</pre>"].concat();
    for body in [&b""[..], &quoted] {
        let file = between(&record_of("C", body), plain);
        let seen = read(&file);
        assert_eq!(summary(&seen), ["A", "B", "C", "E", "F"]);
        assert_record(&seen[2], "C", body, false, "37, 38");
        let seen = read(&gzip(&file));
        assert_record(&seen[2], "C", body, false, "37, 38 packed");
    }
}

#[test]
fn the_last_record_may_lack_its_blank_lines_but_not_its_text() {
    let file = between(&record("C"), plain);
    let seen = read(&file[..file.len() - 4]);
    assert_record(&seen[4], "F", &block("F"), false, "69");
    for cut in [file.len() - 5, file.len() - 100, file.len() - block("F").len() - 20] {
        let file = &file[..cut];
        let seen = read(file);
        assert_eq!(summary(&seen), ["A", "B", "C", "E", "truncated_member"], "{cut}");
        check_spans(file, &seen);
    }
    let stated = [head("F", "99999").as_bytes(), &block("F"), b"\r\n\r\n"].concat();
    assert_record(&read(&stated)[0], "F", &block("F"), true, "the length of the last is too large");
}

#[test]
fn what_is_no_record_is_named_and_passed_over() {
    let mut wrong_version = record("C");
    wrong_version[3] = b'D';
    let no_fields = [b"WARC/1.0\r\n\r\n", &block("C")[..], b"\r\n\r\n"].concat();
    let stump = head("C", "9").as_bytes()[..60].to_vec();
    for (case, piece, in_plain, in_member) in [
        ("version line wrong", &wrong_version, Garbage, BadRecord),
        ("no fields", &no_fields, BadRecord, BadRecord),
        ("header block cut", &stump, BadRecord, BadRecord),
    ] {
        for (pack, outcome) in
            [(plain as fn(&[u8]) -> Vec<u8>, in_plain), (gzip, in_member), (zstd, in_member)]
        {
            let file = between(&pack(piece), pack);
            let seen = read(&file);
            assert_eq!(summary(&seen), ["A", "B", outcome.name(), "E", "F"], "{case}");
            check_spans(&file, &seen);
        }
    }
}

/// The third member of five, damaged by `damage`, and what comes of it.
fn check_member(case: &str, damage: impl FnOnce(&mut Vec<u8>), expected: &[&str]) {
    let mut member = gzip(&record("C"));
    damage(&mut member);
    let file = between(&member, gzip);
    let seen = read(&file);
    let expected = [&["A", "B"], expected, &["E", "F"]].concat();
    assert_eq!(summary(&seen), expected, "{case}");
    check_spans(&file, &seen);
    let names = |name: &str| name.len() == 1;
    for (seen, name) in seen.iter().zip(expected).filter(|(_, name)| names(name)) {
        assert_record(seen, name, &block(name), false, case);
    }
}

#[test]
fn a_damaged_member_costs_itself() {
    let bad = &["bad_member"];
    let noise: Vec<u8> =
        (0..3000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 1).collect();
    check_member("50 two bytes flipped", |m| m[100..102].iter_mut().for_each(|b| *b ^= 0x55), bad);
    check_member("64 bytes flipped", |m| m[60..124].iter_mut().for_each(|b| *b ^= 0xff), bad);
    check_member("51 CRC32 wrong", |m| *m.iter_mut().rev().nth(7).unwrap() ^= 1, bad);
    check_member("52 ISIZE wrong", |m| *m.last_mut().unwrap() ^= 1, bad);
    check_member("66 member cut", |m| m.truncate(m.len() / 2), bad);
    check_member("66b member cut in its trailer", |m| m.truncate(m.len() - 3), bad);
    check_member("66c member cut in its header", |m| m.truncate(6), bad);
    check_member("first byte zeroed", |m| m[0] = 0, &["garbage"]);
    check_member("reserved flag", |m| m[3] |= 0x80, &["garbage"]);
    check_member("56 512 zero bytes", |m| m.extend([0; 512]), &["C"]);
    check_member("4,096 zero bytes", |m| m.extend([0; 4096]), &["C"]);
    check_member("58 300 garbage bytes", |m| m.extend(&noise[..300]), &["C", "garbage"]);
    check_member("3,000 garbage bytes", |m| m.extend(&noise), &["C", "garbage"]);
    check_member(
        "garbage that looks packed",
        |m| m.extend(b"xx\x1f\x8b\x08\0\0yy"),
        &["C", "garbage"],
    );
    check_member("62 empty member", |m| m.truncate(0), &[]);
    let extra = |m: &mut Vec<u8>| {
        m[3] = 4 | 8; // FEXTRA and FNAME
        m.splice(10..10, *b"\x05\x00abcde name \0");
    };
    check_member("63 ill-formed FEXTRA, FNAME", extra, &["C"]);
    let embedded = |m: &mut Vec<u8>| {
        *m = gzip(&record_of("C", &gzip(b"a packed page")));
        let middle = m.len() - 20;
        m[middle] ^= 0x10;
    };
    check_member("a damaged member with a packed page inside", embedded, bad);
}

#[test]
fn an_empty_member_is_passed_over_in_silence() {
    assert_eq!(summary(&read(&between(&gzip(b""), gzip))), ["A", "B", "E", "F"]);
    assert_eq!(summary(&read(&between(&gzip(b"\r\n"), gzip))), ["A", "B", "E", "F"]);
}

#[test]
fn a_file_that_ends_early_loses_its_last_member() {
    let file = between(&gzip(&record("C")), gzip);
    let last = gzip(&record("F")).len();
    for kept in [1, 2, 3, 6, 10, 40, last / 2, last - 8, last - 4, last - 1] {
        let file = &file[..file.len() - last + kept];
        let seen = read(file);
        assert_eq!(summary(&seen), ["A", "B", "C", "E", "truncated_member"], "{kept}");
        check_spans(file, &seen);
    }
    let padded = [&file[..], &[0; 512]].concat();
    assert_eq!(summary(&read(&padded)), ["A", "B", "C", "E", "F"], "57");
}

#[test]
fn records_and_members_need_not_match() {
    let (c, d) = (record("C"), record("D"));
    let two = gzip(&[&c[..], &d].concat());
    let seen = read(&between(&two, gzip));
    assert_eq!(summary(&seen), ["A", "B", "C", "D", "E", "F"], "59");
    assert_eq!((seen[2].offset, seen[2].length), (seen[3].offset, two.len() as u64));

    for cut in [1, 40, 300, c.len() - 10] {
        let file = [gzip(&c[..cut]), gzip(&c[cut..])].concat();
        let seen = read(&between(&file, gzip));
        assert_eq!(summary(&seen), ["A", "B", "C", "E", "F"], "60, cut at {cut}");
        assert_record(&seen[2], "C", &block("C"), false, "60");
        assert_eq!(seen[2].length, file.len() as u64);
    }
    let shared = [gzip(&c[..300]), gzip(&[&c[300..], &d].concat())].concat();
    let seen = read(&between(&shared, gzip));
    assert_eq!(summary(&seen), ["A", "B", "C", "D", "E", "F"]);
    assert_eq!(seen[3].offset, seen[2].offset + gzip(&c[..300]).len() as u64);

    let file = gzip(&between(&c, plain));
    assert_eq!(summary(&read(&file)), ["A", "B", "C", "E", "F"], "61");
    // Plain and packed records in one file, and garbage between.
    let mixed =
        [&c[..], b"\r\n\0\0", &gzip(&d), b"garbage", &record("E"), &zstd(&record("F"))].concat();
    let seen = read(&mixed);
    assert_eq!(summary(&seen), ["C", "D", "garbage", "E", "F"], "64, 65");
    check_spans(&mixed, &seen);
    assert_eq!(seen[2].length, 7);
}

#[test]
fn a_dictionary_before_the_first_zstd_frame_is_used() {
    let dictionary = record("dictionary");
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &dictionary).unwrap();
    let mut pack = |name| compressor.compress(&record(name)).unwrap();
    let frames = [pack("A"), pack("B")].concat();
    for content in [dictionary.clone(), zstd(&dictionary)] {
        let size = (content.len() as u32).to_le_bytes();
        let file = [b"\x5d\x2a\x4d\x18", &size[..], &content, &frames].concat();
        assert_eq!(summary(&read(&file)), ["A", "B"]);
        assert_record(&read(&file)[1], "B", &block("B"), false, "dictionary");
    }
    // Without it the frames cannot be read.
    assert_eq!(summary(&read(&frames)), ["bad_member"]);
}

/// Members of more than 4 MiB of text are unpacked in steps, and are as sound or damaged as a whole.
#[test]
fn a_large_member_is_given_whole_or_not_at_all() {
    let large = record_of("C", &b"<p>0</p>\n".repeat(700_000));
    for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
        let member = pack(&large);
        let file = between(&member, pack);
        let limit = 8 << 20;
        assert_eq!(summary(&read_from(&file[..], limit)), ["A", "B", "C", "E", "F"]);
        let mut damaged = member.clone();
        let last = damaged.len() - 5;
        damaged[last] ^= 1;
        let seen = read_from(&between(&damaged, pack)[..], limit);
        assert_eq!(summary(&seen), ["A", "B", "bad_member", "E", "F"]);
    }
}

#[test]
fn a_record_larger_than_the_limit_is_too_large_and_the_next_one_is_read() {
    let limit = 64 << 10;
    let large = record_of("C", &b"<p>0</p>\n".repeat(80_000));
    let bomb = record_of("C", &vec![0; 8 << 20]);
    let absurd = [head("C", "1000000000000").as_bytes(), &[b'x'; 300 << 10], b"\r\n\r\n"].concat();
    for piece in [large, bomb, absurd] {
        for pack in [plain as fn(&[u8]) -> Vec<u8>, gzip, zstd] {
            let file = between(&pack(&piece), pack);
            let seen = read_from(&file[..], limit);
            assert_eq!(summary(&seen), ["A", "B", TooLarge.name(), "E", "F"]);
            check_spans(&file, &seen);
        }
        let seen = read_from(&gzip(&between(&piece, plain))[..], limit);
        assert_eq!(summary(&seen), ["A", "B", "too_large", "E", "F"]);
    }
    let exact = record_of("C", &vec![b'x'; limit as usize]);
    assert_eq!(summary(&read_from(&gzip(&exact)[..], limit)), ["C"]);
    assert_eq!(summary(&read_from(&exact[..], limit)), ["C"]);
}

#[test]
fn a_member_too_large_to_hold_gives_its_records_up_to_the_damage() {
    let mut random = Random(7);
    let names: Vec<String> = (0..40).map(|n| format!("R{n}")).collect();
    let noise =
        |random: &mut Random| (0..1 << 15).flat_map(|_| random.next().to_le_bytes()).collect();
    let bodies: Vec<Vec<u8>> = names.iter().map(|_| noise(&mut random)).collect();
    let records: Vec<Vec<u8>> = names.iter().zip(&bodies).map(|(n, b)| record_of(n, b)).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::none());
    packed.write_all(&records.concat()).unwrap();
    let mut member = packed.finish().unwrap();
    let file = [&gzip(&record("A"))[..], &member, &gzip(&record("E"))].concat();
    let seen = read(&file);
    let expected: Vec<&str> =
        ["A"].into_iter().chain(names.iter().map(String::as_str)).chain(["E"]).collect();
    assert_eq!(summary(&seen), expected);
    for (n, body) in bodies.iter().enumerate() {
        assert_record(&seen[n + 1], &names[n], body, false, "streamed");
    }

    // The header of the last stored block but some: its length stands there twice, once inverted.
    let header = |at: &usize| {
        let field = |from: usize| u16::from_le_bytes([member[at + from], member[at + from + 1]]);
        member[*at] == 0 && field(1) != 0 && field(1) == !field(3)
    };
    let at = (0..member.len() - 200_000).rev().find(header).unwrap();
    let mut damaged = member.clone();
    damaged[at + 1] ^= 1;
    let file = [&gzip(&record("A"))[..], &damaged, &gzip(&record("E"))].concat();
    let found = summary(&read(&file));
    assert_eq!(found[..38], expected[..38]);
    assert_eq!(found[found.len() - 2..], ["bad_member", "E"]);
    member.truncate(member.len() - 30_000);
    let file = [&gzip(&record("A"))[..], &member].concat();
    assert_eq!(summary(&read(&file))[40..], [TruncatedMember.name()]);
}

#[test]
fn the_reader_says_how_far_it_is_and_what_kind_a_record_is() {
    let file = between(&gzip(&record("C")), gzip);
    let mut reader = Reader::new(&file[..], MAX_RECORD);
    assert_eq!(reader.position(), 0);
    let entry = reader.next().unwrap().unwrap();
    let end = entry.offset + entry.length;
    let Content::Record(record) = entry.content else { panic!() };
    assert_eq!(record.kind(), RecordKind::Response);
    assert_eq!(record.raw().len(), self::record("A").len() - 4);
    assert_eq!(reader.position(), end);
    while reader.next().unwrap().is_some() {}
    assert_eq!(reader.position(), file.len() as u64);
    assert!(reader.next().unwrap().is_none());
}

#[test]
fn an_error_of_the_source_is_passed_on() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("disk"))
        }
    }
    assert!(Reader::new(gzip(&record("A")).chain(Broken), 1 << 20).next().is_err());
}

/// Small, fast and the same everywhere (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound.max(1)
    }
}

/// Damages some bytes: flips bits, cuts, inserts noise, or duplicates or swaps blocks. `noise` makes a
/// byte that was not there.
fn mutilate<T: Copy>(bytes: &mut Vec<T>, random: &mut Random, noise: fn(u8, Option<T>) -> T) {
    let most = if random.below(3) == 0 { 400 } else { 8 };
    let length = 1 + random.below(most);
    let from = random.below(bytes.len());
    let to = (from + length).min(bytes.len());
    match random.below(5) {
        0 => {
            for byte in &mut bytes[from..to] {
                *byte = noise(1 << random.below(8), Some(*byte));
            }
        }
        1 => drop(bytes.drain(from..to)),
        2 => {
            let inserted: Vec<T> = (0..length).map(|_| noise(random.next() as u8, None)).collect();
            drop(bytes.splice(from..from, inserted));
        }
        3 => {
            let block = bytes[from..to].to_vec();
            let place = random.below(bytes.len());
            drop(bytes.splice(place..place, block));
        }
        _ => {
            let block: Vec<T> = bytes.drain(from..to).collect();
            let place = random.below(bytes.len() + 1);
            drop(bytes.splice(place..place, block));
        }
    }
}

/// A byte with some bits flipped, or a new one.
fn noisy(bits: u8, byte: Option<u8>) -> u8 {
    byte.unwrap_or(0) ^ bits
}

/// How many files a mutilation test damages; `KUROSHIO_MUTILATIONS` asks for more.
fn mutilations() -> u64 {
    std::env::var("KUROSHIO_MUTILATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(150)
}

#[test]
fn mutilating_one_record_costs_no_other_one() {
    let names = ["A", "B", "C", "D", "E", "F"];
    let blocks = names.map(block);
    for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd, plain] {
        let sound = names.map(|name| pack(&record(name)));
        for seed in 1..=mutilations() {
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut pieces = sound.clone();
            let victim = random.below(names.len());
            for _ in 0..=random.below(3) {
                mutilate(&mut pieces[victim], &mut random, noisy);
            }
            let file = pieces.concat();
            let seen = read(&file);
            check_spans(&file, &seen);
            let mut found = seen.iter();
            for n in (0..names.len()).filter(|&n| n != victim) {
                let whole = |seen: &Seen| match &seen.what {
                    What::Record { uri, block, repaired } => {
                        uri == names[n] && *block == blocks[n] && !repaired
                    }
                    What::Damaged(_) => false,
                };
                assert!(
                    found.any(whole),
                    "seed {seed}, {:?}, victim {victim}: {n} is gone from {:?}",
                    &sound[0][..4],
                    summary(&seen)
                );
            }
        }
    }
}

/// A byte with its place in the sound file, if it comes from there.
type Traced = (u8, Option<usize>);

/// The same for a byte that knows its place.
fn traced(bits: u8, byte: Option<Traced>) -> Traced {
    (byte.map_or(0, |(byte, _)| byte) ^ bits, None)
}

/// How often the bytes from `from` to `to` of the sound file stand in `file` one behind the other.
fn standing(file: &[Traced], from: usize, to: usize) -> usize {
    let at = |start: usize| (0..to - from).all(|n| file[start + n].1 == Some(from + n));
    (0..(file.len() + 1).saturating_sub(to - from)).filter(|&start| at(start)).count()
}

#[test]
fn every_record_whose_bytes_are_untouched_comes_out_of_a_mutilated_file() {
    let names = ["A", "B", "C", "D", "E", "F"];
    let blocks = names.map(block);
    for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd, plain] {
        let sound = names.map(|name| pack(&record(name)));
        let whole = sound.concat();
        for seed in 1..=mutilations() {
            let mut random = Random(seed.wrapping_mul(0xd134_2543_de82_ef95));
            let mut file: Vec<Traced> =
                whole.iter().enumerate().map(|(at, &byte)| (byte, Some(at))).collect();
            for _ in 0..=random.below(4) {
                mutilate(&mut file, &mut random, traced);
            }
            let bytes: Vec<u8> = file.iter().map(|(byte, _)| *byte).collect();
            let seen = read(&bytes);
            check_spans(&bytes, &seen);
            let mut end = 0;
            for (n, piece) in sound.iter().enumerate() {
                let expected = standing(&file, end, end + piece.len());
                end += piece.len();
                let is_whole = |seen: &&Seen| match &seen.what {
                    What::Record { uri, block, repaired } => {
                        uri == names[n] && *block == blocks[n] && !repaired
                    }
                    What::Damaged(_) => false,
                };
                assert!(
                    seen.iter().filter(is_whole).count() >= expected,
                    "seed {seed}, {:?}: {} of {n} are gone from {:?}",
                    &whole[..4],
                    expected,
                    summary(&seen)
                );
            }
        }
    }
}

/// Gives at most as many bytes a call as the generator says.
struct Split<'a>(&'a [u8], Random, usize);

impl Read for Split<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = (1 + self.1.below(self.2)).min(out.len());
        self.0.read(&mut out[..length])
    }
}

#[test]
fn the_split_into_reads_does_not_matter() {
    for seed in 1..=mutilations() / 10 {
        let mut random = Random(seed);
        let packs = [gzip as fn(&[u8]) -> Vec<u8>, zstd, plain];
        let mut file = Vec::new();
        for name in ["A", "B", "C", "D", "E", "F"] {
            let mut piece = packs[random.below(3)](&record(name));
            if random.below(3) == 0 {
                mutilate(&mut piece, &mut random, noisy);
            }
            file.extend(piece);
        }
        let whole = read(&file);
        for most in [1, 7, 1000] {
            assert_eq!(read_from(Split(&file, Random(seed), most), MAX_RECORD), whole, "{seed}");
        }
    }
}

/// Reads any bytes: must come to an end with sound spans.
fn fuzz(bytes: &[u8]) {
    for max_record in [100, MAX_RECORD] {
        check_spans(bytes, &read_from(bytes, max_record));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_the_end(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        fuzz(&bytes);
    }

    #[test]
    fn any_pieces_of_warc_files_are_read_to_the_end(
        pieces in prop::collection::vec((0usize..9, any::<u64>()), 0..12)
    ) {
        let mut file = Vec::new();
        for (kind, seed) in pieces {
            let mut random = Random(seed | 1);
            let mut piece = match kind {
                0 => record("A"),
                1 => gzip(&record("B")),
                2 => zstd(&record("C")),
                3 => b"\x1f\x8b\x08\0".to_vec(),
                4 => b"\x28\xb5\x2f\xfd".to_vec(),
                5 => b"WARC/1.0\r\n".to_vec(),
                6 => head("D", &random.below(5000).to_string()).into_bytes(),
                7 => vec![0; random.below(50)],
                _ => (0..random.below(100)).map(|_| random.next() as u8).collect(),
            };
            let cut = random.below(2 * piece.len() + 1);
            piece.truncate(cut);
            file.extend(piece);
        }
        fuzz(&file);
    }

    #[test]
    fn any_text_is_parsed_as_http_without_panic(
        head in "(HTTP/1.1 200 OK\r\n)?[ -~\r\n\t]{0,300}",
        body in prop::collection::vec(any::<u8>(), 0..300),
        coding in "(gzip|deflate|br|zstd|chunked)"
    ) {
        let fields = format!("Content-Encoding: {coding}\r\nTransfer-Encoding: {coding}\r\n\r\n");
        let block = [head.as_bytes(), fields.as_bytes(), &body].concat();
        if let Some(response) = kuroshio::warc::http::Response::parse(&block) {
            let mut buffer = Vec::new();
            if let Ok(body) = response.body(10_000, 10_000, &mut buffer) {
                prop_assert!(body.len() <= 10_000);
                kuroshio::warc::http::payload_kind(&response.content_type(), body);
            }
        }
    }
}
