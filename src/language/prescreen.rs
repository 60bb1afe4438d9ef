//! The byte pre-screen: may this payload be Japanese at all? Most payloads of a crawl may not, and
//! are spared decoding and parsing.
//!
//! Which pages may be is a rule on their kana, kanji and other characters ([`Script`]). Here it is
//! asked of bytes, which show these counts within bounds, in every way in which one can reach a
//! page:
//!
//! - what looks like UTF-16 is let pass unread;
//! - UTF-8 shows kana and kanji by their lead bytes, which few other characters share;
//! - numeric character references are read, in whatever way they are written, and count as well;
//! - ISO-2022-JP shows by its escape sequences;
//! - what then is UTF-8, or nearly, is refused: a decoder reads it as UTF-8, and it held too few;
//! - everything else may be in a legacy encoding, which `legacy` tries.
//!
//! First all bytes are counted, markup and scripts too: that is fast, and enough for nearly every
//! page. Where that leaves it open, only the text counts, which `regions` finds.
//!
//! What passes may still be anything: telling languages apart takes a language model. The scans
//! skip what they do not look for in whole vectors, and end where enough is seen; none allocates.

mod legacy;
mod regions;

use encoding_rs::Encoding;
use memchr::{memchr, memchr_iter, memmem};

use super::script::{Script, is_kana, is_kanji};
use regions::{Region, Regions};

/// Whether a payload, in any encoding, may be Japanese; `is_markup` if it is no plain text. `false`
/// is certain, `true` is not.
///
/// Certain means: [`Script::may_be_japanese_in`] is `false` for the paragraphs of the page, unless it
/// holds broken characters. Bytes that are valid UTF-8 count as UTF-8.
pub fn may_be_japanese(bytes: &[u8], is_markup: bool) -> bool {
    if may_be_utf16(bytes) {
        return true;
    }
    // Most pages hold nothing but ASCII and Latin letters: for them some scans need not be made.
    let (highest, least) = bytes.iter().fold((0, u8::MAX), |(highest, least), &byte| {
        (byte.max(highest), least.min(byte ^ ESCAPE))
    });
    utf8_may_be_japanese(bytes, is_markup, highest)
        || (least == 0 && has_japanese_escape(bytes))
        || (highest >= 0x80 && otherwise_may_be_japanese(bytes, is_markup))
}

/// The same for what is neither UTF-8 nor plain ASCII.
fn otherwise_may_be_japanese(bytes: &[u8], is_markup: bool) -> bool {
    if Encoding::utf8_valid_up_to(bytes) == bytes.len() {
        return false;
    }
    let high = count_high(bytes);
    !reads_as_utf8(bytes, high)
        && (memchr(0, bytes).is_some() || legacy::may_be_japanese(bytes, is_markup, high))
}

/// With a kana for so many bytes, markup included, a page passes unseen: few would be refused if
/// their text were found, which takes a third of the time that it takes to parse them.
const BYTES_A_KANA: u64 = 200;

/// The same for what is written in UTF-8 and in references.
fn utf8_may_be_japanese(bytes: &[u8], is_markup: bool, highest: u8) -> bool {
    let plenty = (bytes.len() as u64).div_ceil(BYTES_A_KANA).max(32);
    let mut script = Script::default();
    if highest >= FIRST_LEAD && count_utf8(bytes, plenty, &mut script) {
        return true;
    }
    count_references(bytes, &mut script);
    text_may_be_japanese(bytes, is_markup, script, |text, script| {
        count_utf8(text, u64::MAX, script);
    })
}

