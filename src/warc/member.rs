//! The text of gzip members and zstd frames (members, for short): one that is small enough is
//! unpacked whole and checked before any of it is given; a larger one, and one that the file end
//! cuts, is unpacked piece by piece.
//!
//! The whole of a member is needed before libdeflate can say anything, and it cannot tell a cut
//! member from a damaged one. So a refusal is answered with twice as many packed bytes, up to
//! 8 MiB, and what is refused then is looked at with the slower, streaming inflater. Of a member
//! with more packed bytes, records are given before its checksum is known, and members that
//! follow a damaged place are lost up to where the inflater notices it, 64 KiB as a rule.

use std::io::{self, Read};

use super::damage::{Diagnosis, diagnose};
use super::gzip::{Inflated, Inflater};
use super::head::HEAD_MAX;
use super::stream::{Source, Window};
use super::unpack::{Magic, State, Unpacker, magic};

/// Packed bytes of the first try, and of the last.
const FIRST_BYTES: usize = 128 << 10;
const WHOLE_MAX: usize = 8 << 20;
/// Room for the text of the first try.
const FIRST_TEXT_BYTES: usize = 256 << 10;
/// Room for more text than this is not guessed, because what is too much of it is touched too: such
/// a member is unpacked in steps.
const GUESSED_MAX: usize = 4 << 20;
/// Packed bytes and room of one step of a streaming unpacker.
const STEP_BYTES: usize = 64 << 10;

/// The text of the member under way.
pub(super) struct Member {
    text: Window,
    inflater: Inflater,
    /// The unpacker of a member whose text is not all there yet.
    under: Option<Unpacker>,
    /// The unpacker of the last zstd frame: its tables and its dictionary serve the next one.
    idle: Option<Unpacker>,
    dictionary: Vec<u8>,
    /// A member with more text is unpacked piece by piece.
    whole_text_max: usize,
}

/// What came of opening a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// Its text, or the beginning of it, is there.
    Text,
    /// It is damaged; nothing was passed over.
    Damaged,
}

/// What came of pulling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulled {
    /// Perhaps more text, perhaps the end of the member.
    Text,
    /// The member is damaged here.
    Damaged,
    /// The file ends inside the member.
    Truncated,
}

impl Member {
    /// The largest zstd dictionary, packed and unpacked.
    pub(super) const DICTIONARY_MAX: usize = 16 << 20;

    pub(super) fn new(max_record: usize) -> Member {
        Member {
            text: Window::default(),
            inflater: Inflater::new(),
            under: None,
            idle: None,
            dictionary: Vec::new(),
            whole_text_max: max_record + HEAD_MAX,
        }
    }

    /// The text that was not cut yet.
    pub(super) fn text(&self) -> &Window {
        &self.text
    }

    /// The same, to pass over some.
    pub(super) fn text_mut(&mut self) -> &mut Window {
        &mut self.text
    }

    /// Whether all text of the member is there.
    pub(super) fn whole(&self) -> bool {
        self.under.is_none()
    }

    /// The dictionary of the file's zstd frames; empty if it has none.
    pub(super) fn dictionary(&self) -> &[u8] {
        &self.dictionary
    }

    /// Gives up the member under way and its text.
    pub(super) fn abandon(&mut self) {
        self.text.clear();
        self.under = None;
    }

    /// Opens the member or frame that begins at the first waiting byte; its text follows the text
    /// that is there.
    pub(super) fn open<R: Read>(
        &mut self,
        source: &mut Source<R>,
        magic: Magic,
    ) -> io::Result<Opened> {
        let mut wanted = FIRST_BYTES;
        loop {
            source.reach(wanted)?;
            let (bytes, ended) = (source.window().bytes(), source.ended());
            let packed = &bytes[..bytes.len().min(WHOLE_MAX)];
            let whole = match magic {
                Magic::Zstd => self.unpack_whole(packed, magic)?,
                _ => self.inflate_member(packed)?,
            };
            match whole {
                Inflated::Member { packed, .. } => {
                    source.consume_for_good(packed);
                    return Ok(Opened::Text);
                }
                Inflated::NoRoom => break,
                Inflated::Refused if packed.len() < WHOLE_MAX && !ended => {
                    wanted = (2 * wanted).min(WHOLE_MAX);
                }
                Inflated::Refused => {
                    let unpacker = self.unpacker(magic)?;
                    let all = ended && packed.len() == bytes.len();
                    let (limit, dictionary) = (self.whole_text_max, &self.dictionary[..]);
                    match diagnose(unpacker, packed, all, limit, dictionary) {
                        Diagnosis::Damaged => return Ok(Opened::Damaged),
                        Diagnosis::Unfinished => break,
                    }
                }
            }
        }
        self.under = Some(self.unpacker(magic)?);
        Ok(Opened::Text)
    }

