//! The matrices of a model: dense ones, and product-quantized ones, which are decoded when read so
//! that a row costs no work when it is used.
//!
//! A product quantizer cuts a row into sub-vectors and stores for each the number of one of 256
//! centroids. Where norms are stored apart, the row is that vector times a norm, itself one of 256.

use super::bytes::{Bytes, no_model};
use crate::error::Result;

/// Rows of f32, one after the other.
#[derive(Debug)]
pub(super) struct Matrix {
    n_rows: usize,
    dim: usize,
    values: Vec<f32>,
    /// Where the first row begins in `values`: in a decoded matrix with a line of the cache, so that a
    /// row of sixteen numbers lies in one.
    start: usize,
    /// What row `i` is still to be multiplied with, where norms are stored apart.
    norms: Option<Vec<f32>>,
}

impl Matrix {
    /// A quantized matrix grows 8-fold with fastText's default sub-vectors of 2 numbers. One that
    /// would grow far beyond that is no model but an attempt to fill the memory.
    const MOST_GROWTH: usize = 64;

    pub(super) fn read_dense(bytes: &mut Bytes<'_>, what: &str) -> Result<Matrix> {
        let n_rows = bytes.long_count("number of rows")?;
        let dim = bytes.long_count("number of columns")?;
        let values = bytes.floats(n_rows, dim, what)?;
        Ok(Matrix { n_rows, dim, values, start: 0, norms: None })
    }

    pub(super) fn read_quantized(bytes: &mut Bytes<'_>, what: &str) -> Result<Matrix> {
        let file_bytes = bytes.remaining();
        let has_norms = bytes.flag("flag of stored norms")?;
        let n_rows = bytes.long_count("number of rows")?;
        let dim = bytes.long_count("number of columns")?;
        let n_codes = bytes.count("number of codes")?;
        let codes = bytes.take(n_codes, what)?;
        let quantizer = Quantizer::read(bytes, what)?;
        if quantizer.dim != dim || n_rows.checked_mul(quantizer.n_sub) != Some(n_codes) {
            return Err(no_model(format!("the sizes of its {what} disagree")));
        }
        let decoded_bytes = n_rows.checked_mul(dim).and_then(|n| n.checked_mul(4));
        if decoded_bytes.is_none_or(|n| n / Matrix::MOST_GROWTH > file_bytes) {
            return Err(no_model(format!("its {what} would not fit any memory when decoded")));
        }
        let mut values = room_on_a_line(n_rows * dim);
        let start = values.len();
        quantizer.decode(codes, &mut values);
        let norms = if has_norms { Some(read_norms(bytes, n_rows)?) } else { None };
        Ok(Matrix { n_rows, dim, values, start, norms })
    }

    /// The same matrix with the norms multiplied in: what adding up rows needs. A product with a
    /// row must not use it, because fastText multiplies there with the norm after it has summed.
    pub(super) fn with_norms_applied(mut self) -> Matrix {
        if let Some(norms) = self.norms.take() {
            let rows = self.values[self.start..].chunks_exact_mut(self.dim);
            for (row, norm) in rows.zip(norms) {
                for value in row {
                    *value *= norm;
                }
            }
        }
        self
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Row `index`, without its norm.
    #[inline]
    pub(super) fn row(&self, index: usize) -> &[f32] {
        &self.values[self.start + index * self.dim..][..self.dim]
    }

    /// The scalar product of row `index` with `vector`. It is summed in the order of the index: the
    /// last bits of every score depend on it.
    #[inline]
    pub(super) fn dot(&self, index: usize, vector: &[f32]) -> f32 {
        let mut sum = 0.0f32;
        for (a, b) in self.row(index).iter().zip(vector) {
            sum += a * b;
        }
        match &self.norms {
            None => sum,
            Some(norms) => sum * norms[index],
        }
    }
}

/// Room for `n_values` numbers behind a few that fill a line of the cache up.
fn room_on_a_line(n_values: usize) -> Vec<f32> {
    const LINE: usize = 16;
    let mut values: Vec<f32> = Vec::with_capacity(n_values + LINE);
    let start = values.as_ptr().align_offset(LINE * size_of::<f32>()) % LINE;
    values.resize(start, 0.0);
    values
}

/// The norm of each row, stored as one code a row and a quantizer of one dimension.
fn read_norms(bytes: &mut Bytes<'_>, n_rows: usize) -> Result<Vec<f32>> {
    let codes = bytes.take(n_rows, "norms")?;
    let quantizer = Quantizer::read(bytes, "norms")?;
    if quantizer.dim != 1 {
        return Err(no_model("its norms are not numbers"));
    }
    Ok(codes.iter().map(|&code| quantizer.centroid(0, code)[0]).collect())
}

/// The centroids of a product quantizer.
struct Quantizer {
    dim: usize,
    /// Sub-vectors of a row.
    n_sub: usize,
    /// Numbers of each sub-vector but the last.
    sub_dim: usize,
    /// Numbers of the last sub-vector.
    last_dim: usize,
    centroids: Vec<f32>,
}

impl Quantizer {
    const CENTROIDS: usize = 256;

