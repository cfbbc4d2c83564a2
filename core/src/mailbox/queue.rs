//! The queue in a mailbox: its ring, the gate of those who wait for room, and the ordered class of the system lane.
//!
//! Messages go through the [`ring`](crate::raw::ring), without a lock. What is rarer lies behind one, the *gate*: who
//! waits for room, notices, closing. Nothing of a user's (a message's destructor, a waker) runs while it is held.
//!
//! Invariants, each kept by every method:
//! 1. `accepted == taken + depth`, and the index of the next message is `accepted`.
//! 2. `depth + given <= capacity`, where room that is given and not used counts: `given` is a number of permits.
//! 3. The ring's `GATED` is set while somebody waits or a permit is out; so a message enters without a permit only while
//!    neither is so. It is set and cleared under the lock.
//! 4. While somebody waits, the queue is open and either a message is queued, or a permit is out: so a later `take` or
//!    a permit's end gives room, and no sender waits beside an idle actor. (The consumer, before it parks, sees `GATED`
//!    in the very word that it parks by, and then takes the lock.) While permits are out, their use passes room on, and
//!    the consumer gives none before it has nothing left to take: else the two would meet at the lock for each message.
//! 5. While the consumer rests (a handler is suspended, or no incarnation runs) nobody waits beside free room.
//! 6. `notices` is sorted by stamp, because stamps are drawn under the lock, from the word that says how many messages
//!    are accepted.
//!
//! Who may touch what: senders call `push`, `poll_push`, `cancel`; anybody may `notify`, `close` and `state`; all that
//! takes a [`Consumer`] is for the one consumer: the actor's own task, or who runs in its place.

mod waiting;

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::task::Waker;

use crate::error::Refused;
use crate::mailbox::line::Line;
use crate::mailbox::{MailboxOptions, Overflow};
use crate::quiet;
use crate::raw::ring::{Barred, CLOSED, Claim, GATED, NOTED, PARKED, Read, Reader, Ring};
use crate::sync::{AtomicU8, AtomicU64, Mutex, MutexGuard, Ordering, fence};

/// In [`Queue::attention`]: somebody waits for room, and no permit is out whose use would pass room on. A hint; the
/// ring's `GATED` is what counts.
const AWAITED: u8 = 1;
/// In [`Queue::attention`]: the consumer takes nothing for now; see invariant 5.
const RESTING: u8 = 2;

pub(crate) struct Queue<T> {
    ring: Ring<T, Behind<T>>,
    overflow: Overflow,
    /// What the consumer looks at for each message.
    attention: AtomicU8,
}

/// What is seldom touched.
struct Behind<T> {
    refused: AtomicU64,
    gate: Mutex<Gate<T>>,
    /// So that they fill a line of the cache.
    _room: [u64; 2],
}

const _: () = assert!(size_of::<Behind<()>>() >= 56, "what `Ring` asks for");

struct Gate<T> {
    line: Line,
    /// In a box, since most actors never get any.
    #[allow(
        clippy::box_collection,
        reason = "a word in place of four in every actor"
    )]
    notices: Option<Box<VecDeque<Stamped<T>>>>,
    open: bool,
    /// Closed for good; else a restart may open it again.
    sealed: bool,
    /// The actor is gone.
    ended: bool,
}

/// What the one consumer of a queue knows by itself. It is of no use to another queue.
pub(crate) struct Consumer<T> {
    reader: Reader<T>,
    /// How many messages come before the first notice.
    notice_at: u64,
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
    /// A message is on its way and not there yet: look again soon.
    Unready,
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

/// Whom to wake once the lock is released. One place is kept for the most frequent number.
#[must_use]
#[derive(Default)]
struct Wakes {
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl Wakes {
    fn add(&mut self, waker: Waker) {
        if self.first.is_none() {
            self.first = Some(waker);
        } else {
            self.others.push(waker);
        }
    }

    fn wake(self) {
        drop(self);
    }
}

/// Whoever was given room hears of it, whatever happens in between.
impl Drop for Wakes {
    #[inline]
    fn drop(&mut self) {
        if let Some(first) = self.first.take() {
            quiet::wake(first);
        }
        for waker in self.others.drain(..) {
            quiet::wake(waker);
        }
    }
}

impl<T> Queue<T> {
    #[inline]
    pub(crate) fn new(options: MailboxOptions) -> (Self, Consumer<T>) {
        let gate = Gate {
            line: Line::default(),
            notices: None,
            open: true,
            sealed: false,
            ended: false,
        };
        let behind = Behind {
            refused: AtomicU64::new(0),
            gate: Mutex::new(gate),
            _room: Default::default(),
        };
        let (ring, reader) = Ring::new(options.capacity(), behind);
        let queue = Self {
            ring,
            overflow: options.policy(),
            attention: AtomicU8::new(0),
        };
        let consumer = Consumer {
            reader,
            notice_at: u64::MAX,
        };
        (queue, consumer)
    }