/// The rule on the text of a page, whose kana and kanji beside references `count` counts. The whole
/// page holds at most as many as `most` says; in plain text, that alone counts.
fn text_may_be_japanese(
    page: &[u8],
    is_markup: bool,
    most: Script,
    count: impl Fn(&[u8], &mut Script),
) -> bool {
    if !is_markup || !most.is_enough() || holds_frames(page) {
        return most.is_enough();
    }
    let mut script = Script::default();
    let mut regions = Regions::of(page);
    while let Some(Region { bytes, is_seen }) = regions.next() {
        let before = script.kanji;
        count(bytes, &mut script);
        let mut letters = letters(bytes);
        for at in memchr_iter(b'&', bytes) {
            let rest = &bytes[at + 1..];
            let number = rest.strip_prefix(b"#");
            if let Some(number) = number {
                script.count(reference(number));
            }
            let name =
                number.unwrap_or(rest).iter().take_while(|byte| byte.is_ascii_alphanumeric());
            letters =
                letters.saturating_sub(name.filter(|byte| byte.is_ascii_alphabetic()).count());
        }
        if is_seen {
            script.sure_kanji += script.kanji - before;
            script.others += letters as u64;
            // At best, all the script of the page is text.
            let best = Script { kana: most.kana, kanji: most.kanji, ..script };
            if !best.may_be_japanese() {
                return false;
            }
        }
        // At worst, what is left is other letters, or kanji.
        let left = regions.bytes_left() as u64;
        let worst =
            Script { others: script.others + left, sure_kanji: script.sure_kanji + left, ..script };
        if worst.may_be_japanese() {
            return true;
        }
    }
    script.may_be_japanese()
}

/// ASCII letters of a text. In legacy encodings they are the second bytes of characters, too: behind
/// a byte that is not ASCII none counts.
fn letters(text: &[u8]) -> usize {
    let behind = text.get(1..).unwrap_or_default().iter().zip(text);
    let letters = behind.filter(|(byte, before)| byte.is_ascii_alphabetic() && before.is_ascii());
    letters.count()
}

/// Whether a page is one of frames, whose text stands where others have none.
fn holds_frames(page: &[u8]) -> bool {
    const NAME: &[u8] = b"frameset";
    memchr_iter(b'<', page).any(|at| {
        page[at + 1..].get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    })
}

/// Counts kana and kanji in UTF-8; ends with `true` where there are `plenty` of kana.
fn count_utf8(bytes: &[u8], plenty: u64, script: &mut Script) -> bool {
    let mut at = 0;
    while let Some(next) = find_lead(&bytes[at..]) {
        at += next;
        // Characters that are looked for come in rows.
        while let Some((c, length)) = utf8_at(&bytes[at..]) {
            at += length;
            script.count(c);
        }
        at += usize::from(at < bytes.len());
        if script.kana >= plenty {
            return true;
        }
    }
    false
}

/// Counts kana and kanji written as numbers: decimal or hexadecimal, padded with zeros or not, with
/// their semicolon or without.
fn count_references(bytes: &[u8], script: &mut Script) {
    for at in memmem::find_iter(bytes, b"&#") {
        script.count(reference(&bytes[at + 2..]));
    }
}

impl Script {
    fn count(&mut self, c: u32) {
        self.kana += u64::from(is_kana(c));
        self.kanji += u64::from(is_kanji(c));
    }
}

/// A byte order mark, or an ASCII character to begin with: markup, as a rule.
fn may_be_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => true,
        [first, second, ..] => (*first == 0) != (*second == 0),
        _ => false,
    }
}

/// The first byte that leads a kana or kanji.
const FIRST_LEAD: u8 = 0xE3;

/// The byte that begins an escape sequence.
const ESCAPE: u8 = 0x1B;

/// Bytes that are looked at in one step; a multiple of every vector's width.
const STEP: usize = 64;

/// The next byte that may lead a kana or kanji: E3 … E9, EF, F0.
fn find_lead(bytes: &[u8]) -> Option<usize> {
    let is_lead = |byte: u8| matches!(byte, 0xE3..=0xE9 | 0xEF | 0xF0);
    let (steps, _) = bytes.as_chunks::<STEP>();
    let mut start = 0;
    for step in steps {
        // All bytes of a step at once, in vectors; other bytes from there on are rare.
        if step.iter().fold(false, |any, &byte| any | (byte >= FIRST_LEAD))
            && let Some(at) = step.iter().position(|&byte| is_lead(byte))
        {
            return Some(start + at);
        }
        start += STEP;
    }
    bytes[start..].iter().position(|&byte| is_lead(byte)).map(|at| start + at)
}

