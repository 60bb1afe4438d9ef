//! The language room from outside: predictions equal those of a plain twin over models that are
//! built here, those of another implementation over models that it trained, and, when a model and
//! a reference's answers are given, those of fastText itself; damaged models are refused.
//!
//! `benches/compare/fasttext_parity.py` writes the reference's answers and says how to call this.

pub(crate) mod parts;

use kuroshio::error::Kind;
use kuroshio::language::{Model, Prediction, lid_form};
use proptest::prelude::*;

use parts::{Parts, Rows, SOFTMAX, line, parts};

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
pub(crate) fn small() -> Parts {
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

/// The same shape with matrices in codes.
pub(crate) fn quantized_small() -> Parts {
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

/// What lid.176 makes of texts that are easily taken for another language, where the environment
/// names it.
#[test]
fn lid_176_judges_hard_texts_as_fasttext_does() {
    let Ok(path) = std::env::var("KUROSHIO_LID_MODEL") else { return };
    let model = Model::read(&std::fs::read(path).unwrap()).unwrap();
    if model.labels().count() != 176 {
        return;
    }
    let mut predictor = model.predictor();
    let mut form = String::new();
    for (text, label, score) in [
        ("", "en", 0.1245),
        ("0123456789", "en", 0.1245),
        ("の", "ja", 0.98),
        ("ｺﾝﾋﾟｭｰﾀのｼｽﾃﾑｶﾞｲﾄﾞ", "ja", 1.0),
        ("東京都千代田区丸の内一丁目", "ja", 1.0),
        ("这是一个用来测试的中文句子", "zh", 0.95),
    ] {
        lid_form([text].into_iter(), &mut form);
        let best = predictor.predict(&form, 1)[0];
        println!("{text}: {best:?}");
        assert_eq!(best.label, label, "{text}");
        assert!((best.score - score).abs() < 0.1, "{text}: {best:?}");
    }
}
