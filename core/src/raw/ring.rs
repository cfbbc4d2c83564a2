//! The queue of a mailbox: many senders, one reader, one compare-and-swap per message.
//!
//! # Shape
//! Messages have consecutive *indices*. One word, `tail`, holds the index of the next message and four flags, so that a
//! single compare-and-swap claims an index, sees that the mailbox is open and ungated, and finds out whether the reader
//! sleeps:
//!
//! ```text
//!   tail   [ index of the next message ........ | NOTED | GATED | CLOSED | PARKED ]
//!   head   the index up to which the reader has published that slots are free
//!   taken  the index up to which it has read; exact, and `head <= taken <= index`
//! ```
//!
//! Slots lie in a buffer whose size is a power of two; index `i` lies in slot `i & mask`. There is no buffer before the
//! first message. One that is full and smaller than the capacity is followed by a larger one (4, 8, 16 .., or at once the
//! size of the last burst), for the indices from its `start` on; the reader frees the old one when it gets there. A reader
//! that finds the queue empty, and more than the smallest buffer, frees all of them, so memory is held only while it is
//! used.
//!
//! # Who may touch what
//! - `tail`: anybody, by read-modify-write alone. `CLOSED`, `GATED` and `NOTED` are set and cleared by whoever holds
//!   the lock of the gate (`mailbox::queue`); `NOTED` is cleared by the reader, which holds it then. `PARKED` is set by
//!   the reader, when its compare-and-swap finds that nothing came; cleared by whoever adds something, who then has to
//!   wake the reader. So each park has exactly one waker.
//! - `head`, `taken`: written by the reader, read by anybody.
//! - `newest`, `limit`, `last`: written under the lock of the gate while `GATED` keeps claims away, read by anybody. One
//!   exception: see 4.
//! - A slot: by the sender that claimed its index until it has stored `ready`, then by the reader until it has stored
//!   `taken`.
//! - A [`Reader`]: by the one reader. There is one per ring.
//!
//! # Why it is right
//! 1. *A claimed slot is free.* A claim at index `i` needs `i - head < limit`, or under the lock `i - taken < size`. The
//!    reader stores either with `Release` after it has read the slot of its old message; the claim's `Acquire` load sees
//!    that. The loads are not one step with the claim, yet a stale `head` is too low and only refuses; and a stale
//!    `limit` belongs to buffers that were freed since, at an empty queue, whose word of `tail` may be the same for the
//!    first message alone, which fits in any buffer.
//! 2. *A message is read whole.* The sender writes the slot, then stores `ready = index + 1` with `Release`; the reader
//!    loads it with `Acquire`. The number tells the slot's old message from its new one, so nothing has to be cleared.
//! 3. *No lost wake-up.* Claim and park are read-modify-writes of one word. If the claim comes first, the reader's park
//!    fails; else the claim sees `PARKED`.
//! 4. *A claim finds its buffer.* `newest` is stored before `GATED` is cleared; a claim made after that reads from that
//!    release sequence. A claim made before may find a newer buffer than its own, and goes back along `prev`: the older
//!    one lives until its last index is read, and that claim's is not yet. The claim of a stale `limit` (see 1) may find
//!    no buffer at all. Then it is the only message that there is, and puts the first buffer there itself, or finds the
//!    one that somebody else has put there in this moment; both begin at `taken`, which is that message's index.
//! 5. *Buffers are freed alone.* The old buffer of a growth: when the reader has read all its indices, whose senders are
//!    therefore done with it; later claims do not look at its successor's `prev`. All of them at an empty queue: under the
//!    lock, with `GATED` set by a compare-and-swap that found no new claim.
//! 6. *Close is exact.* `CLOSED` is set by a read-modify-write of `tail`: claims before it in the order of that word are
//!    accepted, and no other.

mod buffer;

use std::ptr::{self, NonNull};

use crate::raw::ring::buffer::{Buffer, VOID, spin_for};
use crate::sync::{AtomicPtr, AtomicU64, GROWTH, Ordering, SMALLEST};

