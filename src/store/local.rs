//! A run directory on a file system, local or shared (NFS, Lustre): hard links give the atomic
//! put-if-absent that a replacing rename would not.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{ReadSeek, Sink, Staged, Store, TEMPORARY_PREFIX};
use crate::error::{Error, Kind, Result};

/// Bytes gathered before they go to the system.
const WRITE_BUFFER_BYTES: usize = 256 * 1024;

/// A run directory on a file system.
#[derive(Debug)]
pub struct Local {
    root: PathBuf,
    next: AtomicU64,
}

impl Local {
    /// The run at `root`; directories are made when the first file needs them.
    pub fn new(root: impl Into<PathBuf>) -> Local {
        Local { root: root.into(), next: AtomicU64::new(0) }
    }

    /// The run directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Removes the unfinished files and directories that killed attempts left, at any depth, but
    /// not under `except`, a folder of the run. Only for the one process that holds the run: an
    /// attempt that is still writing would have to begin again.
    pub fn sweep(&self, except: &str) -> Result<()> {
        sweep_folder(&self.root, &self.root.join(except))
    }

    /// Removes a file, if it is there. Only for the one process that holds the run.
    pub fn remove(&self, path: &str) -> Result<()> {
        let place = self.resolve(path)?;
        match fs::remove_file(&place) {
            Ok(()) => sync_folder(place.parent().unwrap_or(&self.root)),
            Err(cause) if is_missing(&cause) => Ok(()),
            Err(cause) => Err(Error::io("remove the file", &place, cause)),
        }
    }

    /// Puts `bytes` in the place of a file as a whole, durably. For files that are no output of a
    /// task, by the one process that holds the run.
    pub fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let target = self.resolve(path)?;
        let (folder, temporary, mut file) = self.create_temporary(&target)?;
        let mut put = || {
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &target)
        };
        put().map_err(|cause| {
            let _ = fs::remove_file(&temporary);
            Error::io("write the file", &target, cause)
        })?;
        sync_folder(&folder)
    }

    /// A new temporary file beside `target`, with its folder and its path.
    fn create_temporary(&self, target: &Path) -> Result<(PathBuf, PathBuf, File)> {
        let folder = target.parent().unwrap_or(&self.root).to_path_buf();
        make_folder(&folder)?;
        loop {
            // Another host may have a process of the same number, and a killed one may have left
            // its file: `create_new` finds out, the next number avoids it.
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let temporary = folder.join(format!("{TEMPORARY_PREFIX}{}-{n}", std::process::id()));
            match File::create_new(&temporary) {
                Ok(file) => return Ok((folder, temporary, file)),
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                Err(cause) => return Err(Error::io("create a file for", target, cause)),
            }
        }
    }

    /// The place of a relative path. A path that could leave the run is a bug of the caller.
    fn resolve(&self, path: &str) -> Result<PathBuf> {
        let sound = |part: &str| {
            !matches!(part, "" | "." | "..")
                && !part.starts_with(TEMPORARY_PREFIX)
                && !part.contains('\0')
        };
        if path.split('/').all(sound) {
            Ok(self.root.join(path))
        } else {
            Err(Error::bug(format!("`{path}` is no path inside a run")).at_path(&self.root))
        }
    }

    fn open_file(&self, path: &str) -> Result<File> {
        let place = self.resolve(path)?;
        File::open(&place).map_err(|cause| Error::io("open the file", &place, cause))
    }
}

