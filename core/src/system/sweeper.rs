//! The time limit of asks, without a timer per ask.
//!
//! An ask that suspends is listed; one task per system looks at the list every 250 ms and ends what has been there for
//! longer than the limit. An ask's time runs from the first look at it, so it ends between the limit and two looks
//! more, and never early: no clock is read when it is listed. The task starts with the first ask that suspends, and
//! ends after two looks at an empty list.
//!
//! Why no ask is forgotten: whoever lists one does so under the stripe's lock and then looks at `alive`; the task sets
//! `alive` to false and then looks under each lock once more. One of the two sees the other.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::message::slot::AnySlot;
use crate::system::Shared;

/// The time between two looks.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Threads list their asks in different places, so that they do not wait for each other.
const STRIPES: usize = 16;

/// Looks at an empty list before the task ends.
const EMPTY_LOOKS: u32 = 2;

pub(crate) struct Sweeper {
    limit: Duration,
    alive: AtomicBool,
    stripes: [Arc<Stripe>; STRIPES],
}

#[derive(Default)]
struct Stripe {
    asks: Mutex<Asks>,
}

#[derive(Default)]
struct Asks {
    next: u64,
    open: HashMap<u64, Entry>,
}

struct Entry {
    slot: Arc<dyn AnySlot>,
    seen: Option<Instant>,
}

/// An ask in the list. It leaves with this.
pub(crate) struct Swept {
    stripe: Arc<Stripe>,
    number: u64,
}

impl Stripe {
    fn lock(&self) -> MutexGuard<'_, Asks> {
        self.asks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Swept {
    fn drop(&mut self) {
        let entry = self.stripe.lock().open.remove(&self.number);
        drop(entry);
    }
}

impl Sweeper {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            alive: AtomicBool::new(false),
            stripes: std::array::from_fn(|_| Arc::default()),
        }
    }

    /// Lists an ask that suspends.
    pub(crate) fn watch(&self, system: &Arc<Shared>, slot: Arc<dyn AnySlot>) -> Swept {
        let stripe = self.stripes[stripe_of_thread()].clone();
        let number = {
            let mut asks = stripe.lock();
            let number = asks.next;
            asks.next += 1;
            asks.open.insert(number, Entry { slot, seen: None });
            number
        };
        if !self.alive.load(Ordering::SeqCst) && !self.alive.swap(true, Ordering::SeqCst) {
            let shared = system.clone();
            let _runs_until_idle = system.spawn_task(async move { sweep(&shared).await });
        }
        Swept { stripe, number }
    }

    /// One look. Ends what has waited too long, and says how many wait.
    fn look(&self) -> usize {
        let now = Instant::now();
        let mut waiting = 0;
        let mut late = Vec::new();
        for stripe in &self.stripes {
            let mut asks = stripe.lock();
            waiting += asks.open.len();
            for entry in asks.open.values_mut() {
                let seen = *entry.seen.get_or_insert(now);
                if now.saturating_duration_since(seen) >= self.limit {
                    late.push(entry.slot.clone());
                }
            }
        }
        for slot in late {
            slot.expire();
        }
        waiting
    }

    /// How many asks are suspended now.
    #[cfg(feature = "test")]
    pub(crate) fn waiting(&self) -> usize {
        self.stripes
            .iter()
            .map(|stripe| stripe.lock().open.len())
            .sum()
    }
}

async fn sweep(system: &Arc<Shared>) {
    let sweeper = system.sweeper();
    let mut empty = 0;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        empty = if sweeper.look() == 0 { empty + 1 } else { 0 };
        if empty < EMPTY_LOOKS {
            continue;
        }
        sweeper.alive.store(false, Ordering::SeqCst);
        if sweeper.look() == 0 || sweeper.alive.swap(true, Ordering::SeqCst) {
            return;
        }
        empty = 0;
    }
}

/// A thread's stripe: counted out, so that neighbours differ.
fn stripe_of_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static STRIPE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
    }
    STRIPE.try_with(|stripe| *stripe).unwrap_or(0)
}
