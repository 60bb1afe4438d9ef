//! Megatron-LM's indexed dataset, one sequence a document: `.bin` holds the ids and nothing else,
//! `.idx` the type, the length and place of each sequence, and the document array.
//!
//! All numbers are little-endian. The header of `.idx` has 34 bytes: `MMIDIDX` and two zero bytes,
//! u64 version 1, u8 type, u64 S sequences, u64 D entries of the document array. S lengths in tokens
//! follow (i32), S places in bytes (i64), and D indices of sequences (i64): where documents end,
//! after a first 0. Checked against Megatron-LM d98e8a6.

mod read;

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
pub use read::{Expected, Facts, Shard, verify};

/// The first bytes of an `.idx` file.
const MAGIC: &[u8; 9] = b"MMIDIDX\0\0";

/// The version that follows them.
const VERSION: u64 = 1;

/// Bytes of the header of an `.idx` file.
const HEADER_BYTES: u64 = 34;

/// How ids are stored. Megatron has no unsigned type of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// Two bytes, unsigned.
    U16,
    /// Four bytes, signed.
    I32,
}

impl TokenType {
    /// Megatron's choice for a vocabulary: two bytes below 65,500.
    pub fn of(vocabulary_size: u32) -> TokenType {
        if vocabulary_size < 65_500 { TokenType::U16 } else { TokenType::I32 }
    }

    /// Whether Megatron, reading with `--per-dataset-sequences-path`, takes a shard of this
    /// vocabulary for the other type: it then assumes two bytes up to 65,536 without looking.
    pub fn is_ambiguous(vocabulary_size: u32) -> bool {
        (65_500..=65_536).contains(&vocabulary_size)
    }

    /// Bytes of an id.
    pub fn bytes(self) -> u64 {
        match self {
            TokenType::U16 => 2,
            TokenType::I32 => 4,
        }
    }

    /// The largest id.
    pub fn max(self) -> u32 {
        match self {
            TokenType::U16 => u32::from(u16::MAX),
            TokenType::I32 => i32::MAX as u32,
        }
    }

    fn code(self) -> u8 {
        match self {
            TokenType::U16 => 8,
            TokenType::I32 => 4,
        }
    }

    fn of_code(code: u8) -> Option<TokenType> {
        [TokenType::U16, TokenType::I32].into_iter().find(|kind| kind.code() == code)
    }
}

/// Writes the `.bin` of a shard and gathers its index. Memory: 4 bytes a sequence and one sequence
/// as bytes.
pub struct ShardWriter<W: Write> {
    bin: W,
    place: PathBuf,
    vocabulary_size: u32,
    index: Index,
    buffer: Vec<u8>,
}

impl<W: Write> ShardWriter<W> {
    /// A shard of a vocabulary; `place` names the `.bin` in errors.
    pub fn new(bin: W, place: &Path, vocabulary_size: u32) -> ShardWriter<W> {
        ShardWriter {
            bin,
            place: place.to_path_buf(),
            vocabulary_size,
            index: Index::new(TokenType::of(vocabulary_size)),
            buffer: Vec::new(),
        }
    }

    /// Adds a document as one sequence. An id outside of the vocabulary or of the type is a bug of
    /// whoever made it; a reader would take it for another one.
    pub fn push(&mut self, ids: &[u32]) -> Result<()> {
        let kind = self.index.kind;
        let limit = self.vocabulary_size.min(kind.max() + 1);
        if let Some(id) = ids.iter().find(|id| **id >= limit) {
            let message = format!("token id {id} is outside of the vocabulary of {limit}");
            return Err(Error::bug(message).at_path(&self.place));
        }
        let length = i32::try_from(ids.len()).map_err(|_| {
            Error::new(Kind::Data, "a document has more tokens than a shard can tell")
                .at_path(&self.place)
        })?;
        self.buffer.clear();
        match kind {
            // What is above the limit was refused.
            TokenType::U16 => {
                self.buffer.extend(ids.iter().flat_map(|id| (*id as u16).to_le_bytes()));
            }
            TokenType::I32 => self.buffer.extend(ids.iter().flat_map(|id| id.to_le_bytes())),
        }
        self.bin
            .write_all(&self.buffer)
            .map_err(|cause| Error::io("write the token shard", &self.place, cause))?;
        self.index.lengths.push(length);
        Ok(())
    }

    /// Ends the `.bin`: gives it back, not flushed, with the index that belongs to it.
    pub fn finish(self) -> (W, Index) {
        (self.bin, self.index)
    }
}

/// The index of a shard with one sequence a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    kind: TokenType,
    lengths: Vec<i32>,
}

impl Index {
    fn new(kind: TokenType) -> Index {
        Index { kind, lengths: Vec::new() }
    }

    /// Sequences, which are documents.
    pub fn sequences(&self) -> u64 {
        self.lengths.len() as u64
    }

