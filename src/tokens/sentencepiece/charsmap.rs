//! The compiled rewriting rules of a normalizer (`nmt_nfkc` and its kin): a Darts double array over
//! bytes whose values are offsets into NUL-separated replacements.
//!
//! The rules are frozen in the model, so no Unicode table of ours takes part.

use crate::error::{Error, Kind, Result};

/// Rules to replace the longest prefix that one of them matches.
#[derive(Debug)]
pub(super) struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl Charsmap {
    /// Reads the blob of a model: u32 size of the double array in bytes, the array, replacements.
    pub(super) fn read(blob: &[u8]) -> Result<Charsmap> {
        Charsmap::parse(blob)
            .ok_or_else(|| Error::new(Kind::Config, "the model's normalization rules are damaged"))
    }

    fn parse(blob: &[u8]) -> Option<Charsmap> {
        let (size, rest) = blob.split_first_chunk::<4>()?;
        let size = usize::try_from(u32::from_le_bytes(*size)).ok()?;
        if size < 1024 || size % 1024 != 0 {
            return None;
        }
        let (array, replacements) = rest.split_at_checked(size)?;
        let (units, _) = array.as_chunks::<4>();
        let replacements = String::from_utf8(replacements.to_vec()).ok()?;
        replacements.ends_with('\0').then(|| Charsmap {
            units: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(),
            replacements,
        })
    }

    /// The longest prefix of `text` that a rule matches, as its bytes and its replacement.
    pub(super) fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let mut found = None;
        let mut at = offset(*self.units.first()?);
        for (index, byte) in text.bytes().enumerate() {
            at ^= usize::from(byte);
            let Some(&unit) = self.units.get(at) else { break };
            if unit & 0x8000_00ff != u32::from(byte) {
                break;
            }
            at ^= offset(unit);
            if unit >> 8 & 1 == 1 {
                let value = self.units.get(at).map(|leaf| leaf & 0x7fff_ffff);
                found = value.map(|value| (index + 1, value));
            }
        }
        let (length, value) = found?;
        let replacement =
            self.replacements.get(usize::try_from(value).ok()?..)?.split('\0').next()?;
        text.is_char_boundary(length).then_some((length, replacement))
    }
}

/// How far the children of a unit are.
fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 0x200) >> 6)) as usize
}

#[cfg(test)]
mod tests {
    use super::super::toy_rules::blob;
    use super::*;

    #[test]
    fn the_longest_rule_is_found() {
        let rules = [("ｶ", "カ"), ("ｶﾞ", "ガ"), ("㍻", "平成"), ("\u{200b}", ""), ("\t", " ")];
        let charsmap = Charsmap::read(&blob(&rules)).unwrap();
        assert_eq!(charsmap.longest("ｶﾞｶ"), Some((6, "ガ")));
        assert_eq!(charsmap.longest("ｶｶ"), Some((3, "カ")));
        assert_eq!(charsmap.longest("㍻元年"), Some((3, "平成")));
        assert_eq!(charsmap.longest("\u{200b}a"), Some((3, "")));
        for none in ["", "a", "カ", "\0", "🌥"] {
            assert_eq!(charsmap.longest(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_damaged_blob_is_refused() {
        let whole = blob(&[("a", "b")]);
        for cut in [0, 3, 4, 100, whole.len() - 1] {
            assert_eq!(Charsmap::read(&whole[..cut]).unwrap_err().kind, Kind::Config, "{cut}");
        }
        let mut odd = whole;
        odd[0] = 1;
        assert!(Charsmap::read(&odd).is_err());
    }
}
