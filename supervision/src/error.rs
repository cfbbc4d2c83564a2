//! What can go wrong: one error per operation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::{ExitReason, SpawnError};

/// Why a supervisor did not start.
///
/// Nothing of it is left when this is returned: what had been started was stopped again, in reverse order.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// What was asked for makes no sense. Nothing was started.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The first start of a child failed. It is not repeated.
    #[error("child `{child}` did not start: {reason}")]
    Child {
        /// The id of the child.
        child: Arc<str>,
        /// What became of its start.
        reason: ExitReason,
    },
    /// A child that had started failed too often while others were still starting.
    #[error("gave up on child `{child}` while others were starting: {cause}")]
    GaveUp {
        /// The id of the child.
        child: Arc<str>,
        /// Why it ended the last time.
        cause: ExitReason,
    },
    /// The system takes no new actors.
    #[error(transparent)]
    Refused(#[from] SpawnError),
    /// It was stopped before all children had started.
    #[error("the supervisor was stopped while it started: {0}")]
    Stopped(ExitReason),
}

/// All that makes no sense in what a supervisor was asked to be, at once.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigError {
    mistakes: Vec<(String, Mistake)>,
}

impl ConfigError {
    /// `Ok` when there is no mistake.
    pub(crate) fn check(mistakes: Vec<(String, Mistake)>) -> Result<(), Self> {
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(Self { mistakes })
        }
    }

    /// Each mistake, and where it is: the name of a supervisor, or a path to one of its children.
    pub fn mistakes(&self) -> impl ExactSizeIterator<Item = (&str, &Mistake)> {
        self.mistakes
            .iter()
            .map(|(place, mistake)| (place.as_str(), mistake))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nr, (place, mistake)) in self.mistakes.iter().enumerate() {
            let separator = if nr == 0 { "" } else { "; " };
            write!(f, "{separator}{place}: {mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// One thing that makes no sense in what a supervisor was asked to be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// Two children have this id.
    #[error("two children have this id")]
    DuplicateId,
    /// A child has no id, or a supervisor that is a child has no name, which is its id there.
    #[error("a child has no id (a supervisor's is its name)")]
    NoId,
    /// Restarts are counted over no time at all.
    #[error("a restart intensity over a period of zero")]
    ZeroPeriod,
    /// No start can be that quick.
    #[error("a start limit of zero")]
    ZeroStartLimit,
    /// A mailbox without room.
    #[error("a mailbox with room for no message")]
    ZeroMailbox,
    /// No work can be that quick.
    #[error("an idle timeout of zero")]
    ZeroIdleTimeout,
    /// A permanent child never ends by itself.
    #[error("a significant child that is permanent, and so never ends by itself")]
    SignificantPermanent,
    /// Nobody looks whether it ends.
    #[error(
        "a significant child in a supervisor that never shuts down by itself (`auto_shutdown`)"
    )]
    SignificantNever,
    /// There are more children than there may be.
    #[error("{children} children where there may be {max}")]
    MaxChildren {
        /// How many there are.
        children: usize,
        /// How many there may be.
        max: usize,
    },
    /// A backoff that makes no sense.
    #[error("a backoff with {0}")]
    Backoff(#[from] BackoffError),
}

/// Parameters of a [`Backoff`](crate::Backoff) that make no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BackoffError {
    /// Delays would shrink, or grow to infinity at once.
    #[error("a factor of {0} (it is at least 1, and finite)")]
    Factor(f64),
    /// Waits would be negative, or mean nothing.
    #[error("a jitter of {0} (it is from 0 to 1)")]
    Jitter(f64),
    /// The range of delays is empty.
    #[error("a first delay of {min:?}, above the largest, {max:?}")]
    Bounds {
        /// The first delay.
        min: Duration,
        /// The largest delay.
        max: Duration,
    },
    /// A delay of zero stays zero whatever it is multiplied by.
    #[error("a first delay of zero, which never grows to {max:?}")]
    ZeroMin {
        /// The largest delay.
        max: Duration,
    },
}

