//! The senders that wait for room.
//!
//! A sender that finds none takes a place in the line of the gate, and brings its ticket at each call. What is done here
//! is done under the lock, and keeps the invariants of [the queue](super).

use std::task::{Poll, Waker};

use crate::error::Refused;
use crate::mailbox::Overflow;
use crate::mailbox::line::Standing;
use crate::mailbox::queue::{Behind, Gate, Queue, RESTING, Wakes};
use crate::quiet;
use crate::raw::ring::{Claim, GATED, PARKED};
use crate::sync::{Ordering, fence};

/// What became of one look at the queue by a sender.
enum Attempt<'a, T> {
    Claimed(Claim<'a, T, Behind<T>>),
    Refused(Refused),
    /// It has a place in the line.
    Waits,
    /// It has to wait, and has no waker to leave behind.
    NeedsWaker,
}

impl<T> Queue<T> {
    /// Adds what `pack` makes of the parcel as soon as there is room, in the order of first calls. The parcel is taken
    /// out when it is accepted. On `Pending` the caller owns a ticket, which it must bring again or give to
    /// [`cancel`](Self::cancel).
    #[inline]
    pub(crate) fn poll_push<P>(
        &self,
        parcel: &mut Option<P>,
        pack: impl FnOnce(P) -> T,
        ticket: &mut Option<u64>,
        waker: &Waker,
    ) -> Poll<Result<bool, Refused>> {
        if ticket.is_none()
            && let Ok(claim) = self.ring.claim()
        {
            return Poll::Ready(Ok(fill(claim, parcel, pack)));
        }
        self.poll_slowly(parcel, pack, ticket, waker)
    }

    #[cold]
    fn poll_slowly<P>(
        &self,
        parcel: &mut Option<P>,
        pack: impl FnOnce(P) -> T,
        ticket: &mut Option<u64>,
        waker: &Waker,
    ) -> Poll<Result<bool, Refused>> {
        let mut wakes = Wakes::default();
        let claim = match self.poll_claim(ticket, waker, &mut wakes) {
            Poll::Ready(Ok(claim)) => claim,
            Poll::Ready(Err(refused)) => {
                self.count_refused();
                return Poll::Ready(Err(refused));
            }
            Poll::Pending => return Poll::Pending,
        };
        let wake = fill(claim, parcel, pack);
        // After the place is filled: a waker is somebody else's code.
        wakes.wake();
        Poll::Ready(Ok(wake))
    }