    fn lock(&self) -> MutexGuard<'_, Gate<T>> {
        // Nothing that can panic runs under the lock, so a poisoned one is as good as any.
        self.ring
            .beside
            .gate
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    // For senders.

    /// Adds what `pack` makes of `parcel` if there is room now and nobody waits; says whether to wake the consumer.
    /// `pack` runs only when it is accepted; the consumer waits for it then, so it should be short.
    #[inline]
    pub(crate) fn push<P>(
        &self,
        parcel: P,
        pack: impl FnOnce(P) -> T,
    ) -> Result<bool, (P, Refused)> {
        match self.ring.claim() {
            Ok(claim) => Ok(claim.write(|| pack(parcel))),
            Err(barred) => match self.claim_slowly(barred) {
                Ok(claim) => Ok(claim.write(|| pack(parcel))),
                Err(refused) => {
                    self.count_refused();
                    Err((parcel, refused))
                }
            },
        }
    }

    #[cold]
    fn claim_slowly(&self, barred: Barred) -> Result<Claim<'_, T, Behind<T>>, Refused> {
        if barred == Barred::Closed {
            return Err(Refused::Closed);
        }
        self.claim_new(&self.lock())
    }

    fn count_refused(&self) {
        self.ring.beside.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Claims a place for a newcomer (invariant 3).
    fn claim_new(&self, gate: &Gate<T>) -> Result<Claim<'_, T, Behind<T>>, Refused> {
        if !gate.open {
            return Err(Refused::Closed);
        }
        if !gate.line.is_empty() {
            return Err(Refused::Full);
        }
        match self.ring.claim_locked(self.ring.capacity()) {
            Ok(Some(claim)) => Ok(claim),
            Ok(None) => Err(Refused::Full),
            Err(_) => Err(Refused::Closed),
        }
    }

    // Under the lock.

    fn depth(&self) -> u64 {
        let taken = self.ring.taken();
        self.ring.tail().1.saturating_sub(taken)
    }

    /// Whether it is time to give room. Hysteresis: waking a sender for each slot costs more than it brings.
    fn is_half_empty(&self) -> bool {
        self.depth() <= self.ring.capacity() / 2
    }

    /// Gives all free room to those who wait, oldest first.
    fn give_all(&self, gate: &mut Gate<T>, wakes: &mut Wakes) {
        // The gate is shut while somebody waits, so nobody takes the room that is counted here.
        while gate.line.waiting() > 0
            && self.depth() + (gate.line.given() as u64) < self.ring.capacity()
            && let Some(waker) = gate.line.give()
        {
            wakes.add(waker);
        }
    }

    /// Opens the gate when nobody waits and no room is promised, and says whether the consumer has to give some.
    fn regate(&self, gate: &Gate<T>) {
        let awaited = gate.line.waiting() > 0 && gate.line.given() == 0;
        if awaited != (self.attention.load(Ordering::Relaxed) & AWAITED != 0) {
            if awaited {
                self.attention.fetch_or(AWAITED, Ordering::Relaxed);
            } else {
                self.attention.fetch_and(!AWAITED, Ordering::Relaxed);
            }
        }
        if gate.line.is_empty() && self.ring.tail().0 & GATED != 0 {
            self.ring.lower(GATED);
        }
    }

    // For anybody.

    /// Puts a notice behind all that is accepted by now; says whether to wake the consumer. Gives it back once the
    /// actor has ended.
    pub(crate) fn notify(&self, notice: Notice<T>) -> Result<bool, Notice<T>> {
        let mut gate = self.lock();
        if gate.ended {
            return Err(notice);
        }
        let (stamp, wake) = self.ring.note();
        gate.notices
            .get_or_insert_default()
            .push_back(Stamped { stamp, notice });
        Ok(wake)
    }

