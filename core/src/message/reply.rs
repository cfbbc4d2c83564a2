//! The reply port: how a handler answers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::actor::Actor;
use crate::actor::cell::AnyCell;
use crate::address::Address;
use crate::context::Context;
use crate::error::{AskError, Refused};
use crate::message::Reaches;
use crate::quiet;
use crate::raw::holder::{Held, Holder};
use crate::raw::slot::Port;

/// The right, and the duty, to answer one message.
///
/// A handler that returns its answer never sees it. One that wants to answer later takes it as a parameter, keeps it,
/// gives it to a task of its own or [`forward`](Self::forward)s it. Exactly one outcome reaches the asker: what
/// [`send`](Self::send), [`fail`](Self::fail) or [`answer`](Self::answer) say; [`AskError::Failed`] when the port is
/// dropped; [`AskError::Restarted`] or [`AskError::Closed`] when the actor that holds it is restarted or ends.
///
/// A message that was told has a port too; what it says goes nowhere.
#[must_use = "dropping a reply port answers `Failed`"]
pub struct Reply<T, E = Infallible> {
    holder: Holder<T, E, Given<T, E>>,
}

/// A port that its handler gave away. The port itself is taken by whoever answers first: its new owner, or the ledger
/// at the end of the incarnation.
struct Given<T, E> {
    port: Mutex<Option<Port<T, E>>>,
    ledger: Arc<Ledger>,
    number: u64,
}

impl<T, E> Given<T, E> {
    fn lock(&self) -> MutexGuard<'_, Option<Port<T, E>>> {
        self.port.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a message that waited is not going to be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The actor has ended.
    Closed,
    /// It was put out for others.
    Full,
    /// The handler failed with it in hand.
    Failed,
}

impl<T, E> Reply<T, E> {
    /// The port of a message that is told.
    pub(crate) const fn nobody() -> Self {
        Self {
            holder: Holder::nobody(),
        }
    }

    pub(crate) fn to(port: Port<T, E>) -> Self {
        Self {
            holder: Holder::port(port),
        }
    }

    /// Whether somebody asked, so that an answer matters.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !self.holder.is_nobody()
    }

    /// Whether somebody asked and has given up since.
    #[must_use]
    pub fn is_abandoned(&self) -> bool
    where
        T: Send,
        E: Send,
    {
        match self.holder.look() {
            Held::Nobody => false,
            Held::Port(port) => port.is_abandoned(),
            Held::Shared(given) => given.lock().as_ref().is_none_or(Port::is_abandoned),
        }
    }

    /// Answers.
    pub fn send(self, value: T) {
        self.answer(Ok(value));
    }

    /// Answers with the handler's error.
    pub fn fail(self, error: E) {
        self.answer(Err(error));
    }

    /// Answers with either.
    ///
    /// An asker that has gone does not get it; the answer is counted as unread.
    pub fn answer(mut self, outcome: Result<T, E>) {
        let (port, given) = self.take();
        let owner = given.as_ref().map(|given| {
            given.ledger.forget(given.number);
            &given.ledger.cell
        });
        // Who asked through a recipient that knows nothing of this error learns that the handler failed, and the error
        // itself has no reader.
        if deliver(port, outcome, owner).is_err() {
            count_unread(owner);
        }
    }

    /// The port, if it is not answered yet, and the entry of one that was given away.
    #[inline]
    #[allow(clippy::type_complexity)]
    fn take(&mut self) -> (Option<Port<T, E>>, Option<Arc<Given<T, E>>>) {
        match self.holder.take() {
            Held::Nobody => (None, None),
            Held::Port(port) => (Some(port), None),
            Held::Shared(given) => {
                let port = given.lock().take();
                (port, Some(given))
            }
        }
    }

    /// Lets another actor answer in place of this one.
    ///
    /// The message is sent without waiting for room; if it is refused, the asker gets [`AskError::Full`] or
    /// [`AskError::Closed`].
    pub fn forward<B, M>(mut self, to: &Address<B>, message: M)
    where
        B: Actor + Reaches<M, T, E>,
        M: Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (port, given) = self.take();
        if let Some(given) = given {
            given.ledger.forget(given.number);
        }
        let port = port.map_or_else(Self::nobody, |port| {
            port.void();
            Self::to(port)
        });
        let mail = B::wrap(message, B::port(port));
        if let Err((mail, refused)) = to.cell().push(mail) {
            let refusal = if refused == Refused::Full {
                Refusal::Full
            } else {
                Refusal::Closed
            };
            quiet::drop_logged(
                crate::message::Mail::refuse(mail, refusal),
                "a forwarded message",
            );
        }
    }

    /// It was dropped, and holds a port.
    #[cold]
    fn end_dropped(&mut self) {
        if let Held::Shared(given) = self.holder.look()
            && given.ledger.keeps(given.number)
        {
            // Dropped with its incarnation: what comes after that says whether it is `Restarted` or `Closed`.
            return;
        }
        self.end(Refusal::Failed);
    }

    /// Ends the wait of the asker without an answer of the handler.
    fn end(&mut self, why: Refusal) {
        fn error<E>(why: Refusal) -> AskError<E> {
            match why {
                Refusal::Closed => AskError::Closed,
                Refusal::Full => AskError::Full,
                Refusal::Failed => AskError::Failed,
            }
        }
        if let (Some(port), _) = self.take() {
            match port.into_ack() {
                Ok(port) => drop(port.answer(Err(error(why)))),
                Err(port) => drop(port.answer(Err(error(why)))),
            }
        }
    }
}

