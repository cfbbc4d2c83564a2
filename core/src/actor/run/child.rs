//! The task of a supervised actor: it starts when its parent says so, again and again.
//!
//! Its mailbox stays from one incarnation to the next, and whatever else is kept lies in [`Kept`].

use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::time::Sleep;

use crate::actor::cell::{Cell, signal};
use crate::actor::hand::Hook;
use crate::actor::run::{
    Life, Over, begin, is_over, is_up, restarted, start_ended, start_failed, started, tidy, wind_up,
};
use crate::actor::serve::{Work, serving};
use crate::actor::start::{Step, Until, guard};
use crate::actor::{Actor, Phase};
use crate::dead_letter::Cause;
use crate::exit::{ExitReason, Incarnation};
use crate::links::{Factory, NotStarted, Order};
use crate::message::Gone;
use crate::observe::EventKind;
use crate::quiet;
use crate::raw::bench::Owner;

/// The task of an actor that a supervisor starts.
pub(crate) fn live<A: Actor>(
    cell: Arc<Cell<A>>,
    factory: Factory<A>,
) -> impl Future<Output = ()> + Send {
    let mut child = Child {
        kept: Kept {
            factory: Some(factory),
            last: ExitReason::Shutdown.into(),
            up: None,
        },
        life: Life { cell },
    };
    async move {
        // As a whole, so that its parts are dropped in their order.
        let Child { kept, life } = &mut child;
        let Some(mut owner) = life.cell.bench.own() else {
            return;
        };
        while let Some(start) = kept.next_start(&life.cell, &mut owner).await {
            let begun = Box::pin(kept.begin(&life.cell, &mut owner, start)).await;
            let run = match begun {
                Ok(()) => {
                    let reason = serving(&life.cell, &mut owner).await;
                    is_over(&life.cell.core);
                    kept.last = if A::HAS_STOPPING_HOOK {
                        Box::pin(wind_up(&life.cell, &mut owner, reason)).await
                    } else {
                        tidy(&life.cell, &mut owner, reason, None)
                    };
                    Run::WasUp
                }
                Err(NotUp::Failed(over)) => {
                    life.cell.core.set_phase(Phase::Stopping);
                    kept.last = over;
                    Run::Failed
                }
                Err(NotUp::Ignored) => {
                    kept.last = ExitReason::Shutdown.into();
                    Run::Ignored
                }
            };
            if kept.rest(&life.cell, &mut owner, run).is_break() {
                break;
            }
        }
        drop(owner);
        let last = kept.last.take();
        quiet::drop_logged(kept.factory.take(), "a factory");
        life.end(last);
    }
}

/// The actor, and what is kept for it: that goes first, so that nobody hears of an end before all of it is done.
struct Child<A: Actor> {
    kept: Kept<A>,
    life: Life<A>,
}

/// What is kept from one incarnation to the next.
struct Kept<A> {
    factory: Option<Factory<A>>,
    /// How the last start ended, whether it came up or not.
    last: Over,
    /// The last incarnation that was up, once one has ended. In a box, which stays: few words in an actor that rests.
    up: Option<Box<Incarnation>>,
}

/// What became of a start, once it is over.
#[derive(Clone, Copy, PartialEq)]
enum Run {
    WasUp,
    Failed,
    /// There was nothing to start.
    Ignored,
}

/// Why a start does not come up.
enum NotUp {
    Failed(Over),
    Ignored,
}

impl From<Over> for NotUp {
    fn from(over: Over) -> Self {
        Self::Failed(over)
    }
}

