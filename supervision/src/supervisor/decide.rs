//! What a supervisor does about what happens to its children.
//!
//! A pure state machine: it has no clock, no randomness and no tasks of its own. Each event comes with the time and a
//! source of randomness, and the answer is a list of actions, which the shell carries out to the letter. So every
//! rule of restart can be tested without one actor.
//!
//! Children are numbered in the order of their start. Time is what has passed since any fixed instant. A child has at
//! most one timer that counts, told from older ones by its generation; what else a late report belongs to is told by
//! the run.

use std::time::Duration;

use playhouse_core::ExitReason;

use crate::backoff::Backoff;
use crate::child::{Restart, Shutdown};
use crate::intensity::{Intensity, Window};

/// How much later than the child itself the supervisor notices that a start is overdue.
///
/// The child drops its factory at the limit and says so; the supervisor's own timer is for the factory that blocks
/// its thread, so that the child can say nothing.
const START_GRACE: Duration = Duration::from_secs(1);

/// What the rules of one child are.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) backoff: Backoff,
    pub(crate) max_retries: Option<u32>,
    pub(crate) start_limit: Option<Duration>,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The supervisor starts.
    Boot,
    /// A start succeeded.
    Started { child: usize, run: u64 },
    /// A run is over, or its start failed. The child rests and waits for orders.
    Exited {
        child: usize,
        run: u64,
        reason: ExitReason,
    },
    /// A start found nothing to start. The child rests and waits for orders.
    Ignored { child: usize, run: u64 },
    /// The child is gone for good, by our order or because its address was told to stop.
    Ended { child: usize },
    /// A timer that was asked for is due.
    Timer { child: usize, generation: u64 },
    /// Somebody wants this child to be ended for good.
    Terminate { child: usize },
    /// The supervisor is to stop.
    Stop,
}

/// What to do about it, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Start {
        child: usize,
        run: u64,
        limit: Option<Duration>,
    },
    /// Give up a start under way.
    Rest {
        child: usize,
    },
    End {
        child: usize,
    },
    Kill {
        child: usize,
    },
    /// Hand in the event of the same name at this time. It replaces the child's earlier timer.
    Timer {
        child: usize,
        generation: u64,
        at: Duration,
    },
    /// The child is down; whoever waits for that can be told. With `forget`, its spec is gone too.
    Down {
        child: usize,
        forget: bool,
    },
    /// All children have been started once.
    Booted,
    /// A child's first start failed, so the supervisor's does. The others are being stopped.
    FailBoot {
        child: usize,
        reason: ExitReason,
    },
    /// There were too many restarts. The others are being stopped.
    GiveUp {
        child: usize,
        cause: ExitReason,
    },
    /// All children are down, and the supervisor can end.
    Over,
}

/// Where a child stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing of it runs, and nothing is planned.
    Resting,
    Starting,
    Running {
        since: Duration,
    },
    /// It failed, and is started again when its wait is over.
    Waiting {
        due: Duration,
    },
    /// It was ordered to end.
    Ending,
    /// It ended for good; its spec is kept.
    Down,
    /// It ended for good, and so did its spec.
    Forgotten,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Waits for the first start of this child.
    Booting(usize),
    Up,
    Stopping,
    Over,
}

#[derive(Debug)]
struct Child {
    rules: Rules,
    standing: Standing,
    run: u64,
    /// Failures in a row since the child was last up for long enough.
    attempt: u64,
    generation: u64,
}

/// What is known of the children of one supervisor.
#[derive(Debug)]
pub(crate) struct State {
    children: Vec<Child>,
    window: Window,
    stage: Stage,
}

impl State {
    pub(crate) fn new(
        intensity: Option<Intensity>,
        children: impl IntoIterator<Item = Rules>,
    ) -> Self {
        let children = children.into_iter().map(|rules| Child {
            rules,
            standing: Standing::Resting,
            run: 0,
            attempt: 0,
            generation: 0,
        });
        Self {
            children: children.collect(),
            window: Window::new(intensity),
            stage: Stage::Booting(0),
        }
    }

    pub(crate) fn standing(&self, child: usize) -> Standing {
        self.children[child].standing
    }

    /// Failures in a row; none for a child that has been up long enough to be forgiven.
    pub(crate) fn attempt(&self, child: usize, now: Duration) -> u64 {
        let child = &self.children[child];
        if child.forgiven(now) {
            0
        } else {
            child.attempt
        }
    }

