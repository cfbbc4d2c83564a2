//! The message loop of one incarnation.
//!
//! It goes in *turns*: plain handlers run one after the other, without a future, until the mailbox is empty, a message's
//! handler is async, or enough were handled. Before each message: the urgent lane, and the actor's own wish to stop;
//! timers when they are due, looked at after at most 64 messages. Then what the queue says is next: a notice whose place
//! has come, or a message. Whoever awaits the loop catches its panics: there is one look-out per poll, whatever runs.
//!
//! Between turns that found enough to do the task takes part in tokio's budget, and after a few turns it lets others run (sooner, if they are
//! long): an actor that floods itself starves nobody. A few, and not one, because four senders may each put 128
//! messages in where the actor took 64, and a full mailbox costs everybody more.
//!
//! While the task sleeps, its work lies on a bench (`raw::bench`), where a caller may find it: `actor::inline`.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context as Task, Poll};
use std::time::Instant;

use crate::actor::cell::{Cell, Core, signal};
use crate::actor::inline::Guests;
use crate::actor::{Actor, Handled};
use crate::context::Context;
use crate::dead_letter::{Cause, Content};
use crate::exit::ExitReason;
use crate::links::{Order, link};
use crate::mailbox::queue::{Consumer, Taken};
use crate::message::{Ledger, Mail, Refusal};
use crate::quiet::{self, Caught};
use crate::raw::bench::Owner;

/// How many messages a turn handles at most.
const MESSAGES_PER_TURN: u32 = 64;
/// After so many full turns the task lets others run,
const TURNS_PER_POLL: u8 = 8;
/// or after the first one that follows another and takes longer than this, in microseconds.
const LONG_TURN: u32 = 64;
/// After so many async handlers the task uses up as much of tokio's budget as for a turn of plain ones.
const HANDLERS_PER_UNIT: u8 = 4;

/// What an actor works with: it lies on the bench.
pub(crate) struct Work<A: Actor> {
    pub(crate) consumer: Consumer<A::Mail>,
    pub(crate) state: Option<A>,
    pub(crate) cx: Option<Context<A>>,
    /// There if asks may run on their callers, and ends with the incarnation.
    pub(crate) guests: Option<Box<Guests<A>>>,
    spell: Spell,
}

