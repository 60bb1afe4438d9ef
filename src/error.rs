//! What can go wrong around the data: one error struct, its kinds with their exit codes, and the
//! problems found in a user's file. Names no room, so that every room may use it.

use std::fmt;
use std::path::{Path, PathBuf};

/// The result of everything that touches the environment, the configuration or our own files.
pub type Result<T> = std::result::Result<T, Error>;

/// What an engine should do about an error; each kind is one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line does not make sense.
    Usage,
    /// One of our own files is damaged, or data is bad beyond what outcomes cover.
    Data,
    /// A bug in Kuroshio.
    Bug,
    /// Input or output failed and retrying did not cure it.
    Io,
    /// Trying again later may help: throttled, no space left, interrupted.
    Again,
    /// The configuration is wrong, or something that it names is missing.
    Config,
}

impl Kind {
    /// Every kind, in the order of the exit codes.
    pub const ALL: [Kind; 6] =
        [Kind::Usage, Kind::Data, Kind::Bug, Kind::Io, Kind::Again, Kind::Config];

    /// The process exit code of this kind (0 is success and no kind).
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Usage => 64,
            Kind::Data => 65,
            Kind::Bug => 70,
            Kind::Io => 74,
            Kind::Again => 75,
            Kind::Config => 78,
        }
    }

    /// One sentence for the documentation.
    pub fn summary(self) -> &'static str {
        match self {
            Kind::Usage => "The command line does not make sense.",
            Kind::Data => "Data is damaged beyond what outcomes cover.",
            Kind::Bug => "A bug in Kuroshio; please report it.",
            Kind::Io => "Input or output failed and retrying did not cure it.",
            Kind::Again => "Trying again later may help: no space left, throttled, interrupted.",
            Kind::Config => "The configuration is wrong, or something that it names is missing.",
        }
    }
}

/// Where a problem stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file or directory as a whole.
    Path(PathBuf),
    /// A position in a text file; line and column count from 1.
    Text {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// A byte offset in a file or object.
    Offset {
        /// Path or URL.
        path: PathBuf,
        /// Bytes from the start.
        offset: u64,
    },
    /// An argument of the command line.
    Argument(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Path(path) => write!(f, "{}", path.display()),
            Place::Text { path, line, column } => {
                write!(f, "{}:{line}:{column}", path.display())
            }
            Place::Offset { path, offset } => write!(f, "{}@{offset}", path.display()),
            Place::Argument(argument) => f.write_str(argument),
        }
    }
}

/// One thing wrong in a configuration or chain file. All problems of a file are reported at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What is allowed, or the nearest right name.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// A failure with its kind, its place, its cause and its cure.
#[derive(Debug)]
pub struct Error {
    /// What an engine should do about it.
    pub kind: Kind,
    /// A lower-case fragment that says what failed.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Option<String>,
    /// Everything wrong with a user's file, when that is what failed.
    pub problems: Vec<Problem>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` is a lower-case fragment such as "cannot open the model".
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            place: None,
            help: None,
            problems: Vec::new(),
            source: None,
        }
    }

    /// A bug: an invariant that did not hold.
    pub fn bug(message: impl Into<String>) -> Error {
        Error::new(Kind::Bug, message)
    }

    /// The configuration error that carries `problems`.
    pub fn from_problems(problems: Vec<Problem>) -> Error {
        let n = problems.len();
        let message = if n == 1 {
            "1 problem in the configuration".to_owned()
        } else {
            format!("{n} problems in the configuration")
        };
        Error { problems, ..Error::new(Kind::Config, message) }
    }

    /// An input or output failure: `what` was being done to `path` when `cause` came.
    ///
    /// A full disk, a full quota and an interrupted call are [`Kind::Again`].
    pub fn io(what: &str, path: &Path, cause: std::io::Error) -> Error {
        use std::io::ErrorKind as E;
        let kind = match cause.kind() {
            E::StorageFull | E::QuotaExceeded | E::Interrupted | E::TimedOut => Kind::Again,
            _ => Kind::Io,
        };
        let help = match cause.kind() {
            E::StorageFull | E::QuotaExceeded => {
                Some("free some space, then run the same command again: finished tasks are kept")
            }
            E::PermissionDenied => {
                Some("check its permissions and those of the directories above it")
            }
            E::ReadOnlyFilesystem => {
                Some("that file system takes no changes: choose another directory")
            }
            E::NotFound => Some("check the path"),
            _ => None,
        };
        let mut error = Error::new(kind, format!("cannot {what}")).at_path(path).caused_by(cause);
        error.help = help.map(str::to_owned);
        error
    }

    /// Sets the place.
    pub fn at(mut self, place: Place) -> Error {
        self.place = Some(place);
        self
    }

    /// Sets the place to a path.
    pub fn at_path(self, path: &Path) -> Error {
        self.at(Place::Path(path.to_path_buf()))
    }

    /// Says what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Error {
        self.help = Some(help.into());
        self
    }

    /// Keeps the cause.
    pub fn caused_by(
        mut self,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        self.source = Some(cause.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_asks_to_be_tried_again() {
        let cause = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::io("write", Path::new("x"), cause);
        assert_eq!(error.kind.exit_code(), 75);
        assert!(error.help.is_some());
    }

    #[test]
    fn exit_codes_are_distinct() {
        let codes: std::collections::BTreeSet<u8> =
            Kind::ALL.iter().map(|k| k.exit_code()).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
    }
}
