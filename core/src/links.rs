//! Who learns that an actor ended: monitors; and [`Parent`], the seam to supervisors.
//!
//! # The seam
//!
//! A child's own task keeps its mailbox and runs its factory; a supervisor only gives orders and hears reports. Orders
//! are a register, not a queue: the latest one wins, and [`Order::End`] is final. Each start has a number, which comes
//! back in the reports about it, so that a report about an older start can be told apart.
//!
//! ```text
//!   supervisor                        child's task
//!       | --- Start { run: 1 } ------->  factory, `started` hook
//!       | <-- started(child, 1) -------
//!       |                                ... a handler fails; `stopping` hook; state dropped
//!       | <-- exited(child, 1, why) ---  rests: the mailbox stays, and accepts
//!       | --- Start { run: 2 } ------->
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::actor::cell::AnyCell;
use crate::actor::run::Source;
use crate::actor::spawn::{self, Plan};
use crate::actor::{Actor, ActorId, Failure};
use crate::address::{ActorRef, Address, AsActor};
use crate::error::SpawnError;
use crate::exit::ExitReason;
use crate::mailbox::MailboxOptions;
use crate::quiet;
use crate::system::System;

/// The notice that a watched actor has ended for good. Arrives once per monitor, after everything that the dead one's
/// own task had got accepted by the watcher's mailbox, and needs no room there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Down {
    /// Who ended.
    pub actor: ActorId,
    /// The name it was spawned with.
    pub name: Option<Arc<str>>,
    /// Why.
    pub reason: ExitReason,
}

/// Whether a notice is still wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn end(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// A watch over one actor, made by [`Context::monitor`](crate::Context::monitor).
///
/// It belongs to the incarnation that made it, and ends with it. Dropping it does not end the watch;
/// [`demonitor`](Self::demonitor) does.
#[derive(Clone)]
pub struct Monitor {
    target: Arc<dyn AnyCell>,
    number: Option<u64>,
    wanted: Wanted,
}

impl Monitor {
    pub(crate) fn new(target: Arc<dyn AnyCell>, number: Option<u64>, wanted: Wanted) -> Self {
        Self {
            target,
            number,
            wanted,
        }
    }

    /// Who is watched.
    #[must_use]
    pub fn actor(&self) -> ActorRef {
        ActorRef::of(self.target.clone())
    }

