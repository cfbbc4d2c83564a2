//! The life of an actor: its one task, from spawn to final end.
//!
//! ```text
//!   rest --Start--> make the state, `started` --> messages --> `stopping`, drop --+--> rest   (supervised)
//!     ^                                                                           |
//!     +---------------------------------------------------------------------------+--> end
//! ```
//!
//! Invariants:
//! 1. A user's code runs only inside of [`guard`], [`serving`] or [`quiet::caught`]: a panic ends an incarnation, never
//!    the task.
//! 2. A message counts as taken before its handler runs, and its outcome is counted once.
//! 3. State and context lie on the bench, outside of the futures that borrow them; they outlive a panic, and are dropped
//!    on their own.
//! 4. [`Life`] ends the actor whatever happens, also when the runtime drops the task: nobody waits for an actor that is
//!    gone.
//!
//! All that a sleeping actor needs of this is one future, so what it holds is counted in bytes: the parts that run once,
//! at a start and at an end, have futures of their own.

use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Sleep;

use crate::actor::cell::{AnyCell, Cell, Core, signal};
use crate::actor::hand::Hook;
use crate::actor::serve::{Turn, Work, fail, serving};
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
/// Without a factory, the state of its one start lies on the bench. What ends it is part of the future from the first
/// moment: a runtime that goes away before the first poll drops it, and whoever waits for the actor hears of its end.
pub(crate) fn live<A: Actor>(
    cell: Arc<Cell<A>>,
    factory: Option<Factory<A>>,
) -> impl Future<Output = ()> + Send {
    let mut life = Life {
        cell,
        kept: Kept {
            factory,
            ledger: None,
            last: ExitReason::Shutdown,
            has_started: false,
            is_over: false,
        },
    };
    async move {
        let (cell, kept) = (&life.cell, &mut life.kept);
        let Some(mut owner) = cell.bench.own() else {
            return;
        };
        while let Some(start) = kept.next_start(cell, &mut owner).await {
            kept.last = match kept.begin(cell, &mut owner, start).await {
                Ok(()) => {
                    let reason = serving(cell, &mut owner).await;
                    cell.core.set_phase(Phase::Stopping);
                    let failed = last_words(&cell.core, &mut owner, &reason).await;
                    kept.wind_up(cell, &mut owner, reason, failed)
                }
                Err(reason) => {
                    cell.core.set_phase(Phase::Stopping);
                    reason
                }
            };
            if kept.rest(cell, &mut owner).is_break() {
                break;
            }
        }
        kept.is_over = true;
    }
}

struct Life<A: Actor> {
    cell: Arc<Cell<A>>,
    kept: Kept<A>,
}

/// What is kept from one incarnation to the next.
struct Kept<A> {
    factory: Option<Factory<A>>,
    /// The ports that the last incarnation had taken.
    ledger: Option<Arc<Ledger>>,
    /// Why the last incarnation ended.
    last: ExitReason,
    has_started: bool,
    /// There is no next one.
    is_over: bool,
}

/// A start that was ordered.
struct Start {
    run: u64,
    limit: Option<Pin<Box<Sleep>>>,
}

impl<A: Actor> Kept<A> {
    /// Rests until there is a start to make. `None` at the end.
    fn next_start(
        &mut self,
        cell: &Cell<A>,
        owner: &mut Owner<'_, Work<A>>,
    ) -> impl Future<Output = Option<Start>> {
        poll_fn(move |_| {
            self.order(cell, owner)
        })
    }

    /// What the order that stands asks of an actor at rest.
    fn order(
        &mut self,
        cell: &Cell<A>,
        owner: &mut Owner<'_, Work<A>>,
    ) -> Poll<Option<Start>> {
        let core = &cell.core;
        loop {
            let signals = core.signals();
            if signals & signal::KILL != 0 {
                core.lower(signal::KILL);
                if !core.is_supervised() {
                    self.last = ExitReason::Killed;
                    return Poll::Ready(None);
                }
                // There is nothing to kill; whoever is at rest hears again.
                cell.queue.reopen();
            }
            if signals & signal::STOP != 0 {
                self.last = ExitReason::Shutdown;
                return Poll::Ready(None);
            }
            if signals & signal::ORDER != 0 {
                core.lower(signal::ORDER);
            }
            match core.current_order() {
                Order::Start { run, limit } => {
                    let limit = limit.map(|limit: Duration| Box::pin(tokio::time::sleep(limit)));
                    return Poll::Ready(Some(Start { run, limit }));
                }
                Order::End => return Poll::Ready(None),
                Order::Stop { .. } => {
                    if core.rest_after(0) == (Order::Stop { keep: false }) {
                        cell.dead_letter_queue(&mut owner.get().consumer, &Cause::Stopped);
                    }
                }
                // To be drained at rest: what was accepted waits for the next start, if there is anything.
                Order::Rest if signals & signal::DRAIN != 0 && cell.queue.is_empty() => {
                    return Poll::Ready(None);
                }
                Order::Rest => return Poll::Pending,
            }
        }
    }

