//! The message loop of one incarnation.
//!
//! It goes in *turns*: plain handlers run one after the other, without a future and under one look-out for panics, until
//! the mailbox is empty, a message's handler is async, or enough were handled. Before each message: the urgent lane, and
//! the actor's own wish to stop; timers when they are due, looked at after at most 64 messages. Then what the queue
//! says is next: a notice whose place has come, or a message.
//!
//! Between turns the task takes part in tokio's budget, and after a few turns it lets others run (sooner, if they are
//! long): an actor that floods itself starves nobody. A few, and not one, because four senders may each put 128
//! messages in where the actor took 64, and a full mailbox costs everybody more.
//!
//! While the task sleeps, its work lies on a bench (`raw::bench`), where a caller may find it: `actor::inline`.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::actor::cell::{Cell, Core, signal};
use crate::actor::inline::Guests;
use crate::actor::start::{Step, Until, guard};
use crate::actor::{Actor, Handled};
use crate::context::Context;
use crate::dead_letter::{Cause, Content};
use crate::exit::ExitReason;
use crate::links::Order;
use crate::mailbox::queue::{Consumer, Taken};
use crate::message::{Ledger, Mail, Refusal};
use crate::quiet;
use crate::raw::bench::Owner;

/// How many messages are handled between two looks at the clock for due timers.
const MESSAGES_PER_CLOCK: u32 = 64;
/// How many messages a turn handles at most.
const MESSAGES_PER_TURN: u32 = 64;
/// After so many full turns the task lets others run,
const TURNS_PER_POLL: u32 = 8;
/// or after the first one that follows another and takes longer than this.
const LONG_TURN: Duration = Duration::from_micros(64);

/// What an actor works with: it lies on the bench.
pub(crate) struct Work<A: Actor> {
    pub(crate) consumer: Consumer<A::Mail>,
    pub(crate) state: Option<A>,
    pub(crate) cx: Option<Context<A>>,
    run: u64,
    draining: bool,
    since_clock: u32,
    /// Timers that are due by then come before the next message.
    due: Option<Instant>,
    spell: Spell,
    /// A message whose handler is async, on its way from the turn to its future.
    next: Option<A::Mail>,
    pub(crate) guests: Guests,
    /// Why a guest's turn ended the incarnation.
    pub(crate) over: Option<ExitReason>,
}

/// How a turn ended.
pub(crate) enum Turn {
    /// It was long enough.
    Full,
    /// The handler of the next message is async.
    Wait,
    /// A message is on its way and not there yet.
    Unready,
    /// There is nothing to do.
    Parked,
    /// The incarnation ends.
    Over(ExitReason),
}

impl<A: Actor> Work<A> {
    pub(crate) fn new(consumer: Consumer<A::Mail>, state: Option<A>) -> Self {
        Self {
            consumer,
            state,
            cx: None,
            run: 0,
            draining: false,
            since_clock: 0,
            due: None,
            spell: Spell::default(),
            next: None,
            guests: Guests::default(),
            over: None,
        }
    }

    /// Lays a context beside the state, for incarnation number `run`.
    pub(crate) fn begin(&mut self, cx: Context<A>, run: u64) {
        self.cx = Some(cx);
        self.run = run;
        self.draining = false;
        self.since_clock = 0;
        self.due = None;
        self.over = None;
    }

    /// A message that was to be handled and was not, at the end of an incarnation.
    pub(crate) fn take_unhandled(&mut self) -> Option<A::Mail> {
        self.next.take()
    }

    /// Ends what belongs to the context; see [`Context::close`].
    pub(crate) fn close(&mut self) -> Option<Arc<Ledger>> {
        self.cx.as_mut().and_then(Context::close)
    }

    /// Takes away what belongs to the incarnation, to be dropped by the caller.
    pub(crate) fn end(&mut self) -> (Option<Context<A>>, Option<A>) {
        self.guests = Guests::default();
        (self.cx.take(), self.state.take())
    }

    /// Whether there is something that only the owner can see to.
    pub(crate) fn wants_owner(&self) -> bool {
        self.over.is_some()
            || self.next.is_some()
            || self.cx.as_ref().is_some_and(Context::wants_owner)
    }

    /// State and context, while there is an incarnation.
    pub(crate) fn parts(&mut self) -> Option<(&mut A, &mut Context<A>)> {
        self.state.as_mut().zip(self.cx.as_mut())
    }

    /// One turn. A panic of a handler ends it.
    #[inline]
    fn turn(&mut self, cell: &Cell<A>, messages: u32) -> Turn {
        match quiet::caught(|| self.handle(cell, messages)) {
            Ok(turn) => turn,
            Err(payload) => Turn::Over(panicked(&cell.core, payload)),
        }
    }

