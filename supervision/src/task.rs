//! Supervised functions: a piece of work that is not a row of messages.
//!
//! A task is an actor whose only message is its own work. So it has all that a child has: restarts, backoff, a place in
//! the tree, counters of busy and blocked time.
//!
//! One *attempt* is one call of the function. What belongs to an attempt ends with it: its [`TaskContext`] says that it
//! is cancelled, and what it has [spawned](TaskContext::spawn) is gone before anybody hears of its end; or, where it was
//! killed, before the next attempt begins.

mod attempt;
mod function;

use std::fmt::{self, Display};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::context::Pulse;
use playhouse_core::{ActorId, Define, Failure, System};
use tokio::task::JoinHandle;

use crate::child::ChildSpec;

use attempt::Attempt;
use function::{Function, FunctionRecipe};

/// A function as a child: its id, and what is called for each attempt.
///
/// The function gets the [`TaskContext`] of the attempt, and returns nothing or a `Result<(), E>`. To return is a normal
/// end, an error or a panic a failure. The end of a permanent child is followed by a restart, whatever it was; that of a
/// [transient](crate::Restart::Transient) one only if it was a failure.
///
/// It is stopped by being [told](TaskContext::cancelled): it has the time that its spec gives it
/// ([`Shutdown`](crate::Shutdown)), and is dropped at its next await then.
///
/// With an [`idle_timeout`](ChildSpec::idle_timeout) it has to [`beat`](TaskContext::beat) within each such time, or it has
/// failed.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::task;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let feed = task("feed", |cx| async move {
///     while !cx.cancelled() {
///         cx.beat();
///         poll().await?;
///     }
///     Ok::<_, std::io::Error>(())
/// });
/// let system = System::new("office");
/// let office = Supervisor::one_for_one().child(feed.idle_timeout(secs(60))).start(&system).await?;
/// office.stop().await;
/// # Ok(())
/// # }
/// # async fn poll() -> std::io::Result<()> { tokio::time::sleep(ms(5)).await; Ok(()) }
/// ```
pub fn task<F, Fut, R>(id: impl Into<Arc<str>>, function: F) -> ChildSpec
where
    F: FnMut(TaskContext) -> Fut + Send + 'static,
    Fut: Future<Output = R> + Send + 'static,
    R: TaskResult,
{
    let recipe = Arc::new(FunctionRecipe::new(function));
    ChildSpec::new(id.into(), Function::MAILBOX, recipe)
}

/// What a task may return: nothing, or a `Result<(), E>`; or never.
#[diagnostic::on_unimplemented(
    message = "a task does not return `{Self}`",
    label = "returns `{Self}`",
    note = "a task returns nothing or a `Result<(), E>`, whose error implements `Display`"
)]
pub trait TaskResult: Send + 'static {
    #[doc(hidden)]
    fn outcome(self) -> Outcome;
}

/// How an attempt went.
#[doc(hidden)]
#[derive(Debug)]
pub enum Outcome {
    Done,
    /// It says that it gave way to its cancellation.
    Cancelled,
    Failed(Failure),
}

impl TaskResult for () {
    fn outcome(self) -> Outcome {
        Outcome::Done
    }
}

/// The type of what never comes, which has no stable name: that of a function that loops for ever.
type Never = <fn() -> ! as Returns>::Type;

#[doc(hidden)]
pub trait Returns {
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}

impl TaskResult for Never {
    fn outcome(self) -> Outcome {
        self
    }
}

impl<E: Display + Send + 'static> TaskResult for Result<(), E> {
    fn outcome(self) -> Outcome {
        match self {
            Ok(()) => Outcome::Done,
            Err(error) if (&error as &dyn std::any::Any).is::<Cancelled>() => Outcome::Cancelled,
            Err(error) => Outcome::Failed(Failure::new(format!("{error:#}"))),
        }
    }
}

/// An attempt was told to end; made by [`TaskContext::check`]. As the error of a task it is a normal end, if that is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// What an attempt of a task may do and know. Cheap to clone, and may be sent to where the work is done.
///
/// It belongs to one attempt. When that has ended it says so, and its beats count for nobody.
#[derive(Clone)]
pub struct TaskContext {
    pulse: Pulse,
    name: Arc<str>,
    attempt: Arc<Attempt>,
}

impl TaskContext {
    /// Whether the attempt is to end, or has ended: the task is stopped, its group restarts, or the function has
    /// returned. Once it is true it stays so.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.pulse.is_stopping()
    }

    /// [`Cancelled`] once the attempt is to end; for `cx.check()?` between two steps.
    ///
    /// # Errors
    /// [`Cancelled`].
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.cancelled() {
            Err(Cancelled)
        } else {
            Ok(())
        }
    }

    /// Waits until the attempt is to end. May be dropped at any time, and awaited anywhere, as in
    /// `select! { _ = cx.until_cancelled() => .., }`.
    pub fn until_cancelled(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.pulse.stopping()
    }

    /// Sleeps, no longer than until the attempt is to end.
    ///
    /// # Errors
    /// [`Cancelled`].
    pub async fn sleep(&self, time: Duration) -> Result<(), Cancelled> {
        match tokio::time::timeout(time, self.until_cancelled()).await {
            Ok(()) => Err(Cancelled),
            Err(_) => Ok(()),
        }
    }

    /// Says that the attempt is alive; see [`ChildSpec::idle_timeout`].
    pub fn beat(&self) {
        self.pulse.beat();
    }

    /// Counts `work` as busy time of the task: what was done elsewhere on its behalf. The time in which the function
    /// itself was polled is counted anyhow.
    pub fn add_busy(&self, work: Duration) {
        self.pulse.add_busy(work);
    }

    /// Spawns work of the attempt, which does not outlive it: when the function has returned, or was dropped, what is
    /// left of it is aborted, and has ended before the end of the attempt is told. Of an attempt that was dropped it has
    /// ended before the next one begins, which fails to start if that takes longer than its
    /// [`start_limit`](ChildSpec::start_limit).
    ///
    /// After the attempt has ended nothing is spawned: the handle says that it was cancelled.
    ///
    /// # Panics
    /// On a thread that does not belong to a tokio runtime.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.attempt.spawn(work)
    }

    /// Which start of the task this is, from 1.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.pulse.incarnation()
    }

    /// The task's name, which is its id in its supervisor.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The task as an actor.
    #[must_use]
    pub fn id(&self) -> ActorId {
        self.pulse.id()
    }

    /// The system that the task lives in.
    #[must_use]
    pub fn system(&self) -> System {
        self.pulse.system()
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskContext({}, {:?})", self.name, self.pulse)
    }
}