    /// As [`poll_push`](Self::poll_push), up to the claim. Whom to wake once that is written goes into `later`.
    #[cold]
    fn poll_claim(
        &self,
        ticket: &mut Option<u64>,
        waker: &Waker,
        later: &mut Wakes,
    ) -> Poll<Result<Claim<'_, T, Behind<T>>, Refused>> {
        // A waker is somebody else's code: it is cloned and dropped outside of the lock.
        let mut spare = match self.overflow {
            Overflow::Wait if ticket.is_none() => Some(waker.clone()),
            _ => None,
        };
        loop {
            let mut gate = self.lock();
            let attempt = self.attempt(&mut gate, ticket, &mut spare, waker);
            let mut wakes = Wakes::default();
            // A consumer that rests comes by no `take` that would hand out what is free beside the permits. And who has
            // used a permit passes room on, where it is time for that: whoever waits behind the last permit would else
            // wait for the consumer as well.
            if self.attention.load(Ordering::Relaxed) & RESTING != 0
                || (matches!(attempt, Attempt::Claimed(_)) && self.is_half_empty())
            {
                self.give_all(&mut gate, &mut wakes);
            }
            self.regate(&gate);
            // Room may have been given to this very sender.
            let mine = ticket.is_some_and(|number| gate.line.standing(number) == Standing::Given);
            drop(gate);
            match attempt {
                Attempt::Claimed(claim) => {
                    *later = wakes;
                    return Poll::Ready(Ok(claim));
                }
                Attempt::Refused(refused) => return Poll::Ready(Err(refused)),
                Attempt::Waits if !mine => return Poll::Pending,
                Attempt::Waits => {}
                Attempt::NeedsWaker => spare = Some(waker.clone()),
            }
        }
    }

    fn attempt(
        &self,
        gate: &mut Gate<T>,
        ticket: &mut Option<u64>,
        spare: &mut Option<Waker>,
        waker: &Waker,
    ) -> Attempt<'_, T> {
        let Some(number) = *ticket else {
            return match self.claim_new(gate) {
                Ok(claim) => Attempt::Claimed(claim),
                Err(Refused::Full) if self.overflow == Overflow::Wait => {
                    self.join(gate, ticket, spare)
                }
                Err(refused) => Attempt::Refused(refused),
            };
        };
        match gate.line.standing(number) {
            Standing::Given if gate.open => match self.ring.claim_locked(self.ring.capacity()) {
                Ok(Some(claim)) => {
                    let _had_no_waker = gate.line.leave(number);
                    *ticket = None;
                    Attempt::Claimed(claim)
                }
                // Its room is reserved, so there is some.
                Ok(None) => Attempt::Waits,
                Err(_) => self.sent_home(gate, number, ticket),
            },
            Standing::Waits => match gate.line.waker(number) {
                Some(known) if known.will_wake(waker) => Attempt::Waits,
                Some(known) => match spare.take() {
                    Some(fresh) => {
                        // The old one is dropped by the caller, with the lock released.
                        *spare = Some(std::mem::replace(known, fresh));
                        Attempt::Waits
                    }
                    None => Attempt::NeedsWaker,
                },
                None => Attempt::Waits,
            },
            // Its place was closed, and whether the mailbox is open again does not bring it back.
            Standing::Given | Standing::Nowhere => self.sent_home(gate, number, ticket),
        }
    }

    /// Takes a place in the line.
    fn join(
        &self,
        gate: &mut Gate<T>,
        ticket: &mut Option<u64>,
        spare: &mut Option<Waker>,
    ) -> Attempt<'_, T> {
        let Some(waker) = spare.take() else {
            return Attempt::NeedsWaker;
        };
        *ticket = Some(gate.line.join(waker));
        let (flags, _) = self.ring.raise(GATED);
        // The other half is in `rest`: one of the two sees the other.
        fence(Ordering::SeqCst);
        // Since the look at the room, the consumer may have emptied the queue and gone to sleep.
        if flags & (GATED | PARKED) == PARKED {
            *spare = gate.line.give();
        }
        Attempt::Waits
    }

    fn sent_home(
        &self,
        gate: &mut Gate<T>,
        number: u64,
        ticket: &mut Option<u64>,
    ) -> Attempt<'_, T> {
        let _had_no_waker = gate.line.leave(number);
        *ticket = None;
        Attempt::Refused(Refused::Closed)
    }

    /// Ends the wait of a sender that has gone; room that it was given goes to the next in line.
    pub(crate) fn cancel(&self, ticket: u64) {
        let mut gate = self.lock();
        let (stood, waker) = gate.line.leave(ticket);
        let next = match stood {
            Standing::Given => gate.line.give(),
            Standing::Waits | Standing::Nowhere => None,
        };
        self.regate(&gate);
        drop(gate);
        drop(waker);
        if let Some(next) = next {
            quiet::wake(next);
        }
    }

    /// Whether the sender with this ticket waits, and has not been given room.
    pub(crate) fn is_waiting(&self, ticket: u64) -> bool {
        self.lock().line.standing(ticket) == Standing::Waits
    }
}

/// Puts a message into the place that was claimed for it; says whether the consumer is to be woken.
#[inline]
fn fill<P, T>(
    claim: Claim<'_, T, Behind<T>>,
    parcel: &mut Option<P>,
    pack: impl FnOnce(P) -> T,
) -> bool {
    match parcel.take() {
        Some(parcel) => claim.write(|| pack(parcel)),
        // Nothing to send: the place that was claimed stays void.
        None => claim.wakes,
    }
}
