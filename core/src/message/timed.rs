//! An exact time limit on a tell or an ask.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use crate::message::blocking;
use crate::raw::current;

/// A call that can be ended from outside with an outcome of its own. Not for implementing.
#[doc(hidden)]
pub trait Limited: Future {
    fn runtime(&self) -> tokio::runtime::Handle;
    /// Somebody else keeps the limit from now on.
    fn begin(self: Pin<&mut Self>);
    /// It was to block a thread that must not wait.
    fn would_block(self) -> Self::Output
    where
        Self: Sized;
    /// The limit has passed.
    fn expire(self: Pin<&mut Self>) -> Self::Output;
}

pin_project_lite::pin_project! {
    /// A tell or an ask with a limit of its own, exact to the timer's millisecond. One budget covers the wait for room
    /// and the wait for the answer; it runs from the first poll.
    #[must_use = "nothing is sent before it is awaited"]
    pub struct Timed<F> {
        #[pin]
        call: F,
        limit: Duration,
        // In a box, and only for calls that suspend: most never do.
        sleep: Option<Pin<Box<Sleep>>>,
        begun: bool,
    }
}

impl<F: Limited> Timed<F> {
    pub(crate) fn new(call: F, limit: Duration) -> Self {
        Self {
            call,
            limit,
            sleep: None,
            begun: false,
        }
    }

    /// Waits on this thread, for code that is not async. Inside a handler it gives `WouldBlock` at once.
    pub fn blocking(self) -> F::Output {
        if current::inside() {
            return self.call.would_block();
        }
        let runtime = self.call.runtime();
        blocking::wait(&runtime, self)
    }
}

impl<F: Limited> Future for Timed<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if !*this.begun {
            *this.begun = true;
            this.call.as_mut().begin();
        }
        if let Poll::Ready(outcome) = this.call.as_mut().poll(cx) {
            return Poll::Ready(outcome);
        }
        let sleep = match this.sleep {
            Some(sleep) => sleep,
            None => {
                // The caller may be on a thread of its own, where no timer is at hand.
                let runtime = this.call.as_ref().get_ref().runtime();
                let _entered = runtime.enter();
                this.sleep.insert(Box::pin(tokio::time::sleep(*this.limit)))
            }
        };
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(this.call.expire()),
            Poll::Pending => Poll::Pending,
        }
    }
}
