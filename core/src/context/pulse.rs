//! The pulse of an incarnation, for work that goes on beside its handlers: in a task, on a thread, in a function that
//! knows nothing of actors.
//!
//! All pulses of one incarnation share its *term*, which is made for the first of them. The term is told when the
//! incarnation is asked to end (by whoever raises a signal: `Core::raise`), and when it has ended (by its context, as that is
//! closed); so nobody has to look at the actor to know.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::actor::ActorId;
use crate::actor::cell::AnyCell;
use crate::quiet;
use crate::system::System;

/// The life of one incarnation, as far as its pulses have to know.
#[derive(Debug, Default)]
pub(crate) struct Term {
    /// Somebody has asked it to end, or it has ended.
    ends: AtomicBool,
    over: AtomicBool,
    told: Notify,
}

impl Term {
    /// The incarnation is asked to end.
    pub(crate) fn ask(&self) {
        if !self.ends.swap(true, Ordering::AcqRel) {
            // Wakers are somebody else's code.
            if let Err(payload) = quiet::caught(|| self.told.notify_waiters()) {
                quiet::drop_logged(payload, "a waker's panic");
            }
        }
    }

    /// The incarnation has ended.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.ask();
    }

    fn ends(&self) -> bool {
        self.ends.load(Ordering::Acquire)
    }
}

/// A handle to one incarnation of an actor, which may be sent to where its work is done. Made by
/// [`Context::pulse`](crate::Context::pulse), and cheap to clone.
///
/// It belongs to the incarnation that made it. When that has ended it says so, and what it beats counts for nobody: not
/// for the next incarnation either. It keeps no actor alive.
///
/// ```text
/// #[message]
/// async fn copy(&mut self, blocks: u32, cx: &mut Context<Self>) -> u32 {
///     let pulse = cx.pulse();
///     tokio::task::spawn_blocking(move || copy(blocks, &pulse)).await.unwrap_or_default()
/// }
///
/// /// Knows nothing of actors; tells that it is alive, and ends early when nobody wants it any more.
/// fn copy(blocks: u32, pulse: &Pulse) -> u32 {
///     (0..blocks).take_while(|_| { pulse.beat(); !pulse.is_stopping() }).map(copy_block).sum()
/// }
/// ```
#[derive(Clone)]
pub struct Pulse {
    cell: Arc<dyn AnyCell>,
    run: u64,
    term: Arc<Term>,
}

impl Pulse {
    pub(crate) fn new(cell: Arc<dyn AnyCell>, run: u64, term: Arc<Term>) -> Self {
        Self { cell, run, term }
    }

    /// Says that the incarnation is alive; see [`Spawner::idle_timeout`](crate::Spawner::idle_timeout). Does nothing once
    /// it has ended.
    pub fn beat(&self) {
        if !self.term.over.load(Ordering::Acquire) {
            self.cell.core().stats.beat();
        }
    }

    /// Counts `work` as busy time of the actor: what was done elsewhere on its behalf. It counts at any time, since what
    /// was done was done.
    pub fn add_busy(&self, work: Duration) {
        self.cell.core().stats.add_busy(work);
    }

    /// Whether the incarnation is to end, or has ended; see [`Context::is_stopping`](crate::Context::is_stopping). Once it
    /// is true it stays so. It costs a load from memory, so a loop may look in each round.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.term.ends()
    }

    /// Waits until [`is_stopping`](Self::is_stopping) is true. It borrows nothing, may be dropped at any time, and may be
    /// awaited anywhere.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let term = self.term.clone();
        async move {
            let told = term.told.notified();
            tokio::pin!(told);
            // First in line, and then the look: what comes in between is heard.
            told.as_mut().enable();
            if !term.ends() {
                told.await;
            }
        }
    }

    /// The actor's id.
    #[must_use]
    pub fn id(&self) -> ActorId {
        self.cell.core().id
    }

    /// Which start of the actor this is, from 1.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.run
    }

    /// The system that the actor lives in.
    #[must_use]
    pub fn system(&self) -> System {
        System::of(self.cell.core().system.clone())
    }
}

impl fmt::Debug for Pulse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pulse({}, incarnation {})", self.cell.core(), self.run)
    }
}