    fn read(bytes: &mut Bytes<'_>, what: &str) -> Result<Quantizer> {
        let dim = bytes.count("dimension of a quantizer")?;
        let n_sub = bytes.count("number of sub-quantizers")?;
        let sub_dim = bytes.count("dimension of a sub-quantizer")?;
        let last_dim = bytes.count("dimension of the last sub-quantizer")?;
        let whole = n_sub.checked_sub(1).and_then(|n| n.checked_mul(sub_dim));
        let adds_up = whole.and_then(|n| n.checked_add(last_dim)) == Some(dim);
        if !adds_up || last_dim == 0 || last_dim > sub_dim {
            return Err(no_model(format!("the quantizer of its {what} does not add up")));
        }
        let centroids = bytes.floats(dim, Quantizer::CENTROIDS, what)?;
        Ok(Quantizer { dim, n_sub, sub_dim, last_dim, centroids })
    }

    /// Appends the rows that `codes` stand for, one code a sub-vector.
    fn decode(&self, codes: &[u8], values: &mut Vec<f32>) {
        if self.sub_dim == 2 && self.last_dim == 2 {
            return self.decode_pairs(codes, values);
        }
        for row in codes.chunks_exact(self.n_sub) {
            for (sub, &code) in row.iter().enumerate() {
                values.extend_from_slice(self.centroid(sub, code));
            }
        }
    }

    /// The same for sub-vectors of two numbers, which nearly all models have.
    fn decode_pairs(&self, codes: &[u8], values: &mut Vec<f32>) {
        let centroids = self.centroids.as_chunks::<2>().0;
        for row in codes.chunks_exact(self.n_sub) {
            let subs = row.iter().zip(centroids.chunks_exact(Quantizer::CENTROIDS));
            for (&code, centroids) in subs {
                values.extend_from_slice(&centroids[usize::from(code)]);
            }
        }
    }

    /// Centroid `code` of sub-quantizer `sub`.
    fn centroid(&self, sub: usize, code: u8) -> &[f32] {
        let before = sub * Quantizer::CENTROIDS * self.sub_dim;
        let dim = if sub + 1 == self.n_sub { self.last_dim } else { self.sub_dim };
        &self.centroids[before + usize::from(code) * dim..][..dim]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_as_sub_vectors_of_any_length_are() {
        let quantizer = Quantizer {
            dim: 6,
            n_sub: 3,
            sub_dim: 2,
            last_dim: 2,
            centroids: (0..6 * Quantizer::CENTROIDS).map(|n| n as f32).collect(),
        };
        let codes: Vec<u8> = (0..=255).chain((0..=255).rev()).chain([7]).collect();
        let expected: Vec<f32> = codes
            .chunks_exact(3)
            .flat_map(|row| row.iter().enumerate())
            .flat_map(|(sub, &code)| quantizer.centroid(sub, code).to_vec())
            .collect();
        let mut values = Vec::new();
        quantizer.decode(&codes, &mut values);
        assert_eq!(values, expected);
    }
}
