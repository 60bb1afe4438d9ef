//! Which documents belong together: signatures in, clusters out. A signature that two documents
//! share makes them one cluster; one document of a cluster stays, and nothing is deleted here.
//! Memory: the caller's budget, whatever the number of documents and however large a cluster is;
//! the rest lies in one temporary file a sort, 24 bytes a document. Knows nothing of texts, files
//! of a run, or what is done with a duplicate.

mod components;
mod sort;

pub use components::exact_components;

/// What is known of one document before clusters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureRow {
    /// Documents with equal hashes belong together; one without a hash is alone.
    pub hash: Option<u64>,
    /// The document with the largest order in its cluster stays; of equal ones, the one with the
    /// smallest node.
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
    pub cluster_size: u64,
    /// Whether it is the one that stays.
    pub keep: bool,
}