/// The character of three or four bytes at the start of `bytes` and its length, if a well-formed one
/// stands there.
fn utf8_at(bytes: &[u8]) -> Option<(u32, usize)> {
    let continuation = |at: usize| {
        bytes.get(at).filter(|&&byte| byte & 0xC0 == 0x80).map(|&byte| u32::from(byte & 0x3F))
    };
    let lead = u32::from(*bytes.first()?);
    let (mut c, n, least) = match lead {
        0xE0..=0xEF => (lead & 0x0F, 3, 0x800),
        0xF0..=0xF4 => (lead & 0x07, 4, 0x1_0000),
        _ => return None,
    };
    for at in 1..n {
        c = c << 6 | continuation(at)?;
    }
    (c >= least).then_some((c, n))
}

/// The number at the start of `rest`, what follows `&#`; too large a number is some large number.
fn reference(rest: &[u8]) -> u32 {
    let (digits, radix) = match rest.first() {
        Some(b'x' | b'X') => (&rest[1..], 16),
        _ => (rest, 10),
    };
    let values = digits.iter().map_while(|&digit| char::from(digit).to_digit(radix));
    values.fold(0u32, |number, digit| number.saturating_mul(radix).saturating_add(digit))
}

/// Whether an escape sequence of ISO-2022-JP or one of its extensions calls for kanji or kana.
fn has_japanese_escape(bytes: &[u8]) -> bool {
    memchr_iter(ESCAPE, bytes).any(|at| {
        let rest = &bytes[at + 1..];
        [&b"$@"[..], b"$B", b"$(", b"(I", b"(J"].iter().any(|escape| rest.starts_with(escape))
    })
}

/// Bytes that are not ASCII. Counts of one byte, for as long as they suffice, are many to a vector.
fn count_high(bytes: &[u8]) -> usize {
    let count = |part: &[u8]| part.iter().fold(0u8, |count, &byte| count + (byte >> 7));
    bytes.chunks(u8::MAX.into()).map(|part| usize::from(count(part))).sum()
}

/// Whether a decoder would take the payload for UTF-8: it is valid but for a character that its
/// end may have cut, or at most one byte is broken on sixteen sound characters. Text of another
/// encoding is broken in every second character or so. `high` bytes are not ASCII.
fn reads_as_utf8(bytes: &[u8], high: usize) -> bool {
    let (mut sound, mut broken) = (0usize, 0usize);
    let mut rest = bytes;
    // Every sound character has two high bytes at least.
    while broken * 32 <= high {
        let (valid, tail) = rest.split_at(Encoding::utf8_valid_up_to(rest));
        if tail.is_empty() || is_cut(tail) {
            return broken == 0 || broken * 16 <= sound + count_leads(valid);
        }
        sound += count_leads(valid);
        broken += 1;
        rest = &tail[1..];
    }
    false
}

/// Whether these bytes are the start of a character whose rest is missing.
fn is_cut(tail: &[u8]) -> bool {
    tail.len() < 4 && std::str::from_utf8(tail).is_err_and(|error| error.error_len().is_none())
}

/// Characters beyond ASCII in valid UTF-8.
fn count_leads(valid: &[u8]) -> usize {
    valid.iter().filter(|&&byte| byte >= 0xC0).count()
}

#[cfg(test)]
pub(in crate::language::prescreen) mod tests {
    use encoding_rs::{BIG5, EUC_JP, EUC_KR, GBK, ISO_2022_JP, SHIFT_JIS, WINDOWS_1252};
    use proptest::prelude::*;

    use super::*;

    /// Of a page in HTML.
    fn may_be_japanese(bytes: &[u8]) -> bool {
        super::may_be_japanese(bytes, true)
    }

