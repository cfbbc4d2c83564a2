//! The ways to an actor: by its address, or by a recipient that knows no more than the message.
//!
//! The verbs are written once, over a route; an address and a recipient differ in how a message becomes mail.

use std::sync::Arc;
use std::task::{Poll, Waker};

use crate::actor::Actor;
use crate::actor::cell::{AnyCell, Cell, Core};
use crate::address::recipient::Deliver;
use crate::error::{Refused, TellError};
use crate::message::{AcceptedBy, Reply};

mod sealed {
    pub trait Sealed {}
}

/// A way to an actor that takes messages of type `M`. Not for implementing.
#[doc(hidden)]
pub trait Route<M>: sealed::Sealed + Copy + Send + Sync {
    type Reply: Send + 'static;
    type Error: Send + 'static;

    /// Delivers now or not at all.
    fn try_deliver(
        &self,
        message: M,
        reply: Reply<Self::Reply, Self::Error>,
    ) -> Result<(), TellError<M>>;

    /// Delivers as soon as there is room. `reply` is asked when there is. With `inline`, an idle actor may handle the
    /// message before this returns.
    fn poll_deliver(
        &self,
        message: &mut Option<M>,
        reply: &mut dyn FnMut() -> Reply<Self::Reply, Self::Error>,
        ticket: &mut Option<u64>,
        waker: &Waker,
        inline: bool,
    ) -> Poll<Result<(), Refused>>;

    #[doc(hidden)]
    fn target(&self) -> Target<'_>;

    #[doc(hidden)]
    fn inner(&self) -> Inner<'_>;

    /// A way that owns what it needs, for a timer.
    fn owned(&self) -> Box<dyn Fn(M) -> Result<(), TellError<M>> + Send + Sync>;
}

/// The actor at the end of a route, without its type.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Target<'a>(pub(crate) &'a dyn Reachable);

/// What all actors have, of the one at the end of a route.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Inner<'a>(pub(crate) &'a Core);

/// An `Arc` of a cell, whatever its type.
pub(crate) trait Reachable {
    fn cell(&self) -> &dyn AnyCell;
    fn share(&self) -> Arc<dyn AnyCell>;
}

impl<A: Actor> Reachable for Arc<Cell<A>> {
    fn cell(&self) -> &dyn AnyCell {
        &**self
    }

    fn share(&self) -> Arc<dyn AnyCell> {
        self.clone()
    }
}

/// By address.
#[doc(hidden)]
pub struct ToActor<'a, A: Actor>(pub(crate) &'a Arc<Cell<A>>);

impl<A: Actor> Clone for ToActor<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A: Actor> Copy for ToActor<'_, A> {}
impl<A: Actor> sealed::Sealed for ToActor<'_, A> {}

impl<A: Actor, M: AcceptedBy<A>> Route<M> for ToActor<'_, A> {
    type Reply = M::Reply;
    type Error = M::Error;

    fn try_deliver(
        &self,
        message: M,
        reply: Reply<M::Reply, M::Error>,
    ) -> Result<(), TellError<M>> {
        self.0.try_push(message, reply)
    }

    fn poll_deliver(
        &self,
        message: &mut Option<M>,
        reply: &mut dyn FnMut() -> Reply<M::Reply, M::Error>,
        ticket: &mut Option<u64>,
        waker: &Waker,
        inline: bool,
    ) -> Poll<Result<(), Refused>> {
        self.0.poll_push(message, reply, ticket, waker, inline)
    }

    fn target(&self) -> Target<'_> {
        Target(self.0)
    }

    #[inline]
    fn inner(&self) -> Inner<'_> {
        Inner(&self.0.core)
    }

    fn owned(&self) -> Box<dyn Fn(M) -> Result<(), TellError<M>> + Send + Sync> {
        let cell = Arc::clone(self.0);
        Box::new(move |message| cell.try_push(message, Reply::nobody()))
    }
}

/// By recipient.
#[doc(hidden)]
pub struct ToRecipient<'a, M, R, E>(pub(crate) &'a Arc<dyn Deliver<M, R, E>>);

impl<M, R, E> Clone for ToRecipient<'_, M, R, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M, R, E> Copy for ToRecipient<'_, M, R, E> {}
impl<M, R, E> sealed::Sealed for ToRecipient<'_, M, R, E> {}

impl<M, R, E> Reachable for Arc<dyn Deliver<M, R, E>> {
    fn cell(&self) -> &dyn AnyCell {
        self.as_cell()
    }

    fn share(&self) -> Arc<dyn AnyCell> {
        Arc::clone(self).into_cell()
    }
}

impl<M, R, E> Route<M> for ToRecipient<'_, M, R, E>
where
    M: Send + 'static,
    R: Send + 'static,
    E: Send + 'static,
{
    type Reply = R;
    type Error = E;

    fn try_deliver(&self, message: M, reply: Reply<R, E>) -> Result<(), TellError<M>> {
        self.0.try_deliver(message, reply)
    }

    fn poll_deliver(
        &self,
        message: &mut Option<M>,
        reply: &mut dyn FnMut() -> Reply<R, E>,
        ticket: &mut Option<u64>,
        waker: &Waker,
        inline: bool,
    ) -> Poll<Result<(), Refused>> {
        self.0.poll_deliver(message, reply, ticket, waker, inline)
    }

    fn target(&self) -> Target<'_> {
        Target(self.0)
    }

    fn inner(&self) -> Inner<'_> {
        Inner(self.0.as_cell().core())
    }

    fn owned(&self) -> Box<dyn Fn(M) -> Result<(), TellError<M>> + Send + Sync> {
        let to = Arc::clone(self.0);
        Box::new(move |message| to.try_deliver(message, Reply::nobody()))
    }
}
