//! The language room from outside: predictions equal those of a plain twin over models that are
//! built here, those of another implementation over models that it trained, and, when a model and
//! a reference's answers are given, those of fastText itself; damaged models are refused.
//!
//! `benches/compare/fasttext_parity.py` writes the reference's answers and says how to call this.

use std::collections::BTreeMap;

use kuroshio::error::Kind;
use kuroshio::language::{Model, Prediction};
use proptest::prelude::*;

/// A model in plain parts: how it is written to a file, and how it is understood.
#[derive(Debug, Clone)]
struct Parts {
    version: i32,
    dim: usize,
    word_ngrams: usize,
    loss: i32,
    bucket: u32,
    minn: usize,
    maxn: usize,
    words: Vec<String>,
    labels: Vec<(String, i64)>,
    pruned: Option<BTreeMap<u32, u32>>,
    input: Rows,
    output: Rows,
}

// The losses by their numbers; 2 is negative sampling, which predicts as one-vs-all does.
const TREE: i32 = 1;
const SOFTMAX: i32 = 3;
const ONE_VS_ALL: i32 = 4;

/// A matrix as its file holds it.
#[derive(Debug, Clone)]
enum Rows {
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
    fn bytes(&self) -> Vec<u8> {
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
    fn predict(&self, line: &str) -> Vec<(f32, &str)> {
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
                rows.extend(self.row_of(hash.unwrap() as u64));
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
                let rarest = free.min_by_key(|&at| rank(at)).unwrap();
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

fn parts() -> impl Strategy<Value = Parts> {
    shape().prop_flat_map(|(shape, quantized)| {
        let behind = shape.pruned.as_ref().map_or(shape.bucket as usize, BTreeMap::len);
        // One row more than needed, so that the matrix is not empty.
        let input = rows(shape.words.len() + behind + 1, shape.dim, quantized.0);
        let output = rows(shape.labels.len(), shape.dim, quantized.1);
        (input, output).prop_map(move |(input, output)| Parts { input, output, ..shape.clone() })
    })
}

fn line() -> impl Strategy<Value = String> {
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

proptest! {
    #[test]
    fn predictions_equal_those_of_the_plain_twin(
        parts in parts(),
        lines in prop::collection::vec(line(), 1..6),
        k in 0usize..10,
    ) {
        let model = Model::read(&parts.bytes()).unwrap();
        let mut predictor = model.predictor();
        for line in &lines {
            let all = parts.predict(line);
            let got = predictor.predict(line, k);
            prop_assert_eq!(got.len(), all.len().min(k), "{:?}", line);
            for (at, prediction) in got.iter().enumerate() {
                // Labels of one score may come in any order, so it is the scores that must agree
                // place by place, and each label must have the score it is given.
                prop_assert_eq!(prediction.score.to_bits(), all[at].0.exp().to_bits(), "{:?}", line);
                let own = all.iter().find(|(_, label)| *label == prediction.label).unwrap();
                prop_assert_eq!(prediction.score.to_bits(), own.0.exp().to_bits());
            }
            let mut labels: Vec<&str> = got.iter().map(|prediction| prediction.label).collect();
            labels.sort_unstable();
            labels.dedup();
            prop_assert_eq!(labels.len(), got.len());
        }
    }

    #[test]
    fn a_damaged_model_is_refused_or_predicts_and_never_panics(
        parts in parts(),
        line in line(),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let mut bytes = parts.bytes();
        let at = at.index(bytes.len());
        bytes[at] = value;
        match Model::read(&bytes) {
            Ok(model) => {
                model.predictor().predict(&line, 2);
            }
            Err(error) => prop_assert_eq!(error.kind, Kind::Config),
        }
    }

    #[test]
    fn bytes_of_any_kind_are_no_model(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(Model::read(&bytes).unwrap_err().kind, Kind::Config);
    }
}

/// A small model of three labels whose words point to them.
fn small() -> Parts {
    Parts {
        version: 12,
        dim: 3,
        word_ngrams: 1,
        loss: SOFTMAX,
        bucket: 0,
        minn: 0,
        maxn: 0,
        words: ["</s>", "日本", "hello"].map(str::to_owned).to_vec(),
        labels: [("ja", 30), ("en", 20), ("zh", 10)].map(|(l, n)| (l.to_owned(), n)).to_vec(),
        pruned: None,
        input: Rows::Dense(vec![vec![0.0, 0.1, 0.0], vec![9.0, 0.0, 3.0], vec![0.0, 9.0, 0.0]]),
        output: Rows::Dense(vec![vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0]]),
    }
}

#[test]
fn labels_come_without_their_prefix_and_in_order() {
    let model = Model::read(&small().bytes()).unwrap();
    assert_eq!(model.labels().collect::<Vec<_>>(), ["ja", "en", "zh"]);
    let mut predictor = model.predictor();
    let mut labels =
        |line: &str| predictor.predict(line, 9).iter().map(|p| p.label).collect::<Vec<_>>();
    assert_eq!(labels("日本"), ["ja", "zh", "en"]);
    assert_eq!(labels("hello hello 日本"), ["en", "ja", "zh"]);
    assert_eq!(labels(""), ["en", "zh", "ja"], "the line's end alone decides");
}

#[test]
fn a_newline_counts_as_a_blank() {
    let model = Model::read(&small().bytes()).unwrap();
    let mut predictor = model.predictor();
    let with_blank = predictor.predict("日本 hello", 3).to_vec();
    assert_eq!(predictor.predict("日本\nhello\n", 3), with_blank);
}

#[test]
fn every_truncation_and_everything_after_the_end_is_refused() {
    for parts in [small(), quantized_small()] {
        let bytes = parts.bytes();
        Model::read(&bytes).unwrap();
        for n in 0..bytes.len() {
            let error = Model::read(&bytes[..n]).unwrap_err();
            assert_eq!(error.kind, Kind::Config);
            assert!(error.to_string().starts_with("this is no fastText model"), "{error}");
            assert!(error.help.is_some());
        }
        let error = Model::read(&[&bytes[..], b"x"].concat()).unwrap_err();
        assert!(error.to_string().ends_with("1 bytes are left after its end"), "{error}");
    }
}

fn quantized_small() -> Parts {
    let centroids = vec![vec![vec![1.0, -1.0]; 256], vec![vec![2.0]; 256]];
    let norms = Some((vec![1, 2, 3], vec![0.5; 256]));
    let codes = vec![vec![0, 1], vec![2, 3], vec![4, 5]];
    let quantized = Rows::Quantized { codes, centroids, norms };
    Parts { input: quantized.clone(), output: quantized, ..small() }
}

#[test]
fn sizes_beyond_the_bytes_of_the_file_are_refused_before_anything_is_allocated() {
    let refused = |at: usize, number: &[u8]| {
        let mut bytes = small().bytes();
        bytes[at..at + number.len()].copy_from_slice(number);
        assert_eq!(Model::read(&bytes).unwrap_err().kind, Kind::Config, "{number:?} at {at}");
    };
    let bytes = small().bytes();
    let output = bytes.len() - (16 + 36);
    let input = output - (1 + 16 + 36);
    // Dimension, n-grams of words and characters; entries, words, labels.
    for at in [8, 28, 48, 64, 68, 72] {
        refused(at, &i32::MAX.to_le_bytes());
    }
    // The pruned index; rows and columns of the matrices.
    for at in [84, input, input + 8, output, output + 8] {
        refused(at, &i64::MAX.to_le_bytes());
        refused(at, &(1i64 << 40).to_le_bytes());
    }
    // One code a row whose centroid is very long: small in the file, vast when decoded.
    let long = vec![vec![vec![0.0; 4000]; 256]];
    let codes = vec![vec![0]; 2_000_000];
    let input = Rows::Quantized { codes, centroids: long, norms: None };
    let error = Model::read(&Parts { dim: 4000, input, ..small() }.bytes()).unwrap_err();
    assert!(error.to_string().contains("would not fit any memory"), "{error}");
}

#[test]
fn models_of_another_kind_are_refused_with_the_reason() {
    let set = |at: usize, number: i32| {
        let mut bytes = small().bytes();
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        Model::read(&bytes).unwrap_err().to_string()
    };
    assert!(set(0, 1).contains("magic number"));
    assert!(set(4, 13).contains("its version is 13"));
    assert!(set(32, 7).contains("its loss has the unknown number 7"));
    assert_eq!(set(36, 2), "this fastText model holds word vectors and knows no labels");
    assert!(set(48, 3).contains("has no buckets"));
    let mut parts = small();
    if let Rows::Dense(rows) = &mut parts.input {
        rows[0][0] = f32::NAN;
    }
    let error = Model::read(&parts.bytes()).unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
}

#[test]
fn predictions_equal_those_of_another_implementation_over_models_that_it_trained() {
    use fasttext::args::{Args, LossName, ModelName};

    let folder = tempfile::tempdir().unwrap();
    let training = folder.path().join("training.txt");
    let texts = [
        ("ja", "これは 日本語 の 文 です。 ありがとう ございます"),
        ("en", "this is a sentence of the English language thank you"),
        ("de", "das ist ein Satz der deutschen Sprache vielen Dank"),
        ("fr", "ceci est une phrase de la langue française merci"),
    ];
    let mut corpus = String::new();
    for round in 0..40 {
        for (label, text) in &texts[..4 - round % 3] {
            corpus.push_str(&format!("__label__{label} {text}\n"));
        }
    }
    std::fs::write(&training, corpus).unwrap();
    for loss in [
        LossName::HierarchicalSoftmax,
        LossName::Softmax,
        LossName::NegativeSampling,
        LossName::OneVsAll,
    ] {
        let args = Args {
            input: training.clone(),
            model: ModelName::Supervised,
            loss,
            dim: 8,
            min_count: 1,
            minn: 2,
            maxn: 4,
            bucket: 1000,
            thread: 1,
            verbose: 0,
            ..Args::default()
        };
        let theirs = fasttext::FastText::train(args).unwrap();
        let path = folder.path().join("model.bin");
        theirs.save_model(&path).unwrap();
        let model = Model::read(&std::fs::read(&path).unwrap()).unwrap();
        let mut predictor = model.predictor();
        for line in
            ["これは 文 です", "a sentence", "vielen Dank", "merci", "全然 違う", "mixed の line"]
        {
            let expected = theirs.predict(line, 2, 0.0);
            let got = predictor.predict(line, 2);
            assert_eq!(got.len(), expected.len());
            for (got, expected) in got.iter().zip(&expected) {
                assert!(
                    (got.score - expected.prob).abs() < 1e-5,
                    "{loss} {line}: {got:?} {expected:?}"
                );
            }
        }
    }
}

/// Where the environment names a model and what fastText predicts with it, ten thousand lines and
/// more are compared; elsewhere the properties above stand in.
#[test]
fn parity_with_fasttext() {
    let (Ok(model), Ok(expected)) =
        (std::env::var("KUROSHIO_LID_MODEL"), std::env::var("KUROSHIO_LID_EXPECTED"))
    else {
        return;
    };
    let model = Model::read(&std::fs::read(model).unwrap()).unwrap();
    let expected = std::fs::read_to_string(expected).unwrap();
    let mut predictor = model.predictor();
    let (mut n_lines, mut n_equal_bits, mut largest) = (0, 0, 0.0f64);
    for row in expected.strip_suffix('\n').unwrap().split('\n') {
        let mut columns: Vec<&str> = row.split('\t').collect();
        let line = columns.pop().unwrap();
        let pairs: Vec<(f64, &str)> =
            columns.chunks(2).map(|pair| (pair[0].parse().unwrap(), pair[1])).collect();
        let got: &[Prediction<'_>] = predictor.predict(line, pairs.len().max(1));
        let labels: Vec<&str> = got.iter().map(|prediction| prediction.label).collect();
        assert_eq!(labels, pairs.iter().map(|pair| pair.1).collect::<Vec<_>>(), "{line:?}");
        let mut equal_bits = true;
        for (got, (score, _)) in got.iter().zip(&pairs) {
            let difference = (f64::from(got.score) - score).abs();
            assert!(difference <= 1e-5, "{line:?}: {} instead of {score}", got.score);
            largest = largest.max(difference);
            equal_bits &= difference == 0.0;
        }
        n_lines += 1;
        n_equal_bits += u32::from(equal_bits);
    }
    println!(
        "{n_lines} lines equal, {n_equal_bits} to the last bit, largest difference {largest:e}"
    );
    assert!(n_lines >= 10_000, "{n_lines} lines are too few to say anything");
}
