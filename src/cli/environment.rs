//! What the environment says, read once: where assets are kept.

use std::path::PathBuf;

use crate::assets;
use crate::error::Result;
use crate::stages::Models;

/// The directory of cached assets.
pub(super) fn cache_dir() -> Result<PathBuf> {
    assets::cache_dir(&|name| std::env::var_os(name))
}

/// Models, none loaded yet.
pub(super) fn models() -> Result<Models> {
    Ok(Models::new(cache_dir()?))
}
