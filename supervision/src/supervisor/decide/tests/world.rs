//! A supervisor's decisions, and children that only exist here: puppets, which do what they are told, some of them late
//! or badly. What they were told is a trace of words; time is a number.

mod asking;
mod puppet;

use std::collections::{BTreeMap, VecDeque};

use super::super::*;
use crate::backoff::Backoff;
use crate::child::{Restart, Shutdown};
use asking::Wants;
use puppet::{Puppet, Told};

pub(super) const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(super) fn rules(restart: Restart) -> Rules {
    Rules {
        restart,
        significant: false,
        shutdown: Shutdown::After(ms(5_000)),
        backoff: Backoff::none(),
        max_retries: None,
        start_limit: Some(ms(30_000)),
        keeps_queue: false,
    }
}

pub(super) fn permanent() -> Rules {
    rules(Restart::Permanent)
}

pub(super) fn transient() -> Rules {
    rules(Restart::Transient)
}

pub(super) fn temporary() -> Rules {
    rules(Restart::Temporary)
}

pub(super) fn significant(rules: Rules) -> Rules {
    Rules {
        significant: true,
        ..rules
    }
}

pub(super) fn stopped_by(shutdown: Shutdown) -> Rules {
    Rules {
        shutdown,
        ..permanent()
    }
}

/// A permanent child that waits so long before each restart.
pub(super) fn after(wait: u64) -> Rules {
    Rules {
        backoff: Backoff::fixed(ms(wait)),
        ..permanent()
    }
}

pub(super) fn settings(strategy: Strategy) -> Settings {
    Settings {
        strategy,
        intensity: Some(Intensity {
            max: 3,
            period: ms(5_000),
        }),
        auto_shutdown: AutoShutdown::Never,
        retry_initial: false,
        dynamic: false,
        max_children: None,
    }
}

pub(super) fn dynamic() -> Settings {
    Settings {
        dynamic: true,
        ..settings(Strategy::OneForOne)
    }
}

/// Settings under which nobody gives up.
pub(super) fn patient(strategy: Strategy) -> Settings {
    Settings {
        intensity: None,
        ..settings(strategy)
    }
}

pub(super) fn boom() -> ExitReason {
    ExitReason::Panic("boom".into())
}

/// A supervisor's decisions, and the children that obey them.
pub(super) struct World {
    pub(super) state: State,
    pub(super) now: Duration,
    random: fastrand::Rng,
    pub(super) puppets: BTreeMap<Key, Puppet>,
    pub(super) timers: BTreeMap<Option<Key>, (u64, Duration)>,
    /// Timers that newer ones have replaced.
    pub(super) stale: Vec<(Option<Key>, u64)>,
    pub(super) reports: VecDeque<Event>,
    /// What was decided, in words.
    pub(super) trace: Vec<String>,
    /// What the children did, in words.
    pub(super) story: Vec<String>,
    /// The restarts that were planned: whose, the failures in a row, the wait.
    pub(super) planned: Vec<(u64, u64, Duration)>,
    waiters: Vec<(u64, Key, Wants)>,
    pub(super) answers: BTreeMap<u64, String>,
    asked: u64,
    refused: Option<Refusal>,
    /// It was decided that the supervisor ends.
    ends: bool,
}

impl World {
    pub(super) fn new(settings: Settings, children: impl IntoIterator<Item = Rules>) -> Self {
        Self {
            state: State::new(settings, children),
            now: Duration::ZERO,
            random: fastrand::Rng::with_seed(1),
            puppets: BTreeMap::new(),
            timers: BTreeMap::new(),
            stale: Vec::new(),
            reports: VecDeque::new(),
            trace: Vec::new(),
            story: Vec::new(),
            planned: Vec::new(),
            waiters: Vec::new(),
            answers: BTreeMap::new(),
            asked: 0,
            refused: None,
            ends: false,
        }
    }

