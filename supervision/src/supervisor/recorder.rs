//! The flight recorder: what happened last to the children of a supervisor, printed when it gives up.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::ExitReason;

/// The latest events of one incarnation of a supervisor.
#[derive(Debug)]
pub(super) struct Recorder {
    limit: usize,
    events: VecDeque<Entry>,
    /// How many came before those that are kept.
    dropped: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    at: Duration,
    child: Arc<str>,
    what: What,
}

/// What happened to a child.
#[derive(Clone, Debug)]
pub(super) enum What {
    Started {
        run: u64,
    },
    NotStarted {
        reason: ExitReason,
    },
    Ignored,
    Exited {
        run: u64,
        reason: ExitReason,
        message: Option<&'static str>,
    },
    Again {
        attempt: u64,
        wait: Duration,
    },
    Stopping,
    Killed,
    Down,
    GaveUp,
}

impl Recorder {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            events: VecDeque::new(),
            dropped: 0,
        }
    }

    /// Whether anything is kept at all.
    pub(super) fn is_on(&self) -> bool {
        self.limit > 0
    }

    pub(super) fn note(&mut self, at: Duration, child: &Arc<str>, what: impl FnOnce() -> What) {
        if self.limit == 0 {
            return;
        }
        if self.events.len() == self.limit {
            self.events.pop_front();
            self.dropped += 1;
        }
        self.events.push_back(Entry {
            at,
            child: child.clone(),
            what: what(),
        });
    }
}

/// One line per event, oldest first; times are those since the supervisor started.
impl fmt::Display for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dropped > 0 {
            writeln!(f, "  ... {} earlier events", self.dropped)?;
        }
        for Entry { at, child, what } in &self.events {
            writeln!(f, "  {:>10.3} s  {child}: {what}", at.as_secs_f64())?;
        }
        Ok(())
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { run } => write!(f, "up, start {run}"),
            Self::NotStarted { reason } => write!(f, "{reason}"),
            Self::Ignored => f.write_str("nothing to start"),
            Self::Exited {
                run,
                reason,
                message: Some(message),
            } => write!(f, "start {run} ended in {message}: {reason}"),
            Self::Exited {
                run,
                reason,
                message: None,
            } => write!(f, "start {run} ended: {reason}"),
            Self::Again { attempt, wait } if wait.is_zero() => {
                write!(f, "failure {attempt} in a row, started again at once")
            }
            Self::Again { attempt, wait } => {
                write!(f, "failure {attempt} in a row, started again in {wait:.3?}")
            }
            Self::Stopping => f.write_str("told to stop"),
            Self::Killed => f.write_str("killed, for it did not stop in time"),
            Self::Down => f.write_str("down"),
            Self::GaveUp => f.write_str("failed once too often"),
        }
    }
}

/// Why a supervisor gave up, and what led to it.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) supervisor: String,
    pub(super) child: Arc<str>,
    pub(super) cause: ExitReason,
    pub(super) message: Option<&'static str>,
    pub(super) limits: String,
}

impl Report {
    /// The report as text, with what was recorded up to now and whom the supervisor had to stop.
    pub(super) fn text(&self, recorder: &Recorder, stopped: &[Arc<str>]) -> String {
        use fmt::Write;
        let mut text = String::new();
        let in_message = self.message.map(|message| format!(" in {message}"));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{} gave up on `{}`, which ended{}: {}",
            self.supervisor,
            self.child,
            in_message.as_deref().unwrap_or_default(),
            self.cause
        );
        let _ = writeln!(text, "allowed were {}", self.limits);
        if !stopped.is_empty() {
            let _ = writeln!(text, "stopped with it: {}", stopped.join(", "));
        }
        if recorder.is_on() {
            let _ = write!(text, "what came before:\n{recorder}");
        }
        text
    }
}
