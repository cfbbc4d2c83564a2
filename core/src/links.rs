//! Who learns that an actor ended: monitors, and those that are linked with it; and [`Parent`], the seam to supervisors.
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
//!       | --- Start { run: 2 } ------->  factory: there is nothing to start
//!       | <-- ignored(child, 2) -------  rests
//! ```

pub(crate) mod link;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use thiserror::Error;

pub use link::Exit;

use crate::actor::cell::{AnyCell, Core, Under};
use crate::actor::idle::Idle;
use crate::actor::spawn::{self, Plan};
use crate::actor::{Actor, ActorId, Failure};
use crate::address::{ActorRef, Address, AsActor};
use crate::context::Term;
use crate::error::SpawnError;
use crate::exit::ExitReason;
use crate::links::link::Links;
use crate::mailbox::MailboxOptions;
use crate::ordered::Ordered;
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

    /// Whether nobody else asks.
    fn is_last(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// A watch over one actor, made by [`Context::monitor`](crate::Context::monitor) or
/// [`monitor_with`](crate::Context::monitor_with).
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

    /// Ends the watch. After this call no [`Down`] of it (or what it was to bring in its place) arrives any more, not even
    /// one that was on its way.
    pub fn demonitor(&self) {
        self.wanted.end();
        if let Some(number) = self.number {
            self.target.core().end.remove(number);
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        !self.wanted.get() || self.target.core().end.reason().is_some()
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Monitor({})", self.target.core())
    }
}

/// The end of an actor: the names that it frees, why it came, and those who want to know of it.
///
/// ```text
///   Alive --close--> Ending --tell--> Ended
/// ```
///
/// The reason is known from `close` on. Whoever waits hears of it at `tell`, when all else of the end is done.
pub(crate) struct End {
    state: Mutex<State>,
}

enum State {
    Alive(Option<Box<Living>>),
    Ending(Option<Box<Living>>, Why),
    Ended(Why),
}

/// An [`ExitReason`] in two words: an actor that has ended is kept for as long as somebody has its address.
enum Why {
    Normal,
    Shutdown,
    Killed,
    Other(Box<ExitReason>),
}

impl Why {
    fn of(reason: &ExitReason) -> Self {
        match reason {
            ExitReason::Normal => Self::Normal,
            ExitReason::Shutdown => Self::Shutdown,
            ExitReason::Killed => Self::Killed,
            other => Self::Other(Box::new(other.clone())),
        }
    }

    fn reason(&self) -> ExitReason {
        match self {
            Self::Normal => ExitReason::Normal,
            Self::Shutdown => ExitReason::Shutdown,
            Self::Killed => ExitReason::Killed,
            Self::Other(reason) => (**reason).clone(),
        }
    }
}

/// What most actors never have.
#[derive(Default)]
struct Living {
    names: Vec<Arc<str>>,
    watchers: Watchers,
    /// Of the incarnations that are at work: one, or as many as a pool has threads.
    terms: Vec<Arc<Term>>,
    links: Option<Box<Links>>,
}

/// How an end is told.
pub(crate) enum Tell {
    Call(Box<dyn FnOnce(&ExitReason) + Send>),
    Wake(Waker),
}

/// By numbers, in the order in which they came.
#[derive(Default)]
struct Watchers {
    list: Ordered<u64, Tell>,
    next: u64,
}

impl Watchers {
    fn add(&mut self, tell: Tell) -> u64 {
        let number = self.next;
        self.next += 1;
        self.list.insert(number, tell);
        number
    }
}

impl End {
    pub(crate) const fn new() -> Self {
        Self {
            state: Mutex::new(State::Alive(None)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the names, while the actor lives. Its end comes before that, or after.
    pub(crate) fn with_names<R>(&self, f: impl FnOnce(&mut Vec<Arc<str>>) -> R) -> Option<R> {
        match &mut *self.lock() {
            State::Alive(living) => Some(f(&mut living.get_or_insert_default().names)),
            State::Ending(..) | State::Ended(_) => None,
        }
    }

    /// Adds a watcher. One that comes too late is told at once, and has no number.
    pub(crate) fn add(&self, tell: impl FnOnce(&ExitReason) + Send + 'static) -> Option<u64> {
        let mut state = self.lock();
        match &mut *state {
            State::Alive(living) | State::Ending(living, _) => {
                let watchers = &mut living.get_or_insert_default().watchers;
                Some(watchers.add(Tell::Call(Box::new(tell))))
            }
            State::Ended(why) => {
                let reason = why.reason();
                drop(state);
                tell(&reason);
                None
            }
        }
    }

    /// The reason, once everybody is told; else the waker is called then. `number` is that of the caller's place.
    pub(crate) fn poll(&self, number: &mut Option<u64>, waker: &Waker) -> Poll<ExitReason> {
        let fresh = waker.clone();
        let mut state = self.lock();
        let before = match &mut *state {
            State::Ended(why) => {
                *number = None;
                return Poll::Ready(why.reason());
            }
            State::Alive(living) | State::Ending(living, _) => {
                let watchers = &mut living.get_or_insert_default().watchers;
                match number.and_then(|number| watchers.list.get_mut(number)) {
                    Some(tell) => Some(std::mem::replace(tell, Tell::Wake(fresh))),
                    None => {
                        *number = Some(watchers.add(Tell::Wake(fresh)));
                        None
                    }
                }
            }
        };
        // A waker is somebody else's code: not under the lock.
        drop(state);
        drop(before);
        Poll::Pending
    }

    pub(crate) fn remove(&self, number: u64) {
        let removed = match &mut *self.lock() {
            State::Alive(Some(living)) | State::Ending(Some(living), _) => {
                living.watchers.list.remove(number)
            }
            State::Alive(None) | State::Ending(None, _) | State::Ended(_) => None,
        };
        // It may hold a message.
        quiet::drop_logged(removed, "a watch that nobody wants any more");
    }

    /// Works on the links; gives the reason once it is told that the actor has ended.
    fn with_links<R>(&self, f: impl FnOnce(&mut Links) -> R) -> Result<R, ExitReason> {
        match &mut *self.lock() {
            State::Alive(living) | State::Ending(living, _) => {
                let living = living.get_or_insert_default();
                Ok(f(living.links.get_or_insert_default()))
            }
            State::Ended(why) => Err(why.reason()),
        }
    }

    /// Works on the links, if there ever were any.
    fn with_known_links<R>(&self, f: impl FnOnce(&mut Links) -> R) -> Option<R> {
        match &mut *self.lock() {
            State::Alive(Some(living)) | State::Ending(Some(living), _) => {
                living.links.as_mut().map(|links| f(links))
            }
            State::Alive(None) | State::Ending(None, _) | State::Ended(_) => None,
        }
    }

    /// Adds somebody who hears when an incarnation is asked to end. False if the actor has ended.
    pub(crate) fn add_term(&self, term: Arc<Term>) -> bool {
        match &mut *self.lock() {
            State::Alive(living) | State::Ending(living, _) => {
                living.get_or_insert_default().terms.push(term);
                true
            }
            State::Ended(_) => false,
        }
    }

    pub(crate) fn remove_term(&self, term: &Arc<Term>) {
        match &mut *self.lock() {
            State::Alive(Some(living)) | State::Ending(Some(living), _) => {
                living.terms.retain(|other| !Arc::ptr_eq(other, term));
            }
            State::Alive(None) | State::Ending(None, _) | State::Ended(_) => {}
        }
    }

    /// Those who hear when an incarnation is asked to end.
    pub(crate) fn terms(&self) -> Vec<Arc<Term>> {
        match &*self.lock() {
            State::Alive(Some(living)) | State::Ending(Some(living), _) => living.terms.clone(),
            State::Alive(None) | State::Ending(None, _) | State::Ended(_) => Vec::new(),
        }
    }

    /// Why the actor ended, once it has.
    pub(crate) fn reason(&self) -> Option<ExitReason> {
        match &*self.lock() {
            State::Alive(_) => None,
            State::Ending(_, why) | State::Ended(why) => Some(why.reason()),
        }
    }

    /// The end: no name is added after this. Those that the actor has are to be freed by the caller.
    pub(crate) fn close(&self, reason: &ExitReason, free: impl FnOnce(Vec<Arc<str>>)) {
        let mut state = self.lock();
        if let State::Alive(living) = &mut *state {
            let mut living = living.take();
            if let Some(living) = &mut living {
                free(std::mem::take(&mut living.names));
            }
            *state = State::Ending(living, Why::of(reason));
        }
    }

    /// Tells everybody, in the order in which they came: those that watch `ended`, then those that are linked with it.
    pub(crate) fn tell(&self, ended: &Core) {
        let mut state = self.lock();
        let State::Ending(living, why) = &mut *state else {
            return;
        };
        let (living, why) = (living.take(), std::mem::replace(why, Why::Killed));
        let reason = living.as_ref().map(|_| why.reason());
        *state = State::Ended(why);
        drop(state);
        let (Some(living), Some(reason)) = (living, reason) else {
            return;
        };
        let Living {
            names: _,
            terms: _,
            watchers,
            links,
        } = *living;
        for tell in watchers.list.into_values() {
            match tell {
                Tell::Wake(waker) => quiet::wake(waker),
                // What hears of it may wake a stranger; the others are told all the same.
                Tell::Call(tell) => {
                    if let Err(payload) = quiet::caught(|| tell(&reason)) {
                        quiet::drop_logged(payload, "a watcher's panic");
                    }
                }
            }
        }
        if let Some(links) = links {
            links.fire(ended, &reason);
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
    /// The factory of start number `run` has said that there is nothing to start: [`NotStarted::Ignore`]. The child rests
    /// as after a failed start, and its mailbox accepts messages, but nothing has failed.
    fn ignored(&self, child: ActorId, run: u64);
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

/// Why a factory has made no state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotStarted {
    /// There is nothing to start for now, and that is no failure: the parent hears [`ignored`](Parent::ignored).
    #[error("there is nothing to start")]
    Ignore,
    /// It failed. So has the start: the parent hears [`exited`](Parent::exited), with
    /// [`StartFailed`](ExitReason::StartFailed).
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Makes a fresh state for each start.
pub type Factory<A> =
    Box<dyn FnMut() -> Pin<Box<dyn Future<Output = Result<A, NotStarted>> + Send>> + Send>;

/// How a child is to be spawned.
#[derive(Clone, Debug, Default)]
pub struct ChildOptions {
    /// The name that it is shown with.
    pub name: Option<Arc<str>>,
    /// Its mailbox, in place of what its type says.
    pub mailbox: Option<MailboxOptions>,
    /// The actor that it belongs to.
    pub parent: Option<ActorId>,
    /// How long it may have work and show no sign of life; see [`Spawner::idle_timeout`](crate::Spawner::idle_timeout).
    /// `None` and zero: as long as it likes.
    pub idle_timeout: Option<Duration>,
    /// That messages which wait in its mailbox when an incarnation fails become dead letters. What comes while it rests is
    /// kept.
    pub discard_queue: bool,
    /// That it counts as having work from the end of its start on, whatever is in its mailbox: then it has to beat within
    /// each `idle_timeout`. For a child that is one long piece of work, and not a row of messages.
    pub always_busy: bool,
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
        under: Some(Under::new(parent, options.discard_queue)),
        threads: None,
        inline_ask: A::INLINE_ASK,
        idle: Idle::new(options.idle_timeout, options.always_busy),
    };
    let address = spawn::adopt::<A>(system, plan, factory)?;
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

    /// The message, or the hook, in which its latest incarnation failed, if it did.
    #[must_use]
    pub fn failed_in(&self) -> Option<&'static str> {
        self.actor.cell().core().failed_in()
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
