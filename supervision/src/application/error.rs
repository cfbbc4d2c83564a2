//! What can go wrong with an application, before it runs and when something is added to it.

use std::fmt;
use std::sync::Arc;

/// Why an application did not run. Nothing of it was started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplicationError {
    /// What was asked for makes no sense.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The operating system does not let it hear signals.
    #[error("signals cannot be heard: {0}")]
    Signals(Arc<str>),
    /// It was not polled within a tokio runtime.
    #[error("an application runs within a tokio runtime")]
    NoRuntime,
}

/// All that makes no sense in how an application was asked to shut down, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    mistakes: Vec<(String, PlanMistake)>,
}

impl PlanError {
    pub(super) fn of(mistakes: impl IntoIterator<Item = Vec<(String, PlanMistake)>>) -> Self {
        Self {
            mistakes: mistakes.into_iter().flatten().collect(),
        }
    }

    /// Each mistake, and where it is: the name of a phase, `phase/task`, or nothing for the application itself.
    pub fn mistakes(&self) -> impl ExactSizeIterator<Item = (&str, &PlanMistake)> {
        self.mistakes
            .iter()
            .map(|(place, mistake)| (place.as_str(), mistake))
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nr, (place, mistake)) in self.mistakes.iter().enumerate() {
            let separator = if nr == 0 { "" } else { "; " };
            let place = if place.is_empty() {
                "application"
            } else {
                place
            };
            write!(f, "{separator}{place}: {mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanError {}

/// One thing that makes no sense in how an application was asked to shut down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanMistake {
    /// A phase or a task is called nothing.
    #[error("a phase or a task without a name")]
    NoName,
    /// Two phases have this name.
    #[error("two phases have this name")]
    DuplicatePhase,
    /// Two tasks of this phase have this name.
    #[error("two tasks of the phase have this name")]
    DuplicateTask,
    /// It comes before or after a phase, or belongs to one, that nobody gave.
    #[error("there is no phase `{name}`")]
    UnknownPhase {
        /// What the phase would be called.
        name: Arc<str>,
    },
    /// Phases that come after each other in a ring, so that none of them could be the first.
    #[error("phases that wait for each other: {}", ring(names))]
    Ring {
        /// Their names, each before the next, and the last before the first.
        names: Vec<Arc<str>>,
    },
    /// Nothing can be that quick.
    #[error("a deadline of zero")]
    ZeroDeadline,
    /// More tasks than [`Application::MAX_TASKS`](super::Application::MAX_TASKS).
    #[error("more than {limit} tasks")]
    TooManyTasks {
        /// How many there may be.
        limit: usize,
    },
}

/// `a -> b -> a`.
fn ring(names: &[Arc<str>]) -> String {
    let around = names.iter().chain(names.first());
    around.map(|name| &**name).collect::<Vec<_>>().join(" -> ")
}

/// Why a task was not added to an application that runs. It is dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// Nobody gave a phase of this name.
    #[error("there is no phase `{name}`")]
    UnknownPhase {
        /// What was asked for.
        name: Arc<str>,
    },
    /// The task is called nothing.
    #[error("a task without a name")]
    NoName,
    /// The phase has a task of this name.
    #[error("the phase has a task `{name}` already")]
    Duplicate {
        /// The name of the task.
        name: Arc<str>,
    },
    /// No task can be that quick.
    #[error("a deadline of zero")]
    ZeroDeadline,
    /// The phase has begun already, or was left out.
    #[error("the phase has begun already")]
    TooLate,
    /// The application has as many tasks as it may have.
    #[error("more than {limit} tasks")]
    TooManyTasks {
        /// How many there may be.
        limit: usize,
    },
    /// The application does not run yet, or no more.
    #[error("the application does not run")]
    NotRunning,
}

impl AddError {
    /// As a mistake of a plan, if it can be one.
    pub(super) fn into_mistake(self) -> Option<PlanMistake> {
        match self {
            Self::UnknownPhase { name } => Some(PlanMistake::UnknownPhase { name }),
            Self::NoName => Some(PlanMistake::NoName),
            Self::Duplicate { .. } => Some(PlanMistake::DuplicateTask),
            Self::ZeroDeadline => Some(PlanMistake::ZeroDeadline),
            Self::TooManyTasks { limit } => Some(PlanMistake::TooManyTasks { limit }),
            Self::TooLate | Self::NotRunning => None,
        }
    }
}
