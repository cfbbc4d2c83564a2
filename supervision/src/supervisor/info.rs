//! What a supervisor says of itself and of its children.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use playhouse_core::{ActorId, ExitReason, Phase};

use crate::child::Restart;
use crate::intensity::Intensity;
use crate::strategy::{AutoShutdown, Strategy};

/// A supervisor, as it stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SupervisorInfo {
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// Its actor.
    pub actor: ActorId,
    /// Who is restarted with a child that failed.
    pub strategy: Strategy,
    /// Whether children come and go, and belong to no order.
    pub dynamic: bool,
    /// Whether it ends with its significant children.
    pub auto_shutdown: AutoShutdown,
    /// How many restarts are too many; `None` allows any number.
    pub intensity: Option<Intensity>,
    /// How many restarts count at this time.
    pub restarts_in_window: usize,
    /// How many more there may be at this time; the one after those ends the supervisor. `None`: any number.
    pub budget: Option<usize>,
    /// The children, in the order of their start.
    pub children: Vec<ChildInfo>,
}

/// One child, as its supervisor sees it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChildInfo {
    /// What its spec calls it.
    pub id: Arc<str>,
    /// Its actor; the same over restarts. The last one of a child that is down, none of one that never started.
    pub actor: Option<ActorId>,
    /// The name of its type.
    pub type_name: &'static str,
    /// What it is: `task`, `actor`, `supervisor`, or `process`.
    pub kind: &'static str,
    /// Whether it is a supervisor.
    pub is_supervisor: bool,
    /// After which ends it is started again.
    pub restart: Restart,
    /// Whether its end may be that of the supervisor.
    pub significant: bool,
    /// Where it stands. [`Phase::Backoff`] while it waits to be started again.
    pub state: Phase,
    /// How often it was started again, since somebody asked for its start the last time.
    pub restarts: u64,
    /// How many failures in a row the latest one was, of the child, or of the group that is restarted with it; 0 once it
    /// has been up for the backoff's [`reset_after`](crate::Backoff::reset_after).
    pub attempt: u64,
    /// How long until it is started again, while it waits for that.
    pub due_in: Option<Duration>,
    /// When its latest start was done.
    pub last_start: Option<SystemTime>,
    /// Why it ended the last time, if it did.
    pub last_exit: Option<ExitReason>,
    /// How long it has been up, if it is.
    pub uptime: Option<Duration>,
}

/// How many children a supervisor has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Children that there are specs of.
    pub specs: usize,
    /// Those that run.
    pub active: usize,
    /// Those that are supervisors.
    pub supervisors: usize,
    /// Those that are not.
    pub workers: usize,
}

impl Counts {
    pub(super) fn of(children: &[ChildInfo]) -> Self {
        let supervisors = children.iter().filter(|child| child.is_supervisor).count();
        Self {
            specs: children.len(),
            active: children.iter().filter(|child| child.is_up()).count(),
            supervisors,
            workers: children.len() - supervisors,
        }
    }
}

impl ChildInfo {
    /// Whether it is up: neither down nor being started or stopped.
    #[must_use]
    pub fn is_up(&self) -> bool {
        match self.state {
            Phase::Running | Phase::Suspended => true,
            Phase::Starting | Phase::Backoff | Phase::Stopping | Phase::Stopped | Phase::Failed => {
                false
            }
        }
    }
}
