//! What the bytes themselves say: a sample of the non-ASCII ones, and how it reads in an encoding.

use std::ops::RangeInclusive;

use encoding_rs::{DecoderResult, Encoding};

/// Bytes of the sample; a detector is slow, and this many decide any real page.
const SAMPLE: usize = 64 * 1024;

/// The neighbourhoods of the non-ASCII bytes of a body, one a line.
///
/// They are cut at bytes that no Japanese encoding uses inside a character (white space, quotes,
/// `<`, `>` and others below 0x40), so that no character is cut in two.
pub(super) fn neighbourhoods(body: &[u8]) -> Vec<u8> {
    let mut sample = Vec::new();
    let mut from = 0;
    while sample.len() < SAMPLE {
        let ascii = Encoding::ascii_valid_up_to(&body[from..]);
        if from + ascii >= body.len() {
            break;
        }
        let first = from + ascii;
        let start = body[from..first].iter().rposition(is_border).map_or(from, |at| from + at + 1);
        let end = body[first..].iter().position(is_border).map_or(body.len(), |at| first + at);
        let end = end.min(start + SAMPLE);
        sample.extend_from_slice(&body[start..end]);
        sample.push(b'\n');
        from = end;
    }
    sample
}

/// A border that is no trail byte: GB18030 alone uses 0x30–0x39 so, all others start at 0x40.
fn is_border(byte: &u8) -> bool {
    *byte < b'0' || matches!(byte, b'<' | b'>')
}

/// How a sample reads in one encoding.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Evidence {
    /// Characters beyond ASCII, the malformed ones not among them.
    pub(super) characters: u64,
    pub(super) malformed: u64,
    /// Hiragana and full-width katakana.
    pub(super) kana: u64,
    han: u64,
    halfwidth_kana: u64,
    private_use: u64,
}

const HIRAGANA_KATAKANA: RangeInclusive<char> = '\u{3041}'..='\u{30FF}';
const HAN: RangeInclusive<char> = '\u{4E00}'..='\u{9FFF}';
const HALFWIDTH_KANA: RangeInclusive<char> = '\u{FF61}'..='\u{FF9F}';
const PRIVATE_USE: RangeInclusive<char> = '\u{E000}'..='\u{F8FF}';

impl Evidence {
    /// Reads the sample in `encoding`.
    pub(super) fn weigh(encoding: &'static Encoding, sample: &[u8]) -> Evidence {
        let (text, malformed) = decode(encoding, sample);
        let mut evidence = Evidence { malformed, ..Evidence::default() };
        for c in text.chars().filter(|c| !c.is_ascii() && *c != char::REPLACEMENT_CHARACTER) {
            evidence.characters += 1;
            evidence.kana += u64::from(HIRAGANA_KATAKANA.contains(&c));
            evidence.han += u64::from(HAN.contains(&c));
            evidence.halfwidth_kana += u64::from(HALFWIDTH_KANA.contains(&c));
            evidence.private_use += u64::from(PRIVATE_USE.contains(&c));
        }
        evidence
    }

    /// How well the sample reads as Japanese, to compare one Japanese encoding with another.
    ///
    /// Text in the wrong one is full of half-width kana (EUC-JP read as Shift_JIS) or of
    /// malformed bytes (the other way round).
    fn merit(&self) -> i64 {
        let good = 2 * self.kana + self.han;
        let bad = self.halfwidth_kana + 2 * self.private_use + 10 * self.malformed;
        good as i64 - bad as i64
    }

    /// Whether this reading is better Japanese than the other.
    pub(super) fn reads_better(&self, other: &Evidence) -> bool {
        self.merit() > other.merit()
    }

    /// Kana enough that it must be Japanese, and hardly anything malformed.
    pub(super) fn is_japanese(&self) -> bool {
        self.characters > 0 && self.kana * 10 >= self.characters && self.is_sound()
    }

    /// At most one malformed sequence in twenty characters beyond ASCII.
    pub(super) fn is_sound(&self) -> bool {
        self.malformed * 20 <= self.characters
    }
}

/// Decodes `bytes`, with U+FFFD for each malformed sequence, and counts those. No BOM is looked for.
pub(super) fn decode(encoding: &'static Encoding, bytes: &[u8]) -> (String, u64) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    // Two bytes become three at most, but for half-width kana and what is malformed. More room would
    // be touched by the decoder without being written.
    let room = |left: usize| left + left / 2 + 16;
    let mut text = String::with_capacity(room(bytes.len()));
    let (mut read, mut malformed) = (0, 0);
    loop {
        let (result, consumed) =
            decoder.decode_to_string_without_replacement(&bytes[read..], &mut text, true);
        read += consumed;
        match result {
            DecoderResult::InputEmpty => return (text, malformed),
            DecoderResult::OutputFull => text.reserve_exact(room(bytes.len() - read)),
            DecoderResult::Malformed(..) => {
                malformed += 1;
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_hold_the_text_and_none_of_the_markup() {
        let body = "<p class=a>日本語の文</p>\n<img src=x><b>です。</b> abc".as_bytes();
        let sample = neighbourhoods(body);
        assert_eq!(str::from_utf8(&sample).unwrap(), "日本語の文\nです。\n");
    }

    #[test]
    fn samples_are_bounded() {
        let body = "あ".repeat(200_000);
        assert_eq!(neighbourhoods(body.as_bytes()).len(), SAMPLE + 1);
        assert!(neighbourhoods(b"<p>plain</p>").is_empty());
    }

    #[test]
    fn malformed_sequences_are_replaced_and_counted() {
        let (text, malformed) = decode(encoding_rs::SHIFT_JIS, b"\x82\xa0\xa0<p>\x82<");
        assert_eq!((text.as_str(), malformed), ("あ\u{FFFD}<p>\u{FFFD}<", 2));
        let bad = [0xFF; 1_000];
        assert_eq!(decode(encoding_rs::SHIFT_JIS, &bad).1, 1_000);
    }
}
