//! Reading a token shard, and finding everything that can be wrong with one.
//!
//! Megatron's own reader takes a wrong type, a wrong place or a longer `.bin` without a word, and
//! trains on what comes out. Here every byte of both files has to be explained.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{HEADER_BYTES, Index, MAGIC, TokenType, VERSION};
use crate::error::{Error, Kind, Place, Result};
use crate::tokens::Marks;

/// Bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What a shard should hold beyond what its format asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// One more than the largest id.
    pub vocabulary_size: u32,
    /// The tokens round every document.
    pub marks: Marks,
}

/// What a sound shard holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// How ids are stored.
    pub kind: TokenType,
    /// Sequences.
    pub sequences: u64,
    /// Documents; each has one sequence where Kuroshio wrote the shard.
    pub documents: u64,
    /// Tokens.
    pub tokens: u64,
    /// The largest id.
    pub largest: u32,
}

/// A shard whose index and sizes are sound. Memory: 12 bytes a sequence.
pub struct Shard<B> {
    index: Index,
    /// The number of sequences up to the end of each document, after a first 0.
    documents: Vec<u64>,
    /// Where each sequence begins in the `.bin`, in bytes.
    starts: Vec<u64>,
    bin: B,
    place: PathBuf,
}

impl<B: Read + Seek> Shard<B> {
    /// Reads and checks an index and the size of the `.bin`; the paths are for errors. Whatever is
    /// wrong is [`Kind::Data`].
    pub fn open(
        idx: impl Read,
        idx_place: &Path,
        mut bin: B,
        bin_place: &Path,
    ) -> Result<Shard<B>> {
        let mut idx = IndexReader { reader: idx, place: idx_place, offset: 0 };
        let (kind, sequences, entries) = idx.header()?;
        let mut lengths = Vec::new();
        idx.array(sequences, |offset, bytes: [u8; 4]| {
            let length = i32::from_le_bytes(bytes);
            lengths.push(length);
            (length >= 0).then_some(()).ok_or_else(|| at(idx_place, offset, "a length is negative"))
        })?;
        let (mut starts, mut place) = (Vec::new(), 0);
        idx.array(sequences, |offset, bytes: [u8; 8]| {
            if u64::from_le_bytes(bytes) != place {
                return Err(at(idx_place, offset, "a sequence is not where the one before ends"));
            }
            place += u64::from(lengths[starts.len()].unsigned_abs()) * kind.bytes();
            starts.push(u64::from_le_bytes(bytes));
            Ok(())
        })?;
        let mut documents = Vec::new();
        idx.array(entries, |offset, bytes: [u8; 8]| {
            let end = u64::from_le_bytes(bytes);
            let sound = match documents.last() {
                None => end == 0,
                Some(before) => *before <= end && end <= sequences,
            };
            documents.push(end);
            sound
                .then_some(())
                .ok_or_else(|| at(idx_place, offset, "the document array is disordered"))
        })?;
        if documents.last() != Some(&sequences) {
            return Err(at(
                idx_place,
                idx.offset,
                "the document array does not end with the sequences",
            ));
        }
        idx.end()?;
        let size = bin
            .seek(SeekFrom::End(0))
            .map_err(|cause| Error::io("seek in the token shard", bin_place, cause))?;
        if size != place {
            let message = format!("the index tells of {place} bytes of ids, there are {size}");
            return Err(at(bin_place, size.min(place), message));
        }
        let index = Index { kind, lengths };
        Ok(Shard { index, documents, starts, bin, place: bin_place.to_path_buf() })
    }

    /// How ids are stored.
    pub fn kind(&self) -> TokenType {
        self.index.kind
    }

    /// Sequences.
    pub fn sequences(&self) -> u64 {
        self.index.sequences()
    }

    /// Documents.
    pub fn documents(&self) -> u64 {
        self.documents.len() as u64 - 1
    }