    /// Ends the watch. After this call no [`Down`] of it arrives any more, not even one that was on its way.
    pub fn demonitor(&self) {
        self.wanted.end();
        if let Some(number) = self.number {
            self.target.core().monitors.remove(number);
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        !self.wanted.get() || self.target.core().monitors.reason().is_some()
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Monitor({})", self.target.core())
    }
}

/// Those who want to know of an actor's end.
pub(crate) struct Monitors {
    inner: Mutex<Watchers>,
}

type Tell = Box<dyn FnOnce(&ExitReason) + Send>;

enum Watchers {
    Alive {
        next: u64,
        list: BTreeMap<u64, Tell>,
    },
    Ended(ExitReason),
}

impl Monitors {
    pub(crate) const fn new() -> Self {
        Self {
            inner: Mutex::new(Watchers::Alive {
                next: 0,
                list: BTreeMap::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Watchers> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a watcher. One that comes too late is told at once, and has no number.
    pub(crate) fn add(&self, tell: Tell) -> Option<u64> {
        let mut watchers = self.lock();
        match &mut *watchers {
            Watchers::Alive { next, list } => {
                let number = *next;
                *next += 1;
                list.insert(number, tell);
                Some(number)
            }
            Watchers::Ended(reason) => {
                let reason = reason.clone();
                drop(watchers);
                tell(&reason);
                None
            }
        }
    }

    pub(crate) fn remove(&self, number: u64) {
        let removed = match &mut *self.lock() {
            Watchers::Alive { list, .. } => list.remove(&number),
            Watchers::Ended(_) => None,
        };
        drop(removed);
    }

    /// Why the actor ended, once it has.
    pub(crate) fn reason(&self) -> Option<ExitReason> {
        match &*self.lock() {
            Watchers::Alive { .. } => None,
            Watchers::Ended(reason) => Some(reason.clone()),
        }
    }

    /// The end: nobody is added after this. Those who wait are to be told by the caller.
    pub(crate) fn close(&self, reason: &ExitReason) -> Closed {
        let before = std::mem::replace(&mut *self.lock(), Watchers::Ended(reason.clone()));
        match before {
            Watchers::Alive { list, .. } => Closed(list),
            Watchers::Ended(_) => Closed(BTreeMap::new()),
        }
    }
}

/// The watchers of an actor that has ended.
#[must_use]
pub(crate) struct Closed(BTreeMap<u64, Tell>);

impl Closed {
    /// Tells everybody, in the order in which they came.
    pub(crate) fn tell(self, reason: &ExitReason) {
        for tell in self.0.into_values() {
            // What hears of it may wake a stranger; the others are told all the same.
            if let Err(payload) = quiet::caught(|| tell(reason)) {
                quiet::drop_logged(payload, "a watcher's panic");
            }
        }
    }
}

/// Whoever decides about a child: a supervisor.
///
/// The methods are called from the child's task. They must not block, and must not wait for the child.
pub trait Parent: Send + Sync + 'static {
    /// Start number `run` is done: the `started` hook has returned.
    fn started(&self, child: ActorId, run: u64);
    /// Start number `run` is over: its `stopping` hook has finished and its state is dropped, or it never came up. The
    /// child rests until it gets an order; its mailbox accepts messages.
    fn exited(&self, child: ActorId, run: u64, reason: &ExitReason);
    /// The child has ended for good: its names are free and its notices sent. Follows [`Order::End`], and also comes
    /// by itself after somebody stopped the child by its address; then without an `exited` before.
    fn ended(&self, child: ActorId, reason: &ExitReason);
}

/// What a parent wants of a child. The latest order wins; [`End`](Self::End) is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Wait for another order.
    Rest,
    /// Run: make a state with the factory, run the `started` hook, take messages.
    Start {
        /// The number of this start, which the reports carry.
        run: u64,
        /// How long factory and hook may take together.
        limit: Option<Duration>,
    },
    /// Stop after the message in hand, and rest. The mailbox stays open.
    Stop {
        /// Whether the queued messages wait for the next start, or become dead letters.
        keep: bool,
    },
    /// Stop after the message in hand, for good.
    End,
}

/// Makes a fresh state for each start.
pub type Factory<A> =
    Box<dyn FnMut() -> Pin<Box<dyn Future<Output = Result<A, Failure>> + Send>> + Send>;

/// How a child is to be spawned.
#[derive(Clone, Debug, Default)]
pub struct ChildOptions {
    /// The name that it is shown with.
    pub name: Option<String>,
    /// Its mailbox, in place of what its type says.
    pub mailbox: Option<MailboxOptions>,
    /// The actor that it belongs to.
    pub parent: Option<ActorId>,
}

/// A child, as its parent sees it.
#[derive(Clone, Debug)]
pub struct Child {
    actor: ActorRef,
}

/// Spawns a child that rests until it gets its first order.
///
/// # Errors
/// [`SpawnError`]: the system is shut down, or the mailbox has no room.
pub fn adopt<A: Actor>(
    system: &System,
    options: ChildOptions,
    factory: Factory<A>,
    parent: Arc<dyn Parent>,
) -> Result<Child, SpawnError> {
    let plan = Plan {
        name: options.name,
        mailbox: options.mailbox.unwrap_or(A::MAILBOX),
        parent: options.parent,
        supervisor: Some(parent),
        inline_ask: A::INLINE_ASK,
    };
    let address = spawn::spawn::<A>(system, plan, Source::Factory(factory))?;
    Ok(Child {
        actor: address.actor(),
    })
}

impl Child {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> ActorId {
        self.actor.id()
    }

    /// Gives an order.
    pub fn order(&self, order: Order) {
        let cell = self.actor.cell();
        cell.core().order(&**cell, order);
    }

    /// Ends the handler in hand at its next await. After [`Order::End`] nothing else runs: no hook either.
    pub fn kill(&self) {
        self.actor.kill();
    }

    /// Whether it has ended for good.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.actor.phase().is_final()
    }

    /// The actor.
    #[must_use]
    pub fn actor(&self) -> ActorRef {
        self.actor.clone()
    }

    /// Its address, if it is an `A`.
    #[must_use]
    pub fn address<A: Actor>(&self) -> Option<Address<A>> {
        self.actor.address()
    }
}

impl AsActor for Child {
    fn as_actor(&self) -> ActorRef {
        self.actor()
    }
}