    fn handle(&mut self, cell: &Cell<A>, messages: u32) -> Turn {
        let core = &cell.core;
        // What a guest has left.
        if let Some(reason) = self.over.take() {
            return Turn::Over(reason);
        }
        if self.next.is_some() {
            return Turn::Wait;
        }
        for _ in 0..messages {
            let signals = core.signals();
            if signals != 0 {
                if let Some(reason) = obey(core, signals, self.run) {
                    return Turn::Over(reason);
                }
                self.draining |= signals & signal::DRAIN != 0;
            }
            let Some(cx) = &mut self.cx else { break };
            if let Some(reason) = cx.take_stop() {
                return Turn::Over(reason);
            }
            let mail = match self.next(cell) {
                Ok(Some(mail)) => mail,
                Ok(None) => continue,
                Err(turn) => return turn,
            };
            if let Some(turn) = self.run(core, mail) {
                return turn;
            }
        }
        Turn::Full
    }

    /// Runs the handler of a message, if it is a plain one. `Some` ends the turn.
    #[inline]
    fn run(&mut self, core: &Core, mail: A::Mail) -> Option<Turn> {
        let (state, cx) = self.state.as_mut().zip(self.cx.as_mut())?;
        core.hand.take(&mail);
        let handled = match core.faults.strike() {
            Some(handled) => {
                drop(mail);
                handled
            }
            None => match state.on_mail_now(mail, cx) {
                Ok(handled) => handled,
                Err(mail) => {
                    self.next = Some(mail);
                    return Some(Turn::Wait);
                }
            },
        };
        settle(core, handled).map(Turn::Over)
    }

    /// The same for a guest, with a message that did not come through the queue.
    #[inline]
    pub(crate) fn run_for_guest(
        &mut self,
        cell: &Cell<A>,
        make: impl FnOnce() -> A::Mail,
    ) -> Option<Turn> {
        let core = &cell.core;
        core.stats.count_direct();
        match quiet::caught(|| self.run(core, make())) {
            Ok(turn) => turn,
            Err(payload) => Some(Turn::Over(panicked(core, payload))),
        }
    }

    /// What is to be handled next. `Ok(None)` if that was not to be handled.
    #[inline]
    fn next(&mut self, cell: &Cell<A>) -> Result<Option<A::Mail>, Turn> {
        if self.since_clock >= MESSAGES_PER_CLOCK
            && let Some(mail) = self.next_due()
        {
            cell.core.stats.count_direct();
            return Ok(Some(mail));
        }
        match cell.queue.take(&mut self.consumer) {
            Taken::Mail(mail) => {
                self.since_clock += 1;
                if mail.abandoned() {
                    cell.dead_letter(mail, Refusal::Closed, Cause::Abandoned);
                    return Ok(None);
                }
                Ok(Some(mail))
            }
            Taken::Notice(notice) => {
                self.since_clock += 1;
                if notice.incarnation != self.run
                    || !notice.wanted.as_ref().is_none_or(|wanted| wanted.get())
                {
                    quiet::drop_logged(notice.mail, "a notice that nobody wants any more");
                    return Ok(None);
                }
                cell.core.stats.count_direct();
                Ok(Some(notice.mail))
            }
            Taken::Unready => Err(Turn::Unready),
            Taken::Parked if self.draining => Err(Turn::Over(ExitReason::Shutdown)),
            Taken::Parked => {
                self.since_clock = MESSAGES_PER_CLOCK;
                Err(Turn::Parked)
            }
        }
    }

    /// State, context and the message whose handler is async.
    fn take_next(&mut self) -> Option<(&mut A, &mut Context<A>, A::Mail)> {
        Some((self.state.as_mut()?, self.cx.as_mut()?, self.next.take()?))
    }

    /// There is no message. Says whether a timer is due all the same.
    fn rests(&mut self) -> bool {
        self.spell = Spell::default();
        self.cx.as_mut().is_some_and(Context::has_due)
    }

    /// The next of the timers that were due when the clock was looked at, and no other: one that is slower than its
    /// period must not shut everything else out.
    fn next_due(&mut self) -> Option<A::Mail> {
        let cx = self.cx.as_mut()?;
        if self.due.is_none() {
            self.due = cx.timer_clock();
        }
        let mail = self.due.and_then(|now| cx.take_due(now));
        if mail.is_none() {
            self.due = None;
            self.since_clock = 0;
        }
        mail
    }
}

/// A series of full turns.
#[derive(Default)]
struct Spell {
    turns: u32,
    last: Option<std::time::Instant>,
}

impl Spell {
    /// A turn was full: whether it is time to let others run. Then a new series begins.
    fn is_over(&mut self) -> bool {
        let now = std::time::Instant::now();
        self.turns += 1;
        let long = self
            .last
            .is_some_and(|last| now.saturating_duration_since(last) > LONG_TURN);
        let over = long || self.turns >= TURNS_PER_POLL;
        *self = Self {
            turns: if over { 0 } else { self.turns },
            last: if over { None } else { Some(now) },
        };
        over
    }
}

