//! A supervised fastText model: the file's header and the parts that it announces, checked against
//! one another so that predicting needs no further check.
//!
//! The layout and the arithmetic are those of fastText 0.9.2, file versions 11 and 12. All numbers
//! are little-endian.

mod bytes;
mod dictionary;
mod matrix;
mod output;
mod predict;

pub use predict::{Prediction, Predictor};

use bytes::{Bytes, no_model};
use dictionary::{Dictionary, Ngrams};
use matrix::Matrix;
use output::{Loss, Output};

use crate::error::{Error, Kind, Result};

/// A fastText model for prediction, as read from its file.
#[derive(Debug)]
pub struct Model {
    dictionary: Dictionary,
    ngrams: Ngrams,
    input: Matrix,
    output: Output,
}

impl Model {
    /// Reads a model file (`.bin` or `.ftz`) of a supervised model.
    ///
    /// # Errors
    ///
    /// [`Kind::Config`] if the bytes are no such model: another format or version, an unsupervised
    /// model, cut short, sizes that disagree, numbers that are not finite, or bytes left over.
    /// Nothing is allocated before its size was compared with the bytes that remain.
    pub fn read(bytes: &[u8]) -> Result<Model> {
        let mut bytes = Bytes::new(bytes);
        let header = Header::read(&mut bytes)?;
        let (dictionary, pruned) = Dictionary::read(&mut bytes)?;
        let ngrams = Ngrams::new(&header, dictionary.n_words(), pruned)?;

        let quantized = bytes.flag("quantization flag")?;
        if ngrams.is_pruned() && !quantized {
            return Err(no_model("it is pruned but not quantized, which fastText refuses too"));
        }
        let input = if quantized {
            Matrix::read_quantized(&mut bytes, "input matrix")?.with_norms_applied()
        } else {
            Matrix::read_dense(&mut bytes, "input matrix")?
        };
        let output_quantized = bytes.flag("output quantization flag")? && quantized;
        let output = if output_quantized {
            Matrix::read_quantized(&mut bytes, "output matrix")?
        } else {
            Matrix::read_dense(&mut bytes, "output matrix")?
        };
        bytes.finish()?;

        if input.dim() != header.dim || output.dim() != header.dim {
            return Err(no_model("its matrices do not have the dimension of its header"));
        }
        if input.n_rows() < ngrams.rows_needed() {
            return Err(no_model("its input matrix has fewer rows than its dictionary names"));
        }
        let n_labels = dictionary.labels().len();
        if output.n_rows() != n_labels {
            return Err(no_model("its output matrix does not have one row a label"));
        }
        let loss = Loss::new(header.loss, dictionary.label_counts())?;
        Ok(Model { dictionary, ngrams, input, output: Output::new(output, loss) })
    }

    /// The labels without their prefix `__label__`, in the order of the file: most frequent first.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.dictionary.labels().iter().map(|label| &**label)
    }

    /// A predictor over this model; it owns the buffers, so one thread uses one predictor.
    pub fn predictor(&self) -> Predictor<'_> {
        Predictor::new(self)
    }
}

/// What of the file's header prediction needs.
struct Header {
    dim: usize,
    word_ngrams: usize,
    loss: i32,
    /// Buckets of n-gram hashes; 0 where a model uses none.
    bucket: u32,
    minn: usize,
    maxn: usize,
}

impl Header {
    const MAGIC: i32 = 793_712_314;
    const SUPERVISED: i32 = 3;
    /// Longer n-grams than this are no setting that anybody trains with, and their cost grows with
    /// their length.
    const LONGEST_NGRAM: usize = 1000;

    fn read(bytes: &mut Bytes<'_>) -> Result<Header> {
        if bytes.i32("magic number").ok() != Some(Header::MAGIC) {
            return Err(no_model("it does not begin with fastText's magic number"));
        }
        let version = bytes.i32("version")?;
        if !(11..=12).contains(&version) {
            return Err(no_model(format!("its version is {version}; 11 and 12 can be read")));
        }
        let dim = bytes.count("dimension")?;
        for unused in ["window", "epochs", "minimal count", "negatives"] {
            bytes.i32(unused)?;
        }
        let word_ngrams = bytes.count("length of word n-grams")?;
        let loss = bytes.i32("loss")?;
        let kind = bytes.i32("kind of model")?;
        let bucket = bytes.count("number of buckets")?;
        let minn = bytes.i32("shortest n-gram")?.max(0) as usize;
        let mut maxn = bytes.i32("longest n-gram")?.max(0) as usize;
        bytes.i32("update rate")?;
        bytes.f64("sampling threshold")?;
        if kind != Header::SUPERVISED {
            return Err(Error::new(
                Kind::Config,
                "this fastText model holds word vectors and knows no labels",
            )
            .help("use a supervised model, one that `fasttext supervised` trained"));
        }
        if version == 11 {
            // Supervised models of that version were trained without n-grams of characters,
            // whatever their header says.
            maxn = 0;
        }
        if dim == 0 || word_ngrams > Header::LONGEST_NGRAM || maxn > Header::LONGEST_NGRAM {
            return Err(no_model("its header holds sizes that make no sense"));
        }
        if bucket == 0 && (maxn > 0 || word_ngrams > 1) {
            return Err(no_model("it uses n-grams but has no buckets for them"));
        }
        Ok(Header { dim, word_ngrams, loss, bucket: bucket as u32, minn, maxn })
    }
}