    /// Makes a state and runs its `started` hook.
    async fn begin(
        &mut self,
        cell: &Arc<Cell<A>>,
        owner: &mut Owner<'_, Work<A>>,
        mut start: Start,
    ) -> Result<(), ExitReason> {
        let core = &cell.core;
        core.set_phase(Phase::Starting);
        if core.is_supervised() {
            // An incarnation may have been before it, and a kill may have closed the mailbox.
            cell.drop_notices(&mut owner.get().consumer);
            cell.queue.reopen();
        }
        core.set_incarnation(start.run);
        if let Some(ledger) = self.ledger.take() {
            ledger.give_up(Gone::Restarted);
        }
        core.hand.take_hook(Hook::Started);
        let begun = match &mut self.factory {
            Some(factory) => {
                let until = Until {
                    limit: start.limit.as_mut(),
                    run: Some(start.run),
                };
                match guard(core, factory, until).await {
                    Step::Done(Ok(state)) => {
                        owner.get().state = Some(state);
                        Ok(())
                    }
                    Step::Done(Err(failure)) => Err(start_failed(core, failure.text())),
                    other => Err(start_ended(core, other)),
                }
            }
            None => Ok(()),
        };
        let begun = match begun {
            Ok(()) => self.started(cell, owner, &mut start).await,
            Err(reason) => Err(reason),
        };
        core.lay_down();
        begun?;
        // A start that failed is no restart, and neither is the first that did not.
        if self.has_started {
            core.stats.count_restart();
        }
        self.has_started = true;
        core.set_phase(Phase::Running);
        core.event(|| EventKind::Started { run: start.run });
        if let Some(parent) = core.supervisor() {
            parent.started(core.id, start.run);
        }
        Ok(())
    }

    /// Runs the `started` hook of a state that was just made.
    async fn started(
        &mut self,
        cell: &Arc<Cell<A>>,
        owner: &mut Owner<'_, Work<A>>,
        start: &mut Start,
    ) -> Result<(), ExitReason> {
        let core = &cell.core;
        let work = owner.get();
        work.begin(Context::new(cell.clone(), start.run));
        let Some((state, cx)) = work.parts() else {
            work.cx = None;
            return Err(start_failed(core, "it has no factory"));
        };
        // A hook ends like a handler: an order waits for it, a kill and the limit do not.
        let until = Until {
            limit: start.limit.as_mut(),
            run: None,
        };
        let reason = match guard(core, || state.on_started(cx), until).await {
            Step::Done(Ok(())) => return Ok(()),
            Step::Done(Err(failure)) => start_failed(core, failure.text()),
            other => start_ended(core, other),
        };
        let work = owner.get();
        self.ledger = work.close();
        let (cx, state) = work.end();
        quiet::drop_logged(cx, "the context of a start that failed");
        quiet::drop_logged(state, "the state of a start that failed");
        Err(reason)
    }

    /// Ends what belonged to an incarnation, after its `stopping` hook, which may have `failed`. Gives the reason that
    /// counts.
    fn wind_up(
        &mut self,
        cell: &Cell<A>,
        owner: &mut Owner<'_, Work<A>>,
        reason: ExitReason,
        mut failed: Option<ExitReason>,
    ) -> ExitReason {
        let core = &cell.core;
        let work = owner.get();
        if let Some(Turn::Wait(mail)) = work.take_left() {
            cell.dead_letter(mail, Refusal::Closed, Cause::Stopped);
        }
        // From here on a port that is dropped is not an answer: what comes next says which it is.
        self.ledger = work.close();
        let (cx, state) = work.end();
        for dropped in [quiet::drop_caught(cx), quiet::drop_caught(state)] {
            if let Err(payload) = dropped {
                failed = failed.or(Some(core.panicked(payload)));
            }
        }
        let Some(second) = failed else { return reason };
        tracing::error!(actor = %core, ended = %reason, failed = %second, "an incarnation failed while it ended");
        if reason.is_normal() { second } else { reason }
    }

