//! The message loop of one incarnation.
//!
//! Before each message: tokio's budget, the urgent lane, the actor's own wish to stop; timers when they are due, and
//! looked at after at most 64 messages. Then what the queue says is next: a notice whose place has come, or a message.

use std::future::poll_fn;
use std::task::Poll;

use crate::actor::Actor;
use crate::actor::cell::{Cell, Core, signal};
use crate::actor::start::{Step, Until, guard};
use crate::context::Context;
use crate::dead_letter::{Cause, Content};
use crate::exit::ExitReason;
use crate::links::Order;
use crate::mailbox::queue::Taken;
use crate::message::{Mail, Refusal};
use crate::quiet;

/// How many messages are handled between two looks at the clock for due timers.
const MESSAGES_PER_CLOCK: u32 = 64;

/// The message loop. Returns why the incarnation ends.
pub(crate) async fn serve<A: Actor>(
    cell: &Cell<A>,
    state: &mut A,
    cx: &mut Context<A>,
    run: u64,
) -> ExitReason {
    let core = &cell.core;
    let mut draining = false;
    let mut since_clock = 0;
    loop {
        // Take part in tokio's budget: an actor that floods itself starves nobody.
        poll_fn(|cx| tokio::task::coop::poll_proceed(cx).map(|budget| budget.made_progress()))
            .await;
        let signals = core.signals();
        if signals != 0 {
            if let Some(reason) = obey(core, signals, run) {
                return reason;
            }
            draining |= signals & signal::DRAIN != 0;
        }
        if let Some(reason) = cx.take_stop() {
            return reason;
        }
        if since_clock >= MESSAGES_PER_CLOCK {
            since_clock = 0;
            // What is due by now and no more: a timer that is slower than its period must not shut everything else out.
            let now = cx.timer_clock();
            while core.signals() == signals
                && let Some(mail) = now.and_then(|now| cx.take_due(now))
            {
                core.stats.count_direct();
                if let Some(reason) = handle(core, state, cx, mail).await {
                    return reason;
                }
                if let Some(reason) = cx.take_stop() {
                    return reason;
                }
            }
            if core.signals() != signals {
                since_clock = MESSAGES_PER_CLOCK;
                continue;
            }
        }
        match cell.queue.take() {
            Taken::Mail(mail) if mail.abandoned() => {
                since_clock += 1;
                cell.dead_letter(mail, Refusal::Closed, Cause::Abandoned);
            }
            Taken::Mail(mail) => {
                since_clock += 1;
                if let Some(reason) = handle(core, state, cx, mail).await {
                    return reason;
                }
            }
            Taken::Notice(notice) => {
                since_clock += 1;
                if notice.incarnation != run
                    || !notice.wanted.as_ref().is_none_or(|wanted| wanted.get())
                {
                    quiet::drop_logged(notice.mail, "a notice that nobody wants any more");
                    continue;
                }
                core.stats.count_direct();
                if let Some(reason) = handle(core, state, cx, notice.mail).await {
                    return reason;
                }
            }
            Taken::Parked if draining => return ExitReason::Shutdown,
            Taken::Parked => {
                since_clock = MESSAGES_PER_CLOCK;
                if !cx.has_due() {
                    idle(cell, cx, signals).await;
                }
            }
        }
    }
}

/// Sleeps until there is something to do.
async fn idle<A: Actor>(cell: &Cell<A>, cx: &mut Context<A>, known: u8) {
    poll_fn(|task| {
        if cell.core.signals() != known || cell.queue.has_next() {
            return Poll::Ready(());
        }
        cx.poll_due(task)
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

/// Handles one message. `Some` ends the incarnation.
async fn handle<A: Actor>(
    core: &Core,
    state: &mut A,
    cx: &mut Context<A>,
    mail: A::Mail,
) -> Option<ExitReason> {
    let message = mail.name();
    let hand = InHand::new(core, message);
    let handled = guard(
        core,
        async {
            match core.faults.strike() {
                Some(handled) => handled,
                None => state.on_mail(mail, cx).await,
            }
        },
        Until::KILLED,
    )
    .await;
    hand.lay_down();
    let reason = match handled {
        Step::Done(handled) => match core.judge(message, handled) {
            Ok(()) => {
                core.stats.count_handled();
                return None;
            }
            Err(reason) => reason,
        },
        Step::Panicked(payload) => {
            core.stats.count_panic();
            let reason = core.panic_reason(&*payload);
            quiet::drop_logged(payload, "a panic's payload");
            reason
        }
        Step::Killed | Step::TimedOut | Step::Ordered => {
            core.lower(signal::KILL);
            ExitReason::Killed
        }
    };
    count_failed(core, message, &reason);
    Some(reason)
}

fn count_failed(core: &Core, message: &'static str, reason: &ExitReason) {
    core.stats.count_failed();
    core.stats.count_dead_letter();
    core.system.dead_letters().add(
        core,
        message,
        Cause::Failed(reason.clone()),
        Content::none(),
    );
}

/// A message in hand. If the runtime drops the task in the middle of its handler, it is counted here.
struct InHand<'a> {
    core: &'a Core,
    message: &'static str,
    done: bool,
}

impl<'a> InHand<'a> {
    fn new(core: &'a Core, message: &'static str) -> Self {
        core.take_in_hand(message);
        Self {
            core,
            message,
            done: false,
        }
    }

    fn lay_down(mut self) {
        self.done = true;
        self.core.lay_down();
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        if !self.done {
            count_failed(self.core, self.message, &ExitReason::Killed);
        }
    }
}
