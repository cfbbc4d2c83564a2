//! Why an actor ended, or one incarnation of it.

use std::fmt;
use std::sync::Arc;

/// Why an actor, or one incarnation of it, ended.
///
/// *Normal* reasons ([`is_normal`](Self::is_normal)) are those that somebody asked for; a transient child is not
/// restarted after them. All others are *abnormal*.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ExitReason {
    /// It ended itself with [`Context::stop`](crate::Context::stop). Normal.
    Normal,
    /// It was asked to stop, or its system shut down. Normal.
    Shutdown,
    /// As [`Shutdown`](Self::Shutdown), with a word on why. Normal.
    ShutdownWith(Arc<str>),
    /// A handler or a hook returned this error, and nobody was there to take it.
    Error(Arc<str>),
    /// A handler, a hook or a destructor panicked with this text.
    Panic(Arc<str>),
    /// It had work and showed no sign of life for longer than its idle timeout; see
    /// [`Spawner::idle_timeout`](crate::Spawner::idle_timeout).
    IdleTimeout,
    /// It was killed.
    Killed,
    /// It never ran: its factory or its `started` hook failed, or the start took too long.
    StartFailed(Arc<str>),
    /// A supervisor gave up on a child.
    Escalated {
        /// The id of the child in its supervisor.
        child: Arc<str>,
        /// Why that child ended the last time.
        cause: Arc<Self>,
    },
}

impl ExitReason {
    /// The same with texts of at most `limit` bytes, also in what it was caused by.
    pub(crate) fn clipped(self, limit: usize) -> Self {
        let clip = |text| crate::text::clipped(text, limit);
        match self {
            Self::ShutdownWith(text) => Self::ShutdownWith(clip(text)),
            Self::Error(text) => Self::Error(clip(text)),
            Self::Panic(text) => Self::Panic(clip(text)),
            Self::StartFailed(text) => Self::StartFailed(clip(text)),
            Self::Escalated { child, cause } => {
                let cause = Arc::unwrap_or_clone(cause).clipped(limit);
                Self::Escalated {
                    child: clip(child),
                    cause: Arc::new(cause),
                }
            }
            Self::Normal | Self::Shutdown | Self::IdleTimeout | Self::Killed => self,
        }
    }

    /// Whether somebody asked for this end.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown | Self::ShutdownWith(_))
    }
}

/// An incarnation that is over: which one it was, and why it ended. The next one hears of it in its `restarted` hook.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Incarnation {
    /// The number of its start; see [`Context::incarnation`](crate::Context::incarnation).
    pub number: u64,
    /// Why it ended.
    pub reason: ExitReason,
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Shutdown => f.write_str("shutdown"),
            Self::ShutdownWith(text) => write!(f, "shutdown: {text}"),
            Self::Error(text) => write!(f, "error: {text}"),
            Self::Panic(text) => write!(f, "panic: {text}"),
            Self::IdleTimeout => f.write_str("idle timeout"),
            Self::Killed => f.write_str("killed"),
            Self::StartFailed(text) => write!(f, "start failed: {text}"),
            Self::Escalated { child, cause } => write!(f, "gave up on `{child}`: {cause}"),
        }
    }
}
