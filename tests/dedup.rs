//! Clusters of documents with the same text: what is found, and with how little memory.

use std::path::Path;

use kuroshio::dedup::{ComponentRow, SignatureRow, exact_components};
use kuroshio::error::Result;

/// 20,000 documents: every third is one and the same text, the others are pairs.
fn documents() -> impl Iterator<Item = SignatureRow> {
    (0..20_000).map(|node: u64| SignatureRow {
        hash: Some(if node.is_multiple_of(3) { u64::MAX } else { node / 3 }),
        order: node * 7919 % 1000,
        node,
    })
}

fn clusters(memory_bytes: usize, scratch: &Path) -> Result<Vec<ComponentRow>> {
    let mut found = Vec::new();
    exact_components(documents().map(Ok), memory_bytes, scratch, |row| {
        found.push(row);
        Ok(())
    })?;
    Ok(found)
}

#[test]
fn every_document_is_labelled_once_and_every_cluster_has_one_first() {
    let scratch = tempfile::tempdir().unwrap();
    let found = clusters(1 << 20, scratch.path()).unwrap();
    assert!(found.iter().map(|row| row.node).eq(0..20_000));
    let clusters = found.iter().filter(|row| row.node == row.label).count();
    assert_eq!(found.iter().filter(|row| row.rank == 0).count(), clusters);
    assert_eq!(clusters, 1 + 6_667);
    assert_eq!((found[0].label, found[0].cluster_size), (0, 6_667));
    assert_eq!((found[4].label, found[4].cluster_size), (4, 2));
    assert_eq!((found[5].label, found[5].cluster_size), (4, 2));
}

#[test]
fn a_cluster_larger_than_memory_is_found_as_with_plenty() {
    let scratch = tempfile::tempdir().unwrap();
    let plenty = clusters(64 << 20, Path::new("no/such/directory")).unwrap();
    for memory_bytes in [2_000, 10_000, 200_000] {
        let few = clusters(memory_bytes, scratch.path()).unwrap();
        assert!(few == plenty, "with {memory_bytes} bytes");
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "something was left behind");
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    let scratch = tempfile::tempdir().unwrap();
    let mut reversed: Vec<SignatureRow> = documents().collect();
    reversed.reverse();
    let mut found = Vec::new();
    exact_components(reversed.into_iter().map(Ok), 50_000, scratch.path(), |row| {
        found.push(row);
        Ok(())
    })
    .unwrap();
    assert!(found == clusters(50_000, scratch.path()).unwrap());
}
