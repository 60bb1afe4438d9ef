//! The pre-screen of payloads that are not UTF-8: is there a legacy encoding in which they may be
//! Japanese?
//!
//! A high byte of windows-1252 and the letter after it often make a kanji of Shift_JIS, so the
//! payload is decoded in each encoding, and what is counted is how well that goes. Real Japanese
//! decodes nearly without a fault; an accented letter before a blank is a fault. An encoding is
//! refused if it gives no kana or kanji, or if more than one fault comes on eight of them: such a
//! text would be mojibake in any case. In the encodings of China, Taiwan and Korea kanji prove
//! nothing, and a kana is asked for: pages in them that are Japanese exist.

use encoding_rs::{BIG5, DecoderResult, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS};

use super::{count_references, text_may_be_japanese};
use crate::language::script::Script;

/// Whether a payload that is not UTF-8 may be Japanese; `high` of its bytes are not ASCII.
pub(super) fn may_be_japanese(bytes: &[u8], is_markup: bool, high: usize) -> bool {
    [SHIFT_JIS, EUC_JP, GB18030, BIG5, EUC_KR].into_iter().any(|encoding| {
        reads_well(encoding, bytes, high).is_some_and(|most| {
            text_may_be_japanese(bytes, is_markup, most, |text, script| {
                count(encoding, text, u64::MAX, script);
            })
        })
    })
}

/// Faults weigh as much as this many characters that are looked for. Of 518 German pages put into
/// windows-1252 this refuses 98 %, of French and Spanish ones as many; half the weight, 94 % and
/// 70 %. English with nothing but apostrophes passes with any weight.
const FAULT_WEIGHT: u64 = 8;

/// The kana and kanji of `bytes`, read as `encoding`, and of their references, if there are any that
/// count (kana, in an encoding of Japan kanji too) and the faults are few.
fn reads_well(encoding: &'static Encoding, bytes: &[u8], high: usize) -> Option<Script> {
    let mut script = Script::default();
    count_references(bytes, &mut script);
    // What else is looked for takes a high byte each, so that with more faults the text is refused.
    let most_faults = (script.kana + script.kanji + high as u64) / FAULT_WEIGHT;
    let faults = count(encoding, bytes, most_faults, &mut script);
    let is_home = encoding == SHIFT_JIS || encoding == EUC_JP;
    let found = if is_home { script.kana + script.kanji } else { script.kana };
    (found > 0 && faults * FAULT_WEIGHT <= found).then_some(script)
}

/// Counts kana and kanji of `bytes`, read as `encoding`, up to more faults than `most_faults`; gives
/// the number of faults.
fn count(encoding: &'static Encoding, bytes: &[u8], most_faults: u64, script: &mut Script) -> u64 {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut characters = [0u16; 256];
    let mut faults = 0;
    for mut rest in Stretches(bytes) {
        loop {
            // The payload is never declared to be over: a character that its end cuts is no fault.
            let (result, read, written) =
                decoder.decode_to_utf16_without_replacement(rest, &mut characters, false);
            rest = &rest[read..];
            let decoded = char::decode_utf16(characters[..written].iter().copied());
            decoded.flatten().for_each(|c| script.count(c.into()));
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => faults += 1,
            }
        }
        if faults > most_faults {
            break;
        }
    }
    faults
}

/// The stretches of a payload that are not plain ASCII: each begins with a high byte and ends with
/// the first byte that no encoding uses inside a character. Every decoder is between two characters
/// there, and in the ASCII that is left out none finds anything.
struct Stretches<'b>(&'b [u8]);

impl<'b> Iterator for Stretches<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let from = &self.0[Encoding::ascii_valid_up_to(self.0)..];
        let last = from.iter().position(|&byte| byte < b'0');
        let (stretch, rest) = from.split_at(last.map_or(from.len(), |last| last + 1));
        self.0 = rest;
        (!stretch.is_empty()).then_some(stretch)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{referred, twin_of_text};
    use super::*;
    use crate::language::script::{is_kana, is_kanji};

    /// The same from whole strings.
    pub(in crate::language::prescreen) fn twin(bytes: &[u8]) -> bool {
        [SHIFT_JIS, EUC_JP, GB18030, BIG5, EUC_KR].into_iter().any(|encoding| {
            let decoded = |bytes: &[u8]| {
                let mut text = String::with_capacity(3 * bytes.len() + 16);
                let mut decoder = encoding.new_decoder_without_bom_handling();
                let _ = decoder.decode_to_string(bytes, &mut text, false);
                text
            };
            let text = decoded(bytes);
            let is_home = encoding == SHIFT_JIS || encoding == EUC_JP;
            let sought = |c: char| is_kana(c.into()) || (is_home && is_kanji(c.into()));
            let referred = referred(bytes).into_iter().filter_map(char::from_u32);
            let found = text.chars().chain(referred).filter(|&c| sought(c)).count();
            let faults = text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count();
            found > 0
                && faults * 8 <= found
                && twin_of_text(bytes, |text| decoded(text).chars().collect())
        })
    }

    fn may(bytes: &[u8]) -> bool {
        may_be_japanese(bytes, true, bytes.iter().filter(|byte| !byte.is_ascii()).count())
    }

    #[test]
    fn one_fault_on_eight_characters_is_borne() {
        let eight = SHIFT_JIS.encode("あいうえおかきく").0;
        assert!(may(&[&eight, &b"\xA0"[..]].concat()));
        assert!(!may(&[&eight, &b"\xA0.\xA0"[..]].concat()));
        assert!(!may(b"\xA0"));
    }

    #[test]
    fn a_character_that_the_end_cuts_is_no_fault() {
        assert!(may(&[&b"\x82\xA0".repeat(6)[..], b"\x82"].concat()));
    }

    #[test]
    fn long_payloads_are_read_to_their_end() {
        let padding = [b'1'; 5000];
        let kana = EUC_JP.encode("かなかなかな").0;
        assert!(may(&[&padding[..], &kana, &padding].concat()));
    }
}
