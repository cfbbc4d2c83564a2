//! Reads one file: its kind, its counts, its hash.

mod flags;

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::count::{self, Counter, Counts, WordRule};
use crate::hashes::Digest;
use crate::kind::Kind;
use crate::names;

/// How much is read at a time, whatever the file's size. Holds what tells text from binary.
pub(crate) const BUFFER: usize = 128 * 1024;
const _: () = assert!(BUFFER >= count::SNIFFED);

/// What a file was found to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    pub(crate) kind: Kind,
    pub(crate) counts: Counts,
    pub(crate) digest: Digest,
    /// The same for hard links to one file; `None` where that cannot be told.
    pub(crate) inode: Option<u64>,
}

/// Why a file was not read to its end.
#[derive(Debug)]
pub(crate) enum Unread {
    /// What the system says.
    Failed(io::Error),
    /// It was a regular file when its folder was listed, and now is none.
    Changed,
    /// Whoever watched said stop.
    Interrupted,
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads the regular file at `path`. `watch` hears of each piece's length, and may end it.
///
/// At most the bytes that the file has when it is opened, so that a file that is written to all the time has an end.
///
/// # Errors
///
/// See [`Unread`]. Nothing of a file that is not read to its end is to be counted.
pub(crate) fn read(
    path: &Path,
    rule: WordRule,
    buffer: &mut [u8],
    mut watch: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<Reading, Unread> {
    let (file, found) = open(path)?;
    // Files of /proc say 0 and have content.
    let limit = if found.len() == 0 {
        u64::MAX
    } else {
        found.len()
    };
    let mut file = file.take(limit);

    let mut filled = fill(&mut file, buffer)?;
    let binary = count::is_binary(&buffer[..filled]);
    let kind = Kind::of(names::file_name(path), &buffer[..filled], binary);
    let mut counter = Counter::new(kind.syntax(), rule);
    let mut hasher = Sha256::new();
    while filled > 0 {
        counter.feed(&buffer[..filled]);
        hasher.update(&buffer[..filled]);
        if watch(filled).is_break() {
            return Err(Unread::Interrupted);
        }
        filled = fill(&mut file, buffer)?;
    }
    Ok(Reading {
        kind,
        counts: counter.finish(),
        digest: hasher.finalize().into(),
        inode: inode(&found),
    })
}

/// Opens `path`, if it is (still) a regular file.
fn open(path: &Path) -> Result<(File, Metadata), Unread> {
    let mut options = OpenOptions::new();
    options.read(true);
    flags::set(&mut options);
    let file = match options.open(path) {
        Ok(file) => file,
        // What a link or a socket makes of our flags differs from system to system; what it is does not.
        Err(error) => {
            return Err(match std::fs::symlink_metadata(path) {
                Ok(found) if !found.is_file() => Unread::Changed,
                _ => Unread::Failed(error),
            });
        }
    };
    let found = file.metadata()?;
    if found.is_file() {
        Ok((file, found))
    } else {
        Err(Unread::Changed)
    }
}

/// Reads until `buffer` is full or the file ends: says how much.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(unix)]
fn inode(found: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    // Two numbers in one: inodes are small and close together, so devices are spread far apart.
    Some(found.ino() ^ found.dev().wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<u64> {
    None
}
