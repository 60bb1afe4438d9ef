//! A fastText model in plain parts, for tests: written to a file byte by byte, understood in the
//! plainest way, and made up by chance.

use std::collections::BTreeMap;

use proptest::prelude::*;

/// A model in plain parts: how it is written to a file, and how it is understood.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) version: i32,
    pub(crate) dim: usize,
    pub(crate) word_ngrams: usize,
    pub(crate) loss: i32,
    pub(crate) bucket: u32,
    pub(crate) minn: usize,
    pub(crate) maxn: usize,
    pub(crate) words: Vec<String>,
    pub(crate) labels: Vec<(String, i64)>,
    pub(crate) pruned: Option<BTreeMap<u32, u32>>,
    pub(crate) input: Rows,
    pub(crate) output: Rows,
}

// The losses by their numbers; 2 is negative sampling, which predicts as one-vs-all does.
pub(crate) const TREE: i32 = 1;
pub(crate) const SOFTMAX: i32 = 3;
const ONE_VS_ALL: i32 = 4;

/// A matrix as its file holds it.
#[derive(Debug, Clone)]
pub(crate) enum Rows {
    Dense(Vec<Vec<f32>>),
    Quantized {
        codes: Vec<Vec<u8>>,
        /// `centroids[sub][code]`
        centroids: Vec<Vec<Vec<f32>>>,
        /// The code of each row's norm, and the norms.
        norms: Option<(Vec<u8>, Vec<f32>)>,
    },
}

impl Rows {
    fn dim(&self) -> usize {
        match self {
            Rows::Dense(rows) => rows[0].len(),
            Rows::Quantized { centroids, .. } => centroids.iter().map(|sub| sub[0].len()).sum(),
        }
    }

    /// Row `at` without its norm, and its norm.
    fn row(&self, at: usize) -> (Vec<f32>, f32) {
        match self {
            Rows::Dense(rows) => (rows[at].clone(), 1.0),
            Rows::Quantized { codes, centroids, norms } => {
                let subs = centroids.iter().zip(&codes[at]);
                let row = subs.flat_map(|(sub, &code)| sub[usize::from(code)].clone()).collect();
                let norm = norms.as_ref().map(|(codes, norms)| norms[usize::from(codes[at])]);
                (row, norm.unwrap_or(1.0))
            }
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Rows::Dense(rows) => {
                out.extend((rows.len() as i64).to_le_bytes());
                out.extend((self.dim() as i64).to_le_bytes());
                out.extend(rows.iter().flatten().flat_map(|number| number.to_le_bytes()));
            }
            Rows::Quantized { codes, centroids, norms } => {
                out.push(u8::from(norms.is_some()));
                out.extend((codes.len() as i64).to_le_bytes());
                out.extend((self.dim() as i64).to_le_bytes());
                out.extend(((codes.len() * centroids.len()) as i32).to_le_bytes());
                out.extend(codes.iter().flatten());
                write_quantizer(centroids, out);
                if let Some((codes, norms)) = norms {
                    out.extend(codes);
                    let norms: Vec<Vec<f32>> = norms.iter().map(|&norm| vec![norm]).collect();
                    write_quantizer(&[norms], out);
                }
            }
        }
    }
}

fn write_quantizer(centroids: &[Vec<Vec<f32>>], out: &mut Vec<u8>) {
    let dim: usize = centroids.iter().map(|sub| sub[0].len()).sum();
    let last = centroids[centroids.len() - 1][0].len();
    for number in [dim, centroids.len(), centroids[0][0].len(), last] {
        out.extend((number as i32).to_le_bytes());
    }
    out.extend(centroids.iter().flatten().flatten().flat_map(|number| number.to_le_bytes()));
}

