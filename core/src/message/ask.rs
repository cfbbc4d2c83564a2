//! Ask: hand a message over and wait for its answer.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::actor::cell::AnyCell;
use crate::edges::{self, Call, EdgeRef};
use crate::error::{AskError, Refused, TellError};
use crate::message::Reply;
use crate::message::blocking;
use crate::message::route::{Route, ToActor, ToRecipient};
use crate::message::tell::{TellFuture, Wait};
use crate::message::timed::{Limited, Timed};
use crate::raw::current;
use crate::raw::slot::{Asker, Found};
use crate::stats::WaitsFor;
use crate::timer::Timer;

/// An ask to an [`Address`](crate::Address).
pub type Ask<'a, A, M> = AskFuture<ToActor<'a, A>, M>;
/// An ask to a [`Recipient`](crate::Recipient).
pub type RecipientAsk<'a, M, R, E> = AskFuture<ToRecipient<'a, M, R, E>, M>;

type AskerOf<Rt, M> = Asker<<Rt as Route<M>>::Reply, <Rt as Route<M>>::Error>;

pin_project_lite::pin_project! {
    /// A question on its way: done when its answer is here, or an [`AskError`] that says why there is none.
    ///
    /// Nothing happens before it is polled. It waits for room and for the answer no longer than the system's limit (5 s
    /// unless set, looked at every 250 ms); [`timeout`](Self::timeout) sets an exact one. Dropping it before it is done
    /// takes a message back that was not accepted; one that was is still handled. Once it is done it stays pending when
    /// polled again.
    #[must_use = "nothing is asked before it is awaited; or say `.tell()`"]
    pub struct AskFuture<Rt: Route<M>, M> {
        route: Rt,
        message: Option<M>,
        asker: Option<AskerOf<Rt, M>>,
        wait: Wait,
        edge: Option<EdgeRef>,
        // Somebody else keeps the time limit.
        timed: bool,
        #[pin]
        pinned: PhantomPinned,
    }

    impl<Rt: Route<M>, M> PinnedDrop for AskFuture<Rt, M> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            *this.edge = None;
            this.wait.leave(this.route);
            *this.asker = None;
        }
    }
}

type Answer<Rt, M> = Result<<Rt as Route<M>>::Reply, AskError<<Rt as Route<M>>::Error>>;

impl<Rt: Route<M>, M> AskFuture<Rt, M> {
    pub(crate) fn new(route: Rt, message: M) -> Self {
        Self::of(route, Some(message))
    }

    pub(crate) fn of(route: Rt, message: Option<M>) -> Self {
        Self {
            route,
            message,
            asker: None,
            wait: Wait::default(),
            edge: None,
            timed: false,
            pinned: PhantomPinned,
        }
    }

    /// The same message as an ask. For symmetry.
    pub fn ask(self) -> Self {
        self
    }

    /// The same message as a tell: nobody waits for its answer, and an error of its handler is a failure.
    pub fn tell(mut self) -> TellFuture<Rt, M> {
        TellFuture::of(self.route, self.message.take())
    }

    /// Tells it now, or gives it back.
    pub fn try_tell(self) -> Result<(), TellError<M>> {
        self.tell().try_tell()
    }

    /// Sets an exact limit for all of it, in place of the system's.
    pub fn timeout(self, limit: Duration) -> Timed<Self>
    where
        M: Send + 'static,
    {
        Timed::new(self, limit)
    }

    /// Tells it `delay` from now; see [`TellFuture::after`].
    pub fn after(self, delay: Duration) -> Timer
    where
        M: Send + 'static,
    {
        self.tell().after(delay)
    }

    /// Tells it every `period`; see [`TellFuture::every`].
    pub fn every(self, period: Duration) -> Timer
    where
        M: Clone + Send + 'static,
    {
        self.tell().every(period)
    }