    /// A world whose children are up.
    pub(super) fn up(settings: Settings, children: impl IntoIterator<Item = Rules>) -> Self {
        let mut world = Self::new(settings, children);
        world.tell(Event::Boot);
        assert_eq!(world.trace.pop().as_deref(), Some("booted"));
        world.trace.clear();
        world.story.clear();
        world
    }

    pub(super) fn puppet(&mut self, child: u64) -> &mut Puppet {
        self.puppets.entry(Key(child)).or_default()
    }

    pub(super) fn standing(&self, child: u64) -> Option<Standing> {
        self.state.standing(Key(child))
    }

    pub(super) fn is_running(&self, child: u64) -> bool {
        matches!(self.standing(child), Some(Standing::Running { .. }))
    }

    /// The children that run.
    pub(super) fn running(&self) -> Vec<u64> {
        let keys = self.state.keys().map(|Key(child)| child);
        keys.filter(|child| self.is_running(*child)).collect()
    }

    /// The children that there are specs of.
    pub(super) fn children(&self) -> Vec<u64> {
        self.state.keys().map(|Key(child)| child).collect()
    }

    fn say(&mut self, word: &str, child: Key) {
        self.trace.push(format!("{word} {}", child.0));
    }

    fn tell_story(&mut self, word: &str, child: Key) {
        self.story.push(format!("{word} {}", child.0));
    }

    /// Decides one event and lets the children do what they are told, but not yet report.
    pub(super) fn decide(&mut self, event: Event) {
        self.ends |= matches!(event, Event::Stop);
        if let Event::Ended { child } = event {
            self.puppets.entry(child).or_default().is_leaving = false;
        }
        let mut actions = Vec::new();
        self.state
            .decide(event, self.now, &mut self.random, &mut actions);
        for action in actions {
            self.obey(action);
        }
        self.check();
    }

    /// What stays true, whatever happens.
    fn check(&self) {
        let held = |child: &Key| self.state.standing(*child) == Some(Standing::Held);
        assert!(
            self.ends || self.state.pass.is_some() || !self.state.keys().any(|child| held(&child)),
            "a child is held without a pass: {}",
            self.summary()
        );
    }

    fn obey(&mut self, action: Action) {
        match action {
            Action::Start { child, run, .. } => {
                assert!(!self.ends, "{child:?} is started after the end");
                self.say("start", child);
                let puppet = self.puppets.entry(child).or_default();
                if puppet.is_leaving {
                    return;
                }
                let runs = puppet.up.is_some() && puppet.up.map(Told::Start) == Some(puppet.told);
                assert!(!runs, "{child:?} is started while it runs");
                assert!(
                    puppet.told != Told::End,
                    "{child:?} is started while it ends"
                );
                puppet.lives = true;
                self.order(child, Told::Start(run));
            }
            Action::Rest { child } => {
                self.say("rest", child);
                self.order(child, Told::Rest);
            }
            Action::Stop { child, keep } => {
                self.say(if keep { "stop (keep)" } else { "stop" }, child);
                self.order(child, Told::Rest);
            }
            Action::End { child } => {
                self.say("end", child);
                let puppet = self.puppets.entry(child).or_default();
                assert!(puppet.told != Told::End, "{child:?} is told twice to end");
                if puppet.lives {
                    self.order(child, Told::End);
                } else if !puppet.is_leaving {
                    // As the shell says of a child that was never started.
                    self.gone(child);
                }
            }
            Action::Drain { child } => {
                self.say("drain", child);
                self.order(child, Told::Drain);
            }
            Action::Kill { child } => {
                self.say("kill", child);
                self.act(child, true);
            }
            Action::Timer {
                child,
                generation,
                at,
            } => {
                let earlier = self.timers.insert(child, (generation, at));
                self.stale
                    .extend(earlier.map(|(generation, _)| (child, generation)));
            }
            Action::Again { child, attempt, at } => {
                self.planned
                    .push((child.0, attempt, at.saturating_sub(self.now)));
            }
            Action::Up { child } => self.answer(child, Wants::Start, "up"),
            Action::Ignored { child } => self.answer(child, Wants::Start, "ignored"),
            Action::NotUp { child, .. } => self.answer(child, Wants::Start, "not up"),
            Action::Down { child, forget } => {
                self.say(if forget { "forget" } else { "down" }, child);
                self.answer(child, Wants::Down, "down");
                let comes_back = matches!(
                    self.state.standing(child),
                    Some(Standing::Held | Standing::Starting)
                );
                if !comes_back {
                    self.answer(child, Wants::Start, "not up");
                }
            }
            Action::Refuse(refusal) => self.refused = Some(refusal),
            Action::Booted => self.trace.push("booted".into()),
            Action::FailBoot { child, .. } => {
                self.ends = true;
                self.say("fail boot", child);
                self.tell_story("fail boot", child);
            }
            Action::GiveUp { child, .. } => {
                self.ends = true;
                self.say("give up", child);
                self.tell_story("give up", child);
            }
            Action::AutoShutdown { child } => {
                self.ends = true;
                self.say("auto shutdown", child);
                self.tell_story("auto shutdown", child);
            }
            Action::Over => self.trace.push("over".into()),
        }
    }

