//! A handle by message type.

use std::any::type_name;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Poll, Waker};

use crate::actor::cell::{AnyCell, Cell};
use crate::address::ActorRef;
use crate::error::{Refused, TellError};
use crate::message::{Reaches, RecipientAsk, RecipientTell, Reply, ToRecipient};

/// Anything that hears `M`, and answers `R` or fails with `E`.
///
/// Made by [`Address::recipient`](crate::Address::recipient); it allocates nothing, and is as cheap to send to as the
/// address. `Recipient<M>` alone, with `()` for the reply, can be made of every actor that hears `M`: asking it tells
/// when the message was handled, and an error of the handler is then a failure of the actor, since nobody here could
/// read it.
pub struct Recipient<M, R = (), E = Infallible> {
    to: Arc<dyn Deliver<M, R, E>>,
}

/// What a recipient needs of a cell.
pub(crate) trait Deliver<M, R, E>: Send + Sync {
    fn try_deliver(&self, message: M, reply: Reply<R, E>) -> Result<(), TellError<M>>;
    fn poll_deliver(
        &self,
        message: &mut Option<M>,
        reply: &mut dyn FnMut() -> Reply<R, E>,
        ticket: &mut Option<u64>,
        waker: &Waker,
        inline: bool,
    ) -> Poll<Result<(), Refused>>;
    fn as_cell(&self) -> &dyn AnyCell;
    fn into_cell(self: Arc<Self>) -> Arc<dyn AnyCell>;
}

impl<A, M, R, E> Deliver<M, R, E> for Cell<A>
where
    A: Reaches<M, R, E>,
    M: Send + 'static,
    R: Send + 'static,
    E: Send + 'static,
{
    fn try_deliver(&self, message: M, reply: Reply<R, E>) -> Result<(), TellError<M>> {
        self.try_push(message, A::port(reply))
    }

    fn poll_deliver(
        &self,
        message: &mut Option<M>,
        reply: &mut dyn FnMut() -> Reply<R, E>,
        ticket: &mut Option<u64>,
        waker: &Waker,
        inline: bool,
    ) -> Poll<Result<(), Refused>> {
        self.poll_push(message, &mut || A::port(reply()), ticket, waker, inline)
    }

    fn as_cell(&self) -> &dyn AnyCell {
        self
    }

    fn into_cell(self: Arc<Self>) -> Arc<dyn AnyCell> {
        self
    }
}

impl<M, R, E> Recipient<M, R, E>
where
    M: Send + 'static,
    R: Send + 'static,
    E: Send + 'static,
{
    pub(crate) fn new<A: Reaches<M, R, E>>(cell: Arc<Cell<A>>) -> Self {
        Self { to: cell }
    }

    /// Hands `message` over; done when the mailbox has accepted it.
    pub fn tell(&self, message: M) -> RecipientTell<'_, M, R, E> {
        RecipientTell::new(ToRecipient(&self.to), message)
    }

    /// Hands `message` over and waits for the answer.
    pub fn ask(&self, message: M) -> RecipientAsk<'_, M, R, E> {
        RecipientAsk::new(ToRecipient(&self.to), message)
    }

    /// Hands `message` over now, or gives it back.
    pub fn try_tell(&self, message: M) -> Result<(), TellError<M>> {
        self.to.try_deliver(message, Reply::nobody())
    }

    /// The actor behind it.
    #[must_use]
    pub fn actor(&self) -> ActorRef {
        ActorRef::of(self.to.clone().into_cell())
    }
}

impl<M, R, E> Clone for Recipient<M, R, E> {
    fn clone(&self) -> Self {
        Self {
            to: self.to.clone(),
        }
    }
}

impl<M, R, E> fmt::Debug for Recipient<M, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Recipient<{}>({})",
            type_name::<M>(),
            self.to.as_cell().core()
        )
    }
}
