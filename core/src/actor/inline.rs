//! Asks that run on the caller's task.
//!
//! Scheduling twice, once for the actor and once for its answer, is most of what an ask costs. Where an actor says
//! `inline_ask = auto`, the caller may do that work itself: it enters the bench of an idle actor as a guest, runs the
//! handler, and leaves. The mailbox is empty then, so the message goes past it without overtaking any; it is counted as
//! accepted and as handled, and a panic ends the actor and not the caller.
//!
//! When it is *not* done (each has a test in `tests/conformance/inline.rs`):
//! - the handler of the message is async; then the actor might have to wait, and must not do so on the caller;
//! - the actor has not started, is at work, or has something queued, a timer, or a signal: its bench is not lent out;
//! - the caller is itself run by a caller: one level, so no chain of actors grows on one stack;
//! - the caller is on another runtime than the actor, or in no task at all (`block_on`, `.blocking()`): what the handler
//!   spawns would go astray;
//! - the caller is inside a `tracing` span: what the handler logs would lie in it;
//! - its first 64 asks that find it idle; and later, while its messages take 2 µs or more on the mean: a fan-out to slow actors is to run
//!   side by side.
//!
//! What remains visible, and is why it is not the default: tokio's task-locals and `task::id` are the caller's, and the
//! caller's time limit cannot end it before the handler has returned.

use std::cell::Cell as Flag;
use std::sync::Arc;

use tokio::time::Instant;

use crate::actor::Actor;
use crate::actor::cell::{AnyCell, Cell, Core};
use crate::actor::serve::{Turn, Work};
use crate::message::{AcceptedBy, Reply};
use crate::raw::current;
use crate::stats::{Sampler, Stats};

/// So many asks are scheduled before any is run on its caller; and so often the mean is looked at again.
const SCHEDULED: u8 = 64;
/// A mean turn below this is short, in nanoseconds.
const SHORT: u64 = 2_000;

thread_local! {
    static GUEST: Flag<bool> = const { Flag::new(false) };
    /// The last task that asked here, and its runtime: a task does not change it.
    static HOME: Flag<Option<(tokio::task::Id, tokio::runtime::Id)>> = const { Flag::new(None) };
}

/// What a bench remembers of its guests.
pub(crate) struct Guests<A: Actor> {
    /// How many asks there were since the mean was looked at.
    asks: u8,
    short: bool,
    sampler: Sampler,
    /// The actor itself, to be the current one while a guest is at work. Ends with the incarnation.
    badge: Option<Arc<dyn AnyCell>>,
    /// How a guest's turn ended, if the owner has to go on with it.
    pub(crate) left: Option<Turn<A::Mail>>,
}

impl<A: Actor> Default for Guests<A> {
    fn default() -> Self {
        Self {
            asks: 0,
            short: false,
            sampler: Sampler::default(),
            badge: None,
            left: None,
        }
    }
}

impl<A: Actor> Guests<A> {
    /// Whether the next ask may run on its caller.
    fn admit(&mut self, stats: &Stats) -> bool {
        if self.asks < SCHEDULED {
            self.asks += 1;
        } else {
            self.asks = 1;
            self.short = stats.mean_turn().is_some_and(|nanos| nanos < SHORT);
        }
        self.short
    }
}

/// Runs the handler of an idle actor on the task that asks. False if the message has to go through the mailbox; then it is
/// where it was.
pub(crate) fn run<A: Actor, M: AcceptedBy<A>>(
    cell: &Cell<A>,
    message: &mut Option<M>,
    reply: &mut dyn FnMut() -> Reply<M::Reply, M::Error>,
) -> bool {
    let core = &cell.core;
    if !suits(core) {
        return false;
    }
    let Some(mut guest) = cell.bench.enter() else {
        return false;
    };
    let work = guest.get();
    // The mailbox was empty when the bench was lent; what has come since then has woken the owner.
    let admitted = work.parts().is_some()
        && work
            .guests
            .as_mut()
            .is_some_and(|guests| guests.admit(&core.stats))
        && core.signals() == 0
        && !work.wants_owner()
        && cell.queue.is_quiet(&work.consumer);
    if let (true, Some(message)) = (admitted, message.take_if(|_| admitted)) {
        let leaves = Leaves { core };
        GUEST.with(|guest| guest.set(true));
        take_turn(cell, work, || message.wrap(reply()));
        GUEST.with(|guest| guest.set(false));
        std::mem::forget(leaves);
    }
    let recall = work.wants_owner();
    if guest.leave(recall) {
        core.wake();
    }
    admitted
}

/// A guest whose work panicked outside of its handler: the owner has to see to the rest.
struct Leaves<'a> {
    core: &'a Core,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        GUEST.with(|guest| guest.set(false));
        self.core.wake();
    }
}

/// Whether this caller may run an actor of this system at all.
fn suits(core: &Core) -> bool {
    // Without a subscriber there are no spans, and asking for the current one costs as much as the rest.
    let traced = tracing::level_filters::LevelFilter::current()
        != tracing::level_filters::LevelFilter::OFF
        && !tracing::Span::current().is_none();
    !traced && !GUEST.get() && home() == Some(core.system.runtime().id())
}

/// The runtime of the task that runs here. `None` outside of tasks.
fn home() -> Option<tokio::runtime::Id> {
    let task = tokio::task::try_id()?;
    match HOME.get() {
        Some((known, home)) if known == task => Some(home),
        _ => {
            let home = tokio::runtime::Handle::try_current().ok()?.id();
            HOME.set(Some((task, home)));
            Some(home)
        }
    }
}

/// The cells of the actor that its own task may write at this moment are left alone: time is added from outside.
fn take_turn<A: Actor>(cell: &Cell<A>, work: &mut Work<A>, make: impl FnOnce() -> A::Mail) {
    let Some(mut guests) = work.guests.take() else {
        return;
    };
    let began = guests.sampler.measures().then(Instant::now);
    let badge = guests.badge.take();
    let badge = badge.or_else(|| work.cx.as_ref().map(|cx| cx.cell() as Arc<dyn AnyCell>));
    if let Some(badge) = &badge {
        guests.left = current::run_as(badge, || work.run_for_guest(cell, make));
    }
    guests.badge = badge;
    if let Some(began) = began {
        let now = Instant::now();
        let took = now.saturating_duration_since(began);
        let stats = &cell.core.stats;
        let weight = guests.sampler.weigh(took, stats.stamp(now));
        stats.count_elsewhere(took.saturating_mul(u32::try_from(weight).unwrap_or(u32::MAX)));
    }
    work.guests = Some(guests);
}
