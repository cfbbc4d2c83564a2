//! All that was found, added up in constant memory but for the hashes.
//!
//! No actor and no thread is known here; the merger has one tally and asks it for the report.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::path::{Path, PathBuf};

use crate::count::Counts;
use crate::hashes::{Entry, Group, Hashes};
use crate::kind::{KINDS, Kind};
use crate::read::Reading;
use crate::report::{Duplicates, Errors, Large, Others, Report, Row, Same};
use crate::spool::{Names, Place, Spool};
use crate::walk::Other;

/// Errors, and things that are no files, are listed up to this many; all are counted.
pub(crate) const LISTED: usize = 1_000;

/// Names of one group of duplicates that are listed.
const NAMES_LISTED: usize = 1_000;

/// Different reasons of errors that are told apart.
const REASONS: usize = 64;

/// The place of a file whose name could not be kept.
const NOWHERE: Place = Place::MAX;

/// Adds up.
#[derive(Debug)]
pub(crate) struct Tally {
    rows: Vec<(u64, Counts)>,
    unread: u64,
    largest: Smallest<(Reverse<u64>, PathBuf, Kind)>,
    hashes: Hashes,
    spool: io::Result<Spool>,
    errors: Errors,
    others: Others,
    top: usize,
}

impl Tally {
    /// Lists the `top` largest files and groups of duplicates. `spool` keeps the names of all files; without one,
    /// duplicates are counted and not named.
    pub(crate) fn new(top: usize, spool: io::Result<Spool>) -> Self {
        Self {
            rows: vec![(0, Counts::default()); KINDS],
            unread: 0,
            largest: Smallest::new(top),
            hashes: Hashes::default(),
            spool,
            errors: Errors::default(),
            others: Others::default(),
            top,
        }
    }

    /// A file that was read to its end.
    pub(crate) fn counted(&mut self, path: PathBuf, reading: &Reading) {
        let (files, counts) = &mut self.rows[reading.kind.index()];
        *files += 1;
        counts.add(&reading.counts);
        let place = self.keep(&path, reading.counts.bytes);
        // Where hard links cannot be told, each name is a file of its own.
        let inode = reading.inode.unwrap_or_else(|| self.hashes.len());
        self.hashes.insert(Entry {
            digest: reading.digest,
            inode,
            place,
        });
        self.largest
            .push((Reverse(reading.counts.bytes), path, reading.kind));
    }

    fn keep(&mut self, path: &Path, bytes: u64) -> Place {
        let Ok(spool) = &mut self.spool else {
            return NOWHERE;
        };
        spool.push(path, bytes).unwrap_or_else(|error| {
            self.spool = Err(error);
            NOWHERE
        })
    }

    /// A file that was found and could not be read.
    pub(crate) fn unread(&mut self, path: PathBuf, why: String) {
        self.unread += 1;
        self.failed(path, why);
    }

    /// Anything that could not be looked at; a folder, for one.
    pub(crate) fn failed(&mut self, path: PathBuf, why: String) {
        self.errors.count += 1;
        let reasons = &mut self.errors.reasons;
        let known = reasons.len() < REASONS || reasons.contains_key(&why);
        let reason = if known {
            why.clone()
        } else {
            "other reasons".into()
        };
        *reasons.entry(reason).or_default() += 1;
        if self.errors.listed.len() < LISTED {
            self.errors.listed.push((path, why));
        }
    }

    /// Something that is neither file nor folder.
    pub(crate) fn other(&mut self, path: PathBuf, what: Other) {
        *self.others.counts.entry(what).or_default() += 1;
        // Links are many and of no interest; a pipe where files are expected is.
        if what != Other::Symlink && self.others.listed.len() < LISTED {
            self.others.listed.push((path, what));
        }
    }

    /// The report. Sorts and merges the hashes of all files: work for a thread that may take its time.
    pub(crate) fn finish(mut self) -> Report {
        let rows: Vec<Row> = Kind::all()
            .zip(&self.rows)
            .filter(|(_, (files, _))| *files > 0)
            .map(|(kind, (files, counts))| Row {
                kind,
                files: *files,
                counts: *counts,
            })
            .collect();
        let largest = self.largest.into_sorted();
        self.errors.listed.sort();
        self.others.listed.sort();
        Report {
            rows,
            unread: self.unread,
            largest: largest
                .into_iter()
                .map(|(bytes, path, kind)| Large {
                    path,
                    bytes: bytes.0,
                    kind,
                })
                .collect(),
            duplicates: duplicates(self.hashes, self.spool.and_then(Spool::finish), self.top),
            errors: self.errors,
            others: self.others,
        }
    }
}

fn duplicates(hashes: Hashes, names: io::Result<Names>, top: usize) -> Duplicates {
    let sorted = hashes.finish();
    let (mut names, mut lost) = match names {
        Ok(names) => (Some(names), None),
        Err(error) => (None, Some(error)),
    };
    let mut found = Duplicates::default();
    let mut best = Smallest::new(top);
    for group in sorted.groups() {
        let bytes = match size(&mut names, &group) {
            Ok(bytes) => bytes,
            Err(error) => {
                lost.get_or_insert(error);
                0
            }
        };
        let wasted = bytes * (group.inodes - 1);
        found.groups += 1;
        found.files += group.files;
        found.wasted += wasted;
        best.push((Reverse(wasted), group.digest, bytes, group));
    }
    for (wasted, digest, bytes, group) in best.into_sorted() {
        let paths = paths(&mut names, sorted.members(digest).map(|entry| entry.place))
            .unwrap_or_else(|error| {
                lost.get_or_insert(error);
                Vec::new()
            });
        found.top.push(Same {
            digest,
            bytes,
            files: group.files,
            inodes: group.inodes,
            wasted: wasted.0,
            paths,
        });
    }
    found.lost = lost.map(|error| error.to_string());
    found
}

fn size(names: &mut Option<Names>, group: &Group) -> io::Result<u64> {
    match names {
        Some(names) if group.place != NOWHERE => names.bytes(group.place),
        _ => Ok(0),
    }
}

/// The first of their names, in order.
fn paths(
    names: &mut Option<Names>,
    places: impl Iterator<Item = Place>,
) -> io::Result<Vec<PathBuf>> {
    let mut paths = Smallest::new(NAMES_LISTED);
    if let Some(names) = names {
        for place in places.filter(|place| *place != NOWHERE) {
            paths.push(names.path(place)?);
        }
    }
    Ok(paths.into_sorted())
}

/// The smallest of all that is pushed, and no more of them than asked for.
#[derive(Debug)]
struct Smallest<T> {
    heap: BinaryHeap<T>,
    most: usize,
}

impl<T: Ord> Smallest<T> {
    fn new(most: usize) -> Self {
        Self {
            heap: BinaryHeap::new(),
            most,
        }
    }

    fn push(&mut self, item: T) {
        if self.heap.len() < self.most {
            self.heap.push(item);
        } else if let Some(mut largest) = self.heap.peek_mut()
            && item < *largest
        {
            *largest = item;
        }
    }

    fn into_sorted(self) -> Vec<T> {
        self.heap.into_sorted_vec()
    }
}