/// The reader sleeps.
pub(crate) const PARKED: u64 = 1;
/// No message is accepted.
pub(crate) const CLOSED: u64 = 2;
/// Only who holds the lock of the gate may claim.
pub(crate) const GATED: u64 = 4;
/// There is a notice that the reader has not looked at.
pub(crate) const NOTED: u64 = 8;
const SHIFT: u32 = 4;
const ONE: u64 = 1 << SHIFT;

/// The largest buffer that one growth takes for the sake of the last burst alone: whoever sends meanwhile waits for it.
const LEAP: u64 = 1024;
/// How many messages are read before `head` is published, at most.
const STRIDE: u64 = 64;

/// The tail, which senders write, what they read, and what the reader writes are kept on lines of the cache of their own,
/// whatever the address: so that none slows another down. (Not by an alignment, which an allocator pays for.)
///
/// `B` is what lies beside the tail, in place of nothing: things of the ring's owner that are seldom touched while messages
/// flow, of 56 bytes or more.
#[repr(C)]
pub(crate) struct Ring<T, B> {
    tail: AtomicU64,
    pub(crate) beside: B,
    shared: Shared<T>,
    _readers: [u64; 3],
    reader: Progress,
}

/// Read by senders, written rarely.
#[repr(C)]
struct Shared<T> {
    head: AtomicU64,
    /// How many unread messages a claim without the lock may find.
    limit: AtomicU64,
    newest: AtomicPtr<Buffer<T>>,
    capacity: u64,
    /// The size that the buffers grew to when they were last freed, or less if that was too much: what the next growth
    /// begins with.
    last: AtomicU64,
}

/// Written by the reader for each message.
#[repr(C)]
struct Progress {
    taken: AtomicU64,
    void: AtomicU64,
}

/// What the one reader knows by itself.
pub(crate) struct Reader<T> {
    /// The index that it reads next.
    at: u64,
    /// The tail's index when it looked last.
    seen: u64,
    published: u64,
    buffer: *mut Buffer<T>,
    /// The next buffer begins here, as far as it knows.
    until: u64,
}

// SAFETY: the pointer stands for buffers that the reader and its ring share; what is in them is sent between threads.
unsafe impl<T: Send> Send for Reader<T> {}

// SAFETY: a value is written by one thread and read by another, and never by two at once (see the module's text).
unsafe impl<T: Send, B: Send> Send for Ring<T, B> {}
// SAFETY: as above; no `&T` is ever handed out.
unsafe impl<T: Send, B: Sync> Sync for Ring<T, B> {}

/// Why a claim was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Barred {
    Closed,
    /// It is full, or gated, or has no buffer (or none large enough): see to it under the lock.
    Slow,
}

/// What the reader finds.
pub(crate) enum Read<T> {
    Value(T),
    /// Nothing more than when it looked last.
    Empty,
    /// A message whose sender is not done yet.
    Unready,
}

/// An index that was claimed. It must be written, and is void if it is dropped.
#[must_use]
pub(crate) struct Claim<'a, T, B> {
    ring: &'a Ring<T, B>,
    index: u64,
    /// Whether the reader sleeps, and this claim has to wake it.
    pub(crate) wakes: bool,
}

impl<T, B> Ring<T, B> {
    #[inline]
    pub(crate) fn new(capacity: usize, beside: B) -> (Self, Reader<T>) {
        let capacity = capacity as u64;
        let ring = Self {
            tail: AtomicU64::new(0),
            beside,
            shared: Shared {
                head: AtomicU64::new(0),
                limit: AtomicU64::new(0),
                newest: AtomicPtr::new(ptr::null_mut()),
                capacity,
                last: AtomicU64::new(0),
            },
            _readers: Default::default(),
            reader: Progress {
                taken: AtomicU64::new(0),
                void: AtomicU64::new(0),
            },
        };
        let reader = Reader {
            at: 0,
            seen: 0,
            published: 0,
            buffer: ptr::null_mut(),
            until: 0,
        };
        (ring, reader)
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.shared.capacity
    }

    // For anybody.

    /// The flags and the index of the next message.
    pub(crate) fn tail(&self) -> (u64, u64) {
        let tail = self.tail.load(Ordering::Acquire);
        (tail & (ONE - 1), tail >> SHIFT)
    }

