//! One file out of a tar archive, for packages of npm. POSIX ustar is enough for them: names are
//! at most 255 bytes, sizes are octal.

use std::io::{self, Read};

const BLOCK_BYTES: usize = 512;

/// The content of the file `wanted`; `None` if the archive has no such file.
pub(super) fn member<R: Read>(mut archive: R, wanted: &str) -> io::Result<Option<io::Take<R>>> {
    let mut header = [0; BLOCK_BYTES];
    loop {
        archive.read_exact(&mut header)?;
        if header.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let size = octal(&header[124..136])?;
        let is_file = matches!(header[156], b'0' | 0);
        if is_file && is_named(&header, wanted.as_bytes()) {
            return Ok(Some(archive.take(size)));
        }
        let padded = size.next_multiple_of(BLOCK_BYTES as u64);
        let skipped = io::copy(&mut (&mut archive).take(padded), &mut io::sink())?;
        if skipped < padded {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Whether the path of a header, its prefix and name, is `wanted`.
fn is_named(header: &[u8; BLOCK_BYTES], wanted: &[u8]) -> bool {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    if prefix.is_empty() {
        return name == wanted;
    }
    let rest = wanted.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(b"/"));
    rest == Some(name)
}

/// A field up to its first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn octal(field: &[u8]) -> io::Result<u64> {
    let digits = std::str::from_utf8(text(field)).unwrap_or_default().trim();
    u64::from_str_radix(digits, 8).map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(prefix: &str, name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut header = [0; BLOCK_BYTES];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[345..345 + prefix.len()].copy_from_slice(prefix.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = kind;
        let mut bytes = header.to_vec();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        bytes
    }

    fn archive() -> Vec<u8> {
        [
            entry("", "package/models/", b'5', b""),
            entry("", "package/a.json", b'0', &[b'a'; 513]),
            entry("package/models", "b.json", b'0', b"behind a prefix"),
            entry("", "package/c.json", b'2', b""),
            entry("", "package/c.json", 0, b"a file of old tar"),
            vec![0; 2 * BLOCK_BYTES],
        ]
        .concat()
    }

    fn content(archive: &[u8], wanted: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(mut reader) = member(archive, wanted)? else { return Ok(None) };
        let mut content = Vec::new();
        reader.read_to_end(&mut content)?;
        Ok(Some(content))
    }

    #[test]
    fn files_are_found_by_their_whole_path() {
        let archive = archive();
        assert_eq!(content(&archive, "package/a.json").unwrap().unwrap(), [b'a'; 513]);
        assert_eq!(
            content(&archive, "package/models/b.json").unwrap().unwrap(),
            b"behind a prefix"
        );
        assert_eq!(content(&archive, "package/c.json").unwrap().unwrap(), b"a file of old tar");
        for absent in ["b.json", "a.json", "package/models/", "package/modelsb.json"] {
            assert_eq!(content(&archive, absent).unwrap(), None, "{absent}");
        }
    }

    #[test]
    fn a_cut_archive_is_an_error() {
        let archive = archive();
        for length in [0, 100, 700, 1300] {
            let error = content(&archive[..length], "package/z").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "cut at {length}");
        }
    }

    #[test]
    fn a_size_that_is_no_number_is_an_error() {
        let mut archive = archive();
        archive[124..136].fill(b'9');
        let error = content(&archive, "package/z").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
