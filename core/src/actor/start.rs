//! Running a user's future inside the actor's task, so that a panic, a kill, an order or a limit ends it and no more.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Poll, ready};

use tokio::time::Sleep;

use crate::actor::cell::{Core, signal};
use crate::links::Order;
use crate::quiet::{Caught, Payload};

/// How it ended.
pub(crate) enum Step<T> {
    Done(T),
    Panicked(Payload),
    /// It was dropped because of a kill.
    Killed,
    /// It was dropped because its time was over.
    TimedOut,
    /// It was dropped because somebody wants something else of the actor.
    Ordered,
}

/// What, beside a kill, may end it early.
pub(crate) struct Until<'a> {
    pub(crate) limit: Option<&'a mut Pin<Box<Sleep>>>,
    /// The start that an order other than this one ends.
    pub(crate) run: Option<u64>,
}

impl Until<'_> {
    /// Nothing but a kill.
    pub(crate) const KILLED: Self = Self {
        limit: None,
        run: None,
    };
}

/// Runs `future` to its end, or to the first thing that ends it. It is dropped inside, where a panic is caught.
pub(crate) async fn guard<F: Future>(
    core: &Core,
    future: F,
    mut until: Until<'_>,
) -> Step<F::Output> {
    let mut future = pin!(Caught::new(future));
    // What is in hand has begun: a kill that comes before the first poll waits for the first await.
    let mut begun = false;
    poll_fn(|cx| {
        let early = if std::mem::replace(&mut begun, true) && core.has_kill() {
            Step::Killed
        } else if until.run.is_some_and(|run| is_ordered_away(core, run)) {
            Step::Ordered
        } else {
            match future.as_mut().poll(cx) {
                Poll::Ready(Ok(output)) => return Poll::Ready(Step::Done(output)),
                Poll::Ready(Err(payload)) => return Poll::Ready(Step::Panicked(payload)),
                Poll::Pending if core.has_kill() => {
                    return finish(future.as_mut(), Step::Killed);
                }
                Poll::Pending => {}
            }
            match &mut until.limit {
                Some(limit) => {
                    ready!(limit.as_mut().poll(cx));
                    Step::TimedOut
                }
                None => return Poll::Pending,
            }
        };
        finish(future.as_mut(), early)
    })
    .await
}

/// Drops the future; a panic of that counts for more than what ended it.
fn finish<F: Future>(future: Pin<&mut Caught<F>>, early: Step<F::Output>) -> Poll<Step<F::Output>> {
    match future.discard() {
        Ok(()) => Poll::Ready(early),
        Err(payload) => Poll::Ready(Step::Panicked(payload)),
    }
}

/// Whether start number `run` is not wanted any more.
fn is_ordered_away(core: &Core, run: u64) -> bool {
    let signals = core.signals();
    if signals & signal::STOP != 0 {
        return true;
    }
    signals & signal::ORDER != 0
        && !matches!(core.current_order(), Order::Start { run: wanted, .. } if wanted == run)
}
