//! Packed bytes to text bytes: zstd, gzip or plain, told apart by their first bytes.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use zstd::stream::raw::{Decoder, Operation};

use crate::error::{Error, Kind, Place, Result};

const INPUT_BYTES: usize = 128 * 1024;

/// A reader with its buffer that knows how far it has come.
pub(super) struct Input<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the file of the byte at `start`.
    offset: u64,
}

impl<R: Read> Input<R> {
    /// Reads on until at least `n` bytes are held or the file ends.
    fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        while self.end - self.start < n {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.peek(1)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, n: usize) {
        self.start += n;
        self.offset += n as u64;
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

/// Where text comes from.
pub(super) enum Source<R> {
    Plain(Input<R>),
    Gzip(Box<MultiGzDecoder<Input<R>>>),
    Zstd(Zstd<R>),
}

/// A sequence of zstd frames.
pub(super) struct Zstd<R> {
    input: Input<R>,
    decoder: Decoder<'static>,
    /// Offset of the frame that is being read, if one is.
    frame: Option<u64>,
}

impl<R: Read> Source<R> {
    /// Looks at the first bytes of `inner`.
    pub(super) fn detect(inner: R, place: &Path) -> Result<Source<R>> {
        let buffer = vec![0; INPUT_BYTES];
        let mut input = Input { inner, buffer, start: 0, end: 0, offset: 0 };
        let head = input.peek(4).map_err(|cause| Error::io("read the file", place, cause))?;
        Ok(match head {
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                let decoder = Decoder::new().map_err(|cause| {
                    Error::bug("cannot set up zstd").at_path(place).caused_by(cause)
                })?;
                Source::Zstd(Zstd { input, decoder, frame: None })
            }
            [0x1f, 0x8b, ..] => Source::Gzip(Box::new(MultiGzDecoder::new(input))),
            _ => Source::Plain(input),
        })
    }

    /// Reads some text into `out`, which is not empty; 0 at the end.
    pub(super) fn read(&mut self, out: &mut [u8], place: &Path) -> Result<usize> {
        match self {
            Source::Plain(input) => {
                input.read(out).map_err(|cause| Error::io("read the file", place, cause))
            }
            Source::Gzip(decoder) => read_gzip(decoder, out, place),
            Source::Zstd(zstd) => zstd.read(out, place),
        }
    }
}

impl<R: Read + Seek> Source<R> {
    /// Goes to the frame that begins at `offset`. Only zstd files have frames.
    pub(super) fn seek_frame(&mut self, offset: u64, place: &Path) -> Result<()> {
        let Source::Zstd(zstd) = self else {
            return Err(Error::bug("only zstd files have frames").at_path(place));
        };
        let input = &mut zstd.input;
        input
            .inner
            .seek(SeekFrom::Start(offset))
            .map_err(|cause| Error::io("seek in the file", place, cause))?;
        (input.start, input.end, input.offset) = (0, 0, offset);
        zstd.frame = None;
        zstd.decoder
            .reinit()
            .map_err(|cause| Error::bug("cannot reset zstd").at_path(place).caused_by(cause))
    }
}

impl<R: Read> Zstd<R> {
    fn read(&mut self, out: &mut [u8], place: &Path) -> Result<usize> {
        loop {
            let offset = self.input.offset;
            let input =
                self.input.fill_buf().map_err(|cause| Error::io("read the file", place, cause))?;
            let at_end = input.is_empty();
            if at_end && self.frame.is_none() {
                return Ok(0);
            }
            let frame = *self.frame.get_or_insert(offset);
            let status = self.decoder.run_on_buffers(input, out).map_err(|cause| {
                damaged("the zstd frame is damaged", place, frame).caused_by(cause)
            })?;
            self.input.consume(status.bytes_read);
            if status.remaining == 0 {
                self.frame = None;
            } else if at_end && status.bytes_written == 0 {
                return Err(damaged("the file ends inside a zstd frame", place, frame));
            }
            if status.bytes_written > 0 {
                return Ok(status.bytes_written);
            }
        }
    }
}

fn read_gzip<R: Read>(
    decoder: &mut MultiGzDecoder<Input<R>>,
    out: &mut [u8],
    place: &Path,
) -> Result<usize> {
    use io::ErrorKind as E;
    decoder.read(out).map_err(|cause| match cause.kind() {
        E::InvalidData | E::InvalidInput | E::UnexpectedEof => {
            let offset = decoder.get_ref().offset;
            damaged("the gzip data is damaged or cut off", place, offset).caused_by(cause)
        }
        _ => Error::io("read the file", place, cause),
    })
}

pub(super) fn damaged(message: &str, place: &Path, offset: u64) -> Error {
    Error::new(Kind::Data, message).at(Place::Offset { path: place.to_path_buf(), offset })
}