    /// How many messages were read.
    pub(crate) fn taken(&self) -> u64 {
        self.reader.taken.load(Ordering::Acquire)
    }

    /// How many messages were accepted: the index of the next one, without those that were never made.
    pub(crate) fn accepted(&self) -> u64 {
        let void = self.reader.void.load(Ordering::Relaxed);
        self.tail().1.saturating_sub(void)
    }

    /// Sets a flag; gives the word as it was.
    pub(crate) fn raise(&self, flag: u64) -> (u64, u64) {
        let before = self.tail.fetch_or(flag, Ordering::AcqRel);
        (before & (ONE - 1), before >> SHIFT)
    }

    pub(crate) fn lower(&self, flag: u64) -> u64 {
        self.tail.fetch_and(!flag, Ordering::AcqRel) & (ONE - 1)
    }

    /// Says that there is a notice, at once behind all messages of now: gives their number, and whether the reader is
    /// to be woken.
    pub(crate) fn note(&self) -> (u64, bool) {
        let mut tail = self.tail.load(Ordering::Relaxed);
        loop {
            let noted = (tail | NOTED) & !PARKED;
            match self
                .tail
                .compare_exchange_weak(tail, noted, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return (tail >> SHIFT, tail & PARKED != 0),
                Err(now) => tail = now,
            }
        }
    }

