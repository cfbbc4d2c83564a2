//! What a supervisor does about what happens to its children.
//!
//! A pure state machine: it has no clock, no randomness and no tasks of its own. Each event comes with the time and a
//! source of randomness, and the answer is a list of actions, which the shell carries out to the letter. So every
//! rule of restart can be tested without one actor.
//!
//! Children are told apart by keys, which grow: the order of keys is the order of starts. Time is what has passed since
//! any fixed instant.
//!
//! # Who owns what
//!
//! | part | what it decides |
//! |---|---|
//! | `decide` (this file) | what each report means for the child that it is about |
//! | `child` | what is known of one child |
//! | `failure` | a child failed: how often, how long to wait, or whether to give up |
//! | `pass` | several children are stopped and started in order: the boot, and the restart of a group |
//! | `request` | what somebody asked for: start, restart, terminate, delete |
//! | `stop` | the end: all children in reverse order, or all at once |
//!
//! # What stays true
//!
//! 1. A child has one timer that counts at most, told from older ones by its generation; the pass has one too. A new
//!    standing makes the timer of the former one stale.
//! 2. Reports carry the number of the run that they are about; one about an older run changes nothing.
//! 3. A child is started only when it rests or has no actor: [`Standing::Held`], [`Standing::Waiting`] or
//!    [`Standing::Down`]. Once all are being stopped, nothing is started.
//! 4. While a pass is under way, whoever is [`Standing::Held`] belongs to it; without one nobody is, until all are stopped.
//! 5. The cost of an event does not grow with the number of restarts that are remembered, and with that of children
//!    only where many of them are concerned.

mod child;
mod failure;
mod pass;
mod request;
mod stop;

use std::collections::BTreeMap;
use std::time::Duration;

use playhouse_core::ExitReason;

use crate::intensity::{Intensity, Window};
use crate::strategy::{AutoShutdown, Strategy};

use child::Child;
pub use child::{Rules, Standing};
use pass::Pass;
pub use request::{Refusal, Request};
use stop::Stage;

/// How much later than the child itself the supervisor notices that a start is overdue.
///
/// The child drops its factory at the limit and says so; the supervisor's own timer is for the factory that blocks
/// its thread, so that the child can say nothing.
const START_GRACE: Duration = Duration::from_secs(1);

/// Which child: keys grow, and are not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u64);

/// The rules of a supervisor.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who is restarted with a child that failed.
    pub strategy: Strategy,
    /// How many restarts are too many; `None` allows any number.
    pub intensity: Option<Intensity>,
    /// Whether the supervisor ends with its significant children.
    pub auto_shutdown: AutoShutdown,
    /// Whether a first start that fails is repeated like any other.
    pub retry_initial: bool,
    /// Whether children belong to no order: their specs go when they end, and all are stopped at once.
    pub dynamic: bool,
    /// How many children there may be.
    pub max_children: Option<usize>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The supervisor starts.
    Boot,
    /// A start succeeded.
    Started {
        /// Whose.
        child: Key,
        /// Its number.
        run: u64,
    },
    /// A factory said that there is nothing to start. The child rests.
    Ignored {
        /// Whose.
        child: Key,
        /// The number of the start.
        run: u64,
    },
    /// A run is over, or its start failed. The child rests and waits for orders.
    Exited {
        /// Whose.
        child: Key,
        /// Its number.
        run: u64,
        /// Why.
        reason: ExitReason,
    },
    /// The actor of a child is gone for good, by our order or because its address was told to stop.
    Ended {
        /// Whose.
        child: Key,
    },
    /// A timer that was asked for is due.
    Timer {
        /// Whose; `None` for that of the supervisor.
        child: Option<Key>,
        /// As it was asked for.
        generation: u64,
    },
    /// Somebody asks for something.
    Request(Request),
    /// The supervisor is to stop.
    Stop,
}