/// How a turn ended.
pub(crate) enum Turn<M> {
    /// It was long enough.
    Full,
    /// The handler of this message, which is in hand, is async.
    Wait(M),
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
            guests: None,
            spell: Spell::default(),
        }
    }

    /// Lays a context beside the state.
    pub(crate) fn begin(&mut self, cx: Context<A>) {
        self.cx = Some(cx);
        self.guests = None;
    }

    /// Ends what belongs to the context; see [`Context::close`].
    pub(crate) fn close(&mut self) -> Option<Arc<Ledger>> {
        self.cx.as_mut().and_then(Context::close)
    }

    /// Takes away what belongs to the incarnation, to be dropped by the caller.
    pub(crate) fn end(&mut self) -> (Option<Context<A>>, Option<A>) {
        self.guests = None;
        (self.cx.take(), self.state.take())
    }

    /// What a guest has left behind for the owner.
    pub(crate) fn take_left(&mut self) -> Option<Turn<A::Mail>> {
        self.guests.as_mut()?.left.take()
    }

    /// Whether there is something that only the owner can see to.
    pub(crate) fn wants_owner(&self) -> bool {
        self.guests
            .as_ref()
            .is_some_and(|guests| guests.left.is_some())
            || self.cx.as_ref().is_some_and(Context::wants_owner)
    }

    /// State and context, while there is an incarnation.
    #[inline]
    pub(crate) fn parts(&mut self) -> Option<(&mut A, &mut Context<A>)> {
        self.state.as_mut().zip(self.cx.as_mut())
    }

    fn turn(&mut self, cell: &Cell<A>, messages: u32) -> Turn<A::Mail> {
        let core = &cell.core;
        if let Some(left) = self.take_left() {
            if let Turn::Wait(mail) = &left {
                core.hand.take(mail);
            }
            return left;
        }
        for _ in 0..messages {
            let signals = core.signals();
            if signals != 0
                && let Some(reason) = Self::obey(cell, signals)
            {
                return Turn::Over(reason);
            }
            if let Some(reason) = self.cx.as_mut().and_then(Context::take_stop) {
                return Turn::Over(reason);
            }
            let mail = match self.next(cell, signals) {
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
    fn run(&mut self, core: &Core, mail: A::Mail) -> Option<Turn<A::Mail>> {
        let (state, cx) = self.parts()?;
        core.hand.take(&mail);
        let handled = match core.faults.strike() {
            Some(handled) => {
                drop(mail);
                handled
            }
            None => match state.on_mail_now(mail, cx) {
                Ok(handled) => handled,
                Err(mail) => return Some(Turn::Wait(mail)),
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
    ) -> Option<Turn<A::Mail>> {
        let core = &cell.core;
        core.stats.count_direct();
        match quiet::caught(|| self.run(core, make())) {
            Ok(Some(Turn::Wait(mail))) => {
                // The owner takes it in hand again.
                core.lay_down();
                Some(Turn::Wait(mail))
            }
            Ok(turn) => turn,
            Err(payload) => Some(Turn::Over(panicked(core, payload))),
        }
    }

    /// The mailbox is empty.
    fn rests(&mut self) -> Pause {
        if self.cx.as_mut().is_some_and(Context::rests) {
            // Not so the timers: one that is slower than its period is always due, and others have to run too.
            return self.is_full();
        }
        self.spell = Spell::default();
        Pause::Sleep
    }

    /// A turn was full.
    fn is_full(&mut self) -> Pause {
        if self.spell.is_over() {
            Pause::Yield
        } else {
            Pause::TakePart
        }
    }

    /// What is to be handled next, where `signals` were seen before. `Ok(None)` if that was not to be handled.
    #[inline]
    fn next(&mut self, cell: &Cell<A>, signals: u8) -> Result<Option<A::Mail>, Turn<A::Mail>> {
        if let Some(mail) = self.cx.as_mut().and_then(Context::next_due) {
            cell.core.stats.count_direct();
            return Ok(Some(mail));
        }
        match cell.queue.take(&mut self.consumer) {
            Taken::Mail(mail) => {
                if mail.abandoned() {
                    cell.dead_letter(mail, Refusal::Closed, Cause::Abandoned);
                    return Ok(None);
                }
                Ok(Some(mail))
            }
            Taken::Notice(notice) => {
                if notice.incarnation != cell.core.incarnation()
                    || !notice.wanted.as_ref().is_none_or(|wanted| wanted.get())
                {
                    quiet::drop_logged(notice.mail, "a notice that nobody wants any more");
                    return Ok(None);
                }
                cell.core.stats.count_direct();
                Ok(Some(notice.mail))
            }
            Taken::Unready => Err(Turn::Unready),
            // A drain closes the mailbox first: what was empty after it was seen stays empty.
            Taken::Parked if signals & signal::DRAIN != 0 => Err(Turn::Over(ExitReason::Shutdown)),
            Taken::Parked => Err(Turn::Parked),
        }
    }

    /// What the urgent lane says. `Some` ends the incarnation.
    #[cold]
    fn obey(cell: &Cell<A>, signals: u8) -> Option<ExitReason> {
        let core = &cell.core;
        if signals & signal::CUTS != 0
            && let Some(reason) = core.take_cut()
        {
            return Some(reason);
        }
        if signals & signal::STOP != 0 {
            return Some(ExitReason::Shutdown);
        }
        if signals & signal::EXIT != 0
            && let Some(reason) = link::obey(cell)
        {
            return Some(reason);
        }
        if signals & signal::ORDER != 0 {
            core.lower(signal::ORDER);
            match core.current_order() {
                Order::Start { run, .. } if run == core.incarnation() => {}
                Order::Start { .. } | Order::Rest | Order::Stop { .. } | Order::End => {
                    return Some(ExitReason::Shutdown);
                }
            }
        }
        None
    }
}

/// What the task has done since it slept.
#[derive(Default)]
struct Spell {
    turns: u8,
    handlers: u8,
    /// When the last turn ended, in microseconds since some moment; a number that wraps.
    last: u32,
}

impl Spell {
    /// A turn was full: whether it is time to let others run. Then a new spell begins.
    fn is_over(&mut self) -> bool {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let now = BEGAN.elapsed().as_micros() as u32;
        let long = self.turns > 0 && now.wrapping_sub(self.last) > LONG_TURN;
        self.turns += 1;
        self.last = now;
        let over = long || self.turns >= TURNS_PER_POLL;
        if over {
            *self = Self::default();
        }
        over
    }

    /// An async handler has ended: whether it is time to take part in the budget.
    fn is_due(&mut self) -> bool {
        self.handlers = (self.handlers + 1) % HANDLERS_PER_UNIT;
        self.handlers == 0
    }
}

pin_project_lite::pin_project! {
    /// The message loop of an incarnation, until it ends: a panic, a kill and the watchdog end it too.
    pub(crate) struct Serving<'a, A: Actor, F> {
        cell: &'a Cell<A>,
        #[pin]
        future: Caught<F>,
    }
}

/// Serves an actor whose state and context lie on the bench. Returns why the incarnation ends.
pub(crate) fn serving<A: Actor>(
    cell: &Cell<A>,
    owner: &mut Owner<'_, Work<A>>,
) -> impl Future<Output = ExitReason> + Send {
    Serving {
        cell,
        future: Caught::new(|| serve(cell, owner)),
    }
}

impl<A: Actor, F: Future<Output = ExitReason>> Future for Serving<'_, A, F> {
    type Output = ExitReason;

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<ExitReason> {
        let this = self.project();
        let core = &this.cell.core;
        let mut future = this.future;
        let doom = match doom(this.cell) {
            Some(doom) => doom,
            None => match future.as_mut().poll(task) {
                Poll::Ready(Ok(reason)) => return Poll::Ready(reason),
                Poll::Ready(Err(payload)) => return Poll::Ready(panicked(core, payload)),
                Poll::Pending => match doom(this.cell) {
                    Some(doom) => doom,
                    None => return Poll::Pending,
                },
            },
        };
        // A panic of the handler's destructors counts for more than what ended it.
        Poll::Ready(match future.discard() {
            Ok(()) => felled(core, doom),
            Err(payload) => panicked(core, payload),
        })
    }
}

/// What has come to end a handler that is suspended. (Where none is, the loop sees to it.)
#[inline]
fn doom<A: Actor>(cell: &Cell<A>) -> Option<ExitReason> {
    let core = &cell.core;
    // What a guest at the bench has in hand is not ours.
    if core.is_threatened() && core.hand.has_message() && !cell.bench.is_lent() {
        struck(core)
    } else {
        None
    }
}

#[cold]
fn struck(core: &Core) -> Option<ExitReason> {
    core.take_cut().or_else(|| link::overcome(core))
}

/// The message loop.
#[allow(
    clippy::manual_async_fn,
    reason = "an `async fn` would keep its arguments twice"
)]
fn serve<A: Actor>(
    cell: &Cell<A>,
    owner: &mut Owner<'_, Work<A>>,
) -> impl Future<Output = ExitReason> + Send {
    async move {
        loop {
            let mut mail = None;
            let pause = match owner.get().turn(cell, MESSAGES_PER_TURN) {
                Turn::Over(reason) => return reason,
                Turn::Wait(waits) => {
                    mail = Some(waits);
                    Pause::None
                }
                Turn::Parked => owner.get().rests(),
                Turn::Full | Turn::Unready => owner.get().is_full(),
            };
            if let Some(mail) = mail {
                let Some((state, cx)) = owner.get().parts() else {
                    return ExitReason::Shutdown;
                };
                let handled = state.on_mail(mail, cx).await;
                if let Some(reason) = settle(&cell.core, handled) {
                    return reason;
                }
                if owner.get().spell.is_due() {
                    take_part().await;
                }
            }
            match pause {
                Pause::None => {}
                Pause::Sleep => idle(cell, owner).await,
                Pause::TakePart => take_part().await,
                Pause::Yield => tokio::task::yield_now().await,
            }
        }
    }
}

