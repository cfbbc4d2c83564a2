//! From a state to a running actor.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::cell::{AnyCell, Cell, Core, Kind, Labels, Under};
use crate::actor::idle::Idle;
use crate::actor::pool::Threads;
use crate::actor::run;
use crate::actor::tracked::Tracked;
use crate::actor::{Actor, ActorId, BlockingActor, InlineAsk};
use crate::address::Address;
use crate::error::SpawnError;
use crate::exit::ExitReason;
use crate::links::Factory;
use crate::mailbox::{MailboxOptions, Overflow};
use crate::observe::EventKind;
use crate::quiet;
use crate::system::System;

/// How an actor is to be spawned.
pub(crate) struct Plan {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) mailbox: MailboxOptions,
    pub(crate) parent: Option<ActorId>,
    pub(crate) under: Option<Under>,
    pub(crate) threads: Option<Arc<Threads>>,
    pub(crate) inline_ask: InlineAsk,
    pub(crate) idle: Option<Box<Idle>>,
}

impl Plan {
    pub(crate) const fn of<A: Actor>() -> Self {
        Self {
            name: None,
            mailbox: A::MAILBOX,
            parent: None,
            under: None,
            threads: None,
            inline_ask: A::INLINE_ASK,
            idle: None,
        }
    }

    /// What of it stays with the actor, if there is anything. Names are cut to `limit` bytes.
    fn labels(self, limit: usize) -> Option<Box<Labels>> {
        let labels = Labels {
            name: self.name.map(|name| crate::text::clipped(name, limit)),
            parent: self.parent,
            under: self.under,
            threads: self.threads,
            idle: self.idle,
        };
        let is_plain = labels.name.is_none()
            && labels.parent.is_none()
            && labels.under.is_none()
            && labels.threads.is_none()
            && labels.idle.is_none();
        (!is_plain).then(|| Box::new(labels))
    }
}

/// Makes the cell of an actor that does not run yet.
pub(crate) fn cell<A: Actor>(
    system: &System,
    plan: Plan,
    state: Option<A>,
) -> Result<Arc<Cell<A>>, SpawnError> {
    if plan.mailbox.capacity() == 0 {
        quiet::drop_logged(state, "a state that was refused");
        return Err(SpawnError::ZeroCapacity);
    }
    let shared = system.shared();
    let (mailbox, inline_ask) = (plan.mailbox, plan.inline_ask);
    let labels = plan.labels(shared.limits().text);
    let kind = Kind::of::<A>();
    let core = Core::new(shared.clone(), shared.next_id(), kind, inline_ask, labels);
    Ok(Arc::new(Cell::new(core, mailbox, state)))
}

/// Spawns an actor on the system's runtime.
pub(crate) fn spawn<A: Actor>(
    system: &System,
    plan: Plan,
    state: A,
) -> Result<Address<A>, SpawnError> {
    let cell = cell(system, plan, Some(state))?;
    launch(system, &cell, run::live)?;
    Ok(Address::new(cell))
}

/// As [`spawn`], but gives the address of an actor that has ended where it is refused.
pub(crate) fn spawn_or_dead<A: Actor>(system: &System, plan: Plan, state: A) -> Address<A> {
    let cell = match cell(system, plan, Some(state)) {
        Ok(cell) => cell,
        Err(error) => {
            let cell = fallback(system);
            bury(&cell, &error);
            return Address::new(cell);
        }
    };
    if let Err(error) = launch(system, &cell, run::live) {
        bury(&cell, &error);
    }
    Address::new(cell)
}

/// Spawns an actor that a supervisor starts.
pub(crate) fn adopt<A: Actor>(
    system: &System,
    plan: Plan,
    factory: Factory<A>,
) -> Result<Address<A>, SpawnError> {
    let cell = match cell(system, plan, None) {
        Ok(cell) => cell,
        Err(error) => {
            quiet::drop_logged(factory, "a factory that was refused");
            return Err(error);
        }
    };
    launch(system, &cell, |cell| run::child::live(cell, factory))?;
    Ok(Address::new(cell))
}

/// A cell that never runs.
fn fallback<A: Actor>(system: &System) -> Arc<Cell<A>> {
    let shared = system.shared();
    let (id, kind) = (shared.next_id(), Kind::of::<A>());
    let core = Core::new(shared.clone(), id, kind, InlineAsk::Never, None);
    Arc::new(Cell::new(core, MailboxOptions::new(1), None))
}

fn bury<A: Actor>(cell: &Arc<Cell<A>>, error: &SpawnError) {
    let reason = ExitReason::StartFailed(cell.core.text(&error.to_string()));
    run::end(cell, &reason);
}

fn launch<A, F>(
    system: &System,
    cell: &Arc<Cell<A>>,
    live: impl FnOnce(Arc<Cell<A>>) -> F,
) -> Result<(), SpawnError>
where
    A: Actor,
    F: Future<Output = ()> + Send + 'static,
{
    let shared = system.shared();
    if let Err(error) = shared.admit(cell.clone()) {
        quiet::drop_logged(live, "a factory that was refused");
        let _nothing_was_asked = cell.clear_bench("a state that was refused");
        return Err(error);
    }
    cell.core.event(|| EventKind::Spawned);
    let task = Tracked::new(cell.clone() as Arc<dyn AnyCell>, live(cell.clone()));
    shared.runtime().spawn(task);
    Ok(())
}