    /// The same, byte by byte and with the means of the standard library.
    fn twin(bytes: &[u8]) -> bool {
        let character = |at: usize| {
            let window = &bytes[at..bytes.len().min(at + 4)];
            window.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next())
        };
        let mut escapes = (0..bytes.len()).map(|at| &bytes[at..]).filter(|rest| rest[0] == 0x1B);
        let all: Vec<u32> = (0..bytes.len()).filter_map(character).map(u32::from).collect();
        let kana = all.iter().filter(|&&c| is_kana(c)).count() as u64;
        let plenty = kana >= 32 && kana as f64 >= bytes.len() as f64 / 200.0;
        let all = all.into_iter().chain(referred(bytes));
        let enough = all.filter(|&c| is_kana(c) || is_kanji(c)).count() >= 6;
        let utf8 = |text: &[u8]| {
            let chunks = text.utf8_chunks();
            chunks.flat_map(|chunk| chunk.valid().chars()).collect::<Vec<char>>()
        };
        may_be_utf16(bytes)
            || plenty
            || (enough && twin_of_text(bytes, utf8))
            || escapes
                .any(|rest| matches!(rest.get(1..3), Some(b"$@" | b"$B" | b"$(" | b"(I" | b"(J")))
            || (!twin_reads_as_utf8(bytes) && (bytes.contains(&0) || legacy::tests::twin(bytes)))
    }

    /// The rule on the text of a page that `decode` reads.
    pub(super) fn twin_of_text(page: &[u8], decode: impl Fn(&[u8]) -> Vec<char>) -> bool {
        let names = regex::bytes::Regex::new("&#?[0-9A-Za-z]+").unwrap();
        let is_letter = |byte: &&u8| byte.is_ascii_alphabetic();
        let mut script = Script::default();
        for region in Regions::of(page) {
            let mut characters = decode(region.bytes);
            characters.extend(referred(region.bytes).into_iter().filter_map(char::from_u32));
            let behind_ascii = region.bytes.windows(2).filter(|pair| pair[0].is_ascii());
            let all = behind_ascii.filter(|pair| pair[1].is_ascii_alphabetic()).count();
            let in_names = names.find_iter(region.bytes);
            let in_names: usize =
                in_names.map(|name| name.as_bytes().iter().filter(is_letter).count()).sum();
            let letters = all.saturating_sub(in_names);
            let kanji = characters.iter().filter(|&&c| is_kanji(c.into())).count() as u64;
            script.kanji += kanji;
            script.kana += characters.iter().filter(|&&c| is_kana(c.into())).count() as u64;
            if region.is_seen {
                script.sure_kanji += kanji;
                script.others += letters as u64;
            }
        }
        script.may_be_japanese()
    }

    /// The characters that references name, with the means of the standard library.
    pub(super) fn referred(bytes: &[u8]) -> Vec<u32> {
        let references = regex::bytes::Regex::new("&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+))").unwrap();
        let numbers = references.captures_iter(bytes).map(|found| {
            let (digits, radix) = match (found.get(1), found.get(2)) {
                (Some(hexadecimal), _) => (hexadecimal, 16),
                (None, decimal) => (decimal.unwrap(), 10),
            };
            let digits = std::str::from_utf8(digits.as_bytes()).unwrap();
            u128::from_str_radix(digits, radix).ok().and_then(|number| u32::try_from(number).ok())
        });
        numbers.flatten().collect()
    }

    fn twin_reads_as_utf8(bytes: &[u8]) -> bool {
        let (mut sound, mut broken, mut at) = (0, 0, 0);
        while at < bytes.len() {
            match std::str::from_utf8(&bytes[at..]) {
                Ok(text) => {
                    sound += text.chars().filter(|c| !c.is_ascii()).count();
                    break;
                }
                Err(error) => {
                    let valid = std::str::from_utf8(&bytes[at..at + error.valid_up_to()]).unwrap();
                    sound += valid.chars().filter(|c| !c.is_ascii()).count();
                    if error.error_len().is_none() {
                        break;
                    }
                    broken += 1;
                    at += error.valid_up_to() + 1;
                }
            }
        }
        broken * 16 <= sound
    }

    fn page(text: &str) -> String {
        format!("<!DOCTYPE html>\n<title>A page</title><p class=x>{text}</p>")
    }

    #[test]
    fn japanese_passes_in_every_way_it_is_written() {
        for text in ["あ", "ア", "ｱ", "漢", "東京都", "𠮷", "々", "日本語のページ"]
        {
            let html = page(&text.repeat(9));
            assert!(may_be_japanese(html.as_bytes()), "{text} as UTF-8");
            for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP] {
                let bytes = encoding.encode(&html).0;
                assert!(may_be_japanese(&bytes), "{text} as {}", encoding.name());
            }
        }
        for reference in [
            "&#12354;",
            "&#12354",
            "&#x3042;",
            "&#X3042;",
            "&#x3042",
            "&#0000012354;",
            "&#x00006f22;",
            "&#x6F22;",
            "&#65393;",
            "&#134071;",
            "&#x20BB7;",
        ] {
            assert!(
                may_be_japanese(page(&format!("{reference} ").repeat(9)).as_bytes()),
                "{reference}"
            );
        }
        for encoding in [GBK, BIG5, EUC_KR] {
            let bytes = encoding.encode(&page("これはテストです")).0.into_owned();
            assert!(may_be_japanese(&bytes), "kana as {}", encoding.name());
        }
    }

    #[test]
    fn a_few_words_and_chinese_with_a_few_kana_are_refused() {
        for (text, passes) in [
            ("日本語です".to_owned(), false), // five
            ("日本語ですよ".to_owned(), true),
            ("会社概要案内".to_owned(), true),
            ("漢".repeat(199) + "か", true),
            ("漢".repeat(200) + "かきく", false),
            ("漢".repeat(200) + "かきくけ", true),
            ("漢".repeat(201) + "かきくけ", false),
            ("漢".repeat(200) + "かきく&#12354;", true),
            ("日本語ですよ".to_owned() + &"letters ".repeat(26), true), // 182 and no more than 186
            ("日本語ですよ".to_owned() + &"letters ".repeat(27), false),
            ("日本語ですよ".to_owned() + &"letters &nbsp;".repeat(26), true),
            ("<!-- 日本語ですよ -->".to_owned() + &"letters ".repeat(10), false),
            ("<i title=日本語ですよ>".to_owned(), false),
            ("<script>'日本語ですよ'</script>".to_owned(), false),
            ("日本語ですよ<b hidden>".to_owned() + &"letters ".repeat(100), true),
            ("か".repeat(4) + "<select>" + &"漢".repeat(1000) + "</select>", true),
        ] {
            assert_eq!(may_be_japanese(page(&text).as_bytes()), passes, "{text}");
        }
    }

    #[test]
    fn in_plain_text_nothing_is_markup() {
        let text = "<日本語です<p ですよ letters letters letters letters letters letters".repeat(9);
        assert!(super::may_be_japanese(text.as_bytes(), false));
        assert!(!super::may_be_japanese(b"<p>letters</p>", false));
    }

    #[test]
    fn other_languages_are_refused() {
        for text in [
            "",
            "Plain English.",
            "Ça coûte très cher, à Noël – « déjà vu » … €",
            "Съешь же ещё этих мягких французских булок, да выпей чаю",
            "نص حكيم له سر قاطع وذو شأن عظيم",
            "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다",
            "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า",
            "ऋषियों को सताने वाले",
            "\u{FEFF}emoji 😀 ＦＵＬＬ ㎡ 。",
            "&#233; &#x20AC; &#8217; &# &#x; &#99999999999999999999; &#x3040; &amp;#12354;",
            "\u{1B}[31m",
        ] {
            assert!(!may_be_japanese(page(text).as_bytes()), "{text}");
        }
    }

    #[test]
    fn western_text_in_its_legacy_encoding_is_refused() {
        for text in [
            "Il a mangé à l'école, où l'été a été très agréable. Voilà, c'est fini: à bientôt.",
            "Die Straße ist schön; über Größe läßt sich streiten. Für Mädchen und Bücher.",
            "El niño comió aquí. ¿Qué pasó? Está bien, señor.",
            "He said – “no” – and left.\u{A0} \u{A0} ",
        ] {
            let html = page(text);
            let bytes = WINDOWS_1252.encode(&html).0;
            assert!(!may_be_japanese(&bytes), "{text}");
        }
    }

    #[test]
    fn a_character_that_the_end_cuts_and_a_few_broken_bytes_leave_utf8_what_it_is() {
        let latin = "é".repeat(40);
        assert!(!may_be_japanese(b"caf\xC3"));
        assert!(!may_be_japanese(b"a \xE2\x82"));
        assert!(!may_be_japanese(&[latin.as_bytes(), b"\xFF", latin.as_bytes()].concat()));
        assert!(may_be_japanese(&[latin.as_bytes(), b"\xFF", "仮".repeat(9).as_bytes()].concat()));
    }

    #[test]
    fn utf16_passes_with_and_without_its_mark() {
        let units: Vec<u16> = page("ひらがな").encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert!(may_be_japanese(&little));
        assert!(may_be_japanese(&big));
        assert!(may_be_japanese(&[b"\xFF\xFE", &*little].concat()));
        assert!(may_be_japanese(&[b"\xFE\xFF", &*big].concat()));
    }

    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            "[ -~]{0,80}".prop_map(String::into_bytes),
            "[\u{80}-\u{FFFF}]{0,4}".prop_map(String::into_bytes),
            "[\u{C0}-\u{FF}а-я]{1,40}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..4),
            prop::collection::vec(0x80u8.., 0..12),
            "&#[xX]?0{0,3}[0-9A-Fa-f]{1,6};?".prop_map(String::into_bytes),
            prop::sample::select(vec![
                &b"\x1B$"[..],
                b"\x1B(I",
                b"\x1B",
                b"&#",
                b"\0",
                b"\xE3\x81"
            ])
            .prop_map(<[u8]>::to_vec),
            "[ぁ-ん]{1,9}".prop_map(|text| SHIFT_JIS.encode(&text).0.into_owned()),
            "([ぁ-ん]{0,9}[一-龥]{0,60}){1,4}".prop_map(String::into_bytes),
            "[ぁ-ん]{1,9}".prop_map(|text| EUC_JP.encode(&text).0.into_owned()),
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn the_scans_find_what_their_plain_twin_finds(bytes in pieces()) {
            prop_assert_eq!(may_be_japanese(&bytes), twin(&bytes));
        }

        #[test]
        fn no_kana_and_no_kanji_is_missed(
            before in "[ -%'-;=-~]{0,90}",
            text in "[ -%'-;=-~]{0,3}[ぁ-ヿ㐀-䶿一-鿿\u{F900}-\u{FAFF}\u{FF66}-\u{FF9F}\u{20000}-\u{2A6DF}]{9,20}[ -~]{0,3}",
            after in "[ -~]{0,90}",
        ) {
            let html = format!("<p>{before}{text}{after}</p>");
            prop_assert!(may_be_japanese(html.as_bytes()));
            for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP] {
                let bytes = encoding.encode(&html).0;
                let is_utf8 = std::str::from_utf8(&bytes).is_ok() && encoding != ISO_2022_JP;
                if !is_utf8 || bytes.is_ascii() {
                    prop_assert!(may_be_japanese(&bytes), "{}", encoding.name());
                }
            }
            let units = html.encode_utf16();
            let little: Vec<u8> = units.clone().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units.flat_map(u16::to_be_bytes).collect();
            prop_assert!(may_be_japanese(&little) && may_be_japanese(&big));
            let decimal: String = text.chars().map(|c| format!("&#{};", u32::from(c))).collect();
            let hexadecimal: String = text.chars().map(|c| format!("&#x{:x} ", u32::from(c))).collect();
            prop_assert!(may_be_japanese(decimal.as_bytes()));
            prop_assert!(may_be_japanese(hexadecimal.as_bytes()));
        }
    }
}
