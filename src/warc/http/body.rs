//! Undoing transfer and content codings, where they are really there.
//!
//! A crawler may have undone them and left the header as it was (Common Crawl renames it to
//! `X-Crawler-Content-Encoding`), so a coding is undone only if the header names it *and* the
//! bytes look like it: a first chunk line, the magic of gzip and zstd, the two header bytes of
//! zlib. Raw deflate and brotli have no magic: they are tried, and if they do not come to their
//! end and the bytes look like text, the body is that text. A body that breaks off gives its
//! sound beginning.

use std::io::{ErrorKind, Read};

use super::Response;
use crate::outcome::Outcome;

/// The largest window of a body in zstd, as a power of two (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;
/// A body may be packed as often as this.
const CODINGS_MAX: usize = 4;

/// The body without its codings.
pub(super) fn decoded<'b>(
    response: &Response<'b>,
    limit: usize,
    packed_limit: usize,
    buffer: &'b mut Vec<u8>,
) -> Result<&'b [u8], Outcome> {
    let raw = response.body;
    let chunked = response.field("Transfer-Encoding").is_some_and(|value| names(&value, "chunked"));
    let mut unpacked = false;
    if chunked && let Some(end) = first_chunk(raw) {
        if raw.len() > packed_limit {
            return Err(Outcome::TooCostly);
        }
        buffer.clear();
        join_chunks(raw, end, buffer);
        unpacked = true;
    }
    let codings = response.field("Content-Encoding").unwrap_or_default();
    for name in codings.rsplit(|&byte| byte == b',').take(CODINGS_MAX) {
        let Some(coding) = Coding::named(name.trim_ascii()) else { continue };
        let packed = if unpacked { &buffer[..] } else { raw };
        // The record, the form at hand and what the decoder looks back at stand beside the next form.
        let held =
            raw.len() + if unpacked { packed.len() } else { 0 } + coding.window().min(packed.len());
        if held > packed_limit {
            match coding.shows_in(packed) {
                true => return Err(Outcome::TooCostly),
                false => continue,
            }
        }
        let mut text = Vec::new();
        match coding.undo(packed, limit, &mut text)? {
            Undone::Absent => {}
            Undone::Text => {
                *buffer = text;
                unpacked = true;
            }
        }
    }
    let body: &'b [u8] = if unpacked { buffer } else { raw };
    if body.len() > limit { Err(Outcome::TooLarge) } else { Ok(body) }
}

/// Whether a list of codings names one.
fn names(list: &[u8], coding: &str) -> bool {
    list.split(|&byte| byte == b',')
        .any(|name| name.trim_ascii().eq_ignore_ascii_case(coding.as_bytes()))
}

/// The size and the data offset of the chunk whose line begins at `at`.
fn chunk(body: &[u8], at: usize) -> Option<(usize, usize)> {
    let line = &body[at..];
    let feed = memchr::memchr(b'\n', &line[..line.len().min(1024)])?;
    let text = line[..feed].trim_ascii();
    let digits = text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let extension = text[digits..].trim_ascii_start();
    if digits == 0 || digits > 15 || !(extension.is_empty() || extension.starts_with(b";")) {
        return None;
    }
    let size = usize::from_str_radix(std::str::from_utf8(&text[..digits]).ok()?, 16).ok()?;
    Some((size, at + feed + 1))
}

/// The offset of the first chunk's line if the body really is chunked: the line is a size, and
/// that many bytes are followed by a line end or break off.
fn first_chunk(body: &[u8]) -> Option<usize> {
    let at = body.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let (size, data) = chunk(body, at)?;
    let sound = match body.get(data.checked_add(size)?..) {
        Some(rest) => {
            size == 0 || rest.is_empty() || rest.starts_with(b"\r\n") || rest.starts_with(b"\n")
        }
        // A page may begin with a number; a chunk that breaks off is a last resort.
        None => size <= body.len().saturating_mul(16).max(1 << 20),
    };
    sound.then_some(at)
}

/// Appends the data of all chunks up to the last one, or to the first that is broken.
fn join_chunks(body: &[u8], first: usize, out: &mut Vec<u8>) {
    let mut at = first;
    while let Some((size, data)) = chunk(body, at) {
        let end = data.saturating_add(size).min(body.len());
        out.extend_from_slice(&body[data..end]);
        if size == 0 || end == body.len() {
            return;
        }
        at = end
            + body[end..].iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    }
}

#[derive(Debug, Clone, Copy)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// What came of undoing a coding.
enum Undone {
    /// It is not there.
    Absent,
    /// The text was written.
    Text,
}

