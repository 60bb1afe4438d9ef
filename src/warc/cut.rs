//! Cutting one record out of unpacked text.
//!
//! A record is a header block, a blank line, Content-Length bytes, and two line ends. The stated
//! length is believed where two line ends follow it, or the next record, or the end. Everything
//! else is repaired: the block then ends at the next version line (`WARC/1.1`) with a field after
//! it, searched from the beginning of the block, or at the end of the member.
//! So a length that is too large takes nothing from the next record, and one that is too small
//! loses nothing; only a page that both quotes a whole record and has a wrong length is cut short.

use super::head::{self, Field, HEAD_MAX};
use super::unpack::{Magic, is_padding, magic, starts_record, starts_torn_record};

/// What stands behind the text that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// More text.
    Open,
    /// The end of a member; the next member may go on with the record.
    Member,
    /// The end of a member, and nothing goes on with the record.
    Last,
    /// The end of the file.
    File,
}

/// What the text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// A record.
    Record(Piece),
    /// No record begins here.
    Junk,
    /// A record that cannot be understood begins here.
    Bad,
    /// A record larger than the limit begins here.
    TooLarge,
    /// It takes as much text to decide.
    More(usize),
    /// The record goes on behind the end.
    Short,
}

/// The parts of a record, as offsets from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// The end of the header block, where the block begins.
    pub(super) head: usize,
    /// The end of the block.
    pub(super) block: usize,
    /// The end of the record with the line ends that close it.
    pub(super) end: usize,
    /// Whether Content-Length was not the length of the block.
    pub(super) repaired: bool,
}

/// What the ends of a block may take up: two line ends and the beginning of a record.
const CLOSE_BYTES: usize = 16;
/// The first look at a record.
const LOOK_BYTES: usize = 16 << 10;

/// Cuts the record that begins at the first byte; `fields` becomes its header. A block may have
/// `max_record` bytes.
pub(super) fn cut(text: &[u8], end: End, max_record: usize, fields: &mut Vec<Field>) -> Cut {
    if end == End::Open && text.len() < CLOSE_BYTES {
        return Cut::More(CLOSE_BYTES);
    }
    if !starts_record(text) {
        let torn = end == End::Member && starts_torn_record(text);
        return if torn { Cut::Short } else { Cut::Junk };
    }
    let head = match head_end(text) {
        HeadEnd::At(head) => head,
        HeadEnd::Broken => return Cut::Bad,
        HeadEnd::Missing if text.len() >= HEAD_MAX => return Cut::Bad,
        HeadEnd::Missing => {
            return match end {
                End::Open => Cut::More((2 * text.len()).clamp(LOOK_BYTES, HEAD_MAX)),
                End::Member | End::File => Cut::Short,
                End::Last => Cut::Bad,
            };
        }
    };
    head::split(&text[..head], fields);
    if fields.is_empty() {
        return Cut::Bad;
    }
    let stated = head::content_length(text, fields);
    let limit = head + max_record;
    let stop =
        stated.map(|length| head.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)));
    if let Some(stop) = stop.filter(|&stop| stop <= limit) {
        if end == End::Open && text.len() < stop + CLOSE_BYTES {
            return Cut::More(stop + CLOSE_BYTES);
        }
        if let Some(piece) = text.get(stop..).and_then(|rest| close(text, head, stop, rest, end)) {
            return Cut::Record(piece);
        }
    }
    repair(text, head, stop, limit, end)
}

/// Where a header block ends.
enum HeadEnd {
    /// Behind its blank line.
    At(usize),
    /// Another record begins before the blank line.
    Broken,
    /// There is no blank line.
    Missing,
}

fn head_end(text: &[u8]) -> HeadEnd {
    let mut from = 0;
    for feed in memchr::memchr_iter(b'\n', &text[..text.len().min(HEAD_MAX)]) {
        let line = &text[from..feed];
        if from > 0 && matches!(line, b"" | b"\r") {
            return HeadEnd::At(feed + 1);
        }
        // A version line, perhaps behind the stump of a field.
        let version = (from + line.trim_ascii_end().len()).saturating_sub(b"WARC/1.0".len());
        if from > 0 && version >= from && is_version_line(&text[version..]) {
            return HeadEnd::Broken;
        }
        from = feed + 1;
    }
    HeadEnd::Missing
}

