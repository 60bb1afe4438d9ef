//! The byte pre-screen: may this payload be Japanese at all? Most payloads of a crawl may not, and
//! are spared decoding and parsing.
//!
//! A page is Japanese only if it has [`ENOUGH`] kana and kanji. Kanji count as long as there are
//! fewer than [`MANY_KANJI`] of them: a name, a menu, a table. With more, [`ENOUGH`] must be kana,
//! and one for [`KANJI_A_KANA`] kanji: else the page is Chinese and names Japanese songs. With more
//! than [`LETTERS_A_CHARACTER`] letters in its text for each of them, it is in another language and
//! names something Japanese. All kana and kanji of the page count, in markup too, so that the bytes
//! can answer, in every way in which one can reach a page:
//!
//! - what looks like UTF-16 is let pass unread;
//! - UTF-8 shows kana and kanji by their lead bytes, which few other characters share;
//! - numeric character references are read, in whatever way they are written, and count as well;
//! - ISO-2022-JP shows by its escape sequences;
//! - what then is UTF-8, or nearly, is refused: a decoder reads it as UTF-8, and it held too few;
//! - everything else may be in a legacy encoding, which `legacy` tries.
//!
//! What passes may still be anything: telling languages apart takes a language model. The scans
//! skip what they do not look for in whole vectors, and end where enough is seen; none allocates.

mod legacy;
mod letters;

use encoding_rs::Encoding;
use memchr::{memchr, memchr_iter, memmem};

/// As many kana and kanji make a page that may be Japanese: fewer are a word or two.
const ENOUGH: usize = 9;
/// A page with as many kanji and next to no kana is Chinese.
const MANY_KANJI: usize = 100;
/// So many kanji for each kana are Chinese: of 5,800 Japanese pages, the one with the fewest kana
/// for its kanji has one for nine.
const KANJI_A_KANA: usize = 20;

/// So many ASCII letters of text for each kana and kanji are another language: a page with half as
/// many is not shown to the language model.
const LETTERS_A_CHARACTER: usize = 100;

/// Whether a payload, in any encoding, may be Japanese. `false` is certain, `true` is not.
///
/// Certain means: a text in UTF-8 or in numeric character references has too few kana; and of every
/// text with a kana or kanji that was encoded soundly in UTF-16, Shift_JIS, EUC-JP or ISO-2022-JP,
/// and of every text with a kana in an encoding of China, Taiwan or Korea, the answer is `true`.
/// Bytes that are valid UTF-8 count as UTF-8.
pub fn may_be_japanese(bytes: &[u8]) -> bool {
    may_be_utf16(bytes)
        || Seen::of(bytes).is_enough(bytes)
        || has_japanese_escape(bytes)
        || (!reads_as_utf8(bytes) && (memchr(0, bytes).is_some() || legacy::may_be_japanese(bytes)))
}

/// The kana and kanji of a payload, in UTF-8 and in references.
#[derive(Default)]
struct Seen {
    kana: usize,
    kanji: usize,
}

impl Seen {
    /// Counts until all is read or the rest cannot matter: a kanji takes three bytes.
    fn of(bytes: &[u8]) -> Seen {
        let plenty = (bytes.len() / 3).div_ceil(KANJI_A_KANA).max(ENOUGH);
        let mut seen = Seen::default();
        let mut at = 0;
        while let Some(next) = find_lead(&bytes[at..]) {
            at += next;
            let (c, length) = utf8_at(&bytes[at..]).unwrap_or((0, 1));
            at += length;
            seen.count(c);
            if seen.kana >= plenty {
                return seen;
            }
        }
        // Decimal or hexadecimal, padded with zeros or not, with their semicolon or without.
        for at in memmem::find_iter(bytes, b"&#") {
            seen.count(reference(&bytes[at + 2..]));
        }
        seen
    }

    fn count(&mut self, c: u32) {
        self.kana += usize::from(is_kana(c));
        self.kanji += usize::from(is_kanji(c));
    }