/// What to do about it, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start the child; where it has no actor, with a new one.
    Start {
        /// Whom.
        child: Key,
        /// The number of the start.
        run: u64,
        /// How long it may take.
        limit: Option<Duration>,
    },
    /// Give up a start under way.
    Rest {
        /// Whose.
        child: Key,
    },
    /// Stop the child after the message in hand; it rests then.
    Stop {
        /// Whom.
        child: Key,
        /// Whether its queue waits for the next start.
        keep: bool,
    },
    /// End the child for good, after the message in hand.
    End {
        /// Whom.
        child: Key,
    },
    /// End the child for good, after all that it has accepted.
    Drain {
        /// Whom.
        child: Key,
    },
    /// Drop what the child has in hand.
    Kill {
        /// Whose.
        child: Key,
    },
    /// Hand in the event of the same name at this time. It replaces the earlier timer of the same owner.
    Timer {
        /// Whose; `None` for that of the supervisor.
        child: Option<Key>,
        /// To be handed in with it.
        generation: u64,
        /// When.
        at: Duration,
    },
    /// The child failed, and is started again at this time (with its group, where there is one).
    Again {
        /// Who failed.
        child: Key,
        /// Failures in a row, with this one.
        attempt: u64,
        /// When.
        at: Duration,
    },
    /// The child is up; whoever waits for that can be told.
    Up {
        /// Who.
        child: Key,
    },
    /// The child's factory had nothing to start; whoever waits for a start can be told.
    Ignored {
        /// Whose.
        child: Key,
    },
    /// A start of the child failed; whoever waits for it can be told.
    NotUp {
        /// Whose.
        child: Key,
        /// Why.
        reason: ExitReason,
    },
    /// The child is down; whoever waits for that can be told.
    Down {
        /// Who.
        child: Key,
        /// Its spec is gone too.
        forget: bool,
    },
    /// What was just asked for is not done.
    Refuse(Refusal),
    /// All children have been started once.
    Booted,
    /// A child's first start failed, so the supervisor's does. The others are being stopped.
    FailBoot {
        /// Whose.
        child: Key,
        /// Why.
        reason: ExitReason,
    },
    /// There were too many restarts. The others are being stopped.
    GiveUp {
        /// Who failed last.
        child: Key,
        /// Why.
        cause: ExitReason,
    },
    /// The last of the significant children that count has ended. The others are being stopped.
    AutoShutdown {
        /// Who.
        child: Key,
    },
    /// All children are down, and the supervisor can end.
    Over,
}

/// What is known of the children of one supervisor.
#[derive(Debug)]
pub struct State {
    settings: Settings,
    children: BTreeMap<Key, Child>,
    next: Key,
    window: Window,
    stage: Stage,
    /// Children that are being stopped and started in order.
    pass: Option<Pass>,
    /// Failures in a row of a group that restarts together.
    attempt: u64,
    /// Since when all of that group have been up again.
    steady: Duration,
    generation: u64,
}

impl State {
    /// A supervisor that has not started.
    pub fn new(settings: Settings, children: impl IntoIterator<Item = Rules>) -> Self {
        let mut state = Self {
            window: Window::new(settings.intensity),
            settings,
            children: BTreeMap::new(),
            next: Key(0),
            stage: Stage::Booting,
            pass: None,
            attempt: 0,
            steady: Duration::ZERO,
            generation: 0,
        };
        for rules in children {
            state.insert(Child::new(rules, Standing::Held));
        }
        state
    }

    /// The key of the next child that is asked for; the first ones have 0, 1, 2 and so on.
    pub fn next_key(&self) -> Key {
        self.next
    }

    /// Where a child stands; `None` for one that was forgotten.
    pub fn standing(&self, child: Key) -> Option<Standing> {
        Some(self.children.get(&child)?.standing)
    }