/// What comes between two turns.
enum Pause {
    None,
    Sleep,
    TakePart,
    Yield,
}

/// Takes part in tokio's budget: what handlers use up counts here too.
pub(crate) fn take_part() -> impl Future<Output = ()> {
    poll_fn(|task| tokio::task::coop::poll_proceed(task).map(|budget| budget.made_progress()))
}

/// Sleeps until there is something to do. Any signal is: those that the last turn saw, it has obeyed (and a drain, which
/// stays, ended it). The work is lent out meanwhile, where callers may run their asks themselves.
fn idle<A: Actor>(cell: &Cell<A>, owner: &mut Owner<'_, Work<A>>) -> impl Future<Output = ()> {
    if cell.core.runs_inline() && !owner.get().wants_owner() {
        owner.get().guests.get_or_insert_default();
        owner.lend();
    }
    poll_fn(move |task| {
        let awaited = cell.core.signals() != 0 || cell.queue.has_next();
        if owner.is_lent() {
            // A guest that is there wakes us when it leaves.
            return if (awaited || owner.is_recalled()) && owner.reclaim() {
                Poll::Ready(())
            } else {
                Poll::Pending
            };
        }
        if awaited {
            return Poll::Ready(());
        }
        match &mut owner.get().cx {
            Some(cx) => cx.poll_due(task),
            None => Poll::Ready(()),
        }
    })
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

/// The handler of the message in hand was dropped.
#[cold]
fn felled(core: &Core, reason: ExitReason) -> ExitReason {
    fail(core, &reason);
    reason
}

/// The loop panicked, with a message in hand.
#[cold]
fn panicked(core: &Core, payload: quiet::Payload) -> ExitReason {
    let reason = core.panicked(payload);
    fail(core, &reason);
    reason
}

/// The handler of the message in hand has failed.
#[cold]
pub(crate) fn fail(core: &Core, reason: &ExitReason) {
    let message = core.in_hand().unwrap_or_default();
    core.lay_down();
    core.set_failed_in(Some(message));
    core.stats.count_failed();
    core.stats.count_dead_letter();
    core.system.dead_letters().add(
        core,
        message,
        Cause::Failed(reason.clone()),
        Content::none(),
    );
}