    /// An incarnation is over. Goes to rest, unless that was the last one.
    fn rest(&self, cell: &Cell<A>, owner: &mut Owner<'_, Work<A>>) -> ControlFlow<()> {
        let core = &cell.core;
        let Some(parent) = core.supervisor() else {
            return ControlFlow::Break(());
        };
        let signals = core.signals();
        let drained = signals & signal::DRAIN != 0 && cell.queue.is_empty();
        if signals & signal::STOP != 0 || drained {
            return ControlFlow::Break(());
        }
        let run = core.incarnation();
        // Before the report, since the parent may answer it with the next order at once.
        core.set_phase(Phase::Backoff);
        // A kill had closed it; a child at rest accepts messages.
        cell.queue.reopen();
        cell.queue.rest();
        if core.rest_after(run) == (Order::Stop { keep: false }) {
            cell.dead_letter_queue(&mut owner.get().consumer, &Cause::Stopped);
        }
        core.event(|| EventKind::Exited {
            run,
            reason: self.last.clone(),
        });
        parent.exited(core.id, run, &self.last);
        ControlFlow::Continue(())
    }
}

fn start_failed(core: &Core, text: &str) -> ExitReason {
    ExitReason::StartFailed(core.text(text))
}

fn start_ended<T>(core: &Core, step: Step<T>) -> ExitReason {
    match step {
        Step::Panicked(payload) => {
            core.stats.count_panic();
            let reason = core.panic_reason(&*payload).to_string();
            quiet::drop_logged(payload, "a panic's payload");
            start_failed(core, &reason)
        }
        Step::TimedOut => start_failed(core, "it took longer than its limit"),
        Step::Killed => {
            core.lower(signal::KILL);
            ExitReason::Killed
        }
        Step::Ordered | Step::Done(_) => ExitReason::Shutdown,
    }
}

/// Runs the `stopping` hook. Gives its failure.
async fn last_words<A: Actor>(
    core: &Core,
    owner: &mut Owner<'_, Work<A>>,
    reason: &ExitReason,
) -> Option<ExitReason> {
    if *reason == ExitReason::Killed {
        return None;
    }
    let (state, cx) = owner.get().parts()?;
    core.hand.take_hook(Hook::Stopping);
    let hook = guard(core, || state.on_stopping(reason, cx), Until::KILLED).await;
    core.lay_down();
    match hook {
        Step::Done(Ok(())) => None,
        Step::Done(Err(failure)) => Some(ExitReason::Error(core.text(failure.text()))),
        Step::Panicked(payload) => Some(core.panicked(payload)),
        Step::Killed | Step::TimedOut | Step::Ordered => {
            core.lower(signal::KILL);
            Some(ExitReason::Killed)
        }
    }
}

/// The final end of an actor, in the promised order: queue, names, notices.
impl<A: Actor> Drop for Life<A> {
    fn drop(&mut self) {
        let (cell, kept) = (&self.cell, &mut self.kept);
        if cell.core.hand.has_message() {
            // The runtime has dropped the task in the middle of a handler.
            fail(&cell.core, &ExitReason::Killed);
        }
        // A value that never ran, and a factory, are a user's too.
        quiet::drop_logged(kept.factory.take(), "a factory");
        let ledger = cell
            .clear_bench("a state whose task was dropped")
            .or_else(|| kept.ledger.take());
        if let Some(ledger) = ledger {
            ledger.close();
            ledger.give_up(Gone::Closed);
        }
        if !kept.is_over {
            kept.last = ExitReason::Killed;
        }
        end(cell, &kept.last);
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
    core.event(|| EventKind::Ended {
        reason: reason.clone(),
    });
    if let Some(parent) = core.take_supervisor() {
        parent.ended(core.id, reason);
    }
    core.system.gone();
}

#[cfg(all(test, feature = "test", not(playhouse_loom)))]
mod tests;