    // The same, with all that follows.

    /// Decides an event and all that it leads to, without time passing.
    pub(super) fn tell(&mut self, event: Event) {
        self.decide(event);
        self.settle();
    }

    pub(super) fn settle(&mut self) {
        for round in 0.. {
            let Some(report) = self.reports.pop_front() else {
                return;
            };
            assert!(round < 1_000_000, "it never comes to rest");
            self.decide(report);
        }
    }

    #[track_caller]
    pub(super) fn exit(&mut self, child: u64, reason: ExitReason) {
        assert!(self.exits(child, reason), "only a child that runs can exit");
        self.settle();
    }

    #[track_caller]
    pub(super) fn crash(&mut self, child: u64) {
        self.exit(child, boom());
    }

    #[track_caller]
    pub(super) fn leave(&mut self, child: u64) {
        assert!(self.leaves(child), "only an actor has an address");
        self.settle();
    }

    pub(super) fn finish(&mut self, child: u64) {
        self.finish_start(child);
        self.settle();
    }

    /// The next timer that is due until then; it counts as handed in.
    pub(super) fn due(&mut self, until: Duration) -> Option<(Option<Key>, u64, Duration)> {
        let times = self.timers.iter();
        let (at, owner) = times.map(|(owner, (_, at))| (*at, *owner)).min()?;
        if at > until {
            return None;
        }
        let (generation, _) = self.timers.remove(&owner)?;
        Some((owner, generation, at))
    }

    /// Lets so much time pass, with every timer that becomes due.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some((child, generation, at)) = self.due(until) {
            self.now = self.now.max(at);
            self.tell(Event::Timer { child, generation });
        }
        self.now = until;
    }

    /// How all stand and what led to it, for messages of tests.
    pub(super) fn summary(&self) -> String {
        let mut text = format!("{:?} {:?}", self.state.stage, self.state.pass);
        for (key, it) in &self.state.children {
            text += &format!(
                "\n  {}: {:?}, {:?}, by hand {}, new {}, with group {}, run {}; {:?}",
                key.0,
                it.standing,
                it.rules.restart,
                it.by_hand,
                it.is_new,
                it.with_group,
                it.run,
                self.puppets.get(key)
            );
        }
        let latest = self.trace.len().saturating_sub(60);
        text + "\n  ... " + &self.trace[latest..].join(", ")
    }

    /// What was decided since the last look: words with commas between them.
    #[track_caller]
    pub(super) fn expect(&mut self, trace: &str) {
        assert_eq!(std::mem::take(&mut self.trace).join(", "), trace);
    }

    /// Forgets what was decided so far.
    pub(super) fn go_on(&mut self) {
        self.trace.clear();
        self.story.clear();
        self.planned.clear();
    }
}
