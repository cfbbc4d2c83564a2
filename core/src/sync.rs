//! The locks, atomics and cells of the parts that loom checks. This is the one place where `cfg(playhouse_loom)` swaps
//! them.
//!
//! A cfg of our own and not `loom`, which would reach tokio as well.

#[cfg(not(playhouse_loom))]
mod real {
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, Ordering, fence};
    pub(crate) use std::sync::{Mutex, MutexGuard};
    pub(crate) use std::thread::yield_now;

    /// How often the reader of a ring looks again at a place that is claimed and not yet filled.
    pub(crate) const SPINS: u32 = 64;
    /// The size of a ring's first buffer.
    pub(crate) const SMALLEST: u64 = 4;
    /// How much larger the next one is.
    pub(crate) const GROWTH: u64 = 2;
    /// Whether reply slots are used again. A model has to make its own.
    pub(crate) const POOLED: bool = true;

    /// A cell whose pointer is only handed to closures, as loom's is.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(playhouse_loom)]
mod swapped {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, Ordering, fence};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    pub(crate) use loom::thread::yield_now;

    pub(crate) const SPINS: u32 = 0;
    pub(crate) const SMALLEST: u64 = 1;
    pub(crate) const GROWTH: u64 = 2;
    pub(crate) const POOLED: bool = false;
}

#[cfg(not(playhouse_loom))]
pub(crate) use real::*;
#[cfg(playhouse_loom)]
pub(crate) use swapped::*;
