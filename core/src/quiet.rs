//! Running the code of others so that its panic stays where it began.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a panic threw.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs `f` and gives its panic back as a value.
///
/// Whatever `f` borrows must not be relied on after a panic other than to be dropped; the callers keep to that by
/// ending the incarnation.
pub(crate) fn caught<T>(f: impl FnOnce() -> T) -> Result<T, Payload> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Drops `value`; a destructor that panics is reported in the result instead of unwinding.
pub(crate) fn drop_caught<T>(value: T) -> Result<(), Payload> {
    caught(move || drop(value)).map_err(|payload| {
        // The payload may itself have a destructor that panics. Once is a mistake, twice is left to leak.
        let text = crate::text::of_panic(&*payload, usize::MAX);
        if caught(move || drop(payload)).is_err() {
            tracing::error!("a panic's payload panicked when dropped");
        }
        Box::new(text.to_string()) as Payload
    })
}

/// Drops `value` and logs, no more, a destructor that panics.
pub(crate) fn drop_logged<T>(value: T, what: &'static str) {
    if let Err(payload) = drop_caught(value) {
        tracing::error!(what, panic = %crate::text::of_panic(&*payload, 256), "a destructor panicked");
    }
}

/// Wakes; the waker is somebody else's code.
pub(crate) fn wake(waker: std::task::Waker) {
    if let Err(payload) = caught(move || waker.wake()) {
        drop_logged(payload, "a waker's panic");
        tracing::error!("a waker panicked");
    }
}

pin_project_lite::pin_project! {
    /// A future whose panics, while it is made, polled and dropped, are values.
    #[project = Stage]
    pub(crate) enum Caught<F> {
        Begun {
            #[pin]
            future: F,
        },
        Failed {
            payload: Option<Payload>,
        },
        Over,
    }
}

impl<F: Future> Caught<F> {
    #[inline]
    pub(crate) fn new(make: impl FnOnce() -> F) -> Self {
        match caught(make) {
            Ok(future) => Self::Begun { future },
            Err(payload) => Self::Failed {
                payload: Some(payload),
            },
        }
    }

    /// Drops the future now. Safe to call more than once.
    pub(crate) fn discard(mut self: Pin<&mut Self>) -> Result<(), Payload> {
        caught(|| self.set(Self::Over))
    }
}

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Payload>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = match self.as_mut().project() {
            Stage::Begun { future } => match caught(|| future.poll(cx)) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(output)) => Ok(output),
                Err(payload) => Err(payload),
            },
            Stage::Failed { payload } => match payload.take() {
                Some(payload) => Err(payload),
                None => return Poll::Pending,
            },
            Stage::Over => return Poll::Pending,
        };
        // What the finished future still holds is dropped here, where a panic is caught.
        match (polled, self.discard()) {
            (Ok(_), Err(payload)) => Poll::Ready(Err(payload)),
            (Err(payload), Err(second)) => {
                drop_logged(second, "a panic's payload");
                Poll::Ready(Err(payload))
            }
            (polled, Ok(())) => Poll::Ready(polled),
        }
    }
}
