//! The allocator of the program: the system's, which counts while it is asked to.
//!
//! Counting is off while time is measured. What is left then is a load of a flag that nobody writes, the same for all.
//!
//! Invariant: every call is handed on to [`System`] with the arguments it came with, so what `System` promises and asks
//! for holds here too. Counting touches nothing but three atomics: it neither allocates nor panics.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ON: AtomicBool = AtomicBool::new(false);
static BLOCKS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

struct Counting;

/// What was allocated between two moments.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allocated {
    pub(crate) blocks: u64,
    pub(crate) bytes: u64,
}

/// Counts from 0, in all threads.
pub(crate) fn start() {
    BLOCKS.store(0, Ordering::Relaxed);
    BYTES.store(0, Ordering::Relaxed);
    ON.store(true, Ordering::SeqCst);
}

/// Stops counting, and says what was counted.
pub(crate) fn stop() -> Allocated {
    ON.store(false, Ordering::SeqCst);
    Allocated {
        blocks: BLOCKS.load(Ordering::Relaxed),
        bytes: BYTES.load(Ordering::Relaxed),
    }
}

#[inline]
fn count(bytes: usize) {
    if ON.load(Ordering::Relaxed) {
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

// SAFETY: each method is that of `System`, which keeps the contract of `GlobalAlloc`; see the invariant above.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller promises about `layout` what `System` wants.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller promises about `layout` what `System` wants.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is from here, so it is from `System`, with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.saturating_sub(layout.size()));
        // SAFETY: the block is from here, so it is from `System`, with this layout; the caller promises the rest.
        unsafe { System.realloc(block, layout, size) }
    }
}