    /// An unpacker at its beginning: the idle one if it serves.
    fn unpacker(&mut self, magic: Magic) -> io::Result<Unpacker> {
        match self.idle.take() {
            Some(unpacker) if magic == Magic::Zstd => Ok(unpacker),
            _ => Unpacker::new(magic, &self.dictionary),
        }
    }

    /// Adds the text of a gzip member, which takes as much room as it needs.
    fn inflate_member(&mut self, packed: &[u8]) -> io::Result<Inflated> {
        let most = self.whole_text_max.min(GUESSED_MAX);
        let mut length = FIRST_TEXT_BYTES.min(most);
        loop {
            let room = self.text.room(length);
            let room_length = room.len().min(most);
            let inflated = self.inflater.member(packed, &mut room[..room_length]);
            match inflated {
                Inflated::NoRoom if room_length < most => length = (2 * room_length).min(most),
                Inflated::NoRoom if most < self.whole_text_max => {
                    return self.unpack_whole(packed, Magic::Gzip);
                }
                Inflated::Member { text, .. } => {
                    self.text.add(text);
                    return Ok(inflated);
                }
                Inflated::NoRoom | Inflated::Refused => return Ok(inflated),
            }
        }
    }

    /// The same in steps, for a zstd frame or a large gzip member.
    fn unpack_whole(&mut self, packed: &[u8], magic: Magic) -> io::Result<Inflated> {
        let mut unpacker = self.unpacker(magic)?;
        let (mut from, mut text) = (0, 0);
        let unpacked = loop {
            let room = self.text.room(STEP_BYTES);
            let room_length = room.len().min(self.whole_text_max - text);
            let step = unpacker.step(&packed[from..], &mut room[..room_length]);
            self.text.add(step.text);
            (from, text) = (from + step.packed, text + step.text);
            match step.state {
                State::Ended => break Inflated::Member { packed: from, text },
                State::Damaged => break Inflated::Refused,
                // Where there is no room, what ends the member may still be taken.
                State::Under if step.packed > 0 || step.text > 0 => {}
                State::Under if text == self.whole_text_max => break Inflated::NoRoom,
                State::Under => break Inflated::Refused,
            }
        };
        if !matches!(unpacked, Inflated::Member { .. }) {
            self.text.retract(text);
        }
        self.idle = unpacker.restarted();
        Ok(unpacked)
    }

    /// Unpacks a further piece of the member under way.
    pub(super) fn pull<R: Read>(&mut self, source: &mut Source<R>) -> io::Result<Pulled> {
        let Some(unpacker) = &mut self.under else { return Ok(Pulled::Text) };
        let bytes = source.reach(STEP_BYTES)?;
        let packed = &bytes[..bytes.len().min(STEP_BYTES)];
        let step = unpacker.step(packed, &mut self.text.room(STEP_BYTES)[..STEP_BYTES]);
        if step.state == State::Damaged {
            // The next member may begin among the bytes of this step.
            return Ok(Pulled::Damaged);
        }
        self.text.add(step.text);
        source.consume_for_good(step.packed);
        match step.state {
            State::Ended => self.idle = self.under.take().and_then(Unpacker::restarted),
            _ if step.packed == 0 && step.text == 0 => return Ok(Pulled::Truncated),
            _ => {}
        }
        Ok(Pulled::Text)
    }

    /// Takes over the dictionary that stands in a skippable frame at the beginning of a
    /// `.warc.zst` file, plain or itself packed
    /// (<https://iipc.github.io/warc-specifications/specifications/warc-zstd/>).
    pub(super) fn read_dictionary(&mut self, content: &[u8]) {
        let packed = || zstd::bulk::decompress(content, Member::DICTIONARY_MAX);
        let dictionary = match magic(content) {
            Magic::Zstd => packed().unwrap_or_default(),
            _ => content.to_vec(),
        };
        if Unpacker::new(Magic::Zstd, &dictionary).is_ok() {
            self.dictionary = dictionary;
        }
    }
}
