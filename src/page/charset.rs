//! From bytes to text: which encoding a page is in.
//!
//! The bytes speak first: a byte order mark, an escape sequence of ISO-2022-JP, then whether the
//! whole body is UTF-8. Only then the labels of the HTTP header and of the page are heard, and a
//! label is believed only as long as the bytes do not read better in another Japanese encoding:
//! many labels are wrong, and a single-byte encoding decodes anything. Without a label that holds,
//! the kana decide, and last a detector.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
};

use crate::format::document::Charset;

mod evidence;
mod label;
mod meta;
mod reasons;

use evidence::Evidence;
pub use reasons::CharsetReasons;

/// Bytes in which an escape sequence of ISO-2022-JP is looked for.
const ESCAPE_RANGE: usize = 64 * 1024;
/// Characters of a declared label that are recorded.
const LONGEST_LABEL: usize = 64;

/// A body as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text without a byte order mark; borrowed from the body if that is sound UTF-8.
    pub text: Cow<'a, str>,
    /// How it was decoded.
    pub charset: Charset,
}

/// Decodes a body. `content_type` is the HTTP header as sent, `jp_host` whether the host ends in
/// `.jp`, which only helps the detector with short pages.
///
/// Never fails: what cannot be decoded becomes U+FFFD and is counted in `malformed`. A character
/// that the end of the body cuts off is dropped.
pub fn decode<'a>(body: &'a [u8], content_type: &str, jp_host: bool) -> Decoded<'a> {
    let labels = Labels::new(body, content_type);
    decide(body, &labels, jp_host).into_decoded(&labels)
}

/// Whether the text of a body surely takes no more than `memory` bytes beside it.
pub fn decodes_within(body: &[u8], memory: usize) -> bool {
    // No byte of any encoding becomes more than three of UTF-8.
    let most = body.len().saturating_mul(3);
    let is_its_text =
        || whole_utf8(body).is_some() && !has_escape(body) && bare_utf_16(body).is_none();
    most <= memory || is_its_text()
}

/// The same with the reasons, which costs more.
pub fn decode_with_reasons<'a>(
    body: &'a [u8],
    content_type: &str,
    jp_host: bool,
) -> (Decoded<'a>, CharsetReasons) {
    let labels = Labels::new(body, content_type);
    let decision = decide(body, &labels, jp_host);
    let reasons = CharsetReasons::of(&decision, &labels, body);
    (decision.into_decoded(&labels), reasons)
}

/// What was decided of a body.
struct Decision<'a> {
    text: Cow<'a, str>,
    encoding: &'static Encoding,
    /// `bom`, `escape` or `utf8` where the bytes alone decided.
    source: Option<&'static str>,
    malformed: u64,
    /// What decided, in words.
    because: &'static str,
    /// Whether a sample was taken.
    sampled: bool,
    /// Which labels hold, the header's first, if that was asked.
    held: Option<[bool; 2]>,
}

impl<'a> Decision<'a> {
    /// A decision by the bytes alone.
    fn of_bytes(
        (text, malformed): (Cow<'a, str>, u64),
        encoding: &'static Encoding,
        source: Option<&'static str>,
        because: &'static str,
    ) -> Decision<'a> {
        Decision { text, encoding, source, malformed, because, sampled: false, held: None }
    }

