//! Who stands behind another one: of the documents of a cluster that may stay, all but the first
//! in rank, by two sorts. Rows are sorted by cluster and rank, so that the one that stays is the
//! first of its cluster; all others are sorted by node, the order of the documents.

use std::path::Path;

use super::RankedRow;
use super::sort::Sorter;
use crate::error::Result;

/// Gives `emit` the node of every row that shares its cluster with a row of a smaller rank, in
/// ascending order; of equal ranks, the smallest node stays.
///
/// `memory_bytes` is the memory for both sorts together; what does not fit lies in unnamed
/// temporary files in `scratch`, at most 48 bytes a row. An error of `rows` or `emit` ends it.
pub fn outranked(
    rows: impl Iterator<Item = Result<RankedRow>>,
    memory_bytes: usize,
    scratch: &Path,
    mut emit: impl FnMut(u64) -> Result<()>,
) -> Result<()> {
    let half = memory_bytes / 2;
    let mut by_rank = Sorter::new(half, scratch);
    for row in rows {
        let RankedRow { label, rank, node } = row?;
        by_rank.push([label, u64::from(rank), node])?;
    }
    let by_rank = by_rank.finish()?;
    let mut by_node = Sorter::new(half, scratch);
    let mut before = None;
    for row in by_rank.cursor(half)? {
        let [label, _, node] = row?;
        if before == Some(label) {
            by_node.push([node, 0, 0])?;
        }
        before = Some(label);
    }
    drop(by_rank);
    for row in by_node.finish()?.cursor(half)? {
        let [node, _, _] = row?;
        emit(node)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::error::{Error, Kind};

    fn behind(rows: &[RankedRow], memory_bytes: usize) -> Vec<u64> {
        let scratch = tempfile::tempdir().unwrap();
        let mut found = Vec::new();
        let emit = |node| {
            found.push(node);
            Ok(())
        };
        outranked(rows.iter().copied().map(Ok), memory_bytes, scratch.path(), emit).unwrap();
        found
    }

    /// The same by maps, all in memory.
    fn plainly(rows: &[RankedRow]) -> Vec<u64> {
        let mut clusters: BTreeMap<u64, BTreeSet<(u32, u64)>> = BTreeMap::new();
        for row in rows {
            clusters.entry(row.label).or_default().insert((row.rank, row.node));
        }
        let others = clusters.values().flat_map(|members| members.iter().skip(1));
        let nodes: BTreeSet<u64> = others.map(|(_, node)| *node).collect();
        nodes.into_iter().collect()
    }

    fn row(label: u64, rank: u32, node: u64) -> RankedRow {
        RankedRow { label, rank, node }
    }

    #[test]
    fn the_first_in_rank_stays_whatever_ranks_are_missing() {
        let rows = [row(3, 5, 9), row(3, 2, 8), row(3, 4, 3), row(7, 0, 7), row(1, 6, 2)];
        assert_eq!(behind(&rows, 0), [3, 9]);
        assert_eq!(behind(&[], 0), [0u64; 0]);
    }

    #[test]
    fn of_equal_ranks_the_smallest_node_stays() {
        assert_eq!(behind(&[row(1, 4, 6), row(1, 4, 5), row(1, 4, 7)], 1 << 20), [6, 7]);
    }

    #[test]
    fn an_error_of_the_rows_or_of_the_reader_ends_it() {
        let failed = || Error::new(Kind::Data, "no more");
        let rows = [Ok(row(0, 0, 0)), Err(failed())].into_iter();
        let error = outranked(rows, 0, Path::new("x"), |_| Ok(())).unwrap_err();
        assert_eq!(error.message, "no more");
        let rows = [Ok(row(0, 0, 0)), Ok(row(0, 1, 1))].into_iter();
        let error = outranked(rows, 999, Path::new("x"), |_| Err(failed())).unwrap_err();
        assert_eq!(error.message, "no more");
    }

    proptest! {
        #[test]
        fn any_budget_finds_what_maps_find(
            rows in prop::collection::btree_map(any::<u16>(), (0u64..20, 0u32..9), 0..200),
            memory_bytes in 0usize..8000,
        ) {
            let rows: Vec<RankedRow> = rows
                .into_iter()
                .map(|(node, (label, rank))| row(label, rank, u64::from(node)))
                .collect();
            prop_assert_eq!(behind(&rows, memory_bytes), plainly(&rows));
        }
    }
}
