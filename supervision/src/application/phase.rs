//! Phases: what runs together when an application shuts down, and after what.

use std::sync::Arc;
use std::time::Duration;

use super::course;
use super::graph::{ACTORS, Node};

/// A part of a shutdown: tasks that run in parallel, once all that it comes after is over.
///
/// Phases make a graph, not a list: those that do not wait for each other run at the same time. One that comes, by
/// itself or through others, after [`ACTORS`](Self::ACTORS) finds no living actor; every other one is over before the
/// actors are stopped.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::ShutdownPhase;
///
/// let phases = [
///     ShutdownPhase::new("intake").deadline(secs(2)),
///     ShutdownPhase::new("flush").after("intake").required(),
///     ShutdownPhase::new("goodbye").after("flush").before(ShutdownPhase::ACTORS),
///     ShutdownPhase::new("lock file").after(ShutdownPhase::ACTORS),
/// ];
/// # let _ = phases;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a phase does nothing before it is given to an application"]
pub struct ShutdownPhase {
    pub(super) node: Node,
}

impl ShutdownPhase {
    /// The phase that stops the actors, in every application. Given to
    /// [`Application::phase`](super::Application::phase), it gets a deadline or an order of its own.
    pub const ACTORS: &str = ACTORS;

    /// How long the tasks of a phase may take where nothing else is said: 5 s, and no more than half of what is left
    /// of the whole shutdown, so that what comes later has a part of it.
    ///
    /// The actors get all that is left, or half of it if a phase comes after them.
    pub const DEFAULT_DEADLINE: Duration = course::DEFAULT_PHASE;

    /// A phase that comes after nothing, and before the actors.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            node: Node {
                name: name.into(),
                ..Node::default()
            },
        }
    }

    /// Begins when that phase is over. May be said again, for another one.
    pub fn after(mut self, phase: impl Into<Arc<str>>) -> Self {
        self.node.after.push(phase.into());
        self
    }

    /// Is over before that phase begins. May be said again, for another one.
    pub fn before(mut self, phase: impl Into<Arc<str>>) -> Self {
        self.node.before.push(phase.into());
        self
    }

    /// How long each of its tasks may take that says nothing itself;
    /// [`DEFAULT_DEADLINE`](Self::DEFAULT_DEADLINE) unless set. What is over it is dropped.
    ///
    /// Longer waits for what is slow, and may leave nothing to what comes later; shorter gives it up sooner. Never
    /// longer than what is left of the whole. Zero is a mistake.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.node.deadline = Some(deadline);
        self
    }

    /// What comes after it does not run if one of its tasks is not done well, and neither does what comes after that.
    ///
    /// Without this the shutdown goes on whatever happens, which is right for nearly all: who cannot be told goodbye
    /// is no reason not to close the files. The actors are stopped in any case, and what comes after them does not
    /// hear of a phase that came before.
    pub fn required(mut self) -> Self {
        self.node.required = true;
        self
    }
}
