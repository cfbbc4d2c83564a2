//! Tell: hand a message over.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::edges::{self, Call, EdgeRef};
use crate::error::{Refused, TellError};
use crate::message::Reply;
use crate::message::ask::AskFuture;
use crate::message::blocking;
use crate::message::route::{Route, ToActor, ToRecipient};
use crate::message::timed::{Limited, Timed};
use crate::raw::current;
use crate::stats::WaitsFor;
use crate::timer::{self, Timer};

/// What tokio gives a task to spend before it has to yield; more makes no difference.
const BUDGET: usize = 128;

/// A tell to an [`Address`](crate::Address).
pub type Tell<'a, A, M> = TellFuture<ToActor<'a, A>, M>;
/// A tell to a [`Recipient`](crate::Recipient).
pub type RecipientTell<'a, M, R, E> = TellFuture<ToRecipient<'a, M, R, E>, M>;

pin_project_lite::pin_project! {
    /// A message on its way: done when the mailbox has accepted it, or refused it.
    ///
    /// Nothing happens before it is polled. Dropping it before it is done means that the message was not sent. Once it
    /// is done it stays pending when polled again.
    #[must_use = "a message is not sent before it is awaited; or say `.try_tell()`"]
    pub struct TellFuture<Rt: Route<M>, M> {
        route: Rt,
        message: Option<M>,
        wait: Wait,
        // Later versions keep their place in the line inside of the future; none may be movable before.
        #[pin]
        pinned: PhantomPinned,
    }

    impl<Rt: Route<M>, M> PinnedDrop for TellFuture<Rt, M> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.wait.leave(this.route);
        }
    }
}

/// The place of a suspended send: its ticket, and what was registered for it.
#[derive(Default)]
pub(crate) struct Wait {
    pub(crate) ticket: Option<u64>,
    since: Option<Instant>,
    edge: Option<EdgeRef>,
}

impl Wait {
    /// Notes that the send is suspended. `Err` when it waits for room that only its own caller could make.
    fn suspended<M, Rt: Route<M>>(&mut self, route: &Rt) -> Result<(), Refused> {
        self.since.get_or_insert_with(Instant::now);
        let (Some(actor), Some(ticket)) = (current::get(), self.ticket) else {
            return Ok(());
        };
        if !self
            .edge
            .as_ref()
            .is_some_and(|edge| edge.stands_for(&actor))
        {
            self.edge = None;
            let target = route.target().0.share();
            if edges::same(&actor, &target) {
                return Err(Refused::Full);
            }
            match edges::register(&actor, target, Call::Room(ticket)) {
                Ok(edge) => self.edge = Some(edge),
                Err(edges::Cycle) => return Err(Refused::Full),
            }
        }
        actor.core().stats.waits_for(WaitsFor::Send);
        Ok(())
    }

    /// Notes how long it waited, for an ask whose wait for room goes over into a wait for the answer.
    pub(crate) fn since(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Gives up the place in the line, if there is one, and whatever was registered for it.
    #[inline]
    pub(crate) fn leave<M, Rt: Route<M>>(&mut self, route: &Rt) {
        // A send that was never suspended has nothing registered.
        if let Some(since) = self.since.take() {
            self.leave_line(route, since);
        }
    }

    #[cold]
    fn leave_line<M, Rt: Route<M>>(&mut self, route: &Rt, since: Instant) {
        let target = route.target();
        let cell = target.0.cell();
        if let Some(ticket) = self.ticket.take() {
            cell.cancel(ticket);
        }
        self.edge = None;
        cell.core().stats.count_send_wait(since.elapsed());
    }
}

impl<Rt: Route<M>, M> TellFuture<Rt, M> {
    pub(crate) fn new(route: Rt, message: M) -> Self {
        Self::of(route, Some(message))
    }

    pub(crate) fn of(route: Rt, message: Option<M>) -> Self {
        Self {
            route,
            message,
            wait: Wait::default(),
            pinned: PhantomPinned,
        }
    }

    /// Takes the message out of a future that was not polled yet.
    fn into_parts(mut self) -> (Rt, Option<M>) {
        (self.route, self.message.take())
    }

    /// The same message as a tell. For symmetry.
    pub fn tell(self) -> Self {
        self
    }

