//! Factories: how a child comes into the world, and again after each failure.

mod informed;

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display};
use std::future::{Future, ready};

use playhouse_core::links::{self, NotStarted};
use playhouse_core::{Actor, Failure};

pub use informed::{InfoSlot, Informed, Makes, inform};

/// What makes the state of a child anew for every start.
///
/// Four shapes of closure (or `fn`) without arguments are factories, and which one it is needs no annotation:
///
/// | returns | when |
/// |---|---|
/// | `A` | the state is at hand |
/// | `Result<A, E>` | making it can fail |
/// | a future of `A` | making it takes time |
/// | a future of `Result<A, E>` | both |
///
/// In place of `A` each may return [`inform(A, info)`](inform), to hand something to whoever starts the child. An error
/// of the type [`Start`] may also say that there is nothing to start.
///
/// Any other error is kept as text, written by `{:#}`, so that error types which print their causes in that form show them
/// all.
///
/// The parameter `Kind` tells the four apart; it is found by inference and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make an actor",
    label = "not a factory of an actor",
    note = "a factory is a closure without arguments that returns an actor, a `Result` of one, or a future of either",
    note = "an error of the factory must implement `Display`; a future must be `Send + 'static`"
)]
pub trait IntoFactory<A: Actor, Kind>: Send + 'static {
    /// The factory in the form that a child runs. What it hands over with a state goes into `info`.
    fn into_factory(self, info: InfoSlot) -> links::Factory<A>;
}

/// Why a factory makes no state: an error type for factories that may have nothing to start.
///
/// `?` turns any error into [`Failed`](Self::Failed). It is no `Error` itself, or it could not do that.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::{Start, actor};
/// # #[actor]
/// # struct Mirror { to: String }
/// # #[handlers]
/// # impl Mirror {
/// #     #[message]
/// #     fn to(&self) -> String { self.to.clone() }
/// # }
///
/// actor("mirror", || {
///     let config = std::fs::read_to_string("mirror.conf")?; // a failed start
///     if config.is_empty() {
///         return Err(Start::Ignore); // nobody wants a mirror, and that is fine
///     }
///     Ok(Mirror { to: config })
/// });
/// ```
#[derive(Debug)]
pub enum Start {
    /// There is nothing to start for now, and that is no failure: the child stays down and is not started again by
    /// itself, and what comes after it starts all the same.
    Ignore,
    /// It failed.
    Failed(Box<dyn Error + Send + Sync>),
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Start {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignore => f.write_str("there is nothing to start"),
            Self::Failed(error) => Display::fmt(error, f),
        }
    }
}

/// The four shapes of [`IntoFactory`]; nobody needs to name them.
#[doc(hidden)]
pub mod kind {
    /// Returns the state.
    #[derive(Debug)]
    pub enum Value {}
    /// Returns the state or an error.
    #[derive(Debug)]
    pub enum Fallible {}
    /// Returns a future of the state.
    #[derive(Debug)]
    pub enum Async {}
    /// Returns a future of the state or an error.
    #[derive(Debug)]
    pub enum AsyncFallible {}
}

impl<F, M, A> IntoFactory<A, kind::Value> for F
where
    F: FnMut() -> M + Send + 'static,
    M: Makes<A>,
    A: Actor,
{
    fn into_factory(mut self, info: InfoSlot) -> links::Factory<A> {
        Box::new(move || Box::pin(ready(Ok(self().unpack(&info)))))
    }
}

impl<F, M, A, E> IntoFactory<A, kind::Fallible> for F
where
    F: FnMut() -> Result<M, E> + Send + 'static,
    M: Makes<A>,
    A: Actor,
    E: Display + 'static,
{
    fn into_factory(mut self, info: InfoSlot) -> links::Factory<A> {
        Box::new(move || Box::pin(ready(unpack(self(), &info))))
    }
}

impl<F, Fut, M, A> IntoFactory<A, kind::Async> for F
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = M> + Send + 'static,
    M: Makes<A>,
    A: Actor,
{
    fn into_factory(mut self, info: InfoSlot) -> links::Factory<A> {
        Box::new(move || {
            let (made, info) = (self(), info.clone());
            Box::pin(async move { Ok(made.await.unpack(&info)) })
        })
    }
}

impl<F, Fut, M, A, E> IntoFactory<A, kind::AsyncFallible> for F
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = Result<M, E>> + Send + 'static,
    M: Makes<A>,
    A: Actor,
    E: Display + 'static,
{
    fn into_factory(mut self, info: InfoSlot) -> links::Factory<A> {
        Box::new(move || {
            let (made, info) = (self(), info.clone());
            Box::pin(async move { unpack(made.await, &info) })
        })
    }
}

fn unpack<M: Makes<A>, A: Actor, E: Display + 'static>(
    made: Result<M, E>,
    info: &InfoSlot,
) -> Result<A, NotStarted> {
    match made {
        Ok(made) => Ok(made.unpack(info)),
        Err(error) => Err(not_started(&error)),
    }
}

/// `{:#}` is the form in which `anyhow` and `eyre` write the chain of causes on one line.
fn not_started<E: Display + 'static>(error: &E) -> NotStarted {
    match (error as &dyn Any).downcast_ref::<Start>() {
        Some(Start::Ignore) => NotStarted::Ignore,
        Some(Start::Failed(_)) | None => NotStarted::Failed(Failure::new(format!("{error:#}"))),
    }
}

#[cfg(test)]
mod tests;
