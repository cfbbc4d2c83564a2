//! The life of an actor: its one task, from spawn to final end.
//!
//! ```text
//!   rest --Start--> make the state, `started` --> messages --> `stopping`, drop --+--> rest   (supervised)
//!     ^                                                                           |
//!     +---------------------------------------------------------------------------+--> end
//! ```
//!
//! Invariants:
//! 1. A user's code runs only inside of [`guard`] or [`quiet::caught`]: a panic ends an incarnation, never the task.
//! 2. A message counts as taken before its handler runs, and its outcome is counted once.
//! 3. State and context are owned by the task, outside of the futures that borrow them; they outlive a panic, and are
//!    dropped on their own.
//! 4. [`Finish`] runs whatever happens, also when the runtime drops the task: nobody waits for an actor that is gone.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Sleep;

use crate::actor::cell::{AnyCell, Cell, signal};
use crate::actor::serve::{Work, serve};
use crate::actor::start::{Step, Until, guard};
use crate::actor::{Actor, Phase};
use crate::context::Context;
use crate::dead_letter::Cause;
use crate::exit::ExitReason;
use crate::links::{Factory, Order};
use crate::message::{Gone, Ledger, Refusal};
use crate::observe::EventKind;
use crate::quiet;
use crate::raw::bench::Owner;

/// Where the state of a start comes from.
pub(crate) enum Source<A> {
    Value(A),
    Factory(Factory<A>),
}

impl<A> Source<A> {
    pub(crate) fn into_parts(self) -> (Option<A>, Option<Factory<A>>) {
        match self {
            Self::Value(state) => (Some(state), None),
            Self::Factory(factory) => (None, Some(factory)),
        }
    }
}

/// The task of one actor.
///
/// Without a factory, the state of its one start lies on the bench. What ends it is part of the future from the first moment: a runtime that goes away before the first poll drops it,
/// and whoever waits for the actor hears of its end.
pub(crate) fn live<A: Actor>(
    cell: Arc<Cell<A>>,
    factory: Option<Factory<A>>,
) -> impl Future<Output = ()> + Send {
    let finish = Finish {
        cell: cell.clone(),
        reason: ExitReason::Killed,
        ledger: None,
    };
    let mut life = Life {
        cell,
        factory,
        starts: 0,
        finish,
    };
    async move {
        let reason = life.run().await;
        life.finish.reason = reason;
        drop(life);
    }
}

struct Life<A: Actor> {
    cell: Arc<Cell<A>>,
    factory: Option<Factory<A>>,
    starts: u64,
    finish: Finish<A>,
}

/// A start that was ordered.
struct Start {
    run: u64,
    limit: Option<Pin<Box<Sleep>>>,
}

impl<A: Actor> Life<A> {
    async fn run(&mut self) -> ExitReason {
        let mut last = ExitReason::Shutdown;
        let cell = self.cell.clone();
        let Some(mut owner) = cell.bench.own() else {
            return last;
        };
        loop {
            let mut start = match next_start(&cell, &mut owner).await {
                Ok(start) => start,
                Err(reason) => return reason.unwrap_or(last),
            };
            last = self.incarnate(&mut owner, &mut start).await;
            let core = &cell.core;
            let Some(parent) = core.supervisor() else {
                return last;
            };
            let signals = core.signals();
            let drained = signals & signal::DRAIN != 0 && cell.queue.is_empty();
            if signals & signal::STOP != 0 || drained {
                return last;
            }
            // Before the report, since the parent may answer it with the next order at once.
            core.set_phase(Phase::Backoff);
            // A kill had closed it; a child at rest accepts messages.
            cell.queue.reopen();
            cell.queue.rest();
            let stood = core.rest_after(start.run);
            if stood == (Order::Stop { keep: false }) {
                cell.dead_letter_queue(&mut owner.get().consumer, &Cause::Stopped);
            }
            core.event(EventKind::Exited {
                run: start.run,
                reason: last.clone(),
            });
            parent.exited(core.id, start.run, &last);
        }
    }

