//! Why an encoding was chosen, for people: the labels, and how the sample reads in each encoding
//! that stood to choose.

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8};
use serde::Serialize;

use super::evidence::{self, Evidence};
use super::{Decision, LONGEST_LABEL, Labels};

/// Why an encoding was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CharsetReasons {
    /// What decided, in words.
    pub because: &'static str,
    /// What the HTTP header and the page say.
    pub labels: Vec<Label>,
    /// Bytes of the sample; 0 if the bytes decided before one was taken.
    pub sample_bytes: usize,
    /// How the sample reads in each encoding that stood to choose.
    pub readings: Vec<Reading>,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// `http` or `meta`.
    pub from: &'static str,
    /// As it is written.
    pub label: String,
    /// The encoding that it names; absent if none.
    pub encoding: Option<&'static str>,
    /// Whether the bytes speak for it, or at least not against it; absent if nobody asked.
    pub holds: Option<bool>,
}

/// How the sample reads in one encoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The encoding.
    pub encoding: &'static str,
    /// Characters beyond ASCII.
    pub characters: u64,
    /// Malformed byte sequences.
    pub malformed: u64,
    /// Hiragana and full-width katakana.
    pub kana: u64,
    /// At most one malformed sequence in twenty characters.
    pub sound: bool,
    /// Sound, and one character in ten is a kana.
    pub japanese: bool,
}

impl CharsetReasons {
    /// The reasons of a decision about `body`.
    pub(super) fn of(decision: &Decision<'_>, labels: &Labels<'_>, body: &[u8]) -> CharsetReasons {
        let mut reasons = CharsetReasons {
            because: decision.because,
            labels: Vec::new(),
            sample_bytes: 0,
            readings: Vec::new(),
        };
        let encodings = labels.encodings();
        let written = [("http", labels.http), ("meta", labels.meta)];
        for (index, (from, label)) in written.into_iter().enumerate() {
            let Some(label) = label else { continue };
            reasons.labels.push(Label {
                from,
                label: String::from_utf8_lossy(label).chars().take(LONGEST_LABEL).collect(),
                encoding: encodings[index].map(Encoding::name),
                holds: decision.held.and_then(|held| encodings[index].map(|_| held[index])),
            });
        }
        if decision.sampled {
            let sample = evidence::neighbourhoods(body);
            reasons.sample_bytes = sample.len();
            let stood =
                [UTF_8, SHIFT_JIS, EUC_JP].into_iter().chain(encodings.into_iter().flatten());
            for encoding in stood.chain([decision.encoding]) {
                if reasons.readings.iter().all(|reading| reading.encoding != encoding.name()) {
                    reasons.readings.push(Reading::of(encoding, &sample));
                }
            }
        }
        reasons
    }
}

impl Reading {
    fn of(encoding: &'static Encoding, sample: &[u8]) -> Reading {
        let evidence = Evidence::weigh(encoding, sample);
        Reading {
            encoding: encoding.name(),
            characters: evidence.characters,
            malformed: evidence.malformed,
            kana: evidence.kana,
            sound: evidence.is_sound(),
            japanese: evidence.is_japanese(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::page::decode_with_reasons;

    #[test]
    fn reasons_name_labels_readings_and_what_decided() {
        let page = "<meta charset=euc-jp><p>これは日本語の文章です。読みやすい。</p>";
        let (body, _, _) = encoding_rs::SHIFT_JIS.encode(page);
        let (decoded, reasons) = decode_with_reasons(&body, "text/html; charset=latin1", false);
        assert_eq!(decoded.charset.used, "Shift_JIS");
        assert_eq!(decoded.charset.source, "detector");
        assert_eq!(reasons.because, "no label holds, and the kana speak for it");
        let labels: Vec<_> = reasons
            .labels
            .iter()
            .map(|label| (label.from, label.label.as_str(), label.encoding, label.holds))
            .collect();
        assert_eq!(
            labels,
            [
                ("http", "latin1", Some("windows-1252"), Some(false)),
                ("meta", "euc-jp", Some("EUC-JP"), Some(false)),
            ]
        );
        let reading =
            reasons.readings.iter().find(|reading| reading.encoding == "Shift_JIS").unwrap();
        assert!(reading.japanese && reading.malformed == 0 && reading.kana == 10, "{reading:?}");
        assert_eq!(reasons.readings.len(), 4);
    }

    #[test]
    fn bytes_that_speak_for_themselves_need_no_sample() {
        for (body, because) in [
            (&b"\xEF\xBB\xBF<p>a"[..], "a byte order mark stands at the start"),
            ("<p>日本語".as_bytes(), "the whole body is sound UTF-8"),
            (b"\x1B$B$\"\x1B(B", "escape sequences of ISO-2022-JP, and it reads well so"),
            (b"<\0p\0", "the first `<` has a zero byte beside it"),
        ] {
            let (_, reasons) = decode_with_reasons(body, "", false);
            assert_eq!((reasons.because, reasons.sample_bytes), (because, 0));
            assert!(reasons.readings.is_empty());
        }
    }
}
