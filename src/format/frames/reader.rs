//! Reading lines: streaming from any reader, or by row where the reader can seek.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::index::RowIndex;
use super::source::Source;
use crate::error::{Error, Kind, Result};

const TEXT_BYTES: usize = 256 * 1024;
/// Longer lines are taken for damage: nothing that is one document is as long.
const MAX_LINE_BYTES: usize = 1 << 30;

/// Reads the lines of a framed file, an ordinary zstd or gzip file, or plain text.
pub struct FrameReader<R> {
    source: Source<R>,
    place: PathBuf,
    index: Option<RowIndex>,
    text: Vec<u8>,
    /// The unread text is `text[start..end]`.
    start: usize,
    end: usize,
    /// Before this there is no line break in the unread text.
    searched: usize,
    row: u64,
}

impl<R: Read> FrameReader<R> {
    /// Reads `reader` from where it stands; `place` names the file in errors.
    pub fn new(reader: R, place: &Path) -> Result<FrameReader<R>> {
        Ok(FrameReader {
            source: Source::detect(reader, place)?,
            place: place.to_path_buf(),
            index: None,
            text: vec![0; TEXT_BYTES],
            start: 0,
            end: 0,
            searched: 0,
            row: 0,
        })
    }

    /// The next line without its line break; `None` at the end. The last line of a file that is
    /// not ours may lack its line break. Damage is [`Kind::Data`] with the offset of its frame.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>> {
        loop {
            let unsearched = &self.text[self.searched..self.end];
            if let Some(length) = memchr::memchr(b'\n', unsearched) {
                let (from, to) = (self.start, self.searched + length);
                (self.start, self.searched) = (to + 1, to + 1);
                self.row += 1;
                return Ok(Some(&self.text[from..to]));
            }
            self.searched = self.end;
            if self.fill()? {
                continue;
            }
            if self.start == self.end {
                return Ok(None);
            }
            let from = self.start;
            self.start = self.end;
            self.row += 1;
            return Ok(Some(&self.text[from..self.end]));
        }
    }

    /// The row that [`FrameReader::next_line`] gives next, from 0.
    pub fn row(&self) -> u64 {
        self.row
    }

    /// Reads more text; false at the end.
    fn fill(&mut self) -> Result<bool> {
        if self.start > 0 {
            self.text.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.searched -= self.start;
            self.start = 0;
        }
        if self.end == self.text.len() {
            if self.end >= MAX_LINE_BYTES {
                let message = format!("row {} is longer than {MAX_LINE_BYTES} bytes", self.row);
                return Err(Error::new(Kind::Data, message).at_path(&self.place));
            }
            self.text.resize(self.text.len() * 2, 0);
        }
        let read = self.source.read(&mut self.text[self.end..], &self.place)?;
        self.end += read;
        Ok(read > 0)
    }
}

impl<R: Read + Seek> FrameReader<R> {
    /// Reads a file from its start, with its row index if it has one.
    pub fn with_index(mut reader: R, place: &Path) -> Result<FrameReader<R>> {
        let index = RowIndex::read(&mut reader, place)?;
        reader
            .seek(SeekFrom::Start(0))
            .map_err(|cause| Error::io("seek in the file", place, cause))?;
        Ok(FrameReader { index, ..FrameReader::new(reader, place)? })
    }

    /// The row index, if the file has one.
    pub fn index(&self) -> Option<&RowIndex> {
        self.index.as_ref()
    }

    /// Goes to `row`, from 0; past the last row there is no next line. With an index frames
    /// between are not read; without one rows are read over, and going back is a bug of the
    /// caller.
    pub fn seek_row(&mut self, row: u64) -> Result<()> {
        if let Some(index) = &self.index {
            let (first_row, offset) = match index.frame_of(row) {
                Some(frame) => (frame.first_row, frame.offset),
                None => (index.rows(), index.end()),
            };
            // Within the frame at hand reading on is cheaper than unpacking it again.
            if row < self.row || first_row > self.row {
                self.source.seek_frame(offset, &self.place)?;
                (self.start, self.end, self.searched) = (0, 0, 0);
                self.row = first_row;
            }
        } else if row < self.row {
            let message = format!("cannot go back to row {row} without a row index");
            return Err(Error::bug(message).at_path(&self.place));
        }
        while self.row < row {
            if self.next_line()?.is_none() {
                break;
            }
        }
        Ok(())
    }
}
