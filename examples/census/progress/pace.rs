//! How fast it goes, and so how long it takes.

use std::time::Duration;

/// A rate that follows what is measured within some seconds.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    last: Option<Sample>,
    rate: Option<Rate>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Duration,
    files: u64,
    bytes: u64,
    work: u64,
}

/// A second's worth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Rate {
    pub(crate) files: f64,
    pub(crate) bytes: f64,
    work: f64,
}

/// What was measured this long ago counts for 1/e of what is measured now.
const MEMORY: f64 = 5.0;

impl Pace {
    /// Takes what is done `at` a time since the start.
    pub(crate) fn note(&mut self, at: Duration, files: u64, bytes: u64, work: u64) {
        let now = Sample {
            at,
            files,
            bytes,
            work,
        };
        let Some(last) = self.last.replace(now) else {
            return;
        };
        let seconds = at.saturating_sub(last.at).as_secs_f64();
        if seconds <= 0.0 {
            // Too early to tell a rate; the sample before is the one to measure from.
            self.last = Some(last);
            return;
        }
        // A file that is read again takes its bytes back for a while.
        let per_second = |now: u64, last: u64| now.saturating_sub(last) as f64 / seconds;
        let fresh = Rate {
            files: per_second(files, last.files),
            bytes: per_second(bytes, last.bytes),
            work: per_second(work, last.work),
        };
        let keep = (-seconds / MEMORY).exp();
        let mix = |old: f64, new: f64| old * keep + new * (1.0 - keep);
        self.rate = Some(match self.rate {
            None => fresh,
            Some(old) => Rate {
                files: mix(old.files, fresh.files),
                bytes: mix(old.bytes, fresh.bytes),
                work: mix(old.work, fresh.work),
            },
        });
    }

    /// The rate of now, once there is one.
    pub(crate) fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// How long `work` takes at this rate.
    pub(crate) fn left(&self, work: u64) -> Option<Duration> {
        let rate = self.rate.filter(|rate| rate.work > 0.0)?;
        // At next to nothing a second, it is more than a duration holds.
        Duration::try_from_secs_f64(work as f64 / rate.work).ok()
    }
}
