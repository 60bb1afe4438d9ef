//! Clusters of documents with equal signatures, by two sorts.
//!
//! 1. Signatures are sorted by hash, so that a cluster stands together; within it by who stays
//!    first, so that the place in the cluster is the rank.
//! 2. Two cursors go over them. The first one goes through a cluster and learns its smallest node
//!    and its size; then the second one goes through it and gives every document that knowledge
//!    and its rank. So a cluster may be larger than memory.
//! 3. What comes out is sorted by node, the order of the documents.
//!
//! Both sorts are over all numbers of a row, so the memory budget changes nothing in the result.

use std::path::Path;

use super::sort::{Row, Sorter};
use super::{ComponentRow, SignatureRow};
use crate::error::{Error, Result};

/// Finds the clusters of `rows` and gives `emit` one row a document, in the order of their nodes.
///
/// `memory_bytes` is the memory for both sorts together; what does not fit lies in unnamed
/// temporary files in `scratch`, at most 48 bytes a document. An error of `rows` or `emit` ends it.
pub fn exact_components(
    rows: impl Iterator<Item = Result<SignatureRow>>,
    memory_bytes: usize,
    scratch: &Path,
    mut emit: impl FnMut(ComponentRow) -> Result<()>,
) -> Result<()> {
    let half = memory_bytes / 2;
    let mut by_hash = Sorter::new(half, scratch);
    let mut by_node = Sorter::new(half, scratch);
    for row in rows {
        let SignatureRow { hash, order, node } = row?;
        match hash {
            // Sorting is ascending, and the largest order comes first.
            Some(hash) => by_hash.push([hash, !order, node])?,
            None => {
                by_node.push(pack(ComponentRow { node, label: node, cluster_size: 1, rank: 0 }))?
            }
        }
    }
    let by_hash = by_hash.finish()?;
    let mut ahead = by_hash.cursor(half / 2)?;
    let mut behind = by_hash.cursor(half / 2)?;
    let mut first = ahead.next().transpose()?;
    while let Some([hash, _, node]) = first {
        let mut cluster = Cluster { hash, smallest: node, size: 1 };
        first = cluster.take_all(&mut ahead)?;
        for rank in 0..cluster.size {
            let [_, _, node] =
                behind.next().ok_or_else(|| Error::bug("two cursors over different rows"))??;
            let (label, size) = (cluster.smallest, saturated(cluster.size));
            let rank = saturated(rank);
            by_node.push(pack(ComponentRow { node, label, cluster_size: size, rank }))?;
        }
    }
    drop((ahead, behind));
    drop(by_hash);
    for row in by_node.finish()?.cursor(half)? {
        emit(unpack(row?))?;
    }
    Ok(())
}

/// What is known of a cluster from the rows seen so far.
struct Cluster {
    hash: u64,
    smallest: u64,
    size: u64,
}

impl Cluster {
    /// Takes the other rows of the cluster; returns the first row of the next one.
    fn take_all(&mut self, rows: &mut dyn Iterator<Item = Result<Row>>) -> Result<Option<Row>> {
        for row in rows {
            let [hash, order, node] = row?;
            if hash != self.hash {
                return Ok(Some([hash, order, node]));
            }
            self.size += 1;
            self.smallest = self.smallest.min(node);
        }
        Ok(None)
    }
}

/// A count of documents in 32 bits; four thousand million and more are not told apart.
fn saturated(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A component as a row that sorts by node: size and rank share a number.
fn pack(row: ComponentRow) -> Row {
    [row.node, row.label, u64::from(row.cluster_size) << 32 | u64::from(row.rank)]
}

fn unpack([node, label, size_and_rank]: Row) -> ComponentRow {
    let (cluster_size, rank) = ((size_and_rank >> 32) as u32, size_and_rank as u32);
    ComponentRow { node, label, cluster_size, rank }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::error::Kind;

    fn components(rows: &[SignatureRow], memory_bytes: usize) -> Vec<ComponentRow> {
        let scratch = tempfile::tempdir().unwrap();
        let mut result = Vec::new();
        let emit = |row| {
            result.push(row);
            Ok(())
        };
        exact_components(rows.iter().copied().map(Ok), memory_bytes, scratch.path(), emit).unwrap();
        result
    }

    /// The same by maps, all in memory.
    fn plainly(rows: &[SignatureRow]) -> Vec<ComponentRow> {
        let mut clusters: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
        let mut result = BTreeMap::new();
        for row in rows {
            match row.hash {
                Some(hash) => clusters.entry(hash).or_default().push((row.node, row.order)),
                None => {
                    let (node, label) = (row.node, row.node);
                    result.insert(node, ComponentRow { node, label, cluster_size: 1, rank: 0 });
                }
            }
        }
        for members in clusters.values_mut() {
            members.sort();
            let label = members[0].0;
            let cluster_size = members.len() as u32;
            // A stable sort: equal orders stay in the order of their nodes.
            members.sort_by_key(|(_, order)| std::cmp::Reverse(*order));
            for (rank, (node, _)) in members.iter().enumerate() {
                let rank = rank as u32;
                result.insert(*node, ComponentRow { node: *node, label, cluster_size, rank });
            }
        }
        result.into_values().collect()
    }

    fn row(hash: Option<u64>, order: u64, node: u64) -> SignatureRow {
        SignatureRow { hash, order, node }
    }

    #[test]
    fn ranks_go_down_with_the_order_and_ties_go_to_the_smallest_node() {
        let rows =
            [row(Some(9), 5, 40), row(Some(9), 7, 30), row(Some(9), 7, 20), row(Some(9), 1, 10)];
        let found = components(&rows, 0);
        let nodes: Vec<u64> = found.iter().map(|row| row.node).collect();
        assert_eq!(nodes, [10, 20, 30, 40]);
        assert!(found.iter().all(|row| row.label == 10 && row.cluster_size == 4));
        let ranks: Vec<u32> = found.iter().map(|row| row.rank).collect();
        assert_eq!(ranks, [3, 0, 1, 2]);
    }

    #[test]
    fn documents_without_a_hash_are_alone() {
        let found = components(&[row(None, 3, 2), row(None, 3, 1), row(Some(0), 3, 0)], 1 << 20);
        assert_eq!(found.len(), 3);
        for (node, row) in found.iter().enumerate() {
            let node = node as u64;
            assert_eq!(*row, ComponentRow { node, label: node, cluster_size: 1, rank: 0 });
        }
    }

    #[test]
    fn an_error_of_the_rows_or_of_the_reader_ends_it() {
        let failed = || Error::new(Kind::Data, "no more");
        let rows = [Ok(row(None, 0, 0)), Err(failed())].into_iter();
        let error = exact_components(rows, 0, Path::new("x"), |_| Ok(())).unwrap_err();
        assert_eq!(error.message, "no more");
        let rows = [Ok(row(None, 0, 0))].into_iter();
        let error = exact_components(rows, 99, Path::new("x"), |_| Err(failed())).unwrap_err();
        assert_eq!(error.message, "no more");
    }

    proptest! {
        #[test]
        fn any_budget_finds_what_maps_find(
            rows in prop::collection::btree_map(
                any::<u16>(), (prop::option::weighted(0.9, 0u64..20), 0u64..4), 0..200,
            ),
            memory_bytes in 0usize..8000,
        ) {
            let mut rows: Vec<SignatureRow> = rows
                .into_iter()
                .map(|(node, (hash, order))| row(hash, order, u64::from(node)))
                .collect();
            rows.reverse();
            prop_assert_eq!(components(&rows, memory_bytes), plainly(&rows));
        }
    }
}
