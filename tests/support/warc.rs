//! Builds WARC files out of readable parts: records, HTTP responses, gzip members.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

use super::sha256;

/// A whole record, unpacked: version line, the header fields in order, Content-Length unless it is
/// given, the block, and the two line ends that close it.
pub(crate) fn record(headers: &[(&str, &str)], block: &[u8]) -> Vec<u8> {
    let mut out = b"WARC/1.0\r\n".to_vec();
    for (name, value) in headers {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Length")) {
        out.extend_from_slice(format!("Content-Length: {}\r\n", block.len()).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(block);
    out.extend_from_slice(b"\r\n\r\n");
    out
}

/// One gzip member without name and time, the same bytes on every machine.
pub(crate) fn gzip_member(bytes: &[u8]) -> Vec<u8> {
    // 255 is "unknown operating system": flate2 would write that of the machine.
    let mut writer =
        GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A response record, unpacked. `http_head` is the status line and the header fields, lines ended
/// by LF or CRLF; the blank line behind it is added.
pub(crate) fn response(url: &str, date: &str, http_head: &str, body: &[u8]) -> Vec<u8> {
    let headers = [
        ("WARC-Type", "response"),
        ("WARC-Date", date),
        ("WARC-Record-ID", &record_id(url, date, "response")),
        ("WARC-Target-URI", url),
        ("Content-Type", "application/http; msgtype=response"),
    ];
    record(&headers, &http_message(http_head, body))
}

/// An HTTP message: head, blank line, body.
pub(crate) fn http_message(head: &str, body: &[u8]) -> Vec<u8> {
    let lines: Vec<&str> = head.trim_end().lines().collect();
    let mut message = lines.join("\r\n").into_bytes();
    message.extend_from_slice(b"\r\n\r\n");
    message.extend_from_slice(body);
    message
}

/// A record id shaped like a random UUID, but the same for the same record.
pub(crate) fn record_id(url: &str, date: &str, kind: &str) -> String {
    let hash = sha256(format!("{kind} {date} {url}").as_bytes());
    let parts = [&hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32]];
    format!("<urn:uuid:{}-{}-4{}-8{}-{}>", parts[0], parts[1], parts[2], parts[3], parts[4])
}
