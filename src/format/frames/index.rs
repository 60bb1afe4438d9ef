//! The row index at the end of a framed file: which rows lie in which frame.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Kind, Place, Result};

/// A magic number of the range that zstd decoders skip.
const SKIPPABLE_MAGIC: u32 = 0x184D_2A5C;
/// The last bytes of a file with an index.
const END_MAGIC: &[u8; 8] = b"KUROROWS";
const VERSION: u32 = 1;
const HEADER_BYTES: u64 = 8;
const ENTRY_BYTES: u64 = 24;
/// Checksum, count, version, magic.
const FOOTER_BYTES: u64 = 24;

/// One frame of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexedFrame {
    /// Where it begins, in bytes from the start of the file.
    pub offset: u64,
    /// Its bytes in the file.
    pub packed_bytes: u64,
    /// Its bytes of text, line breaks among them.
    pub text_bytes: u64,
    /// Its first row, from 0.
    pub first_row: u64,
    /// Its number of rows, at least 1.
    pub lines: u64,
}

/// The frames of a file in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowIndex {
    frames: Vec<IndexedFrame>,
}

impl RowIndex {
    /// Reads the index at the end of a file; `None` if it has none, as ordinary zstd files.
    /// Leaves the reader anywhere. An index that contradicts its file is damaged data.
    pub fn read<R: Read + Seek>(reader: &mut R, place: &Path) -> Result<Option<RowIndex>> {
        let failed = |cause| Error::io("read the file", place, cause);
        let size = reader.seek(SeekFrom::End(0)).map_err(failed)?;
        if size < HEADER_BYTES + FOOTER_BYTES {
            return Ok(None);
        }
        reader.seek(SeekFrom::Start(size - FOOTER_BYTES)).map_err(failed)?;
        let mut footer = [0; FOOTER_BYTES as usize];
        reader.read_exact(&mut footer).map_err(failed)?;
        if &footer[16..] != END_MAGIC {
            return Ok(None);
        }
        let damaged = || {
            Error::new(Kind::Data, "the row index is damaged")
                .at(Place::Offset { path: place.to_path_buf(), offset: size - FOOTER_BYTES })
        };
        let version = u32_at(&footer, 12);
        if version != VERSION {
            return Err(Error::new(
                Kind::Data,
                format!("the row index has version {version}, this program reads {VERSION}"),
            )
            .at_path(place));
        }
        let content = u64::from(u32_at(&footer, 8)) * ENTRY_BYTES + FOOTER_BYTES;
        let start = size.checked_sub(HEADER_BYTES + content).ok_or_else(damaged)?;
        reader.seek(SeekFrom::Start(start)).map_err(failed)?;
        // No longer than the file, so no size is taken on trust.
        let mut bytes = vec![0; (size - start - FOOTER_BYTES) as usize];
        reader.read_exact(&mut bytes).map_err(failed)?;
        let (header, entries) = bytes.split_at(HEADER_BYTES as usize);
        let sound = u32_at(header, 0) == SKIPPABLE_MAGIC
            && u64::from(u32_at(header, 4)) == content
            && xxh3_64(entries) == u64_at(&footer, 0);
        if !sound {
            return Err(damaged());
        }
        RowIndex::decode(entries).filter(|index| index.end() == start).ok_or_else(damaged).map(Some)
    }

    /// The frames in order.
    pub fn frames(&self) -> &[IndexedFrame] {
        &self.frames
    }

    /// The number of rows in the file.
    pub fn rows(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.first_row + frame.lines)
    }

    /// The frame that holds a row (from 0); `None` past the last row.
    pub fn frame_of(&self, row: u64) -> Option<&IndexedFrame> {
        let after = self.frames.partition_point(|frame| frame.first_row <= row);
        self.frames[..after].last().filter(|frame| row - frame.first_row < frame.lines)
    }

    /// Where the last frame ends, in bytes from the start of the file.
    pub fn end(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.offset + frame.packed_bytes)
    }

    /// Adds the next frame.
    pub(super) fn push(&mut self, packed_bytes: u64, text_bytes: u64, lines: u64) {
        let (offset, first_row) = (self.end(), self.rows());
        self.frames.push(IndexedFrame { offset, packed_bytes, text_bytes, first_row, lines });
    }

    /// The index as a skippable frame.
    pub(super) fn encode(&self, place: &Path) -> Result<Vec<u8>> {
        let content = self.frames.len() as u64 * ENTRY_BYTES + FOOTER_BYTES;
        let (Ok(count), Ok(content)) = (u32::try_from(self.frames.len()), u32::try_from(content))
        else {
            return Err(Error::new(Kind::Data, "the file has too many frames").at_path(place));
        };
        let mut entries = Vec::with_capacity(self.frames.len() * ENTRY_BYTES as usize);
        for frame in &self.frames {
            for number in [frame.packed_bytes, frame.text_bytes, frame.lines] {
                entries.extend_from_slice(&number.to_le_bytes());
            }
        }
        let mut bytes = Vec::with_capacity(content as usize + HEADER_BYTES as usize);
        bytes.extend_from_slice(&SKIPPABLE_MAGIC.to_le_bytes());
        bytes.extend_from_slice(&content.to_le_bytes());
        bytes.extend_from_slice(&entries);
        bytes.extend_from_slice(&xxh3_64(&entries).to_le_bytes());
        bytes.extend_from_slice(&count.to_le_bytes());
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(END_MAGIC);
        Ok(bytes)
    }

    /// The index of these entries; `None` if sums overflow or a frame is empty.
    fn decode(entries: &[u8]) -> Option<RowIndex> {
        let mut frames = Vec::with_capacity(entries.len() / ENTRY_BYTES as usize);
        let (mut offset, mut first_row) = (0_u64, 0_u64);
        for entry in entries.chunks_exact(ENTRY_BYTES as usize) {
            let [packed_bytes, text_bytes, lines] = [0, 8, 16].map(|at| u64_at(entry, at));
            if lines == 0 || packed_bytes == 0 {
                return None;
            }
            frames.push(IndexedFrame { offset, packed_bytes, text_bytes, first_row, lines });
            offset = offset.checked_add(packed_bytes)?;
            first_row = first_row.checked_add(lines)?;
        }
        Some(RowIndex { frames })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes were taken"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes were taken"))
}
