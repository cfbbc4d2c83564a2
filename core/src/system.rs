//! The root of everything: spawns actors, knows their names, sees them, ends them.
//!
//! A system belongs to a tokio runtime and may share it with others. It is a cheap handle: clones are the same system,
//! and dropping all of them ends nothing.

mod shared;
mod shutdown;
pub(crate) mod sweeper;
mod types;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use shared::{Limits, Listener, Shared};

use crate::actor::pool::{self, BlockingFactory};
use crate::actor::spawn::{self, Plan};
use crate::actor::{Actor, ActorId, BlockingActor, Scoped, Spawner};
use crate::address::{ActorRef, Address};
use crate::dead_letter::DeadLetters;
use crate::error::{LookupError, RegisterError, ShutdownError, SpawnError};
use crate::exit::ExitReason;
use crate::observe::{Events, Record, Snapshot, TerminalCount};

/// A system of actors.
#[derive(Clone)]
pub struct System {
    shared: Arc<Shared>,
}

/// Whether a system takes new actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemState {
    /// It does.
    Open,
    /// It does not: it shuts down, and some actors still live.
    Closing,
    /// It has shut down, and none live.
    Closed,
}

impl SystemState {
    /// `OPEN`, `CLOSING` or `CLOSED`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Closing => "CLOSING",
            Self::Closed => "CLOSED",
        }
    }
}

/// The limits of a system, before it is made.
#[derive(Clone, Debug)]
pub struct SystemBuilder {
    name: String,
    limits: Limits,
}

impl SystemBuilder {
    /// How long an ask waits unless it says otherwise. Default 5 s. Looked at every 250 ms, so it ends up to half a
    /// second late, and never early.
    #[must_use]
    pub fn ask_limit(mut self, limit: Duration) -> Self {
        self.limits.ask = limit;
        self
    }

    /// How many dead letters are kept for [`DeadLetters::recent`]. Default 1,000; 0 keeps none.
    #[must_use]
    pub fn dead_letters(mut self, kept: usize) -> Self {
        self.limits.dead_letters = kept;
        self
    }

    /// How many ended actors are kept for [`System::history`]. Default 1,000; 0 keeps none.
    #[must_use]
    pub fn history(mut self, kept: usize) -> Self {
        self.limits.history = kept;
        self
    }

    /// How many names [`System::terminal_counts`] tells apart. Default 256; all others are counted as `__other__`.
    #[must_use]
    pub fn terminal_names(mut self, names: usize) -> Self {
        self.limits.names = names;
        self
    }

    /// The longest name, and the longest text of an error that is kept, in bytes. Default 256.
    #[must_use]
    pub fn text_limit(mut self, bytes: usize) -> Self {
        self.limits.text = bytes;
        self
    }

    /// Makes the system, on the runtime that this is called in (or on one of its own where there is none).
    #[must_use]
    pub fn build(self) -> System {
        System {
            shared: Shared::new(&self.name, self.limits),
        }
    }
}

