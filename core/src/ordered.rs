//! A map for keys that come in order, or nearly so: a sorted list with holes.
//!
//! A key that goes leaves a hole, and holes are closed once they are the greater part. So adding and removing cost a
//! constant on the mean, however many there are; a look-up is a binary search; and an entry takes no more than itself.

#[derive(Debug)]
pub(crate) struct Ordered<K, V> {
    list: Vec<(K, Option<V>)>,
    holes: usize,
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            holes: 0,
        }
    }
}

impl<K: Ord + Copy, V> Ordered<K, V> {
    fn find(&self, key: K) -> Result<usize, usize> {
        self.list.binary_search_by_key(&key, |(key, _)| *key)
    }

    /// Adds a value; gives back what was there.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if self.list.last().is_none_or(|(last, _)| *last < key) {
            self.list.push((key, Some(value)));
            return None;
        }
        match self.find(key) {
            Ok(at) => {
                let before = self.list[at].1.replace(value);
                self.holes -= usize::from(before.is_none());
                before
            }
            Err(at) => {
                self.list.insert(at, (key, Some(value)));
                None
            }
        }
    }

    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.list[self.find(key).ok()?].1.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        self.list[at].1.as_mut()
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let at = self.find(key).ok()?;
        let removed = self.list[at].1.take()?;
        self.holes += 1;
        while let Some((_, None)) = self.list.last() {
            self.list.pop();
            self.holes -= 1;
        }
        if self.holes * 2 > self.list.len() {
            self.list.retain(|(_, value)| value.is_some());
            self.holes = 0;
        }
        if self.list.capacity() > 4 * self.list.len() + SPARE {
            self.list.shrink_to(2 * self.list.len());
        }
        Some(removed)
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len() - self.holes
    }

    /// In the order of the keys.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.list.iter().filter_map(|(_, value)| value.as_ref())
    }

    /// In the order of the keys.
    pub(crate) fn into_values(self) -> impl Iterator<Item = V> {
        self.list.into_iter().filter_map(|(_, value)| value)
    }
}

/// Room that is not given back.
const SPARE: usize = 1024;

#[cfg(all(test, not(playhouse_loom)))]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn does_what_a_map_does(steps in prop::collection::vec((0..3_u8, 0..40_u32), 0..400)) {
            let (mut ordered, mut map) = (Ordered::default(), BTreeMap::new());
            for (number, (what, key)) in steps.into_iter().enumerate() {
                match what {
                    0 => prop_assert_eq!(ordered.insert(key, number), map.insert(key, number)),
                    1 => prop_assert_eq!(ordered.remove(key), map.remove(&key)),
                    _ => prop_assert_eq!(ordered.get(key), map.get(&key)),
                }
                prop_assert_eq!(ordered.len(), map.len());
                prop_assert!(ordered.values().eq(map.values()));
                prop_assert!(ordered.list.len() <= 2 * map.len() + 1);
            }
            prop_assert!(ordered.into_values().eq(map.into_values()));
        }
    }

    #[test]
    fn memory_of_many_that_went_is_given_back() {
        const MANY: u32 = 100_000;
        for backwards in [false, true] {
            let mut ordered = Ordered::default();
            for key in 0..MANY {
                ordered.insert(key, key);
            }
            for key in 1..MANY {
                ordered.remove(if backwards { MANY - key } else { key - 1 });
            }
            assert_eq!(ordered.len(), 1);
            let room = ordered.list.capacity();
            assert!(room <= 2 * SPARE, "{room}, backwards: {backwards}");
        }
    }
}