impl Parts {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let header = [
            793_712_314,
            self.version,
            self.dim as i32,
            5,
            1,
            1,
            5,
            self.word_ngrams as i32,
            self.loss,
            3,
            self.bucket as i32,
            self.minn as i32,
            self.maxn as i32,
            100,
        ];
        out.extend(header.iter().flat_map(|number| number.to_le_bytes()));
        out.extend(1e-4f64.to_le_bytes());
        let size = self.words.len() + self.labels.len();
        for number in [size, self.words.len(), self.labels.len()] {
            out.extend((number as i32).to_le_bytes());
        }
        out.extend(1000i64.to_le_bytes());
        out.extend(self.pruned.as_ref().map_or(-1, |pruned| pruned.len() as i64).to_le_bytes());
        for word in &self.words {
            write_entry(word, 7, 0, &mut out);
        }
        for (label, count) in &self.labels {
            write_entry(&format!("__label__{label}"), *count, 1, &mut out);
        }
        for (bucket, row) in self.pruned.iter().flatten() {
            out.extend(bucket.to_le_bytes());
            out.extend(row.to_le_bytes());
        }
        out.push(u8::from(matches!(self.input, Rows::Quantized { .. })));
        self.input.write(&mut out);
        out.push(u8::from(matches!(self.output, Rows::Quantized { .. })));
        self.output.write(&mut out);
        out
    }

    /// The labels of `line`, best first, in the plainest way; all scores as logarithms.
    pub(crate) fn predict(&self, line: &str) -> Vec<(f32, &str)> {
        let rows = self.rows_of(line);
        if rows.is_empty() {
            return Vec::new();
        }
        let mut hidden = vec![0.0f32; self.dim];
        for &at in &rows {
            let (row, norm) = self.input.row(at);
            for (sum, number) in hidden.iter_mut().zip(row) {
                *sum += norm * number;
            }
        }
        for number in &mut hidden {
            *number *= (1.0 / rows.len() as f64) as f32;
        }
        let product = |at: usize| {
            let (row, norm) = self.output.row(at);
            row.iter().zip(&hidden).fold(0.0f32, |sum, (a, b)| sum + a * b) * norm
        };
        let scores: Vec<f32> = match self.loss {
            TREE => self.tree_scores(product),
            SOFTMAX => {
                let products: Vec<f32> = (0..self.labels.len()).map(product).collect();
                let most = products.iter().copied().fold(f32::MIN, f32::max);
                let powers: Vec<f32> =
                    products.iter().map(|p| f64::from(p - most).exp() as f32).collect();
                let sum = powers.iter().fold(0.0f32, |sum, power| sum + power);
                powers.iter().map(|power| log(power / sum)).collect()
            }
            _ => (0..self.labels.len()).map(|at| log(sigmoid(product(at)))).collect(),
        };
        let mut labels: Vec<(f32, &str)> =
            scores.into_iter().zip(self.labels.iter().map(|(label, _)| &**label)).collect();
        if self.loss == TREE {
            labels.retain(|(score, _)| *score >= log(0.0));
        }
        labels.sort_by(|a, b| b.0.total_cmp(&a.0));
        labels
    }

    /// Rows of the input matrix that a line stands for.
    fn rows_of(&self, line: &str) -> Vec<usize> {
        let separators = [' ', '\n', '\r', '\t', '\u{B}', '\u{C}', '\0'];
        let mut tokens: Vec<&str> =
            line.split(separators).filter(|word| !word.is_empty()).collect();
        let end = tokens.iter().position(|&token| token == "</s>").unwrap_or(tokens.len());
        tokens.truncate(end);
        tokens.push("</s>");
        tokens.retain(|token| !token.starts_with("__label__"));
        let mut rows = Vec::new();
        for token in &tokens {
            rows.extend(self.words.iter().position(|word| word == token));
            if *token != "</s>" && self.version == 12 {
                let marked: Vec<char> = format!("<{token}>").chars().collect();
                for start in 0..marked.len() {
                    for n in self.minn..=self.maxn {
                        let Some(ngram) = marked.get(start..start + n) else { continue };
                        let is_mark = n == 1 && (start == 0 || start + 1 == marked.len());
                        if n > 0 && !is_mark {
                            let text: String = ngram.iter().collect();
                            rows.extend(self.row_of(u64::from(hash(&text))));
                        }
                    }
                }
            }
        }
        for first in 0..tokens.len() {
            for last in first + 1..tokens.len().min(first + self.word_ngrams) {
                let hashes = tokens[first..=last].iter().map(|token| i64::from(hash(token) as i32));
                let hash = hashes.fold(None, |hash: Option<i64>, next| {
                    Some(hash.map_or(next, |h| h.wrapping_mul(116_049_371).wrapping_add(next)))
                });
                rows.extend(self.row_of(hash.expect("two words and more") as u64));
            }
        }
        rows
    }

    fn row_of(&self, hash: u64) -> Option<usize> {
        let bucket = (hash % u64::from(self.bucket)) as u32;
        let row = match &self.pruned {
            None => bucket,
            Some(pruned) => *pruned.get(&bucket)?,
        };
        Some(self.words.len() + row as usize)
    }

    /// Builds the Huffman tree by looking for the two rarest nodes each time, and walks from the
    /// root to each label.
    fn tree_scores(&self, product: impl Fn(usize) -> f32) -> Vec<f32> {
        let n_labels = self.labels.len();
        let mut counts: Vec<i64> = self.labels.iter().map(|(_, count)| *count).collect();
        let mut parents = vec![None; 2 * n_labels - 1];
        for node in n_labels..2 * n_labels - 1 {
            let pair = [false, true].map(|is_right| {
                let free = (0..counts.len().min(node)).filter(|&at| parents[at].is_none());
                // Of equally rare nodes inner ones come first, oldest first; then leaves, last first.
                let rank = |at: usize| match at.checked_sub(n_labels) {
                    Some(inner) => (counts[at], 0, inner),
                    None => (counts[at], 1, n_labels - at),
                };
                let rarest = free.min_by_key(|&at| rank(at)).expect("a free node");
                parents[rarest] = Some((node, is_right));
                rarest
            });
            counts.push(counts[pair[0]] + counts[pair[1]]);
        }
        let score = |label: usize| {
            let mut way = Vec::new();
            let mut node = label;
            while let Some((parent, is_right)) = parents[node] {
                way.push((parent - n_labels, is_right));
                node = parent;
            }
            way.iter().rev().fold(0.0f32, |score, &(inner, is_right)| {
                let right = 1.0 / (1.0 + (-product(inner)).exp());
                score + log(if is_right { right } else { 1.0 - right })
            })
        };
        (0..n_labels).map(score).collect()
    }
}

