//! What an actor has done, and where its time went.
//!
//! Time is read twice per poll of the actor's task, however many messages that handles, and for actors whose polls are
//! short only at some of them, which then stand for the others ([`Sampler`]). So busy time is right on the mean, and a
//! single long poll among thousands of short ones may be left out, or count for several; but whoever reads the figures
//! while it lasts marks the time, and it counts from then on: a handler that is stuck is seen.
//!
//! The cells are written by whoever works at the actor's bench (its own task, or a guest: a plain load and store, no
//! read-modify-write); the times of polls and waits by its task alone. Those of [`Rare`] that others write too, marked
//! there, are added to. The threads of a pool share the cells of their actor and add.

mod figures;

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use once_cell::race::OnceBox;
use tokio::time::Instant;

pub(crate) use figures::Figures;

use crate::observe::Totals;

/// What a suspended handler waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum WaitsFor {
    Other = 0,
    Send = 1,
    Ask = 2,
}

#[derive(Debug)]
pub(crate) struct Stats {
    handled: AtomicU64,
    busy: AtomicU64,
    /// Since when the task is being polled, in nanoseconds since birth, plus one; 0 while it is not, and [`UNMEASURED`]
    /// where nobody looked at the clock. Readers replace that with the time at which they look.
    polled_since: AtomicU64,
    /// Since when a handler is suspended, likewise.
    suspended_since: AtomicU64,
    born: Instant,
    rare: OnceBox<Rare>,
}

/// What few actors ever count.
#[derive(Debug, Default)]
struct Rare {
    /// What the handler in hand waits for, a [`WaitsFor`], and how long handlers have waited for each.
    waits_for: AtomicU8,
    blocked: [AtomicU64; 3],
    /// Messages that came around the queue: timers of the context and notices.
    direct: AtomicU64,
    failed: AtomicU64,
    restarts: AtomicU64,
    panics: AtomicU64,
    /// By anybody: messages that were accepted and not handled.
    dead_lettered: AtomicU64,
    /// By the tasks of its timers.
    timer_skips: AtomicU64,
    /// By whoever answers: replies that nobody waited for any more.
    unread: AtomicU64,
    /// By senders: how long they waited for room here.
    send_wait: AtomicU64,
    /// By whoever holds the handle: declared work, and the beat.
    declared: AtomicU64,
    /// By the threads of a pool, and by callers who ran its handlers.
    elsewhere: AtomicU64,
    /// By senders: those who gave up before there was room.
    gave_up: AtomicU64,
    beats: AtomicU64,
}

/// In [`Stats::polled_since`]: the task is being polled, since it is not known when.
const UNMEASURED: u64 = u64::MAX;

/// Decides which polls of a task are measured; kept by who polls.
///
/// The first few are; then, as long as all that it sees are short, one after each so many that are left out. How many is
/// drawn anew each time, from what the clock says, since work has patterns; and a poll that is measured stands for those
/// that were left out before it. So the sum is right on the mean. After a long poll all are measured for a while: an actor
/// that has some of those is measured nearly always.
///
/// In the upper byte: how many polls are still to be measured one by one, or else, with [`SAMPLES`](Self::SAMPLES), how
/// many are left out in this round; in the lower one, how many of those are left.
#[derive(Debug)]
pub(crate) struct Sampler(AtomicU16);

impl Default for Sampler {
    fn default() -> Self {
        Self(AtomicU16::new(Self::FIRST << 8))
    }
}

impl Sampler {
    /// A poll below this is short.
    const SHORT: Duration = Duration::from_micros(50);
    /// So many polls of an actor are measured at first,
    const FIRST: u16 = 4;
    /// and so many after a long one.
    const AFTER_LONG: u16 = 127;
    const SAMPLES: u16 = 1 << 15;
    /// At most so many are left out, and half of them on the mean.
    const SKIPS: u16 = 30;

    /// Whether to measure the next poll.
    #[inline]
    pub(crate) fn measures(&self) -> bool {
        let now = self.0.load(Ordering::Relaxed);
        if now & Self::SAMPLES == 0 || now & 0xff == 0 {
            return true;
        }
        self.0.store(now - 1, Ordering::Relaxed);
        false
    }

    /// A poll was measured, and ended at `now`: how many it stands for.
    pub(crate) fn weigh(&self, took: Duration, now: u64) -> u64 {
        let state = self.0.load(Ordering::Relaxed);
        let round = (state & !Self::SAMPLES) >> 8;
        let is_sample = state & Self::SAMPLES != 0;
        let next = if took >= Self::SHORT {
            Self::AFTER_LONG << 8
        } else if !is_sample && round > 1 {
            (round - 1) << 8
        } else if is_sample && state & 0xff != 0 {
            // It was measured for another reason.
            state
        } else {
            let skips = (now % u64::from(Self::SKIPS + 1)) as u16;
            Self::SAMPLES | (skips << 8) | skips
        };
        self.0.store(next, Ordering::Relaxed);
        if is_sample && state & 0xff == 0 {
            u64::from(round) + 1
        } else {
            1
        }
    }
}