    /// Refuses everybody from now on; what is queued stays. With `seal` for good.
    pub(crate) fn close(&self, seal: bool) {
        let mut gate = self.lock();
        gate.open = false;
        gate.sealed |= seal;
        self.ring.raise(CLOSED);
        let waiting = gate.line.close();
        self.regate(&gate);
        drop(gate);
        for waker in waiting {
            quiet::wake(waker);
        }
    }

    /// Takes messages again, after a kill that is followed by a restart.
    pub(crate) fn reopen(&self) {
        let mut gate = self.lock();
        if !gate.sealed && !gate.open {
            gate.open = true;
            self.ring.lower(CLOSED);
        }
    }

    /// How many messages were accepted, and how many sends refused.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let refused = self.ring.beside.refused.load(Ordering::Relaxed);
        (self.ring.accepted(), refused)
    }

    /// How many messages were taken, and whether some are queued.
    pub(crate) fn progress(&self) -> (u64, bool) {
        let taken = self.ring.taken();
        (taken, self.ring.tail().1 > taken)
    }

    pub(crate) fn state(&self) -> QueueState {
        let gate = self.lock();
        QueueState {
            depth: usize::try_from(self.depth()).unwrap_or(usize::MAX),
            capacity: usize::try_from(self.ring.capacity()).unwrap_or(usize::MAX),
            waiting: gate.line.waiting() + gate.line.given(),
            accepted: self.ring.accepted(),
            refused: self.ring.beside.refused.load(Ordering::Relaxed),
            open: gate.open,
        }
    }

    /// Whether no message is queued.
    pub(crate) fn is_empty(&self) -> bool {
        self.depth() == 0
    }

    // For the consumer.

    /// Takes what is next. The message taken before counts as dealt with.
    #[inline]
    pub(crate) fn take(&self, consumer: &mut Consumer<T>) -> Taken<T> {
        let attention = self.attention.load(Ordering::Relaxed);
        if attention & RESTING != 0 {
            self.attention.fetch_and(!RESTING, Ordering::Relaxed);
        }
        loop {
            if consumer.reader.at() >= consumer.notice_at
                && let Some(notice) = self.take_notice(consumer)
            {
                return Taken::Notice(notice);
            }
            match self.ring.read(&mut consumer.reader) {
                Read::Value(mail) => {
                    if attention & AWAITED != 0 {
                        self.make_room(consumer);
                    }
                    return Taken::Mail(mail);
                }
                Read::Unready => return Taken::Unready,
                Read::Empty => {
                    if !self.ring.sees_more(&mut consumer.reader) && self.refill(consumer) {
                        return Taken::Parked;
                    }
                }
            }
        }
    }

    /// Whether the consumer sleeps, nothing has come since, and nobody is kept out.
    #[inline]
    pub(crate) fn is_quiet(&self, consumer: &Consumer<T>) -> bool {
        self.ring.tail() == (PARKED, consumer.reader.at())
    }

    /// Looks for more; says whether there is nothing, and the consumer is parked.
    fn refill(&self, consumer: &mut Consumer<T>) -> bool {
        let reader = &mut consumer.reader;
        let before = reader.at();
        let mut flags = self.ring.refill(reader);
        if flags & NOTED != 0 {
            let gate = self.lock();
            flags = self.ring.lower(NOTED) & !NOTED;
            consumer.notice_at = gate.notice_at();
            drop(gate);
            if before >= consumer.notice_at {
                return false;
            }
        }
        if reader.has_seen_more() {
            return false;
        }
        if flags & GATED == 0 && !self.ring.is_large(reader) {
            // Fails if the gate was shut in between, and then the consumer looks again.
            return self.ring.park(reader, flags);
        }
        // Under the lock, since a gate that was opened and shut again looks the same.
        let mut gate = self.lock();
        let mut wakes = Wakes::default();
        self.give_all(&mut gate, &mut wakes);
        self.ring.trim(reader);
        self.regate(&gate);
        let (flags, index) = self.ring.tail();
        let parked = index == reader.at() && flags & NOTED == 0 && self.ring.park(reader, flags);
        drop(gate);
        wakes.wake();
        parked
    }