fn write_entry(text: &str, count: i64, kind: u8, out: &mut Vec<u8>) {
    out.extend(text.as_bytes());
    out.push(0);
    out.extend(count.to_le_bytes());
    out.push(kind);
}

fn hash(text: &str) -> u32 {
    let mut hash = 2_166_136_261u32;
    for byte in text.bytes() {
        hash = (hash ^ i32::from(byte as i8) as u32).wrapping_mul(16_777_619);
    }
    hash
}

fn log(x: f32) -> f32 {
    (f64::from(x) + 1e-5).ln() as f32
}

fn sigmoid(x: f32) -> f32 {
    if x.abs() > 8.0 {
        return if x < 0.0 { 0.0 } else { 1.0 };
    }
    let step = ((x + 8.0) * 32.0).floor();
    (1.0 / (1.0 + f64::from((8.0 - step / 32.0).exp()))) as f32
}

const WORDS: [&str; 8] = ["</s>", "日本", "の", "hello", "café", "x", "<", "ありがとう"];

fn number() -> impl Strategy<Value = f32> {
    (-3000i32..3000).prop_map(|n| n as f32 / 1000.0)
}

fn rows(n_rows: usize, dim: usize, quantized: bool) -> BoxedStrategy<Rows> {
    if !quantized {
        let row = prop::collection::vec(number(), dim);
        return prop::collection::vec(row, n_rows).prop_map(Rows::Dense).boxed();
    }
    let n_subs = dim.div_ceil(2);
    let codes = prop::collection::vec(prop::collection::vec(any::<u8>(), n_subs), n_rows);
    let norms = (prop::collection::vec(any::<u8>(), n_rows), prop::collection::vec(number(), 256));
    // The last sub-vector of an odd dimension is shorter.
    let centroids: Vec<_> = (0..n_subs)
        .map(|sub| {
            let centroid = prop::collection::vec(number(), (dim - 2 * sub).min(2));
            prop::collection::vec(centroid, 256)
        })
        .collect();
    (codes, centroids, prop::option::of(norms))
        .prop_map(|(codes, centroids, norms)| Rows::Quantized { codes, centroids, norms })
        .boxed()
}

prop_compose! {
    fn shape()(
        version in 11..=12,
        loss in TREE..=ONE_VS_ALL,
        dim in 1usize..6,
        word_ngrams in 1usize..4,
        minn in 0usize..3,
        maxn in 0usize..5,
        bucket in 1u32..200,
        n_words in 0..=WORDS.len(),
        counts in prop::collection::vec(0i64..50, 1..9),
        quantized in prop::sample::select(vec![(false, false), (true, false), (true, true)]),
        pruned in prop::option::of(prop::collection::btree_set(0u32..200, 0..80)),
    ) -> (Parts, (bool, bool)) {
        let mut counts = counts;
        counts.sort_by(|a, b| b.cmp(a));
        let labels = counts.into_iter().enumerate();
        let labels = labels.map(|(at, count)| (format!("l{at}"), count)).collect();
        let pruned = pruned.filter(|_| quantized.0);
        let pruned = pruned.map(|set| set.into_iter().enumerate().map(|(at, b)| (b, at as u32)).collect());
        let words = WORDS[..n_words].iter().map(|word| (*word).to_owned()).collect();
        let none = Rows::Dense(Vec::new());
        let parts = Parts {
            version, dim, word_ngrams, loss, bucket, minn, maxn, words, labels, pruned,
            input: none.clone(), output: none,
        };
        (parts, quantized)
    }
}

/// Models of every kind.
pub(crate) fn parts() -> impl Strategy<Value = Parts> {
    shape().prop_flat_map(|(shape, quantized)| {
        let behind = shape.pruned.as_ref().map_or(shape.bucket as usize, BTreeMap::len);
        // One row more than needed, so that the matrix is not empty.
        let input = rows(shape.words.len() + behind + 1, shape.dim, quantized.0);
        let output = rows(shape.labels.len(), shape.dim, quantized.1);
        (input, output).prop_map(move |(input, output)| Parts { input, output, ..shape.clone() })
    })
}

/// Lines with every kind of word and separator.
pub(crate) fn line() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "日本",
        "の",
        "hello",
        "café",
        "x",
        "<",
        ">",
        "ありがとう",
        "unknown",
        "语",
        "😀",
        "é",
        " ",
        " ",
        " ",
        "\t",
        "\n",
        "\r",
        "\u{B}",
        "\u{C}",
        "\0",
        "\u{3000}",
        "</s>",
        " </s> ",
        " __label__l0 ",
        " __label__none ",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}
