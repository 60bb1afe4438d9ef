//! The text of gzip members and zstd frames: a member that is small enough is inflated whole and
//! checked before any of it is given; a larger one, one that the file end cuts, and every zstd
//! frame is unpacked piece by piece.
//!
//! The whole of a member is needed before libdeflate can say anything, and it cannot tell a cut
//! member from a damaged one. So a refusal is answered with twice as many packed bytes, up to
//! 8 MiB, and what is refused then is looked at with the slower, streaming inflater.

use std::io::{self, Read};

use super::damage::{Diagnosis, diagnose};
use super::gzip::{Inflated, Inflater};
use super::head::HEAD_MAX;
use super::stream::{Source, Window};
use super::unpack::{Magic, State, Unpacker, magic};

/// Packed bytes of the first try, and of the last.
const FIRST_BYTES: usize = 256 << 10;
const WHOLE_MAX: usize = 8 << 20;
/// Room for the text of the first try.
const FIRST_TEXT_BYTES: usize = 1 << 20;
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
        if magic == Magic::Zstd {
            let unpacker = match self.idle.take() {
                Some(unpacker) => unpacker,
                None => Unpacker::new(Magic::Zstd, &self.dictionary)?,
            };
            self.under = Some(unpacker);
            return Ok(Opened::Text);
        }
        let mut wanted = FIRST_BYTES;
        loop {
            source.reach(wanted)?;
            let (bytes, ended) = (source.window().bytes(), source.ended());
            let packed = &bytes[..bytes.len().min(WHOLE_MAX)];
            match inflate(&mut self.inflater, packed, &mut self.text, self.whole_text_max) {
                Inflated::Member { packed, text } => {
                    self.text.add(text);
                    source.consume(packed);
                    return Ok(Opened::Text);
                }
                Inflated::NoRoom => break,
                Inflated::Refused if packed.len() < WHOLE_MAX && !ended => {
                    wanted = (2 * wanted).min(WHOLE_MAX);
                }
                Inflated::Refused => {
                    let all = ended && packed.len() == bytes.len();
                    match diagnose(packed, all, self.whole_text_max)? {
                        Diagnosis::Damaged => return Ok(Opened::Damaged),
                        Diagnosis::Unfinished => break,
                    }
                }
            }
        }
        self.under = Some(Unpacker::new(Magic::Gzip, &[])?);
        Ok(Opened::Text)
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
        source.consume(step.packed);
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

/// Inflates one member behind the text that is there, into as much room as it needs.
fn inflate(inflater: &mut Inflater, packed: &[u8], text: &mut Window, most: usize) -> Inflated {
    let mut length = FIRST_TEXT_BYTES.min(most);
    loop {
        let room = text.room(length);
        let room_length = room.len().min(most);
        match inflater.member(packed, &mut room[..room_length]) {
            Inflated::NoRoom if room_length < most => length = (2 * room_length).min(most),
            done => return done,
        }
    }
}
