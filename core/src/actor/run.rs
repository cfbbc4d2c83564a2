//! The life of an actor: its one task, from spawn to final end.
//!
//! ```text
//!   rest --Start--> make the state, `started` --> messages --> `stopping`, drop --+--> rest   (a child: `run::child`)
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
//! A sleeping actor is this future and its cell, so what the future holds is counted in bytes: hooks, which run once, have
//! a box for that while, and an actor without hooks needs none.

pub(crate) mod child;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Sleep;

use crate::actor::cell::{AnyCell, Cell, Core, signal};
use crate::actor::hand::Hook;
use crate::actor::serve::{Work, fail, serving};
use crate::actor::start::{Step, Until, guard};
use crate::actor::{Actor, Failure, Phase};
use crate::context::Context;
use crate::dead_letter::Cause;
use crate::exit::{ExitReason, Incarnation};
use crate::message::{Gone, Ledger};
use crate::observe::EventKind;
use crate::quiet;
use crate::raw::bench::Owner;

/// The number of the start of an actor that starts once.
const ONLY: u64 = 1;

/// The task of an actor that starts once, with the state that lies on its bench.
///
/// What ends it is part of the future from the first moment: a runtime that goes away before the first poll drops it,
/// and whoever waits for the actor hears of its end.
pub(crate) fn live<A: Actor>(cell: Arc<Cell<A>>) -> impl Future<Output = ()> + Send {
    let life = Life { cell };
    async move {
        let Some(owner) = life.cell.bench.own() else {
            return;
        };
        let Some(mut owner) = life.begin(owner) else {
            return;
        };
        if A::HAS_STARTED_HOOK {
            let begun = Box::pin(started(&life.cell, &mut owner, None)).await;
            if let Err(over) = begun {
                life.cell.core.lay_down();
                drop(owner);
                return life.end(over);
            }
        }
        life.cell.core.lay_down();
        is_up(&life.cell.core, ONLY);
        if let Some(idle) = life.cell.core.idle() {
            idle.begin(life.cell.clone()).await;
        }
        let reason = serving(&life.cell, &mut owner).await;
        is_over(&life.cell.core);
        let over = if A::HAS_STOPPING_HOOK {
            Box::pin(wind_up(&life.cell, &mut owner, reason)).await
        } else {
            tidy(&life.cell, &mut owner, reason, None)
        };
        drop(owner);
        life.end(over);
    }
}

/// An incarnation that is over.
struct Over {
    reason: ExitReason,
    /// The ports that it had taken.
    ledger: Option<Arc<Ledger>>,
}

impl Over {
    fn take(&mut self) -> Self {
        Self {
            reason: std::mem::replace(&mut self.reason, ExitReason::Killed),
            ledger: self.ledger.take(),
        }
    }
}

impl From<ExitReason> for Over {
    fn from(reason: ExitReason) -> Self {
        Self {
            reason,
            ledger: None,
        }
    }
}

/// An incarnation begins: its state lies on the bench, and gets a context beside.
fn begin<A: Actor>(
    cell: &Arc<Cell<A>>,
    owner: &mut Owner<'_, Work<A>>,
    run: u64,
) -> Result<(), Over> {
    let core = &cell.core;
    core.set_incarnation(run);
    core.hand.take_hook(Hook::Started);
    let work = owner.get();
    if work.state.is_none() {
        return Err(start_failed(core, "it has no factory").into());
    }
    work.begin(Context::new(cell.clone(), run));
    Ok(())
}

/// Runs the `started` hook of an incarnation that has begun.
async fn started<A: Actor>(
    cell: &Cell<A>,
    owner: &mut Owner<'_, Work<A>>,
    limit: Option<&mut Pin<Box<Sleep>>>,
) -> Result<(), Over> {
    let core = &cell.core;
    let Some((state, cx)) = owner.get().parts() else {
        return Ok(());
    };
    // A hook ends like a handler: an order waits for it, a kill and the limit do not.
    let until = Until { limit, run: None };
    let step = guard(core, || state.on_started(cx), until).await;
    begun(core, owner, step)
}

/// Runs the `restarted` hook, after `started`.
async fn restarted<A: Actor>(
    cell: &Cell<A>,
    owner: &mut Owner<'_, Work<A>>,
    previous: &Incarnation,
    limit: Option<&mut Pin<Box<Sleep>>>,
) -> Result<(), Over> {
    let core = &cell.core;
    let Some((state, cx)) = owner.get().parts() else {
        return Ok(());
    };
    core.hand.take_hook(Hook::Restarted);
    let until = Until { limit, run: None };
    let step = guard(core, || state.on_restarted(previous, cx), until).await;
    begun(core, owner, step)
}

