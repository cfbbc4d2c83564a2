//! The figures of an actor as plain numbers, which add up without a division.

use std::ops::AddAssign;
use std::time::Duration;

use crate::observe::Totals;

/// As [`Totals`]; times in nanoseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(super) accepted: u64,
    pub(super) handled: u64,
    pub(super) failed: u64,
    pub(super) dead_lettered: u64,
    pub(super) refused: u64,
    pub(super) timer_skips: u64,
    pub(super) unread_replies: u64,
    pub(super) restarts: u64,
    pub(super) panics: u64,
    pub(super) busy: u64,
    pub(super) blocked_send: u64,
    pub(super) blocked_ask: u64,
    pub(super) blocked_other: u64,
    pub(super) idle: u64,
    pub(super) send_wait: u64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        // Nanoseconds of many actors over years: full rather than wrong.
        let add = |sum: &mut u64, one: u64| *sum = sum.saturating_add(one);
        add(&mut self.accepted, other.accepted);
        add(&mut self.handled, other.handled);
        add(&mut self.failed, other.failed);
        add(&mut self.dead_lettered, other.dead_lettered);
        add(&mut self.refused, other.refused);
        add(&mut self.timer_skips, other.timer_skips);
        add(&mut self.unread_replies, other.unread_replies);
        add(&mut self.restarts, other.restarts);
        add(&mut self.panics, other.panics);
        add(&mut self.busy, other.busy);
        add(&mut self.blocked_send, other.blocked_send);
        add(&mut self.blocked_ask, other.blocked_ask);
        add(&mut self.blocked_other, other.blocked_other);
        add(&mut self.idle, other.idle);
        add(&mut self.send_wait, other.send_wait);
    }
}

impl From<Figures> for Totals {
    fn from(figures: Figures) -> Self {
        Self {
            accepted: figures.accepted,
            handled: figures.handled,
            failed: figures.failed,
            dead_lettered: figures.dead_lettered,
            refused: figures.refused,
            timer_skips: figures.timer_skips,
            unread_replies: figures.unread_replies,
            restarts: figures.restarts,
            panics: figures.panics,
            busy: Duration::from_nanos(figures.busy),
            blocked_send: Duration::from_nanos(figures.blocked_send),
            blocked_ask: Duration::from_nanos(figures.blocked_ask),
            blocked_other: Duration::from_nanos(figures.blocked_other),
            idle: Duration::from_nanos(figures.idle),
            send_wait: Duration::from_nanos(figures.send_wait),
        }
    }
}
