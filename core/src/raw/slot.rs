//! The place where a reply and its asker meet, without a lock and, once warm, without an allocation.
//!
//! A slot is lent to one ask at a time. Two parties own it together: the *asker*, who waits, and the *port*, which
//! answers once. The *sweeper* comes by and ends waits that take too long, and *watches* look on from anywhere.
//!
//! ```text
//!   word   [ sequence ............ | OWED | ACK | GONE | LATE | VOID | ANSWERED | state ]
//!
//!   Empty --asker leaves a waker--> Waiting --somebody takes the waker--> Locked --> Empty or Ready
//!     |                                                                               ^
//!     +-------------------------- answered --> Ready --------------------------------+
//! ```
//!
//! # Who may touch what
//! - `word`: everybody, by read-modify-write; a plain store only by who has the slot alone.
//! - `waker`: the asker in `Empty`; whoever made it `Locked`, until it unlocks.
//! - `value`: the port until it says `Ready` or `ANSWERED`; then the asker, or, once the asker is `GONE`, who finds that.
//! - `owner`: the asker, before the slot is waited at.
//!
//! # Why it is right
//! 1. *Nobody waits for a lock.* Who finds the slot `Locked` leaves a word (`ANSWERED`, `GONE`) and goes; the holder sees
//!    it when it unlocks, which is a compare-and-swap, and does the other's work.
//! 2. *The port's last touch is the change to `Ready`*, or the mark `ANSWERED`: the waker was taken before, so the asker
//!    may give the slot back at once.
//! 3. *One of the two gives it back*: the asker, when it has read the answer; else, since `GONE` and `Ready` are set by
//!    read-modify-writes of one word, the later of the two sees the earlier.
//! 4. *A watch or a sweeper that comes late sees another sequence*, since it grows each time a slot is lent, and their
//!    compare-and-swaps fail. (It has 55 bits.)
//! 5. A waker is cloned, dropped and called by its owner alone, never while the slot is `Locked`.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, align_of, size_of};
use std::ptr::NonNull;
use std::task::Waker;

use crate::error::AskError;
use crate::quiet;
use crate::raw::stock;
use crate::sync::{AtomicU64, Ordering, UnsafeCell};

/// The state's bits.
const STATE: u64 = 0b11;
const EMPTY: u64 = 0;
const WAITING: u64 = 1;
const LOCKED: u64 = 2;
const READY: u64 = 3;
/// Answered while it was locked: who unlocks it says so.
const ANSWERED: u64 = 1 << 2;
/// The port was given away: nobody knows any more who has to run for the answer to come.
const VOID: u64 = 1 << 3;
/// The time limit has passed; the asker has not looked yet.
const LATE: u64 = 1 << 4;
/// The asker has gone.
const GONE: u64 = 1 << 5;
/// The asker only wants to know that the message was handled.
const ACK: u64 = 1 << 6;
/// There is a port.
const OWED: u64 = 1 << 7;
/// One lending more.
const LENT: u64 = 1 << 8;

/// What fits lies in the slot; what does not, in a box.
const PLACE: usize = 64;

#[repr(align(64))]
pub(super) struct Slot {
    word: AtomicU64,
    /// Whose sweeper looks after it; 0 for nobody's.
    owner: AtomicU64,
    waker: UnsafeCell<MaybeUninit<Waker>>,
    value: UnsafeCell<MaybeUninit<[u64; PLACE / 8]>>,
}

// SAFETY: waker and value are touched by one thread at a time (see the module's text), and are `Send` where they are
// made: `Asker::new` asks for it.
unsafe impl Sync for Slot {}
// SAFETY: as above.
unsafe impl Send for Slot {}

/// What an asker gets.
pub(crate) type Answer<T, E> = Result<T, AskError<E>>;

/// What the asker finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is there; see [`Asker::take`].
    Answer,
    /// The limit has passed.
    Late,
    Nothing,
}

/// The same with the answer, for tests.
#[cfg(test)]
#[derive(Debug)]
enum Seen<T, E> {
    Answer(Answer<T, E>),
    Late,
    Nothing,
}

