//! Units: one child under a supervisor of its own, and a handle that has all of it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use playhouse_core::{Actor, ActorId, ActorRef, Address, ExitReason, Phase, System};

use crate::backoff::Backoff;
use crate::child::{ChildSpec, Restart};
use crate::error::{StartChildError, StartError, UnitError};
use crate::strategy::AutoShutdown;
use crate::supervisor::{Supervisor, SupervisorRef};

/// Makes a child [transient](Restart::Transient), with the default [`Backoff`]: started again after each failure, later
/// each time, and done when it ends normally.
///
/// [`run`](ChildSpec::run) by itself, it is started again however often it fails; as the child of a supervisor, within
/// the limits of that.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::{supervised, task};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut attempts = 0;
/// let unit = supervised(task("fetch", move |_| {
///     attempts += 1;
///     async move { if attempts < 3 { Err("no answer") } else { Ok(()) } }
/// }))
/// .run(&System::new("office"))
/// .await?;
/// unit.wait().await?;
/// assert_eq!(unit.restarts(), 2);
/// # Ok(())
/// # }
/// ```
pub fn supervised(spec: impl Into<ChildSpec>) -> ChildSpec {
    spec.into()
        .restart(Restart::Transient)
        .backoff(Backoff::default())
}

impl ChildSpec {
    /// Runs the child under a supervisor of its own, by its own rules, and returns when it is up.
    ///
    /// With a [`backoff`](Self::backoff) it is started again however often it fails, up to its
    /// [`max_retries`](Self::max_retries); without one, within [`Intensity::DEFAULT`](crate::Intensity). A
    /// [temporary](Restart::Temporary) one runs once. When it has ended for good, so has its supervisor.
    ///
    /// ```
    /// use playhouse::prelude::*;
    /// use playhouse::supervision::task;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let once = task("once", |_| async { Err("no paper") }).restart(Restart::Temporary);
    /// let unit = once.run(&System::new("office")).await?;
    /// assert_eq!(unit.wait().await.unwrap_err().to_string(), "error: no paper");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Dropping the future before it is done stops what was started.
    ///
    /// # Errors
    /// [`StartError`]: the spec makes no sense, or the first start failed.
    pub async fn run(self, system: &System) -> Result<Unit, StartError> {
        let id = self.id.clone();
        let waits = self
            .backoff
            .as_ref()
            .is_some_and(|backoff| !backoff.delay(1).is_zero());
        let ends = self.restart != Restart::Permanent;
        let mut supervisor = Supervisor::one_for_one().name(id.clone()).ends_with_child();
        if waits {
            supervisor = supervisor.unlimited();
        }
        if ends {
            supervisor = supervisor.auto_shutdown(AutoShutdown::AnySignificant);
        }
        // The child comes after, since whoever starts it so is given its actor, also if that has ended by then.
        let supervisor = supervisor.start(system).await?;
        let unfinished = StopOnDrop(Some(supervisor.clone()));
        let nothing = || ExitReason::StartFailed("there is nothing to start".into());
        let failed = match supervisor.start_child(self.significant(ends)).await {
            Ok(started) => match started.actor().cloned() {
                Some(actor) => {
                    unfinished.keep();
                    return Ok(Unit::new(id, supervisor, actor));
                }
                None => StartError::Child {
                    child: id,
                    reason: nothing(),
                },
            },
            Err(StartChildError::Config(error)) => StartError::Config(error),
            Err(StartChildError::Failed { reason, .. }) => StartError::Child { child: id, reason },
            // Nobody else has it, so its system has ended it.
            Err(
                StartChildError::AlreadyStarted { .. }
                | StartChildError::AlreadyPresent { .. }
                | StartChildError::MaxChildren { .. }
                | StartChildError::SupervisorGone,
            ) => StartError::Stopped(ExitReason::Shutdown),
        };
        supervisor.stop().await;
        Err(failed)
    }
}

/// The supervisor of a unit that somebody waits for. It is stopped when they do not wait any more.
struct StopOnDrop(Option<SupervisorRef>);

impl StopOnDrop {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(supervisor) = &self.0 {
            supervisor.actor().stop();
        }
    }
}

/// One child under a supervisor of its own: started by [`ChildSpec::run`]. Cheap to clone; valid over restarts.
///
/// It neither keeps the child alive nor ends it. [`stop`](Self::stop) and [`kill`](Self::kill) end the child and its
/// supervision.
#[derive(Clone)]
pub struct Unit {
    id: Arc<str>,
    supervisor: SupervisorRef,
    actor: ActorRef,
    /// Somebody who has this asked for the end.
    is_ended: Arc<AtomicBool>,
}

impl Unit {
    fn new(id: Arc<str>, supervisor: SupervisorRef, actor: ActorRef) -> Self {
        Self {
            id,
            supervisor,
            actor,
            is_ended: Arc::default(),
        }
    }

    /// The child's id in its supervisor, and its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.id
    }

    /// The id of its actor: one for all restarts.
    #[must_use]
    pub fn id(&self) -> ActorId {
        self.actor.id()
    }

    /// The child as an actor.
    #[must_use]
    pub fn actor(&self) -> ActorRef {
        self.actor.clone()
    }

    /// Its address, if it is an `A`.
    #[must_use]
    pub fn address<A: Actor>(&self) -> Option<Address<A>> {
        self.actor.address()
    }

    /// Its supervisor.
    #[must_use]
    pub fn supervisor(&self) -> &SupervisorRef {
        &self.supervisor
    }

    /// Where it stands. [`Phase::Backoff`] while it waits to be started again.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.actor.phase()
    }

    /// How often it was started again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.actor.restarts()
    }

    /// Says that it is alive; see [`ChildSpec::idle_timeout`].
    pub fn beat(&self) {
        self.actor.beat();
    }

    /// Counts `work` as busy time: what was done elsewhere on its behalf.
    pub fn add_busy(&self, work: Duration) {
        self.actor.add_busy(work);
    }

    /// Ends it for good: it is told, and has the time that its spec gives it ([`Shutdown`](crate::Shutdown)). Does not wait; no error of
    /// [`wait`](Self::wait) comes of it. While it waits for a restart, it ends at once.
    pub fn stop(&self) {
        // What has ended before did so for a reason of its own.
        if self.actor.reason().is_none() {
            self.is_ended.store(true, Ordering::Release);
        }
        self.supervisor.actor().stop();
    }

    /// Ends it for good, and drops what it does at its next await. No error of [`wait`](Self::wait) comes of it.
    pub fn kill(&self) {
        self.stop();
        // The supervision is over with that; it would start it again otherwise.
        self.actor.stop();
        self.actor.kill();
    }

    /// Waits for its end for good.
    ///
    /// # Errors
    /// [`UnitError`]: its last failure, if that is what it ended with. Not if it was ended by this handle.
    pub async fn wait(&self) -> Result<(), UnitError> {
        let reason = self.actor.wait().await;
        self.supervisor.wait().await;
        if reason.is_normal() || self.is_ended.load(Ordering::Acquire) {
            Ok(())
        } else {
            Err(UnitError::new(reason))
        }
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unit({} {})", self.id, self.actor.id())
    }
}
