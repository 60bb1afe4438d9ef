//! Lines of text as independent zstd frames of about 4 MiB, so that any row can be reached and
//! frames decode in parallel, while plain `zstd -dc` reads the file as usual.
//!
//! A file is a sequence of frames, each with its content size and checksum and each beginning at
//! the start of a line, then one skippable frame with the row index. All numbers are
//! little-endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 4, 4 | `0x184D2A5C`, the length of what follows |
//! | 8, 8, 8 | of each frame: packed bytes, text bytes, lines |
//! | 8 | XXH3-64 of the entries above |
//! | 4, 4 | number of frames, version of the index (1) |
//! | 8 | `KUROROWS`, the last bytes of the file |
//!
//! Memory: a writer of rows holds a frame and a quarter as text and packed, however long a row is; a
//! writer of lines one frame and the longest line, both twice. A reader holds the longest line, its
//! zstd window (at most 128 MiB) and 640 KiB.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use zstd::bulk::Compressor;
use zstd::zstd_safe::{CParameter, compress_bound};

use crate::error::{Error, Result};

mod index;
mod reader;
mod source;

pub use index::{IndexedFrame, RowIndex};
pub use reader::FrameReader;

/// How lines are packed. Other values than the default give other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameOptions {
    /// The zstd level, 1 to 19.
    pub level: i32,
    /// A frame ends with the line that brings its text to so many bytes.
    pub frame_bytes: usize,
}

impl Default for FrameOptions {
    fn default() -> FrameOptions {
        FrameOptions { level: 3, frame_bytes: 4 << 20 }
    }
}

/// What a [`FrameWriter`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameStats {
    /// Lines.
    pub lines: u64,
    /// Bytes of text with their line breaks.
    pub text_bytes: u64,
    /// Frames that hold text.
    pub frames: u64,
    /// Bytes of the file, the index among them.
    pub packed_bytes: u64,
}

/// Writes lines as frames; the bytes depend on the lines and options alone.
pub struct FrameWriter<W: Write> {
    out: W,
    place: PathBuf,
    frame_bytes: usize,
    level: i32,
    compressor: Compressor<'static>,
    text: Vec<u8>,
    lines: u64,
    packed: Vec<u8>,
    index: RowIndex,
}

impl<W: Write> FrameWriter<W> {
    /// A writer with the default options; `place` names the file in errors.
    pub fn new(out: W, place: &Path) -> Result<FrameWriter<W>> {
        FrameWriter::with_options(out, place, FrameOptions::default())
    }

    /// A writer with other options.
    pub fn with_options(out: W, place: &Path, options: FrameOptions) -> Result<FrameWriter<W>> {
        let compressor = Compressor::new(options.level)
            .and_then(|mut compressor| {
                compressor.set_parameter(CParameter::ChecksumFlag(true))?;
                Ok(compressor)
            })
            .map_err(|cause| Error::bug("cannot set up zstd").at_path(place).caused_by(cause))?;
        Ok(FrameWriter {
            out,
            place: place.to_path_buf(),
            frame_bytes: options.frame_bytes,
            level: options.level,
            compressor,
            text: Vec::new(),
            lines: 0,
            packed: Vec::new(),
            index: RowIndex::default(),
        })
    }

    /// Adds one line, given without its line break. A line break inside is a bug of the caller.
    pub fn write_line(&mut self, line: &[u8]) -> Result<()> {
        if memchr::memchr(b'\n', line).is_some() {
            return Err(Error::bug("a line to write holds a line break").at_path(&self.place));
        }
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        self.lines += 1;
        if self.text.len() >= self.frame_bytes { self.end_frame() } else { Ok(()) }
    }

    /// Adds one row as a line of JSON, which is never held as a whole if it overfills its frame by
    /// a quarter.
    pub fn write_json(&mut self, row: &impl Serialize) -> Result<()> {
        let before = self.text.len();
        let most = self.frame_bytes + self.frame_bytes / 4;
        let mut head = Head { most, text: &mut self.text, length: before };
        serde_json::to_writer(&mut head, row)
            .map_err(|cause| Error::bug("cannot write a row as JSON").caused_by(cause))?;
        let length = head.length + 1;
        self.lines += 1;
        if length > most {
            self.text.truncate(before);
            return self.stream_frame(row, length as u64);
        }
        self.text.push(b'\n');
        if length >= self.frame_bytes { self.end_frame() } else { Ok(()) }
    }

