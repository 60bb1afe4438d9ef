//! Builds small blobs of normalization rules for the tests of this folder.

use std::collections::BTreeMap;

/// The blob of some rules, with a block of 256 units for the children of each node.
pub(super) fn blob(rules: &[(&str, &str)]) -> Vec<u8> {
    let mut replacements = Vec::new();
    let mut offsets = BTreeMap::new();
    let mut nodes: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for (from, to) in rules {
        offsets.insert(from.as_bytes().to_vec(), replacements.len() as u32);
        replacements.extend(to.bytes().chain([0]));
        for end in 0..=from.len() {
            nodes.entry(from.as_bytes()[..end].to_vec()).or_insert(0);
        }
    }
    // Children of the node with number n are in block n + 1.
    let blocks: BTreeMap<Vec<u8>, usize> =
        nodes.into_keys().enumerate().map(|(number, key)| (key, (number + 1) * 256)).collect();
    let mut units = vec![0_u32; (blocks.len() + 1) * 256];
    for (key, block) in &blocks {
        let (place, label) = match key.split_last() {
            None => (0, 0),
            Some((last, rest)) => (blocks[rest] ^ usize::from(*last), u32::from(*last)),
        };
        let leaf = offsets.get(key);
        units[place] = ((place ^ block) as u32) << 10 | u32::from(leaf.is_some()) << 8 | label;
        if let Some(offset) = leaf {
            units[*block] = offset | 1 << 31;
        }
    }
    let mut blob = (units.len() as u32 * 4).to_le_bytes().to_vec();
    blob.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    blob.extend(replacements);
    blob
}