/// The record whose block ends at `stop`, if what stands there, `rest`, says that it does.
fn close(text: &[u8], head: usize, stop: usize, rest: &[u8], end: End) -> Option<Piece> {
    let piece = |block, end| Some(Piece { head, block, end, repaired: block != stop });
    let one = line_end(rest);
    let two = line_end(&rest[one..]);
    let after = stop + one + two;
    if one > 0 && two > 0 {
        // A line end torn in two: the length is one too large.
        let torn = one == 1 && two == 2 && stop > head && text[stop - 1] == b'\r';
        let whole = matches!(end, End::Member | End::Last);
        // Something follows that is no record. Inside a member it belongs to the page, and the
        // length happens to end at a blank line. In a plain file it may as well be garbage,
        // unless the length went too far and happens to end at a blank line of another record.
        let wrong = !is_due(&text[after..], !whole)
            && (whole || next_record(&text[..stop], head).is_some());
        return if wrong { None } else { piece(stop - usize::from(torn), after) };
    }
    if after < text.len() && !starts_record(&text[after..]) {
        return None;
    }
    // The length may take in a part of the line ends that close the record, or all of them.
    if text[head..after].ends_with(b"\r\n\r\n") && after < stop + 4 {
        return piece(after - 4, after);
    }
    piece(stop, after)
}

/// Whether what follows a record may follow one: padding, a record, or a member.
fn is_due(follows: &[u8], members: bool) -> bool {
    let padding = follows.iter().take_while(|&&byte| is_padding(byte)).count();
    match magic(&follows[padding..]) {
        Magic::Record | Magic::Begun => true,
        Magic::Gzip | Magic::Zstd | Magic::Skippable => members,
        Magic::Unknown => false,
    }
}

/// The record whose length is missing or wrong. `stop` is the stated end of its block.
fn repair(text: &[u8], head: usize, stop: Option<usize>, limit: usize, end: End) -> Cut {
    let piece = |end| {
        let block = head + unclosed(&text[head..end]);
        if block > limit {
            return Cut::TooLarge;
        }
        Cut::Record(Piece { head, block, end, repaired: true })
    };
    let limit = limit + CLOSE_BYTES;
    if let Some(next) = next_record(&text[..text.len().min(limit)], head) {
        return piece(next);
    }
    let beyond = stop.is_some_and(|stop| stop > text.len());
    match end {
        _ if text.len() >= limit => Cut::TooLarge,
        End::Open => Cut::More((2 * text.len()).max(LOOK_BYTES).min(limit)),
        End::Member if beyond => Cut::Short,
        // A file that was cut seldom ends as a record does; one with a wrong length always.
        End::File if beyond && !ends_as_record(text, head) => Cut::Short,
        _ => piece(text.len()),
    }
}

/// Whether the text ends with two line ends of the kind that ends the header block.
fn ends_as_record(text: &[u8], head: usize) -> bool {
    let close: &[u8] = if text[..head].ends_with(b"\r\n") { b"\r\n\r\n" } else { b"\n\n" };
    text[head..].ends_with(close)
}

/// The place from `from` on where a version line stands. It need not begin a line: what stands
/// before it may be the stump of a damaged record.
pub(super) fn next_record(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    memchr::memchr2_iter(b'W', b'w', rest)
        .map(|at| from + at)
        .find(|&at| is_version_line(&text[at..]))
}

/// Whether a version line stands here with the first letter of a field after it.
pub(super) fn is_version_line(text: &[u8]) -> bool {
    if !starts_record(text) {
        return false;
    }
    let version = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b' ' | b'\t');
    let number = text[5..].iter().take(16).take_while(|&byte| version(byte)).count();
    let rest = &text[5 + number..];
    let line = line_end(rest);
    line > 0 && rest.get(line).is_some_and(u8::is_ascii_alphabetic)
}

