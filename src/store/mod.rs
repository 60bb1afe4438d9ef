//! Where bytes lie: the files of a run directory behind one trait, with streaming reads and an
//! atomic put-if-absent, and the user's input files. What is committed is on the disk, complete
//! and never replaced; a half-written file is never visible under its final name. Bounds: a stage
//! in writing holds one write buffer of 256 KiB. Knows nothing of what the bytes mean.

use std::io::{Read, Seek};
use std::path::PathBuf;

use crate::error::{Error, Result};

mod commit;
mod glob;
mod inputs;
mod local;

pub use commit::{Committed, Sink, Staged, digest, put_json_if_absent, read_json};
pub use inputs::{Fingerprint, expand_input, expand_inputs, fingerprint, open_input};
pub use local::Local;

/// How the names of unfinished files begin; listings leave such names out.
pub const TEMPORARY_PREFIX: &str = ".tmp-";

/// Something that can be read from any place, such as a file.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// The files of one run. Paths are relative, with `/` between their parts, and hold no `.`, `..`
/// or empty part.
///
/// Readers are not buffered: readers of formats bring their own buffers.
pub trait Store: Send + Sync {
    /// Where `path` lies, for messages.
    fn place(&self, path: &str) -> PathBuf;

    /// Opens a file for reading from its start to its end. A missing file is an error.
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>>;

    /// Opens a file for reading from any place. A missing file is an error.
    fn open_seekable(&self, path: &str) -> Result<Box<dyn ReadSeek>>;

    /// The size of a file in bytes; `None` if there is no such file.
    fn size(&self, path: &str) -> Result<Option<u64>>;

    /// Every committed file whose path begins with `prefix`, in byte order, at any depth.
    ///
    /// Only for reports and repair: what a stage reads is named by plans, markers and manifests.
    fn list(&self, prefix: &str) -> Result<Vec<String>>;

    /// Begins a new file: what is written stays invisible until [`Staged::commit`].
    fn create(&self, path: &str) -> Result<Staged>;

    /// A whole small file.
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?
            .read_to_end(&mut bytes)
            .map_err(|cause| Error::io("read the file", &self.place(path), cause))?;
        Ok(bytes)
    }
}
