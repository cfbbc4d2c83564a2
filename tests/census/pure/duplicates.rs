//! The store of hashes against a map.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::census::hashes::{Entry, Hashes};

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    // Few different hashes and inodes, so that there are groups and links.
    let entry = (0..12_u8, 0..6_u64).prop_map(|(digest, inode)| (digest, inode));
    prop::collection::vec(entry, 0..200).prop_map(|all| {
        let numbered = all.into_iter().zip(0..);
        numbered
            .map(|((digest, inode), place)| Entry {
                digest: [digest; 32],
                inode,
                place,
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn groups_are_those_of_a_map(entries in entries(), chunk in 1..40_usize) {
        let mut expected: BTreeMap<[u8; 32], (BTreeSet<u64>, BTreeSet<u64>)> = BTreeMap::new();
        let mut hashes = Hashes::with_chunk(chunk);
        for entry in &entries {
            hashes.insert(*entry);
            let group = expected.entry(entry.digest).or_default();
            group.0.insert(entry.place);
            group.1.insert(entry.inode);
        }
        prop_assert_eq!(hashes.len(), entries.len() as u64);
        expected.retain(|_, group| group.0.len() > 1);

        let sorted = hashes.finish();
        let mut found = BTreeMap::new();
        for group in sorted.groups() {
            let places: BTreeSet<u64> = sorted.members(group.digest).map(|entry| entry.place).collect();
            prop_assert!(places.contains(&group.place));
            prop_assert_eq!(group.files, places.len() as u64);
            let inodes: BTreeSet<u64> = sorted.members(group.digest).map(|entry| entry.inode).collect();
            prop_assert_eq!(group.inodes, inodes.len() as u64);
            prop_assert!(found.insert(group.digest, (places, inodes)).is_none());
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn nothing_has_no_groups() {
    assert_eq!(Hashes::default().finish().groups().count(), 0);
    assert_eq!(Hashes::default().finish().members([0; 32]).count(), 0);
}