impl Store for Local {
    fn place(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.open_file(path)?))
    }

    fn open_seekable(&self, path: &str) -> Result<Box<dyn ReadSeek>> {
        Ok(Box::new(self.open_file(path)?))
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        let place = self.resolve(path)?;
        match fs::metadata(&place) {
            Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
            Ok(_) => Ok(None),
            Err(cause) if is_missing(&cause) => Ok(None),
            Err(cause) => Err(Error::io("look at the file", &place, cause)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let folder = prefix.rfind('/').map_or("", |end| &prefix[..end]);
        let start = if folder.is_empty() { self.root.clone() } else { self.resolve(folder)? };
        let mut found = Vec::new();
        list_into(&start, folder, &mut found)?;
        found.retain(|path| path.starts_with(prefix));
        found.sort_unstable();
        Ok(found)
    }

    fn create(&self, path: &str) -> Result<Staged> {
        let target = self.resolve(path)?;
        let (folder, temporary, file) = self.create_temporary(&target)?;
        let writer = BufWriter::with_capacity(WRITE_BUFFER_BYTES, file);
        let sink = LocalSink { writer, temporary, target: target.clone(), folder };
        Ok(Staged::new(Box::new(sink), target))
    }
}

/// A temporary file beside its target.
struct LocalSink {
    writer: BufWriter<File>,
    temporary: PathBuf,
    target: PathBuf,
    folder: PathBuf,
}

impl Write for LocalSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Sink for LocalSink {
    fn put_if_absent(&mut self) -> Result<bool> {
        self.writer.flush().map_err(|cause| Error::io("write the file", &self.target, cause))?;
        self.writer
            .get_ref()
            .sync_all()
            .map_err(|cause| Error::io("sync the file", &self.target, cause))?;
        let placed = match fs::hard_link(&self.temporary, &self.target) {
            Ok(()) => true,
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                // NFS may have lost the reply to a link that was made.
                same_file(&self.temporary, &self.target)
            }
            Err(cause) => return Err(link_failed(&self.target, cause)),
        };
        // A name that cannot be removed now is tried again on drop, and swept later.
        let _ = fs::remove_file(&self.temporary);
        // After a lost race too: the winner may have died before its own sync.
        sync_folder(&self.folder)?;
        Ok(placed)
    }

    fn open_present(&mut self) -> Result<Box<dyn Read + Send>> {
        let file = File::open(&self.target)
            .map_err(|cause| Error::io("open the file", &self.target, cause))?;
        Ok(Box::new(file))
    }
}

impl Drop for LocalSink {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.temporary);
    }
}

fn sweep_folder(folder: &Path, except: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if is_missing(&cause) => return Ok(()),
        Err(cause) => return Err(Error::io("list the directory", folder, cause)),
    };
    for entry in entries {
        let entry = entry.map_err(|cause| Error::io("list the directory", folder, cause))?;
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
            let removed =
                if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Ok(()) => {}
                Err(cause) if is_missing(&cause) => {}
                Err(cause) => return Err(Error::io("remove the unfinished file", &path, cause)),
            }
        } else if is_folder && path != except {
            sweep_folder(&path, except)?;
        }
    }
    Ok(())
}

/// Why a link was not made: no such temporary means that somebody swept it while we wrote.
fn link_failed(target: &Path, cause: io::Error) -> Error {
    // EPERM is what file systems without hard links (exFAT, some FUSE) answer.
    const EPERM: i32 = 1;
    if cause.kind() == io::ErrorKind::NotFound {
        return Error::new(Kind::Again, "the unfinished file was removed while it was written")
            .at_path(target)
            .caused_by(cause);
    }
    if cause.kind() == io::ErrorKind::Unsupported || cause.raw_os_error() == Some(EPERM) {
        return Error::new(Kind::Config, "this file system cannot put a file in place safely")
            .at_path(target)
            .help("it has no hard links; choose a run directory on another file system")
            .caused_by(cause);
    }
    Error::io("put the file in place", target, cause)
}

/// Whether two names are one file.
fn same_file(a: &Path, b: &Path) -> bool {
    match (fs::metadata(a), fs::metadata(b)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

/// Whether nothing stands there, or a file stands where a directory would have to.
fn is_missing(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Makes a directory and those above it, each durable in the one that holds it.
fn make_folder(folder: &Path) -> Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or(Path::new(""));
    make_folder(above)?;
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(_) if folder.is_dir() => {}
        Err(cause) => return Err(Error::io("create the directory", folder, cause)),
    }
    sync_folder(above)
}

/// Makes the names in a directory durable.
fn sync_folder(folder: &Path) -> Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match File::open(folder).and_then(|file| file.sync_all()) {
        Ok(()) => Ok(()),
        // Some network file systems cannot sync a directory and keep names durable by themselves.
        Err(cause) if cause.kind() == io::ErrorKind::InvalidInput => Ok(()),
        // A directory may be ours to write but not to read.
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(cause) => Err(Error::io("sync the directory", folder, cause)),
    }
}

