//! Unpacking piece by piece, for what does not go through libdeflate in one go: large, cut and
//! doubtful gzip members, and zstd frames. Also the look at the first bytes of a member.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// What the bytes at some place look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    /// A gzip member.
    Gzip,
    /// A zstd frame.
    Zstd,
    /// A skippable zstd frame; the first one of a file may hold a dictionary.
    Skippable,
    /// A WARC record, not packed.
    Record,
    /// The beginning of one of these, cut short by the end of the bytes.
    Begun,
    /// None of these.
    Unknown,
}

/// As many bytes decide what [`magic`] says.
pub(super) const MAGIC_BYTES: usize = 6;

const GZIP: &[u8] = b"\x1f\x8b\x08";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
const WARC: &[u8] = b"WARC/";

/// Looks at the first bytes.
pub(super) fn magic(bytes: &[u8]) -> Magic {
    if bytes.starts_with(GZIP) {
        return match bytes.get(3) {
            None => Magic::Begun,
            // The three high flag bits are reserved and zero.
            Some(flags) if flags & 0xe0 == 0 => Magic::Gzip,
            Some(_) => Magic::Unknown,
        };
    }
    if bytes.starts_with(ZSTD) {
        return Magic::Zstd;
    }
    if matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]) {
        return Magic::Skippable;
    }
    if starts_record(bytes) {
        return Magic::Record;
    }
    let begun = |whole: &[u8]| whole.starts_with(bytes);
    if begun(GZIP) || begun(ZSTD) || starts_torn_record(bytes) {
        Magic::Begun
    } else {
        Magic::Unknown
    }
}

/// Whether a record begins here: `WARC/` and a digit, in any case.
pub(super) fn starts_record(bytes: &[u8]) -> bool {
    bytes.len() > WARC.len()
        && bytes[..WARC.len()].eq_ignore_ascii_case(WARC)
        && bytes[WARC.len()].is_ascii_digit()
}

/// Whether these are the first bytes of a record, and too few to begin one.
pub(super) fn starts_torn_record(bytes: &[u8]) -> bool {
    WARC.get(..bytes.len()).is_some_and(|start| start.eq_ignore_ascii_case(bytes))
}

/// Whether a byte may stand between records without a word: line ends and zero bytes.
pub(super) fn is_padding(byte: u8) -> bool {
    matches!(byte, 0 | b'\r' | b'\n')
}

/// How far an [`Unpacker`] has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It needs more packed bytes or more room.
    Under,
    /// The member or frame is at its end and sound as far as its checksum tells.
    Ended,
    /// The packed bytes are damaged.
    Damaged,
}

/// What one step of an [`Unpacker`] took and gave.
pub(super) struct Step {
    pub(super) packed: usize,
    pub(super) text: usize,
    pub(super) state: State,
}

/// A gzip member or a zstd frame under way.
pub(super) enum Unpacker {
    Gzip(Box<Decompress>),
    Zstd(Decoder<'static>),
}

impl Unpacker {
    /// For the member or frame that `magic` announces; the dictionary is for zstd, empty if none.
    pub(super) fn new(magic: Magic, dictionary: &[u8]) -> io::Result<Unpacker> {
        Ok(match magic {
            Magic::Zstd => Unpacker::Zstd(Decoder::with_dictionary(dictionary)?),
            _ => Unpacker::Gzip(Box::new(Decompress::new_gzip(15))),
        })
    }

    /// Ready for the next frame, if it can serve again; a gzip inflater cannot.
    pub(super) fn restarted(self) -> Option<Unpacker> {
        match self {
            Unpacker::Gzip(_) => None,
            Unpacker::Zstd(mut decoder) => {
                decoder.reinit().ok()?;
                Some(Unpacker::Zstd(decoder))
            }
        }
    }

    /// Unpacks as much as the packed bytes and the room allow.
    pub(super) fn step(&mut self, packed: &[u8], room: &mut [u8]) -> Step {
        match self {
            Unpacker::Gzip(inflater) => {
                let before = (inflater.total_in(), inflater.total_out());
                let state = match inflater.decompress(packed, room, FlushDecompress::None) {
                    Ok(Status::StreamEnd) => State::Ended,
                    Ok(Status::Ok | Status::BufError) => State::Under,
                    Err(_) => State::Damaged,
                };
                Step {
                    packed: (inflater.total_in() - before.0) as usize,
                    text: (inflater.total_out() - before.1) as usize,
                    state,
                }
            }
            Unpacker::Zstd(decoder) => {
                let mut input = InBuffer::around(packed);
                let mut output = OutBuffer::around(room);
                let state = match decoder.run(&mut input, &mut output) {
                    Ok(0) => State::Ended,
                    Ok(_) => State::Under,
                    Err(_) => State::Damaged,
                };
                Step { packed: input.pos(), text: output.pos(), state }
            }
        }
    }
}

/// How the text of a member begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// With a record.
    Record,
    /// With something else.
    Other,
    /// It does not unpack, or to nothing.
    Nothing,
}

/// As many packed bytes are enough for [`beginning`]: a gzip header with all its extras (64 KiB),
/// a whole zstd block (128 KiB).
pub(super) const BEGINNING_BYTES: usize = 132 << 10;

/// Unpacks the first few bytes of a member or frame and looks at them.
pub(super) fn beginning(packed: &[u8], dictionary: &[u8]) -> Beginning {
    let Ok(mut unpacker) = Unpacker::new(magic(packed), dictionary) else {
        return Beginning::Nothing;
    };
    let packed = &packed[..packed.len().min(BEGINNING_BYTES)];
    let mut room = [0; 64];
    // Damage in what follows the first bytes is found later.
    let step = unpacker.step(packed, &mut room);
    let text = &room[..step.text];
    match text.iter().position(|&byte| !is_padding(byte)) {
        None => Beginning::Nothing,
        Some(from) if starts_record(&text[from..]) => Beginning::Record,
        Some(_) => Beginning::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_knows_what_begins_and_what_only_looks_like_it() {
        for (bytes, expected) in [
            (&b"\x1f\x8b\x08\x00\0\0"[..], Magic::Gzip),
            (b"\x1f\x8b\x08\x1f\0\0", Magic::Gzip),
            (b"\x1f\x8b\x08\x20\0\0", Magic::Unknown), // reserved flag
            (b"\x1f\x8b\x07\x00\0\0", Magic::Unknown),
            (b"\x28\xb5\x2f\xfd\0\0", Magic::Zstd),
            (b"\x5d\x2a\x4d\x18\0\0", Magic::Skippable),
            (b"WARC/1", Magic::Record),
            (b"warc/0", Magic::Record),
            (b"WARC/x", Magic::Unknown),
            (b"filede", Magic::Unknown),
            (b"\x1f\x8b", Magic::Begun),
            (b"\x1f\x8b\x08", Magic::Begun),
            (b"\x28\xb5", Magic::Begun),
            (b"WAR", Magic::Begun),
        ] {
            assert_eq!(magic(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn the_beginning_of_a_member_is_read_through_its_packing() {
        for (text, expected) in [
            (&b"\r\nWARC/1.0\r\n"[..], Beginning::Record),
            (b"<html>", Beginning::Other),
            (b"", Beginning::Nothing),
        ] {
            let frame = zstd::bulk::compress(text, 3).unwrap();
            assert_eq!(beginning(&frame, &[]), expected);
        }
        assert_eq!(beginning(b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff\xff", &[]), Beginning::Nothing);
    }
}
