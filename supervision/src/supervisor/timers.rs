//! What is due when: the timers of all children, and that of the supervisor.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::decide::Key;

/// Whose timer, and its generation: it counts for as long as that is current.
type Timer = (Option<Key>, u64);

/// Timers by their time. Those that do not count any more go when they are due, or when they are the most.
#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Duration, Timer)>>,
    /// When there are so many, those that do not count are thrown out.
    full: usize,
}

const FEW: usize = 64;

impl Timers {
    pub(super) fn set(&mut self, child: Option<Key>, generation: u64, at: Duration) {
        self.heap.push(Reverse((at, (child, generation))));
    }

    /// Throws out what does not count, where that may be most of it.
    pub(super) fn tidy(&mut self, counts: impl Fn(Option<Key>, u64) -> bool) {
        if self.heap.len() > self.full.max(FEW) {
            self.heap
                .retain(|Reverse((_, (child, generation)))| counts(*child, *generation));
            self.full = self.heap.len().saturating_mul(2);
        }
    }

    /// Takes out a timer that is due.
    pub(super) fn due(&mut self, now: Duration) -> Option<Timer> {
        let Reverse((at, _)) = self.heap.peek()?;
        if *at > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, timer))| timer)
    }

    /// When the first timer is due, also one that does not count.
    pub(super) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn come_in_the_order_of_their_times() {
        let mut timers = Timers::default();
        for (child, at) in [(3, 30), (1, 10), (2, 20)] {
            timers.set(Some(Key(child)), child, ms(at));
        }
        timers.set(None, 0, ms(15));
        assert_eq!(timers.next(), Some(ms(10)));
        assert_eq!(timers.due(ms(9)), None);
        assert_eq!(timers.due(ms(20)), Some((Some(Key(1)), 1)));
        assert_eq!(timers.due(ms(20)), Some((None, 0)));
        assert_eq!(timers.due(ms(20)), Some((Some(Key(2)), 2)));
        assert_eq!(timers.due(ms(20)), None);
        assert_eq!(timers.next(), Some(ms(30)));
    }

    #[test]
    fn stale_ones_take_no_more_room_than_live_ones() {
        let mut timers = Timers::default();
        for generation in 0..100_000 {
            timers.set(Some(Key(1)), generation, ms(generation));
            timers.tidy(|_, each| each == generation);
            assert!(timers.heap.len() <= FEW + 1, "{}", timers.heap.len());
        }
        let mut timers = Timers::default();
        for child in 0..1_000 {
            timers.set(Some(Key(child)), 0, ms(child));
            timers.tidy(|_, _| true);
        }
        assert_eq!(timers.heap.len(), 1_000, "what counts is kept");
    }
}
