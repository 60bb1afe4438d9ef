//! The words and labels of a model, and which rows of the input matrix its n-grams have.

use hashbrown::HashTable;

use super::Header;
use super::bytes::{Bytes, no_model};
use crate::error::Result;

/// The token that ends every line.
pub(super) const END_OF_LINE: &[u8] = b"</s>";
/// What fastText takes a label of training text to begin with. It is not in the file: a model that
/// was trained with another prefix keeps it in its labels.
pub(super) const LABEL_PREFIX: &[u8] = b"__label__";

/// All entries of a model: the words, then the labels.
#[derive(Debug)]
pub(super) struct Dictionary {
    /// The bytes of all entries, one after the other; an entry need not be UTF-8.
    text: Vec<u8>,
    /// Where each entry ends in `text`.
    ends: Vec<usize>,
    /// Entry numbers by hash.
    table: HashTable<u32>,
    n_words: usize,
    labels: Vec<Box<str>>,
    label_counts: Vec<i64>,
}

/// The pruned index of a model that was cut down: pairs of n-gram bucket and row behind the words.
pub(super) type Pruned = Option<Vec<(u32, u32)>>;

impl Dictionary {
    /// The smallest entry takes its NUL, its count and its type.
    const SMALLEST_ENTRY: usize = 10;

    pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<(Dictionary, Pruned)> {
        let size = bytes.count("number of entries")?;
        let n_words = bytes.count("number of words")?;
        let n_labels = bytes.count("number of labels")?;
        bytes.i64("number of tokens")?;
        let n_pruned = bytes.i64("size of its pruned index")?;
        if n_words.checked_add(n_labels) != Some(size) {
            return Err(no_model("its words and labels do not add up to its entries"));
        }
        if n_labels == 0 {
            return Err(no_model("it has no labels"));
        }
        if size > bytes.remaining() / Dictionary::SMALLEST_ENTRY {
            return Err(no_model("it names more entries than its bytes can hold"));
        }
        let mut dictionary = Dictionary {
            text: Vec::new(),
            ends: Vec::with_capacity(size),
            table: HashTable::with_capacity(size),
            n_words,
            labels: Vec::with_capacity(n_labels),
            label_counts: Vec::with_capacity(n_labels),
        };
        for _ in 0..size {
            dictionary.read_entry(bytes)?;
        }
        Ok((dictionary, read_pruned(bytes, n_pruned)?))
    }

    fn read_entry(&mut self, bytes: &mut Bytes<'_>) -> Result<()> {
        let entry = bytes.until_nul("entry")?;
        let count = bytes.i64("count of an entry")?;
        let is_label = bytes.flag("type of an entry")?;
        let index = self.ends.len();
        if is_label != (index >= self.n_words) {
            return Err(no_model("its words do not come before its labels"));
        }
        if is_label {
            let name = entry.strip_prefix(LABEL_PREFIX).unwrap_or(entry);
            let name = std::str::from_utf8(name).map_err(|_| no_model("a label is not UTF-8"))?;
            self.labels.push(name.into());
            self.label_counts.push(count);
        }
        self.text.extend_from_slice(entry);
        self.ends.push(self.text.len());
        let Dictionary { text, ends, table, .. } = self;
        let hash = hash(entry);
        // Of equal entries the last one is found, as in fastText.
        match table.find_mut(spread(hash), |&at| entry_at(text, ends, at) == entry) {
            Some(at) => *at = index as u32,
            None => {
                let rehash = |&at: &u32| spread(self::hash(entry_at(text, ends, at)));
                table.insert_unique(spread(hash), index as u32, rehash);
            }
        }
        Ok(())
    }

    pub(super) fn n_words(&self) -> usize {
        self.n_words
    }

    pub(super) fn labels(&self) -> &[Box<str>] {
        &self.labels
    }

    pub(super) fn label_counts(&self) -> &[i64] {
        &self.label_counts
    }

    /// The entry that `token` is, if it is one; `hash` is the token's [`hash`].
    pub(super) fn find(&self, token: &[u8], hash: u32) -> Option<Entry> {
        let is_token = |&at: &u32| entry_at(&self.text, &self.ends, at) == token;
        let index = *self.table.find(spread(hash), is_token)?;
        Some(if (index as usize) < self.n_words { Entry::Word(index) } else { Entry::Label })
    }
}

/// What a token is in the dictionary.
pub(super) enum Entry {
    /// A word, with its row of the input matrix.
    Word(u32),
    /// A label, which stands for nothing in a text.
    Label,
}

fn entry_at<'a>(text: &'a [u8], ends: &[usize], at: u32) -> &'a [u8] {
    let at = at as usize;
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    &text[start..ends[at]]
}

fn read_pruned(bytes: &mut Bytes<'_>, n_pruned: i64) -> Result<Pruned> {
    let Ok(n_pruned) = usize::try_from(n_pruned) else {
        // fastText writes -1 for "not pruned".
        return Ok(None);
    };
    if n_pruned > bytes.remaining() / 8 {
        return Err(no_model("its pruned index is larger than the bytes that are left"));
    }
    let mut pruned = Vec::with_capacity(n_pruned);
    for _ in 0..n_pruned {
        let bucket = bytes.count("bucket in the pruned index")?;
        let row = bytes.count("row in the pruned index")?;
        pruned.push((bucket as u32, row as u32));
    }
    Ok(Some(pruned))
}

/// The start of [`hash`].
pub(super) const HASH_START: u32 = 2_166_136_261;

/// FNV-1a of 32 bits, with one peculiarity of fastText that its models depend on: a byte is
/// sign-extended before it is mixed in.
pub(super) fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(HASH_START, |hash, &byte| hash_on(hash, byte))
}

