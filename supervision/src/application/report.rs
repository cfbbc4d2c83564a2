//! What became of a shutdown: phase by phase, task by task, and who is left.

use std::fmt;
use std::process::{ExitCode, Termination};
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::ExitReason;
use playhouse_core::error::Left;

/// How many of those who did not stop are written out; the rest are counted.
const SHOWN: usize = 16;

/// A signal that asks a program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `SIGINT`, which Ctrl-C sends.
    Interrupt,
    /// `SIGTERM`, which service managers send.
    Terminate,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        })
    }
}

/// What began a shutdown.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ShutdownReason {
    /// A signal came.
    Signal(Signal),
    /// The program asked for it, with this word on why.
    Requested(Arc<str>),
    /// Somebody else shut the system down.
    SystemEnded,
    /// A supervisor at the root gave up. Not clean.
    GaveUp(ExitReason),
    /// The start failed. Not clean.
    StartFailed(Arc<str>),
}

impl ShutdownReason {
    /// Whether it is a failure, so that the program ends as one however well it is shut down.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Signal(_) | Self::Requested(_) | Self::SystemEnded => false,
            Self::GaveUp(_) | Self::StartFailed(_) => true,
        }
    }
}

impl fmt::Display for ShutdownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => signal.fmt(f),
            Self::Requested(text) => text.fmt(f),
            Self::SystemEnded => f.write_str("the system was shut down"),
            Self::GaveUp(reason) => reason.fmt(f),
            Self::StartFailed(text) => write!(f, "the start failed: {text}"),
        }
    }
}

/// Why a shutdown did not wait for all of its tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CutShort {
    /// The deadline for all of it was over.
    Deadline,
    /// Somebody would not wait: a second signal, or [`ApplicationHandle::force`](super::ApplicationHandle::force).
    Forced,
}

impl fmt::Display for CutShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadline => "out of time",
            Self::Forced => "forced",
        })
    }
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It came to a good end.
    Done,
    /// It returned this error.
    Failed(Arc<str>),
    /// It panicked with this text.
    Panicked(Arc<str>),
    /// It was over its deadline, or over that of the whole shutdown, and was dropped.
    TimedOut,
    /// It was dropped because somebody would not wait.
    Forced,
    /// It never began: its phase needs one that failed, or the shutdown was cut short before.
    Skipped,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed(text) => write!(f, "failed: {text}"),
            Self::Panicked(text) => write!(f, "panicked: {text}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Forced => f.write_str("forced"),
            Self::Skipped => f.write_str("skipped"),
        }
    }
}

/// What became of a task, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskReport {
    /// Its name; for the one that stops the actors, the name of their system.
    pub name: Arc<str>,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it ran.
    pub took: Duration,
}

/// What became of a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PhaseReport {
    /// Its name.
    pub name: Arc<str>,
    /// How long after the shutdown it began; `None` if it did not.
    pub begun: Option<Duration>,
    /// How long it lasted.
    pub took: Duration,
    /// Its tasks, in the order in which they were given.
    pub tasks: Vec<TaskReport>,
}

/// What became of a shutdown.
///
/// Its `Display` is for people, over several lines. Returned from `main`, it is the program's exit code.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The name of the system.
    pub system: Arc<str>,
    /// What began it.
    pub reason: ShutdownReason,
    /// Why it did not wait for all of its tasks, if it did not.
    pub cut_short: Option<CutShort>,
    /// The phases in the order of their beginnings; those that did not begin come last.
    pub phases: Vec<PhaseReport>,
    /// The actors that had not stopped when their time was over, or when it was forced: first those with a message in
    /// hand. They were killed, where a kill can reach them.
    pub left: Vec<Left>,
    /// Why a supervisor at the root gave up, if one did, before the shutdown or during it.
    pub gave_up: Option<ExitReason>,
    /// How long all of it took.
    pub took: Duration,
}

impl ShutdownReport {
    /// Whether all is as it should be: the shutdown began for no failure, every task is done, every actor has stopped,
    /// and no supervisor at the root gave up.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.reason.is_failure()
            && self.cut_short.is_none()
            && self.left.is_empty()
            && self.gave_up.is_none()
            && self.tasks().all(|(_, task)| task.outcome == Outcome::Done)
    }

    /// Success if the shutdown [is clean](Self::is_clean), failure (1) if not.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.is_clean() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// Ends the process now, with [the code](Self::exit_code).
    ///
    /// For programs that must end: one that returns from `main` first waits for its runtime, which waits for threads
    /// that block, in a handler that never yields or in `spawn_blocking`, for as long as they do. Destructors of what
    /// is still alive do not run.
    pub fn exit_process(&self) -> ! {
        std::process::exit(i32::from(!self.is_clean()))
    }

    /// All tasks, each with the name of its phase.
    pub fn tasks(&self) -> impl Iterator<Item = (&str, &TaskReport)> {
        self.phases
            .iter()
            .flat_map(|phase| phase.tasks.iter().map(|task| (&*phase.name, task)))
    }

    /// What became of one task.
    #[must_use]
    pub fn outcome(&self, phase: &str, task: &str) -> Option<&Outcome> {
        self.tasks()
            .find(|(its_phase, its)| *its_phase == phase && &*its.name == task)
            .map(|(_, task)| &task.outcome)
    }
}

impl Termination for ShutdownReport {
    fn report(self) -> ExitCode {
        self.exit_code()
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match (self.is_clean(), self.cut_short) {
            (true, _) => "cleanly".to_owned(),
            (false, None) => "not cleanly".to_owned(),
            (false, Some(cut)) => format!("not cleanly, {cut}"),
        };
        let took = Seconds(self.took);
        write!(
            f,
            "{} shut down in {took}, {how} ({})",
            self.system, self.reason
        )?;
        let names = self.phases.iter().map(|phase| &*phase.name);
        let names = names.chain(self.tasks().map(|(_, task)| &*task.name));
        let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
        for phase in &self.phases {
            write!(f, "\n  {:width$}    ", phase.name)?;
            match phase.begun {
                Some(begun) => write!(f, "at {} for {}", Seconds(begun), Seconds(phase.took))?,
                None => f.write_str("did not begin")?,
            }
            for task in &phase.tasks {
                write!(f, "\n    {:width$}    {}", task.name, task.outcome)?;
                match task.outcome {
                    Outcome::Skipped => {}
                    Outcome::TimedOut | Outcome::Forced => {
                        write!(f, " after {}", Seconds(task.took))?;
                    }
                    Outcome::Done | Outcome::Failed(_) | Outcome::Panicked(_) => {
                        write!(f, " ({})", Seconds(task.took))?;
                    }
                }
            }
        }
        if let Some(reason) = &self.gave_up {
            write!(f, "\n  a supervisor at the root {reason}")?;
        }
        for left in self.left.iter().take(SHOWN) {
            write!(f, "\n  did not stop: {left}")?;
        }
        if self.left.len() > SHOWN {
            write!(f, "\n  and {} more did not stop", self.left.len() - SHOWN)?;
        }
        Ok(())
    }
}

/// `0.10 s`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} s", self.0.as_secs_f64())
    }
}

#[cfg(test)]
mod tests;