    /// The children that there are specs of, in the order of their start.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = Key> + '_ {
        self.children.keys().copied()
    }

    /// Failures in a row; none for a child (or a group) that has been up long enough to be forgiven.
    pub fn attempt(&self, child: Key, now: Duration) -> u64 {
        let Some(it) = self.children.get(&child) else {
            return 0;
        };
        match self.settings.strategy {
            Strategy::OneForOne if it.is_forgiven(now) => 0,
            Strategy::OneForOne => it.attempt,
            Strategy::OneForAll | Strategy::RestForOne if self.is_forgiven(&it.rules, now) => 0,
            Strategy::OneForAll | Strategy::RestForOne => self.attempt,
        }
    }

    /// The rules of a child.
    pub fn rules(&self, child: Key) -> Option<&Rules> {
        Some(&self.children.get(&child)?.rules)
    }

    /// The number of the latest start of its actor.
    pub fn run(&self, child: Key) -> u64 {
        self.children.get(&child).map_or(0, |it| it.run)
    }

    /// How often it was started again without being asked for.
    pub fn restarts(&self, child: Key) -> u64 {
        self.children.get(&child).map_or(0, |it| it.restarts)
    }

    /// When a child that waits for its restart is due.
    pub fn due(&self, child: Key) -> Option<Duration> {
        match self.standing(child)? {
            Standing::Waiting { due } => Some(due),
            Standing::Held => self.pass.as_ref()?.due(),
            Standing::Starting
            | Standing::Running { .. }
            | Standing::Stopping
            | Standing::Ending
            | Standing::Down => None,
        }
    }

    /// How many restarts count at this time.
    pub fn restarts_in_window(&self, now: Duration) -> usize {
        self.window.counted(now)
    }

    /// Whether this timer, asked for earlier, still counts.
    pub fn awaits(&self, child: Option<Key>, generation: u64) -> bool {
        let current = match child {
            Some(child) => self.children.get(&child).map(|it| it.generation),
            None => Some(self.generation),
        };
        current == Some(generation)
    }

    /// All children have been started once, and none are being stopped for the end.
    pub fn is_up(&self) -> bool {
        match self.stage {
            Stage::Up => true,
            Stage::Booting | Stage::Stopping { .. } | Stage::Over => false,
        }
    }

    /// All children are down.
    pub fn is_over(&self) -> bool {
        match self.stage {
            Stage::Over => true,
            Stage::Booting | Stage::Up | Stage::Stopping { .. } => false,
        }
    }

    /// Takes in one event and appends what to do about it.
    pub fn decide(
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
            Event::Boot => turn.boot(),
            Event::Started { child, run } => turn.started(child, run),
            Event::Ignored { child, run } => turn.ignored(child, run),
            Event::Exited { child, run, reason } => {
                if turn
                    .state
                    .children
                    .get(&child)
                    .is_some_and(|it| it.run == run)
                {
                    turn.exited(child, reason);
                }
            }
            Event::Ended { child } => turn.ended(child),
            Event::Timer { child, generation } => {
                if turn.state.awaits(child, generation) {
                    match child {
                        Some(child) => turn.due(child),
                        None => turn.own_due(),
                    }
                }
            }
            Event::Request(request) => turn.request(request),
            Event::Stop => turn.stop(),
        }
    }

    fn insert(&mut self, child: Child) -> Key {
        let key = self.next;
        self.next = Key(key.0 + 1);
        self.children.insert(key, child);
        key
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
    /// A child that is known to be there.
    fn child(&mut self, child: Key) -> &mut Child {
        self.state
            .children
            .get_mut(&child)
            .expect("whoever is decided about has a spec")
    }

    fn stand(&mut self, child: Key, standing: Standing) {
        self.child(child).stand(standing);
    }

    fn standing(&self, child: Key) -> Option<Standing> {
        self.state.standing(child)
    }

    /// Starts a child that rests, or has no actor, now or in the turn that a pass gives it.
    fn start_in_turn(&mut self, child: Key) {
        if self.in_pass(child) {
            self.stand(child, Standing::Held);
        } else {
            self.start(child);
        }
    }

    /// Starts a child that rests, or has no actor.
    fn start(&mut self, child: Key) {
        let it = self.child(child);
        it.run += 1;
        it.with_group = false;
        it.stand(Standing::Starting);
        let (run, limit) = (it.run, it.rules.start_limit);
        self.actions.push(Action::Start { child, run, limit });
        if let Some(limit) = limit {
            self.timer(child, limit.saturating_add(START_GRACE));
        }
    }

    fn timer(&mut self, child: Key, after: Duration) {
        let (generation, at) = (self.child(child).generation, self.now.saturating_add(after));
        self.actions.push(Action::Timer {
            child: Some(child),
            generation,
            at,
        });
    }

    fn own_timer(&mut self, at: Duration) {
        self.state.generation += 1;
        self.actions.push(Action::Timer {
            child: None,
            generation: self.state.generation,
            at,
        });
    }

    fn started(&mut self, child: Key, run: u64) {
        let since = self.now;
        match self.state.children.get_mut(&child) {
            Some(it) if it.run == run && it.standing == Standing::Starting => {
                it.stand(Standing::Running { since });
                if it.was_up && !it.by_hand {
                    it.restarts += 1;
                }
                it.was_up = true;
                it.by_hand = false;
                it.is_new = false;
            }
            _ => return,
        }
        self.actions.push(Action::Up { child });
        self.pass_on();
    }

    fn ignored(&mut self, child: Key, run: u64) {
        match self.state.children.get_mut(&child) {
            Some(it) if it.run == run && it.standing == Standing::Starting => {
                it.by_hand = false;
                it.is_new = false;
            }
            _ => return,
        }
        self.actions.push(Action::Ignored { child });
        match self.state.stage {
            // Its turn to be ended comes.
            Stage::Stopping { .. } | Stage::Over => self.stand(child, Standing::Held),
            // What is left of it goes; a pass goes on when it has gone.
            Stage::Booting | Stage::Up => self.end(child),
        }
    }

    /// The current run of the child is over, or its start failed.
    fn exited(&mut self, child: Key, reason: ExitReason) {
        match self.standing(child) {
            Some(Standing::Starting) => self.start_failed(child, reason),
            Some(Standing::Running { .. }) => self.exited_by_itself(child, reason),
            Some(Standing::Stopping) => self.stopped(child),
            // It failed while it was being drained: what it has left is given up.
            Some(Standing::Ending) => {
                if let Some(it) = self.state.children.get_mut(&child) {
                    it.end_drain(child, self.actions);
                }
            }
            // A start that was given up: its report changes nothing.
            Some(Standing::Held | Standing::Waiting { .. } | Standing::Down) | None => {}
        }
    }

    fn start_failed(&mut self, child: Key, reason: ExitReason) {
        self.actions.push(Action::NotUp {
            child,
            reason: reason.clone(),
        });
        let it = self.child(child);
        let by_hand = std::mem::take(&mut it.by_hand);
        let first = !it.was_up;
        match self.state.stage {
            Stage::Stopping { .. } | Stage::Over => self.stand(child, Standing::Held),
            // Whoever asked for it is told, and may try again; that is no failure of the child.
            Stage::Booting | Stage::Up if by_hand => self.end(child),
            Stage::Booting | Stage::Up if self.is_to_stop(child) => self.stopped(child),
            Stage::Booting if first && !self.state.settings.retry_initial => {
                self.stand(child, Standing::Held);
                self.actions.push(Action::FailBoot { child, reason });
                self.stop_all();
            }
            Stage::Booting | Stage::Up => self.after(child, reason),
        }
    }

    fn exited_by_itself(&mut self, child: Key, reason: ExitReason) {
        match self.state.stage {
            // Who ends by itself while all are being stopped stays down until its turn.
            Stage::Stopping { .. } | Stage::Over => self.stand(child, Standing::Held),
            // It was about to be stopped with its group: that is no further failure, nor an end of its own choice.
            Stage::Booting | Stage::Up if self.is_to_stop(child) => self.stopped(child),
            Stage::Booting | Stage::Up => self.after(child, reason),
        }
    }

    /// What follows on the end of a run that nobody has ordered.
    fn after(&mut self, child: Key, reason: ExitReason) {
        if self.child(child).rules.restart.after(&reason) {
            return self.failed(child, reason);
        }
        self.end(child);
        if self.ends_supervisor(child) {
            self.actions.push(Action::AutoShutdown { child });
            self.stop_all();
        }
    }

    /// A child has ended by itself, and is not started again: whether the supervisor ends with it.
    fn ends_supervisor(&self, child: Key) -> bool {
        let is_active = |key: Key, it: &Child| match it.standing {
            Standing::Held
            | Standing::Starting
            | Standing::Running { .. }
            | Standing::Waiting { .. }
            | Standing::Stopping => it.by_hand || !self.is_called_off(key),
            Standing::Ending => it.comes_back() && !it.is_passing(),
            Standing::Down => false,
        };
        let children = &self.state.children;
        let is_significant = children.get(&child).is_some_and(|it| it.rules.significant);
        is_significant
            && match self.state.settings.auto_shutdown {
                AutoShutdown::Never => false,
                AutoShutdown::AnySignificant => true,
                AutoShutdown::AllSignificant => !children
                    .iter()
                    .any(|(key, it)| it.rules.significant && is_active(*key, it)),
            }
    }

    /// A child that was told to stop, and to rest, does.
    fn stopped(&mut self, child: Key) {
        self.stand(child, Standing::Held);
        let by_hand = self.child(child).by_hand;
        match self.state.stage {
            Stage::Stopping { .. } | Stage::Over => {}
            Stage::Booting | Stage::Up if self.is_taken_along(child) => self.pass_on(),
            Stage::Booting | Stage::Up if by_hand && self.in_pass(child) => self.pass_on(),
            Stage::Booting | Stage::Up if by_hand => self.start(child),
            // It is temporary, or the restart that it was stopped for was called off.
            Stage::Booting | Stage::Up => self.end(child),
        }
    }

    fn due(&mut self, child: Key) {
        match self.standing(child) {
            Some(Standing::Waiting { .. }) => self.start(child),
            Some(Standing::Starting) => {
                // It may come up after all, when nobody counts on it any more.
                self.actions.push(Action::Rest { child });
                let overdue = "it took longer than its limit, and did not say so";
                self.start_failed(child, ExitReason::StartFailed(overdue.into()));
            }
            Some(Standing::Stopping | Standing::Ending) => {
                if let Some(it) = self.state.children.get_mut(&child) {
                    it.force(child, self.actions);
                }
            }
            Some(Standing::Held | Standing::Running { .. } | Standing::Down) | None => {}
        }
    }

    fn own_due(&mut self) {
        match self.state.stage {
            Stage::Booting | Stage::Up => self.pass_due(),
            Stage::Stopping { .. } => self.stop_due(),
            Stage::Over => {}
        }
    }

    /// Ends a child for good, within the time that it is given.
    fn end(&mut self, child: Key) {
        let it = self.state.children.get_mut(&child);
        if let Some(limit) = it.and_then(|it| it.end(child, self.actions)) {
            self.timer(child, limit);
        }
    }

    /// The actor of a child is gone, by our order or because somebody told its address to stop.
    fn ended(&mut self, child: Key) {
        let dynamic = self.state.settings.dynamic;
        let Some(it) = self.state.children.get_mut(&child) else {
            return;
        };
        if it.standing == Standing::Down {
            return;
        }
        let was_held = it.standing == Standing::Held;
        // Whoever stops it by its address while it starts, or waits for its turn, means it.
        let again = it.comes_back()
            && match it.standing {
                Standing::Stopping | Standing::Ending => true,
                Standing::Held
                | Standing::Starting
                | Standing::Running { .. }
                | Standing::Waiting { .. }
                | Standing::Down => false,
            };
        it.stand(Standing::Down);
        it.run = 0;
        let forget = it.is_passing() || dynamic;
        if forget {
            self.state.children.remove(&child);
        } else if !again {
            it.give_up();
        }
        self.actions.push(Action::Down { child, forget });
        match self.state.stage {
            Stage::Stopping { .. } => return self.stop_next(),
            Stage::Over => return,
            Stage::Booting | Stage::Up => {}
        }
        if was_held {
            self.call_off(child);
        }
        if again && !forget {
            self.start_in_turn(child);
        }
        self.pass_on();
    }
}

#[cfg(test)]
mod tests;