/// Adds for a single writer.
fn bump(cell: &AtomicU64, by: u64) {
    cell.store(
        cell.load(Ordering::Relaxed).wrapping_add(by),
        Ordering::Relaxed,
    );
}

/// The same, so that whoever sees the sum also sees what was stored before it.
fn bump_after(cell: &AtomicU64, by: u64) {
    cell.store(
        cell.load(Ordering::Relaxed).wrapping_add(by),
        Ordering::Release,
    );
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Rare {
    fn waits_for(&self) -> usize {
        usize::from(self.waits_for.load(Ordering::Relaxed)).min(2)
    }
}

impl Stats {
    pub(crate) fn new() -> Self {
        Self {
            handled: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            polled_since: AtomicU64::new(0),
            suspended_since: AtomicU64::new(0),
            born: Instant::now(),
            rare: OnceBox::new(),
        }
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    pub(crate) fn age(&self) -> Duration {
        self.born.elapsed()
    }

    pub(crate) fn born(&self) -> Instant {
        self.born
    }

    pub(crate) fn stamp(&self, now: Instant) -> u64 {
        nanos(now.saturating_duration_since(self.born))
    }

    // For the actor's own task.

    /// A poll of the task begins: what it waited for since the last one is over.
    pub(crate) fn poll_begins(&self) -> Instant {
        let now = Instant::now();
        let stamp = self.stamp(now);
        let since = self.suspended_since.load(Ordering::Relaxed);
        if since != 0 {
            let rare = self.rare();
            // The mark goes first: a reader in between counts the time late, and never twice.
            self.suspended_since.store(0, Ordering::Relaxed);
            let waited = stamp.saturating_sub(since - 1);
            bump_after(&rare.blocked[rare.waits_for()], waited);
        }
        self.waits_for_nothing();
        self.polled_since.store(stamp + 1, Ordering::Relaxed);
        now
    }

    /// The poll ends; `suspended` says whether a handler is in hand. It stands for others only if a sampler chose it.
    pub(crate) fn poll_ends(&self, began: Instant, suspended: bool, sampler: Option<&Sampler>) {
        let now = Instant::now();
        let took = now.saturating_duration_since(began);
        let stamp = self.stamp(now);
        self.polled_since.store(0, Ordering::Relaxed);
        let weight = sampler.map_or(1, |sampler| sampler.weigh(took, stamp));
        bump_after(&self.busy, nanos(took).saturating_mul(weight));
        if suspended {
            self.suspended_since.store(stamp + 1, Ordering::Relaxed);
        }
    }

    /// A poll begins that is not measured. No handler was suspended before it.
    #[inline]
    pub(crate) fn unmeasured_begins(&self) {
        self.waits_for_nothing();
        self.polled_since.store(UNMEASURED, Ordering::Relaxed);
    }

    #[inline]
    fn waits_for_nothing(&self) {
        if let Some(rare) = self.rare.get() {
            rare.waits_for
                .store(WaitsFor::Other as u8, Ordering::Relaxed);
        }
    }

    /// It ends. The clock is read only if somebody looked on, or a handler is in hand.
    #[inline]
    pub(crate) fn unmeasured_ends(&self, suspended: bool) {
        let mark = self.polled_since.load(Ordering::Relaxed);
        self.polled_since.store(0, Ordering::Relaxed);
        if mark != UNMEASURED || suspended {
            self.marked_ends(mark, suspended);
        }
    }

    #[cold]
    fn marked_ends(&self, mark: u64, suspended: bool) {
        let now = self.stamp(Instant::now());
        if mark != UNMEASURED {
            bump_after(&self.busy, (now + 1).saturating_sub(mark));
        }
        if suspended {
            self.suspended_since.store(now + 1, Ordering::Relaxed);
        }
    }

    /// Says, while polled, what the handler is about to wait for. The strongest word of a poll counts: an ask over a
    /// send over anything else.
    pub(crate) fn waits_for(&self, what: WaitsFor) {
        let waits_for = &self.rare().waits_for;
        if waits_for.load(Ordering::Relaxed) < what as u8 {
            waits_for.store(what as u8, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn is_suspended(&self) -> bool {
        self.suspended_since.load(Ordering::Relaxed) != 0
    }

    /// What a message has taken on the mean, in nanoseconds.
    pub(crate) fn mean_turn(&self) -> Option<u64> {
        let elsewhere = self
            .rare
            .get()
            .map_or(0, |rare| rare.elsewhere.load(Ordering::Relaxed));
        let busy = self.busy.load(Ordering::Relaxed) + elsewhere;
        busy.checked_div(self.handled.load(Ordering::Relaxed))
    }

    /// Time in which a handler ran on somebody else's task.
    pub(crate) fn count_elsewhere(&self, busy: Duration) {
        self.rare()
            .elsewhere
            .fetch_add(nanos(busy), Ordering::Relaxed);
    }

    pub(crate) fn count_direct(&self) {
        bump(&self.rare().direct, 1);
    }

    #[inline]
    pub(crate) fn count_handled(&self) {
        bump(&self.handled, 1);
    }

    pub(crate) fn count_failed(&self) {
        bump(&self.rare().failed, 1);
    }

    pub(crate) fn count_restart(&self) {
        bump(&self.rare().restarts, 1);
    }

    pub(crate) fn count_panic(&self) {
        bump(&self.rare().panics, 1);
    }

    // For the threads of a pool, which share these cells.

    pub(crate) fn pool_handled(&self, busy: Duration) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        self.rare()
            .elsewhere
            .fetch_add(nanos(busy), Ordering::Relaxed);
    }

    pub(crate) fn pool_failed(&self, busy: Duration) {
        self.rare().failed.fetch_add(1, Ordering::Relaxed);
        self.rare()
            .elsewhere
            .fetch_add(nanos(busy), Ordering::Relaxed);
    }

    pub(crate) fn pool_panic(&self) {
        self.rare().panics.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn pool_restart(&self) {
        self.rare().restarts.fetch_add(1, Ordering::Relaxed);
    }

    // For anybody.

    pub(crate) fn count_dead_letter(&self) {
        self.rare().dead_lettered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_timer_skip(&self) {
        self.rare().timer_skips.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_unread(&self) {
        self.rare().unread.fetch_add(1, Ordering::Relaxed);
    }

    /// A send whose time for room was over, or that would have waited for ever.
    pub(crate) fn count_gave_up(&self) {
        self.rare().gave_up.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_send_wait(&self, waited: Duration) {
        self.rare()
            .send_wait
            .fetch_add(nanos(waited), Ordering::Relaxed);
    }

    pub(crate) fn add_busy(&self, work: Duration) {
        self.rare()
            .declared
            .fetch_add(nanos(work), Ordering::Relaxed);
    }

    pub(crate) fn beat(&self) {
        self.rare().beats.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn beats(&self) -> u64 {
        self.rare
            .get()
            .map_or(0, |rare| rare.beats.load(Ordering::Relaxed))
    }

    /// What moves while an actor lives on, beside what it takes out of its mailbox.
    pub(crate) fn signs_of_life(&self) -> [u64; 3] {
        let handled = self.handled.load(Ordering::Relaxed);
        let Some(rare) = self.rare.get() else {
            return [handled, 0, 0];
        };
        let direct = rare.direct.load(Ordering::Relaxed);
        [handled, direct, rare.beats.load(Ordering::Relaxed)]
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.rare
            .get()
            .map_or(0, |rare| rare.restarts.load(Ordering::Relaxed))
    }

    /// The figures of this moment; `accepted` and `refused` are the queue's.
    pub(crate) fn totals(&self, accepted: u64, refused: u64) -> Totals {
        self.figures(accepted, refused, None).into()
    }

    /// The same as numbers; `now` is read if it is not given.
    pub(crate) fn figures(&self, accepted: u64, refused: u64, now: Option<Instant>) -> Figures {
        let load = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        let running = |since: u64, now: u64| {
            if since == 0 {
                0
            } else {
                now.saturating_sub(since - 1)
            }
        };
        // Sums before marks, against the order of the writer: an interval may be missing, and is never counted twice.
        let polled = self.busy.load(Ordering::Acquire);
        let none = Rare::default();
        let rare = self.rare.get().unwrap_or(&none);
        let mut blocked = [0; 3];
        for (total, cell) in blocked.iter_mut().zip(&rare.blocked) {
            *total = cell.load(Ordering::Acquire);
        }
        let kind = rare.waits_for();
        let suspended_since = load(&self.suspended_since);
        let now = self.stamp(now.unwrap_or_else(Instant::now));
        let mut polled_since = load(&self.polled_since);
        if polled_since == UNMEASURED {
            let mark = self.polled_since.compare_exchange(
                UNMEASURED,
                now + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            polled_since = mark.map_or_else(|since| since, |_| now + 1);
        }
        if kind == rare.waits_for() {
            blocked[kind] += running(suspended_since, now);
        }
        // Polls that stand for others are an estimate, and its task cannot have been busy for longer than this.
        let at_most = now.saturating_sub(blocked.iter().sum());
        let polled = (polled + running(polled_since, now)).min(at_most);
        let busy = polled + load(&rare.declared) + load(&rare.elsewhere);
        Figures {
            accepted: accepted + load(&rare.direct),
            handled: load(&self.handled),
            failed: load(&rare.failed),
            dead_lettered: load(&rare.dead_lettered),
            refused: refused + load(&rare.gave_up),
            timer_skips: load(&rare.timer_skips),
            unread_replies: load(&rare.unread),
            restarts: load(&rare.restarts),
            panics: load(&rare.panics),
            busy,
            blocked_send: blocked[WaitsFor::Send as usize],
            blocked_ask: blocked[WaitsFor::Ask as usize],
            blocked_other: blocked[WaitsFor::Other as usize],
            idle: now.saturating_sub(busy + blocked.iter().sum::<u64>()),
            send_wait: load(&rare.send_wait),
        }
    }
}

#[cfg(all(test, not(playhouse_loom)))]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn what_the_threads_of_a_pool_add_is_not_overwritten_by_its_task() {
        const EACH: u64 = 20_000;
        let stats = Stats::new();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let sampler = Sampler::default();
                while !done.load(Ordering::Acquire) {
                    let began = stats.poll_begins();
                    stats.poll_ends(began, false, Some(&sampler));
                }
            });
            let adders = [(); 2].map(|()| {
                scope.spawn(|| (0..EACH).for_each(|_| stats.pool_handled(Duration::from_secs(1))))
            });
            let added = adders.into_iter().all(|adder| adder.join().is_ok());
            done.store(true, Ordering::Release);
            assert!(added);
        });
        let busy = stats.totals(0, 0).busy;
        assert!(busy >= Duration::from_secs(2 * EACH), "{busy:?}");
        assert_eq!(stats.totals(0, 0).handled, 2 * EACH);
    }

    const SHORT: Duration = Duration::from_micros(2);

    /// A poll that takes so long. Says whether it was measured.
    async fn poll(stats: &Stats, sampler: &Sampler, takes: Duration) -> bool {
        let measures = sampler.measures();
        if measures {
            let began = stats.poll_begins();
            tokio::time::advance(takes).await;
            stats.poll_ends(began, false, Some(sampler));
        } else {
            stats.unmeasured_begins();
            tokio::time::advance(takes).await;
            stats.unmeasured_ends(false);
        }
        measures
    }

    #[tokio::test(start_paused = true)]
    async fn of_short_polls_one_in_sixteen_is_measured_and_stands_for_the_others() {
        const POLLS: u32 = 3_200;
        let (stats, sampler) = (Stats::new(), Sampler::default());
        let mut measured = 0;
        for _ in 0..POLLS {
            measured += u32::from(poll(&stats, &sampler, SHORT).await);
        }
        assert!((150..250).contains(&measured), "{measured}");
        let busy = stats.totals(0, 0).busy;
        assert!(
            busy <= SHORT * POLLS && busy > SHORT * (POLLS - 31),
            "{busy:?}"
        );
        poll(&stats, &sampler, Duration::from_millis(1)).await;
        while !poll(&stats, &sampler, Duration::from_millis(1)).await {}
        for _ in 0..127 {
            assert!(poll(&stats, &sampler, SHORT).await, "a long one ends it");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn long_polls_among_short_ones_count_whatever_the_pattern() {
        const POLLS: u32 = 12_000;
        const LONG: Duration = Duration::from_millis(5);
        for every in [5, 7, 10, 16, 31, 50] {
            let (stats, sampler) = (Stats::new(), Sampler::default());
            let mut truth = Duration::ZERO;
            for number in 0..POLLS {
                let takes = if number % every == every - 1 {
                    LONG
                } else {
                    SHORT
                };
                truth += takes;
                poll(&stats, &sampler, takes).await;
                // It rests as long, so that nothing else bounds what is counted.
                tokio::time::advance(takes).await;
            }
            let part = stats.totals(0, 0).busy.as_secs_f64() / truth.as_secs_f64();
            assert!((0.9..1.1).contains(&part), "one in {every}: {part}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_busy_for_longer_than_it_lives() {
        let (stats, sampler) = (Stats::new(), Sampler::default());
        while poll(&stats, &sampler, SHORT).await {}
        while !sampler.measures() {}
        let began = stats.poll_begins();
        tokio::time::advance(Duration::from_secs(10)).await;
        stats.poll_ends(began, false, Some(&sampler));
        let totals = stats.totals(0, 0);
        assert!(totals.busy <= stats.age() && totals.busy >= Duration::from_secs(10));
        assert_eq!(totals.busy + totals.idle, stats.age());
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_poll_that_is_not_measured_counts_from_the_first_look() {
        let stats = Stats::new();
        stats.unmeasured_begins();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(stats.totals(0, 0).busy, Duration::ZERO);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(stats.totals(0, 0).busy, Duration::from_secs(3));
        stats.unmeasured_ends(true);
        assert_eq!(stats.totals(0, 0).busy, Duration::from_secs(3));
        assert!(stats.is_suspended());
    }
}
