//! Finding the way again after damage: where the next record begins in the packed bytes, and
//! what is wrong with a gzip member that did not unpack.
//!
//! A place is taken for a beginning only if what begins there unpacks to the first bytes of a
//! record: the three bytes of a gzip header occur by chance in packed data, and a page may hold
//! packed files.

use std::io::{self, Read};

use super::cut::is_version_line;
use super::stream::Source;
use super::unpack::{BEGINNING_BYTES, Beginning, Magic, State, Unpacker, beginning, magic};

const SEARCH_BYTES: usize = 256 << 10;
/// What is kept back at the end of a searched stretch, so that no beginning is torn.
const TAIL_BYTES: usize = 32;

/// What a search takes for the beginning of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// Members and frames, for the inside of a damaged member.
    Packed,
    /// Those and plain records.
    Any,
}

/// Goes to the first place from the waiting byte number `passed` on where a record begins, or to
/// the end of the file.
pub(super) fn seek_record<R: Read>(
    source: &mut Source<R>,
    passed: usize,
    dictionary: &[u8],
    search: Search,
) -> io::Result<()> {
    let mut checked = passed;
    loop {
        let bytes = source.reach(SEARCH_BYTES)?;
        let Some(at) = candidate(bytes, checked.min(bytes.len()), search) else {
            let length = bytes.len();
            let searched = if source.ended() { length } else { length - TAIL_BYTES };
            source.consume(searched);
            if source.ended() {
                return Ok(());
            }
            checked = 0;
            continue;
        };
        source.consume(at);
        let packed = source.reach(BEGINNING_BYTES)?;
        if magic(packed) == Magic::Record || beginning(packed, dictionary) == Beginning::Record {
            return Ok(());
        }
        checked = 1;
    }
}

/// The first place from `from` on that looks like a beginning.
fn candidate(bytes: &[u8], from: usize, search: Search) -> Option<usize> {
    let first = memchr::memchr3_iter(0x1f, 0x28, b'W', &bytes[from..]);
    first.map(|at| from + at).find(|&at| match magic(&bytes[at..]) {
        Magic::Gzip | Magic::Zstd => true,
        Magic::Record => search == Search::Any && is_version_line(&bytes[at..]),
        Magic::Skippable | Magic::Begun | Magic::Unknown => false,
    })
}

/// What is the matter with a member that did not unpack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Diagnosis {
    /// Its bytes or its checksum are wrong.
    Damaged,
    /// No fault in these bytes, but they do not hold all of it.
    Unfinished,
}

/// Unpacks `packed`, at most `limit` bytes of text, only to see what happens. At the end of the
/// file (`ended`) a member that has no end is damaged, not cut, if another one begins inside it.
pub(super) fn diagnose(
    mut unpacker: Unpacker,
    packed: &[u8],
    ended: bool,
    limit: usize,
    dictionary: &[u8],
) -> Diagnosis {
    let mut room = vec![0; 64 << 10];
    let (mut from, mut text) = (0, 0);
    while text < limit {
        let step = unpacker.step(&packed[from..], &mut room);
        match step.state {
            State::Damaged => return Diagnosis::Damaged,
            State::Ended => return Diagnosis::Unfinished,
            State::Under if step.packed == 0 && step.text == 0 => break,
            State::Under => (from, text) = (from + step.packed, text + step.text),
        }
    }
    let mut inside = 1;
    while ended && let Some(at) = candidate(packed, inside.min(packed.len()), Search::Packed) {
        if beginning(&packed[at..], dictionary) == Beginning::Record {
            return Diagnosis::Damaged;
        }
        inside = at + 1;
    }
    Diagnosis::Unfinished
}
