//! The whole story of one record of a WARC file: found by its offset or its address, brought to its
//! outcome as a run does, with every decision on the way.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Kind, Place, Result};
use crate::format::document::WarcPlace;
use crate::language::Model;
use crate::outcome::Outcome;
use crate::stages::extract::{Examined, Trail, examine, max_record};
use crate::stages::pipeline::ExtractSection;
use crate::warc::{Content, Entry, Reader, Record, RecordKind};

/// How the first bytes of a zstd file begin that may hold a dictionary for all its frames: a
/// skippable frame.
const SKIPPABLE: [u8; 3] = [0x2A, 0x4D, 0x18];

/// The story of one record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Where it lies.
    pub place: WarcPlace,
    /// What the outcome means.
    pub sentence: &'static str,
    /// The record itself; absent where the bytes hold none that can be read.
    pub record: Option<RecordHead>,
    /// What became of it, and why.
    #[serde(flatten)]
    pub examined: Examined,
}

/// A record's own header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordHead {
    /// Its fields in order, bytes that are not UTF-8 replaced.
    pub fields: Vec<(String, String)>,
    /// Bytes of its block.
    pub block_bytes: usize,
    /// The crawler cut the block.
    pub truncated: bool,
    /// Content-Length was missing or wrong.
    pub length_repaired: bool,
}

/// Explains records with one configuration.
pub struct Explainer<'a> {
    /// The configuration of extraction.
    pub section: &'a ExtractSection,
    /// The language model that it names.
    pub model: &'a Model,
}

impl Explainer<'_> {
    /// The story of the record that begins at byte `offset` of the file. Of several records in one
    /// gzip member it is the first.
    ///
    /// # Errors
    /// If no record begins there: the message names those round it.
    pub fn at_offset(&self, path: &Path, offset: u64) -> Result<Explanation> {
        let mut file = open(path)?;
        let size = file.metadata().map_err(|cause| unreadable(path, cause))?.len();
        let mut start = [0; 4];
        let looked = file.read(&mut start).map_err(|cause| unreadable(path, cause))?;
        let needs_start = looked == start.len() && start[1..] == SKIPPABLE;
        if !needs_start && offset < size {
            file.seek(SeekFrom::Start(offset)).map_err(|cause| unreadable(path, cause))?;
            let mut reader = Reader::new(file, max_record(self.section));
            let entry = reader.next().map_err(|cause| unreadable(path, cause))?;
            if let Some(entry) = entry.filter(|entry| entry.offset == 0 && !is_garbage(entry)) {
                return Ok(self.explain(path, offset, &entry));
            }
        }
        self.walk_to(path, offset, size)
    }

    /// Reads the file from its start up to `offset`: bytes that look like none may still be what a
    /// run counts there.
    fn walk_to(&self, path: &Path, offset: u64, size: u64) -> Result<Explanation> {
        let mut reader = Reader::new(open(path)?, max_record(self.section));
        let (mut before, mut behind) = (None, None);
        while let Some(entry) = reader.next().map_err(|cause| unreadable(path, cause))? {
            if entry.offset == offset {
                return Ok(self.explain(path, offset, &entry));
            }
            if entry.offset > offset {
                behind = Some(entry.offset);
                break;
            }
            before = Some(entry.offset);
        }
        let near = match (before, behind) {
            (Some(before), Some(behind)) => {
                format!("the nearest before begins at {before}, the next at {behind}")
            }
            (Some(before), None) => {
                format!("the last one begins at {before}, the file has {size} bytes")
            }
            (None, Some(behind)) => format!("the first one begins at {behind}"),
            (None, None) => "the file holds no record".to_owned(),
        };
        Err(Error::new(Kind::Usage, "no record begins at this offset")
            .at(Place::Offset { path: path.to_path_buf(), offset })
            .help(near))
    }

    /// The story of the first response of that address; where there is none, of the first record
    /// of that address, such as a revisit.
    ///
    /// # Errors
    /// If no record has that address: the message names the nearest one, if one is near.
    pub fn of_url(&self, path: &Path, url: &str) -> Result<Explanation> {
        let mut reader = Reader::new(open(path)?, max_record(self.section));
        let mut other = None;
        let mut nearest = Nearest::to(url);
        while let Some(entry) = reader.next().map_err(|cause| unreadable(path, cause))? {
            let Content::Record(record) = &entry.content else { continue };
            let uri = record.target_uri();
            if uri != url {
                nearest.see(uri);
            } else if record.kind() == RecordKind::Response {
                return Ok(self.explain(path, entry.offset, &entry));
            } else if other.is_none() {
                other = Some(self.explain(path, entry.offset, &entry));
            }
        }
        other.ok_or_else(|| {
            Error::new(Kind::Usage, format!("no record has the address `{url}`"))
                .at_path(path)
                .help(nearest.in_words())
        })
    }

    fn explain(&self, path: &Path, offset: u64, entry: &Entry<'_>) -> Explanation {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let place = WarcPlace { file, offset, length: entry.length };
        let (record, examined) = match &entry.content {
            Content::Record(record) => {
                let examined = examine(record, place.clone(), self.section, self.model);
                (Some(RecordHead::of(record)), examined)
            }
            Content::Damaged(outcome) => {
                let (outcome, trail) = (*outcome, Trail::default());
                (None, Examined { outcome, document: None, exact: None, trail })
            }
        };
        Explanation { place, record, sentence: examined.outcome.sentence(), examined }
    }
}

impl RecordHead {
    fn of(record: &Record<'_>) -> RecordHead {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        RecordHead {
            fields: record.fields().map(|(name, value)| (text(name), text(value))).collect(),
            block_bytes: record.block().len(),
            truncated: record.truncated(),
            length_repaired: record.length_repaired(),
        }
    }
}

fn is_garbage(entry: &Entry<'_>) -> bool {
    matches!(entry.content, Content::Damaged(Outcome::Garbage))
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|cause| Error::io("open the WARC file", path, cause))
}

fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    Error::io("read the WARC file", path, cause)
}

/// The address that begins most like the one that is sought.
struct Nearest<'a> {
    sought: &'a str,
    shared: usize,
    found: String,
}

impl<'a> Nearest<'a> {
    fn to(sought: &'a str) -> Nearest<'a> {
        Nearest { sought: without_scheme(sought), shared: 0, found: String::new() }
    }

    fn see(&mut self, uri: String) {
        let both = without_scheme(&uri).bytes().zip(self.sought.bytes());
        let shared = both.take_while(|(a, b)| a == b).count();
        if shared > self.shared {
            (self.shared, self.found) = (shared, uri);
        }
    }

    /// Addresses that do not even share a host are not near.
    fn in_words(&self) -> String {
        let host = self.sought.split('/').next().unwrap_or_default();
        if host.is_empty() || self.shared < host.len() {
            "the address must be written as WARC-Target-URI has it".to_owned()
        } else {
            format!("the nearest is `{}`", self.found)
        }
    }
}

fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_address_begins_alike() {
        let mut nearest = Nearest::to("http://example.jp/a/b");
        for uri in ["https://example.jp/x", "https://example.jp/a/c", "http://example.com/a/b"] {
            nearest.see(uri.to_owned());
        }
        assert_eq!(nearest.in_words(), "the nearest is `https://example.jp/a/c`");
        let mut stranger = Nearest::to("http://example.jp/");
        stranger.see("http://example.com/".to_owned());
        assert!(stranger.in_words().contains("WARC-Target-URI"));
    }
}
