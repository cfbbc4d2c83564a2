//! What is known of one child.

use std::time::Duration;

use super::{Action, Key};
use crate::backoff::Backoff;
use crate::child::{Restart, Shutdown};

/// The rules of one child.
#[derive(Clone, Debug)]
pub struct Rules {
    /// After which ends it is started again.
    pub restart: Restart,
    /// Whether its end may be that of the supervisor.
    pub significant: bool,
    /// How it is stopped.
    pub shutdown: Shutdown,
    /// How long it waits for a restart.
    pub backoff: Backoff,
    /// How many failures in a row it is given.
    pub max_retries: Option<u32>,
    /// How long a start may take.
    pub start_limit: Option<Duration>,
    /// Whether its queue waits for its next start when it is stopped for another one's sake.
    pub keeps_queue: bool,
}

/// Where a child stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it runs. A pass starts it in its turn, or ends it.
    Held,
    /// Its factory and its `started` hook run.
    Starting,
    /// It is up.
    Running {
        /// When its last start was done.
        since: Duration,
    },
    /// It failed, and is started again when its wait is over.
    Waiting {
        /// When.
        due: Duration,
    },
    /// It was told to stop, to be started again.
    Stopping,
    /// It was told to end for good.
    Ending,
    /// It ended for good; its spec is kept.
    Down,
}

#[derive(Debug)]
pub(super) struct Child {
    pub(super) rules: Rules,
    pub(super) standing: Standing,
    /// The number of its latest start, counted from 1 for each actor.
    pub(super) run: u64,
    /// Failures in a row since it was last up for long enough.
    pub(super) attempt: u64,
    pub(super) generation: u64,
    /// How often it was started again without being asked for.
    pub(super) restarts: u64,
    /// It has been up at least once.
    pub(super) was_up: bool,
    /// Somebody asked for its next start: that it fails is theirs to know, and no failure of the child.
    pub(super) by_hand: bool,
    /// It was on its way out when its group was to be restarted, and comes back with it.
    pub(super) with_group: bool,
    /// It was told to end once it has handled what it has accepted.
    pub(super) draining: bool,
    /// It was killed, since it did not end in time. Once is enough for each time that it is told to.
    pub(super) killed: bool,
    /// It was added while the supervisor ran, and is forgotten unless it starts.
    pub(super) is_new: bool,
}

impl Child {
    pub(super) fn new(rules: Rules, standing: Standing) -> Self {
        Self {
            rules,
            standing,
            run: 0,
            attempt: 0,
            generation: 0,
            restarts: 0,
            was_up: false,
            by_hand: false,
            with_group: false,
            draining: false,
            killed: false,
            is_new: false,
        }
    }

    /// A new standing makes the timer of the former one stale.
    pub(super) fn stand(&mut self, standing: Standing) {
        self.standing = standing;
        self.generation += 1;
    }

    /// Whether it has been up for so long that earlier failures do not count.
    pub(super) fn is_forgiven(&self, now: Duration) -> bool {
        matches!(self.standing, Standing::Running { since } if self.rules.backoff.forgives(now.saturating_sub(since)))
    }

    /// Whether nothing is kept of it once it has ended for good.
    pub(super) fn is_passing(&self) -> bool {
        self.rules.restart == Restart::Temporary || self.is_new
    }

    /// Whether it is to be started again when it has ended.
    pub(super) fn comes_back(&self) -> bool {
        self.by_hand || self.with_group
    }

    /// It is not to come back any more.
    pub(super) fn give_up(&mut self) {
        self.by_hand = false;
        self.with_group = false;
    }

    /// Tells it to end for good. Gives the time that it has for that, if that is limited.
    pub(super) fn end(&mut self, child: Key, actions: &mut Vec<Action>) -> Option<Duration> {
        let runs = matches!(self.standing, Standing::Running { .. });
        self.stand(Standing::Ending);
        self.draining = runs && matches!(self.rules.shutdown, Shutdown::Drain(_));
        actions.push(if self.draining {
            Action::Drain { child }
        } else {
            Action::End { child }
        });
        self.limited(child, actions)
    }

    /// What it has not handled by now, it does not handle any more.
    pub(super) fn end_drain(&mut self, child: Key, actions: &mut Vec<Action>) {
        if std::mem::take(&mut self.draining) {
            actions.push(Action::End { child });
        }
    }

    /// Tells it to stop, and to rest. Gives the time that it has for that, if that is limited.
    pub(super) fn stop(
        &mut self,
        child: Key,
        keep: bool,
        actions: &mut Vec<Action>,
    ) -> Option<Duration> {
        self.stand(Standing::Stopping);
        self.draining = false;
        actions.push(Action::Stop { child, keep });
        self.limited(child, actions)
    }

    /// The time that it had to stop or to end is over.
    pub(super) fn force(&mut self, child: Key, actions: &mut Vec<Action>) {
        if self.killed {
            return;
        }
        self.end_drain(child, actions);
        self.kill(child, actions);
    }

    fn kill(&mut self, child: Key, actions: &mut Vec<Action>) {
        self.killed = true;
        actions.push(Action::Kill { child });
    }

    fn limited(&mut self, child: Key, actions: &mut Vec<Action>) -> Option<Duration> {
        self.killed = false;
        match self.rules.shutdown {
            Shutdown::Kill => {
                self.kill(child, actions);
                None
            }
            Shutdown::After(limit) | Shutdown::Drain(limit) => Some(limit),
            Shutdown::Wait => None,
        }
    }
}
