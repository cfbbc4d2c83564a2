//! Counts ahead, so that the time left can be told.

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use playhouse::prelude::*;

use crate::plan::Plan;
use crate::walk::{Other, Visit, walk};

/// The surveyor; in a pool of one, beside the walker, which is as slow as the readers are.
#[actor(mailbox = 1)]
pub(crate) struct Surveyor {
    plan: Arc<Plan>,
}

#[handlers]
impl Surveyor {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        Self { plan }
    }

    /// Finds out how many files there are, and how large.
    #[message]
    pub(crate) fn survey(&mut self) {
        let mut ahead = Ahead { plan: &self.plan };
        if walk(&self.plan.root, self.plan.stay, &mut ahead).is_continue() {
            self.plan.gauge.surveyed();
        }
    }
}

struct Ahead<'a> {
    plan: &'a Plan,
}

impl Visit for Ahead<'_> {
    fn file(&mut self, path: PathBuf) -> ControlFlow<()> {
        let size = std::fs::symlink_metadata(path).map_or(0, |found| found.len());
        self.plan.gauge.expect(size);
        ControlFlow::Continue(())
    }

    fn other(&mut self, _: PathBuf, _: Other) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn failed(&mut self, _: PathBuf, _: io::Error) -> ControlFlow<()> {
        // The walker says so.
        ControlFlow::Continue(())
    }

    fn pulse(&mut self) -> ControlFlow<()> {
        self.plan.goes_on()
    }
}
