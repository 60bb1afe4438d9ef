//! The reader: every record and every damage of a file, in file order.
//!
//! Between members the reader looks at the bytes that come: a gzip member or a zstd frame is
//! opened and records are cut out of its text; a plain record is cut out of the packed bytes
//! themselves; line ends and zero bytes are passed over in silence, as are empty members and
//! skippable zstd frames; anything else is `garbage` up to the next beginning of a record.

use std::io::{self, Read};

use super::cut::{Cut, End, Piece, cut, next_record};
use super::damage::{Search, seek_record};
use super::head::{Field, HEAD_MAX};
use super::member::{Member, Opened, Pulled};
use super::record::Record;
use super::stream::Source;
use super::unpack::{BEGINNING_BYTES, Beginning, MAGIC_BYTES, Magic, beginning, is_padding, magic};
use crate::outcome::Outcome;

/// The first look at a plain record, and the further text at a time while passing over some.
const LOOK_BYTES: usize = 64 << 10;
/// What is kept of text that is passed over, so that no version line is torn.
const TAIL_BYTES: usize = 32;

/// One thing found in a file.
///
/// `offset` and `length` say which packed bytes hold it: a plain record's own, else those of its
/// member (or members) from the first byte. Records of one member share its offset; in a member
/// too large to be read whole, the length is what had to be read of it to see the record. In a
/// file with one record a member, as the standard recommends, spans are disjoint and leave out
/// padding only.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Where its packed bytes begin in the file.
    pub offset: u64,
    /// The number of its packed bytes.
    pub length: u64,
    /// What it is.
    pub content: Content<'a>,
}

/// What an [`Entry`] is.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// A record.
    Record(Record<'a>),
    /// Bytes without a readable record: [`Outcome::Garbage`] (belongs to no record),
    /// [`Outcome::BadMember`] (deflate data or checksum wrong: nothing of a member is given
    /// unless it is sound, or too large to be held), [`Outcome::TruncatedMember`] (the file
    /// ends), [`Outcome::BadRecord`] (no header block in it) or [`Outcome::TooLarge`].
    Damaged(Outcome),
}

/// Reads a WARC file from any byte source, packed in any way; see the module.
pub struct Reader<R> {
    source: Source<R>,
    member: Member,
    fields: Vec<Field>,
    max_record: usize,
    place: Place,
    /// Where the member begins that holds the next text.
    start: u64,
    /// The second of two members that share a record: where it begins, and how much text that
    /// was not cut yet stands before it.
    seam: Option<(u64, usize)>,
    /// Everything before this was reported.
    reported: u64,
    /// Whether zstd frames were seen.
    frames: bool,
}

/// Where the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where a member, a frame or a plain record is due.
    Between,
    /// In the text of a member.
    Inside,
    /// The same, and no further member goes on with the record.
    InsideLast,
}

/// An entry before it borrows.
struct Found {
    offset: u64,
    length: u64,
    what: What,
}

enum What {
    Plain(Piece),
    Packed(Piece),
    Damaged(Outcome),
}

impl<R: Read> Reader<R> {
    /// Reads `source` from where it stands, which counts as offset 0. A record whose block has
    /// more than `max_record` bytes becomes [`Outcome::TooLarge`].
    pub fn new(source: R, max_record: u64) -> Reader<R> {
        // A quarter of the address space: sums with it cannot overflow.
        let max_record = usize::try_from(max_record).unwrap_or(usize::MAX).min(usize::MAX >> 2);
        Reader {
            source: Source::new(source),
            member: Member::new(max_record),
            fields: Vec::new(),
            max_record,
            place: Place::Between,
            start: 0,
            seam: None,
            reported: 0,
            frames: false,
        }
    }

    /// The packed bytes passed so far.
    pub fn position(&self) -> u64 {
        self.source.offset()
    }

