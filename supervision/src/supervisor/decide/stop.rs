//! The end of a supervisor: its children end in reverse order, each when the one after it is down; or all at once, where
//! they belong to no order.

use std::time::Duration;

use super::child::Standing;
use super::{Action, Key, Turn};

/// How far a supervisor is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Some children have not been started so far.
    Booting,
    Up,
    /// Whoever comes after `at` is down.
    Stopping {
        at: Key,
        since: Duration,
    },
    Over,
}

impl Turn<'_> {
    pub(super) fn stop(&mut self) {
        match self.state.stage {
            Stage::Booting | Stage::Up => self.stop_all(),
            Stage::Stopping { .. } | Stage::Over => {}
        }
    }

    /// Plans are void at once, starts under way are given up, and then the children end.
    pub(super) fn stop_all(&mut self) {
        let since = self.now;
        self.state.stage = Stage::Stopping {
            at: self.state.next,
            since,
        };
        self.state.pass = None;
        self.state.generation += 1;
        for (child, it) in &mut self.state.children {
            match it.standing {
                Standing::Starting => {
                    it.stand(Standing::Held);
                    self.actions.push(Action::Rest { child: *child });
                }
                Standing::Waiting { .. } => it.stand(Standing::Held),
                Standing::Held
                | Standing::Running { .. }
                | Standing::Stopping
                | Standing::Ending
                | Standing::Down => {}
            }
            it.give_up();
        }
        if self.state.settings.dynamic {
            for (child, it) in &mut self.state.children {
                if it.standing != Standing::Ending {
                    // One timer serves all.
                    let _ = it.end(*child, self.actions);
                }
            }
            self.stop_due();
        }
        self.stop_next();
    }

    /// Goes on when a child is down.
    pub(super) fn stop_next(&mut self) {
        let Stage::Stopping { at, since } = self.state.stage else {
            return;
        };
        let left = self
            .state
            .children
            .range(..=at)
            .rev()
            .find(|(_, it)| it.standing != Standing::Down);
        match left.map(|(child, it)| (*child, it.standing)) {
            None => {
                self.state.stage = Stage::Over;
                self.actions.push(Action::Over);
            }
            Some((child, standing)) => {
                self.state.stage = Stage::Stopping { at: child, since };
                if standing != Standing::Ending {
                    self.end(child);
                }
            }
        }
    }

    /// Of children that are stopped at once, kills those whose time is over, and looks again when the next one's is.
    pub(super) fn stop_due(&mut self) {
        let Stage::Stopping { since, .. } = self.state.stage else {
            return;
        };
        let mut next: Option<Duration> = None;
        for (child, it) in &mut self.state.children {
            let child = *child;
            let Some(limit) = it.rules.shutdown.limit() else {
                continue;
            };
            let at = since.saturating_add(limit);
            if at > self.now {
                next = Some(next.map_or(at, |next| next.min(at)));
            } else {
                it.force(child, self.actions);
            }
        }
        if let Some(next) = next {
            self.own_timer(next);
        }
    }
}