/// The length of the line end that stands here, or 0.
fn line_end(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

/// The length of the text without the two line ends that close a record.
fn unclosed(text: &[u8]) -> usize {
    let once = |text: &[u8]| match text {
        [.., b'\r', b'\n'] => text.len() - 2,
        [.., b'\n'] => text.len() - 1,
        _ => text.len(),
    };
    once(&text[..once(text)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: ";

    /// A record that states `length`, then `rest`.
    fn text(length: &str, rest: &str) -> Vec<u8> {
        format!("{HEAD}{length}\r\n\r\n{rest}").into_bytes()
    }

    fn block(length: &str, rest: &str, end: End) -> (String, bool, usize) {
        let text = text(length, rest);
        match cut(&text, end, 1000, &mut Vec::new()) {
            Cut::Record(piece) => (
                String::from_utf8_lossy(&text[piece.head..piece.block]).into_owned(),
                piece.repaired,
                text.len() - piece.end,
            ),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_length_is_believed_or_repaired() {
        let next = "WARC/1.0\r\nWARC-Type: request\r\n\r\n";
        for (length, close, expected, repaired) in [
            ("9", "\r\n\r\n", "some text", false),
            ("9", "\n\n", "some text", false),
            ("9", "\r\n", "some text", false),
            ("9", "", "some text", false),
            ("5", "\r\n\r\n", "some text", true),
            ("8", "\r\n\r\n", "some text", true),
            ("10", "\r\n\r\n", "some text", true),
            ("11", "\r\n\r\n", "some text", true),
            ("12", "\r\n\r\n", "some text", true),
            ("13", "\r\n\r\n", "some text", true),
            ("14", "\r\n\r\n", "some text", true),
            ("40", "\r\n\r\n", "some text", true),
            ("x", "\r\n\r\n", "some text", true),
            ("-9", "\r\n\r\n", "some text", true),
            ("99999999999999999999", "\r\n\r\n", "some text", true),
            ("18446744073709551615", "\r\n\r\n", "some text", true),
        ] {
            let found = block(length, &format!("some text{close}{next}"), End::File);
            assert_eq!(found, (expected.into(), repaired, next.len()), "{length} {close:?}");
            let found = block(length, &format!("some text{close}"), End::Last);
            assert_eq!((&*found.0, found.1), (expected, repaired), "{length} {close:?} at the end");
        }
    }

    #[test]
    fn a_block_of_unknown_length_keeps_to_the_bound_to_the_byte() {
        for (length, next) in [(999, ""), (1000, ""), (1001, ""), (1003, ""), (1001, "WARC/1.0\nA")]
        {
            for close in ["", "\r\n\r\n"] {
                let text = text("x", &format!("{}{close}{next}", "x".repeat(length)));
                let cut = cut(&text, End::File, 1000, &mut Vec::new());
                assert_eq!(matches!(cut, Cut::Record(_)), length <= 1000, "{length} {close:?}");
            }
        }
    }

    #[test]
    fn a_page_that_quotes_a_record_is_whole_if_its_length_is_right() {
        let page = "<pre>\r\nWARC/1.0\r\nWARC-Type: response\r\n\r\n</pre>";
        let found = block(&page.len().to_string(), &format!("{page}\r\n\r\n"), End::File);
        assert_eq!(found, (page.into(), false, 0));
    }

    #[test]
    fn text_that_ends_early_is_short_or_wants_more() {
        let mut fields = Vec::new();
        let mut cut = |length, rest: &str, end| cut(&text(length, rest), end, 1000, &mut fields);
        assert_eq!(cut("50", "some", End::Member), Cut::Short);
        assert_eq!(cut("50", "some", End::File), Cut::Short);
        assert!(matches!(cut("50", "some", End::Open), Cut::More(_)));
        assert!(matches!(cut("5000", "some", End::Open), Cut::More(_)));
        assert_eq!(cut("5000", &"x".repeat(2000), End::Open), Cut::TooLarge);
        assert_eq!(cut("2000", &"x".repeat(2000), End::Last), Cut::TooLarge);
    }

    #[test]
    fn a_header_block_without_end_or_fields_is_bad() {
        let mut fields = Vec::new();
        let mut cut = |text: &[u8], end| cut(text, end, 1000, &mut fields);
        assert_eq!(cut(b"WARC/1.0\r\nWARC-Type: response\r\n", End::Last), Cut::Bad);
        assert_eq!(cut(b"WARC/1.0\r\nWARC-Type: response\r\n", End::Member), Cut::Short);
        assert_eq!(cut(b"WARC/1.0\r\n\r\ntext\r\n\r\n", End::Last), Cut::Bad);
        let cut_off = b"WARC/1.0\r\nWARC-Ty\r\nWARC/1.0\r\nWARC-Type: request\r\n\r\n";
        assert_eq!(cut(cut_off, End::Last), Cut::Bad);
        assert_eq!(cut(b"no record at all", End::Last), Cut::Junk);
    }
}
