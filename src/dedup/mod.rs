//! Which documents belong together: signatures in, clusters out. A signature that two documents
//! share makes them one cluster; the documents of a cluster are ranked by who stays first, and of
//! those that pass what comes later, the first in rank stays. Nothing is deleted here.
//! Memory: the caller's budget, whatever the number of documents and however large a cluster is;
//! the rest lies in one temporary file a sort, 24 bytes a document. Knows nothing of texts, files
//! of a run, or what is done with a duplicate.

mod components;
mod outranked;
mod sort;

pub use components::exact_components;
pub use outranked::outranked;

/// What is known of one document before clusters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureRow {
    /// Documents with equal hashes belong together; one without a hash is alone.
    pub hash: Option<u64>,
    /// The document with the largest order ranks first in its cluster; of equal ones, the one with
    /// the smallest node.
    pub order: u64,
    /// The number of the document, different from all others.
    pub node: u64,
}

/// The cluster of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentRow {
    /// The number of the document.
    pub node: u64,
    /// The smallest node of its cluster.
    pub label: u64,
    /// The documents of its cluster; 1 where it is alone.
    pub cluster_size: u32,
    /// Its place among them, from 0: the smaller, the sooner it is the one that stays.
    pub rank: u32,
}

/// A document that may stay, with its place in its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankedRow {
    /// The smallest node of its cluster.
    pub label: u64,
    /// Its place in the cluster.
    pub rank: u32,
    /// The number of the document.
    pub node: u64,
}
