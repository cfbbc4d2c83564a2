//! Backoff: how long a child that failed waits before it is started again.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::error::BackoffError;

/// How long a child that failed waits before it is started again.
///
/// Without jitter the wait before restart number `n` in a row is `min · factor^(n−1)` ([`linear`](Self::linear): `min · n`),
/// at most `max`; with jitter `j`
/// it is drawn evenly from `[d·(1−j), d·(1+j)]` around that delay `d`, still at most `max`. So waits never exceed
/// `max`, and those of children that fail together spread also when they have reached it.
///
/// A child that has been up for [`reset_after`](Self::reset_after) begins again at `min` when it fails.
///
/// Parameters that make no sense are reported when the supervisor starts.
///
/// ```
/// use std::time::Duration;
/// use playhouse_supervision::Backoff;
///
/// let backoff = Backoff::exponential(Duration::from_millis(200)..=Duration::from_secs(5)).factor(2.0).jitter(0.2);
/// assert_eq!(backoff.delay(1), Duration::from_millis(200));
/// assert_eq!(backoff.delay(3), Duration::from_millis(800));
/// assert_eq!(backoff.delay(u64::MAX), Duration::from_secs(5));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    growth: Growth,
    jitter: f64,
    reset_after: Option<Duration>,
}

/// How delays grow.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Growth {
    /// Each is this many times the one before.
    Factor(f64),
    /// Each is longer than the one before by the first.
    Linear,
}

impl Backoff {
    /// The first delay of [`Backoff::default`].
    pub const DEFAULT_MIN: Duration = Duration::from_millis(200);
    /// The largest delay of [`Backoff::default`].
    pub const DEFAULT_MAX: Duration = Duration::from_secs(5);
    /// By what each delay of an exponential backoff exceeds the one before, unless set.
    pub const DEFAULT_FACTOR: f64 = 2.0;
    /// How far the waits of an exponential backoff spread to both sides, unless set.
    pub const DEFAULT_JITTER: f64 = 0.2;
    /// How long a child must be up to count as healthy again, unless set (or the largest delay, where that is
    /// longer).
    pub const DEFAULT_RESET_AFTER: Duration = Duration::from_secs(30);

    /// No wait: what failed is started again at once. What a supervisor does unless told otherwise.
    pub const fn none() -> Self {
        Self::fixed(Duration::ZERO)
    }

    /// The same delay each time, without jitter.
    pub const fn fixed(delay: Duration) -> Self {
        Self {
            min: delay,
            max: delay,
            growth: Growth::Factor(1.0),
            jitter: 0.0,
            reset_after: None,
        }
    }

    /// Delays that grow by the start of the range, from there to its end: 1 s, 2 s, 3 s. With
    /// [`DEFAULT_JITTER`](Self::DEFAULT_JITTER).
    pub const fn linear(delays: RangeInclusive<Duration>) -> Self {
        Self {
            min: *delays.start(),
            max: *delays.end(),
            growth: Growth::Linear,
            jitter: Self::DEFAULT_JITTER,
            reset_after: None,
        }
    }

    /// Delays that grow from the start of the range to its end, with [`DEFAULT_FACTOR`](Self::DEFAULT_FACTOR) and
    /// [`DEFAULT_JITTER`](Self::DEFAULT_JITTER).
    pub const fn exponential(delays: RangeInclusive<Duration>) -> Self {
        Self {
            min: *delays.start(),
            max: *delays.end(),
            growth: Growth::Factor(Self::DEFAULT_FACTOR),
            jitter: Self::DEFAULT_JITTER,
            reset_after: None,
        }
    }

    /// Each delay is this many times the one before; at least 1. Higher spares what is broken, and is back later.
    #[must_use]
    pub const fn factor(mut self, factor: f64) -> Self {
        self.growth = Growth::Factor(factor);
        self
    }

    /// How far the waits spread to both sides of the delay, as a share of it: from 0 (exact) to 1.
    #[must_use]
    pub const fn jitter(mut self, jitter: f64) -> Self {
        self.jitter = jitter;
        self
    }

    /// How long a child must have been up, since its start succeeded, to begin at the first delay again. Zero: never.
    ///
    /// Shorter forgives sooner; a child that lives longer than this before each failure always waits the first delay.
    #[must_use]
    pub const fn reset_after(mut self, up: Duration) -> Self {
        self.reset_after = Some(up);
        self
    }

    /// The delay before restart number `attempt` in a row, counted from 1, without jitter.
    pub fn delay(&self, attempt: u64) -> Duration {
        // In floating point, since the power of any attempt is then a number or infinity, and both compare.
        let times = match self.growth {
            Growth::Factor(factor) => factor.powf(attempt.saturating_sub(1) as f64),
            Growth::Linear => attempt.max(1) as f64,
        };
        let delay = nanos(self.min) * times;
        if delay < nanos(self.max) {
            from_nanos(delay)
        } else {
            self.max
        }
    }

    /// What to wait before restart number `attempt` in a row: the delay, spread by the jitter.
    pub(crate) fn wait(&self, attempt: u64, random: &mut fastrand::Rng) -> Duration {
        let delay = self.delay(attempt);
        if self.jitter == 0.0 || delay.is_zero() {
            return delay;
        }
        let low = nanos(delay) * (1.0 - self.jitter);
        let high = (nanos(delay) * (1.0 + self.jitter)).min(nanos(self.max));
        // Rounding must not carry a wait past the largest delay.
        from_nanos(low + (high - low) * random.f64()).min(self.max)
    }

    /// Whether a child that was up for so long begins again at the first delay.
    pub(crate) fn forgives(&self, up: Duration) -> bool {
        let reset_after = self
            .reset_after
            .unwrap_or(self.max.max(Self::DEFAULT_RESET_AFTER));
        !reset_after.is_zero() && up >= reset_after
    }

    /// The longest wait there can be.
    pub(crate) fn longest(&self) -> Duration {
        self.max
    }

    pub(crate) fn check(&self) -> Result<(), BackoffError> {
        let Self {
            min,
            max,
            growth,
            jitter,
            ..
        } = *self;
        if min > max {
            return Err(BackoffError::Bounds { min, max });
        }
        if min.is_zero() && !max.is_zero() {
            return Err(BackoffError::ZeroMin { max });
        }
        match growth {
            Growth::Factor(factor) if !(1.0..f64::INFINITY).contains(&factor) => {
                return Err(BackoffError::Factor(factor));
            }
            Growth::Factor(_) | Growth::Linear => {}
        }
        if !(0.0..=1.0).contains(&jitter) {
            return Err(BackoffError::Jitter(jitter));
        }
        Ok(())
    }
}

/// 200 ms doubling to 5 s, with jitter 0.2, reset after 30 s.
impl Default for Backoff {
    fn default() -> Self {
        Self::exponential(Self::DEFAULT_MIN..=Self::DEFAULT_MAX)
    }
}

fn nanos(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}

/// The conversion saturates, so that no number panics.
fn from_nanos(nanos: f64) -> Duration {
    const SECOND: f64 = 1e9;
    if nanos < u64::MAX as f64 {
        Duration::from_nanos(nanos.round() as u64)
    } else {
        Duration::try_from_secs_f64(nanos / SECOND).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests;
