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
    bytes.pairs(n_pruned, "pruned index").map(Some)
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

/// Buckets of a pruned model take a bit and a half each, here 24 MiB; fastText makes 2,000,000 by
/// default and knows no bound.
const MOST_PRUNED_BUCKETS: u32 = 1 << 27;

impl Ngrams {
    pub(super) fn new(header: &Header, n_words: usize, pruned: Pruned) -> Result<Ngrams> {
        let uses_ngrams = header.maxn > 0 || header.word_ngrams > 1;
        let behind_words = match &pruned {
            None if uses_ngrams => header.bucket as usize,
            None => 0,
            Some(pairs) => pairs.iter().map(|&(_, row)| row as usize + 1).max().unwrap_or(0),
        };
        if pruned.is_some() && header.bucket > MOST_PRUNED_BUCKETS {
            return Err(no_model("it cuts its n-grams into more buckets than any text fills"));
        }
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
            pruned: pruned.map(|pairs| PrunedRows::new(pairs, header.bucket)),
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

    /// The candidate for an n-gram of characters.
    #[inline]
    pub(super) fn candidate(&self, hash: u32) -> Candidate {
        Candidate::bucket(self.remainder.of(hash))
    }

    /// The candidate for an n-gram of words.
    pub(super) fn candidate_of_words(&self, hash: u64) -> Candidate {
        Candidate::bucket((hash % u64::from(self.bucket)) as u32)
    }

    /// Appends to `rows` those that `candidates` have, in their order; the candidates are used up.
    pub(super) fn rows(&self, candidates: &mut Vec<Candidate>, rows: &mut Vec<u32>) {
        match &self.pruned {
            None => {
                let row = |candidate: &Candidate| match candidate.word() {
                    Some(row) => row,
                    None => self.n_words + candidate.number(),
                };
                rows.extend(candidates.iter().map(row));
            }
            Some(pruned) => {
                pruned.retain(candidates);
                let row = |candidate: &Candidate| match candidate.word() {
                    Some(row) => row,
                    None => self.n_words + pruned.row(candidate.number()),
                };
                rows.extend(candidates.iter().map(row));
            }
        }
        candidates.clear();
    }
}

/// What may have a row of the input matrix: a word of the dictionary, which has one, or the bucket
/// of an n-gram, whose row may have been pruned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate(u32);

impl Candidate {
    /// Words and buckets are counted with signed numbers of 32 bits.
    const WORD: u32 = 1 << 31;

    #[inline]
    fn bucket(bucket: u32) -> Candidate {
        Candidate(bucket)
    }

    /// The candidate for the word with this row.
    #[inline]
    pub(super) fn of_word(row: u32) -> Candidate {
        Candidate(row | Candidate::WORD)
    }

    #[inline]
    fn number(self) -> u32 {
        self.0 & !Candidate::WORD
    }

    /// The row, if it is a word.
    #[inline]
    fn word(self) -> Option<u32> {
        (self.0 >= Candidate::WORD).then_some(self.number())
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

/// The rows of those n-grams that pruning left, which are few: a set of bits that stays in the
/// cache answers for nearly every n-gram of a text. The rows of the others lie in the order of
/// their buckets, so that counting bits finds them.
///
/// Which n-grams are left nobody can foretell, a processor neither; so no step branches on it, and
/// each goes over many n-grams whose memory is fetched at the same time.
#[derive(Debug)]
struct PrunedRows {
    /// Bit `bucket mod 64` of word `bucket / 64` is set for every bucket that is left.
    bits: Vec<u64>,
    /// Bits that are set in the words before each word.
    before: Vec<u32>,
    rows: Vec<u32>,
}

impl PrunedRows {
    /// Of equal buckets the last one counts, as in fastText. No n-gram has a bucket from
    /// `n_buckets` on.
    fn new(mut pairs: Vec<(u32, u32)>, n_buckets: u32) -> PrunedRows {
        let mut bits = vec![0u64; n_buckets as usize / 64 + 1];
        pairs.retain(|&(bucket, _)| bucket < n_buckets);
        for &(bucket, _) in &pairs {
            bits[bucket as usize / 64] |= 1 << (bucket % 64);
        }
        let mut sum = 0;
        let count = |word: &u64| {
            let before = sum;
            sum += word.count_ones();
            before
        };
        let before = bits.iter().map(count).collect();
        let mut pruned = PrunedRows { bits, before, rows: vec![0; sum as usize] };
        for (bucket, row) in pairs {
            let rank = pruned.rank(bucket);
            pruned.rows[rank] = row;
        }
        pruned
    }

    /// Keeps the words and the buckets that are left.
    fn retain(&self, candidates: &mut Vec<Candidate>) {
        let last = self.bits.len() - 1;
        let mut kept = 0;
        for at in 0..candidates.len() {
            let candidate = candidates[at];
            // For a word any bit will do.
            let word = self.bits[(candidate.0 as usize / 64).min(last)];
            let is_left = word >> (candidate.0 % 64) & 1 != 0;
            candidates[kept] = candidate;
            kept += usize::from(is_left | candidate.word().is_some());
        }
        candidates.truncate(kept);
    }

    /// The row of a bucket that is left.
    #[inline]
    fn row(&self, bucket: u32) -> u32 {
        self.rows[self.rank(bucket)]
    }

    /// How many buckets before this one are left.
    #[inline]
    fn rank(&self, bucket: u32) -> usize {
        let word = bucket as usize / 64;
        let lower = self.bits[word] & ((1 << (bucket % 64)) - 1);
        (self.before[word] + lower.count_ones()) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn pruned_rows_are_found_as_in_a_map(
            pairs in proptest::collection::vec((0u32..300, 0u32..1000), 0..60),
            n_buckets in 1u32..320,
        ) {
            let map: hashbrown::HashMap<u32, u32> = pairs.iter().copied().collect();
            let rows = PrunedRows::new(pairs, n_buckets);
            let word = Candidate::of_word(n_buckets);
            let mut candidates: Vec<Candidate> = (0..n_buckets).map(Candidate::bucket).collect();
            candidates.insert(0, word);
            candidates.push(word);
            rows.retain(&mut candidates);
            let found: Vec<(u32, u32)> = candidates[1..candidates.len() - 1]
                .iter()
                .map(|candidate| (candidate.number(), rows.row(candidate.number())))
                .collect();
            let mut expected: Vec<(u32, u32)> =
                map.into_iter().filter(|&(bucket, _)| bucket < n_buckets).collect();
            expected.sort_unstable();
            proptest::prop_assert_eq!(found, expected);
            proptest::prop_assert_eq!(candidates[0].word(), Some(n_buckets));
        }

        #[test]
        fn remainders_are_those_of_a_division(number: u32, divisor in 1u32..) {
            for divisor in [divisor, 1, 2, 3, 2_000_000, u32::MAX] {
                proptest::prop_assert_eq!(Remainder::by(divisor).of(number), number % divisor);
            }
        }
    }
}
