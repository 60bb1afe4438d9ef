//! The lock of a run directory: one process makes it, drives it, sweeps it and repairs it.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{Error, Kind, Result};

/// The file that is locked; it stays.
pub(super) const LOCK_FILE: &str = ".lock";

/// A run directory that this process holds, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the run directory `dir` for this process. Never waits.
pub fn lock(dir: &Path) -> Result<Lock> {
    let path = dir.join(LOCK_FILE);
    let file =
        File::create(&path).map_err(|cause| Error::io("make the lock file", &path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(Kind::Again, "another process is working on this run")
                .at_path(dir)
                .help("wait for it, or see how far it is with `kuroshio status --run DIR`"))
        }
        Err(TryLockError::Error(cause)) => Err(Error::io("lock the run directory", &path, cause)),
    }
}
