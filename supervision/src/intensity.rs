//! Restart intensity: how many restarts in how much time are too many.

use std::collections::VecDeque;
use std::time::Duration;

/// How many restarts a supervisor allows within a period before it gives up.
///
/// `max` restarts are allowed; the one that would be number `max + 1` within `period` ends the supervisor instead.
/// Every restart counts, also that of a start which failed. A restart that lies exactly `period` back still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intensity {
    /// Restarts that are allowed within `period`. With 0 the first failure ends the supervisor.
    pub max: u32,
    /// How long a restart is remembered.
    pub period: Duration,
}

impl Intensity {
    /// What holds unless something else is set: 3 restarts in 5 seconds.
    pub const DEFAULT: Self = Self {
        max: 3,
        period: Duration::from_secs(5),
    };
}

impl Default for Intensity {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The restarts of the last period.
///
/// Only the latest `max + 1` instants matter, since the oldest of them alone decides: so a restart costs the same
/// after ten thousand restarts as after ten. What is too old to count goes as new ones come, two for one, so that no more
/// is kept than the busiest period had. Time is passed in, as what has passed since any fixed instant.
#[derive(Debug)]
pub(crate) struct Window {
    limit: Option<Intensity>,
    latest: VecDeque<Duration>,
}

impl Window {
    /// `None` allows any number of restarts.
    pub(crate) fn new(limit: Option<Intensity>) -> Self {
        Self {
            limit,
            latest: VecDeque::new(),
        }
    }

    /// Counts a restart at `now`. False when it is one too many.
    #[must_use]
    pub(crate) fn count(&mut self, now: Duration) -> bool {
        let Some(Intensity { max, period }) = self.limit else {
            return true;
        };
        let max = max as usize;
        if self.latest.len() > max {
            self.latest.pop_front();
        }
        for _ in 0..2 {
            if self
                .latest
                .front()
                .is_some_and(|at| now.saturating_sub(*at) > period)
            {
                self.latest.pop_front();
            }
        }
        self.latest.push_back(now);
        self.latest.len() <= max || now.saturating_sub(self.latest[0]) > period
    }

    /// How many of the restarts that were counted still count at `now`.
    pub(crate) fn counted(&self, now: Duration) -> usize {
        let Some(Intensity { period, .. }) = self.limit else {
            return 0;
        };
        let old = self
            .latest
            .partition_point(|at| now.saturating_sub(*at) > period);
        self.latest.len() - old
    }
}

#[cfg(test)]
mod tests;