    /// Writes what is left and the row index, and gives the output back, not flushed.
    pub fn finish(mut self) -> Result<(W, FrameStats)> {
        self.end_frame()?;
        let index = self.index.encode(&self.place)?;
        self.out
            .write_all(&index)
            .map_err(|cause| Error::io("write the file", &self.place, cause))?;
        let stats = FrameStats {
            lines: self.index.rows(),
            text_bytes: self.index.frames().iter().map(|frame| frame.text_bytes).sum(),
            frames: self.index.frames().len() as u64,
            packed_bytes: self.index.end() + index.len() as u64,
        };
        Ok((self.out, stats))
    }

    /// Ends the frame with a row too long to be held; `length` is that of the whole text.
    fn stream_frame(&mut self, row: &impl Serialize, length: u64) -> Result<()> {
        let mut packed = Counted { out: &mut self.out, bytes: 0 };
        let written = (|| {
            let mut encoder = zstd::Encoder::new(&mut packed, self.level)?;
            encoder.include_checksum(true)?;
            encoder.set_pledged_src_size(Some(length))?;
            encoder.write_all(&self.text)?;
            serde_json::to_writer(&mut encoder, row)?;
            encoder.write_all(b"\n")?;
            encoder.finish().map(|_| ())
        })();
        written.map_err(|cause| Error::io("write the file", &self.place, cause))?;
        self.index.push(packed.bytes, length, self.lines);
        self.text.clear();
        self.lines = 0;
        Ok(())
    }

    fn end_frame(&mut self) -> Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        self.packed.clear();
        self.packed.reserve(compress_bound(self.text.len()));
        // One call for the whole frame, so that its header tells the content size.
        let size =
            self.compressor.compress_to_buffer(&self.text, &mut self.packed).map_err(|cause| {
                Error::bug("cannot pack a frame").at_path(&self.place).caused_by(cause)
            })?;
        self.out
            .write_all(&self.packed)
            .map_err(|cause| Error::io("write the file", &self.place, cause))?;
        self.index.push(size as u64, self.text.len() as u64, self.lines);
        self.text.clear();
        self.lines = 0;
        Ok(())
    }
}

/// Takes text as long as it fits, and counts all of it.
struct Head<'a> {
    text: &'a mut Vec<u8>,
    most: usize,
    length: usize,
}