/// The message loop. Returns why the incarnation ends.
pub(crate) async fn serve<A: Actor>(cell: &Cell<A>, owner: &mut Owner<'_, Work<A>>) -> ExitReason {
    loop {
        // Take part in tokio's budget: what handlers use up counts here too.
        poll_fn(|task| tokio::task::coop::poll_proceed(task).map(|budget| budget.made_progress()))
            .await;
        match owner.get().turn(cell, MESSAGES_PER_TURN) {
            Turn::Full | Turn::Unready => {
                if owner.get().spell.is_over() {
                    tokio::task::yield_now().await;
                }
            }
            Turn::Wait => {
                let Some((state, cx, mail)) = owner.get().take_next() else {
                    return ExitReason::Shutdown;
                };
                let hand = InHand { core: &cell.core };
                let step = guard(&cell.core, || state.on_mail(mail, cx), Until::KILLED).await;
                std::mem::forget(hand);
                if let Some(reason) = settle_async(&cell.core, step) {
                    return reason;
                }
            }
            Turn::Parked => {
                if !owner.get().rests() {
                    idle(cell, owner).await;
                }
            }
            Turn::Over(reason) => return reason,
        }
    }
}

/// Sleeps until there is something to do. Any signal is: those that the last turn saw, it has obeyed. The work is lent out meanwhile, where callers may run their asks themselves.
async fn idle<A: Actor>(cell: &Cell<A>, owner: &mut Owner<'_, Work<A>>) {
    let core = &cell.core;
    if core.runs_inline() && !owner.get().wants_owner() {
        owner.lend();
        poll_fn(|_| {
            let awaited = core.signals() != 0 || cell.queue.has_next() || owner.is_recalled();
            if awaited && owner.reclaim() {
                Poll::Ready(())
            } else {
                // A guest that is there wakes us when it leaves.
                Poll::Pending
            }
        })
        .await;
        return;
    }
    poll_fn(|task| {
        if core.signals() != 0 || cell.queue.has_next() {
            return Poll::Ready(());
        }
        match &mut owner.get().cx {
            Some(cx) => cx.poll_due(task),
            None => Poll::Ready(()),
        }
    })
    .await;
}

/// What the urgent lane says. `Some` ends the incarnation.
fn obey(core: &Core, signals: u8, run: u64) -> Option<ExitReason> {
    if signals & signal::KILL != 0 {
        core.lower(signal::KILL);
        return Some(ExitReason::Killed);
    }
    if signals & signal::STOP != 0 {
        return Some(ExitReason::Shutdown);
    }
    if signals & signal::ORDER != 0 {
        core.lower(signal::ORDER);
        match core.current_order() {
            Order::Start { run: wanted, .. } if wanted == run => {}
            Order::Start { .. } | Order::Rest | Order::Stop { .. } | Order::End => {
                return Some(ExitReason::Shutdown);
            }
        }
    }
    None
}

/// The async handler of the message in hand has ended. `Some` ends the incarnation.
#[inline]
fn settle_async(core: &Core, step: Step<Handled>) -> Option<ExitReason> {
    let reason = match step {
        Step::Done(handled) => return settle(core, handled),
        Step::Panicked(payload) => core.panicked(payload),
        Step::Killed | Step::TimedOut | Step::Ordered => {
            core.lower(signal::KILL);
            ExitReason::Killed
        }
    };
    fail(core, &reason);
    Some(reason)
}

/// The handler of the message in hand has returned. `Some` ends the incarnation.
#[inline]
fn settle(core: &Core, handled: Handled) -> Option<ExitReason> {
    if !matches!(handled, Handled::Done) {
        let message = core.in_hand().unwrap_or_default();
        if let Err(reason) = core.judge(message, handled) {
            fail(core, &reason);
            return Some(reason);
        }
    }
    core.lay_down();
    core.stats.count_handled();
    None
}

/// The handler of the message in hand has failed.
#[cold]
fn fail(core: &Core, reason: &ExitReason) {
    let message = core.in_hand().unwrap_or_default();
    core.lay_down();
    core.stats.count_failed();
    core.stats.count_dead_letter();
    core.system.dead_letters().add(
        core,
        message,
        Cause::Failed(reason.clone()),
        Content::none(),
    );
}

/// A turn panicked, with a message in hand.
#[cold]
fn panicked(core: &Core, payload: quiet::Payload) -> ExitReason {
    let reason = core.panicked(payload);
    fail(core, &reason);
    reason
}

/// A message in hand. If the runtime drops the task in the middle of its handler, it is counted here.
struct InHand<'a> {
    core: &'a Core,
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        fail(self.core, &ExitReason::Killed);
    }
}
