//! Asks that run on the caller's task.
//!
//! Scheduling twice, once for the actor and once for its answer, is most of what an ask costs. Where an actor says
//! `inline_ask = auto`, the caller who wakes it up may do that work itself: it enters the actor's bench as a guest, runs
//! one turn of one message, and leaves. The message went through the mailbox, so order, room and counters are as ever,
//! and so are panics, which end the actor and not the caller.
//!
//! When it is *not* done (each has a test in `tests/conformance/inline.rs`):
//! - the handler of the message is async; then the actor might have to wait, and must not do so on the caller;
//! - the actor has not started, is at work, or has something queued, a timer, or a signal: its bench is not lent out;
//! - the caller is itself run by a caller: one level, so no chain of actors grows on one stack;
//! - the caller is on another runtime than the actor: what the handler spawns would go astray;
//! - the caller is inside a `tracing` span: what the handler logs would lie in it;
//! - its first 64 asks; and later, while its messages take 2 µs or more on the mean: a fan-out to slow actors is to run
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
use crate::current::Entered;
use crate::raw::bench::Guest;
use crate::stats::{Sampler, Stats};

/// So many asks are scheduled before any is run on its caller; and so often the mean is looked at again.
const SCHEDULED: u8 = 64;
/// A mean turn below this is short, in nanoseconds.
const SHORT: u64 = 2_000;

thread_local! {
    static GUEST: Flag<bool> = const { Flag::new(false) };
}

/// What a bench remembers of its guests.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    /// How many asks there were since the mean was looked at.
    asks: u8,
    short: bool,
    sampler: Sampler,
}

impl Guests {
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

/// Runs the message that a caller has just put into the empty mailbox of a sleeping actor, on the caller's task. False if
/// the actor's own task has to be woken for it.
pub(crate) fn run<A: Actor>(cell: &Arc<Cell<A>>) -> bool {
    let core = &cell.core;
    if !core.runs_inline() || !suits(core) {
        return false;
    }
    let Some(mut guest) = cell.bench.enter() else {
        return false;
    };
    if !guest.get().guests.admit(&core.stats) {
        return leave(core, guest, false, false);
    }
    let before = GUEST.replace(true);
    let turn = take_turn(cell, guest.get());
    GUEST.set(before);
    let done = match turn {
        Turn::Full => cell.queue.park(&mut guest.get().consumer),
        Turn::Parked => true,
        Turn::Wait | Turn::Unready => false,
        Turn::Over(reason) => {
            guest.get().over = Some(reason);
            false
        }
    };
    let recall = guest.get().wants_owner();
    leave(core, guest, done, recall)
}

/// Whether this caller may run an actor of this system at all.
fn suits(core: &Core) -> bool {
    // Without a subscriber there are no spans, and asking for the current one costs as much as the rest.
    let traced = tracing::level_filters::LevelFilter::current()
        != tracing::level_filters::LevelFilter::OFF
        && !tracing::Span::current().is_none();
    !traced
        && !GUEST.get()
        && tokio::runtime::Handle::try_current()
            .is_ok_and(|here| here.id() == core.system.runtime().id())
}

/// Goes, and wakes the owner where it has something to do. Says whether the message needs nobody else.
fn leave<A: Actor>(core: &Core, guest: Guest<'_, Work<A>>, done: bool, recall: bool) -> bool {
    let called = guest.leave(recall);
    if called && done {
        core.wake();
    }
    done
}

/// The cells of the actor that its own task may write at this moment are left alone: time is added from outside.
fn take_turn<A: Actor>(cell: &Arc<Cell<A>>, work: &mut Work<A>) -> Turn {
    let began = work.guests.sampler.measures().then(Instant::now);
    let entered = Entered::new(Arc::clone(cell) as Arc<dyn AnyCell>);
    let turn = work.turn(cell, 1);
    drop(entered);
    if let Some(began) = began {
        let took = began.elapsed();
        let weight = work.guests.sampler.weigh(took);
        cell.core.stats.count_elsewhere(took * weight);
    }
    turn
}
