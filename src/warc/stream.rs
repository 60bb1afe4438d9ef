//! A file as a stream: its packed bytes, read ahead into one window.

use std::io::{self, ErrorKind, Read};

/// The window grows in steps of this many bytes.
const BLOCK_BYTES: usize = 256 << 10;
/// A window is large from so many bytes on.
const LARGE_BYTES: usize = 4 << 20;

/// Bytes that were read and not yet used. What was used stays in place until more room is asked
/// for, so that a record can be lent out of the window it was cut from.
#[derive(Default)]
pub(super) struct Window {
    data: Vec<u8>,
    start: usize,
    end: usize,
}

impl Window {
    /// The bytes that wait.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.data[self.start..self.end]
    }

    /// The `length` bytes used last.
    pub(super) fn used(&self, length: usize) -> &[u8] {
        &self.data[self.start - length..self.start]
    }

    /// Marks the first `length` waiting bytes as used.
    pub(super) fn consume(&mut self, length: usize) {
        self.start += length;
        debug_assert!(self.start <= self.end);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    /// At least `length` bytes of room behind the waiting ones; all the room there is.
    pub(super) fn room(&mut self, length: usize) -> &mut [u8] {
        if self.data.len() - self.end < length {
            if self.start > 0 {
                self.data.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            let needed = self.end + length;
            if self.data.len() < needed {
                // Some more than needed, so that neither growing nor moving becomes quadratic, and
                // of a large window no more than that, because it is touched.
                let more = self.end / if self.end < LARGE_BYTES { 2 } else { 32 };
                let roomy = needed.saturating_add(more).next_multiple_of(BLOCK_BYTES);
                self.data.resize(roomy, 0);
            }
        }
        &mut self.data[self.end..]
    }

    /// Gives the memory of used bytes back where that is much.
    fn release(&mut self) {
        if self.start >= LARGE_BYTES / 2 {
            self.data.drain(..self.start);
            self.end -= self.start;
            self.start = 0;
            self.data.truncate(self.end);
            self.data.shrink_to_fit();
        }
    }

    /// Takes back the last `length` bytes that were added.
    pub(super) fn retract(&mut self, length: usize) {
        self.end -= length;
        debug_assert!(self.start <= self.end);
    }

    /// Takes over `length` bytes that were written into the room.
    pub(super) fn add(&mut self, length: usize) {
        self.end += length;
        debug_assert!(self.end <= self.data.len());
    }
}

/// The packed bytes of a file with the offset they stand at.
pub(super) struct Source<R> {
    input: R,
    window: Window,
    offset: u64,
    ended: bool,
}

impl<R: Read> Source<R> {
    /// Reads `input` from where it stands; that place is offset 0.
    pub(super) fn new(input: R) -> Source<R> {
        Source { input, window: Window::default(), offset: 0, ended: false }
    }

    /// The offset of the first waiting byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the file holds nothing behind the waiting bytes. Only a call of
    /// [`Source::reach`] that wanted more than there is finds out.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The window itself, for what was used last.
    pub(super) fn window(&self) -> &Window {
        &self.window
    }

    /// Reads until `length` bytes wait or the file ends; all that wait, often more.
    pub(super) fn reach(&mut self, length: usize) -> io::Result<&[u8]> {
        while self.window.bytes().len() < length && !self.ended {
            let missing = length - self.window.bytes().len();
            match self.input.read(self.window.room(missing)) {
                Ok(0) => self.ended = true,
                Ok(read) => self.window.add(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.window.bytes())
    }

    /// Passes over the first `length` waiting bytes.
    pub(super) fn consume(&mut self, length: usize) {
        self.window.consume(length);
        self.offset += length as u64;
    }

    /// The same where nobody will look at what was used, so that much of it can be given back.
    pub(super) fn consume_for_good(&mut self, length: usize) {
        self.consume(length);
        self.window.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a call, after an interruption.
    struct Dribble<'a>(&'a [u8], bool);

    impl Read for Dribble<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            self.0.read(&mut out[..1])
        }
    }

    #[test]
    fn a_window_keeps_what_was_used_until_room_is_needed() {
        let mut window = Window::default();
        window.room(4)[..4].copy_from_slice(b"abcd");
        window.add(4);
        window.consume(3);
        assert_eq!((window.used(2), window.bytes()), (&b"bc"[..], &b"d"[..]));
        assert!(window.room(2 * BLOCK_BYTES).len() >= 2 * BLOCK_BYTES);
        assert_eq!(window.bytes(), b"d");
    }

    #[test]
    fn what_is_used_for_good_gives_its_memory_back() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| at as u8).collect();
        let mut source = Source::new(&bytes[..]);
        source.reach(bytes.len()).unwrap();
        source.consume_for_good(2_500_000);
        assert_eq!(source.reach(1).unwrap(), &bytes[2_500_000..]);
        assert_eq!((source.offset(), source.window.data.len()), (2_500_000, 500_000));
    }

    #[test]
    fn a_source_reads_on_over_short_reads_and_interruptions() {
        let mut source = Source::new(Dribble(b"abcdef", false));
        assert_eq!(source.reach(2).unwrap(), b"ab");
        source.consume(1);
        assert_eq!((source.offset(), source.ended()), (1, false));
        assert_eq!(source.reach(100).unwrap(), b"bcdef");
        assert!(source.ended());
    }
}