    /// The same message as an ask: done when its handler has answered.
    pub fn ask(self) -> AskFuture<Rt, M> {
        let (route, message) = self.into_parts();
        AskFuture::of(route, message)
    }

    /// Hands it over now, or gives it back.
    pub fn try_tell(self) -> Result<(), TellError<M>> {
        match self.into_parts() {
            (route, Some(message)) => route.try_deliver(message, Reply::nobody()),
            (_, None) => Ok(()),
        }
    }

    /// Waits for room no longer than `limit`, from the first poll on; then it is [`Refused::Full`].
    pub fn timeout(self, limit: Duration) -> Timed<Self>
    where
        M: Send + 'static,
    {
        Timed::new(self, limit)
    }

    /// Sends it once, `delay` from now, without waiting for room: a full mailbox skips it and counts that.
    ///
    /// It survives a restart of the receiver and ends with its death.
    pub fn after(self, delay: Duration) -> Timer
    where
        M: Send + 'static,
    {
        let (route, message) = self.into_parts();
        timer::once(route.target().0.share(), route.owned(), delay, message)
    }

    /// Sends a copy every `period`, the first one `period` from now; see [`after`](Self::after). Ticks that were
    /// missed collapse into one. Below a millisecond, `period` is a millisecond.
    pub fn every(self, period: Duration) -> Timer
    where
        M: Clone + Send + 'static,
    {
        let (route, message) = self.into_parts();
        timer::repeat(route.target().0.share(), route.owned(), period, message)
    }

    /// Waits on this thread, for code that is not async. Inside a handler it gives [`Refused::WouldBlock`] at once.
    pub fn blocking(self) -> Result<(), TellError<M>>
    where
        M: Send + 'static,
    {
        if current::inside() {
            return self.would_block();
        }
        let runtime = self.route.inner().0.system.runtime().clone();
        blocking::wait(&runtime, self)
    }
}

impl<Rt: Route<M>, M> Future for TellFuture<Rt, M> {
    type Output = Result<(), TellError<M>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.message.is_none() {
            return Poll::Pending;
        }
        let coop = ready!(tokio::task::coop::poll_proceed(cx));
        let has_waited = this.wait.ticket.is_some();
        let polled = this.route.poll_deliver(
            this.message,
            &mut Reply::nobody,
            &mut this.wait.ticket,
            cx.waker(),
            false,
        );
        let outcome = match polled {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => match this.wait.suspended(this.route) {
                Ok(()) => return Poll::Pending,
                Err(refused) => {
                    this.route.inner().0.stats.count_gave_up();
                    Err(refused)
                }
            },
        };
        coop.made_progress();
        this.wait.leave(this.route);
        if has_waited {
            let_others_run(cx);
        }
        Poll::Ready(match (outcome, this.message.take()) {
            (Err(refused), Some(message)) => Err(TellError::new(message, refused)),
            (_, _) => Ok(()),
        })
    }
}

/// Uses up the task's budget, so that its next send comes after the others have run.
///
/// Senders that waited together are given room together. If the first of them went on at once, its next message would
/// have to wait behind the room of the others; and so for each of them, for ever: one message per turn of a task. This
/// way all of them have used their room when the first comes back, and nobody waits until the mailbox is full again.
#[cold]
fn let_others_run(cx: &mut Context<'_>) {
    for _ in 0..BUDGET {
        if !tokio::task::coop::has_budget_remaining() {
            return;
        }
        if let Poll::Ready(spent) = tokio::task::coop::poll_proceed(cx) {
            spent.made_progress();
        }
    }
}

impl<Rt: Route<M>, M: Send + 'static> Limited for TellFuture<Rt, M> {
    fn runtime(&self) -> tokio::runtime::Handle {
        self.route.inner().0.system.runtime().clone()
    }

    fn begin(self: Pin<&mut Self>) {}

    fn would_block(self) -> Self::Output {
        match self.into_parts() {
            (_, Some(message)) => Err(TellError::new(message, Refused::WouldBlock)),
            (_, None) => Ok(()),
        }
    }

    fn expire(self: Pin<&mut Self>) -> Self::Output {
        let this = self.project();
        this.wait.leave(this.route);
        match this.message.take() {
            Some(message) => {
                this.route.inner().0.stats.count_gave_up();
                Err(TellError::new(message, Refused::Full))
            }
            None => Ok(()),
        }
    }
}
