//! One error type per operation, so that a caller matches only what can happen.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use thiserror::Error;

use crate::actor::ActorId;

/// Why a message was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Refused {
    /// The mailbox had no room: at once where it rejects, after the timeout where it waits. Also what a tell gets
    /// that would wait for room which only its own caller could make.
    #[error("the mailbox is full")]
    Full,
    /// The actor has ended, or takes no more messages because it is about to.
    #[error("the actor has ended")]
    Closed,
    /// `.blocking()` was called inside a handler, where it would stop the thread that all actors share.
    #[error("`.blocking()` inside a handler would block its thread; use `.await`")]
    WouldBlock,
}

/// A tell that was not accepted; it holds the message.
///
/// It is `Debug`, `Error`, `Send` and `Sync` whatever the message is, so `?` works in any function.
pub struct TellError<M> {
    refused: Refused,
    // A mutex for one reason: it makes the error `Sync` without asking that of the message.
    message: Mutex<M>,
}

impl<M> TellError<M> {
    pub(crate) fn new(message: M, refused: Refused) -> Self {
        Self {
            refused,
            message: Mutex::new(message),
        }
    }

    /// Why it was refused.
    #[must_use]
    pub fn reason(&self) -> Refused {
        self.refused
    }

    /// Whether the mailbox had no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.refused == Refused::Full
    }

    /// Whether the actor takes no more messages.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.refused == Refused::Closed
    }

    /// The message, to try again or to put elsewhere.
    #[must_use]
    pub fn into_message(self) -> M {
        self.message
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<M> fmt::Debug for TellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TellError")
            .field("message", &std::any::type_name::<M>())
            .field("reason", &self.refused)
            .finish()
    }
}

impl<M> fmt::Display for TellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refused.fmt(f)
    }
}

impl<M> std::error::Error for TellError<M> {}

impl<M> From<TellError<M>> for Refused {
    fn from(error: TellError<M>) -> Self {
        error.refused
    }
}

/// Why an ask has no answer. `E` is the error of the handler's own `Result`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskError<E = Infallible> {
    /// The handler answered with its own error.
    Handler(E),
    /// The message was not accepted: no room, at once or within the time limit.
    Full,
    /// The actor has ended, before or after it accepted the message, and did not handle it.
    Closed,
    /// Accepted, but not answered in time. The handler may still run.
    Timeout,
    /// The handler failed, or dropped its reply port.
    Failed,
    /// The incarnation that had taken the reply port is gone; the next one knows nothing of it.
    Restarted,
    /// An actor asked itself and waited for it, which cannot end.
    SelfAsk,
    /// Waiting would have closed a ring of actors that wait for each other.
    Cycle,
    /// `.blocking()` was called inside a handler, where it would stop the thread that all actors share.
    WouldBlock,
}

impl<E> AskError<E> {
    /// Changes the type of the handler's error and leaves all else.
    pub fn map<F>(self, f: impl FnOnce(E) -> F) -> AskError<F> {
        match self {
            Self::Handler(error) => AskError::Handler(f(error)),
            Self::Full => AskError::Full,
            Self::Closed => AskError::Closed,
            Self::Timeout => AskError::Timeout,
            Self::Failed => AskError::Failed,
            Self::Restarted => AskError::Restarted,
            Self::SelfAsk => AskError::SelfAsk,
            Self::Cycle => AskError::Cycle,
            Self::WouldBlock => AskError::WouldBlock,
        }
    }
}

impl<E: fmt::Display> fmt::Display for AskError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handler(error) => return error.fmt(f),
            Self::Full => "the mailbox is full",
            Self::Closed => "the actor has ended",
            Self::Timeout => "no answer in time",
            Self::Failed => "the handler failed or gave no answer",
            Self::Restarted => "the actor was restarted before it answered",
            Self::SelfAsk => "an actor cannot wait for its own answer",
            Self::Cycle => "waiting would deadlock: actors that ask each other in a ring",
            Self::WouldBlock => {
                "`.blocking()` inside a handler would block its thread; use `.await`"
            }
        })
    }
}

impl<E: std::error::Error + 'static> std::error::Error for AskError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Handler(error) => error.source(),
            _ => None,
        }
    }
}

/// Why an actor could not be spawned.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The system is shutting down, or has.
    #[error("the system `{system}` is shut down")]
    SystemClosed {
        /// The system's name.
        system: Arc<str>,
    },
    /// A mailbox for no message at all.
    #[error("a mailbox needs room for at least one message")]
    ZeroCapacity,
    /// A pool of no threads at all.
    #[error("a pool needs at least one thread")]
    ZeroThreads,
    /// An idle timeout for a pool of threads, whose handlers nobody can interrupt.
    #[error("a pool of threads has no idle timeout, since its handlers cannot be interrupted")]
    IdleThreads,
    /// The operating system gave no thread.
    #[error("no thread for the pool: {0}")]
    Thread(Arc<str>),
}

/// Why a name could not be given to an actor.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// Another actor, which lives, has it.
    #[error("the name `{name}` belongs to actor {holder}")]
    Taken {
        /// The name.
        name: Arc<str>,
        /// Who has it.
        holder: ActorId,
    },
    /// The actor has ended, so the name would never be freed.
    #[error("the actor has ended")]
    Closed,
    /// Longer than the system allows.
    #[error("a name has at most {limit} bytes, this one {bytes}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// What the system allows, in bytes.
        limit: usize,
    },
}

/// Why a name leads to no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LookupError {
    /// Nobody has that name.
    #[error("nobody is registered as `{name}`")]
    NotFound {
        /// The name.
        name: Arc<str>,
    },
    /// Somebody has it who is not of the wanted type.
    #[error("`{name}` is a `{found}`, not a `{wanted}`")]
    WrongType {
        /// The name.
        name: Arc<str>,
        /// The type that was asked for.
        wanted: &'static str,
        /// The type of who has it.
        found: &'static str,
    },
}

/// Who did not stop in time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Left {
    /// Its id.
    pub id: ActorId,
    /// Its type.
    pub type_name: &'static str,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// The message in hand, if any.
    pub busy_with: Option<&'static str>,
    /// For a pool: which of its threads, counted from 0, did not come back.
    pub thread: Option<usize>,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.type_name)?;
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        write!(f, " ({})", self.id)?;
        if let Some(thread) = self.thread {
            write!(f, " thread {thread}")?;
        }
        if let Some(message) = self.busy_with {
            write!(f, " in `{message}`")?;
        }
        Ok(())
    }
}

/// A shutdown that ran out of time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownError {
    /// The time that it was given.
    pub limit: Duration,
    /// Who had not stopped by then (and was killed, where a kill can reach it).
    pub left: Vec<Left>,
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        write!(f, "shutdown timed out after {:?}", self.limit)?;
        for (index, left) in self.left.iter().take(SHOWN).enumerate() {
            write!(f, "{}{left}", if index == 0 { ": " } else { ", " })?;
        }
        if self.left.len() > SHOWN {
            write!(f, " and {} more", self.left.len() - SHOWN)?;
        }
        Ok(())
    }
}

impl std::error::Error for ShutdownError {}