    /// The ids of one sequence, in `ids`, which is emptied first.
    pub fn sequence(&mut self, sequence: u64, ids: &mut Vec<u32>) -> Result<()> {
        let found = usize::try_from(sequence).ok().filter(|at| *at < self.starts.len());
        let Some(at) = found else {
            return Err(Error::bug(format!("there is no sequence {sequence}")).at_path(&self.place));
        };
        let failed = |cause| Error::io("read the token shard", &self.place, cause);
        self.bin.seek(SeekFrom::Start(self.starts[at])).map_err(failed)?;
        let count = self.index.lengths[at].unsigned_abs() as usize;
        let mut bytes = vec![0; count * self.index.kind.bytes() as usize];
        self.bin.read_exact(&mut bytes).map_err(failed)?;
        ids.clear();
        match self.index.kind {
            TokenType::U16 => {
                ids.extend(bytes.as_chunks().0.iter().map(|id| u32::from(u16::from_le_bytes(*id))));
            }
            TokenType::I32 => {
                ids.extend(bytes.as_chunks().0.iter().map(|id| u32::from_le_bytes(*id)))
            }
        }
        Ok(())
    }
}

/// Reads a shard as a whole and checks everything: that the index and the sizes are sound, that
/// every id is in the vocabulary, and that every document has its marks.
pub fn verify(
    idx: impl Read,
    idx_place: &Path,
    bin: impl Read + Seek,
    bin_place: &Path,
    expected: Expected,
) -> Result<Facts> {
    let mut shard = Shard::open(idx, idx_place, bin, bin_place)?;
    if shard.kind() != TokenType::of(expected.vocabulary_size) {
        let message =
            format!("the type of the ids is not that of {} ids", expected.vocabulary_size);
        return Err(at(idx_place, HEADER_BYTES - 17, message));
    }
    let mut facts = Facts {
        kind: shard.kind(),
        sequences: shard.sequences(),
        documents: shard.documents(),
        tokens: shard.index.tokens(),
        largest: 0,
    };
    let mut ids = Vec::new();
    for document in 0..shard.documents.len() - 1 {
        let (first, end) = (shard.documents[document], shard.documents[document + 1]);
        for sequence in first..end {
            let start = shard.starts[sequence as usize];
            shard.sequence(sequence, &mut ids)?;
            let wrong = |message: String| Err(at(bin_place, start, message));
            let largest = ids.iter().copied().max().unwrap_or(0);
            facts.largest = facts.largest.max(largest);
            if largest >= expected.vocabulary_size {
                return wrong(format!(
                    "sequence {sequence} has the id {largest}, outside of the vocabulary"
                ));
            }
            let Marks { eod, bos } = expected.marks;
            if sequence + 1 == end && ids.last() != Some(&eod) {
                return wrong(format!("document {document} does not end with {eod}"));
            }
            if sequence == first && bos.is_some() && ids.first().copied() != bos {
                return wrong(format!("document {document} does not begin with the token for it"));
            }
        }
    }
    Ok(facts)
}

fn at(place: &Path, offset: u64, message: impl Into<String>) -> Error {
    Error::new(Kind::Data, message).at(Place::Offset { path: place.to_path_buf(), offset })
}

/// An `.idx` from its start to its end.
struct IndexReader<'a, R> {
    reader: R,
    place: &'a Path,
    offset: u64,
}

