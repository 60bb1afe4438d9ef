//! Checking bytes against the catalogue: what is in the cache, and what is being copied into it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Asset;
use crate::digest::hex;
use crate::error::{Error, Result};

const BUFFER_BYTES: usize = 64 * 1024;

/// What the cache has of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The file, with the right bytes.
    Cached,
    /// Nothing.
    Missing,
    /// A file with other bytes.
    Damaged {
        /// How it differs, as a fragment such as "3 bytes instead of 938013".
        how: String,
    },
}

/// What the directory `cache` has of `asset`; reads the whole file.
pub fn state(asset: &Asset, cache: &Path) -> Result<State> {
    let path = asset.path_in(cache);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(cause) => return Err(Error::io("open the cached file", &path, cause)),
    };
    match copy(asset, &mut file, &mut io::sink()) {
        Ok(()) => Ok(State::Cached),
        Err(CopyFailure::Differs(how)) => Ok(State::Damaged { how }),
        Err(CopyFailure::Read(cause) | CopyFailure::Write(cause)) => {
            Err(Error::io("read the cached file", &path, cause))
        }
    }
}

/// Why bytes were not copied as the catalogue wants them.
#[derive(Debug)]
pub(super) enum CopyFailure {
    /// The source failed.
    Read(io::Error),
    /// The target failed.
    Write(io::Error),
    /// The bytes are others, as [`State::Damaged`] says it.
    Differs(String),
}

/// Copies all bytes of `from`, if they are those of `asset`. Ends with the first byte too many.
pub(super) fn copy(
    asset: &Asset,
    from: &mut dyn Read,
    to: &mut dyn Write,
) -> std::result::Result<(), CopyFailure> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut copied = 0;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(CopyFailure::Read(cause)),
        };
        copied += n as u64;
        if copied > asset.bytes {
            return Err(CopyFailure::Differs(format!("more bytes than {}", asset.bytes)));
        }
        hasher.update(&buffer[..n]);
        to.write_all(&buffer[..n]).map_err(CopyFailure::Write)?;
    }
    if copied < asset.bytes {
        return Err(CopyFailure::Differs(format!("{copied} bytes instead of {}", asset.bytes)));
    }
    let sha256 = hex(&hasher.finalize());
    if sha256 != asset.sha256 {
        return Err(CopyFailure::Differs(format!("sha256 {sha256} instead of {}", asset.sha256)));
    }
    Ok(())
}
