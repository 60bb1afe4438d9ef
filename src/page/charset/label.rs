//! From a label as written to an encoding: the standard's names and those it does not know.

use encoding_rs::{
    EUC_JP, Encoding, ISO_2022_JP, REPLACEMENT, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
    X_USER_DEFINED,
};

/// The encoding that a label in an HTTP header names.
pub(super) fn from_http(label: &[u8]) -> Option<&'static Encoding> {
    let label = first_word(label);
    Encoding::for_label(label).filter(|encoding| *encoding != REPLACEMENT).or_else(|| alias(label))
}

/// The encoding that a label in the page names. A page whose ASCII could be read is no UTF-16.
pub(super) fn from_meta(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = from_http(label)?;
    if encoding == UTF_16LE || encoding == UTF_16BE {
        Some(UTF_8)
    } else if encoding == X_USER_DEFINED {
        Some(WINDOWS_1252)
    } else {
        Some(encoding)
    }
}

/// Labels come with tails (`Shift_JIS; charset`) and in quotes.
fn first_word(label: &[u8]) -> &[u8] {
    let is_border = |byte: &u8| byte.is_ascii_whitespace() || b"\"';,/>".contains(byte);
    label.split(is_border).find(|word| !word.is_empty()).unwrap_or_default()
}

/// Names seen on Japanese pages that the standard does not list, without their punctuation.
fn alias(label: &[u8]) -> Option<&'static Encoding> {
    let mut name = [0; 24];
    let mut length = 0;
    for byte in label.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        *name.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    match &name[..length] {
        b"cp932" | b"xcp932" | b"xmscp932" | b"ms932" | b"windows31j" | b"cswindows31j"
        | b"sjis" | b"xsjis" | b"sjiswin" | b"shiftjis" | b"xshiftjis" | b"shiftjisx0213"
        | b"shiftjis2004" | b"sjisx0213" | b"mskanji" => Some(SHIFT_JIS),
        b"eucjp" | b"xeucjp" | b"eucjpms" | b"eucjpwin" | b"eucjisx0213" | b"eucjis2004"
        | b"cp51932" | b"ujis" => Some(EUC_JP),
        b"jis" | b"iso2022jp" | b"iso2022jp1" | b"iso2022jp2" | b"iso2022jp3" | b"iso2022jpms"
        | b"cp50220" | b"cp50221" | b"cp50222" => Some(ISO_2022_JP),
        b"utf8" | b"utf8n" | b"utf8mb4" | b"xutf8" => Some(UTF_8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_seen_on_japanese_pages_are_known() {
        for (encoding, labels) in [
            (
                SHIFT_JIS,
                "Shift_JIS shift-jis sjis x-sjis windows-31j ms932 MS_Kanji csshiftjis cp932 \
                 shift_jisx0213 shift_jis-2004 SJIS-win x-ms-cp932",
            ),
            (EUC_JP, "euc-jp x-euc-jp eucjp EUC_JP eucJP-ms cp51932 eucJP-win"),
            (ISO_2022_JP, "iso-2022-jp csiso2022jp jis iso-2022-jp-1 iso-2022-jp-3"),
            (UTF_8, "utf-8 UTF8 utf8mb4 utf_8"),
            (WINDOWS_1252, "iso-8859-1 ascii us-ascii windows-1252"),
            (encoding_rs::GBK, "gb2312 gbk"),
        ] {
            for label in labels.split_whitespace() {
                assert_eq!(from_http(label.as_bytes()), Some(encoding), "{label}");
            }
        }
    }

    #[test]
    fn tails_and_quotes_are_cut_off() {
        for label in ["Shift_JIS; charset", " 'Shift_JIS'", "\"sjis", "sjis/>", "sjis,utf-8"] {
            assert_eq!(from_http(label.as_bytes()), Some(SHIFT_JIS), "{label}");
        }
    }

    #[test]
    fn names_of_nothing_are_nothing() {
        for label in ["", "none", "iso-2022-kr", "hz-gb-2312", "a-very-long-name-of-no-encoding"] {
            assert_eq!(from_http(label.as_bytes()), None, "{label}");
        }
    }

    #[test]
    fn what_a_page_cannot_say_of_itself_is_read_as_the_standard_says() {
        assert_eq!(from_meta(b"utf-16"), Some(UTF_8));
        assert_eq!(from_meta(b"x-user-defined"), Some(WINDOWS_1252));
        assert_eq!(from_http(b"utf-16"), Some(UTF_16LE));
    }
}