/// Why a supervisor did not find a child.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChildError {
    /// It has no child with this id (any more).
    #[error("there is no child `{id}`")]
    NotFound {
        /// What was asked for.
        id: String,
    },
    /// The child is of another type.
    #[error("child `{id}` is a `{found}`, not a `{wanted}`")]
    WrongType {
        /// The id of the child.
        id: String,
        /// What was asked for.
        wanted: &'static str,
        /// What the child is.
        found: &'static str,
    },
    /// The child ended for good, or was not started so far. Its spec is kept.
    #[error("child `{id}` does not run")]
    Ended {
        /// The id of the child.
        id: String,
    },
    /// The supervisor has ended, or is just being restarted by its own.
    #[error("the supervisor does not run")]
    SupervisorGone,
}

/// Why a supervisor did not add a child.
///
/// Nothing of the child is left when this is returned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StartChildError {
    /// A child with this id runs.
    #[error("child `{id}` runs already")]
    AlreadyStarted {
        /// The id.
        id: String,
    },
    /// There is a spec with this id, of a child that is down or waits for its restart;
    /// [`restart_child`](crate::SupervisorRef::restart_child) starts it,
    /// [`delete_child`](crate::SupervisorRef::delete_child) makes room for another one.
    #[error("there is a child `{id}` already, which does not run now")]
    AlreadyPresent {
        /// The id.
        id: String,
    },
    /// The supervisor has as many children as it may have.
    #[error("the supervisor has {max} children, and may have no more")]
    MaxChildren {
        /// How many it may have.
        max: usize,
    },
    /// What was asked for makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its start failed, or it was ended before it was up. It is not repeated.
    #[error("child `{id}` did not start: {reason}")]
    Failed {
        /// The id.
        id: String,
        /// What became of its start.
        reason: ExitReason,
    },
    /// The supervisor has ended or is about to, or is just being restarted by its own.
    #[error("the supervisor does not run")]
    SupervisorGone,
}

/// Why a supervisor did not start a child again.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RestartChildError {
    /// It has no child with this id (any more).
    #[error("there is no child `{id}`")]
    NotFound {
        /// What was asked for.
        id: String,
    },
    /// The child runs.
    #[error("child `{id}` runs")]
    Running {
        /// The id.
        id: String,
    },
    /// The child failed, and waits for its restart; [`restart_now`](crate::SupervisorRef::restart_now) waits no longer.
    #[error("child `{id}` waits for its restart")]
    Restarting {
        /// The id.
        id: String,
    },
    /// Its start failed, or it was ended before it was up.
    #[error("child `{id}` did not start: {reason}")]
    Failed {
        /// The id.
        id: String,
        /// What became of its start.
        reason: ExitReason,
    },
    /// The supervisor has ended or is about to, or is just being restarted by its own.
    #[error("the supervisor does not run")]
    SupervisorGone,
}

/// Why a supervisor did not forget a child.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeleteChildError {
    /// It has no child with this id (any more).
    #[error("there is no child `{id}`")]
    NotFound {
        /// What was asked for.
        id: String,
    },
    /// The child runs; [`terminate_child`](crate::SupervisorRef::terminate_child) comes first.
    #[error("child `{id}` runs")]
    Running {
        /// The id.
        id: String,
    },
    /// The child failed, and waits for its restart; [`terminate_child`](crate::SupervisorRef::terminate_child) comes
    /// first.
    #[error("child `{id}` waits for its restart")]
    Restarting {
        /// The id.
        id: String,
    },
    /// The supervisor has ended or is about to, or is just being restarted by its own.
    #[error("the supervisor does not run")]
    SupervisorGone,
}

/// What a [`Unit`](crate::Unit) ended with.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitError {
    reason: ExitReason,
}

impl UnitError {
    pub(crate) const fn new(reason: ExitReason) -> Self {
        Self { reason }
    }

    /// Its last failure.
    #[must_use]
    pub const fn reason(&self) -> &ExitReason {
        &self.reason
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            ExitReason::Panic(_) => write!(f, "supervised worker {}", self.reason),
            reason => write!(f, "{reason}"),
        }
    }
}

impl std::error::Error for UnitError {}