    /// Claims an index, if there is room and the gate is open.
    #[inline]
    pub(crate) fn claim(&self) -> Result<Claim<'_, T, B>, Barred> {
        let shared = &self.shared;
        // Acquire, here and below: whoever sees the first message behind a `trim` sees the limit of it (see 1).
        let mut tail = self.tail.load(Ordering::Acquire);
        loop {
            if tail & (CLOSED | GATED) != 0 {
                return Err(if tail & CLOSED != 0 {
                    Barred::Closed
                } else {
                    Barred::Slow
                });
            }
            let index = tail >> SHIFT;
            let depth = index.wrapping_sub(shared.head.load(Ordering::Acquire));
            if depth >= shared.limit.load(Ordering::Relaxed) {
                let now = self.tail.load(Ordering::Acquire);
                if now == tail {
                    return Err(Barred::Slow);
                }
                tail = now;
                continue;
            }
            match self.tail.compare_exchange_weak(
                tail,
                (tail & !PARKED).wrapping_add(ONE),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    return Ok(Claim {
                        ring: self,
                        index,
                        wakes: tail & PARKED != 0,
                    });
                }
                Err(now) => tail = now,
            }
        }
    }

    // For who holds the lock of the gate.

    /// Claims an index under the lock, whether the gate is open or not, if there are fewer than `below` unread
    /// messages. `None` when there is no such room.
    pub(crate) fn claim_locked(&self, below: u64) -> Result<Option<Claim<'_, T, B>>, Barred> {
        loop {
            let tail = self.tail.load(Ordering::Acquire);
            if tail & CLOSED != 0 {
                return Err(Barred::Closed);
            }
            let index = tail >> SHIFT;
            let depth = index.wrapping_sub(self.taken());
            if depth >= below {
                if self.tail.load(Ordering::Acquire) == tail {
                    return Ok(None);
                }
                continue;
            }
            let (_, size) = self.newest();
            if depth >= size {
                self.grow();
                continue;
            }
            if self.shared.limit.load(Ordering::Relaxed) == 0 {
                // The first buffer was put there without the lock.
                self.limit(size);
            }
            let claimed = (tail & !PARKED).wrapping_add(ONE);
            if self
                .tail
                .compare_exchange(tail, claimed, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
            {
                return Ok(Some(Claim {
                    ring: self,
                    index,
                    wakes: tail & PARKED != 0,
                }));
            }
        }
    }

    /// The newest buffer and its size.
    fn newest(&self) -> (*mut Buffer<T>, u64) {
        let newest = self.shared.newest.load(Ordering::Acquire);
        // SAFETY: the newest buffer is freed only under the lock that our caller holds.
        let size = unsafe { newest.as_ref() }.map_or(0, |buffer| buffer.mask + 1);
        (newest, size)
    }

    fn limit(&self, size: u64) {
        let shared = &self.shared;
        shared
            .limit
            .store(size.min(shared.capacity), Ordering::Relaxed);
    }

    /// Puts a larger buffer behind the newest.
    fn grow(&self) {
        // One look, since a first buffer may be put there without the lock at any moment.
        let (newest, size) = self.newest();
        let size = match size {
            0 => {
                self.begin();
                return;
            }
            size => {
                let last = self.shared.last.load(Ordering::Relaxed);
                let next = size.saturating_mul(GROWTH).max(last.min(LEAP));
                next.min(self.largest())
            }
        };
        let buffer = Buffer::allocate(0, size, newest);
        let (flags, start) = self.raise(GATED);
        // SAFETY: nobody else has seen it.
        unsafe { (*buffer).start = start };
        self.shared.newest.store(buffer, Ordering::Release);
        self.limit(size);
        if flags & GATED == 0 {
            self.lower(GATED);
        }
    }

    /// Puts the first buffer there, if there is none. With or without the lock.
    #[cold]
    fn begin(&self) {
        let size = SMALLEST.min(self.largest());
        let buffer = Buffer::allocate(self.taken(), size, ptr::null_mut());
        let placed = self.shared.newest.compare_exchange(
            ptr::null_mut(),
            buffer,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if placed.is_err()
            && let Some(buffer) = NonNull::new(buffer)
        {
            // SAFETY: nobody has seen it.
            unsafe { Buffer::free(buffer) };
        }
    }

    /// The size of a buffer for all that may be queued.
    fn largest(&self) -> u64 {
        self.shared
            .capacity
            .checked_next_power_of_two()
            .unwrap_or(u64::MAX / 2 + 1)
    }

    /// The buffer of a claimed index.
    #[inline]
    fn buffer_of(&self, index: u64) -> *mut Buffer<T> {
        let mut buffer = self.shared.newest.load(Ordering::Acquire);
        if buffer.is_null() {
            self.begin();
            buffer = self.shared.newest.load(Ordering::Acquire);
        }
        loop {
            // SAFETY: `index` is claimed and not read, so the buffer that it lies in is alive, and so are all newer
            // ones, which is where the walk begins; it ends at the one with `start <= index`.
            let start = unsafe { (*buffer).start };
            if start <= index {
                return buffer;
            }
            // SAFETY: as above.
            buffer = unsafe { (*buffer).prev };
        }
    }

    // For the one reader.

    /// Reads the next message, of those that it has seen.
    #[inline]
    pub(crate) fn read(&self, reader: &mut Reader<T>) -> Read<T> {
        loop {
            if reader.at == reader.seen {
                return Read::Empty;
            }
            if reader.at == reader.until && !self.next_buffer(reader) {
                return Read::Unready;
            }
            // SAFETY: the reader's buffer is the one of its index, and is freed by the reader alone.
            let slot = unsafe { Buffer::slot(reader.buffer, reader.at) };
            let expected = reader.at.wrapping_add(1);
            let mut ready = slot.ready.load(Ordering::Acquire);
            if ready & !VOID != expected {
                ready = spin_for(slot, expected);
                if ready & !VOID != expected {
                    return Read::Unready;
                }
            }
            let value = if ready & VOID == 0 {
                // SAFETY: its sender has written it, and stored `ready` after that; it is read once, since `at` moves on.
                Some(
                    slot.value
                        .with_mut(|value| unsafe { (*value).assume_init_read() }),
                )
            } else {
                None
            };
            reader.at = expected;
            self.reader.taken.store(expected, Ordering::Release);
            if expected.wrapping_sub(reader.published) >= self.stride() {
                self.publish(reader);
            }
            match value {
                Some(value) => return Read::Value(value),
                None => {
                    let void = self.reader.void.load(Ordering::Relaxed);
                    self.reader.void.store(void + 1, Ordering::Relaxed);
                }
            }
        }
    }

    /// How many messages are read before `head` is published.
    #[inline]
    fn stride(&self) -> u64 {
        (self.capacity() / 2).clamp(1, STRIDE)
    }

    /// Tells senders which slots are free.
    #[inline]
    pub(crate) fn publish(&self, reader: &mut Reader<T>) {
        if reader.published != reader.at {
            reader.published = reader.at;
            self.shared.head.store(reader.at, Ordering::Release);
        }
    }

    /// The same by the exact count, for the reader's task where the [`Reader`] is not at hand.
    pub(crate) fn publish_taken(&self) {
        let taken = self.reader.taken.load(Ordering::Relaxed);
        self.shared.head.store(taken, Ordering::Release);
    }

    /// Looks for new messages, and nothing but messages: says whether there are any. `refill` says the rest.
    #[inline]
    pub(crate) fn sees_more(&self, reader: &mut Reader<T>) -> bool {
        let (flags, index) = self.tail();
        if index == reader.at || flags & NOTED != 0 {
            return false;
        }
        // After the tail: what is seen there lies in buffers that are seen here.
        if reader.until == u64::MAX && self.shared.newest.load(Ordering::Acquire) != reader.buffer {
            return false;
        }
        self.publish(reader);
        reader.seen = index;
        true
    }

    /// Looks for new messages; gives the flags.
    pub(crate) fn refill(&self, reader: &mut Reader<T>) -> u64 {
        self.publish(reader);
        let (flags, index) = self.tail();
        reader.seen = index;
        if reader.at != index && reader.until == u64::MAX {
            reader.until = self.end_of(reader.buffer);
        }
        flags
    }

    /// Where the buffer after this one begins.
    fn end_of(&self, buffer: *mut Buffer<T>) -> u64 {
        self.after(buffer).map_or(u64::MAX, |next| {
            // SAFETY: as in `after`.
            unsafe { (*next).start }
        })
    }

    /// The buffer that follows `buffer`; the oldest, if that is null.
    fn after(&self, buffer: *mut Buffer<T>) -> Option<*mut Buffer<T>> {
        let mut next = self.shared.newest.load(Ordering::Acquire);
        if next == buffer {
            return None;
        }
        loop {
            // SAFETY: buffers from the reader's on are freed by the reader alone, who calls this.
            let prev = unsafe { (*next).prev };
            if prev == buffer {
                return Some(next);
            }
            next = prev;
        }
    }

    /// Goes on to the next buffer; all of this one was read. False if there is none yet: its first sender is about to put
    /// it there.
    #[cold]
    fn next_buffer(&self, reader: &mut Reader<T>) -> bool {
        let Some(next) = self.after(reader.buffer) else {
            return false;
        };
        if let Some(read) = NonNull::new(reader.buffer) {
            // SAFETY: every index of it was read, so no sender holds a claim on it, and none looks for it: a claim's
            // walk ends at the buffer of its own index, which is not before `next`.
            unsafe {
                Buffer::free(read);
                (*next).prev = ptr::null_mut();
            }
        }
        reader.buffer = next;
        reader.until = self.end_of(next);
        true
    }

    /// Goes to sleep, unless something came. `flags` are those that [`refill`](Self::refill) saw.
    pub(crate) fn park(&self, reader: &Reader<T>, flags: u64) -> bool {
        debug_assert_eq!(reader.at, reader.seen);
        let tail = (reader.at << SHIFT) | flags;
        tail & PARKED != 0
            || self
                .tail
                .compare_exchange(tail, tail | PARKED, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    pub(crate) fn is_parked(&self) -> bool {
        self.tail.load(Ordering::Acquire) & PARKED != 0
    }

    /// Whether it holds on to more than the smallest buffer. For the reader.
    pub(crate) fn is_large(&self, _: &Reader<T>) -> bool {
        let newest = self.shared.newest.load(Ordering::Acquire);
        // SAFETY: the newest buffer is freed by the reader alone.
        unsafe { newest.as_ref() }.is_some_and(|buffer| buffer.mask + 1 > SMALLEST)
    }

    /// Whether there is neither a message nor a buffer. For the reader, and final once it is closed.
    pub(crate) fn is_bare(&self, reader: &Reader<T>) -> bool {
        self.tail().1 == reader.at && self.shared.newest.load(Ordering::Acquire).is_null()
    }

    /// Frees all buffers, if the queue is empty. For the reader, under the lock of the gate.
    pub(crate) fn trim(&self, reader: &mut Reader<T>) {
        let tail = self.tail.load(Ordering::Acquire);
        let gated = tail | GATED;
        if tail >> SHIFT != reader.at
            || self
                .tail
                .compare_exchange(tail, gated, Ordering::AcqRel, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        self.publish(reader);
        self.shared.limit.store(0, Ordering::Relaxed);
        self.remember(reader);
        self.free_all();
        reader.buffer = ptr::null_mut();
        reader.until = reader.at;
        if tail & GATED == 0 {
            self.lower(GATED);
        }
    }

    /// Keeps in mind what the buffers have grown to, before they are freed. A burst that used little of its buffer
    /// begins the next one with less.
    fn remember(&self, reader: &Reader<T>) {
        let (newest, size) = self.newest();
        // SAFETY: as in `newest`.
        let Some(start) = unsafe { newest.as_ref() }.map(|buffer| buffer.start) else {
            return;
        };
        let used = reader.at.wrapping_sub(start);
        let last = &self.shared.last;
        // One that is as large as the last was taken at once; one that is larger was grown into.
        let was_too_large = size == last.load(Ordering::Relaxed) && used < size / 4;
        last.store(
            if was_too_large { size / GROWTH } else { size },
            Ordering::Relaxed,
        );
    }

    /// Frees every buffer, for who knows that nobody else touches any.
    fn free_all(&self) {
        let newest = &self.shared.newest;
        let mut next = newest.load(Ordering::Relaxed);
        newest.store(ptr::null_mut(), Ordering::Relaxed);
        while let Some(buffer) = NonNull::new(next) {
            // SAFETY: it was not freed: the oldest one's `prev` is null.
            next = unsafe { buffer.as_ref() }.prev;
            // SAFETY: the queue is empty and claims are kept away, or we own the ring.
            unsafe { Buffer::free(buffer) };
        }
    }
}

impl<T> Reader<T> {
    /// How many messages were read.
    #[inline]
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Whether there are messages that it has seen and not read.
    #[inline]
    pub(crate) fn has_seen_more(&self) -> bool {
        self.at != self.seen
    }
}

impl<T, B> Claim<'_, T, B> {
    /// Makes the message and puts it in its place; says whether the reader is to be woken. If `make` panics, the place
    /// is void, and the reader passes over it.
    #[inline]
    pub(crate) fn write(self, make: impl FnOnce() -> T) -> bool {
        let wakes = self.wakes;
        let value = make();
        // SAFETY: the index is claimed.
        let slot = unsafe { Buffer::slot(self.ring.buffer_of(self.index), self.index) };
        // SAFETY: the slot is free, and nobody else's until `ready` says so.
        slot.value
            .with_mut(|place| unsafe { (*place).write(value) });
        slot.ready
            .store(self.index.wrapping_add(1), Ordering::Release);
        std::mem::forget(self);
        wakes
    }
}

impl<T, B> Drop for Claim<'_, T, B> {
    fn drop(&mut self) {
        // SAFETY: the index is claimed.
        let slot = unsafe { Buffer::slot(self.ring.buffer_of(self.index), self.index) };
        slot.ready
            .store(self.index.wrapping_add(1) | VOID, Ordering::Release);
    }
}

impl<T, B> Drop for Ring<T, B> {
    fn drop(&mut self) {
        let (_, index) = self.tail();
        let mut at = self.taken();
        while at != index {
            // SAFETY: what is unread lies in a live buffer, and nobody but us has the ring.
            let slot = unsafe { Buffer::slot(self.buffer_of(at), at) };
            at = at.wrapping_add(1);
            if slot.ready.load(Ordering::Acquire) == at {
                // SAFETY: it was written, and is read once.
                let value = slot
                    .value
                    .with_mut(|value| unsafe { (*value).assume_init_read() });
                crate::quiet::drop_logged(value, "a message in a mailbox that nobody has any more");
            }
        }
        self.free_all();
    }
}

#[cfg(all(test, playhouse_loom))]
mod models;
#[cfg(all(test, not(playhouse_loom)))]
mod tests;
