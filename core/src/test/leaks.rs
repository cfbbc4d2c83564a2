//! Nothing is left.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use crate::system::System;

/// How long leftovers may take to go away by themselves.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shuts `system` down and asserts that nothing of it is left: no actor, no task of a timer or of the ask limit, no
/// thread of a pool, no name, no suspended ask.
///
/// # Panics
/// With a list of what is left.
pub async fn assert_no_leaks(system: &System) {
    if let Err(error) = system.shutdown(PATIENCE).await {
        panic!("`{}` leaks: {error}", system.name());
    }
    let shared = system.shared();
    let left = || {
        (
            ("actors", shared.living()),
            ("tasks", shared.tasks()),
            ("names", shared.registry().len()),
            ("asks", shared.sweeper().waiting()),
            ("threads", shared.stuck().len()),
        )
    };
    let none = (
        ("actors", 0),
        ("tasks", 0),
        ("names", 0),
        ("asks", 0),
        ("threads", 0),
    );
    if let Err(left) = until_equal(left, none).await {
        panic!("`{}` leaks: {left:?}", system.name());
    }
}

/// What the process has now, to be compared with what it has later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baseline {
    threads: Option<usize>,
    descriptors: Option<usize>,
}

impl Baseline {
    /// Counts the threads and the open file descriptors of this process (on Linux; elsewhere neither).
    #[must_use]
    pub fn take() -> Self {
        let count = |path| std::fs::read_dir(path).ok().map(Iterator::count);
        Self {
            threads: count("/proc/self/task"),
            descriptors: count("/proc/self/fd"),
        }
    }

    /// Asserts that there are no more than there were.
    ///
    /// # Panics
    /// With both counts, if there are, and stay.
    pub async fn assert_restored(self) {
        let more = || {
            let now = Self::take();
            now.threads > self.threads || now.descriptors > self.descriptors
        };
        if until_equal(more, false).await.is_err() {
            panic!("the process leaks: had {self:?}, has {:?}", Self::take());
        }
    }
}

/// Looks until `look` gives `wanted`; gives the last look back if it never does.
async fn until_equal<T: PartialEq + Debug>(look: impl Fn() -> T, wanted: T) -> Result<(), T> {
    // The process's own clock: a paused one moves while nothing happens, and threads do not wait for it.
    let began = Instant::now();
    loop {
        let seen = look();
        if seen == wanted {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(seen);
        }
        // Under a paused clock this lets the clock move; else it waits a moment.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