    /// One incarnation, from factory to drop.
    async fn incarnate(&mut self, owner: &mut Owner<'_, Work<A>>, start: &mut Start) -> ExitReason {
        let cell = self.cell.clone();
        let core = &cell.core;
        core.set_phase(Phase::Starting);
        cell.drop_notices(&mut owner.get().consumer);
        core.set_incarnation(start.run);
        cell.queue.reopen();
        if let Some(ledger) = self.finish.ledger.take() {
            ledger.give_up(Gone::Restarted);
        }
        core.hand.take_named("started");
        let begun = self.begin(owner, start).await;
        start.limit = None;
        core.lay_down();
        if let Err(reason) = begun {
            core.set_phase(Phase::Stopping);
            return reason;
        }
        // A start that failed is no restart, and neither is the first that did not.
        if self.starts > 0 {
            core.stats.count_restart();
        }
        self.starts += 1;
        core.set_phase(Phase::Running);
        core.event(EventKind::Started { run: start.run });
        if let Some(parent) = core.supervisor() {
            parent.started(core.id, start.run);
        }
        let reason = serve(&cell, owner).await;
        core.set_phase(Phase::Stopping);
        self.wind_up(owner, reason).await
    }

    /// Makes a state and runs its `started` hook.
    async fn begin(
        &mut self,
        owner: &mut Owner<'_, Work<A>>,
        start: &mut Start,
    ) -> Result<(), ExitReason> {
        let core = &self.cell.core;
        let until = Until {
            limit: start.limit.as_mut(),
            run: Some(start.run),
        };
        if let Some(factory) = &mut self.factory {
            match guard(core, factory, until).await {
                Step::Done(Ok(state)) => owner.get().state = Some(state),
                Step::Done(Err(failure)) => return Err(self.start_failed(failure.text())),
                other => return Err(self.start_ended(other)),
            }
        }
        let work = owner.get();
        work.begin(Context::new(self.cell.clone(), start.run), start.run);
        // A hook ends like a handler: an order waits for it, a kill and the limit do not.
        let until = Until {
            limit: start.limit.as_mut(),
            run: None,
        };
        let Some((state, cx)) = work.parts() else {
            work.cx = None;
            return Err(self.start_failed("it has no factory"));
        };
        let reason = match guard(core, || state.on_started(cx), until).await {
            Step::Done(Ok(())) => return Ok(()),
            Step::Done(Err(failure)) => self.start_failed(failure.text()),
            other => self.start_ended(other),
        };
        let work = owner.get();
        self.finish.ledger = work.close();
        let (cx, state) = work.end();
        quiet::drop_logged(cx, "the context of a start that failed");
        quiet::drop_logged(state, "the state of a start that failed");
        Err(reason)
    }

    fn start_failed(&self, text: &str) -> ExitReason {
        ExitReason::StartFailed(self.cell.core.text(text))
    }

    fn start_ended<T>(&self, step: Step<T>) -> ExitReason {
        match step {
            Step::Panicked(payload) => {
                self.cell.core.stats.count_panic();
                let reason = self.cell.core.panic_reason(&*payload).to_string();
                quiet::drop_logged(payload, "a panic's payload");
                self.start_failed(&reason)
            }
            Step::TimedOut => self.start_failed("it took longer than its limit"),
            Step::Killed => {
                self.cell.core.lower(signal::KILL);
                ExitReason::Killed
            }
            Step::Ordered | Step::Done(_) => ExitReason::Shutdown,
        }
    }

    /// Ends an incarnation: `stopping` hook, then everything that was its own.
    async fn wind_up(
        &mut self,
        owner: &mut Owner<'_, Work<A>>,
        mut reason: ExitReason,
    ) -> ExitReason {
        let core = &self.cell.core;
        let mut failed = None;
        if reason != ExitReason::Killed
            && let Some((state, cx)) = owner.get().parts()
        {
            core.hand.take_named("stopping");
            let hook = guard(core, || state.on_stopping(&reason, cx), Until::KILLED).await;
            core.lay_down();
            failed = match hook {
                Step::Done(Ok(())) => None,
                Step::Done(Err(failure)) => Some(ExitReason::Error(core.text(failure.text()))),
                Step::Panicked(payload) => Some(core.panicked(payload)),
                Step::Killed | Step::TimedOut | Step::Ordered => {
                    core.lower(signal::KILL);
                    Some(ExitReason::Killed)
                }
            };
        }
        let work = owner.get();
        if let Some(mail) = work.take_unhandled() {
            self.cell.dead_letter(mail, Refusal::Closed, Cause::Stopped);
        }
        // From here on a port that is dropped is not an answer: what comes next says which it is.
        self.finish.ledger = work.close();
        let (cx, state) = work.end();
        for dropped in [quiet::drop_caught(cx), quiet::drop_caught(state)] {
            if let Err(payload) = dropped {
                failed = failed.or(Some(core.panicked(payload)));
            }
        }
        if let Some(second) = failed {
            tracing::error!(actor = %core, ended = %reason, failed = %second, "an incarnation failed while it ended");
            if reason.is_normal() {
                reason = second;
            }
        }
        reason
    }
}