    /// Waits on this thread, for code that is not async. Inside a handler it gives [`AskError::WouldBlock`] at once.
    pub fn blocking(self) -> Answer<Rt, M>
    where
        M: Send + 'static,
    {
        if current::inside() {
            return self.would_block();
        }
        let runtime = self.route.inner().0.system.runtime().clone();
        blocking::wait(&runtime, self)
    }

    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<Rt::Error>> {
        let this = self.project();
        let asker = match this.asker {
            Some(asker) => asker,
            None => {
                if this.message.is_none() {
                    return Poll::Pending;
                }
                let core = this.route.inner().0;
                if current::with(|actor| std::ptr::eq(actor.core(), core)) == Some(true) {
                    *this.message = None;
                    return Poll::Ready(Ended::Failed(AskError::SelfAsk));
                }
                let sweeper = if *this.timed {
                    0
                } else {
                    core.system.sweeper().id()
                };
                this.asker.insert(Asker::new(sweeper))
            }
        };
        if this.message.is_some() {
            let reply = &mut || asker.port().map_or_else(Reply::nobody, Reply::to);
            match this.route.poll_deliver(
                this.message,
                reply,
                &mut this.wait.ticket,
                cx.waker(),
                true,
            ) {
                Poll::Ready(Ok(())) => this.wait.leave(this.route),
                Poll::Ready(Err(refused)) => {
                    // The queue has counted it.
                    *this.message = None;
                    return Poll::Ready(Ended::Failed(refused_ask(refused)));
                }
                Poll::Pending => this.wait.since(),
            }
        }
        match asker.poll(cx.waker()) {
            Found::Answer => return Poll::Ready(Ended::Answered),
            Found::Late if this.message.is_some() => {
                return Poll::Ready(Ended::Failed(AskError::Full));
            }
            Found::Late => return Poll::Ready(Ended::Failed(AskError::Timeout)),
            Found::Nothing => {}
        }
        if !*this.timed {
            let system = &this.route.inner().0.system;
            system.sweeper().watch(system);
        }
        match current::get() {
            Some(actor) => suspends(this.route, asker, this.edge, &actor).map(Ended::Failed),
            None => Poll::Pending,
        }
    }

    /// Ends all that stands for this call. Gives back an answer that arrived and was not read.
    fn close(self: Pin<&mut Self>) -> Option<Answer<Rt, M>> {
        let this = self.project();
        *this.edge = None;
        if this.message.take().is_some() && this.asker.is_some() {
            this.route.inner().0.stats.count_gave_up();
        }
        this.wait.leave(this.route);
        this.asker.take().and_then(|mut asker| asker.abandon())
    }
}

/// How a call has ended.
enum Ended<E> {
    /// The answer lies in the slot. It is not handed on from place to place, which costs more than to fetch it.
    Answered,
    /// For another reason; an answer that came in between counts all the same.
    Failed(AskError<E>),
}

/// The call suspends inside of a handler of `actor`: it gets an edge there, unless that would close a ring.
fn suspends<Rt: Route<M>, M>(
    route: &Rt,
    asker: &AskerOf<Rt, M>,
    edge: &mut Option<EdgeRef>,
    actor: &Arc<dyn AnyCell>,
) -> Poll<AskError<Rt::Error>> {
    if !edge.as_ref().is_some_and(|edge| edge.stands_for(actor)) {
        *edge = None;
        let Some(call) = asker.watch().map(Call::Answer) else {
            return Poll::Pending;
        };
        match edges::register(actor, route.target().0.share(), call) {
            Ok(registered) => *edge = Some(registered),
            Err(edges::Cycle) => return Poll::Ready(AskError::Cycle),
        }
    }
    actor.core().stats.waits_for(WaitsFor::Ask);
    Poll::Pending
}

fn refused_ask<E>(refused: Refused) -> AskError<E> {
    match refused {
        Refused::Full => AskError::Full,
        Refused::Closed => AskError::Closed,
        Refused::WouldBlock => AskError::WouldBlock,
    }
}

impl<Rt: Route<M>, M> Future for AskFuture<Rt, M> {
    type Output = Answer<Rt, M>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let coop = ready!(tokio::task::coop::poll_proceed(cx));
        let ended = ready!(self.as_mut().poll_call(cx));
        coop.made_progress();
        let error = match ended {
            Ended::Answered => {
                let this = self.as_mut().project();
                *this.edge = None;
                this.wait.leave(this.route);
                if let Some(answer) = this.asker.as_mut().and_then(Asker::take) {
                    return Poll::Ready(answer);
                }
                AskError::Failed
            }
            Ended::Failed(error) => error,
        };
        Poll::Ready(self.close().unwrap_or(Err(error)))
    }
}

impl<Rt: Route<M>, M: Send + 'static> Limited for AskFuture<Rt, M> {
    fn runtime(&self) -> tokio::runtime::Handle {
        self.route.inner().0.system.runtime().clone()
    }

    fn begin(self: Pin<&mut Self>) {
        *self.project().timed = true;
    }

    fn would_block(self) -> Self::Output {
        Err(AskError::WouldBlock)
    }

    fn expire(self: Pin<&mut Self>) -> Self::Output {
        let accepted = self.message.is_none();
        self.close().unwrap_or(Err(if accepted {
            AskError::Timeout
        } else {
            AskError::Full
        }))
    }
}
