//! What a census says: the data. [`human`] and [`json`] write it down.

pub(crate) mod human;
pub(crate) mod json;
mod units;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::count::Counts;
use crate::hashes::Digest;
use crate::kind::Kind;
use crate::walk::Other;

pub(crate) use units::{bytes, clock, count, plain};

/// What was found.
#[derive(Debug)]
pub(crate) struct Report {
    /// In no order. Kinds without a file are left out.
    pub(crate) rows: Vec<Row>,
    /// Files that were found and not read.
    pub(crate) unread: u64,
    /// The largest first.
    pub(crate) largest: Vec<Large>,
    pub(crate) duplicates: Duplicates,
    pub(crate) errors: Errors,
    pub(crate) others: Others,
}

/// All files of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) files: u64,
    pub(crate) counts: Counts,
}

/// A large file.
#[derive(Debug)]
pub(crate) struct Large {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) kind: Kind,
}

/// Files with the same content.
#[derive(Default, Debug)]
pub(crate) struct Duplicates {
    /// Contents that more than one file has.
    pub(crate) groups: u64,
    /// All files in these groups.
    pub(crate) files: u64,
    /// What one file for each group would save. Hard links take no room, so they are not in this.
    pub(crate) wasted: u64,
    /// The groups that waste most.
    pub(crate) top: Vec<Same>,
    /// Why names and sizes of duplicates are incomplete, if they are.
    pub(crate) lost: Option<String>,
}

/// One group.
#[derive(Debug)]
pub(crate) struct Same {
    pub(crate) digest: Digest,
    /// The size of each.
    pub(crate) bytes: u64,
    /// How many names.
    pub(crate) files: u64,
    /// How many files behind them.
    pub(crate) inodes: u64,
    pub(crate) wasted: u64,
    /// In order. Not all of them, if they are very many.
    pub(crate) paths: Vec<PathBuf>,
}

/// What could not be read.
#[derive(Default, Debug)]
pub(crate) struct Errors {
    pub(crate) count: u64,
    pub(crate) reasons: BTreeMap<String, u64>,
    /// The first [`LISTED`](crate::tally::LISTED).
    pub(crate) listed: Vec<(PathBuf, String)>,
}

/// What is not there to be read.
#[derive(Default, Debug)]
pub(crate) struct Others {
    pub(crate) counts: BTreeMap<Other, u64>,
    /// The first of them that are not symbolic links.
    pub(crate) listed: Vec<(PathBuf, Other)>,
}

/// How the census went.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) root: PathBuf,
    /// It was ended before its time: the report is of a part.
    pub(crate) interrupted: bool,
    pub(crate) elapsed: Duration,
    pub(crate) readers: usize,
    /// How often a reader failed and was started again.
    pub(crate) restarts: u64,
    /// The most memory that this process has had, where the system tells.
    pub(crate) peak_memory: Option<u64>,
}

/// The line below all others.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Totals {
    pub(crate) files: u64,
    pub(crate) counts: Counts,
    pub(crate) errors: u64,
}

impl Report {
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals {
            files: self.unread,
            errors: self.errors.count,
            ..Totals::default()
        };
        for row in &self.rows {
            totals.files += row.files;
            totals.counts.add(&row.counts);
        }
        totals
    }

    /// Languages by lines, then what is not written in lines by size; names decide ties.
    pub(crate) fn sorted_rows(&self) -> (Vec<Row>, Vec<Row>) {
        let (mut text, mut data): (Vec<Row>, Vec<Row>) =
            self.rows.iter().partition(|row| row.kind.is_text());
        text.sort_by_key(|row| {
            (
                std::cmp::Reverse((row.counts.lines, row.counts.bytes)),
                row.kind.name(),
            )
        });
        data.sort_by_key(|row| (std::cmp::Reverse(row.counts.bytes), row.kind.name()));
        (text, data)
    }
}
