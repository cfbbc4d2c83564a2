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
use crate::message::slot::{AnySlot, GivenUp, Slot};
use crate::quiet;

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
    port: Port<T, E>,
    // In a box: few ports are given away, and every queued message carries this place.
    given: Option<Box<Given>>,
}

enum Port<T, E> {
    /// Told: nobody waits.
    Nobody,
    /// Asked by somebody who wants the answer.
    Answer(Arc<Slot<T, E>>),
    /// Asked by somebody who only wants to know that it was handled.
    Done(Arc<Slot<(), Infallible>>),
}

/// The entry of a port that its handler gave away.
struct Given {
    ledger: Arc<Ledger>,
    number: u64,
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
            port: Port::Nobody,
            given: None,
        }
    }

    pub(crate) fn to(slot: Arc<Slot<T, E>>) -> Self {
        Self {
            port: Port::Answer(slot),
            given: None,
        }
    }

    /// Whether somebody asked, so that an answer matters.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !matches!(self.port, Port::Nobody)
    }

    /// Whether somebody asked and has given up since.
    #[must_use]
    pub fn is_abandoned(&self) -> bool
    where
        T: Send,
        E: Send,
    {
        match &self.port {
            Port::Nobody => false,
            Port::Answer(slot) => !slot.is_waiting(),
            Port::Done(slot) => !slot.is_waiting(),
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
        let given = self.given.take();
        if let Some(given) = &given {
            given.ledger.forget(given.number);
        }
        if self
            .deliver(outcome, given.as_ref().map(|given| &given.ledger.cell))
            .is_err()
        {
            // Who asked through a recipient that knows nothing of this error learns that the handler failed, and the
            // error itself has no reader.
            count_unread(given.as_ref().map(|given| &given.ledger.cell));
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
        if let Some(given) = self.given.take() {
            given.ledger.forget(given.number);
        }
        match &self.port {
            Port::Nobody => {}
            Port::Answer(slot) => slot.void(),
            Port::Done(slot) => slot.void(),
        }
        let port = std::mem::replace(&mut self.port, Port::Nobody);
        let mail = B::wrap(message, B::port(Self { port, given: None }));
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

    /// Hands the outcome over. `Err` when the error has nobody to go to.
    fn deliver(
        &mut self,
        outcome: Result<T, E>,
        owner: Option<&Arc<dyn AnyCell>>,
    ) -> Result<(), E> {
        match std::mem::replace(&mut self.port, Port::Nobody) {
            Port::Nobody => outcome.map(drop),
            Port::Answer(slot) => {
                if let Err(unread) = slot.answer(outcome.map_err(AskError::Handler)) {
                    if unread.is_err() {
                        tracing::debug!("the error of a handler whose asker had gone");
                    }
                    count_unread(owner);
                    drop(unread);
                }
                Ok(())
            }
            Port::Done(slot) => {
                let (answer, outcome) = match outcome {
                    Ok(value) => {
                        drop(value);
                        (Ok(()), Ok(()))
                    }
                    Err(error) => (Err(AskError::Failed), Err(error)),
                };
                if slot.answer(answer).is_err() {
                    count_unread(owner);
                }
                outcome
            }
        }
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
        match std::mem::replace(&mut self.port, Port::Nobody) {
            Port::Nobody => {}
            Port::Answer(slot) => drop(slot.answer(Err(error(why)))),
            Port::Done(slot) => drop(slot.answer(Err(error(why)))),
        }
    }
}

/// For the code that `#[handlers]` writes.
#[doc(hidden)]
impl<T, E> Reply<T, E> {
    /// What a handler returned goes to whoever asked. `Err` comes back when nobody did: it is a failure then.
    pub fn settle(mut self, outcome: Result<T, E>) -> Result<(), E> {
        self.deliver(outcome, None)
    }

    /// The handler takes the port: from here on the asker waits for nobody in particular, and the incarnation keeps a
    /// list of such ports to answer them at its end.
    pub fn give_away<A: Actor>(mut self, cx: &mut Context<A>) -> Self
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let slot: Arc<dyn AnySlot> = match &self.port {
            Port::Nobody => return self,
            Port::Answer(slot) => {
                slot.void();
                slot.clone()
            }
            Port::Done(slot) => {
                slot.void();
                slot.clone()
            }
        };
        let ledger = cx.ledger();
        let number = ledger.enter(slot);
        self.given = Some(Box::new(Given { ledger, number }));
        self
    }

    /// The message was never accepted, so its slot belongs to the asker alone; no answer is due.
    pub(crate) fn unsent(mut self) {
        self.port = Port::Nobody;
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
        let port = match std::mem::replace(&mut self.port, Port::Nobody) {
            Port::Nobody => Port::Nobody,
            Port::Answer(slot) | Port::Done(slot) => Port::Done(slot),
        };
        Reply {
            port,
            given: self.given.take(),
        }
    }
}

impl<T, E> Drop for Reply<T, E> {
    fn drop(&mut self) {
        if let Some(given) = self.given.take() {
            // Dropped with its incarnation: what comes after that says whether it is `Restarted` or `Closed`.
            if given.ledger.keeps(given.number) {
                return;
            }
        }
        self.end(Refusal::Failed);
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
            crate::current::on_behalf_of(|cell| cell.core().stats.count_unread());
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
    open: HashMap<u64, Arc<dyn AnySlot>>,
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

    fn enter(&self, slot: Arc<dyn AnySlot>) -> u64 {
        let mut entries = self.lock();
        let number = entries.next;
        entries.next += 1;
        entries.open.insert(number, slot);
        number
    }

    fn forget(&self, number: u64) {
        let slot = self.lock().open.remove(&number);
        drop(slot);
    }

    /// Whether the answer to a dropped port is left to the end of its incarnation, which has come.
    fn keeps(&self, number: u64) -> bool {
        let mut entries = self.lock();
        if entries.over {
            return true;
        }
        let slot = entries.open.remove(&number);
        drop(entries);
        drop(slot);
        false
    }

    /// The incarnation is over. From now on a dropped port is not an answer.
    pub(crate) fn close(&self) {
        self.lock().over = true;
    }

    /// Answers all that is left.
    pub(crate) fn give_up(&self, why: GivenUp) {
        let open = std::mem::take(&mut self.lock().open);
        for slot in open.into_values() {
            slot.give_up(why);
        }
    }
}
