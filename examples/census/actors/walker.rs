//! Goes through the tree, on a thread of its own.

use std::io;
use std::mem;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use playhouse::prelude::*;

use super::PATIENCE;
use super::dispatcher::Dispatcher;
use super::merger::Merger;
use crate::plan::Plan;
use crate::report::plain;
use crate::walk::{Other, Visit, walk};

/// Files are brought to the dispatcher this many at a time,
const TOGETHER: usize = 64;
/// or as many as were found in this time, where finding them is slow.
const NO_LONGER: Duration = Duration::from_millis(5);

/// The walker; in a pool of one, as the walk is one long call that blocks.
#[actor(mailbox = 1)]
pub(crate) struct Walker {
    plan: Arc<Plan>,
    merger: Address<Merger>,
    dispatcher: Address<Dispatcher>,
}

#[handlers]
impl Walker {
    pub(crate) fn new(
        plan: Arc<Plan>,
        merger: Address<Merger>,
        dispatcher: Address<Dispatcher>,
    ) -> Self {
        Self {
            plan,
            merger,
            dispatcher,
        }
    }

    /// Walks through all of the tree.
    #[message]
    pub(crate) fn walk(&mut self) {
        let mut round = Round {
            walker: self,
            files: Vec::new(),
            since: Instant::now(),
        };
        // Cut short, or not: what was found is brought, and the dispatcher hears that it was all.
        let _ = walk(&self.plan.root, self.plan.stay, &mut round);
    }
}

/// One walk. Its end is told however it comes.
struct Round<'a> {
    walker: &'a Walker,
    files: Vec<PathBuf>,
    /// When the first of the files was found.
    since: Instant,
}

impl Round<'_> {
    fn bring(&mut self) -> ControlFlow<()> {
        if self.files.is_empty() {
            return ControlFlow::Continue(());
        }
        let files = mem::take(&mut self.files);
        // Here the walk waits for the readers.
        match self
            .walker
            .dispatcher
            .hand_out(files)
            .timeout(PATIENCE)
            .blocking()
        {
            Ok(()) => self.walker.plan.goes_on(),
            // The dispatcher has ended: somebody shuts the system down.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl Visit for Round<'_> {
    fn file(&mut self, path: PathBuf) -> ControlFlow<()> {
        if self.files.is_empty() {
            self.since = Instant::now();
        }
        self.files.push(path);
        if self.files.len() == TOGETHER {
            self.bring()
        } else {
            ControlFlow::Continue(())
        }
    }

    fn other(&mut self, path: PathBuf, what: Other) -> ControlFlow<()> {
        let _ = self.walker.merger.other(path, what).blocking();
        ControlFlow::Continue(())
    }

    fn failed(&mut self, path: PathBuf, error: io::Error) -> ControlFlow<()> {
        let _ = self.walker.merger.failed(path, plain(&error)).blocking();
        ControlFlow::Continue(())
    }

    fn pulse(&mut self) -> ControlFlow<()> {
        self.walker.plan.goes_on()?;
        if self.since.elapsed() >= NO_LONGER {
            self.bring()
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        let _ = self.bring();
        let _ = self.walker.dispatcher.walked().blocking();
    }
}