/// Hands the outcome over. `Err` when the error has nobody to go to.
#[inline]
fn deliver<T, E>(
    port: Option<Port<T, E>>,
    outcome: Result<T, E>,
    owner: Option<&Arc<dyn AnyCell>>,
) -> Result<(), E> {
    let Some(port) = port else {
        return outcome.map(drop);
    };
    match port.into_ack() {
        Err(port) => {
            if let Err(unread) = port.answer(outcome.map_err(AskError::Handler)) {
                if unread.is_err() {
                    tracing::debug!("the error of a handler whose asker had gone");
                }
                count_unread(owner);
                drop(unread);
            }
            Ok(())
        }
        Ok(port) => {
            let (answer, outcome) = match outcome {
                Ok(value) => {
                    drop(value);
                    (Ok(()), Ok(()))
                }
                Err(error) => (Err(AskError::Failed), Err(error)),
            };
            if port.answer(answer).is_err() {
                count_unread(owner);
            }
            outcome
        }
    }
}

/// For the code that `#[handlers]` writes.
#[doc(hidden)]
impl<T, E> Reply<T, E> {
    /// What a handler returned goes to whoever asked. `Err` comes back when nobody did: it is a failure then.
    #[inline]
    pub fn settle(mut self, outcome: Result<T, E>) -> Result<(), E> {
        if self.holder.is_nobody() {
            return outcome.map(drop);
        }
        let (port, _) = self.take();
        deliver(port, outcome, None)
    }

    /// The handler takes the port: from here on the asker waits for nobody in particular, and the incarnation keeps a
    /// list of such ports to answer them at its end.
    pub fn give_away<A: Actor>(mut self, cx: &mut Context<A>) -> Self
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let (Some(port), _) = self.take() else {
            return self;
        };
        port.void();
        let ledger = cx.ledger();
        let given = ledger.enter(|number| {
            Arc::new(Given {
                port: Mutex::new(Some(port)),
                ledger: ledger.clone(),
                number,
            })
        });
        self.holder = Holder::shared(given);
        self
    }

    /// The message will not be handled.
    pub fn refuse(mut self, why: Refusal) {
        self.end(why);
    }
}

#[doc(hidden)]
impl Reply<(), Infallible> {
    /// Turns the port of somebody who only wants to know that the message was handled into the handler's own type.
    pub fn acknowledging<T, E>(mut self) -> Reply<T, E> {
        let (port, _) = self.take();
        port.map_or_else(Reply::nobody, |port| Reply::to(port.acknowledging()))
    }
}

impl<T, E> Drop for Reply<T, E> {
    #[inline]
    fn drop(&mut self) {
        if self.holder.is_nobody() {
            return;
        }
        self.end_dropped();
    }
}

impl<T, E> fmt::Debug for Reply<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("asked", &self.is_asked())
            .finish_non_exhaustive()
    }
}

fn count_unread(cell: Option<&Arc<dyn AnyCell>>) {
    match cell {
        Some(cell) => cell.core().stats.count_unread(),
        None => {
            crate::raw::current::on_behalf_of(|cell| cell.core().stats.count_unread());
        }
    }
}

/// The ports that the handlers of one actor gave away and that are not answered yet.
pub(crate) struct Ledger {
    cell: Arc<dyn AnyCell>,
    inner: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    over: bool,
    next: u64,
    open: HashMap<u64, Arc<dyn GivenUp>>,
}

/// Why a port that was given away will not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    Restarted,
    Closed,
}

/// A port that was given away, whatever it answers.
trait GivenUp: Send + Sync {
    /// Answers in the name of an incarnation that is gone, if nobody has answered yet.
    fn give_up(&self, why: Gone);
}

impl<T: Send, E: Send> GivenUp for Given<T, E> {
    fn give_up(&self, why: Gone) {
        fn error<E>(why: Gone) -> AskError<E> {
            match why {
                Gone::Restarted => AskError::Restarted,
                Gone::Closed => AskError::Closed,
            }
        }
        let port = self.lock().take();
        match port.map(Port::into_ack) {
            Some(Ok(port)) => drop(port.answer(Err(error(why)))),
            Some(Err(port)) => drop(port.answer(Err(error(why)))),
            None => {}
        }
    }
}

impl Ledger {
    pub(crate) fn new(cell: Arc<dyn AnyCell>) -> Self {
        Self {
            cell,
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter<T, E>(&self, make: impl FnOnce(u64) -> Arc<Given<T, E>>) -> Arc<Given<T, E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let mut entries = self.lock();
        let number = entries.next;
        entries.next += 1;
        let given = make(number);
        entries.open.insert(number, given.clone());
        given
    }

    fn forget(&self, number: u64) {
        let given = self.lock().open.remove(&number);
        drop(given);
    }

    /// Whether the answer to a dropped port is left to the end of its incarnation, which has come.
    fn keeps(&self, number: u64) -> bool {
        let mut entries = self.lock();
        if entries.over {
            return true;
        }
        let given = entries.open.remove(&number);
        drop(entries);
        drop(given);
        false
    }

    /// The incarnation is over. From now on a dropped port is not an answer.
    pub(crate) fn close(&self) {
        self.lock().over = true;
    }

    /// Answers all that is left.
    pub(crate) fn give_up(&self, why: Gone) {
        let open = std::mem::take(&mut self.lock().open);
        for given in open.into_values() {
            given.give_up(why);
        }
    }
}
