//! Prediction: from a line of text to its best labels.
//!
//! A line is cut into words at ASCII white space and NUL, and ends with the token `</s>`. Every word
//! of the dictionary stands for its own row of the input matrix and for those of its n-grams of
//! characters, every other word for its n-grams alone, and neighbouring words for the rows of their
//! n-grams of words where the model has them. The mean of all these rows is the hidden vector, from
//! which the output side scores the labels. Rows are summed in this order, one number at a time:
//! f32 addition is not associative, and the scores are to equal those of fastText to the last bit.

use super::Model;
use super::dictionary::{Candidate, END_OF_LINE, Entry, HASH_START, LABEL_PREFIX, hash, hash_on};
use super::matrix::Matrix;
use super::output::Search;

/// So many candidates are looked up at a time: they stay in the nearest cache.
const ENOUGH_CANDIDATES: usize = 2048;

/// One label for a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction<'m> {
    /// The label without its prefix `__label__`.
    pub label: &'m str,
    /// Its probability; fastText's rounding makes values slightly above 1 possible.
    pub score: f32,
}

/// Predicts labels of lines; keeps its buffers from line to line, so that a call allocates nothing
/// once they have grown to the longest line.
#[derive(Debug)]
pub struct Predictor<'m> {
    model: &'m Model,
    /// `<word>`, whose n-grams are taken.
    bounded: Vec<u8>,
    word_hashes: Vec<u32>,
    candidates: Vec<Candidate>,
    rows: Vec<u32>,
    hidden: Vec<f32>,
    search: Search,
    predictions: Vec<Prediction<'m>>,
}

impl<'m> Predictor<'m> {
    pub(super) fn new(model: &'m Model) -> Predictor<'m> {
        Predictor {
            model,
            bounded: Vec::new(),
            word_hashes: Vec::new(),
            candidates: Vec::new(),
            rows: Vec::new(),
            hidden: vec![0.0; model.input.dim()],
            search: Search::default(),
            predictions: Vec::new(),
        }
    }

    /// The up to `k` best labels of `line`, best first; a newline in it counts as a blank.
    ///
    /// As with fastText, a line without any known word or n-gram is judged by the end of the line
    /// alone, the word `</s>` ends a line, and labels of a hierarchical softmax below 10⁻⁵ are left
    /// out. The result is empty for `k` = 0, and where the model does not even know `</s>`.
    pub fn predict(&mut self, line: &str, k: usize) -> &[Prediction<'m>] {
        self.predictions.clear();
        self.collect_rows(line.as_bytes());
        if k == 0 || self.rows.is_empty() {
            return &self.predictions;
        }
        self.sum_rows();
        let model = self.model;
        let labels = model.dictionary.labels();
        for &(score, label) in model.output.search(&self.hidden, k, &mut self.search) {
            let label = &*labels[label as usize];
            self.predictions.push(Prediction { label, score: score.exp() });
        }
        &self.predictions
    }

    /// The rows of the input matrix that the line stands for.
    fn collect_rows(&mut self, line: &[u8]) {
        self.rows.clear();
        self.word_hashes.clear();
        for word in line.split(|&byte| is_separator(byte)).filter(|word| !word.is_empty()) {
            if word == END_OF_LINE {
                break;
            }
            self.collect_word(word);
        }
        self.collect_word(END_OF_LINE);
        if self.model.ngrams.word_ngrams > 1 {
            self.collect_word_ngrams();
        }
        self.model.ngrams.rows(&mut self.candidates, &mut self.rows);
    }

    fn collect_word(&mut self, word: &[u8]) {
        let hash = hash(word);
        match self.model.dictionary.find(word, hash) {
            Some(Entry::Label) => return,
            Some(Entry::Word(row)) => self.candidates.push(Candidate::of_word(row)),
            None if word.starts_with(LABEL_PREFIX) => return,
            None => {}
        }
        if self.model.ngrams.maxn > 0 && word != END_OF_LINE {
            self.collect_ngrams(word);
        }
        self.word_hashes.push(hash);
        if self.candidates.len() >= ENOUGH_CANDIDATES {
            self.model.ngrams.rows(&mut self.candidates, &mut self.rows);
        }
    }

    /// The n-grams of `<word>`, counted in characters of UTF-8. The end marks are no n-grams by
    /// themselves. A longer n-gram goes on with the hash of the shorter one.
    fn collect_ngrams(&mut self, word: &[u8]) {
        let ngrams = &self.model.ngrams;
        self.bounded.clear();
        self.bounded.push(b'<');
        self.bounded.extend_from_slice(word);
        self.bounded.push(b'>');
        let bytes = &*self.bounded;
        for start in 0..bytes.len() {
            if is_continuation(bytes[start]) {
                continue;
            }
            let mut hash = HASH_START;
            let mut end = start;
            for n in 1..=ngrams.maxn {
                if end == bytes.len() {
                    break;
                }
                hash = hash_on(hash, bytes[end]);
                end += 1;
                while end < bytes.len() && is_continuation(bytes[end]) {
                    hash = hash_on(hash, bytes[end]);
                    end += 1;
                }
                let is_end_mark = n == 1 && (start == 0 || end == bytes.len());
                if n >= ngrams.minn && !is_end_mark {
                    self.candidates.push(ngrams.candidate(hash));
                }
            }
        }
    }

    /// The n-grams of two and more words. fastText keeps the hashes of words as signed numbers, so
    /// half of them fill the upper half of the 64-bit hash with ones.
    fn collect_word_ngrams(&mut self) {
        let ngrams = &self.model.ngrams;
        for (first, &word_hash) in self.word_hashes.iter().enumerate() {
            let mut hash = word_hash as i32 as u64;
            let following = self.word_hashes[first + 1..].iter();
            for &next in following.take(ngrams.word_ngrams - 1) {
                hash = hash.wrapping_mul(116_049_371).wrapping_add(next as i32 as u64);
                self.candidates.push(ngrams.candidate_of_words(hash));
            }
        }
    }

    fn sum_rows(&mut self) {
        match <&mut [f32; 16]>::try_from(&mut *self.hidden) {
            // A sum of this size stays in registers; lid.176 and many others have it.
            Ok(hidden) => *hidden = sum_rows(&self.model.input, &self.rows),
            Err(_) => {
                self.hidden.fill(0.0);
                for &row in &self.rows {
                    let row = self.model.input.row(row as usize);
                    for (sum, value) in self.hidden.iter_mut().zip(row) {
                        *sum += value;
                    }
                }
            }
        }
        let share = (1.0 / self.rows.len() as f64) as f32;
        self.hidden.iter_mut().for_each(|value| *value *= share);
    }
}

fn sum_rows<const N: usize>(matrix: &Matrix, rows: &[u32]) -> [f32; N] {
    let mut sums = [0.0; N];
    for &row in rows {
        if let Some(row) = matrix.row(row as usize).first_chunk::<N>() {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
    sums
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0B | 0x0C | 0)
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}
