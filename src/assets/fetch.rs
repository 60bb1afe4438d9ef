//! Fetching: out of the cache if the right bytes are there, else from the first source that has
//! them. A file is completed and checked beside its place and then renamed into it, so processes
//! that fetch the same asset at once do not disturb each other.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::check::{self, CopyFailure, State};
use super::clients::Reason;
use super::{Asset, Source, clients};
use crate::error::{Error, Kind, Problem, Result};

/// The file of `asset` in the directory `cache`, with the right bytes.
pub(super) fn fetch(asset: &Asset, cache: &Path, tell: &dyn Fn(&str)) -> Result<PathBuf> {
    fetch_by(asset, cache, tell, &clients::obtain)
}

/// Gives what a source has, or why it has nothing; gets an empty directory to work in.
type Obtain = dyn Fn(Source<'_>, &Path) -> std::result::Result<Box<dyn Read>, Reason>;

fn fetch_by(asset: &Asset, cache: &Path, tell: &dyn Fn(&str), obtain: &Obtain) -> Result<PathBuf> {
    let path = asset.path_in(cache);
    match check::state(asset, cache)? {
        State::Cached => return Ok(path),
        State::Missing => {}
        State::Damaged { how } => tell(&format!(
            "the cached file {} is damaged ({how}); it is fetched again",
            path.display()
        )),
    }
    let directory = path.parent().unwrap_or(cache);
    fs::create_dir_all(directory)
        .map_err(|cause| Error::io("create the cache", directory, cause))?;
    let (mut problems, mut may_pass) = (Vec::new(), false);
    for source in asset.sources() {
        tell(&format!("fetching {} ({} bytes) from {source}", asset.name, asset.bytes));
        match fetch_from(asset, source, &path, directory, obtain)? {
            None => return Ok(path),
            Some(Reason { words, may_pass: passes }) => {
                may_pass |= passes;
                problems.push(Problem {
                    place: None,
                    message: format!("from {source}: {words}"),
                    help: None,
                });
            }
        }
    }
    let kind = if may_pass { Kind::Again } else { Kind::Config };
    Err(nowhere(kind, asset, &path, problems))
}

/// Fetches from one source; returns why it did not work, if the fault is the source's.
fn fetch_from(
    asset: &Asset,
    source: Source<'_>,
    path: &Path,
    directory: &Path,
    obtain: &Obtain,
) -> Result<Option<Reason>> {
    let beside = tempfile::Builder::new()
        .prefix(".tmp-")
        .tempdir_in(directory)
        .map_err(|cause| Error::io("write to the cache", directory, cause))?;
    let scratch = beside.path().join("scratch");
    fs::create_dir(&scratch).map_err(|cause| Error::io("write to the cache", &scratch, cause))?;
    let mut content = match obtain(source, &scratch) {
        Ok(content) => content,
        Err(reason) => return Ok(Some(reason)),
    };
    let complete = beside.path().join(&asset.file);
    let failed = |cause| Error::io("write to the cache", &complete, cause);
    let mut file = File::create(&complete).map_err(failed)?;
    match check::copy(asset, &mut content, &mut file) {
        Ok(()) => {}
        Err(CopyFailure::Write(cause)) => return Err(failed(cause)),
        Err(CopyFailure::Read(cause)) => {
            return Ok(Some(Reason::lasting(format!("cannot read it: {cause}"))));
        }
        Err(CopyFailure::Differs(how)) => {
            return Ok(Some(Reason::lasting(format!("the file is another one: {how}"))));
        }
    }
    file.sync_all().map_err(failed)?;
    fs::rename(&complete, path).map_err(|cause| Error::io("put the file in place", path, cause))?;
    Ok(None)
}

/// The error about an asset that no source gave.
fn nowhere(kind: Kind, asset: &Asset, path: &Path, problems: Vec<Problem>) -> Error {
    let Asset { name, file, bytes, sha256, .. } = asset;
    let mut error =
        Error::new(kind, format!("cannot fetch the asset `{name}`")).at_path(path).help(format!(
            "without a network, put the file {file} ({bytes} bytes, sha256 {sha256}) there by \
             hand, or set KUROSHIO_CACHE to a cache that has it"
        ));
    error.problems = problems;
    error
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::io::Cursor;

    use super::super::Catalogue;
    use super::*;

    const CONTENT: &[u8] = b"abc";

    fn catalogue() -> Catalogue {
        Catalogue::parse(
            "[[asset]]\nname = \"abc\"\nkind = \"tokenizer\"\nfile = \"abc.model\"\nbytes = 3\n\
             sha256 = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\n\
             licence = \"MIT\"\nurl = \"https://example.org/abc\"\n\
             npm = { package = \"abc\", version = \"1\", member = \"abc\" }\n",
        )
        .unwrap()
    }

    fn silent(_: &str) {}

    fn no_client(source: Source<'_>, _: &Path) -> std::result::Result<Box<dyn Read>, Reason> {
        panic!("{source} was asked")
    }

    fn gives(content: &'static [u8]) -> std::result::Result<Box<dyn Read>, Reason> {
        Ok(Box::new(Cursor::new(content)))
    }

    /// Everything in a directory tree.
    fn files(directory: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
        }
        files
    }

    #[test]
    fn what_is_cached_needs_no_client_and_no_writable_cache() {
        let cache = tempfile::tempdir().unwrap();
        let catalogue = catalogue();
        let path = catalogue.list()[0].path_in(cache.path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, CONTENT).unwrap();
        let fetched =
            fetch_by(&catalogue.list()[0], cache.path(), &|text| panic!("{text}"), &no_client);
        assert_eq!(fetched.unwrap(), path);
    }

    #[test]
    fn a_source_that_fails_is_followed_by_the_next_one() {
        let cache = tempfile::tempdir().unwrap();
        let told = RefCell::new(Vec::new());
        let path = fetch_by(
            &catalogue().list()[0],
            cache.path(),
            &|text| told.borrow_mut().push(text.to_owned()),
            &|source, scratch| match source {
                Source::Url(_) => {
                    fs::write(scratch.join("half"), b"a").unwrap();
                    Err(Reason::lasting("curl is not installed"))
                }
                _ => gives(CONTENT),
            },
        )
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), CONTENT);
        assert_eq!(files(cache.path()), [path]);
        assert_eq!(
            told.into_inner(),
            [
                "fetching abc (3 bytes) from https://example.org/abc",
                "fetching abc (3 bytes) from npm package abc 1"
            ]
        );
    }

    #[test]
    fn other_bytes_are_refused_and_the_message_says_what_to_do() {
        let cache = tempfile::tempdir().unwrap();
        let obtain = |source: Source<'_>, _: &Path| match source {
            Source::Url(_) => gives(b"abd"),
            _ => gives(b"abcd"),
        };
        let error = fetch_by(&catalogue().list()[0], cache.path(), &silent, &obtain).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        let problems: Vec<&str> = error.problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(
            problems,
            [
                "from https://example.org/abc: the file is another one: sha256 \
                 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9 instead of \
                 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "from npm package abc 1: the file is another one: more bytes than 3"
            ]
        );
        assert!(error.help.unwrap().contains("abc.model (3 bytes, sha256 ba7816bf"));
        assert!(error.place.unwrap().to_string().ends_with("abc-ba7816bf/abc.model"));
        assert!(files(cache.path()).is_empty());
    }

    #[test]
    fn a_damaged_file_is_told_and_fetched_again() {
        let cache = tempfile::tempdir().unwrap();
        let catalogue = catalogue();
        let path = catalogue.list()[0].path_in(cache.path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for damaged in [b"ab".as_slice(), b"abx", b"abcd"] {
            fs::write(&path, damaged).unwrap();
            let told = Cell::new(0);
            let tell = |text: &str| told.set(told.get() + usize::from(text.contains("is damaged")));
            fetch_by(&catalogue.list()[0], cache.path(), &tell, &|_, _| gives(CONTENT)).unwrap();
            assert_eq!(fs::read(&path).unwrap(), CONTENT);
            assert_eq!(told.get(), 1);
        }
    }

    #[test]
    fn many_at_once_all_get_the_file() {
        let cache = tempfile::tempdir().unwrap();
        let catalogue = catalogue();
        let asset = &catalogue.list()[0];
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let path =
                        fetch_by(asset, cache.path(), &silent, &|_, _| gives(CONTENT)).unwrap();
                    assert_eq!(fs::read(path).unwrap(), CONTENT);
                });
            }
        });
        assert_eq!(files(cache.path()), [asset.path_in(cache.path())]);
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_an_error_with_its_place() {
        let scratch = tempfile::tempdir().unwrap();
        let cache = scratch.path().join("file");
        fs::write(&cache, b"in the way").unwrap();
        let error = fetch_by(&catalogue().list()[0], &cache, &silent, &no_client).unwrap_err();
        assert!(error.place.unwrap().to_string().contains("file/abc-ba7816bf"));
    }
}