    /// Tokens of all of them.
    pub fn tokens(&self) -> u64 {
        self.lengths.iter().map(|length| u64::from(length.unsigned_abs())).sum()
    }

    /// Writes the `.idx`; `place` names it in errors.
    ///
    /// Megatron cannot open a shard without sequences, so none must be written.
    pub fn write(&self, out: impl Write, place: &Path) -> Result<()> {
        if self.lengths.is_empty() {
            return Err(Error::bug("a token shard without sequences").at_path(place));
        }
        self.write_all(std::io::BufWriter::new(out))
            .map_err(|cause| Error::io("write the index of the token shard", place, cause))
    }

    fn write_all(&self, mut out: impl Write) -> std::io::Result<()> {
        out.write_all(MAGIC)?;
        out.write_all(&VERSION.to_le_bytes())?;
        out.write_all(&[self.kind.code()])?;
        out.write_all(&self.sequences().to_le_bytes())?;
        out.write_all(&(self.sequences() + 1).to_le_bytes())?;
        for length in &self.lengths {
            out.write_all(&length.to_le_bytes())?;
        }
        let mut place = 0;
        for length in &self.lengths {
            out.write_all(&u64::to_le_bytes(place))?;
            place += u64::from(length.unsigned_abs()) * self.kind.bytes();
        }
        for document in 0..=self.sequences() {
            out.write_all(&document.to_le_bytes())?;
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shard written with a vocabulary of `size`, as its `.bin` and `.idx`.
    fn written(size: u32, documents: &[&[u32]]) -> (Vec<u8>, Vec<u8>) {
        let mut writer = ShardWriter::new(Vec::new(), Path::new("x.bin"), size);
        for document in documents {
            writer.push(document).unwrap();
        }
        let (bin, index) = writer.finish();
        let mut idx = Vec::new();
        index.write(&mut idx, Path::new("x.idx")).unwrap();
        (bin, idx)
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn two_documents_of_four_bytes_an_id_are_as_the_format_has_them() {
        // What Megatron-LM's own builder writes for int32 and the documents [10, 11, 2], [70000, 2].
        let (bin, idx) = written(100_000, &[&[10, 11, 2], &[70_000, 2]]);
        assert_eq!(bin, hex("0a000000 0b000000 02000000 70110100 02000000"));
        assert_eq!(
            idx,
            hex("4d4d49444944580000 0100000000000000 04 0200000000000000 0300000000000000
                 03000000 02000000
                 0000000000000000 0c00000000000000
                 0000000000000000 0100000000000000 0200000000000000")
        );
    }

    #[test]
    fn documents_of_two_bytes_an_id_are_as_the_format_has_them() {
        // The sequences of the golden dump that the reader's tests have, as documents of their own.
        let (bin, idx) = written(100, &[&[1, 2, 3, 2], &[5, 6], &[7, 8, 2]]);
        assert_eq!(bin, hex("0100 0200 0300 0200 0500 0600 0700 0800 0200"));
        assert_eq!(
            idx,
            hex("4d4d49444944580000 0100000000000000 08 0300000000000000 0400000000000000
                 04000000 02000000 03000000
                 0000000000000000 0800000000000000 0c00000000000000
                 0000000000000000 0100000000000000 0200000000000000 0300000000000000")
        );
        assert_eq!(idx.len(), 42 + 20 * 3);
    }

    #[test]
    fn the_type_follows_megatrons_rule() {
        let table = [(50_570, TokenType::U16), (65_499, TokenType::U16), (65_500, TokenType::I32)];
        for (size, kind) in table {
            assert_eq!(TokenType::of(size), kind, "{size}");
        }
        assert!(TokenType::is_ambiguous(65_500) && TokenType::is_ambiguous(65_536));
        assert!(!TokenType::is_ambiguous(65_499) && !TokenType::is_ambiguous(65_537));
    }

    #[test]
    fn an_id_outside_of_the_vocabulary_and_an_empty_shard_are_bugs() {
        let mut writer = ShardWriter::new(Vec::new(), Path::new("x.bin"), 100);
        assert_eq!(writer.push(&[99, 100]).unwrap_err().kind, Kind::Bug);
        let (bin, index) = writer.finish();
        assert!(bin.is_empty());
        assert_eq!(index.write(Vec::new(), Path::new("x.idx")).unwrap_err().kind, Kind::Bug);
    }

    #[test]
    fn places_are_counted_in_64_bits() {
        let length = i32::MAX - 1;
        let index = Index { kind: TokenType::I32, lengths: vec![length; 3] };
        let mut idx = Vec::new();
        index.write(&mut idx, Path::new("x.idx")).unwrap();
        let third = idx[34 + 4 * 3 + 16..][..8].try_into().unwrap();
        assert_eq!(u64::from_le_bytes(third), 8 * (length as u64));
        assert_eq!(index.tokens(), 3 * (length as u64));
    }
}
