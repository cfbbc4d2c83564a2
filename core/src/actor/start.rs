//! Running a user's future inside the actor's task, so that a panic, a kill, an order or a limit ends it and no more.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

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

pin_project_lite::pin_project! {
    /// A user's future at work; see [`guard`]. A struct and no `async fn`, which would keep its arguments twice.
    pub(crate) struct Guard<'a, F> {
        core: &'a Core,
        #[pin]
        future: Caught<F>,
        until: Until<'a>,
        // What is in hand has begun: a kill that comes before the first poll waits for the first await.
        begun: bool,
    }
}

/// Runs the future that `make` makes to its end, or to the first thing that ends it. It is made, polled and dropped
/// where a panic is caught.
#[inline]
pub(crate) fn guard<'a, F: Future>(
    core: &'a Core,
    make: impl FnOnce() -> F,
    until: Until<'a>,
) -> Guard<'a, F> {
    Guard {
        core,
        future: Caught::new(make),
        until,
        begun: false,
    }
}

impl<F: Future> Future for Guard<'_, F> {
    type Output = Step<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let early = if std::mem::replace(this.begun, true) && this.core.has_kill() {
            Step::Killed
        } else if this
            .until
            .run
            .is_some_and(|run| is_ordered_away(this.core, run))
        {
            Step::Ordered
        } else {
            match this.future.as_mut().poll(cx) {
                Poll::Ready(Ok(output)) => return Poll::Ready(Step::Done(output)),
                Poll::Ready(Err(payload)) => return Poll::Ready(Step::Panicked(payload)),
                Poll::Pending if this.core.has_kill() => {
                    return finish(this.future, Step::Killed);
                }
                Poll::Pending => {}
            }
            match &mut this.until.limit {
                Some(limit) => {
                    ready!(limit.as_mut().poll(cx));
                    Step::TimedOut
                }
                None => return Poll::Pending,
            }
        };
        finish(this.future, early)
    }
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