/// A hook of the start has ended. An incarnation whose start failed goes without a `stopping` hook.
fn begun<A: Actor>(
    core: &Core,
    owner: &mut Owner<'_, Work<A>>,
    step: Step<Result<(), Failure>>,
) -> Result<(), Over> {
    let reason = match step {
        Step::Done(Ok(())) => return Ok(()),
        Step::Done(Err(failure)) => start_failed(core, failure.text()),
        other => start_ended(core, other),
    };
    let work = owner.get();
    let ledger = work.close();
    let (cx, state) = work.end();
    quiet::drop_logged(cx, "the context of a start that failed");
    quiet::drop_logged(state, "the state of a start that failed");
    Err(Over { reason, ledger })
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

/// A start is done.
fn is_up(core: &Core, run: u64) {
    core.set_phase(Phase::Running);
    core.event(|| EventKind::Started { run });
}

/// An incarnation that was up takes no messages any more.
fn is_over(core: &Core) {
    core.set_phase(Phase::Stopping);
    if let Some(idle) = core.idle() {
        idle.end();
    }
}

/// Ends an incarnation: `stopping` hook, then everything that was its own.
async fn wind_up<A: Actor>(
    cell: &Cell<A>,
    owner: &mut Owner<'_, Work<A>>,
    reason: ExitReason,
) -> Over {
    let failed = last_words(&cell.core, owner, &reason).await;
    tidy(cell, owner, reason, failed)
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

/// Ends what belonged to an incarnation, whose `stopping` hook may have `failed`.
fn tidy<A: Actor>(
    cell: &Cell<A>,
    owner: &mut Owner<'_, Work<A>>,
    mut reason: ExitReason,
    mut failed: Option<ExitReason>,
) -> Over {
    let core = &cell.core;
    let work = owner.get();
    // From here on a port that is dropped is not an answer: what comes next says which it is.
    let ledger = work.close();
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
    Over { reason, ledger }
}

/// Sees to the end of an actor.
struct Life<A: Actor> {
    cell: Arc<Cell<A>>,
}

impl<A: Actor> Life<A> {
    /// Begins the only incarnation, unless somebody has ended it before. Then it ends at once.
    fn begin<'a>(&self, mut owner: Owner<'a, Work<A>>) -> Option<Owner<'a, Work<A>>> {
        let core = &self.cell.core;
        let signals = core.signals();
        let begun = if signals & signal::KILL != 0 {
            core.lower(signal::KILL);
            Err(ExitReason::Killed.into())
        } else if signals & signal::STOP != 0 {
            Err(ExitReason::Shutdown.into())
        } else {
            begin(&self.cell, &mut owner, ONLY)
        };
        match begun {
            Ok(()) => Some(owner),
            Err(over) => {
                let (cx, state) = owner.get().end();
                quiet::drop_logged((cx, state), "a state that was not started");
                drop(owner);
                self.end(over);
                None
            }
        }
    }

    /// The final end, in the promised order: queue, names, notices.
    fn end(&self, over: Over) {
        if let Some(ledger) = over.ledger {
            ledger.close();
            ledger.give_up(Gone::Closed);
        }
        end(&self.cell, &over.reason);
    }
}

impl<A: Actor> Drop for Life<A> {
    fn drop(&mut self) {
        if self.cell.core.phase().is_final() {
            return;
        }
        // The runtime has dropped the task.
        if self.cell.core.hand.has_message() {
            fail(&self.cell.core, &ExitReason::Killed);
        }
        let ledger = self.cell.clear_bench("a state whose task was dropped");
        self.end(Over {
            reason: ExitReason::Killed,
            ledger,
        });
    }
}

/// Ends an actor for good.
pub(crate) fn end<A: Actor>(cell: &Cell<A>, reason: &ExitReason) {
    let core = &cell.core;
    let cause = if *reason == ExitReason::Killed {
        Cause::Killed
    } else {
        Cause::Stopped
    };
    match cell.bench.own() {
        Some(mut owner) => cell.empty(&mut owner.get().consumer, &cause),
        // Its task ends it when it lets go of the bench, and nobody else does.
        None => {
            cell.close(true);
            tracing::error!(actor = %core, "an actor ended while it was at work");
        }
    }
    core.lay_down();
    if let Some(idle) = core.idle() {
        idle.end();
    }
    core.end.close(reason, |names| {
        for name in names {
            core.system.registry().free(&name, core.id);
        }
    });
    core.set_phase(if reason.is_normal() {
        Phase::Stopped
    } else {
        Phase::Failed
    });
    core.system.retire(cell, reason);
    core.end.tell(core);
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
