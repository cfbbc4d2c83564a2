//! A pass over children: in reverse order those that run are stopped, then all that are held are started in order.
//!
//! The boot is a pass that stops nobody. The restart of a group is one over all children (one for all), or over the one
//! that failed and those after it (rest for one). Nobody is to run against a partner that is missing, so the stops come
//! at once, and the wait of the backoff after them.
//!
//! ```text
//!   Stopping  last to first; who is down at that time, or stopped by hand before, is started again with the others
//!      |
//!   Waiting   until the failed one's wait is over
//!      |
//!   Starting  first to last; the next one when the one before is up
//! ```
//!
//! Another failure on the way starts the pass anew: with one for all from the first child, with rest for one from the
//! failed one or where the pass already was, whichever comes first. Those before it that are up stay up.

use std::time::Duration;

use super::child::Standing;
use super::stop::Stage;
use super::{Action, Key, Turn};
use crate::child::Restart;
use crate::strategy::Strategy;

#[derive(Debug)]
pub(super) struct Pass {
    /// The first child that is concerned and not up yet. What comes before it is not.
    cursor: Key,
    phase: Phase,
    /// Whose failure it is about; none at the boot.
    failed: Option<Key>,
    /// When the starts begin.
    due: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Whoever comes after `at` is stopped.
    Stopping {
        at: Key,
    },
    Waiting,
    Starting,
}

impl Pass {
    /// When the starts begin, before they do.
    pub(super) fn due(&self) -> Option<Duration> {
        match self.phase {
            Phase::Stopping { .. } | Phase::Waiting => Some(self.due),
            Phase::Starting => None,
        }
    }
}

impl Turn<'_> {
    /// Starts all children, one after the other.
    pub(super) fn boot(&mut self) {
        self.state.pass = Some(Pass {
            cursor: Key(0),
            phase: Phase::Starting,
            failed: None,
            due: self.now,
        });
        self.pass_on();
    }

    /// Whether a pass starts this child when it has come so far.
    pub(super) fn in_pass(&self, child: Key) -> bool {
        self.state
            .pass
            .as_ref()
            .is_some_and(|pass| child >= pass.cursor)
    }

    /// Restarts the group of a child that failed.
    pub(super) fn restart_group(&mut self, failed: Key, due: Duration) {
        let begun = self.state.pass.as_ref().map(|pass| pass.cursor);
        let first = match self.state.settings.strategy {
            Strategy::OneForAll => Key(0),
            Strategy::OneForOne | Strategy::RestForOne => begun.map_or(failed, |at| at.min(failed)),
        };
        self.stand(failed, Standing::Held);
        let mut last = failed;
        for (child, it) in self.state.children.range_mut(first..) {
            let child = *child;
            last = child;
            match it.standing {
                Standing::Starting => {
                    it.stand(Standing::Held);
                    self.actions.push(Action::Rest { child });
                }
                // Every spec of the group comes back, also what was stopped by hand.
                Standing::Down | Standing::Waiting { .. } => it.stand(Standing::Held),
                Standing::Held
                | Standing::Running { .. }
                | Standing::Stopping
                | Standing::Ending => {}
            }
        }
        self.state.generation += 1;
        self.state.pass = Some(Pass {
            cursor: first,
            phase: Phase::Stopping { at: last },
            failed: Some(failed),
            due,
        });
        self.pass_on();
    }

    /// Goes on with the pass, if there is one, as far as that is possible now.
    pub(super) fn pass_on(&mut self) {
        let Some(pass) = &self.state.pass else { return };
        match pass.phase {
            Phase::Stopping { at } => self.stop_before(at),
            Phase::Waiting => {}
            Phase::Starting => self.start_next(),
        }
    }

    /// The wait is over.
    pub(super) fn pass_due(&mut self) {
        if let Some(pass) = &mut self.state.pass
            && pass.phase == Phase::Waiting
        {
            pass.phase = Phase::Starting;
            self.start_next();
        }
    }

    /// Does not wait any longer.
    pub(super) fn hurry_pass(&mut self) {
        if let Some(pass) = &mut self.state.pass {
            pass.due = self.now;
        }
        self.state.generation += 1;
        self.pass_due();
    }

    /// Stops the last child up to `at` that still runs, or goes on to the wait.
    fn stop_before(&mut self, at: Key) {
        let Some(pass) = &mut self.state.pass else {
            return;
        };
        let concerned = self.state.children.range_mut(pass.cursor..=at).rev();
        for (child, it) in concerned {
            let child = *child;
            match it.standing {
                Standing::Running { .. } => {
                    pass.phase = Phase::Stopping { at: child };
                    let limit = match it.rules.restart {
                        Restart::Temporary => it.end(child, self.actions),
                        Restart::Permanent | Restart::Transient => {
                            it.stop(child, it.rules.keeps_queue, self.actions)
                        }
                    };
                    if let Some(limit) = limit {
                        self.timer(child, limit);
                    }
                    return;
                }
                Standing::Stopping | Standing::Ending => {
                    pass.phase = Phase::Stopping { at: child };
                    return;
                }
                Standing::Held | Standing::Starting | Standing::Waiting { .. } | Standing::Down => {
                }
            }
        }
        if pass.due > self.now {
            pass.phase = Phase::Waiting;
            let due = pass.due;
            self.own_timer(due);
        } else {
            pass.phase = Phase::Starting;
            self.start_next();
        }
    }

    /// Starts the next child that is held, once the one before is up or down.
    fn start_next(&mut self) {
        let Some(pass) = &mut self.state.pass else {
            return;
        };
        for (child, it) in self.state.children.range(pass.cursor..) {
            let child = *child;
            match it.standing {
                Standing::Held => {
                    pass.cursor = child;
                    self.start(child);
                    return;
                }
                Standing::Starting
                | Standing::Waiting { .. }
                | Standing::Stopping
                | Standing::Ending => {
                    pass.cursor = child;
                    return;
                }
                Standing::Running { .. } | Standing::Down => {}
            }
        }
        self.state.pass = None;
        self.state.steady = self.now;
        match self.state.stage {
            Stage::Booting => {
                self.state.stage = Stage::Up;
                self.actions.push(Action::Booted);
            }
            Stage::Up | Stage::Stopping { .. } | Stage::Over => {}
        }
    }

    /// The failed child that a pass is about is not to be started: neither is its group, of which those that are stopped
    /// end for good. A boot goes on without it.
    pub(super) fn call_off(&mut self, child: Key) {
        let Some(pass) = &self.state.pass else { return };
        match (pass.phase, self.state.stage) {
            (Phase::Stopping { .. } | Phase::Waiting, Stage::Up) if pass.failed == Some(child) => {}
            _ => return,
        }
        let cursor = pass.cursor;
        self.state.pass = None;
        self.state.generation += 1;
        let held = |child: &Key| self.standing(*child) == Some(Standing::Held);
        let held: Vec<Key> = self
            .state
            .keys()
            .filter(|child| *child >= cursor)
            .filter(held)
            .collect();
        for child in held {
            if self.child(child).by_hand {
                self.start(child);
            } else {
                self.end(child);
            }
        }
    }
}