impl Write for Head<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.length += bytes.len();
        if self.length <= self.most {
            self.text.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Counts what is written.
struct Counted<'a, W> {
    out: &'a mut W,
    bytes: u64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use proptest::prelude::*;
    use std::io::{Cursor, Read};

    const PLACE: &str = "documents/00000.jsonl.zst";

    fn pack(lines: &[Vec<u8>], frame_bytes: usize) -> (Vec<u8>, FrameStats) {
        let options = FrameOptions { frame_bytes, ..FrameOptions::default() };
        let mut writer = FrameWriter::with_options(Vec::new(), Path::new(PLACE), options).unwrap();
        for line in lines {
            writer.write_line(line).unwrap();
        }
        writer.finish().unwrap()
    }

    fn unpack(reader: impl Read) -> Result<Vec<Vec<u8>>> {
        let mut reader = FrameReader::new(reader, Path::new(PLACE))?;
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line()? {
            lines.push(line.to_vec());
        }
        assert_eq!(reader.row(), lines.len() as u64);
        Ok(lines)
    }

    fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
        lines.iter().flat_map(|line| line.iter().chain(b"\n")).copied().collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Gives at most `step` bytes a read.
    struct Slow<'a> {
        bytes: &'a [u8],
        step: usize,
    }

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let n = self.step.min(out.len()).min(self.bytes.len());
            out[..n].copy_from_slice(&self.bytes[..n]);
            self.bytes = &self.bytes[n..];
            Ok(n)
        }
    }

    fn lines() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let byte = any::<u8>().prop_map(|byte| if byte == b'\n' { b'n' } else { byte });
        prop::collection::vec(prop::collection::vec(byte, 0..80), 0..60)
    }

    fn rows() -> impl Strategy<Value = Vec<Vec<String>>> {
        let row = prop::collection::vec("[a-z\n\"\u{e9}]{0,40}", 0..12);
        prop::collection::vec(row, 0..20)
    }

    fn numbered(n: usize) -> Vec<Vec<u8>> {
        (0..n).map(|i| format!("line {i} of the file").into_bytes()).collect()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(lines in lines(), frame in 1_usize..500, step in 1_usize..50) {
            let (packed, stats) = pack(&lines, frame);
            prop_assert_eq!(stats.lines, lines.len() as u64);
            prop_assert_eq!(stats.packed_bytes, packed.len() as u64);
            prop_assert_eq!(unpack(&packed[..]).unwrap(), &lines[..]);
            prop_assert_eq!(unpack(Slow { bytes: &packed, step }).unwrap(), &lines[..]);
            let plain = zstd::stream::decode_all(&packed[..]).unwrap();
            prop_assert_eq!(stats.text_bytes, plain.len() as u64);
            prop_assert_eq!(plain, joined(&lines));
        }

        #[test]
        fn rows_stand_in_the_frames_of_their_lines(rows in rows(), frame in 1_usize..300) {
            let lines: Vec<Vec<u8>> =
                rows.iter().map(|row| serde_json::to_vec(row).unwrap()).collect();
            let (packed, stats) = pack(&lines, frame);
            let options = FrameOptions { frame_bytes: frame, ..FrameOptions::default() };
            let mut writer =
                FrameWriter::with_options(Vec::new(), Path::new(PLACE), options).unwrap();
            for row in &rows {
                writer.write_json(row).unwrap();
            }
            let (of_rows, row_stats) = writer.finish().unwrap();
            prop_assert_eq!(row_stats.packed_bytes, of_rows.len() as u64);
            prop_assert_eq!(
                (stats.lines, stats.text_bytes, stats.frames),
                (row_stats.lines, row_stats.text_bytes, row_stats.frames)
            );
            let index = |bytes: &[u8]| {
                let index = RowIndex::read(&mut Cursor::new(bytes), Path::new(PLACE));
                let index = index.unwrap().unwrap();
                index.frames().iter().map(|f| (f.first_row, f.text_bytes)).collect::<Vec<_>>()
            };
            prop_assert_eq!(index(&packed), index(&of_rows));
            prop_assert_eq!(unpack(&of_rows[..]).unwrap(), &lines[..]);
            // Each frame tells how much text it holds.
            let told = zstd::zstd_safe::get_frame_content_size(&of_rows).ok().flatten();
            let first = index(&of_rows).first().map(|frame| frame.1);
            prop_assert!(first.is_none() || told == first);
        }

        #[test]
        fn any_row_is_reached_from_any_other(
            lines in lines(),
            frame in 1_usize..500,
            rows in prop::collection::vec(0_usize..70, 1..12),
        ) {
            let (packed, _) = pack(&lines, frame);
            let mut reader =
                FrameReader::with_index(Cursor::new(&packed), Path::new(PLACE)).unwrap();
            for row in rows {
                reader.seek_row(row as u64).unwrap();
                let line = reader.next_line().unwrap().map(<[u8]>::to_vec);
                prop_assert_eq!(line.as_ref(), lines.get(row));
            }
        }

        #[test]
        fn ordinary_files_give_the_same_lines(lines in lines(), step in 1_usize..50) {
            let mut text = joined(&lines);
            // What begins like a packed file is not plain text.
            prop_assume!(!text.starts_with(&[0x1f, 0x8b]));
            for packed in [text.clone(), gzip(&text), zstd::encode_all(&text[..], 1).unwrap()] {
                prop_assert_eq!(unpack(Slow { bytes: &packed, step }).unwrap(), &lines[..]);
            }
            // The last line needs no line break.
            if lines.last().is_some_and(|line| !line.is_empty()) {
                text.pop();
                prop_assert_eq!(unpack(&text[..]).unwrap(), &lines[..]);
            }
        }

        #[test]
        fn rows_are_skipped_in_files_without_an_index(lines in lines(), skip in 0_usize..70) {
            let text = joined(&lines);
            for packed in [gzip(&text), zstd::encode_all(&text[..], 1).unwrap()] {
                let mut reader =
                    FrameReader::with_index(Cursor::new(&packed), Path::new(PLACE)).unwrap();
                prop_assert!(reader.index().is_none());
                reader.seek_row(skip as u64).unwrap();
                let line = reader.next_line().unwrap().map(<[u8]>::to_vec);
                prop_assert_eq!(line.as_ref(), lines.get(skip));
            }
        }
    }

    #[test]
    fn frames_end_with_the_line_that_fills_them() {
        let (packed, stats) = pack(&numbered(10), 50);
        assert_eq!((stats.lines, stats.frames), (10, 4));
        let reader = FrameReader::with_index(Cursor::new(&packed), Path::new(PLACE)).unwrap();
        let index = reader.index().unwrap();
        let first_rows: Vec<u64> = index.frames().iter().map(|frame| frame.first_row).collect();
        assert_eq!(first_rows, [0, 3, 6, 9]);
        // Each frame stands alone.
        let frame = index.frames()[2];
        let bytes = &packed[frame.offset as usize..][..frame.packed_bytes as usize];
        assert_eq!(unpack(bytes).unwrap(), &numbered(10)[6..9]);
    }

    #[test]
    fn no_lines_make_a_file_that_reads_as_none() {
        let (packed, stats) = pack(&[], 100);
        assert_eq!((stats.lines, stats.frames), (0, 0));
        assert!(unpack(&packed[..]).unwrap().is_empty());
        assert!(unpack(&b""[..]).unwrap().is_empty());
        assert!(zstd::stream::decode_all(&packed[..]).unwrap().is_empty());
    }

    #[test]
    fn a_file_cut_inside_a_frame_is_damaged_there() {
        let lines = numbered(40);
        let (packed, _) = pack(&lines, 200);
        let reader = FrameReader::with_index(Cursor::new(&packed), Path::new(PLACE)).unwrap();
        let index = reader.index().unwrap().clone();
        // Less than the magic number is taken for plain text.
        for cut in 4..packed.len() {
            let starts = |frame: &IndexedFrame| frame.offset == cut as u64;
            let at_border = index.frames().iter().any(starts) || cut as u64 == index.end();
            match unpack(&packed[..cut]) {
                Ok(read) => {
                    assert!(at_border, "{cut}");
                    assert_eq!(read, lines[..read.len()]);
                }
                Err(error) => {
                    assert!(!at_border, "{cut}");
                    assert_eq!(error.kind, Kind::Data);
                    assert!(error.place.unwrap().to_string().starts_with(PLACE));
                }
            }
        }
    }

    #[test]
    fn a_changed_byte_never_changes_a_line_unnoticed() {
        let lines = numbered(40);
        let (packed, _) = pack(&lines, 200);
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x20;
            if let Ok(read) = unpack(&damaged[..])
                && read != lines
            {
                // A frame magic that became that of a skippable frame would lose its lines, and a
                // file whose first magic changed is plain text: neither is our text any more.
                assert!(at < 4, "{at}");
            }
            let indexed = FrameReader::with_index(Cursor::new(&damaged), Path::new(PLACE));
            if let Ok(mut reader) = indexed
                && reader.seek_row(33).is_ok()
                && let Ok(Some(line)) = reader.next_line()
            {
                assert!(line == lines[33] || at < 4, "{at}");
            }
        }
    }

    #[test]
    fn the_offset_of_damage_is_that_of_its_frame() {
        let (mut packed, _) = pack(&numbered(40), 200);
        let reader = FrameReader::with_index(Cursor::new(&packed), Path::new(PLACE)).unwrap();
        let frame = reader.index().unwrap().frames()[2];
        drop(reader);
        packed[frame.offset as usize + 20] ^= 1;
        let error = unpack(&packed[..]).unwrap_err();
        assert_eq!(error.place.unwrap().to_string(), format!("{PLACE}@{}", frame.offset));
    }

    #[test]
    fn a_cut_gzip_file_is_damaged() {
        let packed = gzip(&joined(&numbered(100)));
        for cut in [12, packed.len() / 2, packed.len() - 1] {
            assert_eq!(unpack(&packed[..cut]).unwrap_err().kind, Kind::Data, "{cut}");
        }
    }

    #[test]
    fn a_line_break_in_a_line_is_a_bug_and_going_back_needs_an_index() {
        let mut writer = FrameWriter::new(Vec::new(), Path::new(PLACE)).unwrap();
        assert_eq!(writer.write_line(b"a\nb").unwrap_err().kind, Kind::Bug);
        let text = Cursor::new(&b"a\nb\nc\n"[..]);
        let mut reader = FrameReader::with_index(text, Path::new(PLACE)).unwrap();
        reader.seek_row(1).unwrap();
        assert_eq!(reader.next_line().unwrap(), Some(&b"b"[..]));
        assert_eq!(reader.seek_row(0).unwrap_err().kind, Kind::Bug);
    }

    #[test]
    fn the_index_may_be_read_by_itself() {
        let (packed, _) = pack(&numbered(40), 200);
        let index = RowIndex::read(&mut Cursor::new(&packed), Path::new(PLACE)).unwrap().unwrap();
        assert_eq!(index.rows(), 40);
        assert_eq!(index.frame_of(40), None);
        assert!(index.frame_of(39).is_some());
    }
}
