//! The queue in a mailbox, its fair waiters, and the ordered class of the system lane.
//!
//! One mutex guards all of it; nothing of a user's (a message's destructor, a waker) runs while it is held.
//!
//! Invariants, each kept by every method:
//! 1. `accepted == taken + items.len()`.
//! 2. `items.len() + granted.len() <= capacity`: a permit is room that is reserved.
//! 3. A message enters without a permit only while nobody waits and no permit is out.
//! 4. While somebody waits, the queue is open and either a message is queued, or a permit is out: so a later `take` or
//!    a permit's end gives room, and no sender waits beside an idle actor.
//! 5. While the consumer rests (a handler is suspended, or no incarnation runs) nobody waits beside free room.
//! 6. `notices` is sorted by stamp, because stamps are drawn under the lock.
//!
//! Who may touch what: senders call `push`, `poll_push`, `cancel`; anybody may `notify`, `close` and `state`; all else
//! is for the one consumer, the actor's own task.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::PoisonError;
use std::task::{Poll, Waker};

use crate::error::Refused;
use crate::mailbox::{MailboxOptions, Overflow};
use crate::quiet;
use crate::sync::{Mutex, MutexGuard};

pub(crate) struct Queue<T> {
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    items: VecDeque<T>,
    notices: VecDeque<Stamped<T>>,
    capacity: usize,
    overflow: Overflow,
    open: bool,
    /// Closed for good; else a restart may open it again.
    sealed: bool,
    /// The actor is gone.
    ended: bool,
    /// The consumer sleeps on an empty queue, and who adds something has to wake it.
    parked: bool,
    /// The consumer takes nothing for now; see invariant 5.
    resting: bool,
    waiting: BTreeMap<u64, Waker>,
    granted: BTreeSet<u64>,
    next_ticket: u64,
    accepted: u64,
    taken: u64,
    refused: u64,
}

struct Stamped<T> {
    stamp: u64,
    notice: Notice<T>,
}

/// A message of the framework to an actor: needs no room and keeps its place in the order of events.
pub(crate) struct Notice<T> {
    /// The incarnation that asked for it; another one does not get it.
    pub(crate) incarnation: u64,
    /// Says whether it is still wanted.
    pub(crate) wanted: Option<crate::links::Wanted>,
    pub(crate) mail: T,
}

/// What the consumer finds.
pub(crate) enum Taken<T> {
    Mail(T),
    Notice(Notice<T>),
    /// Nothing, and the queue has remembered that the consumer goes to sleep.
    Parked,
}

/// Figures of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueState {
    pub(crate) depth: usize,
    pub(crate) capacity: usize,
    pub(crate) waiting: usize,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) open: bool,
}

/// Whom to wake once the lock is released.
#[must_use]
pub(crate) struct Wakes {
    senders: Vec<Waker>,
    pub(crate) consumer: bool,
}

impl Wakes {
    fn none() -> Self {
        Self {
            senders: Vec::new(),
            consumer: false,
        }
    }

    /// Wakes the senders, and says whether the consumer is to be woken too.
    pub(crate) fn senders(self) -> bool {
        for waker in self.senders {
            quiet::wake(waker);
        }
        self.consumer
    }
}