/// [`hash`] of one byte more.
#[inline]
pub(super) fn hash_on(hash: u32, byte: u8) -> u32 {
    (hash ^ (byte as i8 as u32)).wrapping_mul(16_777_619)
}

/// A hash table needs 64 mixed bits: it looks at the highest and the lowest ones.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Which n-grams a model uses and which rows of the input matrix they have.
#[derive(Debug)]
pub(super) struct Ngrams {
    pub(super) minn: usize,
    /// Longest n-gram of characters; 0 where the model has none.
    pub(super) maxn: usize,
    /// Longest n-gram of words; below 2 where the model has none.
    pub(super) word_ngrams: usize,
    bucket: u32,
    remainder: Remainder,
    n_words: u32,
    pruned: Option<PrunedRows>,
    rows_needed: usize,
}

impl Ngrams {
    pub(super) fn new(header: &Header, n_words: usize, pruned: Pruned) -> Result<Ngrams> {
        let uses_ngrams = header.maxn > 0 || header.word_ngrams > 1;
        let behind_words = match &pruned {
            None if uses_ngrams => header.bucket as usize,
            None => 0,
            Some(pairs) => pairs.iter().map(|&(_, row)| row as usize + 1).max().unwrap_or(0),
        };
        let rows_needed = n_words + behind_words;
        if u32::try_from(rows_needed).is_err() {
            return Err(no_model("it names more rows than a matrix can have"));
        }
        Ok(Ngrams {
            minn: header.minn,
            maxn: header.maxn,
            word_ngrams: header.word_ngrams,
            bucket: header.bucket,
            remainder: Remainder::by(header.bucket),
            n_words: n_words as u32,
            pruned: pruned.map(PrunedRows::new),
            rows_needed,
        })
    }

    pub(super) fn is_pruned(&self) -> bool {
        self.pruned.is_some()
    }

    /// Rows that the input matrix must have.
    pub(super) fn rows_needed(&self) -> usize {
        self.rows_needed
    }

    /// The row of an n-gram of characters.
    #[inline]
    pub(super) fn row(&self, hash: u32) -> Option<u32> {
        self.row_of_bucket(self.remainder.of(hash))
    }

    /// The row of an n-gram of words.
    pub(super) fn row_of_words(&self, hash: u64) -> Option<u32> {
        self.row_of_bucket((hash % u64::from(self.bucket)) as u32)
    }

    #[inline]
    fn row_of_bucket(&self, bucket: u32) -> Option<u32> {
        match &self.pruned {
            None => Some(self.n_words + bucket),
            Some(pruned) => pruned.find(bucket).map(|row| self.n_words + row),
        }
    }
}

/// The remainder of a division by a number that is known long before, without dividing: every
/// n-gram takes one. D. Lemire, O. Kaser, N. Kurz, "Faster remainder by direct computation",
/// Software: Practice and Experience 49 (2019): exact for all numbers of 32 bits.
#[derive(Debug)]
struct Remainder {
    divisor: u32,
    /// 2⁶⁴ divided by the divisor, rounded up; 2⁶⁴ itself is written as 0.
    inverse: u64,
}

impl Remainder {
    fn by(divisor: u32) -> Remainder {
        let inverse = u64::MAX.checked_div(divisor.into()).map_or(0, |n| n.wrapping_add(1));
        Remainder { divisor, inverse }
    }

    #[inline]
    fn of(&self, number: u32) -> u32 {
        let fraction = self.inverse.wrapping_mul(number.into());
        ((u128::from(fraction) * u128::from(self.divisor)) >> 64) as u32
    }
}

/// The rows of those n-grams that pruning left. Nearly every n-gram of a text was pruned, so a set
/// of bits that stays in the cache answers before the table is asked.
#[derive(Debug)]
struct PrunedRows {
    /// Bit `bucket mod BITS` is set for every bucket that is left.
    bits: Vec<u64>,
    rows: HashTable<(u32, u32)>,
}

impl PrunedRows {
    /// More than the 2,000,000 buckets that fastText makes by default; 256 KiB.
    const BITS: usize = 1 << 21;

    fn new(pairs: Vec<(u32, u32)>) -> PrunedRows {
        let mut bits = vec![0; PrunedRows::BITS / 64];
        let mut rows = HashTable::with_capacity(pairs.len());
        for (bucket, row) in pairs {
            let (word, bit) = PrunedRows::bit(bucket);
            bits[word] |= bit;
            // Of equal buckets the last one counts, as in fastText.
            match rows.find_mut(spread(bucket), |&(known, _)| known == bucket) {
                Some(pair) => *pair = (bucket, row),
                None => {
                    rows.insert_unique(spread(bucket), (bucket, row), |&(known, _)| spread(known));
                }
            }
        }
        PrunedRows { bits, rows }
    }

    #[inline]
    fn bit(bucket: u32) -> (usize, u64) {
        ((bucket as usize % PrunedRows::BITS) / 64, 1 << (bucket % 64))
    }

    #[inline]
    fn find(&self, bucket: u32) -> Option<u32> {
        let (word, bit) = PrunedRows::bit(bucket);
        if self.bits[word] & bit == 0 {
            return None;
        }
        self.rows.find(spread(bucket), |&(known, _)| known == bucket).map(|&(_, row)| row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn remainders_are_those_of_a_division(number: u32, divisor in 1u32..) {
            for divisor in [divisor, 1, 2, 3, 2_000_000, u32::MAX] {
                proptest::prop_assert_eq!(Remainder::by(divisor).of(number), number % divisor);
            }
        }
    }
}
