//! `--fail-every`: readers that fail on purpose.

use std::cell::Cell;
use std::panic;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::names::say;

/// Decides which attempts fail.
#[derive(Debug)]
pub(crate) struct Sabotage {
    every: u64,
    attempts: AtomicU64,
    /// Failures that are due and have not happened.
    due: AtomicU64,
}

/// When a reader fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Moment {
    BeforeOpening,
    WhileReading,
    BeforeTelling,
}

impl Sabotage {
    /// Every `every`th attempt fails.
    pub(crate) fn new(every: u64) -> Self {
        Self {
            every: every.max(1),
            attempts: AtomicU64::new(0),
            due: AtomicU64::new(0),
        }
    }

    /// Whether this attempt fails, and when. One that is `spared` passes, and the next fails in its place: the last
    /// attempt at a file is spared, so that the totals stay what they are.
    pub(crate) fn strike(&self, spared: bool) -> Option<Moment> {
        let attempt = self.attempts.fetch_add(1, Relaxed) + 1;
        if attempt.is_multiple_of(self.every) {
            self.due.fetch_add(1, Relaxed);
        }
        if spared {
            return None;
        }
        self.due
            .fetch_update(Relaxed, Relaxed, |due| due.checked_sub(1))
            .ok()?;
        Some(match attempt / self.every % 3 {
            0 => Moment::BeforeOpening,
            1 => Moment::WhileReading,
            _ => Moment::BeforeTelling,
        })
    }
}

thread_local! {
    /// The panic to come is ours.
    static OURS: Cell<bool> = const { Cell::new(false) };
    static SAID: Cell<bool> = const { Cell::new(false) };
}

/// Panics on purpose.
pub(crate) fn fail() -> ! {
    OURS.set(true);
    panic!("failed on purpose, by --fail-every");
}

/// One line for each of `readers` in place of a report for every failure on purpose. Other panics are reported as ever.
pub(crate) fn hush(readers: usize) {
    let report = panic::take_hook();
    let lines = AtomicUsize::new(0);
    panic::set_hook(Box::new(move |panic| {
        if !OURS.take() {
            report(panic);
        } else if !SAID.replace(true) && lines.fetch_add(1, Relaxed) < readers {
            say("a reader fails on purpose; it is started again, now and each time that it will");
        }
    }));
}