    /// Whether it is enough for a Japanese page of these bytes.
    fn is_enough(&self, bytes: &[u8]) -> bool {
        let characters = self.kana + self.kanji;
        let enough = if self.kanji < MANY_KANJI {
            characters >= ENOUGH
        } else {
            self.kana >= ENOUGH && self.kana * KANJI_A_KANA >= self.kanji
        };
        enough && !letters::more_letters_than(bytes, characters * LETTERS_A_CHARACTER)
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

/// Whether `c` is a kana or a kanji; the marks 々 〆 〇 and the like are none without one.
fn is_kana_or_kanji(c: u32) -> bool {
    is_kana(c) || is_kanji(c)
}

fn is_kanji(c: u32) -> bool {
    matches!(c, 0x3005..=0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF)
        || matches!(c, 0x2_0000..=0x3_FFFD)
}

fn is_kana(c: u32) -> bool {
    matches!(c, 0x3041..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F | 0x1_AFF0..=0x1_B16F)
}

/// Bytes that are looked at in one step; a multiple of every vector's width.
const STEP: usize = 64;

/// The next byte that may lead a kana or kanji: E3 … E9, EF, F0.
fn find_lead(bytes: &[u8]) -> Option<usize> {
    let is_lead = |byte: u8| matches!(byte, 0xE3..=0xE9 | 0xEF | 0xF0);
    let (steps, _) = bytes.as_chunks::<STEP>();
    let mut start = 0;
    for step in steps {
        if holds_three_high_bits(step)
            && let Some(at) = step.iter().position(|&byte| is_lead(byte))
        {
            return Some(start + at);
        }
        start += STEP;
    }
    bytes[start..].iter().position(|&byte| is_lead(byte)).map(|at| start + at)
}

/// Whether a byte from 0xE0 on is among these, eight bytes at a time: its three highest bits are
/// set. They are shifted onto its highest one, where what comes from the byte beside it does not
/// reach.
fn holds_three_high_bits(step: &[u8; STEP]) -> bool {
    const HIGHEST: u64 = 0x8080_8080_8080_8080;
    let words = step.as_chunks::<8>().0.iter().map(|&word| u64::from_le_bytes(word));
    words.fold(0, |found, word| found | (word & word << 1 & word << 2)) & HIGHEST != 0
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
    memchr_iter(0x1B, bytes).any(|at| {
        let rest = &bytes[at + 1..];
        [&b"$@"[..], b"$B", b"$(", b"(I"].iter().any(|escape| rest.starts_with(escape))
    })
}

/// Whether a decoder would take the payload for UTF-8: it is valid but for a character that its
/// end may have cut, or at most one byte is broken on sixteen sound characters. Text of another
/// encoding is broken in every second character or so.
fn reads_as_utf8(bytes: &[u8]) -> bool {
    let (mut sound, mut broken) = (0usize, 0usize);
    let mut rest = bytes;
    loop {
        let (valid, tail) = rest.split_at(Encoding::utf8_valid_up_to(rest));
        if tail.is_empty() || is_cut(tail) {
            return broken == 0 || broken * 16 <= sound + count_leads(valid);
        }
        sound += count_leads(valid);
        broken += 1;
        rest = &tail[1..];
    }
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
mod tests {
    use encoding_rs::{BIG5, EUC_JP, EUC_KR, GBK, ISO_2022_JP, SHIFT_JIS, WINDOWS_1252};
    use proptest::prelude::*;

    use super::*;

    /// The same, byte by byte and with the means of the standard library.
    fn twin(bytes: &[u8]) -> bool {
        let character = |at: usize| {
            let window = &bytes[at..bytes.len().min(at + 4)];
            window.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next())
        };
        let references = regex::bytes::Regex::new("&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+))").unwrap();
        let referred = references.captures_iter(bytes).map(|found| {
            let (digits, radix) = match (found.get(1), found.get(2)) {
                (Some(hexadecimal), _) => (hexadecimal, 16),
                (None, decimal) => (decimal.unwrap(), 10),
            };
            let digits = std::str::from_utf8(digits.as_bytes()).unwrap();
            u128::from_str_radix(digits, radix).ok().and_then(|number| u32::try_from(number).ok())
        });
        let mut escapes = (0..bytes.len()).map(|at| &bytes[at..]).filter(|rest| rest[0] == 0x1B);
        let all: Vec<u32> = (0..bytes.len())
            .filter_map(character)
            .map(u32::from)
            .chain(referred.flatten())
            .collect();
        let kana = all.iter().filter(|&&c| is_kana(c)).count();
        let kanji = all.iter().filter(|&&c| is_kanji(c)).count();
        let enough = (kanji < 100 && kana + kanji >= 9)
            || (kana >= 9 && kanji >= 100 && kana as f64 / kanji as f64 >= 0.05);
        may_be_utf16(bytes)
            || (enough && !letters::more_letters_than(bytes, 100 * (kana + kanji)))
            || escapes.any(|rest| matches!(rest.get(1..3), Some(b"$@" | b"$B" | b"$(" | b"(I")))
            || (!twin_reads_as_utf8(bytes) && (bytes.contains(&0) || legacy::tests::twin(bytes)))
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
            ("これは日本語です".to_owned(), false), // eight
            ("これは日本語ですよ".to_owned(), true),
            ("会社概要所在地電話".to_owned(), true),
            ("漢".repeat(98) + "か", true),
            ("漢".repeat(100) + "これは日本語で", false),
            ("漢".repeat(180) + "かきくけこさしすせ", true),
            ("漢".repeat(181) + "かきくけこさしすせ", false),
            ("これは日本語ですよ".to_owned() + &"letters ".repeat(127), true), // 889 and 4
            ("これは日本語ですよ".to_owned() + &"letters ".repeat(129), false), // 903
            ("か".repeat(50) + &"漢".repeat(1000), true),
            ("か".repeat(50) + &"漢".repeat(1001), false),
            ("か".repeat(50) + &"漢".repeat(1000) + "&#28450;", false),
            ("漢".repeat(99) + "&#12354;&#12354;", true),
            ("漢".repeat(50) + &"&#28450;".repeat(50), false),
        ] {
            assert_eq!(may_be_japanese(page(&text).as_bytes()), passes, "{text}");
        }
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
            before in "[ -~]{0,90}",
            text in "[ -~]{0,3}[ぁ-ヿ㐀-䶿一-鿿\u{F900}-\u{FAFF}\u{FF66}-\u{FF9F}\u{20000}-\u{2A6DF}]{9,20}[ -~]{0,3}",
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