#[cfg(test)]
impl<T, E> Asker<T, E> {
    fn look(&mut self, waker: &Waker) -> Seen<T, E> {
        match self.poll(waker) {
            Found::Late => Seen::Late,
            Found::Nothing => Seen::Nothing,
            Found::Answer => self.take().map_or(Seen::Nothing, Seen::Answer),
        }
    }
}

/// Neither shorter nor longer lived types may take the place of these, and nothing of them is owned.
type Exactly<T, E> = PhantomData<fn(T, E) -> (T, E)>;

/// Who waits for an answer.
pub(crate) struct Asker<T, E> {
    slot: Option<&'static Slot>,
    answer: Exactly<T, E>,
}

/// The right and the duty to answer. Dropped, it answers [`AskError::Failed`].
pub(crate) struct Port<T, E> {
    slot: &'static Slot,
    answer: Exactly<T, E>,
}

/// Sees whether an ask is still open, from anywhere.
#[derive(Clone)]
pub(crate) struct Watch {
    slot: &'static Slot,
    sequence: u64,
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            word: AtomicU64::new(0),
            owner: AtomicU64::new(0),
            waker: UnsafeCell::new(MaybeUninit::uninit()),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    #[inline]
    fn load(&self) -> u64 {
        self.word.load(Ordering::Acquire)
    }

    #[inline]
    fn change(&self, from: u64, to: u64) -> Result<u64, u64> {
        self.word
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
    }

    /// Takes the waker out.
    ///
    /// # Safety
    /// The slot was `Waiting`, and the caller made it `Locked`.
    unsafe fn take_waker(&self) -> Waker {
        // SAFETY: as the caller says; a slot that waited has a waker, and it is read once.
        self.waker
            .with_mut(|waker| unsafe { (*waker).assume_init_read() })
    }

    /// Puts a waker in.
    ///
    /// # Safety
    /// The caller may touch the waker's place, and it is empty.
    unsafe fn put_waker(&self, fresh: Waker) {
        self.waker.with_mut(|waker| {
            // SAFETY: as the caller says.
            unsafe { (*waker).write(fresh) };
        });
    }

    const fn fits<V>() -> bool {
        size_of::<V>() <= PLACE && align_of::<V>() <= align_of::<[u64; PLACE / 8]>()
    }

    /// Puts the answer in.
    ///
    /// # Safety
    /// The caller may touch the value's place, and it is empty.
    unsafe fn put_value<V>(&self, fresh: V) {
        self.value.with_mut(|place| {
            if Self::fits::<V>() {
                // SAFETY: it fits, and the place is the caller's.
                unsafe { place.cast::<V>().write(fresh) };
            } else {
                // SAFETY: a pointer fits.
                unsafe { place.cast::<Box<V>>().write(Box::new(fresh)) };
            }
        });
    }

    /// Takes the answer out.
    ///
    /// # Safety
    /// The caller may touch the value's place, and a `V` was put in that nobody has taken.
    unsafe fn take_value<V>(&self) -> V {
        self.value.with_mut(|place| {
            if Self::fits::<V>() {
                // SAFETY: a `V` lies there, and is read once.
                unsafe { place.cast::<V>().read() }
            } else {
                // SAFETY: as above, in its box.
                *unsafe { place.cast::<Box<V>>().read() }
            }
        })
    }

    /// Gives the slot back. The caller has it alone.
    fn give_back(&'static self, word: u64) {
        self.owner.store(0, Ordering::Relaxed);
        let next = (word & !(LENT - 1)).wrapping_add(LENT);
        self.word.store(next, Ordering::Release);
        stock::put(self);
    }

    /// For the sweeper of `owner`: a mark of the ask that waits here, if one does.
    pub(super) fn waits_for(&self, owner: u64) -> Option<u64> {
        // The word first: whoever sees that an ask waits also sees whose it is.
        let word = self.word.load(Ordering::SeqCst);
        let waits = word & STATE != READY
            && word & (ANSWERED | LATE | GONE) == 0
            && self.owner.load(Ordering::Acquire) == owner;
        waits.then_some(word / LENT)
    }