    /// The next record or damage; `None` at the end of the file. Errors are those of the source.
    #[expect(clippy::should_implement_trait, reason = "an entry borrows from its reader")]
    pub fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        let Some(Found { offset, length, what }) = self.find()? else { return Ok(None) };
        let (window, piece) = match what {
            What::Plain(piece) => (self.source.window(), piece),
            What::Packed(piece) => (self.member.text(), piece),
            What::Damaged(outcome) => {
                return Ok(Some(Entry { offset, length, content: Content::Damaged(outcome) }));
            }
        };
        let raw = &window.used(piece.end)[..piece.block];
        let record = Record::new(raw, piece.head, &self.fields, piece.repaired);
        Ok(Some(Entry { offset, length, content: Content::Record(record) }))
    }

    fn find(&mut self) -> io::Result<Option<Found>> {
        loop {
            let found = match self.place {
                Place::Between => {
                    self.pass_padding()?;
                    self.start = self.source.offset();
                    if self.source.reach(1)?.is_empty() {
                        return Ok(None);
                    }
                    self.begin()?
                }
                Place::Inside | Place::InsideLast => self.cut_member()?,
            };
            // A member may be cut behind everything that was reported of it already.
            if let Some(found) = found.filter(|found| found.length > 0) {
                self.reported = self.source.offset();
                return Ok(Some(found));
            }
        }
    }

    fn pass_padding(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.source.reach(1)?;
            let padding = bytes.iter().take_while(|&&byte| is_padding(byte)).count();
            let more = padding > 0 && padding == bytes.len();
            self.source.consume(padding);
            if !more {
                return Ok(());
            }
        }
    }

    /// Looks at what begins here; gives it if it is no member.
    fn begin(&mut self) -> io::Result<Option<Found>> {
        let bytes = self.source.reach(MAGIC_BYTES)?;
        match magic(bytes) {
            kind @ (Magic::Gzip | Magic::Zstd) => {
                self.frames |= kind == Magic::Zstd;
                self.member.abandon();
                match self.member.open(&mut self.source, kind)? {
                    Opened::Text => self.place = Place::Inside,
                    Opened::Damaged => {
                        return self.lose(Outcome::BadMember, Search::Packed).map(Some);
                    }
                }
                Ok(None)
            }
            Magic::Skippable if self.start == 0 || self.frames => self.pass_frame(),
            Magic::Record => self.cut_plain().map(Some),
            Magic::Begun => {
                let all = bytes.len();
                self.source.consume(all);
                Ok(Some(self.found(What::Damaged(Outcome::TruncatedMember))))
            }
            Magic::Skippable | Magic::Unknown => self.lose(Outcome::Garbage, Search::Any).map(Some),
        }
    }

    /// Passes over a skippable zstd frame; the first of a file may be the dictionary.
    fn pass_frame(&mut self) -> io::Result<Option<Found>> {
        const HEADER_BYTES: usize = 8;
        let header = self.source.reach(HEADER_BYTES)?;
        let mut left = match header.get(4..HEADER_BYTES) {
            Some(&[a, b, c, d]) => HEADER_BYTES + u32::from_le_bytes([a, b, c, d]) as usize,
            _ => usize::MAX,
        };
        if self.start == 0 && left <= Member::DICTIONARY_MAX {
            let frame = self.source.reach(left)?;
            if let Some(content) = frame.get(HEADER_BYTES..left) {
                self.member.read_dictionary(content);
            }
        }
        while left > 0 {
            let passed = self.source.reach(1)?.len().min(left);
            if passed == 0 {
                return Ok(Some(self.found(What::Damaged(Outcome::TruncatedMember))));
            }
            self.source.consume(passed);
            left -= passed;
        }
        Ok(None)
    }

    /// Cuts a record that is not packed.
    fn cut_plain(&mut self) -> io::Result<Found> {
        let mut wanted = LOOK_BYTES;
        loop {
            let length = self.source.reach(wanted)?.len();
            let end = if self.source.ended() { End::File } else { End::Open };
            let text = self.source.window().bytes();
            match cut(text, end, self.max_record, &mut self.fields) {
                Cut::Record(piece) => {
                    self.source.consume(piece.end);
                    return Ok(self.found(What::Plain(piece)));
                }
                Cut::More(more) => wanted = more,
                Cut::Short => {
                    self.source.consume(length);
                    return Ok(self.found(What::Damaged(Outcome::TruncatedMember)));
                }
                Cut::TooLarge => {
                    // No record begins in there.
                    self.source.consume(length.min(self.max_record));
                    return self.lose(Outcome::TooLarge, Search::Any);
                }
                Cut::Bad | Cut::Junk => return self.lose(Outcome::BadRecord, Search::Any),
            }
        }
    }

    /// Cuts the next record out of the member's text; `None` if no text is left.
    fn cut_member(&mut self) -> io::Result<Option<Found>> {
        loop {
            let text = self.member.text().bytes();
            let padding = text.iter().take_while(|&&byte| is_padding(byte)).count();
            let empty = padding == text.len();
            self.pass_text(padding);
            if empty && self.member.whole() {
                self.place = Place::Between;
                return Ok(None);
            }
            let end = match self.place {
                _ if !self.member.whole() => End::Open,
                Place::InsideLast => End::Last,
                Place::Inside | Place::Between => End::Member,
            };
            let text = self.member.text().bytes();
            match cut(text, end, self.max_record, &mut self.fields) {
                Cut::Record(piece) => {
                    let found = self.found(What::Packed(piece));
                    self.pass_text(piece.end);
                    return Ok(Some(found));
                }
                Cut::More(wanted) => {
                    if let Some(found) = self.pull(wanted)? {
                        return Ok(Some(found));
                    }
                }
                Cut::Short if self.join()? => {}
                Cut::Short => self.place = Place::InsideLast,
                Cut::TooLarge => return self.lose_text(Outcome::TooLarge).map(Some),
                Cut::Bad => return self.lose_text(Outcome::BadRecord).map(Some),
                // A member that does not begin with a record: one that was damaged, not a gap.
                Cut::Junk if self.reported <= self.start => {
                    return self.lose_text(Outcome::BadRecord).map(Some);
                }
                Cut::Junk => return self.lose_text(Outcome::Garbage).map(Some),
            }
        }
    }

    /// Unpacks until `wanted` bytes of text wait or the member ends; gives the damage it meets.
    fn pull(&mut self, wanted: usize) -> io::Result<Option<Found>> {
        while self.member.text().bytes().len() < wanted && !self.member.whole() {
            match self.member.pull(&mut self.source)? {
                Pulled::Text => continue,
                Pulled::Damaged => {
                    self.leave();
                    return self.lose(Outcome::BadMember, Search::Packed).map(Some);
                }
                Pulled::Truncated => {
                    self.leave();
                    let rest = self.source.reach(1)?.len();
                    self.source.consume(rest);
                    return Ok(Some(self.found(What::Damaged(Outcome::TruncatedMember))));
                }
            }
        }
        Ok(None)
    }

    /// Gives up a member that was reported up to some point.
    fn leave(&mut self) {
        self.member.abandon();
        self.place = Place::Between;
        self.seam = None;
        self.start = self.start.max(self.reported);
    }

    /// Appends the text of the next member if it goes on with the record at hand: if it unpacks,
    /// and to something that is not the beginning of a record.
    fn join(&mut self) -> io::Result<bool> {
        let waiting = self.member.text().bytes().len();
        if self.place == Place::InsideLast || waiting > self.max_record.saturating_add(HEAD_MAX) {
            return Ok(false);
        }
        let at = self.source.offset();
        let packed = self.source.reach(BEGINNING_BYTES)?;
        let kind = magic(packed);
        if !matches!(kind, Magic::Gzip | Magic::Zstd)
            || beginning(packed, self.member.dictionary()) != Beginning::Other
            || self.member.open(&mut self.source, kind)? == Opened::Damaged
        {
            return Ok(false);
        }
        self.seam = Some((at, waiting));
        Ok(true)
    }

    /// Passes over text of the member, and over the seam between two members.
    fn pass_text(&mut self, length: usize) {
        self.member.text_mut().consume(length);
        if let Some((start, before)) = self.seam {
            self.seam =
                before.checked_sub(length).filter(|&left| left > 0).map(|left| (start, left));
            if self.seam.is_none() {
                self.start = start;
            }
        }
    }

    /// Reports the packed bytes from here to the next beginning of a record.
    fn lose(&mut self, outcome: Outcome, search: Search) -> io::Result<Found> {
        let passed = usize::from(self.source.offset() == self.start);
        seek_record(&mut self.source, passed, self.member.dictionary(), search)?;
        Ok(self.found(What::Damaged(outcome)))
    }

    /// Reports the text from here to the next record in the member, or to its end.
    fn lose_text(&mut self, outcome: Outcome) -> io::Result<Found> {
        loop {
            let text = self.member.text().bytes();
            let next = next_record(text, 1);
            if next.is_some() || self.member.whole() {
                let passed = next.unwrap_or(text.len());
                let found = self.found(What::Damaged(outcome));
                self.pass_text(passed);
                return Ok(found);
            }
            let kept = text.len().min(TAIL_BYTES);
            self.pass_text(text.len() - kept);
            if let Some(found) = self.pull(kept + LOOK_BYTES)? {
                return Ok(found);
            }
        }
    }

    /// What was found between the beginning of the member and here.
    fn found(&self, what: What) -> Found {
        Found { offset: self.start, length: self.source.offset() - self.start, what }
    }
}
