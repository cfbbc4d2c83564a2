//! The outside of an actor's task: who is running, since when, and what for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::actor::cell::AnyCell;
use crate::current::Entered;
use crate::stats::Sampler;

pin_project_lite::pin_project! {
    /// The task of an actor. Its polls are timed, and run with the actor as the current one.
    pub(crate) struct Tracked<F> {
        #[pin]
        future: F,
        cell: Option<Arc<dyn AnyCell>>,
        begun: bool,
        sampler: Sampler,
    }
}

impl<F> Tracked<F> {
    pub(crate) fn new(cell: Arc<dyn AnyCell>, future: F) -> Self {
        Self {
            future,
            cell: Some(cell),
            begun: false,
            sampler: Sampler::default(),
        }
    }
}

impl<F: Future<Output = ()>> Future for Tracked<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        // Gone only if a poll unwound, after which nobody polls again.
        let Some(cell) = this.cell.take() else {
            return Poll::Ready(());
        };
        if !*this.begun {
            *this.begun = true;
            cell.core().set_waker(cx.waker());
        }
        let stats = &cell.core().stats;
        // A handler that was suspended has its times measured one by one.
        let resumes = stats.is_suspended();
        let began = if resumes || this.sampler.measures() {
            Some(stats.poll_begins())
        } else {
            stats.unmeasured_begins();
            None
        };
        let entered = Entered::new(cell);
        let polled = this.future.poll(cx);
        let Some(cell) = entered.leave() else {
            return polled;
        };
        // What a guest at the bench has in hand is not ours.
        let suspended = polled.is_pending() && !cell.core().hand.is_empty() && !cell.is_lent();
        match began {
            Some(began) => {
                let sampler = (!resumes).then_some(this.sampler);
                cell.core().stats.poll_ends(began, suspended, sampler);
            }
            None => cell.core().stats.unmeasured_ends(suspended),
        }
        if suspended {
            // A consumer that waits must not keep senders beside free room.
            cell.rest();
        }
        *this.cell = Some(cell);
        polled
    }
}
