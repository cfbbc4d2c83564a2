//! The idle timeout: an actor that has work, and shows no sign of life for too long, fails.
//!
//! A *sign of life* is a beat, a message taken, or a message done. Nobody writes down when one was: each is a count that is
//! kept anyhow. A *watchdog*, a small task beside the actor's own, looks at the counts every half of the limit, and remembers
//! since when they have stood still. So messages pay nothing for it, and it is never early:
//!
//! ```text
//!   last sign of life --(at most limit/2)--> the first look that sees it --(limit)--> late
//! ```
//!
//! Invariants:
//! 1. Only an incarnation that is up has a watchdog. It is started when the incarnation is, and aborted by the actor's own
//!    task when that is over, before anybody hears of it; and once more at the actor's end, for a runtime that drops the task.
//! 2. A watchdog that found its incarnation late writes the number of that into `late`, and then raises the signal. Whoever
//!    obeys compares the number, so that a signal which comes too late is none to the next incarnation.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::actor::Phase;
use crate::actor::cell::AnyCell;
use crate::observe::EventKind;
use crate::timer::FURTHEST;

/// A watchdog looks no more often than this.
const SHORTEST_LOOK: Duration = Duration::from_millis(1);

/// What an actor with an idle timeout has beside.
pub(crate) struct Idle {
    limit: Duration,
    /// It has work whenever it is up, also with an empty mailbox.
    always_busy: bool,
    /// The incarnation that showed no sign of life for too long; 0 for none.
    late: AtomicU64,
    watchdog: Mutex<Option<AbortHandle>>,
}

impl Idle {
    /// `None` without a limit: zero is none.
    pub(crate) fn new(limit: Option<Duration>, always_busy: bool) -> Option<Box<Self>> {
        let limit = limit.filter(|limit| !limit.is_zero())?;
        Some(Box::new(Self {
            limit: limit.min(FURTHEST),
            always_busy,
            late: AtomicU64::new(0),
            watchdog: Mutex::new(None),
        }))
    }

    /// Whether this incarnation was found to be late.
    pub(crate) fn is_late(&self, run: u64) -> bool {
        self.late.load(Ordering::Acquire) == run
    }

    /// The incarnation is up.
    ///
    /// Lets others run, so that the watchdog gets its first look before the first message: a task that is spawned waits in
    /// a place of this thread where no other fetches it, and a handler may block the thread.
    pub(crate) fn begin(&self, cell: Arc<dyn AnyCell>) -> impl Future<Output = ()> + use<> {
        let system = cell.core().system.clone();
        self.set(Some(system.spawn_task(watch(cell))));
        tokio::task::yield_now()
    }

    /// The incarnation is over.
    pub(crate) fn end(&self) {
        self.set(None);
    }

    fn set(&self, watchdog: Option<AbortHandle>) {
        let mut kept = self.watchdog.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *kept, watchdog);
        drop(kept);
        if let Some(before) = before {
            before.abort();
        }
    }
}

/// What moves with each sign of life.
#[derive(Clone, Copy, PartialEq)]
struct Signs {
    run: u64,
    /// Messages that were taken out of the mailbox.
    taken: u64,
    /// Messages that are done, those that came around the mailbox, and beats.
    counted: [u64; 3],
}

impl Signs {
    /// Those of an incarnation that is up and has work.
    fn look(cell: &dyn AnyCell, idle: &Idle) -> Option<Self> {
        let core = cell.core();
        let run = core.incarnation();
        let (taken, queued) = cell.progress();
        let has_work = idle.always_busy || queued || !core.hand.is_empty();
        // The number once more, for the phase is that of no other incarnation then.
        let is_up =
            matches!(core.phase(), Phase::Running | Phase::Suspended) && core.incarnation() == run;
        (has_work && is_up).then(|| Self {
            run,
            taken,
            counted: core.stats.signs_of_life(),
        })
    }
}

/// The watchdog of one incarnation.
async fn watch(cell: Arc<dyn AnyCell>) {
    let Some(idle) = cell.core().idle() else {
        return;
    };
    let look_every = (idle.limit / 2).max(SHORTEST_LOOK);
    let mut still: Option<(Signs, Instant)> = None;
    loop {
        // Time is read before a look that may find it late, and after one that begins to count: so it is never early.
        let now = Instant::now();
        let signs = Signs::look(&*cell, idle);
        let mut next = Instant::now() + look_every;
        still = match (signs, still) {
            (None, _) => None,
            (Some(signs), Some((before, since))) if signs == before => {
                if now.saturating_duration_since(since) >= idle.limit {
                    return bark(&*cell, idle, signs.run);
                }
                next = next.min(since + idle.limit);
                Some((before, since))
            }
            (Some(signs), _) => Some((signs, Instant::now())),
        };
        sleep_until(next).await;
    }
}

/// The incarnation is late: it ends when its task runs next.
fn bark(cell: &dyn AnyCell, idle: &Idle, run: u64) {
    let core = cell.core();
    let message = core.in_hand();
    let limit = idle.limit;
    tracing::warn!(actor = %core, run, message, ?limit, "it has work, and showed no sign of life within its idle timeout");
    core.event(|| EventKind::IdleTimeout { run, message });
    idle.late.store(run, Ordering::Release);
    core.late();
}

#[cfg(all(test, feature = "test", not(playhouse_loom)))]
mod tests;