/// An actor to be spawned with options; made by [`System::spawner`].
#[must_use = "nothing is spawned before `spawn`"]
pub struct Spawner<'a> {
    system: &'a System,
    name: Option<String>,
    mailbox: Option<usize>,
    overflow: Option<Overflow>,
    inline_ask: Option<InlineAsk>,
    idle_timeout: Option<Duration>,
}

impl<'a> Spawner<'a> {
    pub(crate) const fn new(system: &'a System) -> Self {
        Self {
            system,
            name: None,
            mailbox: None,
            overflow: None,
            inline_ask: None,
            idle_timeout: None,
        }
    }

    /// A name to be shown with. Not unique; cut to the system's text limit.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Room for so many messages, in place of what its type says. 0 is refused.
    pub const fn mailbox(mut self, capacity: usize) -> Self {
        self.mailbox = Some(capacity);
        self
    }

    /// What happens to a message that finds no room, in place of what its type says.
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = Some(overflow);
        self
    }

    /// Whether its asks may run on their callers, in place of what its type says.
    pub const fn inline_ask(mut self, inline_ask: InlineAsk) -> Self {
        self.inline_ask = Some(inline_ask);
        self
    }

    /// How long the actor may have work and show no sign of life; then it fails, as [`ExitReason::IdleTimeout`]. Off unless
    /// set, and off with zero.
    ///
    /// It has work while a message is in hand or waits in its mailbox. A sign of life is a message taken, a message done, or
    /// a beat: [`Context::beat`](crate::Context::beat), [`Pulse::beat`](crate::context::Pulse::beat),
    /// [`ActorRef::beat`](crate::ActorRef::beat). The failure comes between `limit` and 1.5 · `limit` + 10 ms after the last
    /// one: the handler in hand is dropped at its next await, its caller gets `Failed`, and the `stopping` hook runs. A
    /// handler that blocks its thread is reported in that time, and ends the actor when it returns.
    ///
    /// A short one finds a handler that hangs soon, and looks at the actor often: twice within `limit`. A long one
    /// leaves handlers more time between two beats. Hooks are not watched; a supervisor has limits of its own for those.
    /// Nobody can interrupt the threads of a pool: they have no idle timeout, and [`spawn_pool`](Self::spawn_pool) refuses
    /// one.
    ///
    /// ```text
    /// #[message]
    /// async fn file(&mut self, pages: Vec<Page>, cx: &mut Context<Self>) {
    ///     for page in pages {
    ///         self.print(page).await; // may take less than a second each,
    ///         cx.beat();              // however many there are
    ///     }
    /// }
    ///
    /// let clerk = system.spawner().idle_timeout(secs(1)).spawn(Clerk::new())?;
    /// clerk.file(pages).await?;
    /// ```
    pub const fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = Some(limit);
        self
    }

    fn plan<A: Actor>(self) -> Plan {
        let mailbox = self.mailbox.map_or(A::MAILBOX, |capacity| {
            MailboxOptions::new(capacity).overflow(A::MAILBOX.policy())
        });
        Plan {
            name: self.name.map(Arc::from),
            mailbox: self
                .overflow
                .map_or(mailbox, |overflow| mailbox.overflow(overflow)),
            parent: None,
            under: None,
            threads: None,
            inline_ask: self.inline_ask.unwrap_or(A::INLINE_ASK),
            idle: Idle::new(self.idle_timeout, false),
        }
    }

    /// Spawns.
    ///
    /// # Errors
    /// [`SpawnError`].
    pub fn spawn<A: Actor>(self, state: A) -> Result<Address<A>, SpawnError> {
        let system = self.system;
        spawn(system, self.plan::<A>(), state)
    }

    /// Spawns a pool of threads; see [`System::spawn_pool`].
    ///
    /// # Errors
    /// [`SpawnError`].
    pub fn spawn_pool<A: BlockingActor>(
        self,
        threads: usize,
        factory: impl Fn() -> A + Send + Sync + 'static,
    ) -> Result<Address<A>, SpawnError> {
        let system = self.system;
        system.pool(self.plan::<A>(), threads, Arc::new(factory))
    }
}

impl fmt::Debug for Spawner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawner")
            .field("name", &self.name)
            .field("mailbox", &self.mailbox)
            .finish_non_exhaustive()
    }
}

/// Owns an actor: it is stopped when this is dropped. Made by [`System::spawn_scoped`].
#[derive(Debug)]
pub struct Scoped<A: Actor> {
    address: Address<A>,
}

impl<A: Actor> Scoped<A> {
    pub(crate) const fn new(address: Address<A>) -> Self {
        Self { address }
    }

    /// The address, which does not own it.
    #[must_use]
    pub fn address(&self) -> Address<A> {
        self.address.clone()
    }

    /// Stops it and waits for its end.
    pub async fn end(self) -> ExitReason {
        let ended = self.address.wait();
        drop(self);
        ended.await
    }
}

impl<A: Actor> Deref for Scoped<A> {
    type Target = Address<A>;

    fn deref(&self) -> &Address<A> {
        &self.address
    }
}

impl<A: Actor> Drop for Scoped<A> {
    fn drop(&mut self) {
        self.address.stop();
    }
}