    fn into_decoded(self, labels: &Labels<'_>) -> Decoded<'a> {
        let charset = Charset {
            used: self.encoding.name().to_owned(),
            source: self.source.unwrap_or_else(|| labels.source(self.encoding)).to_owned(),
            declared: labels.declared(),
            malformed: self.malformed,
        };
        Decoded { text: self.text, charset }
    }
}

fn decide<'a>(body: &'a [u8], labels: &Labels<'_>, jp_host: bool) -> Decision<'a> {
    if let Some((bom, length)) = Encoding::for_bom(body) {
        let because = "a byte order mark stands at the start";
        return Decision::of_bytes(decode_as(bom, &body[length..]), bom, Some("bom"), because);
    }
    if let Some((text, malformed)) = iso_2022_jp(body) {
        let because = "escape sequences of ISO-2022-JP, and it reads well so";
        let read = (Cow::Owned(text), malformed);
        return Decision::of_bytes(read, ISO_2022_JP, Some("escape"), because);
    }
    if let Some(utf_16) = bare_utf_16(body) {
        let because = "the first `<` has a zero byte beside it";
        return Decision::of_bytes(decode_as(utf_16, body), utf_16, None, because);
    }
    if let Some(text) = whole_utf8(body) {
        let because = "the whole body is sound UTF-8";
        return Decision::of_bytes((Cow::Borrowed(text), 0), UTF_8, Some("utf8"), because);
    }
    let Choice { encoding, because, held } =
        choose(&evidence::neighbourhoods(body), labels, jp_host);
    let (text, malformed) = decode_as(encoding, body);
    Decision { text, encoding, source: None, malformed, because, sampled: true, held }
}

/// What the HTTP header and the page say.
struct Labels<'a> {
    http: Option<&'a [u8]>,
    meta: Option<&'a [u8]>,
}

impl<'a> Labels<'a> {
    fn new(body: &'a [u8], content_type: &'a str) -> Labels<'a> {
        Labels { http: meta::charset_in(content_type.as_bytes()), meta: meta::declared(body) }
    }

    /// The encodings they name, the header's first.
    fn encodings(&self) -> [Option<&'static Encoding>; 2] {
        [self.http.and_then(label::from_http), self.meta.and_then(label::from_meta)]
    }

    /// Who named the encoding that was chosen.
    fn source(&self, chosen: &'static Encoding) -> &'static str {
        match self.encodings() {
            [Some(http), _] if http == chosen => "http",
            [_, Some(meta)] if meta == chosen => "meta",
            _ => "detector",
        }
    }

    /// The label as written, the header's before the page's.
    fn declared(&self) -> Option<String> {
        let label = String::from_utf8_lossy(self.http.or(self.meta)?);
        Some(label.chars().take(LONGEST_LABEL).collect())
    }
}

fn decode_as<'a>(encoding: &'static Encoding, body: &'a [u8]) -> (Cow<'a, str>, u64) {
    if encoding == UTF_8
        && let Some(text) = whole_utf8(body)
    {
        return (Cow::Borrowed(text), 0);
    }
    let (text, malformed) = evidence::decode(encoding, body);
    (Cow::Owned(text), malformed)
}

/// The body as ISO-2022-JP, if an escape sequence says so and it reads well as that.
fn iso_2022_jp(body: &[u8]) -> Option<(String, u64)> {
    if !has_escape(body) {
        return None;
    }
    let (text, malformed) = evidence::decode(ISO_2022_JP, body);
    let beyond_ascii = text.chars().filter(|c| !c.is_ascii()).count() as u64;
    (malformed * 10 <= beyond_ascii).then_some((text, malformed))
}

fn has_escape(body: &[u8]) -> bool {
    let head = &body[..body.len().min(ESCAPE_RANGE)];
    memchr::memchr_iter(0x1B, head)
        .any(|at| matches!(head.get(at + 1..at + 3), Some(b"$B" | b"$@" | b"(J" | b"(I")))
}

