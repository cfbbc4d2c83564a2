//! The place where a reply and its asker meet.
//!
//! A slot has three parties: who answers, who asks, and the sweeper that ends asks which wait too long. One mutex
//! orders them; whoever changes the state takes the waker out and wakes after the lock is released.
//!
//! ```text
//!  Waiting --answer--> Answered --poll--> Gone
//!     |  \--expire--> Waiting, expired --answer before the poll--> Answered   (a reply that is there counts)
//!     \--the asker is dropped--> Gone                              (an answer is then unread)
//! ```

use std::sync::PoisonError;
use std::task::Waker;

use crate::error::AskError;
use crate::quiet;
use crate::sync::{Mutex, MutexGuard};

pub(crate) struct Slot<T, E> {
    inner: Mutex<Inner<T, E>>,
}

struct Inner<T, E> {
    state: State<T, E>,
    waker: Option<Waker>,
    /// The time limit has passed; the asker has not looked yet.
    expired: bool,
    /// The port was given away: nobody knows any more who has to run for the answer to come.
    void: bool,
}

enum State<T, E> {
    Waiting,
    Answered(Result<T, AskError<E>>),
    Gone,
}

/// What all slots can do, whatever they carry.
pub(crate) trait AnySlot: Send + Sync {
    /// Whether the answer is awaited from the actor that was asked.
    fn is_open(&self) -> bool;
    /// Whether an asker waits.
    fn is_waiting(&self) -> bool;
    /// Ends the wait: the asker finds out when it runs next.
    fn expire(&self);
    /// Answers in the name of an incarnation that is gone. False if it was answered already.
    fn give_up(&self, why: GivenUp) -> bool;
}

/// Why a port that was given away will not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    Restarted,
    Closed,
}

/// What the asker finds.
pub(crate) enum Found<T, E> {
    Answer(Result<T, AskError<E>>),
    /// The limit has passed.
    Expired,
    Nothing,
}

impl<T, E> Slot<T, E> {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                state: State::Waiting,
                waker: None,
                expired: false,
                void: false,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T, E>> {
        // Nothing that can panic runs under the lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers, once. Gives the answer back when nobody waits for it.
    pub(crate) fn answer(
        &self,
        answer: Result<T, AskError<E>>,
    ) -> Result<(), Result<T, AskError<E>>> {
        let mut inner = self.lock();
        if !matches!(inner.state, State::Waiting) {
            return Err(answer);
        }
        inner.state = State::Answered(answer);
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            quiet::wake(waker);
        }
        Ok(())
    }

    /// For the asker: the answer, or a place for its waker.
    pub(crate) fn poll(&self, waker: &Waker) -> Found<T, E> {
        // A waker is somebody else's code: cloned and dropped outside of the lock.
        let mut spare = None;
        loop {
            let mut inner = self.lock();
            if let State::Answered(_) = inner.state
                && let State::Answered(answer) = std::mem::replace(&mut inner.state, State::Gone)
            {
                drop(inner);
                return Found::Answer(answer);
            }
            if inner.expired {
                drop(inner);
                return Found::Expired;
            }
            if inner
                .waker
                .as_ref()
                .is_some_and(|known| known.will_wake(waker))
            {
                drop(inner);
                return Found::Nothing;
            }
            match spare.take() {
                Some(fresh) => {
                    let stale = inner.waker.replace(fresh);
                    drop(inner);
                    drop(stale);
                    return Found::Nothing;
                }
                None => {
                    drop(inner);
                    spare = Some(waker.clone());
                }
            }
        }
    }

    /// The asker goes away. What was answered and not read is given back, to be dropped by the caller.
    pub(crate) fn abandon(&self) -> Option<Result<T, AskError<E>>> {
        let mut inner = self.lock();
        let waker = inner.waker.take();
        let state = std::mem::replace(&mut inner.state, State::Gone);
        drop(inner);
        drop(waker);
        match state {
            State::Answered(answer) => Some(answer),
            State::Waiting | State::Gone => None,
        }
    }

    /// Says that the port leaves the handler's hands.
    pub(crate) fn void(&self) {
        self.lock().void = true;
    }
}

impl<T: Send, E: Send> AnySlot for Slot<T, E> {
    fn is_open(&self) -> bool {
        let inner = self.lock();
        matches!(inner.state, State::Waiting) && !inner.void
    }

    fn is_waiting(&self) -> bool {
        matches!(self.lock().state, State::Waiting)
    }

    fn expire(&self) {
        let mut inner = self.lock();
        if matches!(inner.state, State::Waiting) {
            inner.expired = true;
            let waker = inner.waker.take();
            drop(inner);
            if let Some(waker) = waker {
                quiet::wake(waker);
            }
        }
    }

    fn give_up(&self, why: GivenUp) -> bool {
        let error = match why {
            GivenUp::Restarted => AskError::Restarted,
            GivenUp::Closed => AskError::Closed,
        };
        self.answer(Err(error)).is_ok()
    }
}

#[cfg(all(test, playhouse_loom))]
mod models;
#[cfg(all(test, not(playhouse_loom)))]
mod tests;