impl Coding {
    fn named(name: &[u8]) -> Option<Coding> {
        match name.to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => Some(Coding::Gzip),
            b"deflate" => Some(Coding::Deflate),
            b"br" => Some(Coding::Brotli),
            b"zstd" => Some(Coding::Zstd),
            _ => None,
        }
    }

    /// The most that a decoder looks back.
    fn window(self) -> usize {
        match self {
            Coding::Gzip | Coding::Deflate => 32 << 10,
            Coding::Brotli => 16 << 20,
            Coding::Zstd => 1 << ZSTD_WINDOW_LOG,
        }
    }

    /// Whether bytes look like this coding, or at least not like a text that was packed in none.
    fn shows_in(self, packed: &[u8]) -> bool {
        match self {
            Coding::Gzip => packed.starts_with(b"\x1f\x8b"),
            Coding::Zstd => packed.starts_with(b"\x28\xb5\x2f\xfd"),
            Coding::Deflate | Coding::Brotli => !looks_like_text(packed),
        }
    }

    /// Unpacks into `text`, which is empty.
    fn undo(self, packed: &[u8], limit: usize, text: &mut Vec<u8>) -> Result<Undone, Outcome> {
        let zlib = matches!(packed, [cmf, flags, ..] if cmf & 15 == 8 && (u16::from(*cmf) << 8 | u16::from(*flags)) % 31 == 0);
        let (end, magic) = match self {
            Coding::Gzip if packed.starts_with(b"\x1f\x8b") => {
                (read(flate2::read::MultiGzDecoder::new(packed), limit, text)?, true)
            }
            Coding::Zstd if packed.starts_with(b"\x28\xb5\x2f\xfd") => {
                let mut decoder =
                    zstd::stream::read::Decoder::new(packed).map_err(|_| Outcome::BadHttp)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|_| Outcome::BadHttp)?;
                (read(decoder, limit, text)?, true)
            }
            Coding::Deflate if zlib => {
                (read(flate2::read::ZlibDecoder::new(packed), limit, text)?, false)
            }
            Coding::Deflate => {
                (read(flate2::read::DeflateDecoder::new(packed), limit, text)?, false)
            }
            Coding::Brotli => {
                (read(brotli_decompressor::Decompressor::new(packed, 4096), limit, text)?, false)
            }
            Coding::Gzip | Coding::Zstd => return Ok(Undone::Absent),
        };
        match end {
            Ended::Well => Ok(Undone::Text),
            Ended::Early if !magic && looks_like_text(packed) => Ok(Undone::Absent),
            Ended::Early if text.is_empty() && !packed.is_empty() => Err(Outcome::BadHttp),
            Ended::Early => Ok(Undone::Text),
        }
    }
}

/// How the packed bytes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    Early,
}

/// Reads all there is, at most `limit` bytes; what was read before damage stays.
fn read(mut decoder: impl Read, limit: usize, text: &mut Vec<u8>) -> Result<Ended, Outcome> {
    const STEP_BYTES: usize = 64 << 10;
    loop {
        let from = text.len();
        text.resize(from + STEP_BYTES, 0);
        let read = decoder.read(&mut text[from..]);
        text.truncate(from + *read.as_ref().unwrap_or(&0));
        match read {
            _ if text.len() > limit => return Err(Outcome::TooLarge),
            Ok(0) => return Ok(Ended::Well),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Ok(Ended::Early),
        }
    }
}