    /// For the sweeper: ends the wait that `mark` stands for. If the ask was answered, or left, or has moved to another
    /// task in this moment, nothing happens; the sweeper comes again.
    pub(super) fn expire(&'static self, mark: u64) {
        let word = self.load();
        if word / LENT != mark
            || word & STATE != WAITING
            || self.change(word, with_state(word, LOCKED)).is_err()
        {
            return;
        }
        // SAFETY: it was waiting, and we locked it.
        let waker = unsafe { self.take_waker() };
        let mut word = self.load();
        loop {
            if word & (GONE | OWED | ANSWERED) == GONE {
                // Both others have left while it was locked.
                self.give_back(word);
                break;
            }
            let state = if word & ANSWERED != 0 { READY } else { EMPTY };
            match self.change(word, with_state(word & !ANSWERED, state) | LATE) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        quiet::wake(waker);
    }
}

const fn with_state(word: u64, state: u64) -> u64 {
    (word & !STATE) | state
}

impl<T, E> Asker<T, E> {
    /// Takes a slot, for an ask that the sweeper of `owner` looks after (0 for none).
    pub(crate) fn new(owner: u64) -> Self
    where
        T: Send,
        E: Send,
    {
        let slot = stock::take();
        slot.owner.store(owner, Ordering::Release);
        Self {
            slot: Some(slot),
            answer: PhantomData,
        }
    }

    /// Makes the port. Once.
    pub(crate) fn port(&self) -> Option<Port<T, E>> {
        let slot = self.slot?;
        let word = slot.load();
        debug_assert_eq!(word & OWED, 0, "an ask has one port");
        if word & STATE == EMPTY {
            // Nobody else knows of it.
            slot.word.store(word | OWED, Ordering::Relaxed);
        } else {
            slot.word.fetch_or(OWED, Ordering::AcqRel);
        }
        Some(Port {
            slot,
            answer: PhantomData,
        })
    }

    pub(crate) fn watch(&self) -> Option<Watch> {
        self.slot.map(|slot| Watch {
            slot,
            sequence: slot.load() / LENT,
        })
    }

    /// The answer, or a place for the waker.
    pub(crate) fn poll(&mut self, waker: &Waker) -> Found {
        let Some(slot) = self.slot else {
            return Found::Nothing;
        };
        loop {
            let word = slot.load();
            match word & STATE {
                READY => return Found::Answer,
                _ if word & LATE != 0 => return Found::Late,
                EMPTY => {
                    let fresh = waker.clone();
                    // SAFETY: in `Empty` the place is the asker's, and empty.
                    unsafe { slot.put_waker(fresh) };
                    // Sequentially consistent with the sweeper's end: see `system::sweeper`.
                    let waiting = slot.word.compare_exchange(
                        word,
                        with_state(word, WAITING),
                        Ordering::SeqCst,
                        Ordering::Acquire,
                    );
                    if waiting.is_ok() {
                        return Found::Nothing;
                    }
                    // SAFETY: it is still empty for all others, and the waker was put in just now.
                    drop(unsafe { slot.take_waker() });
                }
                WAITING => {
                    if slot.change(word, with_state(word, LOCKED)).is_ok() && self.same(slot, waker)
                    {
                        return Found::Nothing;
                    }
                }
                _ => {
                    // An answer, or the limit, is at hand, and will wake the waker of an earlier poll.
                    waker.wake_by_ref();
                    return Found::Nothing;
                }
            }
        }
    }

    /// Takes the answer that [`poll`](Self::poll) has found, once.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Answer<T, E>> {
        let slot = self.slot?;
        let word = slot.load();
        if word & STATE != READY {
            return None;
        }
        self.slot = None;
        Some(take_answer(slot, word))
    }

    /// Unlocks a slot that the asker locked while it waited. Says whether it waits on, with this waker.
    fn same(&self, slot: &'static Slot, waker: &Waker) -> bool {
        // SAFETY: it was waiting, and we locked it.
        let known = unsafe { slot.take_waker() };
        let same = known.will_wake(waker);
        let known = if same {
            // SAFETY: as above; we took it out just now.
            unsafe { slot.put_waker(known) };
            None
        } else {
            Some(known)
        };
        let mut word = slot.load();
        loop {
            let state = if word & ANSWERED != 0 {
                READY
            } else if same {
                WAITING
            } else {
                EMPTY
            };
            match slot.change(word, with_state(word & !ANSWERED, state)) {
                Ok(_) if state == READY && same => {
                    // SAFETY: nobody else looks for the waker of a slot that is ready.
                    drop(unsafe { slot.take_waker() });
                    return false;
                }
                Ok(_) => {
                    drop(known);
                    return same;
                }
                Err(now) => word = now,
            }
        }
    }

