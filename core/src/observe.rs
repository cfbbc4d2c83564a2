//! All that an outsider may know of a system: snapshots of this moment, events as they happen, records of what was.
//!
//! Whoever shows or exports something builds on this and on nothing else. A snapshot stops no actor: each is read
//! while it runs, so the figures of one actor belong to one moment only roughly, and are exact when it is at rest.

use std::ops::AddAssign;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::broadcast;

use crate::actor::{ActorId, Phase};
use crate::exit::ExitReason;
use crate::system::{Listener, SystemState};

/// A system at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The system's name.
    pub system: Arc<str>,
    /// Whether it takes new actors.
    pub state: SystemState,
    /// When this was taken.
    pub taken_at: SystemTime,
    /// How long the system has existed.
    pub uptime: Duration,
    /// The actors that live, by id.
    pub actors: Vec<ActorSnapshot>,
    /// What the actors that have ended leave behind, by type.
    pub types: Vec<TypeSnapshot>,
    /// How many dead letters there were.
    pub dead_letters: u64,
    /// How many events were published.
    pub events: u64,
    /// How long it took to take this.
    pub cost: Duration,
}

/// An actor at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ActorSnapshot {
    /// Its id.
    pub id: ActorId,
    /// Its type.
    pub type_name: &'static str,
    /// The name it was spawned with.
    pub name: Option<Arc<str>>,
    /// The supervisor that it belongs to.
    pub parent: Option<ActorId>,
    /// Where it stands in its life.
    pub phase: Phase,
    /// Which start of it this is, from 1; 0 before the first.
    pub incarnation: u64,
    /// How many messages wait.
    pub depth: u64,
    /// How many may wait; `None` without a bound.
    pub capacity: Option<u64>,
    /// How many senders wait for room.
    pub waiting: u64,
    /// The message in hand.
    pub in_hand: Option<&'static str>,
    /// How long ago it was spawned.
    pub uptime: Duration,
    /// What it has done, and where its time went.
    pub totals: Totals,
}

/// What the ended actors of one type leave behind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TypeSnapshot {
    /// The type.
    pub type_name: &'static str,
    /// How many were ever spawned, living ones included.
    pub started: u64,
    /// How many have ended.
    pub ended: u64,
    /// The sums over those that have ended; the living ones are in [`Snapshot::actors`].
    pub totals: Totals,
}

/// Counts and times of one actor, or sums of several.
///
/// `busy + blocked_send + blocked_ask + blocked_other + idle` is its lifetime (save for work that was declared on top).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Messages that the mailbox accepted, timers of the context and notices included.
    pub accepted: u64,
    /// Messages whose handler returned or gave its reply port away.
    pub handled: u64,
    /// Messages whose handler failed. They are dead letters too.
    pub failed: u64,
    /// Messages that were accepted and not handled.
    pub dead_lettered: u64,
    /// Sends that were refused: full or closed.
    pub refused: u64,
    /// Ticks of timers that found a full mailbox.
    pub timer_skips: u64,
    /// Answers for which nobody waited any more.
    pub unread_replies: u64,
    /// Starts after the first.
    pub restarts: u64,
    /// Panics in handlers, hooks and destructors.
    pub panics: u64,
    /// Time in which a handler was being polled, and work that was declared.
    pub busy: Duration,
    /// Time in which a handler was suspended, waiting for room in a mailbox.
    pub blocked_send: Duration,
    /// Time in which a handler was suspended, waiting for an answer.
    pub blocked_ask: Duration,
    /// Time in which a handler was suspended for another reason.
    pub blocked_other: Duration,
    /// The rest of its life.
    pub idle: Duration,
    /// How long senders waited for room here.
    pub send_wait: Duration,
}

impl AddAssign<&Self> for Totals {
    fn add_assign(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.handled += other.handled;
        self.failed += other.failed;
        self.dead_lettered += other.dead_lettered;
        self.refused += other.refused;
        self.timer_skips += other.timer_skips;
        self.unread_replies += other.unread_replies;
        self.restarts += other.restarts;
        self.panics += other.panics;
        self.busy += other.busy;
        self.blocked_send += other.blocked_send;
        self.blocked_ask += other.blocked_ask;
        self.blocked_other += other.blocked_other;
        self.idle += other.idle;
        self.send_wait += other.send_wait;
    }
}

/// Something that happened in the life of an actor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: SystemTime,
    /// To whom.
    pub actor: ActorId,
    /// The type of the actor.
    pub type_name: &'static str,
    /// The name it was spawned with.
    pub name: Option<Arc<str>>,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// It was spawned.
    Spawned,
    /// Its start is done: the `started` hook has returned, and after a restart the `restarted` hook.
    Started {
        /// The number of the start.
        run: u64,
    },
    /// An incarnation of a supervised actor is over.
    Exited {
        /// The number of its start.
        run: u64,
        /// Why.
        reason: ExitReason,
    },
    /// The factory of a supervised actor said that there is nothing to start.
    Ignored {
        /// The number of the start.
        run: u64,
    },
    /// An incarnation had work and showed no sign of life within its idle timeout. It is about to end for that.
    IdleTimeout {
        /// The number of its start.
        run: u64,
        /// The message in hand; `None` if one waited to be taken.
        message: Option<&'static str>,
    },
    /// A handler that says `on_error = report` returned an error.
    Reported {
        /// The message.
        message: &'static str,
        /// The error's text.
        error: Arc<str>,
    },
    /// A thread of a pool failed, and starts again with a fresh state.
    ThreadFailed {
        /// Which thread, from 0.
        thread: usize,
        /// Why.
        reason: ExitReason,
    },
    /// It has ended for good.
    Ended {
        /// Why.
        reason: ExitReason,
    },
}

/// Events as they happen. One that falls behind by more than 1,024 loses the oldest, and is told how many.
#[derive(Debug)]
pub struct Events {
    pub(crate) receiver: broadcast::Receiver<Event>,
    pub(crate) lost: u64,
    pub(crate) _listener: Listener,
}

impl Events {
    /// The next one; `None` when the system is gone.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(lost)) => self.lost += lost,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// How many were lost because this stream was not read in time.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

/// An actor that has ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// Its id.
    pub id: ActorId,
    /// Its type.
    pub type_name: &'static str,
    /// The name it was spawned with.
    pub name: Option<Arc<str>>,
    /// [`Phase::Stopped`] or [`Phase::Failed`].
    pub phase: Phase,
    /// Why it ended.
    pub reason: ExitReason,
    /// How often it was restarted.
    pub restarts: u64,
    /// When it was spawned.
    pub started_at: SystemTime,
    /// When it ended.
    pub ended_at: SystemTime,
    /// How long it lived.
    pub uptime: Duration,
}

/// How many actors of one name have ended in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TerminalCount {
    /// The name (or the type, of those without); `__other__` beyond the limit of names.
    pub name: Arc<str>,
    /// `STOPPED`, `PANICKED` or `TIMED_OUT`.
    pub state: &'static str,
    /// How many.
    pub count: u64,
}
