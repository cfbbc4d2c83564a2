//! What every actor of every library keeps, and how the end of a run is noticed and checked.
//!
//! A run ends when the actors have *handled* everything, not when it was sent: the last message that an actor expects
//! tells [`FINISH`]. That is the same for all libraries, costs one comparison per message, and needs no promise of any
//! order. Runs follow each other, so what is global here belongs to the one that runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

/// How many senders an actor can tell apart.
pub(crate) const SENDERS: usize = 4;

/// How many ledgers there are now.
static LIVING: AtomicU64 = AtomicU64::new(0);

/// The state of an actor that adds up: 40 bytes.
pub(crate) struct Ledger {
    total: u64,
    left: u32,
    goal: u32,
    disordered: u32,
    last: [u32; SENDERS],
}

const _: () = assert!(size_of::<Ledger>() == 40, "all libraries carry 40 bytes");

/// What an actor knows in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// The sum of all sequence numbers.
    pub(crate) total: u64,
    /// How many messages were handled after a later one of the same sender.
    pub(crate) disordered: u32,
}

/// A message: who sends it, and its place in what that sender sends, from 1.
pub(crate) const fn number(sender: usize, sequence: u32) -> u64 {
    (sender as u64) << 32 | sequence as u64
}

impl Ledger {
    /// One that tells [`FINISH`] whenever it has had `goal` messages; 0 for never.
    pub(crate) fn new(goal: u32) -> Self {
        LIVING.fetch_add(1, Ordering::Relaxed);
        Self {
            total: 0,
            left: goal,
            goal,
            disordered: 0,
            last: [0; SENDERS],
        }
    }

    /// A tell.
    #[inline]
    pub(crate) fn add(&mut self, number: u64) {
        let sequence = number as u32;
        let last = &mut self.last[(number >> 32) as usize % SENDERS];
        if sequence <= *last {
            self.disordered += 1;
        }
        *last = sequence;
        self.total += u64::from(sequence);
        self.count();
    }

    /// An ask.
    #[inline]
    pub(crate) fn echo(&mut self, number: u64) -> u64 {
        self.total += number & u64::from(u32::MAX);
        number
    }

    /// A tell that says when it was sent.
    #[inline]
    pub(crate) fn stamp(&mut self, sent: u64) {
        latencies().push(u32::try_from(now().saturating_sub(sent)).unwrap_or(u32::MAX));
        self.count();
    }

    pub(crate) const fn report(&self) -> Report {
        Report {
            total: self.total,
            disordered: self.disordered,
        }
    }

    #[inline]
    fn count(&mut self) {
        self.left = self.left.wrapping_sub(1);
        if self.left == 0 {
            self.left = self.goal;
            FINISH.arrive(0);
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many actors have not dropped their state.
pub(crate) fn living() -> u64 {
    LIVING.load(Ordering::Relaxed)
}

/// Where actors tell that they are done.
pub(crate) static FINISH: Finish = Finish {
    left: AtomicU64::new(0),
    sum: AtomicU64::new(0),
    notify: Notify::const_new(),
};

/// Counts arrivals down.
pub(crate) struct Finish {
    left: AtomicU64,
    sum: AtomicU64,
    notify: Notify,
}

impl Finish {
    /// The next [`wait`](Self::wait) is for so many.
    pub(crate) fn expect(&self, arrivals: u64) {
        self.sum.store(0, Ordering::Relaxed);
        self.left.store(arrivals, Ordering::Release);
    }

    /// One has arrived; what they bring is added up.
    pub(crate) fn arrive(&self, with: u64) {
        self.sum.fetch_add(with, Ordering::Relaxed);
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.notify.notify_one();
        }
    }

    /// Waits for the last one, and gives the sum of what they brought.
    pub(crate) async fn wait(&self) -> u64 {
        while self.left.load(Ordering::Acquire) > 0 {
            self.notify.notified().await;
        }
        self.sum.load(Ordering::Relaxed)
    }
}

/// Nanoseconds since the first call.
pub(crate) fn now() -> u64 {
    static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
    EPOCH.elapsed().as_nanos() as u64
}

/// The latencies of the run, in nanoseconds.
pub(crate) fn latencies() -> MutexGuard<'static, Vec<u32>> {
    static LATENCIES: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    LATENCIES.lock().unwrap_or_else(PoisonError::into_inner)
}
