//! Where readings come from, and what taking them costs.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{Reading, Tally};

/// Takes readings. A panic on the way gives a reading without rows, is counted, and goes no further.
pub(crate) struct Source {
    system: Arc<str>,
    take: Box<dyn Fn() -> Reading + Send + Sync>,
    snapshots: AtomicU64,
    nanos: AtomicU64,
    failures: Arc<Failures>,
}

/// How often the exporter had to catch a panic.
#[derive(Debug, Default)]
pub(crate) struct Failures(AtomicU64);

impl Source {
    pub(crate) fn new(
        system: Arc<str>,
        take: impl Fn() -> Reading + Send + Sync + 'static,
    ) -> Self {
        Self {
            system,
            take: Box::new(take),
            snapshots: AtomicU64::new(0),
            nanos: AtomicU64::new(0),
            failures: Arc::default(),
        }
    }

    pub(crate) const fn system(&self) -> &Arc<str> {
        &self.system
    }

    /// The count that the callbacks over this source add to.
    pub(crate) fn failures(&self) -> Arc<Failures> {
        Arc::clone(&self.failures)
    }

    pub(crate) fn read(&self) -> Reading {
        let began = Instant::now();
        let reading = self
            .failures
            .guard(&self.take)
            .unwrap_or_else(|| Reading::empty(Arc::clone(&self.system)));
        let nanos = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // This one is among them already.
        let tally = Tally {
            snapshots: self.snapshots.fetch_add(1, Ordering::Relaxed) + 1,
            failures: self.failures.0.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanos.fetch_add(nanos, Ordering::Relaxed) + nanos),
        };
        Reading { tally, ..reading }
    }
}

impl Failures {
    /// Runs `work`, and counts a panic instead of letting it through.
    pub(crate) fn guard<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        catch_unwind(AssertUnwindSafe(work))
            .inspect_err(|_| {
                self.0.fetch_add(1, Ordering::Relaxed);
            })
            .ok()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("system", &self.system)
            .finish_non_exhaustive()
    }
}