    /// Goes away. An answer that came and was not read is given back, to be dropped by the caller.
    #[inline]
    pub(crate) fn abandon(&mut self) -> Option<Answer<T, E>> {
        Self::leave(self.slot.take()?)
    }

    #[cold]
    fn leave(slot: &'static Slot) -> Option<Answer<T, E>> {
        let mut word = slot.load();
        loop {
            let changed = match word & STATE {
                READY => return Some(take_answer(slot, word)),
                EMPTY if word & OWED == 0 => {
                    slot.give_back(word);
                    return None;
                }
                EMPTY => slot.change(word, word | GONE),
                WAITING => match slot.change(word, with_state(word, LOCKED)) {
                    Ok(_) => {
                        // SAFETY: it was waiting, and we locked it.
                        let waker = unsafe { slot.take_waker() };
                        let left = leave_locked(slot);
                        drop(waker);
                        return left;
                    }
                    Err(now) => Err(now),
                },
                _ if word & ANSWERED == 0 => slot.change(word, word | GONE),
                _ => return Some(take_beside(slot)),
            };
            match changed {
                Ok(_) => return None,
                Err(now) => word = now,
            }
        }
    }
}

/// Takes the answer of a slot that is ready, and gives the slot back.
#[inline]
fn take_answer<T, E>(slot: &'static Slot, word: u64) -> Answer<T, E> {
    // SAFETY: it is ready, so the port has put a value of this type in and is done; the asker reads it once.
    let answer = unsafe { slot.take_value() };
    slot.give_back(word);
    answer
}

/// The asker goes, of a slot that it has locked itself.
fn leave_locked<T, E>(slot: &'static Slot) -> Option<Answer<T, E>> {
    let mut word = slot.load();
    loop {
        if word & ANSWERED != 0 {
            return Some(take_answer(slot, word));
        }
        if word & OWED == 0 {
            slot.give_back(word);
            return None;
        }
        match slot.change(word, with_state(word, EMPTY) | GONE) {
            Ok(_) => return None,
            Err(now) => word = now,
        }
    }
}

/// The asker goes, with an answer that came while the sweeper has the slot locked.
fn take_beside<T, E>(slot: &'static Slot) -> Answer<T, E> {
    // SAFETY: the port is done, and what it put in is the asker's.
    let answer = unsafe { slot.take_value() };
    let mut word = slot.load();
    loop {
        if word & STATE == READY {
            // The sweeper has unlocked it meanwhile.
            slot.give_back(word);
            return answer;
        }
        match slot.change(word, (word & !ANSWERED) | GONE) {
            Ok(_) => return answer,
            Err(now) => word = now,
        }
    }
}

impl<T, E> Drop for Asker<T, E> {
    fn drop(&mut self) {
        drop(self.abandon());
    }
}

impl<T, E> Port<T, E> {
    /// Answers. Gives the answer back when nobody waits for it any more.
    pub(crate) fn answer(self, answer: Answer<T, E>) -> Result<(), Answer<T, E>> {
        debug_assert_eq!(self.slot.load() & ACK, 0, "see `into_ack`");
        let slot = self.slot;
        std::mem::forget(self);
        deliver(slot, answer)
    }

    /// The port as it is, if the asker only wants to know that the message was handled; else itself.
    pub(crate) fn into_ack(self) -> Result<Port<(), Infallible>, Self> {
        if self.slot.load() & ACK == 0 {
            return Err(self);
        }
        let slot = self.slot;
        std::mem::forget(self);
        slot.word.fetch_and(!ACK, Ordering::AcqRel);
        Ok(Port {
            slot,
            answer: PhantomData,
        })
    }

