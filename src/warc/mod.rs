//! Web archives: from the packed bytes of a WARC file to its records, and from a record's block
//! to the HTTP response and its body.
//!
//! A [`Reader`] walks gzip members, zstd frames and plain records in file order and gives an
//! [`Entry`] for every record and for every damage; one broken record costs that record alone.
//! Memory is bounded by the largest record it is allowed to give, packed and unpacked, plus fixed
//! buffers of about 16 MiB (zstd files: plus their window, at most 128 MiB).
//! Knows nothing of HTML, characters or languages.

mod cut;
mod damage;
mod gzip;
mod head;
pub mod http;
mod member;
mod reader;
mod record;
mod stream;
mod unpack;

pub use reader::{Content, Entry, Reader};
pub use record::{Record, RecordKind};
