//! A handle that knows only that it is an actor.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::actor::cell::AnyCell;
use crate::actor::{Actor, ActorId, Phase};
use crate::address::Address;
use crate::exit::ExitReason;
use crate::links::link;
use crate::observe::{ActorSnapshot, Totals};

/// An actor without its type.
#[derive(Clone)]
pub struct ActorRef {
    cell: Arc<dyn AnyCell>,
}

/// Whatever stands for one actor: its address, or an [`ActorRef`].
pub trait AsActor {
    /// The actor.
    fn as_actor(&self) -> ActorRef;
}

impl<A: Actor> AsActor for Address<A> {
    fn as_actor(&self) -> ActorRef {
        self.actor()
    }
}

impl AsActor for ActorRef {
    fn as_actor(&self) -> ActorRef {
        self.clone()
    }
}

impl ActorRef {
    pub(crate) fn new(cell: Arc<impl AnyCell + 'static>) -> Self {
        Self { cell }
    }

    pub(crate) fn of(cell: Arc<dyn AnyCell>) -> Self {
        Self { cell }
    }

    pub(crate) fn cell(&self) -> &Arc<dyn AnyCell> {
        &self.cell
    }

    /// Its id: unique in its system, the same over restarts.
    #[must_use]
    pub fn id(&self) -> ActorId {
        self.cell.core().id
    }

    /// The name it was spawned with, if any. Not unique; see `System::register` for names that are.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.cell.core().name().map(|name| &**name)
    }

    /// The type it is shown as.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.cell.core().kind.name
    }

    /// Where it stands in its life.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.cell.core().phase()
    }

    /// Why it ended; `None` while it has not.
    #[must_use]
    pub fn reason(&self) -> Option<ExitReason> {
        self.cell.core().end.reason()
    }

    /// Which start of it this is, from 1.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.cell.core().incarnation()
    }

    /// How often it was restarted: starts after the first.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.cell.core().stats.restarts()
    }

    /// What it has done so far, and where its time went.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let (accepted, refused) = self.cell.counts();
        self.cell.core().stats.totals(accepted, refused)
    }

    /// All that can be seen of it.
    #[must_use]
    pub fn snapshot(&self) -> ActorSnapshot {
        self.cell.snapshot()
    }

    /// Says that it is alive; see [`Spawner::idle_timeout`](crate::Spawner::idle_timeout).
    pub fn beat(&self) {
        self.cell.core().stats.beat();
    }

    /// How often it has said so.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.cell.core().stats.beats()
    }

    /// Counts `work` as busy time: what it had done elsewhere, on a thread of its own for example.
    pub fn add_busy(&self, work: Duration) {
        self.cell.core().stats.add_busy(work);
    }

    /// See [`Address::stop`].
    pub fn stop(&self) {
        self.cell.core().stop(&*self.cell);
    }

    /// See [`Address::drain`].
    pub fn drain(&self) {
        self.cell.core().drain(&*self.cell);
    }

    /// See [`Address::kill`].
    pub fn kill(&self) {
        self.cell.core().kill(&*self.cell);
    }

    /// See [`Address::wait`].
    pub fn wait(&self) -> impl Future<Output = ExitReason> + Send + 'static + use<> {
        ended(self.cell.clone())
    }

    /// Its address, if it is an `A`.
    #[must_use]
    pub fn address<A: Actor>(&self) -> Option<Address<A>> {
        self.cell
            .clone()
            .into_any()
            .downcast()
            .ok()
            .map(Address::new)
    }

    /// The actors that it is linked with; see [`Context::link`](crate::Context::link). None once it has ended.
    #[must_use]
    pub fn links(&self) -> Vec<Self> {
        let linked = link::linked(self.cell.core());
        linked.into_iter().map(Self::of).collect()
    }

    /// The actors that its handler in hand waits for: the answers to asks, and room in mailboxes.
    #[must_use]
    pub fn waits_for(&self) -> Vec<Self> {
        self.cell
            .core()
            .edges
            .targets()
            .into_iter()
            .map(Self::of)
            .collect()
    }
}

impl PartialEq for ActorRef {
    fn eq(&self, other: &Self) -> bool {
        crate::edges::same(&self.cell, &other.cell)
    }
}

impl Eq for ActorRef {}

impl fmt::Debug for ActorRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActorRef({})", self.cell.core())
    }
}

/// Waits for the end of an actor. Dropping it leaves nothing behind at the actor.
pub(crate) fn ended(cell: Arc<dyn AnyCell>) -> impl Future<Output = ExitReason> + Send + 'static {
    Ended { cell, number: None }
}

struct Ended {
    cell: Arc<dyn AnyCell>,
    number: Option<u64>,
}

impl Future for Ended {
    type Output = ExitReason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ExitReason> {
        let this = &mut *self;
        this.cell.core().end.poll(&mut this.number, cx.waker())
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.cell.core().end.remove(number);
        }
    }
}