    /// Whether the asker has gone.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.slot.load() & GONE != 0
    }

    /// Says that the port leaves the handler's hands.
    pub(crate) fn void(&self) {
        self.slot.word.fetch_or(VOID, Ordering::AcqRel);
    }

    /// The port as a word, to be made one again by [`from_raw`](Self::from_raw).
    pub(super) fn into_raw(self) -> NonNull<()> {
        let slot = NonNull::from(self.slot).cast();
        std::mem::forget(self);
        slot
    }

    /// # Safety
    /// The word comes from [`into_raw`](Self::into_raw) of a port of this type, and is made a port once.
    pub(super) unsafe fn from_raw(word: NonNull<()>) -> Self {
        Self {
            // SAFETY: slots are never freed.
            slot: unsafe { word.cast().as_ref() },
            answer: PhantomData,
        }
    }
}

impl Port<(), Infallible> {
    /// Turns the port of somebody who only wants to know that the message was handled into one of another type, which
    /// [`into_ack`](Port::into_ack) undoes.
    pub(crate) fn acknowledging<T, E>(self) -> Port<T, E> {
        let slot = self.slot;
        std::mem::forget(self);
        slot.word.fetch_or(ACK, Ordering::AcqRel);
        Port {
            slot,
            answer: PhantomData,
        }
    }
}

impl<T, E> Drop for Port<T, E> {
    fn drop(&mut self) {
        if self.slot.load() & ACK == 0 {
            drop(deliver::<T, E>(self.slot, Err(AskError::Failed)));
        } else {
            drop(deliver::<(), Infallible>(self.slot, Err(AskError::Failed)));
        }
    }
}

/// The port answers, and is done. Gives the answer back when the asker has gone.
fn deliver<T, E>(slot: &'static Slot, answer: Answer<T, E>) -> Result<(), Answer<T, E>> {
    // SAFETY: before it is answered the place is the port's, and empty.
    unsafe { slot.put_value(answer) };
    let mut word = slot.load();
    loop {
        if word & GONE != 0 {
            // SAFETY: it was put in just now, and the asker does not come for it any more.
            let answer = unsafe { slot.take_value() };
            retire(slot, word);
            return Err(answer);
        }
        let changed = match word & STATE {
            EMPTY => slot.change(word, with_state(word & !OWED, READY)),
            WAITING => match slot.change(word, with_state(word, LOCKED)) {
                Ok(_) => return wake(slot),
                Err(now) => Err(now),
            },
            _ => slot.change(word, (word & !OWED) | ANSWERED),
        };
        match changed {
            Ok(_) => return Ok(()),
            Err(now) => word = now,
        }
    }
}

/// The port has put its answer into a slot that waited, and locked it: says so, and wakes the asker.
fn wake<T, E>(slot: &'static Slot) -> Result<(), Answer<T, E>> {
    // SAFETY: it was waiting, and we locked it.
    let waker = unsafe { slot.take_waker() };
    let mut word = slot.load();
    loop {
        if word & GONE != 0 {
            // SAFETY: as in `deliver`.
            let answer = unsafe { slot.take_value() };
            slot.give_back(word);
            drop(waker);
            return Err(answer);
        }
        match slot.change(word, with_state(word & !OWED, READY)) {
            Ok(_) => {
                quiet::wake(waker);
                return Ok(());
            }
            Err(now) => word = now,
        }
    }
}

/// The port leaves a slot whose asker has gone.
fn retire(slot: &'static Slot, mut word: u64) {
    loop {
        if word & STATE != LOCKED {
            slot.give_back(word);
            return;
        }
        // The sweeper is at it, and gives it back.
        match slot.change(word, word & !OWED) {
            Ok(_) => return,
            Err(now) => word = now,
        }
    }
}

impl Watch {
    /// Whether the answer is still awaited from the actor that was asked.
    pub(crate) fn is_open(&self) -> bool {
        let word = self.slot.word.load(Ordering::SeqCst);
        word / LENT == self.sequence
            && word & STATE != READY
            && word & (ANSWERED | VOID | GONE) == 0
    }
}

#[cfg(all(test, playhouse_loom))]
mod models;
#[cfg(all(test, not(playhouse_loom)))]
mod tests;
