//! How an actor is reached.
//!
//! | handle | knows | made by |
//! |---|---|---|
//! | [`Address<A>`] | the actor's type: its messages are methods | `spawn`, `lookup`, `cx.address()` |
//! | [`Recipient<M, R, E>`] | one message type, and what is answered to it | [`Address::recipient`] |
//! | [`ActorRef`] | that it is an actor: id, name, life and end | [`Address::actor`], `System::get` |
//!
//! All three stay valid over restarts, may outlive the actor, and neither keep it alive nor end it. What they hold on
//! to is its *cell*: the mailbox (empty once the actor has ended) and the counters.
//!
//! **A new inherent method of [`Address`] is a breaking change**: it would hide a message of the same name.

pub(crate) mod actor_ref;
pub(crate) mod recipient;

use std::fmt;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

pub use actor_ref::{ActorRef, AsActor};
pub use recipient::Recipient;

use crate::actor::Actor;
use crate::actor::cell::{AnyCell, Cell};
use crate::error::TellError;
use crate::exit::ExitReason;
use crate::message::tell::Tell;
use crate::message::{AcceptedBy, Ask, Handles, Reaches, Reply, ToActor};

/// The address of an actor of type `A`.
///
/// It derefs to the handle that `#[handlers]` writes, so the actor's messages are its methods:
/// `account.deposit(5).await?`. The methods here are the rest, and their names are not free for messages.
#[doc(alias = "ActorRef")]
#[doc(alias = "Pid")]
#[doc(alias = "Addr")]
pub struct Address<A: Actor> {
    handle: A::Handle,
}

/// What a handle is made of. `#[handlers]` uses it; nobody else has to.
pub struct RawAddress<A: Actor> {
    cell: Arc<Cell<A>>,
}

/// The handle that `#[handlers]` writes: an address with the messages as methods.
pub trait HandleOf<A: Actor>: Clone + Send + Sync + 'static {
    /// Wraps an address.
    fn from_raw(raw: RawAddress<A>) -> Self;
    /// The address within.
    fn raw(&self) -> &RawAddress<A>;
}

impl<A: Actor> RawAddress<A> {
    /// A tell.
    pub fn tell<M: Send + 'static>(&self, message: M) -> Tell<'_, A, M>
    where
        A: Handles<M>,
    {
        Tell::new(ToActor(&self.cell), message)
    }

    /// An ask.
    pub fn ask<M: Send + 'static>(&self, message: M) -> Ask<'_, A, M>
    where
        A: Handles<M>,
    {
        Ask::new(ToActor(&self.cell), message)
    }
}

impl<A: Actor> Clone for RawAddress<A> {
    fn clone(&self) -> Self {
        Self {
            cell: self.cell.clone(),
        }
    }
}

impl<A: Actor> fmt::Debug for RawAddress<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.cell.core(), f)
    }
}

impl<A: Actor> Address<A> {
    pub(crate) fn new(cell: Arc<Cell<A>>) -> Self {
        Self {
            handle: A::Handle::from_raw(RawAddress { cell }),
        }
    }

    pub(crate) fn cell(&self) -> &Arc<Cell<A>> {
        &self.handle.raw().cell
    }

    /// Hands `message` over; done when the mailbox has accepted it.
    pub fn tell<M>(&self, message: M) -> Tell<'_, A, M>
    where
        M: AcceptedBy<A>,
    {
        Tell::new(ToActor(self.cell()), message)
    }

    /// Hands `message` over and waits for the answer.
    pub fn ask<M>(&self, message: M) -> Ask<'_, A, M>
    where
        M: AcceptedBy<A>,
    {
        Ask::new(ToActor(self.cell()), message)
    }

    /// Hands `message` over now, or gives it back.
    pub fn try_tell<M>(&self, message: M) -> Result<(), TellError<M>>
    where
        M: AcceptedBy<A>,
    {
        self.cell().try_push(message, Reply::nobody())
    }

    /// A handle that knows no more than one message type. Making it allocates nothing.
    ///
    /// `R` and `E` are the handler's reply and error; or `()` for those who only tell, or only want to know that the
    /// message was handled, whatever the handler answers.
    pub fn recipient<M, R, E>(&self) -> Recipient<M, R, E>
    where
        A: Reaches<M, R, E>,
        M: Send + 'static,
        R: Send + 'static,
        E: Send + 'static,
    {
        Recipient::new(self.cell().clone())
    }

    /// Asks the actor to stop: the message in hand is finished, what is queued becomes dead letters. It takes no more
    /// messages from this call on. A supervised one is not restarted.
    pub fn stop(&self) {
        self.cell().core().stop(&**self.cell());
    }

    /// Asks the actor to stop when all that it has accepted is handled. It takes no more messages from this call on.
    pub fn drain(&self) {
        self.cell().core().drain(&**self.cell());
    }

    /// Ends the actor at the next await of the handler in hand. Abnormal, so a supervisor may restart it.
    pub fn kill(&self) {
        self.cell().core().kill(&**self.cell());
    }

    /// Waits for the actor's final end, over restarts; ready at once when it has ended.
    pub fn wait(&self) -> impl Future<Output = ExitReason> + Send + 'static + use<A> {
        actor_ref::ended(self.cell().clone())
    }

    /// The actor without its type: id, name, phase, counters.
    #[must_use]
    pub fn actor(&self) -> ActorRef {
        ActorRef::new(self.cell().clone())
    }
}

impl<A: Actor> Deref for Address<A> {
    type Target = A::Handle;

    fn deref(&self) -> &A::Handle {
        &self.handle
    }
}

impl<A: Actor> Clone for Address<A> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
        }
    }
}

impl<A: Actor> fmt::Debug for Address<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.cell().core())
    }
}

impl<A: Actor> PartialEq for Address<A> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.cell(), other.cell())
    }
}

impl<A: Actor> Eq for Address<A> {}

impl<A: Actor> Hash for Address<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.cell().core().id.hash(state);
    }
}
