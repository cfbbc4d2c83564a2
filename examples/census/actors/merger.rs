//! Adds up what the others found.

use std::path::PathBuf;

use playhouse::prelude::*;

use crate::read::Reading;
use crate::report::Report;
use crate::tally::Tally;
use crate::walk::Other;

/// Small: readers that are faster than the merger shall wait, not fill memory.
#[actor(mailbox = 256)]
pub(crate) struct Merger {
    /// Until the result is asked for.
    tally: Option<Tally>,
}

/// The result was asked for before.
#[derive(Debug)]
pub(crate) struct Gone;

#[handlers]
impl Merger {
    pub(crate) fn new(tally: Tally) -> Self {
        Self { tally: Some(tally) }
    }

    /// A file was read.
    #[message]
    pub(crate) fn counted(&mut self, path: PathBuf, reading: Reading) {
        if let Some(tally) = &mut self.tally {
            // This writes the name to disk now and then, in pieces that the system takes as fast as memory.
            tally.counted(path, &reading);
        }
    }

    /// A file was found and could not be read.
    #[message]
    pub(crate) fn unread(&mut self, path: PathBuf, why: String) {
        if let Some(tally) = &mut self.tally {
            tally.unread(path, why);
        }
    }

    /// Something else could not be looked at.
    #[message]
    pub(crate) fn failed(&mut self, path: PathBuf, why: String) {
        if let Some(tally) = &mut self.tally {
            tally.failed(path, why);
        }
    }

    /// Something that is neither file nor folder.
    #[message]
    pub(crate) fn other(&mut self, path: PathBuf, what: Other) {
        if let Some(tally) = &mut self.tally {
            tally.other(path, what);
        }
    }

    /// The report of all that was accepted before; to be asked once.
    #[message]
    pub(crate) fn result(&mut self, reply: Reply<Report, Gone>) {
        match self.tally.take() {
            // To sort all hashes may take a while, and no handler should.
            Some(tally) => drop(tokio::task::spawn_blocking(move || {
                reply.send(tally.finish())
            })),
            None => reply.fail(Gone),
        }
    }
}