/// UTF-16 without a byte order mark shows in the zero byte of its first `<`.
fn bare_utf_16(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [b'<', 0, next, 0, ..] if *next != 0 => Some(UTF_16LE),
        [0, b'<', 0, next, ..] if *next != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// The body, if it is UTF-8 from its start to its end or to a character that the end cuts off.
fn whole_utf8(body: &[u8]) -> Option<&str> {
    let valid = Encoding::utf8_valid_up_to(body);
    let cut = &body[valid..];
    if !cut.is_empty() {
        let error = std::str::from_utf8(cut).err()?;
        // No error length: the bytes begin a character and the end of the body cuts it off.
        if error.valid_up_to() > 0 || error.error_len().is_some() {
            return None;
        }
    }
    match UTF_8.decode_without_bom_handling_and_without_replacement(&body[..valid]) {
        Some(Cow::Borrowed(text)) => Some(text),
        // Sound UTF-8 is always borrowed.
        _ => None,
    }
}

/// An encoding with what decided for it.
struct Choice {
    encoding: &'static Encoding,
    because: &'static str,
    /// Which labels hold, the header's first, if that was asked.
    held: Option<[bool; 2]>,
}

/// The encoding of a body that is not UTF-8 throughout, from its sample and labels.
fn choose(sample: &[u8], labels: &Labels<'_>, jp_host: bool) -> Choice {
    let utf_8 = Evidence::weigh(UTF_8, sample);
    // Nine in ten sequences sound: no text of another encoding comes near that.
    if utf_8.malformed * 10 <= utf_8.characters {
        let because = "at most one sequence in eleven is no UTF-8";
        return Choice { encoding: UTF_8, because, held: None };
    }
    let shift_jis = Evidence::weigh(SHIFT_JIS, sample);
    let euc_jp = Evidence::weigh(EUC_JP, sample);
    let (best, evidence) = match euc_jp.reads_better(&shift_jis) {
        true => (EUC_JP, euc_jp),
        false => (SHIFT_JIS, shift_jis),
    };
    let holds = |encoding: &&'static Encoding| -> bool {
        if *encoding == SHIFT_JIS {
            shift_jis.is_sound() && !contradicts(&shift_jis, &euc_jp)
        } else if *encoding == EUC_JP {
            euc_jp.is_sound() && !contradicts(&euc_jp, &shift_jis)
        } else if is_foreign_multi_byte(encoding) {
            // GBK and EUC-KR hold the kana at the very places of EUC-JP: only a host in Japan
            // speaks against the label then.
            let is_other = evidence.is_japanese() && (best == SHIFT_JIS || jp_host);
            !is_other && Evidence::weigh(encoding, sample).is_sound()
        } else {
            encoding.is_single_byte() && !evidence.is_japanese()
        }
    };
    // A multi-byte label that holds says more than a single-byte one, which nothing contradicts.
    let mut holding = labels.encodings().map(|label| label.filter(holds));
    let held = Some(holding.map(|label| label.is_some()));
    let chosen = |encoding, because| Choice { encoding, because, held };
    holding.sort_by_key(|label| label.is_none_or(Encoding::is_single_byte));
    match holding {
        [Some(first), Some(second)] if is_japanese(first) && is_japanese(second) => {
            return chosen(best, "both labels are Japanese and hold, and it reads best so");
        }
        [Some(holding), _] | [None, Some(holding)] => {
            return chosen(holding, "a label names it, and the bytes do not speak against it");
        }
        [None, None] => {}
    }
    if evidence.is_japanese() {
        return chosen(best, "no label holds, and the kana speak for it");
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let guess = detector.guess(jp_host.then_some(b"jp"), Utf8Detection::Deny);
    chosen(guess, "no label holds and there are too few kana; a detector guessed")
}

fn is_japanese(encoding: &'static Encoding) -> bool {
    [SHIFT_JIS, EUC_JP].contains(&encoding)
}

fn is_foreign_multi_byte(encoding: &'static Encoding) -> bool {
    [GBK, GB18030, BIG5, EUC_KR].contains(&encoding)
}

/// Whether the bytes speak against the labelled Japanese encoding and for the other.
///
/// The label has the benefit of the doubt: half-width kana alone, or a handful of kanji, may
/// read as well in both.
fn contradicts(labelled: &Evidence, other: &Evidence) -> bool {
    if !other.reads_better(labelled) {
        return false;
    }
    let more_kana = other.is_japanese() && other.kana > labelled.kana;
    let sounder =
        labelled.malformed * 50 > labelled.characters && other.malformed * 4 < labelled.malformed;
    more_kana || sounder
}
