//! What a factory hands to whoever starts its child, beside the state.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use playhouse_core::Actor;

/// A state, and what is to be known of it by whoever starts the child. Made by [`inform`].
#[derive(Clone, Debug)]
pub struct Informed<A, I> {
    actor: A,
    info: I,
}

/// Lets a factory hand `info` over with the state that it makes: the port that it listens on, say.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::{actor, inform};
/// # use std::net::TcpListener;
/// # #[actor]
/// # struct Server { listener: TcpListener }
/// # #[handlers]
/// # impl Server {
/// #     #[message]
/// #     fn open(&self) -> bool { self.listener.local_addr().is_ok() }
/// # }
///
/// actor("server", || {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let port = listener.local_addr()?.port();
///     std::io::Result::Ok(inform(Server { listener }, port))
/// });
/// ```
pub fn inform<A, I>(actor: A, info: I) -> Informed<A, I> {
    Informed { actor, info }
}

/// What a factory may return as an `A`: the actor itself, or one with information.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "a factory returns an actor, or `inform(actor, info)`"
)]
pub trait Makes<A: Actor> {
    /// The actor. What comes with it goes into `info`.
    fn unpack(self, info: &InfoSlot) -> A;
}

impl<A: Actor> Makes<A> for A {
    fn unpack(self, _: &InfoSlot) -> A {
        self
    }
}

impl<A: Actor, I: Send + 'static> Makes<A> for Informed<A, I> {
    fn unpack(self, info: &InfoSlot) -> A {
        info.put(Box::new(self.info));
        self.actor
    }
}

/// Where the information of the latest start lies until somebody takes it. Clones are the same slot.
#[derive(Clone, Default)]
pub struct InfoSlot(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl InfoSlot {
    /// Takes out what the latest start has handed over, if it did and nobody has taken it yet.
    #[must_use]
    pub fn take(&self) -> Option<Box<dyn Any + Send>> {
        self.exchange(None)
    }

    fn put(&self, info: Box<dyn Any + Send>) {
        // What nobody took is the user's, and dropped here, outside of the lock.
        drop(self.exchange(Some(info)));
    }

    fn exchange(&self, info: Option<Box<dyn Any + Send>>) -> Option<Box<dyn Any + Send>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *kept, info)
    }
}

impl fmt::Debug for InfoSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InfoSlot").finish_non_exhaustive()
    }
}