/// Adds the files under `folder`, whose relative path is `name`; links to directories are not
/// followed.
fn list_into(folder: &Path, name: &str, found: &mut Vec<String>) -> Result<()> {
    let failed = |cause| Error::io("list the directory", folder, cause);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if is_missing(&cause) => return Ok(()),
        Err(cause) => return Err(failed(cause)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let file_name = entry.file_name();
        // Every file of a run has a UTF-8 name; others are not ours.
        let Some(file_name) = file_name.to_str() else { continue };
        if file_name.starts_with(TEMPORARY_PREFIX) {
            continue;
        }
        let path =
            if name.is_empty() { file_name.to_owned() } else { format!("{name}/{file_name}") };
        if entry.file_type().map_err(failed)?.is_dir() {
            list_into(&entry.path(), &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{put_json_if_absent, read_json};
    use super::*;
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    fn run() -> (tempfile::TempDir, Local) {
        let folder = tempfile::tempdir().unwrap();
        let store = Local::new(folder.path().join("run"));
        (folder, store)
    }

    fn put(store: &Local, path: &str, bytes: &[u8]) -> Result<super::super::Committed> {
        let mut staged = store.create(path)?;
        staged.write_all(bytes).unwrap();
        staged.commit()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_committed_file_is_read_back() {
        let (_folder, store) = run();
        let committed = put(&store, "documents/00000.jsonl.zst", b"0123456789").unwrap();
        assert_eq!((committed.size, committed.existed), (10, false));
        assert_eq!(store.size("documents/00000.jsonl.zst").unwrap(), Some(10));
        assert_eq!(store.read("documents/00000.jsonl.zst").unwrap(), b"0123456789");
        assert_eq!(names(&store.root().join("documents")), ["00000.jsonl.zst"]);
    }

    #[test]
    fn nothing_is_visible_before_the_commit_and_nothing_stays_without_one() {
        let (_folder, store) = run();
        let mut staged = store.create("a/b").unwrap();
        staged.write_all(b"half").unwrap();
        assert_eq!(store.size("a/b").unwrap(), None);
        assert_eq!(store.list("").unwrap(), [""; 0]);
        assert_eq!(names(&store.root().join("a")).len(), 1);
        drop(staged);
        assert_eq!(names(&store.root().join("a")).len(), 0);
    }

    #[test]
    fn a_lost_race_with_equal_bytes_is_success_and_with_other_bytes_a_bug() {
        let (_folder, store) = run();
        let first = put(&store, "m/0.json", b"same").unwrap();
        let second = put(&store, "m/0.json", b"same").unwrap();
        assert!(!first.existed && second.existed);
        assert_eq!(first.sha256, second.sha256);
        for other in [&b"else"[..], b"sam", b""] {
            let error = put(&store, "m/0.json", other).unwrap_err();
            assert_eq!(error.kind, Kind::Bug);
            assert!(error.message.contains(&first.sha256), "{}", error.message);
        }
        assert_eq!(store.read("m/0.json").unwrap(), b"same");
        assert_eq!(names(&store.root().join("m")), ["0.json"]);
    }

    #[test]
    fn of_many_racing_attempts_exactly_one_wins() {
        let (_folder, store) = run();
        let won = std::thread::scope(|scope| {
            let attempts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| put(&store, "x/y", b"bytes").unwrap())).collect();
            attempts.into_iter().map(|a| a.join().unwrap()).filter(|c| !c.existed).count()
        });
        assert_eq!(won, 1);
        assert_eq!(names(&store.root().join("x")), ["y"]);
    }

    #[test]
    fn a_stale_temporary_of_the_same_process_number_is_no_obstacle() {
        let (_folder, store) = run();
        fs::create_dir_all(store.root()).unwrap();
        let stale = store.root().join(format!("{TEMPORARY_PREFIX}{}-0", std::process::id()));
        fs::write(&stale, b"stale").unwrap();
        put(&store, "x", b"fresh").unwrap();
        assert_eq!(store.read("x").unwrap(), b"fresh");
        assert_eq!(fs::read(&stale).unwrap(), b"stale");
    }

    #[test]
    fn a_swept_temporary_asks_to_be_tried_again() {
        let (_folder, store) = run();
        let mut staged = store.create("x").unwrap();
        staged.write_all(b"bytes").unwrap();
        for name in names(store.root()) {
            fs::remove_file(store.root().join(name)).unwrap();
        }
        assert_eq!(staged.commit().unwrap_err().kind, Kind::Again);
    }

    #[test]
    fn listings_are_sorted_and_go_by_prefix() {
        let (_folder, store) = run();
        for path in ["m/b/10.json", "m/b/2.json", "m/a.json", "n", "m/b.json"] {
            put(&store, path, b"").unwrap();
        }
        assert_eq!(store.list("m/b/").unwrap(), ["m/b/10.json", "m/b/2.json"]);
        assert_eq!(store.list("m/b").unwrap(), ["m/b.json", "m/b/10.json", "m/b/2.json"]);
        assert_eq!(store.list("m/b/1").unwrap(), ["m/b/10.json"]);
        assert_eq!(store.list("").unwrap().len(), 5);
        assert_eq!(store.list("nowhere/").unwrap(), [""; 0]);
    }

    #[test]
    fn permissions_are_those_of_any_new_file() {
        let (folder, store) = run();
        put(&store, "x", b"").unwrap();
        fs::write(folder.path().join("plain"), b"").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&store.root().join("x")), mode(&folder.path().join("plain")));
    }

    #[test]
    fn a_missing_file_and_an_impossible_directory_are_named() {
        let (folder, store) = run();
        let error = store.open("no/such").err().unwrap();
        assert_eq!(error.kind, Kind::Io);
        assert!(error.place.unwrap().to_string().ends_with("run/no/such"));
        fs::write(folder.path().join("file"), b"").unwrap();
        let under_a_file = Local::new(folder.path().join("file"));
        let error = under_a_file.create("a/b").err().unwrap();
        assert_eq!(error.kind, Kind::Io);
        assert!(error.place.unwrap().to_string().contains("file"));
        assert_eq!(under_a_file.size("a/b").unwrap(), None);
    }

    #[test]
    fn paths_that_leave_the_run_are_refused() {
        let (_folder, store) = run();
        for path in ["", "/x", "../x", "a/../b", "a//b", "./a", "a/", "a/.tmp-1-1"] {
            assert_eq!(store.create(path).err().unwrap().kind, Kind::Bug, "{path}");
            assert_eq!(store.size(path).unwrap_err().kind, Kind::Bug, "{path}");
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_removed() {
        let (folder, store) = run();
        for text in [&b"one"[..], b"another"] {
            store.replace("a/summary.json", text).unwrap();
            assert_eq!(store.read("a/summary.json").unwrap(), text);
        }
        store.remove("a/summary.json").unwrap();
        store.remove("a/summary.json").unwrap();
        assert_eq!(fs::read_dir(folder.path().join("run/a")).unwrap().count(), 0);
    }

    #[test]
    fn json_goes_and_comes_and_damage_has_its_line() {
        let (_folder, store) = run();
        let value = BTreeMap::from([("rows".to_owned(), 3_u64)]);
        assert!(!put_json_if_absent(&store, "m.json", &value).unwrap().existed);
        assert!(put_json_if_absent(&store, "m.json", &value).unwrap().existed);
        assert_eq!(read_json::<BTreeMap<String, u64>>(&store, "m.json").unwrap(), value);
        put(&store, "bad.json", b"{\n\"rows\": x}").unwrap();
        let error = read_json::<BTreeMap<String, u64>>(&store, "bad.json").unwrap_err();
        assert_eq!(error.kind, Kind::Data);
        assert!(error.place.unwrap().to_string().contains("bad.json:2:"));
    }
}
