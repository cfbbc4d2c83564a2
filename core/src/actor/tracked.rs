//! The outside of an actor's task: who is running, since when, and what for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::actor::cell::AnyCell;
use crate::raw::current;

pin_project_lite::pin_project! {
    /// The task of an actor. Its polls are timed, and run with the actor as the current one.
    pub(crate) struct Tracked<F> {
        cell: Arc<dyn AnyCell>,
        #[pin]
        future: F,
    }
}

impl<F> Tracked<F> {
    pub(crate) fn new(cell: Arc<dyn AnyCell>, future: F) -> Self {
        Self { cell, future }
    }
}

impl<F: Future<Output = ()>> Future for Tracked<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let core = this.cell.core();
        core.set_waker(cx.waker());
        let stats = &core.stats;
        // A handler that was suspended has its times measured one by one.
        let resumes = stats.is_suspended();
        let began = if resumes || core.sampler.measures() {
            Some(stats.poll_begins())
        } else {
            stats.unmeasured_begins();
            None
        };
        let polled = current::run_as(this.cell, || this.future.poll(cx));
        // What a guest at the bench has in hand is not ours.
        let suspended = polled.is_pending() && !core.hand.is_empty() && !this.cell.is_lent();
        match began {
            Some(began) => {
                let sampler = (!resumes).then_some(&core.sampler);
                stats.poll_ends(began, suspended, sampler);
            }
            None => stats.unmeasured_ends(suspended),
        }
        if suspended {
            // A consumer that waits must not keep senders beside free room.
            this.cell.rest();
        }
        polled
    }
}
