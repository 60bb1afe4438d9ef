//! Character references, named and numeric, as the HTML standard reads them.

use web_atoms::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Bytes of the longest name without a semicolon (`frac12`).
const LONGEST_BARE: usize = 6;
/// Bytes of the longest name at all.
const LONGEST: usize = 31;

/// What a reference stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Reference {
    /// Bytes of the reference behind its ampersand.
    pub(in super::super) length: usize,
    pub(in super::super) first: char,
    pub(in super::super) second: Option<char>,
}

/// Reads the reference whose ampersand stands before `text`.
pub(in super::super) fn read(text: &str, in_attribute: bool) -> Option<Reference> {
    match text.as_bytes().first()? {
        b'#' => numeric(text.as_bytes()),
        byte if byte.is_ascii_alphanumeric() => named(text, in_attribute),
        _ => None,
    }
}

fn numeric(text: &[u8]) -> Option<Reference> {
    let is_hex = matches!(text.get(1), Some(b'x' | b'X'));
    let (start, radix) = if is_hex { (2, 16) } else { (1, 10) };
    let digits = text[start..].iter().map_while(|&byte| (byte as char).to_digit(radix));
    let (mut count, mut value) = (0, 0u32);
    for digit in digits {
        count += 1;
        value = value.saturating_mul(radix).saturating_add(digit);
    }
    if count == 0 {
        return None;
    }
    let end = start + count;
    let length = end + usize::from(text.get(end) == Some(&b';'));
    let c1 = value.checked_sub(0x80).and_then(|at| *C1_REPLACEMENTS.get(at as usize)?);
    let scalar = char::from_u32(value).filter(|&c| c != '\0');
    let first = c1.or(scalar).unwrap_or('\u{FFFD}');
    Some(Reference { length, first, second: None })
}

fn named(text: &str, in_attribute: bool) -> Option<Reference> {
    let bytes = text.as_bytes();
    let letters = bytes.iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric());
    let length = letters.count();
    if bytes.get(length) == Some(&b';')
        && let Some(reference) = known(&text[..=length])
    {
        return Some(reference);
    }
    let reference = (2..=length.min(LONGEST_BARE)).rev().find_map(|end| known(&text[..end]))?;
    let next = bytes.get(reference.length);
    let goes_on = next.is_some_and(|&byte| byte == b'=' || byte.is_ascii_alphanumeric());
    (!(in_attribute && goes_on)).then_some(reference)
}

/// The reference of exactly this name. The table holds the beginnings of names, too, which stand
/// for nothing.
fn known(name: &str) -> Option<Reference> {
    let &(first, second) = NAMED_ENTITIES.get(name)?;
    let first = char::from_u32(first).filter(|&c| c != '\0')?;
    let second = char::from_u32(second).filter(|&c| c != '\0');
    Some(Reference { length: name.len(), first, second })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_the_standard_has_them() {
        for (text, expected) in [
            ("amp;x", Some((4, "&"))),
            ("ampx", Some((3, "&"))),
            ("notit;", Some((3, "¬"))),
            ("notin;", Some((6, "∉"))),
            ("NotEqualTilde;", Some((14, "≂̸"))),
            ("frac12x", Some((6, "½"))),
            ("CounterClockwiseContourIntegral;", Some((32, "∳"))),
            ("nosuch;", None),
            ("a", None),
            ("#12354;", Some((7, "あ"))),
            ("#x3042z", Some((6, "あ"))),
            ("#X80;", Some((5, "€"))),
            ("#x81;", Some((5, "\u{81}"))),
            ("#0;", Some((3, "\u{FFFD}"))),
            ("#xD800;", Some((7, "\u{FFFD}"))),
            ("#99999999999;", Some((13, "\u{FFFD}"))),
            ("#;", None),
            ("#x;", None),
            (" ", None),
            ("", None),
        ] {
            let got = read(text, false).map(|reference| {
                let characters = [Some(reference.first), reference.second];
                (reference.length, characters.into_iter().flatten().collect::<String>())
            });
            assert_eq!(got, expected.map(|(length, text)| (length, text.to_owned())), "{text}");
        }
    }

    #[test]
    fn in_attributes_a_name_must_end() {
        for (text, is_one) in
            [("copy=1", false), ("copyx", false), ("copy", true), ("copy/", true), ("copy;1", true)]
        {
            assert_eq!(read(text, true).is_some(), is_one, "{text}");
        }
    }

    #[test]
    fn no_name_is_longer_than_the_bounds() {
        for (name, &(first, _)) in NAMED_ENTITIES.entries() {
            assert!(name.trim_end_matches(';').len() <= LONGEST, "{name}");
            assert!(first == 0 || name.ends_with(';') || name.len() <= LONGEST_BARE, "{name}");
        }
    }
}
