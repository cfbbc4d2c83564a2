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
//! failed one or where the pass already was, whichever comes first. Those before it that are up stay up. Who ends by
//! itself when it was about to be stopped has not failed.
//!
//! A start that is under way is given up at once, and not waited for: whether it has begun at all nobody knows. It is
//! repeated in its turn. A temporary child is started once: the pass ends it, unless its one start is still to come.
//!
//! When the failed one is terminated before the starts begin, the pass is called off: it goes on with the stops, so that
//! what is left does not depend on how far it was, but all of them end for good, and nobody is started whom nobody asks
//! for.

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
    /// The failed one is not to be started any more, and so none of them.
    called_off: bool,
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
            Phase::Stopping { .. } | Phase::Waiting if !self.called_off => Some(self.due),
            Phase::Stopping { .. } | Phase::Waiting | Phase::Starting => None,
        }
    }
}

impl Turn<'_> {
    /// Starts all children: one after the other, or at once where they belong to no order.
    pub(super) fn boot(&mut self) {
        self.state.pass = Some(Pass {
            cursor: Key(0),
            phase: Phase::Starting,
            failed: None,
            due: self.now,
            called_off: false,
        });
        if self.state.settings.dynamic {
            let all: Vec<Key> = self.state.keys().collect();
            for child in all {
                self.start(child);
            }
        }
        self.pass_on();
    }

    /// Whether a pass starts this child when it has come so far.
    pub(super) fn in_pass(&self, child: Key) -> bool {
        self.state
            .pass
            .as_ref()
            .is_some_and(|pass| child >= pass.cursor)
    }

    /// Whether this child belongs to a pass that starts nobody any more.
    pub(super) fn is_called_off(&self, child: Key) -> bool {
        self.in_pass(child) && self.state.pass.as_ref().is_some_and(|pass| pass.called_off)
    }

    /// Whether a pass is about to stop this child, which runs.
    pub(super) fn is_to_stop(&self, child: Key) -> bool {
        self.in_pass(child)
            && self
                .state
                .pass
                .as_ref()
                .is_some_and(|pass| match pass.phase {
                    Phase::Stopping { .. } => true,
                    Phase::Waiting | Phase::Starting => false,
                })
    }

    /// Whether a pass stops this child, or has, to start it again in its turn.
    pub(super) fn is_taken_along(&self, child: Key) -> bool {
        let restart = self.state.rules(child).map(|rules| rules.restart);
        self.in_pass(child)
            && !self.is_called_off(child)
            && match restart {
                Some(Restart::Permanent | Restart::Transient) => true,
                Some(Restart::Temporary) | None => false,
            }
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
            last = *child;
            // What is new may fail by itself; all others do so as a part of their group, whoever else wants them started.
            if !it.is_new {
                it.by_hand = false;
            }
            match it.standing {
                // Every spec of the group comes back, also what was stopped by hand, or is on its way.
                Standing::Down | Standing::Waiting { .. } => it.stand(Standing::Held),
                Standing::Ending => it.with_group = true,
                Standing::Starting if it.rules.restart != Restart::Temporary => {
                    it.stand(Standing::Held);
                    self.actions.push(Action::Rest { child: last });
                }
                Standing::Held
                | Standing::Starting
                | Standing::Running { .. }
                | Standing::Stopping => {}
            }
        }
        self.state.generation += 1;
        self.state.pass = Some(Pass {
            cursor: first,
            phase: Phase::Stopping { at: last },
            failed: Some(failed),
            due,
            called_off: false,
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
                Standing::Running { .. } | Standing::Starting => {
                    pass.phase = Phase::Stopping { at: child };
                    let comes_back = match it.rules.restart {
                        // If it starts, that was its one start.
                        Restart::Temporary => it.by_hand && it.standing != Standing::Starting,
                        Restart::Permanent | Restart::Transient => it.by_hand || !pass.called_off,
                    };
                    let limit = if comes_back {
                        it.stop(child, it.rules.keeps_queue, self.actions)
                    } else {
                        it.end(child, self.actions)
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
                Standing::Held | Standing::Waiting { .. } | Standing::Down => {}
            }
        }
        if pass.called_off {
            self.end_called_off();
        } else if pass.due > self.now {
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

    /// The failed child that a pass is about is not to be started: neither is its group, which ends for good. A boot goes
    /// on without it.
    pub(super) fn call_off(&mut self, child: Key) {
        let last = self.state.children.last_key_value().map(|(last, _)| *last);
        let (Some(pass), Some(last)) = (&mut self.state.pass, last) else {
            return;
        };
        match (pass.phase, self.state.stage) {
            (Phase::Stopping { .. } | Phase::Waiting, Stage::Up) if pass.failed == Some(child) => {}
            _ => return,
        }
        pass.called_off = true;
        pass.phase = Phase::Stopping { at: last };
        let cursor = pass.cursor;
        self.state.generation += 1;
        let mut held = Vec::new();
        for (child, it) in self.state.children.range_mut(cursor..) {
            it.with_group = false;
            if it.standing == Standing::Held && !it.by_hand {
                held.push(*child);
            }
        }
        for child in held {
            self.end(child);
        }
        self.pass_on();
    }

    /// A pass that was called off is through; whoever was asked for in the meantime is started.
    fn end_called_off(&mut self) {
        let Some(pass) = self.state.pass.take() else {
            return;
        };
        self.state.generation += 1;
        self.state.steady = self.now;
        let of_pass = self.state.children.range(pass.cursor..);
        let held: Vec<Key> = of_pass
            .filter(|(_, it)| it.standing == Standing::Held)
            .map(|(child, _)| *child)
            .collect();
        for child in held {
            self.start(child);
        }
    }
}
