//! One value that everything in a scrape reads.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a value serves further readers. Long enough for one exporter's pass over all instruments, short enough
/// that two scrapes in a row differ.
pub(crate) const FRESH: Duration = Duration::from_millis(100);

/// A value that is taken at most once per [`FRESH`], and that stays the same for as long as a scrape
/// [holds](Self::hold) it.
///
/// Without the hold, a scrape that is slow for its size would read its first half from one snapshot and its second
/// half from the next, and sums over its series would not add up.
pub(crate) struct Shared<T> {
    take: Box<dyn Fn() -> T + Send + Sync>,
    fresh: Duration,
    state: Mutex<State<T>>,
    /// Held by a scrape from start to end, so that two scrapes do not take turns in replacing each other's value.
    scrape: Mutex<()>,
}

struct State<T> {
    last: Option<(Instant, Arc<T>)>,
    held: bool,
}

impl<T> Shared<T> {
    pub(crate) fn new(take: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self::with_fresh(FRESH, take)
    }

    pub(crate) fn with_fresh(
        fresh: Duration,
        take: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        Self {
            take: Box::new(take),
            fresh,
            state: Mutex::new(State {
                last: None,
                held: false,
            }),
            scrape: Mutex::new(()),
        }
    }

    /// The current value: the held one, the last one if it is fresh, or a new one.
    pub(crate) fn read(&self) -> Arc<T> {
        self.current(&mut lock(&self.state))
    }

    /// Takes a value if the last one is no longer fresh, and keeps it until the guard is dropped. Waits for the end of
    /// another scrape.
    pub(crate) fn hold(&self) -> Hold<'_, T> {
        let scrape = lock(&self.scrape);
        let mut state = lock(&self.state);
        self.current(&mut state);
        state.held = true;
        drop(state);
        Hold {
            shared: self,
            _scrape: scrape,
        }
    }

    fn current(&self, state: &mut State<T>) -> Arc<T> {
        if let Some((taken, value)) = &state.last
            && (state.held || taken.elapsed() < self.fresh)
        {
            return Arc::clone(value);
        }
        // Under the lock on purpose: whoever comes meanwhile waits for this value instead of taking one more.
        let value = Arc::new((self.take)());
        state.last = Some((Instant::now(), Arc::clone(&value)));
        value
    }
}

/// Neither lock guards an invariant that a panic could break.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// See [`Shared::hold`].
pub(crate) struct Hold<'a, T> {
    shared: &'a Shared<T>,
    _scrape: MutexGuard<'a, ()>,
}

impl<T> Drop for Hold<'_, T> {
    fn drop(&mut self) {
        lock(&self.shared.state).held = false;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn counting(fresh: Duration) -> (Shared<u64>, Arc<AtomicU64>) {
        let taken = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&taken);
        let shared = Shared::with_fresh(fresh, move || count.fetch_add(1, Ordering::Relaxed));
        (shared, taken)
    }

    #[test]
    fn readers_within_the_time_share_one_value() {
        let (shared, taken) = counting(Duration::MAX);
        let first = shared.read();
        assert!(Arc::ptr_eq(&first, &shared.read()));
        drop(shared.hold());
        assert!(Arc::ptr_eq(&first, &shared.read()));
        assert_eq!(taken.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_stale_value_is_replaced() {
        let (shared, taken) = counting(Duration::ZERO);
        shared.read();
        shared.read();
        assert_eq!(taken.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_held_value_stays_however_old_it_gets() {
        let (shared, taken) = counting(Duration::ZERO);
        {
            let _hold = shared.hold();
            let value = shared.read();
            assert!(Arc::ptr_eq(&value, &shared.read()));
            assert_eq!(taken.load(Ordering::Relaxed), 1);
        }
        shared.read();
        assert_eq!(taken.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_panic_while_taking_leaves_it_usable() {
        let first = AtomicU64::new(0);
        let shared = Shared::with_fresh(Duration::ZERO, move || {
            assert!(
                first.fetch_add(1, Ordering::Relaxed) > 0,
                "the first one fails"
            );
            7
        });
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            drop(shared.hold());
        }));
        assert!(caught.is_err());
        assert_eq!(*shared.read(), 7);
        drop(shared.hold());
    }
}
