//! Messages that come later.
//!
//! Two kinds. A timer of a *context* belongs to an incarnation: it is kept in the actor itself, fires between two
//! messages and needs no room. A timer of an *address* is a sender like any other: a small task that tells, skips a
//! tick when the mailbox is full, survives the receiver's restart and ends with its death.

use std::cmp::Ordering as Compare;
use std::collections::BinaryHeap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, Sleep};

use crate::actor::Actor;
use crate::actor::cell::AnyCell;
use crate::address::actor_ref;
use crate::error::TellError;
use crate::quiet;

/// A repeating timer is no faster than this.
pub(crate) const SHORTEST_PERIOD: Duration = Duration::from_millis(1);

/// How far in the future a timer may lie; what is further away never comes. Thirty years.
pub(crate) const FURTHEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Below so many cancelled entries the heap of a context is not cleaned.
const CANCELLED_MIN: usize = 64;
/// How many messages are handled between two looks at the clock for due timers.
const MESSAGES_PER_CLOCK: u32 = 64;

/// A message that is going to come. Dropping this does not cancel it.
#[derive(Clone)]
pub struct Timer {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    cancelled: AtomicBool,
    over: AtomicBool,
    task: OnceLock<AbortHandle>,
    /// Held by a tick while it sends, and by a cancel: after a cancel nothing is sent.
    sending: Mutex<()>,
    /// How many entries of a context's heap are cancelled and still in it.
    dead: Option<Arc<AtomicUsize>>,
}

impl Timer {
    /// Nothing of it is delivered after this call. (A message of an address's timer that is in the mailbox already
    /// stays there.)
    pub fn cancel(&self) {
        let sending = self
            .state
            .sending
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = self.state.cancelled.swap(true, Ordering::AcqRel);
        drop(sending);
        if before {
            return;
        }
        if let Some(dead) = &self.state.dead
            && !self.state.over.load(Ordering::Acquire)
        {
            dead.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(task) = self.state.task.get() {
            task.abort();
        }
    }

    /// Whether a message is still going to come.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.state.cancelled.load(Ordering::Acquire) && !self.state.over.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("active", &self.is_active())
            .finish()
    }
}

// Timers of an address.

type Send_<M> = Box<dyn Fn(M) -> Result<(), TellError<M>> + Send + Sync>;

/// Says that the timer is over, however its task ends.
struct Over(Arc<State>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
    }
}

pub(crate) fn once<M: Send + 'static>(
    target: Arc<dyn AnyCell>,
    send: Send_<M>,
    delay: Duration,
    message: Option<M>,
) -> Timer {
    let due = Instant::now() + delay.min(FURTHEST);
    run(target, move |target, state| async move {
        tokio::time::sleep_until(due).await;
        if let Some(message) = message {
            tick(&target, &state, &send, message);
        }
    })
}

pub(crate) fn repeat<M: Clone + Send + 'static>(
    target: Arc<dyn AnyCell>,
    send: Send_<M>,
    period: Duration,
    message: Option<M>,
) -> Timer {
    let period = period.clamp(SHORTEST_PERIOD, FURTHEST);
    let first = Instant::now() + period;
    run(target, move |target, state| async move {
        let Some(message) = message else { return };
        let mut interval = tokio::time::interval_at(first, period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            interval.tick().await;
            // Cloning is the user's code: a panic ends this timer and is reported like any panic of a task.
            if !tick(&target, &state, &send, message.clone()) {
                return;
            }
        }
    })
}

/// One tick; false when there will be no other.
fn tick<M>(target: &Arc<dyn AnyCell>, state: &State, send: &Send_<M>, message: M) -> bool {
    let sending = state.sending.lock().unwrap_or_else(PoisonError::into_inner);
    if state.cancelled.load(Ordering::Acquire) {
        drop(sending);
        return false;
    }
    let sent = send(message);
    drop(sending);
    // A closed mailbox opens again if its actor is restarted.
    if sent.is_err() && !target.core().phase().is_final() {
        target.core().stats.count_timer_skip();
    }
    sent.is_ok() || !target.core().phase().is_final()
}

/// Runs a timer's task until it is done, cancelled, or its receiver is dead.
fn run<F>(target: Arc<dyn AnyCell>, ticks: impl FnOnce(Arc<dyn AnyCell>, Arc<State>) -> F) -> Timer
where
    F: Future<Output = ()> + Send + 'static,
{
    let state = Arc::new(State::default());
    let over = Over(state.clone());
    let dead = actor_ref::ended(target.clone());
    let system = target.core().system.clone();
    let ticks = ticks(target, state.clone());
    let task = system.spawn_task(async move {
        let _over = over;
        tokio::select! {
            () = ticks => {}
            _ = dead => {}
        }
    });
    let _set_once = state.task.set(task);
    if state.cancelled.load(Ordering::Acquire)
        && let Some(task) = state.task.get()
    {
        task.abort();
    }
    Timer { state }
}

// Timers of a context.

type Make<A> = Box<dyn FnMut() -> Option<<A as Actor>::Mail> + Send>;

