//! The slots themselves: made in chunks, never freed, lent again and again.
//!
//! Each thread keeps some that were given back to it, and fills up from, and spills over into, a common list, half of
//! what it may keep at a time. So an ask in steady state takes a slot from its own thread and allocates nothing. The
//! slots of a process are as many as it ever had asks open at once, and a few for each thread.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::raw::slot::Slot;
use crate::sync::POOLED;

/// How many slots are made at once.
const CHUNK: usize = 64;
/// How many a thread keeps.
const KEPT: usize = 128;

static STOCK: Mutex<Stock> = Mutex::new(Stock {
    chunks: Vec::new(),
    free: Vec::new(),
});

struct Stock {
    chunks: Vec<&'static [Slot]>,
    free: Vec<&'static Slot>,
}

/// What a thread keeps, and gives to the others at its end.
struct Kept(Vec<&'static Slot>);

impl Drop for Kept {
    fn drop(&mut self) {
        stock().free.append(&mut self.0);
    }
}

thread_local! {
    static FREE: RefCell<Kept> = const { RefCell::new(Kept(Vec::new())) };
}

fn stock() -> MutexGuard<'static, Stock> {
    STOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a slot that nobody has.
#[inline]
pub(super) fn take() -> &'static Slot {
    if !POOLED {
        return Box::leak(Box::new(Slot::new()));
    }
    // The thread's list is gone only while the thread ends.
    FREE.try_with(|free| {
        let free = &mut free.borrow_mut().0;
        if free.is_empty() {
            stock().fill(free);
        }
        free.pop()
    })
    .ok()
    .flatten()
    .unwrap_or_else(|| {
        let mut one = Vec::new();
        let mut stock = stock();
        stock.fill(&mut one);
        let slot = one.pop();
        stock.free.append(&mut one);
        slot.unwrap_or_else(|| Box::leak(Box::new(Slot::new())))
    })
}

/// Gives a slot back that nobody uses any more.
#[inline]
pub(super) fn put(slot: &'static Slot) {
    if !POOLED {
        return;
    }
    let kept = FREE.try_with(|free| {
        let free = &mut free.borrow_mut().0;
        if free.len() >= KEPT {
            stock().free.extend(free.drain(KEPT / 2..));
        }
        free.push(slot);
    });
    if kept.is_err() {
        stock().free.push(slot);
    }
}

impl Stock {
    fn fill(&mut self, list: &mut Vec<&'static Slot>) {
        if self.free.is_empty() {
            let chunk: Box<[Slot]> = std::iter::repeat_with(Slot::new).take(CHUNK).collect();
            let chunk: &'static [Slot] = Box::leak(chunk);
            self.chunks.push(chunk);
            list.extend(chunk);
        } else {
            let from = self.free.len().saturating_sub(KEPT / 2);
            list.extend(self.free.drain(from..));
        }
    }
}

/// An ask that waits, as its sweeper knows it.
#[derive(Clone, Copy)]
pub(crate) struct Waiting {
    slot: &'static Slot,
    mark: u64,
}

impl Waiting {
    /// Ends its wait.
    pub(crate) fn expire(self) {
        self.slot.expire(self.mark);
    }

    /// What tells it from every other.
    pub(crate) fn key(self) -> (usize, u64) {
        (std::ptr::from_ref(self.slot).addr(), self.mark)
    }
}

/// The asks that wait and that the sweeper of `owner` looks after.
pub(crate) fn waiting(owner: u64) -> impl Iterator<Item = Waiting> {
    // A copy of the list, so that nobody waits for a walk over many slots.
    let chunks = stock().chunks.clone();
    chunks
        .into_iter()
        .flatten()
        .filter_map(move |slot| slot.waits_for(owner).map(|mark| Waiting { slot, mark }))
}
