//! The commit rule that every store shares: write aside, digest on the way, put in place if
//! absent, and on a lost race accept equal bytes only. Markers and manifests go the same way.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::Store;
use crate::digest::hex;
use crate::error::{Error, Kind, Place, Result};

/// What a store does for one unfinished file. Dropping it removes whatever was not put in place.
pub trait Sink: Write + Send {
    /// Makes the bytes durable and shows them under their final name, unless something stands
    /// there: then `false`, and nothing was changed.
    fn put_if_absent(&mut self) -> Result<bool>;

    /// Opens what stands under the final name.
    fn open_present(&mut self) -> Result<Box<dyn Read + Send>>;
}

/// A file in writing, invisible until it is committed; dropped before, it leaves nothing.
pub struct Staged {
    sink: Box<dyn Sink>,
    place: PathBuf,
    hasher: Sha256,
    size: u64,
    failed: Option<io::ErrorKind>,
}

/// What a commit put in place, or found there with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// Whether another attempt had committed the same bytes before.
    pub existed: bool,
}

impl Staged {
    /// A staged file that writes to `sink`; `place` is its final place, for messages.
    pub fn new(sink: Box<dyn Sink>, place: PathBuf) -> Staged {
        Staged { sink, place, hasher: Sha256::new(), size: 0, failed: None }
    }

    /// The final place of the file, for messages.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Puts the file in place if nothing stands there. If another attempt was first, equal bytes
    /// are success (`existed`); different bytes are a bug: output must depend on its task alone.
    pub fn commit(mut self) -> Result<Committed> {
        // A writer on top may have swallowed the error, as `BufWriter` does when it is dropped.
        if let Some(kind) = self.failed {
            return Err(Error::io("write the file", &self.place, kind.into()));
        }
        let sha256 = hex(&self.hasher.finalize_reset());
        if self.sink.put_if_absent()? {
            return Ok(Committed { size: self.size, sha256, existed: false });
        }
        let (size, present) = digest(self.sink.open_present()?)
            .map_err(|cause| Error::io("read the file", &self.place, cause))?;
        if (size, &present) == (self.size, &sha256) {
            return Ok(Committed { size, sha256, existed: true });
        }
        Err(Error::bug(format!(
            "another attempt at the same task wrote other bytes: there stand {size} bytes with \
             SHA-256 {present}, this attempt has {} bytes with SHA-256 {sha256}",
            self.size
        ))
        .at_path(&self.place)
        .help("if the program or its input changed, start a new run; else please report this"))
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.sink.write(bytes) {
            Ok(n) => {
                self.hasher.update(&bytes[..n]);
                self.size += n as u64;
                Ok(n)
            }
            Err(cause) => {
                if cause.kind() != io::ErrorKind::Interrupted {
                    self.failed = Some(cause.kind());
                }
                Err(cause)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush().inspect_err(|cause| self.failed = Some(cause.kind()))
    }
}

/// The size and SHA-256 (hex) of everything that `reader` gives.
pub fn digest(mut reader: impl Read) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((size, hex(&hasher.finalize()))),
            Ok(n) => {
                hasher.update(&buffer[..n]);
                size += n as u64;
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
}

/// Reads a JSON file; what does not parse is damaged data, with its line and column.
pub fn read_json<T: DeserializeOwned>(store: &dyn Store, path: &str) -> Result<T> {
    let bytes = store.read(path)?;
    serde_json::from_slice(&bytes).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        Error::new(Kind::Data, "cannot understand the file")
            .at(Place::Text { path: store.place(path), line, column })
            .caused_by(cause)
    })
}

/// Commits `value` as one line of JSON, under the commit rule. Types whose maps have no fixed
/// order must not be given.
pub fn put_json_if_absent<T: Serialize>(
    store: &dyn Store,
    path: &str,
    value: &T,
) -> Result<Committed> {
    let mut bytes = serde_json::to_vec(value).map_err(|cause| {
        Error::bug("cannot write a value as JSON").at_path(&store.place(path)).caused_by(cause)
    })?;
    bytes.push(b'\n');
    let mut staged = store.create(path)?;
    staged
        .write_all(&bytes)
        .map_err(|cause| Error::io("write the file", &store.place(path), cause))?;
    staged.commit()
}

/// The error of a read at `offset` that failed: a file that ends too early is damaged.
pub(super) fn read_failed(place: &Path, offset: u64, cause: io::Error) -> Error {
    if cause.kind() == io::ErrorKind::UnexpectedEof {
        return Error::new(Kind::Data, "the file ends before what should be read")
            .at(Place::Offset { path: place.to_path_buf(), offset });
    }
    Error::io("read the file", place, cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sink that takes `room` bytes, as a disk with little space left.
    struct Small {
        room: usize,
    }

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let n = bytes.len().min(self.room);
            self.room -= n;
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink for Small {
        fn put_if_absent(&mut self) -> Result<bool> {
            Ok(true)
        }

        fn open_present(&mut self) -> Result<Box<dyn Read + Send>> {
            Ok(Box::new(io::empty()))
        }
    }

    #[test]
    fn a_full_disk_is_reported_even_if_the_writer_swallowed_it() {
        let mut staged = Staged::new(Box::new(Small { room: 3 }), PathBuf::from("x"));
        assert!(staged.write_all(b"four").is_err());
        assert_eq!(staged.commit().unwrap_err().kind, Kind::Again);
    }

    #[test]
    fn the_digest_is_that_of_sha256sum() {
        let (size, sha256) = digest(&b"abc"[..]).unwrap();
        assert_eq!(size, 3);
        assert_eq!(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn what_was_digested_is_what_the_sink_took() {
        let mut staged = Staged::new(Box::new(Small { room: 3 }), PathBuf::from("x"));
        assert_eq!(staged.write(b"abcdef").unwrap(), 3);
        let committed = staged.commit().unwrap();
        assert_eq!((committed.size, committed.sha256), digest(&b"abc"[..]).unwrap());
    }
}