/// The timers of one incarnation.
pub(crate) struct Timers<A: Actor> {
    heap: BinaryHeap<Entry<A>>,
    /// How many messages came since the clock was looked at.
    since_clock: u32,
    /// What it said then: timers that are due by that come before the next message.
    looked: Option<Instant>,
    next: u64,
    dead: Option<Arc<AtomicUsize>>,
    sleep: Option<Pin<Box<Sleep>>>,
}

struct Entry<A: Actor> {
    due: Instant,
    number: u64,
    period: Option<Duration>,
    make: Make<A>,
    state: Arc<State>,
}

impl<A: Actor> Timers<A> {
    pub(crate) const fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            since_clock: 0,
            looked: None,
            next: 0,
            dead: None,
            sleep: None,
        }
    }

    pub(crate) fn add(
        &mut self,
        delay: Duration,
        period: Option<Duration>,
        make: Make<A>,
    ) -> Timer {
        let dead = self.dead.get_or_insert_with(Arc::default).clone();
        self.clean(&dead);
        let state = Arc::new(State {
            dead: Some(dead),
            ..State::default()
        });
        self.heap.push(Entry {
            due: Instant::now() + delay.min(FURTHEST),
            number: self.next,
            period,
            make,
            state: state.clone(),
        });
        self.next += 1;
        Timer { state }
    }

    /// Drops cancelled entries once they are the greater part.
    fn clean(&mut self, dead: &AtomicUsize) {
        let cancelled = dead.load(Ordering::Relaxed);
        if cancelled >= CANCELLED_MIN && cancelled * 2 > self.heap.len() {
            dead.store(0, Ordering::Relaxed);
            self.heap
                .retain(|entry| !entry.state.cancelled.load(Ordering::Acquire));
        }
    }

    /// The entry that is due next and not cancelled.
    fn first(&mut self) -> Option<Instant> {
        while let Some(first) = self.heap.peek() {
            if !first.state.cancelled.load(Ordering::Acquire) {
                return Some(first.due);
            }
            quiet::drop_logged(self.heap.pop(), "the message of a cancelled timer");
            if let Some(dead) = &self.dead {
                let _ = dead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                    count.checked_sub(1)
                });
            }
        }
        None
    }

    /// The mailbox is empty: the clock is looked at before the next message. Says whether a timer is due now.
    pub(crate) fn rests(&mut self) -> bool {
        self.since_clock = MESSAGES_PER_CLOCK;
        self.first().is_some_and(|due| due <= Instant::now())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// What comes before the next message: the next of the timers that were due when the clock was looked at, and no
    /// other. One that is slower than its period must not shut everything else out.
    pub(crate) fn next_due(&mut self) -> Option<A::Mail> {
        if self.since_clock < MESSAGES_PER_CLOCK {
            self.since_clock += 1;
            return None;
        }
        if self.looked.is_none() && !self.heap.is_empty() {
            self.looked = Some(Instant::now());
        }
        let mail = self.looked.and_then(|now| self.take_due(now));
        if mail.is_none() {
            self.looked = None;
            self.since_clock = 1;
        }
        mail
    }

    /// The message of a timer that was due at `now`.
    fn take_due(&mut self, now: Instant) -> Option<A::Mail> {
        if self.first()? > now {
            return None;
        }
        let mut entry = self.heap.pop()?;
        // Making it clones a user's message; a panic of that ends this timer alone.
        let mail = match quiet::caught(&mut entry.make) {
            Ok(mail) => mail,
            Err(payload) => {
                entry.state.over.store(true, Ordering::Release);
                tracing::error!("the message of a timer panicked when it was cloned");
                quiet::drop_logged(payload, "a panic's payload");
                quiet::drop_logged(entry, "a timer");
                return None;
            }
        };
        match entry.period {
            // Keeps its beat: the next tick is the first of the series that still lies ahead.
            Some(period) => {
                let late = now.saturating_duration_since(entry.due).as_nanos();
                let missed = u32::try_from(late / period.as_nanos().max(1)).unwrap_or(u32::MAX - 1);
                entry.due += period.saturating_mul(missed + 1);
                self.heap.push(entry);
            }
            None => entry.state.over.store(true, Ordering::Release),
        }
        mail
    }

    /// Ready when a timer is due; else the task is woken then.
    pub(crate) fn poll_due(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.first() else {
            self.sleep = None;
            return Poll::Pending;
        };
        let sleep = match &mut self.sleep {
            Some(sleep) => {
                if sleep.deadline() != due {
                    sleep.as_mut().reset(due);
                }
                sleep
            }
            None => self.sleep.insert(Box::pin(tokio::time::sleep_until(due))),
        };
        sleep.as_mut().poll(task)
    }
}

impl<A: Actor> Drop for Timers<A> {
    fn drop(&mut self) {
        for entry in &self.heap {
            entry.state.over.store(true, Ordering::Release);
        }
    }
}

// A heap gives its greatest first: the earliest is the greatest, and the first made among equals.
impl<A: Actor> Ord for Entry<A> {
    fn cmp(&self, other: &Self) -> Compare {
        (other.due, other.number).cmp(&(self.due, self.number))
    }
}

impl<A: Actor> PartialOrd for Entry<A> {
    fn partial_cmp(&self, other: &Self) -> Option<Compare> {
        Some(self.cmp(other))
    }
}

impl<A: Actor> PartialEq for Entry<A> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Compare::Equal
    }
}

impl<A: Actor> Eq for Entry<A> {}