/// Whether the first bytes are none of the control characters that packed data is full of.
fn looks_like_text(bytes: &[u8]) -> bool {
    let first = &bytes[..bytes.len().min(512)];
    !first.is_empty() && !first.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;

    use super::*;

    const PAGE: &[u8] = "<html><p>\u{65e5}\u{672c}\u{8a9e}の本文です。</p></html>".as_bytes();
    /// `PAGE[..6]` as brotli: one uncompressed block.
    const BROTLI: &[u8] = b"\x8b\x02\x80<html>\x03";

    fn body(fields: &str, raw: &[u8], limit: usize) -> Result<Vec<u8>, Outcome> {
        let block = [format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n").as_bytes(), raw].concat();
        let mut buffer = b"old".to_vec();
        Response::parse(&block).unwrap().body(limit, 1 << 20, &mut buffer).map(<[u8]>::to_vec)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn a_coding_is_undone_if_named_and_there() {
        let zstd = zstd::bulk::compress(PAGE, 3).unwrap();
        let zlib = zlib(PAGE);
        let raw_deflate = &zlib[2..zlib.len() - 4];
        for (fields, raw) in [
            ("Content-Encoding: gzip", &gzip(PAGE)[..]),
            ("Content-Encoding: X-GZIP", &gzip(PAGE)),
            ("Content-Encoding: gzip, gzip", &gzip(&gzip(PAGE))),
            ("Content-Encoding: deflate, gzip", &gzip(&zlib)),
            ("Content-Encoding: zstd", &zstd),
            ("Content-Encoding: deflate", &zlib),
            ("Content-Encoding: deflate", raw_deflate),
            // Named, but the crawler has undone it.
            ("Content-Encoding: gzip", PAGE),
            ("Content-Encoding: zstd", PAGE),
            ("Content-Encoding: deflate", PAGE),
            ("Content-Encoding: br", PAGE),
            ("Content-Encoding: identity", PAGE),
            ("Content-Encoding: unheard-of", PAGE),
            ("X-Crawler-Content-Encoding: gzip", PAGE),
        ] {
            assert_eq!(body(fields, raw, 1000).as_deref(), Ok(PAGE), "{fields}");
        }
        assert_eq!(body("Content-Encoding: br", BROTLI, 1000).as_deref(), Ok(&PAGE[..6]));
        // There, but not named.
        let packed = gzip(PAGE);
        assert_eq!(body("X-Crawler-Content-Encoding: gzip", &packed, 1000), Ok(packed.clone()));
    }

    #[test]
    fn a_packed_body_that_breaks_off_gives_its_beginning() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let packed = gzip(&text);
        let found = body("Content-Encoding: gzip", &packed[..packed.len() / 2], 1 << 20).unwrap();
        assert!(found.len() > 1000 && text.starts_with(&found), "{}", found.len());
        assert_eq!(body("Content-Encoding: gzip", b"\x1f\x8b\xff", 1000), Err(Outcome::BadHttp));
    }

    #[test]
    fn a_body_larger_than_the_limit_is_too_large() {
        let bomb = gzip(&vec![b'a'; 1 << 20]);
        assert_eq!(body("Content-Encoding: gzip", &bomb, 1 << 19), Err(Outcome::TooLarge));
        assert_eq!(body("Content-Encoding: gzip", &bomb, 1 << 20).map(|b| b.len()), Ok(1 << 20));
        assert_eq!(body("X: y", PAGE, 10), Err(Outcome::TooLarge));
    }

    #[test]
    fn what_a_body_is_unpacked_from_is_bounded() {
        let twice = gzip(&gzip(PAGE));
        let block =
            [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n", &twice[..]].concat();
        let held = twice.len() + 2 * gzip(PAGE).len();
        for (packed_limit, expected) in [(held, Ok(PAGE)), (held - 1, Err(Outcome::TooCostly))] {
            let mut buffer = Vec::new();
            let response = Response::parse(&block).unwrap();
            assert_eq!(response.body(1000, packed_limit, &mut buffer), expected);
        }
        for named in ["", "Content-Encoding: gzip\r\n", "Content-Encoding: br\r\n"] {
            let block = format!("HTTP/1.1 200 OK\r\n{named}\r\n<p>");
            let response = Response::parse(block.as_bytes()).unwrap();
            assert_eq!(response.body(3, 0, &mut Vec::new()), Ok(&b"<p>"[..]), "{named}");
        }
    }

    #[test]
    fn chunks_are_joined_where_they_are_real() {
        let chunked = "Transfer-Encoding: chunked";
        for (raw, expected) in [
            ("5\r\nhello\r\n3;x=y\r\n wo\r\n0\r\nTrailer: x\r\n\r\n", "hello wo"),
            ("\r\n5 \r\nhello\r\n0\r\n\r\n", "hello"),
            ("5\nhello\n3\n wo\n0\n\n", "hello wo"),
            ("0\r\n\r\n", ""),
            ("5\r\nhello\r\n8\r\n wo", "hello wo"), // breaks off
            ("5\r\nhello\r\nnot a size\r\n", "hello"), // the second is broken
            ("<p>5\r\nhello</p>", "<p>5\r\nhello</p>"), // undone by the crawler
            ("2\r\nmore than two", "2\r\nmore than two"), // a page that begins with a number
            ("", ""),
        ] {
            assert_eq!(
                body(chunked, raw.as_bytes(), 1000).as_deref(),
                Ok(raw_or(expected)),
                "{raw:?}"
            );
        }
        let packed = gzip(PAGE);
        let raw =
            [format!("{:x}\r\n", packed.len()).as_bytes(), &packed, b"\r\n0\r\n\r\n"].concat();
        let both = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip";
        assert_eq!(body(both, &raw, 1000).as_deref(), Ok(PAGE));
    }

    fn raw_or(text: &str) -> &[u8] {
        text.as_bytes()
    }
}
