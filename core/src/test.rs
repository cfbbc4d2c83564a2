//! A kit for testing actors.
//!
//! | item | for |
//! |---|---|
//! | [`Probe`] | a recipient that keeps what it gets, so that a test can look at it |
//! | [`inject`] | makes the next message of an actor fail, without a word in its code |
//! | [`assert_no_leaks`] | nothing of a system is left: actors, tasks, threads, names, asks |
//! | [`Baseline`] | nothing of the process is left: threads and file descriptors |
//! | [`paused`] | runs a test on a runtime whose clock moves only when everybody sleeps |
//!
//! With the clock paused, a timeout of an hour passes at once, and a test that waits is as fast as one that does not.
//! A pool's own threads know nothing of that clock: do not pause it around them.

mod leaks;
mod probe;

use std::future::Future;

pub use leaks::{Baseline, assert_no_leaks};
pub use probe::Probe;

use crate::address::AsActor;

/// A failure to be injected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The handler panics with this text.
    Panic(String),
    /// The handler fails with this text, as if it had returned an error that nobody was there to take.
    Error(String),
}

impl Fault {
    /// A panic with this text.
    #[must_use]
    pub fn panic(text: &str) -> Self {
        Self::Panic(text.to_owned())
    }

    /// An error with this text.
    #[must_use]
    pub fn error(text: &str) -> Self {
        Self::Error(text.to_owned())
    }
}

/// Makes one message of an actor fail in place of its handler: the one that comes `after` so many others, counted from
/// now or from the fault that was planned before.
///
/// ```
/// # use playhouse_core as playhouse; // stands for the facade
/// use playhouse::test::{Fault, inject};
/// # fn example(account: &impl playhouse::address::AsActor) {
/// inject(account, 0, Fault::panic("disk on fire")); // the next message
/// inject(account, 2, Fault::error("no such file")); // two more pass, then this
/// # }
/// ```
pub fn inject(actor: &impl AsActor, after: u64, fault: Fault) {
    actor.as_actor().cell().core().faults.plan(after, fault);
}

/// Runs `test` on a runtime of its own with one thread and a paused clock: time moves on by itself to the next timer
/// whenever nothing else is to do.
///
/// # Panics
/// If no runtime can be made; and with whatever `test` panics with.
pub fn paused<F: Future>(test: F) -> F::Output {
    match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
    {
        Ok(runtime) => runtime.block_on(test),
        Err(error) => panic!("no tokio runtime for the test: {error}"),
    }
}