    /// Gives room to those who wait, if it is time.
    #[cold]
    fn make_room(&self, consumer: &mut Consumer<T>) {
        self.ring.publish(&mut consumer.reader);
        if !self.is_half_empty() {
            return;
        }
        let mut gate = self.lock();
        let mut wakes = Wakes::default();
        self.give_all(&mut gate, &mut wakes);
        self.regate(&gate);
        drop(gate);
        wakes.wake();
    }

    fn take_notice(&self, consumer: &mut Consumer<T>) -> Option<Notice<T>> {
        let mut gate = self.lock();
        let at = consumer.reader.at();
        let first = if gate.notice_at() <= at {
            gate.notices
                .as_mut()
                .and_then(|notices| notices.pop_front())
        } else {
            None
        };
        consumer.notice_at = gate.notice_at();
        first.map(|stamped| stamped.notice)
    }

    /// Takes all notices out, which were for an incarnation that is over.
    pub(crate) fn take_notices(&self, consumer: &mut Consumer<T>) -> Vec<T> {
        let notices = self.lock().notices.take();
        consumer.notice_at = u64::MAX;
        mail_of(notices)
    }

    /// The consumer takes nothing for a while: whoever waits gets all that is free now.
    pub(crate) fn rest(&self) {
        self.ring.publish_taken();
        self.attention.fetch_or(RESTING, Ordering::Relaxed);
        // The other half is where a sender joins the line: one of the two sees the other.
        fence(Ordering::SeqCst);
        if self.ring.tail().0 & GATED == 0 {
            return;
        }
        let mut gate = self.lock();
        let mut wakes = Wakes::default();
        self.give_all(&mut gate, &mut wakes);
        self.regate(&gate);
        drop(gate);
        wakes.wake();
    }

    /// Whether a parked consumer has something to take. If not, it stays parked.
    pub(crate) fn has_next(&self) -> bool {
        !self.ring.is_parked()
    }

    /// Empties the queue of its messages. Waits for senders that have a place and have not filled it.
    pub(crate) fn clear(&self, consumer: &mut Consumer<T>) -> Vec<T> {
        let items = self.read_all(consumer);
        let mut gate = self.lock();
        let mut wakes = Wakes::default();
        self.give_all(&mut gate, &mut wakes);
        self.regate(&gate);
        drop(gate);
        wakes.wake();
        items
    }

    fn read_all(&self, consumer: &mut Consumer<T>) -> Vec<T> {
        let mut items = Vec::new();
        self.ring.refill(&mut consumer.reader);
        loop {
            match self.ring.read(&mut consumer.reader) {
                Read::Value(mail) => items.push(mail),
                Read::Unready => crate::sync::yield_now(),
                Read::Empty => break,
            }
        }
        self.ring.publish(&mut consumer.reader);
        items
    }

    /// The actor has ended: nothing comes in after this, and no memory is kept for messages. Gives what is queued, and
    /// the notices. Waits for senders that have a place and have not filled it.
    pub(crate) fn finish(&self, consumer: &mut Consumer<T>) -> (Vec<T>, Vec<T>) {
        let mut gate = self.lock();
        gate.open = false;
        gate.sealed = true;
        gate.ended = true;
        self.ring.raise(CLOSED);
        let waiting = gate.line.close();
        let notices = gate.notices.take();
        consumer.notice_at = u64::MAX;
        self.regate(&gate);
        drop(gate);
        for waker in waiting {
            quiet::wake(waker);
        }
        let letters = if self.ring.is_bare(&consumer.reader) {
            Vec::new()
        } else {
            let letters = self.read_all(consumer);
            let _gate = self.lock();
            self.ring.trim(&mut consumer.reader);
            letters
        };
        (letters, mail_of(notices))
    }
}

#[allow(clippy::box_collection, reason = "as in the gate")]
fn mail_of<T>(notices: Option<Box<VecDeque<Stamped<T>>>>) -> Vec<T> {
    notices
        .into_iter()
        .flat_map(|notices| *notices)
        .map(|stamped| stamped.notice.mail)
        .collect()
}

impl<T> Gate<T> {
    /// How many messages come before the first notice.
    fn notice_at(&self) -> u64 {
        self.notices
            .as_ref()
            .and_then(|notices| notices.front())
            .map_or(u64::MAX, |first| first.stamp)
    }
}

#[cfg(all(test, playhouse_loom))]
mod models;
#[cfg(all(test, not(playhouse_loom)))]
mod tests;