impl<T> Queue<T> {
    pub(crate) fn new(options: MailboxOptions) -> Self {
        Self {
            inner: Mutex::new(Inner {
                items: VecDeque::new(),
                notices: VecDeque::new(),
                capacity: options.capacity(),
                overflow: options.policy(),
                open: true,
                sealed: false,
                ended: false,
                parked: false,
                resting: false,
                waiting: BTreeMap::new(),
                granted: BTreeSet::new(),
                next_ticket: 0,
                accepted: 0,
                taken: 0,
                refused: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // Nothing that can panic runs under the lock, so a poisoned one is as good as any.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message if there is room now and nobody waits; says whether to wake the consumer.
    pub(crate) fn push(&self, mail: T) -> Result<bool, (T, Refused)> {
        let mut inner = self.lock();
        match inner.admits() {
            Ok(()) => Ok(inner.add(mail)),
            Err(refused) => {
                inner.refused += 1;
                drop(inner);
                Err((mail, refused))
            }
        }
    }

    /// Adds a message as soon as there is room, in the order of first calls. `make` runs when it is accepted, and only
    /// then; it runs under the lock and must not panic. On `Pending` the caller owns a ticket, which it must bring
    /// again or give to [`cancel`](Self::cancel).
    pub(crate) fn poll_push(
        &self,
        make: impl FnOnce() -> Option<T>,
        ticket: &mut Option<u64>,
        waker: &Waker,
    ) -> Poll<Result<bool, Refused>> {
        let mut make = Some(make);
        // Cloned outside of the lock, and only by those who have to wait: a waker is somebody else's code.
        let mut spare = None;
        loop {
            let mut inner = self.lock();
            let attempt = inner.attempt(&mut make, ticket, &mut spare, waker);
            // A consumer that rests comes by no `take` that would hand out what is free beside the permits.
            let wakes = if inner.resting {
                inner.grant()
            } else {
                Wakes::none()
            };
            drop(inner);
            wakes.senders();
            match attempt {
                Attempt::Done(polled) => return polled,
                Attempt::Again => {}
                Attempt::NeedsWaker => spare = Some(waker.clone()),
            }
        }
    }

    /// Ends the wait of a sender that has gone; room that it was given goes to the next in line.
    pub(crate) fn cancel(&self, ticket: u64) {
        let mut inner = self.lock();
        let waker = inner.waiting.remove(&ticket);
        let mut wakes = Wakes::none();
        if inner.granted.remove(&ticket) {
            inner.hand_over_one(&mut wakes);
        }
        drop(inner);
        drop(waker);
        wakes.senders();
    }

    /// Whether the sender with this ticket waits, and has not been given room.
    pub(crate) fn is_waiting(&self, ticket: u64) -> bool {
        self.lock().waiting.contains_key(&ticket)
    }

    /// Puts a notice behind all that is accepted by now; says whether to wake the consumer. Gives it back once the
    /// actor has ended.
    pub(crate) fn notify(&self, notice: Notice<T>) -> Result<bool, Notice<T>> {
        let mut inner = self.lock();
        if inner.ended {
            return Err(notice);
        }
        let stamp = inner.accepted;
        inner.notices.push_back(Stamped { stamp, notice });
        Ok(std::mem::take(&mut inner.parked))
    }

    /// Takes all notices out, which were for an incarnation that is over.
    pub(crate) fn take_notices(&self) -> Vec<T> {
        let notices = std::mem::take(&mut self.lock().notices);
        notices
            .into_iter()
            .map(|stamped| stamped.notice.mail)
            .collect()
    }

    /// No notice comes in after this.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
    }

    /// Takes what is next. The message taken before counts as dealt with.
    pub(crate) fn take(&self) -> Taken<T> {
        let mut inner = self.lock();
        inner.resting = false;
        if inner
            .notices
            .front()
            .is_some_and(|first| first.stamp <= inner.taken)
            && let Some(first) = inner.notices.pop_front()
        {
            return Taken::Notice(first.notice);
        }
        let Some(mail) = inner.items.pop_front() else {
            inner.parked = true;
            return Taken::Parked;
        };
        inner.taken += 1;
        // Hysteresis: waking a sender for each slot costs more than it brings.
        let wakes = if inner.items.len() <= inner.capacity / 2 {
            inner.grant()
        } else {
            Wakes::none()
        };
        drop(inner);
        wakes.senders();
        Taken::Mail(mail)
    }

    /// The consumer takes nothing for a while: whoever waits gets all that is free now.
    pub(crate) fn rest(&self) {
        let mut inner = self.lock();
        inner.resting = true;
        let wakes = inner.grant();
        drop(inner);
        wakes.senders();
    }

    /// Refuses everybody from now on; what is queued stays. With `seal` for good.
    pub(crate) fn close(&self, seal: bool) {
        let mut inner = self.lock();
        inner.open = false;
        inner.sealed |= seal;
        let waiting = std::mem::take(&mut inner.waiting);
        drop(inner);
        for waker in waiting.into_values() {
            quiet::wake(waker);
        }
    }

    /// Takes messages again, after a kill that is followed by a restart.
    pub(crate) fn reopen(&self) {
        let mut inner = self.lock();
        inner.open = !inner.sealed;
    }

    /// Whether a parked consumer has something to take. If not, it stays parked.
    pub(crate) fn has_next(&self) -> bool {
        let mut inner = self.lock();
        let has = !inner.items.is_empty()
            || inner
                .notices
                .front()
                .is_some_and(|first| first.stamp <= inner.taken);
        inner.parked = !has;
        has
    }

    /// Empties the queue of its messages.
    pub(crate) fn clear(&self) -> VecDeque<T> {
        let mut inner = self.lock();
        let items = std::mem::take(&mut inner.items);
        inner.taken += items.len() as u64;
        let wakes = inner.grant();
        drop(inner);
        wakes.senders();
        items
    }

    pub(crate) fn state(&self) -> QueueState {
        let inner = self.lock();
        QueueState {
            depth: inner.items.len(),
            capacity: inner.capacity,
            waiting: inner.waiting.len() + inner.granted.len(),
            accepted: inner.accepted,
            refused: inner.refused,
            open: inner.open,
        }
    }
}

/// What became of one look at the queue by a sender.
enum Attempt {
    Done(Poll<Result<bool, Refused>>),
    /// It has a place in the line now, and may have been given room at once.
    Again,
    /// It has to wait, and has no waker to leave behind.
    NeedsWaker,
}

impl<T> Inner<T> {
    fn attempt(
        &mut self,
        make: &mut Option<impl FnOnce() -> Option<T>>,
        ticket: &mut Option<u64>,
        spare: &mut Option<Waker>,
        waker: &Waker,
    ) -> Attempt {
        let Some(number) = *ticket else {
            match self.admits() {
                Ok(()) => return Attempt::Done(Poll::Ready(Ok(self.add_made(make)))),
                Err(Refused::Full) if self.overflow == Overflow::Wait => {}
                Err(refused) => {
                    self.refused += 1;
                    return Attempt::Done(Poll::Ready(Err(refused)));
                }
            }
            let Some(waker) = spare.take() else {
                return Attempt::NeedsWaker;
            };
            let number = self.next_ticket;
            self.next_ticket += 1;
            self.waiting.insert(number, waker);
            *ticket = Some(number);
            return Attempt::Again;
        };
        if self.open && self.granted.remove(&number) {
            *ticket = None;
            return Attempt::Done(Poll::Ready(Ok(self.add_made(make))));
        }
        match self.waiting.get_mut(&number) {
            Some(known) if known.will_wake(waker) => Attempt::Done(Poll::Pending),
            Some(known) => match spare.take() {
                Some(waker) => {
                    // The old one is dropped by the caller, with the lock released.
                    *spare = Some(std::mem::replace(known, waker));
                    Attempt::Done(Poll::Pending)
                }
                None => Attempt::NeedsWaker,
            },
            // Its place was closed, and whether the mailbox is open again does not bring it back.
            None => {
                self.granted.remove(&number);
                self.refused += 1;
                *ticket = None;
                Attempt::Done(Poll::Ready(Err(Refused::Closed)))
            }
        }
    }

    fn free(&self) -> usize {
        self.capacity
            .saturating_sub(self.items.len() + self.granted.len())
    }

    /// Whether a newcomer may enter at once (invariant 3).
    fn admits(&self) -> Result<(), Refused> {
        if !self.open {
            Err(Refused::Closed)
        } else if self.waiting.is_empty() && self.granted.is_empty() && self.free() > 0 {
            Ok(())
        } else {
            Err(Refused::Full)
        }
    }

    fn add(&mut self, mail: T) -> bool {
        self.items.push_back(mail);
        self.accepted += 1;
        std::mem::take(&mut self.parked)
    }

    fn add_made(&mut self, make: &mut Option<impl FnOnce() -> Option<T>>) -> bool {
        make.take()
            .and_then(|make| make())
            .is_some_and(|mail| self.add(mail))
    }

    /// Gives all free room to those who wait, oldest first.
    fn grant(&mut self) -> Wakes {
        let mut wakes = Wakes::none();
        while self.free() > 0 && self.hand_over_one(&mut wakes) {}
        wakes
    }

    fn hand_over_one(&mut self, wakes: &mut Wakes) -> bool {
        let Some((ticket, waker)) = self.waiting.pop_first() else {
            return false;
        };
        self.granted.insert(ticket);
        wakes.senders.push(waker);
        true
    }
}

#[cfg(all(test, playhouse_loom))]
mod models;
#[cfg(all(test, not(playhouse_loom)))]
mod tests;