    /// Whether this timer, asked for earlier, still counts.
    pub(crate) fn awaits(&self, child: usize, generation: u64) -> bool {
        self.children[child].generation == generation
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Takes in one event and appends what to do about it.
    pub(crate) fn decide(
        &mut self,
        event: Event,
        now: Duration,
        random: &mut fastrand::Rng,
        actions: &mut Vec<Action>,
    ) {
        let mut turn = Turn {
            state: self,
            now,
            random,
            actions,
        };
        match event {
            Event::Boot => turn.boot(0),
            Event::Started { child, run } => turn.started(child, run),
            Event::Exited { child, run, reason } => {
                if turn.state.children[child].run == run {
                    turn.exited(child, reason);
                }
            }
            Event::Ignored { child, run } => turn.ignored(child, run),
            Event::Ended { child } => turn.ended(child),
            Event::Timer { child, generation } => {
                if turn.state.awaits(child, generation) {
                    turn.due(child);
                }
            }
            Event::Terminate { child } => turn.terminate(child),
            Event::Stop => turn.stop(),
        }
    }
}

impl Child {
    /// A new standing makes the timer of the former one stale.
    fn stand(&mut self, standing: Standing) {
        self.standing = standing;
        self.generation += 1;
    }

    fn forgiven(&self, now: Duration) -> bool {
        matches!(self.standing, Standing::Running { since } if self.rules.backoff.forgives(now.saturating_sub(since)))
    }

    fn is_down(&self) -> bool {
        matches!(self.standing, Standing::Down | Standing::Forgotten)
    }
}

/// One event being decided.
struct Turn<'a> {
    state: &'a mut State,
    now: Duration,
    random: &'a mut fastrand::Rng,
    actions: &'a mut Vec<Action>,
}

