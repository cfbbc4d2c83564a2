//! A child failed: how often that was, how long it waits, or whether that was once too often.

use std::time::Duration;

use playhouse_core::ExitReason;

use super::child::{Rules, Standing};
use super::{Action, Key, State, Turn};
use crate::strategy::Strategy;

impl State {
    /// Whether the group has been up for so long that earlier failures do not count.
    pub(super) fn is_forgiven(&self, rules: &Rules, now: Duration) -> bool {
        self.pass.is_none() && rules.backoff.forgives(now.saturating_sub(self.steady))
    }
}

impl Turn<'_> {
    /// Plans the restart of a child that failed, with its group where there is one, unless that is one too many. That
    /// is decided now, before any wait.
    pub(super) fn failed(&mut self, child: Key, cause: ExitReason) {
        let attempt = self.count_attempt(child);
        let now = self.now;
        let counted = self.state.window.count(now);
        let rules = &self.child(child).rules;
        let retries_left = rules
            .max_retries
            .is_none_or(|max| attempt <= u64::from(max));
        if !counted || !retries_left {
            self.actions.push(Action::GiveUp { child, cause });
            // What failed is dropped first; the others follow in reverse order.
            self.end(child);
            self.stop_all();
            return;
        }
        let backoff = rules.backoff.clone();
        let at = now.saturating_add(backoff.wait(attempt, self.random));
        self.actions.push(Action::Again { child, attempt, at });
        match self.state.settings.strategy {
            Strategy::OneForOne => self.restart_alone(child, at),
            Strategy::OneForAll | Strategy::RestForOne => self.restart_group(child, at),
        }
    }

    /// One more failure in a row, of the child or of the group that restarts with it.
    fn count_attempt(&mut self, child: Key) -> u64 {
        let now = self.now;
        let alone = match self.state.settings.strategy {
            Strategy::OneForOne => true,
            Strategy::OneForAll | Strategy::RestForOne => false,
        };
        let forgiven = {
            let it = &self.state.children[&child];
            if alone {
                it.is_forgiven(now)
            } else {
                self.state.is_forgiven(&it.rules, now)
            }
        };
        let attempt = if alone {
            &mut self.child(child).attempt
        } else {
            &mut self.state.attempt
        };
        *attempt = if forgiven {
            1
        } else {
            attempt.saturating_add(1)
        };
        *attempt
    }

    fn restart_alone(&mut self, child: Key, at: Duration) {
        let wait = at.saturating_sub(self.now);
        if wait.is_zero() {
            self.start(child);
        } else {
            self.stand(child, Standing::Waiting { due: at });
            self.timer(child, wait);
        }
    }
}
