//! Factories: how a child comes into the world, and again after each failure.

use std::fmt::Display;
use std::future::{Future, ready};

use playhouse_core::{Actor, Failure, links};

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
/// An error is kept as text, written by `{:#}`, so that error types which print their causes in that form show them
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
    /// The factory in the form that a child runs.
    fn into_factory(self) -> links::Factory<A>;
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

impl<F, A> IntoFactory<A, kind::Value> for F
where
    F: FnMut() -> A + Send + 'static,
    A: Actor,
{
    fn into_factory(mut self) -> links::Factory<A> {
        Box::new(move || Box::pin(ready(Ok(self()))))
    }
}

impl<F, A, E> IntoFactory<A, kind::Fallible> for F
where
    F: FnMut() -> Result<A, E> + Send + 'static,
    A: Actor,
    E: Display,
{
    fn into_factory(mut self) -> links::Factory<A> {
        Box::new(move || Box::pin(ready(self().map_err(failure))))
    }
}

impl<F, Fut, A> IntoFactory<A, kind::Async> for F
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = A> + Send + 'static,
    A: Actor,
{
    fn into_factory(mut self) -> links::Factory<A> {
        Box::new(move || {
            let state = self();
            Box::pin(async move { Ok(state.await) })
        })
    }
}

impl<F, Fut, A, E> IntoFactory<A, kind::AsyncFallible> for F
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = Result<A, E>> + Send + 'static,
    A: Actor,
    E: Display,
{
    fn into_factory(mut self) -> links::Factory<A> {
        Box::new(move || {
            let state = self();
            Box::pin(async move { state.await.map_err(failure) })
        })
    }
}

/// `{:#}` is the form in which `anyhow` and `eyre` write the chain of causes on one line.
fn failure<E: Display>(error: E) -> Failure {
    Failure::new(format!("{error:#}"))
}

#[cfg(test)]
mod tests;
