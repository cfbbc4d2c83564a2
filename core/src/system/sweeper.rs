//! The time limit of asks, without a timer per ask.
//!
//! An ask that suspends is listed; one task per system looks at the list every 250 ms and ends what has been there for
//! longer than the limit. An ask's time runs from the first look at it, so it ends between the limit and two looks
//! more, and never early: no clock is read when it is listed. The task starts with the first ask that suspends, and
//! ends after two looks at an empty list.
//!
//! An ask is listed by waiting: the task looks at all reply slots there are (`raw::stock`), and remembers on its own side
//! which it has seen. So an ask pays one load of `alive` for its limit.
//!
//! Why no ask is forgotten: whoever waits marks its slot and then looks at `alive`; the task sets `alive` to false and
//! then looks at the slots once more. All four are sequentially consistent, so one of the two sees the other.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::raw::stock;
use crate::system::Shared;

/// The time between two looks.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Looks at an empty list before the task ends.
const EMPTY_LOOKS: u32 = 2;

/// The asks that waited at the last look, and since when.
type Seen = HashMap<(usize, u64), Instant>;

pub(crate) struct Sweeper {
    /// Marks the slots of its asks. Never 0.
    id: u64,
    limit: Duration,
    alive: AtomicBool,
}

impl Sweeper {
    pub(crate) fn new(limit: Duration) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            limit,
            alive: AtomicBool::new(false),
        }
    }

    /// The owner of slots that this sweeper looks after.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Says that an ask has suspended.
    #[inline]
    pub(crate) fn watch(&self, system: &Arc<Shared>) {
        if !self.alive.load(Ordering::SeqCst) {
            self.start(system);
        }
    }

    #[cold]
    fn start(&self, system: &Arc<Shared>) {
        if !self.alive.swap(true, Ordering::SeqCst) {
            let shared = system.clone();
            let _runs_until_idle = system.spawn_task(async move { sweep(&shared).await });
        }
    }

    /// One look. Ends what has waited too long, and gives what waits with the time when it was first seen.
    fn look(&self, seen: &Seen) -> Seen {
        let now = Instant::now();
        let mut waiting = Seen::new();
        for ask in stock::waiting(self.id) {
            let since = seen.get(&ask.key()).copied().unwrap_or(now);
            waiting.insert(ask.key(), since);
            if now.saturating_duration_since(since) >= self.limit {
                ask.expire();
            }
        }
        waiting
    }

    /// How many asks are suspended now.
    #[cfg(feature = "test")]
    pub(crate) fn waiting(&self) -> usize {
        stock::waiting(self.id).count()
    }
}

async fn sweep(system: &Arc<Shared>) {
    let sweeper = system.sweeper();
    let mut seen = Seen::new();
    let mut empty = 0;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        seen = sweeper.look(&seen);
        empty = if seen.is_empty() { empty + 1 } else { 0 };
        if empty < EMPTY_LOOKS {
            continue;
        }
        sweeper.alive.store(false, Ordering::SeqCst);
        seen = sweeper.look(&seen);
        if seen.is_empty() || sweeper.alive.swap(true, Ordering::SeqCst) {
            return;
        }
        empty = 0;
    }
}
