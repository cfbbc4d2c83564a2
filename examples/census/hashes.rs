//! The content hashes of all files, in 48 bytes each, and what they say about duplicates.
//!
//! Pure: entries in, groups out. Entries lie in chunks of fixed size, so that nothing is copied or doubled when there
//! are more of them; each chunk is sorted by itself when it is full, and all are merged at the end, so that the end
//! needs no second copy either.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A SHA-256.
pub(crate) type Digest = [u8; 32];

/// What is kept of one file. Ordered by hash, and within one hash by inode.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Entry {
    pub(crate) digest: Digest,
    /// The same number for hard links to one file, another for other files.
    pub(crate) inode: u64,
    /// Where more about the file is kept.
    pub(crate) place: u64,
}

/// The promise, with what chunks cost on top of it: at most 64 bytes a file.
const _: () = assert!(size_of::<Entry>() == 48);

/// 384 KiB: few enough chunks to merge, little enough to be half empty.
const CHUNK: usize = 8 * 1024;

/// Takes entries in.
#[derive(Debug)]
pub(crate) struct Hashes {
    sorted: Vec<Vec<Entry>>,
    open: Vec<Entry>,
    chunk: usize,
}

impl Default for Hashes {
    fn default() -> Self {
        Self::with_chunk(CHUNK)
    }
}

impl Hashes {
    /// Chunks of `chunk` entries, at least one.
    pub(crate) fn with_chunk(chunk: usize) -> Self {
        Self {
            sorted: Vec::new(),
            open: Vec::new(),
            chunk: chunk.max(1),
        }
    }

    pub(crate) fn insert(&mut self, entry: Entry) {
        if self.open.capacity() == 0 {
            self.open.reserve_exact(self.chunk);
        }
        self.open.push(entry);
        if self.open.len() == self.chunk {
            self.close();
        }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> u64 {
        (self.sorted.len() * self.chunk + self.open.len()) as u64
    }

    fn close(&mut self) {
        let mut full = std::mem::take(&mut self.open);
        full.sort_unstable();
        self.sorted.push(full);
    }

    /// No more entries come.
    pub(crate) fn finish(mut self) -> Sorted {
        if !self.open.is_empty() {
            self.close();
        }
        Sorted {
            chunks: self.sorted,
        }
    }
}

/// All entries, each chunk in order.
#[derive(Debug)]
pub(crate) struct Sorted {
    chunks: Vec<Vec<Entry>>,
}

/// Files with the same content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Group {
    pub(crate) digest: Digest,
    /// How many names.
    pub(crate) files: u64,
    /// How many files behind these names: fewer where some are hard links to one.
    pub(crate) inodes: u64,
    /// The [`Entry::place`] of one of them.
    pub(crate) place: u64,
}

impl Sorted {
    /// The groups of two and more, in the order of their hashes.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Group> {
        let mut entries = self.entries().peekable();
        std::iter::from_fn(move || {
            loop {
                let first = entries.next()?;
                let mut group = Group {
                    digest: first.digest,
                    files: 1,
                    inodes: 1,
                    place: first.place,
                };
                let mut inode = first.inode;
                while let Some(next) = entries.next_if(|next| next.digest == group.digest) {
                    group.files += 1;
                    group.inodes += u64::from(next.inode != inode);
                    inode = next.inode;
                }
                if group.files > 1 {
                    return Some(group);
                }
            }
        })
    }

    /// The entries with this hash.
    pub(crate) fn members(&self, digest: Digest) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flat_map(move |chunk| {
            let from = chunk.partition_point(|entry| entry.digest < digest);
            chunk[from..]
                .iter()
                .take_while(move |entry| entry.digest == digest)
        })
    }

    /// All entries in order: the smallest head of any chunk is the next.
    fn entries(&self) -> impl Iterator<Item = Entry> {
        let mut heads: BinaryHeap<Reverse<(Entry, usize, usize)>> = self
            .chunks
            .iter()
            .enumerate()
            .map(|(chunk, entries)| Reverse((entries[0], chunk, 0)))
            .collect();
        std::iter::from_fn(move || {
            let mut head = heads.peek_mut()?;
            let Reverse((entry, chunk, at)) = *head;
            match self.chunks[chunk].get(at + 1) {
                Some(next) => *head = Reverse((*next, chunk, at + 1)),
                None => drop(std::collections::binary_heap::PeekMut::pop(head)),
            }
            Some(entry)
        })
    }
}
