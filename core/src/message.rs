//! Messages, and the two verbs.
//!
//! *Tell* hands a message over and is done when the mailbox accepted it. *Ask* is done when the handler answered.
//! Both are futures that do nothing until they are awaited; both give exactly one outcome.
//!
//! | item | what it is |
//! |---|---|
//! | [`Tell`], [`Ask`] | the verbs to an [`Address`](crate::Address), as futures with options |
//! | [`Reply`] | the handler's side of an ask |
//! | [`Handles`], [`Mail`], [`Reaches`] | what `#[handlers]` implements for you |

use std::any::Any;

use crate::actor::Actor;

pub(crate) mod ask;
pub(crate) mod blocking;
mod reply;
pub(crate) mod route;
mod stored;
pub(crate) mod tell;
mod timed;

pub use ask::{Ask, AskFuture, RecipientAsk};
pub(crate) use reply::{Gone, Ledger};
pub use reply::{Refusal, Reply};
pub use route::{Route, ToActor, ToRecipient};
pub use stored::{Fit, Stores};
pub use tell::{RecipientTell, Tell, TellFuture};
pub use timed::{Limited, Timed};

/// An actor that hears messages of type `M`. `#[handlers]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for `{M}`",
    label = "this actor does not hear `{M}`",
    note = "in its `#[handlers]` block, mark a method with `#[message]` to make a message of it, or write `#[handler] fn on_it(&mut self, message: {M})`"
)]
pub trait Handles<M: Send + 'static>: Actor {
    /// What a handler of `M` answers.
    type Reply: Send + 'static;
    /// The error that it may answer instead; [`Infallible`](std::convert::Infallible) where it returns no `Result`.
    type Error: Send + 'static;
    /// Whether the handler is a plain function, which [`Actor::on_mail_now`] runs.
    const PLAIN: bool = false;

    /// Puts a message into the actor's mail.
    fn wrap(message: M, reply: Reply<Self::Reply, Self::Error>) -> Self::Mail;

    /// Takes it out again; gives mail of another kind back.
    #[allow(clippy::type_complexity)]
    fn unwrap(mail: Self::Mail) -> Result<(M, Reply<Self::Reply, Self::Error>), Self::Mail>;
}

/// A message that actor `A` hears: the other side of [`Handles`], which the verbs are bound by.
///
/// It exists for the error text: a bound on the message keeps the compiler from guessing the message type from the
/// actor's only handler.
#[diagnostic::on_unimplemented(
    message = "`{A}` has no handler for `{Self}`",
    label = "this actor does not hear `{Self}`",
    note = "in its `#[handlers]` block, mark a method with `#[message]` to make a message of it, or write `#[handler] fn on_it(&mut self, message: {Self})`"
)]
pub trait AcceptedBy<A: Actor>: Send + Sized + 'static {
    /// What the handler answers.
    type Reply: Send + 'static;
    /// The handler's error.
    type Error: Send + 'static;
    /// As [`Handles::PLAIN`].
    const PLAIN: bool;

    /// As [`Handles::wrap`].
    fn wrap(self, reply: Reply<Self::Reply, Self::Error>) -> A::Mail;

    /// As [`Handles::unwrap`].
    #[allow(clippy::type_complexity)]
    fn unwrap(mail: A::Mail) -> Result<(Self, Reply<Self::Reply, Self::Error>), A::Mail>;
}

impl<A: Handles<M>, M: Send + 'static> AcceptedBy<A> for M {
    type Reply = <A as Handles<M>>::Reply;
    type Error = <A as Handles<M>>::Error;
    const PLAIN: bool = <A as Handles<M>>::PLAIN;

    fn wrap(self, reply: Reply<Self::Reply, Self::Error>) -> A::Mail {
        <A as Handles<M>>::wrap(self, reply)
    }

    fn unwrap(mail: A::Mail) -> Result<(Self, Reply<Self::Reply, Self::Error>), A::Mail> {
        <A as Handles<M>>::unwrap(mail)
    }
}

/// A message type as a [`Recipient<M, R, E>`](crate::Recipient) sees it. `#[handlers]` implements it: once with the
/// handler's own reply and error, and once with `()`, for those who want to know no more than that it was handled.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a `Recipient<{M}, {R}, {E}>`",
    note = "its handler for `{M}` has another reply or error type, or there is none"
)]
pub trait Reaches<M: Send + 'static, R, E>: Handles<M> {
    /// Turns the asker's port into the handler's.
    fn port(reply: Reply<R, E>) -> Reply<Self::Reply, Self::Error>;
}

/// All messages of one actor as one type: what lies in its mailbox. `#[handlers]` writes it.
pub trait Mail: Send + 'static {
    /// The names of all kinds of messages, in the order of their numbers.
    const NAMES: &'static [&'static str] = &[];

    /// The number of the message's kind, a place in [`NAMES`](Self::NAMES); beyond it where kinds have no numbers.
    fn kind(&self) -> usize {
        usize::MAX
    }

    /// The name of the message in hand.
    fn name(&self) -> &'static str;

    /// Whether it says `skip_abandoned` and its asker has gone.
    fn abandoned(&self) -> bool {
        false
    }

    /// Answers the port and gives the message back.
    fn refuse(self, why: Refusal) -> Box<dyn Any + Send>;
}

/// A `Result`, taken apart by type: what one `?` over a handler's `Result` needs.
pub trait Fallible {
    /// The type in `Ok`.
    type Ok;
    /// The type in `Err`.
    type Error;

    /// The same as a plain `Result`.
    fn into_result(self) -> Result<Self::Ok, Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}
