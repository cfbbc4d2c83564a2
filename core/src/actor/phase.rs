//! The phases of an actor's life, and which may follow which.
//!
//! ```text
//!            +------------------ restart -------------------+
//!            v                                              |
//!         Starting ----> Running <----> Suspended        Backoff
//!            |              |               |               ^
//!            |              v               v               |
//!            +--------> Stopping -----------+---------------+
//!                           |
//!                           v
//!                   Stopped | Failed            (final)
//! ```

use std::sync::atomic::{AtomicU8, Ordering};

use crate::exit::ExitReason;

/// Where an actor stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Its factory or its `started` hook runs, or it waits for its first start.
    Starting,
    /// It takes messages.
    Running,
    /// A handler is in hand and waits for something.
    Suspended,
    /// The incarnation ended, or there was nothing to start; its supervisor has not yet started the next one.
    Backoff,
    /// It ends: the `stopping` hook, then what is left.
    Stopping,
    /// It has ended for a normal reason. Final.
    Stopped,
    /// It has ended for an abnormal reason. Final.
    Failed,
}

impl Phase {
    /// All phases, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Starting,
        Self::Running,
        Self::Suspended,
        Self::Backoff,
        Self::Stopping,
        Self::Stopped,
        Self::Failed,
    ];

    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Backoff => "backoff",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Stopped | Self::Failed)
    }

    /// Whether `next` may follow directly.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use Phase::{Backoff, Failed, Running, Starting, Stopped, Stopping, Suspended};
        match self {
            Starting => matches!(next, Running | Stopping | Backoff | Stopped | Failed),
            Running => matches!(next, Suspended | Stopping | Stopped | Failed),
            Suspended => matches!(next, Running | Stopping | Stopped | Failed),
            Stopping => matches!(next, Backoff | Stopped | Failed),
            Backoff => matches!(next, Starting | Stopped | Failed),
            Stopped | Failed => false,
        }
    }

    /// The state of a *routine*, for readers that know actors by that word: `INIT`, `RUNNING`, `STOPPING`,
    /// `TIMED_OUT`, `PANICKED` or `STOPPED`.
    #[must_use]
    pub fn routine_state(self, reason: Option<&ExitReason>) -> &'static str {
        match (self, reason) {
            (Self::Starting, _) => "INIT",
            (Self::Running | Self::Suspended | Self::Backoff, _) => "RUNNING",
            (Self::Stopping, _) => "STOPPING",
            (Self::Failed, Some(ExitReason::IdleTimeout)) => "TIMED_OUT",
            (Self::Failed, Some(ExitReason::Panic(_))) => "PANICKED",
            (Self::Stopped | Self::Failed, _) => "STOPPED",
        }
    }

    /// The health of a *routine*: `OK`, `IDLE_TIMEOUT`, `STOPPING` or `PANIC`.
    #[must_use]
    pub fn routine_health(self, reason: Option<&ExitReason>) -> &'static str {
        match self.routine_state(reason) {
            "TIMED_OUT" => "IDLE_TIMEOUT",
            "STOPPING" => "STOPPING",
            "PANICKED" => "PANIC",
            _ => "OK",
        }
    }
}

/// The phase of one actor, written by its own task alone and read by anybody.
#[derive(Debug)]
pub(crate) struct PhaseCell(AtomicU8);

impl PhaseCell {
    pub(crate) const fn new() -> Self {
        Self(AtomicU8::new(Phase::Starting as u8))
    }

    pub(crate) fn get(&self) -> Phase {
        Phase::ALL[usize::from(self.0.load(Ordering::Acquire)).min(Phase::ALL.len() - 1)]
    }

    /// Moves on, where the table of [`Phase::may_become`] allows it; a final phase is never left.
    pub(crate) fn set(&self, next: Phase) {
        let now = self.get();
        debug_assert!(
            now == next || now.may_become(next),
            "{now:?} may not become {next:?}"
        );
        if now.may_become(next) {
            self.0.store(next as u8, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_phases_are_never_left() {
        for next in Phase::ALL {
            assert!(!Phase::Stopped.may_become(next));
            assert!(!Phase::Failed.may_become(next));
        }
    }

    #[test]
    fn numbers_and_table_agree() {
        for (number, phase) in Phase::ALL.into_iter().enumerate() {
            assert_eq!(phase as usize, number);
        }
    }

    #[test]
    fn routines_have_their_exact_words() {
        let panic = ExitReason::Panic("x".into());
        assert_eq!(Phase::Starting.routine_state(None), "INIT");
        assert_eq!(Phase::Suspended.routine_state(None), "RUNNING");
        assert_eq!(Phase::Stopping.routine_state(None), "STOPPING");
        assert_eq!(
            Phase::Failed.routine_state(Some(&ExitReason::IdleTimeout)),
            "TIMED_OUT"
        );
        assert_eq!(Phase::Failed.routine_state(Some(&panic)), "PANICKED");
        assert_eq!(
            Phase::Stopped.routine_state(Some(&ExitReason::Normal)),
            "STOPPED"
        );
        assert_eq!(
            Phase::Failed.routine_health(Some(&ExitReason::IdleTimeout)),
            "IDLE_TIMEOUT"
        );
        assert_eq!(Phase::Failed.routine_health(Some(&panic)), "PANIC");
        assert_eq!(Phase::Stopping.routine_health(None), "STOPPING");
        assert_eq!(Phase::Running.routine_health(None), "OK");
    }
}