impl System {
    /// A system with the default limits, on the tokio runtime that this is called in.
    ///
    /// Outside of a runtime it gets one of its own, which ends with it. Its name is for people: logs and metrics.
    ///
    /// # Panics
    /// Outside of a runtime, if the operating system gives no threads for one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::builder(name).build()
    }

    /// A system with other limits.
    #[must_use]
    pub fn builder(name: &str) -> SystemBuilder {
        SystemBuilder {
            name: name.to_owned(),
            limits: Limits::default(),
        }
    }

    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.shared.name()
    }

    /// Whether it takes new actors.
    #[must_use]
    pub fn state(&self) -> SystemState {
        self.shared.state()
    }

    /// Spawns an actor that lives until it stops, fails, or the system ends; nothing restarts it.
    ///
    /// On a system that is shut down the address is that of an actor which has ended: its messages come back, and
    /// [`Address::wait`] says why. [`try_spawn`](Self::try_spawn) gives an error instead.
    pub fn spawn<A: Actor>(&self, state: A) -> Address<A> {
        spawn::spawn_or_dead(self, Plan::of::<A>(), state)
    }

    /// Spawns an actor, or says why not.
    ///
    /// # Errors
    /// [`SpawnError`].
    pub fn try_spawn<A: Actor>(&self, state: A) -> Result<Address<A>, SpawnError> {
        self.spawner().spawn(state)
    }

    /// Spawns an actor with a name or a mailbox of its own.
    pub fn spawner(&self) -> Spawner<'_> {
        Spawner::new(self)
    }

    /// Spawns an actor that stops when the guard is dropped.
    #[must_use = "the actor stops when this is dropped"]
    pub fn spawn_scoped<A: Actor>(&self, state: A) -> Scoped<A> {
        Scoped::new(self.spawn(state))
    }

    /// Spawns one actor that runs on `threads` threads of its own, for handlers that block.
    ///
    /// One mailbox, one address. Each thread has a state of its own from `factory`, takes messages in their order, one
    /// in hand each, and starts again alone, with a fresh state, when a handler fails.
    ///
    /// # Errors
    /// [`SpawnError`]; no thread runs then.
    pub fn spawn_pool<A: BlockingActor>(
        &self,
        threads: usize,
        factory: impl Fn() -> A + Send + Sync + 'static,
    ) -> Result<Address<A>, SpawnError> {
        self.spawner().spawn_pool(threads, factory)
    }

    /// Gives an actor a name that no other living actor has.
    ///
    /// # Errors
    /// [`RegisterError`]: it is taken, the actor has ended, or it is too long.
    pub fn register<A: Actor>(
        &self,
        name: &str,
        address: &Address<A>,
    ) -> Result<(), RegisterError> {
        self.shared
            .registry()
            .register(name, address, self.shared.limits().text)
    }

    /// The actor with this name.
    ///
    /// # Errors
    /// [`LookupError`]: nobody has it, or an actor of another type.
    pub fn lookup<A: Actor>(&self, name: &str) -> Result<Address<A>, LookupError> {
        self.shared.registry().lookup(name)
    }

    /// Frees a name. False if nobody had it.
    pub fn unregister(&self, name: &str) -> bool {
        self.shared.registry().unregister(name)
    }

    /// The living actor with this id.
    #[must_use]
    pub fn get(&self, id: ActorId) -> Option<ActorRef> {
        self.shared.get(id).map(ActorRef::of)
    }

    /// All living actors, by id.
    #[must_use]
    pub fn list(&self) -> Vec<ActorRef> {
        self.shared.list().into_iter().map(ActorRef::of).collect()
    }

    /// Kills every actor, and does not wait. Supervisors that die so do not restart anybody.
    pub fn kill_all(&self) {
        for actor in self.list() {
            actor.kill();
        }
    }

    /// Ends the system, within `limit` in total. From this call on nothing is spawned.
    ///
    /// Actors that belong to no supervisor, and supervisors, are asked to stop in the reverse order of their start,
    /// each when the one before has ended or half of the remaining time is gone. Who has not stopped at the limit is
    /// killed and named in the error. May be called again, by others at the same time too. A limit of zero does not
    /// wait.
    ///
    /// # Errors
    /// [`ShutdownError`]: somebody did not stop in time.
    pub async fn shutdown(&self, limit: Duration) -> Result<(), ShutdownError> {
        shutdown::shutdown(&self.shared, limit).await
    }

    /// Waits until the system has shut down, or one of its root supervisors has given up, and says which.
    pub async fn wait(&self) -> ExitReason {
        self.shared.wait().await
    }

    /// Waits as [`wait`](Self::wait) does, for the end of `main`: a failure where a root supervisor has given up.
    pub async fn run(&self) -> std::process::ExitCode {
        let reason = self.wait().await;
        if reason.is_normal() {
            return std::process::ExitCode::SUCCESS;
        }
        tracing::error!(system = self.name(), %reason, "the system ends");
        std::process::ExitCode::FAILURE
    }

    /// Messages that were accepted and not handled.
    #[must_use]
    pub fn dead_letters(&self) -> &DeadLetters {
        self.shared.dead_letters()
    }

    /// What the system looks like now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.shared.snapshot()
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        self.shared.events()
    }

    /// Actors that have ended, oldest first. As many as the system keeps (1,000 unless set).
    #[must_use]
    pub fn history(&self) -> Vec<Record> {
        self.shared.history().records()
    }

    /// The record of an actor that has ended, while it is kept.
    #[must_use]
    pub fn record(&self, id: ActorId) -> Option<Record> {
        self.history().into_iter().find(|record| record.id == id)
    }

    /// How many actors have ended, by name and state, sorted.
    #[must_use]
    pub fn terminal_counts(&self) -> Vec<TerminalCount> {
        self.shared.history().counts()
    }

    pub(crate) fn pool<A: BlockingActor>(
        &self,
        plan: Plan,
        threads: usize,
        factory: BlockingFactory<A>,
    ) -> Result<Address<A>, SpawnError> {
        pool::spawn(self, plan, threads, factory)
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish()
    }
}

impl PartialEq for System {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for System {}
