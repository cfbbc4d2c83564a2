//! What one census is to do, and how far it is: shared by all of its threads.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::count::WordRule;
use crate::progress::Gauge;
use crate::sabotage::Sabotage;

/// One census.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) root: PathBuf,
    /// Stay on the file system of `root`.
    pub(crate) stay: bool,
    pub(crate) rule: WordRule,
    pub(crate) readers: usize,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) gauge: Gauge,
    stop: AtomicBool,
}

impl Plan {
    pub(crate) fn new(
        root: PathBuf,
        stay: bool,
        rule: WordRule,
        readers: usize,
        sabotage: Option<Sabotage>,
    ) -> Self {
        Self {
            root,
            stay,
            rule,
            readers,
            sabotage,
            gauge: Gauge::default(),
            stop: AtomicBool::new(false),
        }
    }

    /// Ends the walk, and every read within its next piece.
    pub(crate) fn interrupt(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether to go on.
    pub(crate) fn goes_on(&self) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
