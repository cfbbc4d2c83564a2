//! Where the work of an actor lies: its state, its context and its end of the queue, and who may touch them now.
//!
//! One *owner*, the actor's own task, has it nearly always. While the task sleeps on an empty mailbox it *lends* the
//! bench out, and then one *guest* at a time may work at it: a caller who runs its own question. A guest never waits,
//! and neither does the owner: if it wants the bench back while a guest is there, it leaves word, and is woken.
//!
//! ```text
//!   Nobody's <--> Owned --lend--> Lent --enter--> Guest --leave--> Lent
//!                   ^              |                |
//!                   |<---reclaim---+   reclaim --> Awaited --leave--> Recalled --reclaim--> Owned
//! ```
//!
//! Invariant: the value is touched in the states `Owned` (by the owner), `Guest` and `Awaited` (by the guest) alone. Each
//! change of hands is a compare-and-swap or an exchange that releases what was written before and acquires it after.

use crate::sync::{AtomicU8, Ordering, UnsafeCell, yield_now};

const NOBODY: u8 = 0;
const OWNED: u8 = 1;
const LENT: u8 = 2;
const GUEST: u8 = 3;
/// A guest is there, and the owner wants it back.
const AWAITED: u8 = 4;
/// No guest is let in before the owner has looked.
const RECALLED: u8 = 5;

pub(crate) struct Bench<T> {
    state: AtomicU8,
    value: UnsafeCell<T>,
}

// SAFETY: one thread at a time touches the value (see the invariant), so it is as if it were sent back and forth.
unsafe impl<T: Send> Sync for Bench<T> {}
// SAFETY: it owns its value.
unsafe impl<T: Send> Send for Bench<T> {}

/// The owner of a bench. There is one at most.
pub(crate) struct Owner<'a, T> {
    bench: &'a Bench<T>,
}

/// A guest at a bench.
pub(crate) struct Guest<'a, T> {
    bench: &'a Bench<T>,
}

impl<T> Bench<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            state: AtomicU8::new(NOBODY),
            value: UnsafeCell::new(value),
        }
    }

    fn change(&self, from: u8, to: u8) -> Result<u8, u8> {
        self.state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
    }

    /// Becomes the owner. `None` if there is one.
    pub(crate) fn own(&self) -> Option<Owner<'_, T>> {
        self.change(NOBODY, OWNED)
            .ok()
            .map(|_| Owner { bench: self })
    }

    /// Whether it is out of its owner's hands.
    pub(crate) fn is_lent(&self) -> bool {
        !matches!(self.state.load(Ordering::Acquire), NOBODY | OWNED)
    }

    /// Becomes a guest, if the bench is lent out and free.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Guest<'_, T>> {
        self.change(LENT, GUEST).ok().map(|_| Guest { bench: self })
    }
}

impl<T> Owner<'_, T> {
    /// What lies on it, for as long as the owner is borrowed.
    ///
    /// # Panics
    /// If it is lent out.
    #[inline]
    pub(crate) fn get(&mut self) -> &mut T {
        assert!(
            !self.is_lent(),
            "a bench is used by its owner while it is lent"
        );
        // SAFETY: the state is `Owned`, there is one owner, and it is borrowed for as long as the reference lives.
        self.bench.value.with_mut(|value| unsafe { &mut *value })
    }

    /// Lets guests in.
    pub(crate) fn lend(&mut self) {
        if !self.is_lent() {
            self.bench.state.store(LENT, Ordering::Release);
        }
    }

    /// Takes it back. False while a guest is there, who will say that the owner is to be woken.
    pub(crate) fn reclaim(&mut self) -> bool {
        loop {
            let taken = match self.bench.state.load(Ordering::Relaxed) {
                OWNED => return true,
                free @ (LENT | RECALLED) => self.bench.change(free, OWNED).is_ok(),
                GUEST if self.bench.change(GUEST, AWAITED).is_ok() => return false,
                AWAITED => return false,
                _ => false,
            };
            if taken {
                return true;
            }
        }
    }

    /// Whether it is out of its owner's hands.
    #[inline]
    pub(crate) fn is_lent(&self) -> bool {
        // Only the owner says `OWNED`, so this is no older than what it has done.
        self.bench.state.load(Ordering::Relaxed) != OWNED
    }

    /// Whether a guest has left something for the owner to see.
    pub(crate) fn is_recalled(&self) -> bool {
        self.bench.state.load(Ordering::Acquire) == RECALLED
    }
}

impl<T> Drop for Owner<'_, T> {
    fn drop(&mut self) {
        // Only a task that is dropped in its sleep meets a guest here, whose work is short.
        while !self.reclaim() {
            yield_now();
        }
        self.bench.state.store(NOBODY, Ordering::Release);
    }
}

impl<T> Guest<'_, T> {
    /// What lies on it, for as long as the guest is borrowed.
    #[inline]
    pub(crate) fn get(&mut self) -> &mut T {
        // SAFETY: the state is `Guest` or `Awaited`; there is one guest, and it is borrowed meanwhile.
        self.bench.value.with_mut(|value| unsafe { &mut *value })
    }

    /// Leaves; with `recall` so that no other guest comes before the owner. Says whether to wake the owner.
    pub(crate) fn leave(self, recall: bool) -> bool {
        let bench = self.bench;
        std::mem::forget(self);
        let next = if recall { RECALLED } else { LENT };
        if bench.change(GUEST, next).is_ok() {
            return recall;
        }
        bench.state.store(RECALLED, Ordering::Release);
        true
    }
}

impl<T> Drop for Guest<'_, T> {
    fn drop(&mut self) {
        // Only if its work panicked: the owner has to see to it, when it runs next.
        self.bench.state.store(RECALLED, Ordering::Release);
    }
}

#[cfg(all(test, playhouse_loom))]
mod models;