impl<A> Drop for Kept<A> {
    fn drop(&mut self) {
        // It is a user's.
        quiet::drop_logged(self.factory.take(), "a factory");
        if let Some(ledger) = self.last.ledger.take() {
            ledger.close();
            ledger.give_up(Gone::Closed);
        }
    }
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
        poll_fn(move |_| self.poll_order(cell, owner))
    }

    fn poll_order(
        &mut self,
        cell: &Cell<A>,
        owner: &mut Owner<'_, Work<A>>,
    ) -> Poll<Option<Start>> {
        let core = &cell.core;
        loop {
            let signals = core.signals();
            if signals & signal::KILL != 0 {
                core.lower(signal::KILL);
                // There is nothing to kill; whoever is at rest hears again.
                cell.queue.reopen();
            }
            if signals & signal::STOP != 0 {
                self.last.reason = ExitReason::Shutdown;
                return Poll::Ready(None);
            }
            core.lower(signal::ORDER);
            match core.current_order() {
                Order::Start { run, limit } => {
                    let limit = limit.map(|limit| Box::pin(tokio::time::sleep(limit)));
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

    /// Makes a state and runs the hooks of its start.
    async fn begin(
        &mut self,
        cell: &Arc<Cell<A>>,
        owner: &mut Owner<'_, Work<A>>,
        mut start: Start,
    ) -> Result<(), NotUp> {
        let core = &cell.core;
        core.set_phase(Phase::Starting);
        cell.drop_notices(&mut owner.get().consumer);
        core.set_incarnation(start.run);
        core.set_failed_in(None);
        cell.queue.reopen();
        if let Some(ledger) = self.last.ledger.take() {
            ledger.give_up(Gone::Restarted);
        }
        let begun = self.start(cell, owner, &mut start).await;
        core.lay_down();
        begun?;
        // A start that failed is no restart, and neither is the first that did not.
        if self.up.is_some() {
            core.stats.count_restart();
        }
        is_up(core, start.run);
        if let Some(parent) = core.supervisor() {
            parent.started(core.id, start.run);
        }
        if let Some(idle) = core.idle() {
            idle.begin(cell.clone()).await;
        }
        Ok(())
    }

    async fn start(
        &mut self,
        cell: &Arc<Cell<A>>,
        owner: &mut Owner<'_, Work<A>>,
        start: &mut Start,
    ) -> Result<(), NotUp> {
        let core = &cell.core;
        core.hand.take_hook(Hook::Started);
        if let Some(factory) = &mut self.factory {
            let until = Until {
                limit: start.limit.as_mut(),
                run: Some(start.run),
            };
            match guard(core, factory, until).await {
                Step::Done(Ok(state)) => owner.get().state = Some(state),
                Step::Done(Err(NotStarted::Ignore)) => return Err(NotUp::Ignored),
                Step::Done(Err(NotStarted::Failed(failure))) => {
                    let reason = start_failed(core, failure.text());
                    return Err(NotUp::Failed(reason.into()));
                }
                other => return Err(NotUp::Failed(start_ended(core, other).into())),
            }
        }
        begin(cell, owner, start.run)?;
        if A::HAS_STARTED_HOOK {
            started(cell, owner, start.limit.as_mut()).await?;
        }
        if A::HAS_RESTARTED_HOOK
            && let Some(previous) = &self.up
        {
            restarted(cell, owner, previous, start.limit.as_mut()).await?;
        }
        Ok(())
    }

    /// A start is over. Goes to rest, unless that was the last one.
    fn rest(
        &mut self,
        cell: &Cell<A>,
        owner: &mut Owner<'_, Work<A>>,
        became: Run,
    ) -> ControlFlow<()> {
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
        if became == Run::WasUp {
            self.remember(run);
        }
        // Before the report, since the parent may answer it with the next order at once.
        core.set_phase(Phase::Backoff);
        // A kill had closed it; a child at rest accepts messages.
        cell.queue.reopen();
        cell.queue.rest();
        let discards = match core.rest_after(run) {
            Order::Stop { keep } => !keep,
            Order::Start { .. } => became == Run::WasUp && core.discards_queue(),
            Order::Rest | Order::End => false,
        };
        if discards {
            cell.dead_letter_queue(&mut owner.get().consumer, &Cause::Stopped);
        }
        match became {
            Run::WasUp | Run::Failed => {
                core.event(|| EventKind::Exited {
                    run,
                    reason: self.last.reason.clone(),
                });
                parent.exited(core.id, run, &self.last.reason);
            }
            Run::Ignored => {
                core.event(|| EventKind::Ignored { run });
                parent.ignored(core.id, run);
            }
        }
        ControlFlow::Continue(())
    }

    /// Keeps what the next incarnation may want to know of this one.
    fn remember(&mut self, number: u64) {
        let reason = self.last.reason.clone();
        match &mut self.up {
            Some(up) => **up = Incarnation { number, reason },
            None => self.up = Some(Box::new(Incarnation { number, reason })),
        }
    }
}