impl Turn<'_> {
    fn child(&mut self, child: usize) -> &mut Child {
        &mut self.state.children[child]
    }

    /// Starts the children one after the other, from this one on; who was terminated before its turn has none.
    fn boot(&mut self, from: usize) {
        let waiting = |child: &usize| self.state.children[*child].standing == Standing::Resting;
        if let Some(child) = (from..self.state.children.len()).find(waiting) {
            self.state.stage = Stage::Booting(child);
            self.start(child);
        } else {
            self.state.stage = Stage::Up;
            self.actions.push(Action::Booted);
        }
    }

    fn start(&mut self, child: usize) {
        let it = self.child(child);
        it.run += 1;
        it.stand(Standing::Starting);
        let (run, limit) = (it.run, it.rules.start_limit);
        self.actions.push(Action::Start { child, run, limit });
        if let Some(limit) = limit {
            self.timer(child, limit.saturating_add(START_GRACE));
        }
    }

    fn timer(&mut self, child: usize, after: Duration) {
        let (generation, at) = (self.child(child).generation, self.now.saturating_add(after));
        self.actions.push(Action::Timer {
            child,
            generation,
            at,
        });
    }

    fn started(&mut self, child: usize, run: u64) {
        let since = self.now;
        let it = self.child(child);
        if it.run != run || it.standing != Standing::Starting {
            return;
        }
        it.stand(Standing::Running { since });
        self.boot_on(child);
    }

    /// Goes on with the boot if it waited for this child.
    fn boot_on(&mut self, child: usize) {
        if self.state.stage == Stage::Booting(child) {
            self.boot(child + 1);
        }
    }

    /// The current run of the child is over, or its start failed.
    fn exited(&mut self, child: usize, reason: ExitReason) {
        let starting = match self.child(child).standing {
            Standing::Starting => true,
            Standing::Running { .. } => false,
            // It was told to end, or given up: what it says of its last run changes nothing.
            Standing::Resting
            | Standing::Waiting { .. }
            | Standing::Ending
            | Standing::Down
            | Standing::Forgotten => return,
        };
        match self.state.stage {
            // Who ends by itself while all are being stopped stays down until its turn.
            Stage::Stopping | Stage::Over => self.child(child).stand(Standing::Resting),
            Stage::Booting(first) if first == child && starting => {
                self.child(child).stand(Standing::Resting);
                self.actions.push(Action::FailBoot { child, reason });
                self.stop_all();
            }
            Stage::Booting(_) | Stage::Up => {
                if self.child(child).rules.restart.after(&reason) {
                    self.restart(child, reason);
                } else {
                    self.end(child);
                }
            }
        }
    }

    /// There is nothing to start: the child stays down, and keeps its place unless it is temporary.
    fn ignored(&mut self, child: usize, run: u64) {
        let it = self.child(child);
        if it.run != run || it.standing != Standing::Starting {
            return;
        }
        if it.rules.restart == Restart::Temporary {
            self.end(child);
        } else {
            it.stand(Standing::Resting);
            self.boot_on(child);
        }
    }

    /// Plans the next run of a child that failed, unless that is one too many. Decided now, before any wait.
    fn restart(&mut self, child: usize, cause: ExitReason) {
        let now = self.now;
        let it = &mut self.state.children[child];
        if it.forgiven(now) {
            it.attempt = 0;
        }
        it.attempt = it.attempt.saturating_add(1);
        let retries_left = it
            .rules
            .max_retries
            .is_none_or(|max| it.attempt <= u64::from(max));
        if !self.state.window.count(now) || !retries_left {
            self.actions.push(Action::GiveUp { child, cause });
            // What failed is dropped first; the others follow in reverse order.
            self.end(child);
            self.stop_all();
            return;
        }
        let wait = it.rules.backoff.wait(it.attempt, self.random);
        if wait.is_zero() {
            self.start(child);
        } else {
            it.stand(Standing::Waiting {
                due: now.saturating_add(wait),
            });
            self.timer(child, wait);
        }
    }

    fn due(&mut self, child: usize) {
        match self.child(child).standing {
            Standing::Waiting { .. } => self.start(child),
            Standing::Starting => {
                self.exited(
                    child,
                    ExitReason::StartFailed(
                        "it took longer than its limit, and did not say so".into(),
                    ),
                );
            }
            Standing::Ending => self.actions.push(Action::Kill { child }),
            Standing::Resting | Standing::Running { .. } | Standing::Down | Standing::Forgotten => {
            }
        }
    }

    /// Ends a child for good, within the time that it is given.
    fn end(&mut self, child: usize) {
        let it = self.child(child);
        it.stand(Standing::Ending);
        let shutdown = it.rules.shutdown;
        self.actions.push(Action::End { child });
        match shutdown {
            Shutdown::Kill => self.actions.push(Action::Kill { child }),
            Shutdown::After(limit) => self.timer(child, limit),
            Shutdown::Wait => {}
        }
    }

    fn ended(&mut self, child: usize) {
        let it = self.child(child);
        if it.is_down() {
            return;
        }
        let forget = it.rules.restart == Restart::Temporary;
        it.stand(if forget {
            Standing::Forgotten
        } else {
            Standing::Down
        });
        self.actions.push(Action::Down { child, forget });
        match self.state.stage {
            Stage::Stopping => self.stop_next(),
            Stage::Booting(_) => self.boot_on(child),
            Stage::Up | Stage::Over => {}
        }
    }

    fn terminate(&mut self, child: usize) {
        match self.child(child).standing {
            Standing::Resting
            | Standing::Starting
            | Standing::Running { .. }
            | Standing::Waiting { .. } => self.end(child),
            Standing::Ending => {}
            Standing::Down => self.actions.push(Action::Down {
                child,
                forget: false,
            }),
            Standing::Forgotten => self.actions.push(Action::Down {
                child,
                forget: true,
            }),
        }
    }

    fn stop(&mut self) {
        match self.state.stage {
            Stage::Booting(_) | Stage::Up => self.stop_all(),
            Stage::Stopping | Stage::Over => {}
        }
    }

    /// Plans are void at once, starts under way are given up, and then the children end in reverse order.
    fn stop_all(&mut self) {
        self.state.stage = Stage::Stopping;
        for (child, it) in self.state.children.iter_mut().enumerate() {
            match it.standing {
                Standing::Starting => {
                    it.stand(Standing::Resting);
                    self.actions.push(Action::Rest { child });
                }
                Standing::Waiting { .. } => it.stand(Standing::Resting),
                Standing::Resting
                | Standing::Running { .. }
                | Standing::Ending
                | Standing::Down
                | Standing::Forgotten => {}
            }
        }
        self.stop_next();
    }

    fn stop_next(&mut self) {
        match self
            .state
            .children
            .iter()
            .rposition(|child| !child.is_down())
        {
            Some(child) if self.state.children[child].standing == Standing::Ending => {}
            Some(child) => self.end(child),
            None => {
                self.state.stage = Stage::Over;
                self.actions.push(Action::Over);
            }
        }
    }
}

#[cfg(test)]
mod tests;