/// Rests until there is a start to make. `Err` at the end, with a reason of its own if there is one.
async fn next_start<A: Actor>(
    cell: &Cell<A>,
    owner: &mut Owner<'_, Work<A>>,
) -> Result<Start, Option<ExitReason>> {
    let core = &cell.core;
    poll_fn(|_| {
        loop {
            let signals = core.signals();
            if signals & signal::KILL != 0 {
                core.lower(signal::KILL);
                if !core.is_supervised() {
                    return Poll::Ready(Err(Some(ExitReason::Killed)));
                }
                // There is nothing to kill; whoever is at rest hears again.
                cell.queue.reopen();
            }
            if signals & signal::STOP != 0 {
                return Poll::Ready(Err(Some(ExitReason::Shutdown)));
            }
            core.lower(signal::ORDER);
            match core.current_order() {
                Order::Start { run, limit } => {
                    let limit = limit.map(|limit: Duration| Box::pin(tokio::time::sleep(limit)));
                    return Poll::Ready(Ok(Start { run, limit }));
                }
                Order::End => return Poll::Ready(Err(None)),
                Order::Stop { .. } => {
                    if core.rest_after(0) == (Order::Stop { keep: false }) {
                        cell.dead_letter_queue(&mut owner.get().consumer, &Cause::Stopped);
                    }
                }
                // To be drained at rest: what was accepted waits for the next start, if there is anything.
                Order::Rest if signals & signal::DRAIN != 0 && cell.queue.is_empty() => {
                    return Poll::Ready(Err(None));
                }
                Order::Rest => return Poll::Pending,
            }
        }
    })
    .await
}

impl<A: Actor> Drop for Life<A> {
    fn drop(&mut self) {
        // A value that never ran, and a factory, are a user's too.
        quiet::drop_logged(self.factory.take(), "a factory");
        if let Some(ledger) = self.cell.clear_bench("a state whose task was dropped") {
            // Answered when `finish` is dropped, which comes next.
            self.finish.ledger = Some(ledger);
        }
    }
}

/// The final end of an actor, in the promised order: queue, names, notices.
struct Finish<A: Actor> {
    cell: Arc<Cell<A>>,
    reason: ExitReason,
    ledger: Option<Arc<Ledger>>,
}

impl<A: Actor> Drop for Finish<A> {
    fn drop(&mut self) {
        if let Some(ledger) = self.ledger.take() {
            ledger.close();
            ledger.give_up(Gone::Closed);
        }
        end(&self.cell, &self.reason);
    }
}

/// Ends an actor for good.
pub(crate) fn end<A: Actor>(cell: &Arc<Cell<A>>, reason: &ExitReason) {
    let core = &cell.core;
    cell.close(true);
    let cause = if *reason == ExitReason::Killed {
        Cause::Killed
    } else {
        Cause::Stopped
    };
    match cell.bench.own() {
        Some(mut owner) => {
            let consumer = &mut owner.get().consumer;
            cell.dead_letter_queue(consumer, &cause);
            cell.queue.end(consumer);
            cell.drop_notices(consumer);
        }
        // Its task ends it when it lets go of the bench, and nobody else does.
        None => tracing::error!(actor = %core, "an actor ended while it was at work"),
    }
    core.lay_down();
    let names = core
        .names
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    for name in names.into_iter().flatten() {
        core.system.registry().free(&name, core.id);
    }
    let watchers = core.monitors.close(reason);
    core.set_phase(if reason.is_normal() {
        Phase::Stopped
    } else {
        Phase::Failed
    });
    core.system.retire(&**cell, reason);
    watchers.tell(reason);
    core.event(EventKind::Ended {
        reason: reason.clone(),
    });
    if let Some(parent) = core.take_supervisor() {
        parent.ended(core.id, reason);
    }
    core.system.gone();
}

#[cfg(all(test, feature = "test", not(playhouse_loom)))]
mod tests;