impl<R: Read> IndexReader<'_, R> {
    /// The type, the number of sequences and the number of entries of the document array.
    fn header(&mut self) -> Result<(TokenType, u64, u64)> {
        let mut header = [0; HEADER_BYTES as usize];
        self.fill(&mut header)?;
        let number = |from: usize| {
            header[from..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        if !header.starts_with(MAGIC) {
            return Err(at(self.place, 0, "this is no index of a token shard"));
        }
        if number(9) != VERSION {
            return Err(at(
                self.place,
                9,
                format!("version {} of the index is unknown", number(9)),
            ));
        }
        let kind = TokenType::of_code(header[17])
            .ok_or_else(|| at(self.place, 17, format!("type {} holds no token ids", header[17])))?;
        Ok((kind, number(18), number(26)))
    }

    /// Gives each of `count` entries of `N` bytes to `take`, with its offset.
    fn array<const N: usize>(
        &mut self,
        count: u64,
        mut take: impl FnMut(u64, [u8; N]) -> Result<()>,
    ) -> Result<()> {
        let mut left = count;
        let mut chunk = vec![0; CHUNK_BYTES];
        while left > 0 {
            let entries = left.min((CHUNK_BYTES / N) as u64);
            let bytes = &mut chunk[..entries as usize * N];
            let start = self.offset;
            self.fill(bytes)?;
            for (index, entry) in bytes.as_chunks::<N>().0.iter().enumerate() {
                take(start + (index * N) as u64, *entry)?;
            }
            left -= entries;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let mut more = [0];
        match self.reader.read(&mut more) {
            Ok(0) => Ok(()),
            Ok(_) => Err(at(self.place, self.offset, "there is more than the index tells of")),
            Err(cause) => Err(Error::io("read the index of the token shard", self.place, cause)),
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.reader.read_exact(bytes).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                at(self.place, self.offset, "the index ends before what it tells of")
            }
            _ => Error::io("read the index of the token shard", self.place, cause),
        })?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ShardWriter;
    use super::*;
    use std::io::Cursor;

    const SIZE: u32 = 100;
    const EOD: u32 = 2;

    /// The dump of Megatron-LM's own builder for uint16 and the documents [1, 2, 3, 2], none, and
    /// [5, 6] with [7, 8, 2].
    fn golden() -> (Vec<u8>, Vec<u8>) {
        let bin = [1_u16, 2, 3, 2, 5, 6, 7, 8, 2].iter().flat_map(|id| id.to_le_bytes()).collect();
        let mut idx = b"MMIDIDX\0\0\x01\0\0\0\0\0\0\0\x08".to_vec();
        idx.extend([3_u64, 4].iter().flat_map(|n| n.to_le_bytes()));
        idx.extend([4_i32, 2, 3].iter().flat_map(|n| n.to_le_bytes()));
        idx.extend([0_u64, 8, 12, 0, 1, 1, 3].iter().flat_map(|n| n.to_le_bytes()));
        (bin, idx)
    }

    /// A shard of ours: two documents.
    fn ours() -> (Vec<u8>, Vec<u8>) {
        let mut writer = ShardWriter::new(Vec::new(), Path::new("x.bin"), SIZE);
        writer.push(&[1, 10, 11, EOD]).unwrap();
        writer.push(&[1, 99, EOD]).unwrap();
        let (bin, index) = writer.finish();
        let mut idx = Vec::new();
        index.write(&mut idx, Path::new("x.idx")).unwrap();
        (bin, idx)
    }

    fn check(bin: &[u8], idx: &[u8], bos: Option<u32>) -> Result<Facts> {
        let expected = Expected { vocabulary_size: SIZE, marks: Marks { eod: EOD, bos } };
        verify(idx, Path::new("x.idx"), Cursor::new(bin), Path::new("x.bin"), expected)
    }

    #[test]
    fn what_megatrons_builder_writes_is_read() {
        let (bin, idx) = golden();
        let facts = check(&bin, &idx, None).unwrap();
        let expected =
            Facts { kind: TokenType::U16, sequences: 3, documents: 3, tokens: 9, largest: 8 };
        assert_eq!(facts, expected);
        let open = Shard::open(&idx[..], Path::new("x.idx"), Cursor::new(&bin), Path::new("x.bin"));
        let mut shard = open.unwrap();
        let mut ids = Vec::new();
        shard.sequence(2, &mut ids).unwrap();
        assert_eq!(ids, [7, 8, 2]);
        assert_eq!(shard.sequence(3, &mut ids).unwrap_err().kind, Kind::Bug);
    }

    #[test]
    fn what_we_write_is_read_with_its_marks() {
        let (bin, idx) = ours();
        assert_eq!(check(&bin, &idx, Some(1)).unwrap().tokens, 7);
        assert_eq!(check(&bin, &idx, None).unwrap().largest, 99);
        let error = check(&bin, &idx, Some(3)).unwrap_err();
        assert!(error.message.contains("does not begin"), "{error}");
    }

    /// Applies a fault to the pair and tells what the check says.
    fn fault(change: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>)) -> String {
        let (mut bin, mut idx) = ours();
        change(&mut bin, &mut idx);
        let error = check(&bin, &idx, Some(1)).unwrap_err();
        assert_eq!(error.kind, Kind::Data);
        assert!(error.place.is_some());
        error.message
    }

    fn set(idx: &mut [u8], from: usize, bytes: &[u8]) {
        idx[from..from + bytes.len()].copy_from_slice(bytes);
    }

    #[test]
    fn every_fault_of_a_header_is_found() {
        assert!(fault(|_, idx| idx[0] = b'X').contains("no index"));
        assert!(fault(|_, idx| idx[9] = 2).contains("version 2"));
        assert!(fault(|_, idx| idx[17] = 7).contains("type 7"));
        // A wider type than the data has, and sequences that are not there.
        assert!(fault(|_, idx| idx[17] = 4).contains("not where"));
        assert!(fault(|_, idx| idx[18] = 200).contains("ends before"));
    }

    #[test]
    fn a_narrower_type_than_the_data_is_found() {
        let mut writer = ShardWriter::new(Vec::new(), Path::new("x.bin"), 100_000);
        writer.push(&[70_000, EOD]).unwrap();
        let (bin, index) = writer.finish();
        let mut idx = Vec::new();
        index.write(&mut idx, Path::new("x.idx")).unwrap();
        idx[17] = 8;
        let message = check(&bin, &idx, None).unwrap_err().message;
        assert!(message.contains("4 bytes of ids, there are 8"), "{message}");
    }

    #[test]
    fn every_fault_of_the_sizes_is_found() {
        assert!(fault(|bin, _| bin.truncate(12)).contains("there are 12"));
        assert!(fault(|bin, _| bin.extend([0, 0])).contains("there are 16"));
        assert!(fault(|_, idx| idx.truncate(idx.len() - 1)).contains("ends before"));
        assert!(fault(|_, idx| idx.truncate(20)).contains("ends before"));
        // Trailing bytes, as the modes of a multimodal index are.
        assert!(fault(|_, idx| idx.extend([0, 0])).contains("more than"));
    }

    #[test]
    fn every_fault_of_the_arrays_is_found() {
        let places = 34 + 2 * 4;
        let documents = places + 2 * 8;
        assert!(fault(|_, idx| set(idx, 34, &(-1_i32).to_le_bytes())).contains("negative"));
        assert!(fault(|_, idx| set(idx, 34, &5_i32.to_le_bytes())).contains("not where"));
        assert!(fault(|_, idx| set(idx, places + 8, &6_u64.to_le_bytes())).contains("not where"));
        assert!(fault(|_, idx| set(idx, documents, &1_u64.to_le_bytes())).contains("disordered"));
        assert!(
            fault(|_, idx| set(idx, documents + 8, &3_u64.to_le_bytes())).contains("disordered")
        );
        assert!(
            fault(|_, idx| set(idx, documents + 16, &1_u64.to_le_bytes())).contains("does not end")
        );
        // One entry too few.
        let short = |_: &mut Vec<u8>, idx: &mut Vec<u8>| {
            idx[26] = 2;
            idx.truncate(idx.len() - 8);
        };
        assert!(fault(short).contains("does not end"));
    }

    #[test]
    fn ids_outside_and_documents_without_their_end_are_found() {
        assert!(fault(|bin, _| bin[2] = 100).contains("the id 100"));
        assert!(fault(|bin, _| bin[6] = 3).contains("document 0 does not end with 2"));
        // Lengths that move a border keep all sums but lose the ends.
        let shift = |_: &mut Vec<u8>, idx: &mut Vec<u8>| {
            set(idx, 34, &3_i32.to_le_bytes());
            set(idx, 38, &4_i32.to_le_bytes());
            set(idx, 34 + 8 + 8, &6_u64.to_le_bytes());
        };
        assert!(fault(shift).contains("does not end with 2"));
    }
}
