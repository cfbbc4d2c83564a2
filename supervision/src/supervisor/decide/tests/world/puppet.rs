//! One child, which does what it is told, as a real one does: the latest order wins, and an end is final.

use super::super::super::{Event, Key};
use super::World;
use playhouse_core::ExitReason;

/// What a child was told last. As with real ones, the latest order wins and an end is final.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Told {
    #[default]
    Rest,
    Start(u64),
    /// To handle what it has, and end.
    Drain,
    End,
}

/// How a child behaves, and what of it runs.
#[derive(Debug, Default)]
pub(in super::super) struct Puppet {
    /// So many of its next starts fail.
    pub(in super::super) fail_next: u32,
    /// Its next start says that there is nothing to start.
    pub(in super::super) ignore_next: bool,
    /// Its starts take until told otherwise.
    pub(in super::super) slow: bool,
    /// Once up, it stops only when killed.
    pub(in super::super) stubborn: bool,
    /// It does nothing of what it is told, not even when killed: it blocks its thread.
    pub(in super::super) deaf: bool,
    /// Its task has not had its turn: it sees what it was told last, when it wakes.
    pub(in super::super) asleep: bool,
    /// The run that starts.
    pub(in super::super) starting: Option<u64>,
    /// The run that is up.
    pub(in super::super) up: Option<u64>,
    /// There is an actor.
    pub(in super::super) lives: bool,
    /// That the actor is gone is not known so far: what is ordered now, nobody hears.
    pub(super) is_leaving: bool,
    pub(super) told: Told,
    killed: bool,
}

impl World {
    pub(super) fn order(&mut self, child: Key, told: Told) {
        let puppet = self.puppets.entry(child).or_default();
        if puppet.told != Told::End {
            puppet.told = told;
        }
        self.act(child, false);
    }

    /// The child does what it was told last, as far as it can.
    pub(super) fn act(&mut self, child: Key, kill: bool) {
        let puppet = self.puppets.entry(child).or_default();
        puppet.killed |= kill;
        let current = puppet.up.or(puppet.starting);
        if !puppet.lives || puppet.asleep || puppet.deaf && current.is_some() {
            return;
        }
        let killed = std::mem::take(&mut puppet.killed);
        let busy = puppet.up.is_some() && puppet.stubborn && !killed;
        let told = puppet.told;
        if let Some(run) = current
            && told != Told::Start(run)
        {
            if busy {
                return;
            }
            let was_up = puppet.up.take().is_some();
            puppet.starting = None;
            if was_up {
                self.tell_story("stop", child);
            }
            if told != Told::Drain {
                let reason = ExitReason::Shutdown;
                self.reports.push_back(Event::Exited { child, run, reason });
            }
        }
        match told {
            Told::Start(run) if current != Some(run) => {
                let puppet = self.puppets.entry(child).or_default();
                puppet.starting = Some(run);
                if !puppet.slow {
                    self.finish_start(child.0);
                }
            }
            Told::Rest | Told::Start(_) => {}
            Told::End | Told::Drain => self.gone(child),
        }
    }

    pub(super) fn gone(&mut self, child: Key) {
        let puppet = self.puppets.entry(child).or_default();
        (puppet.lives, puppet.is_leaving) = (false, true);
        (puppet.told, puppet.killed) = (Told::Rest, false);
        (puppet.up, puppet.starting) = (None, None);
        self.reports.push_back(Event::Ended { child });
    }

    /// The start under way comes to its end.
    pub(in super::super) fn finish_start(&mut self, child: u64) {
        let child = Key(child);
        let puppet = self.puppets.entry(child).or_default();
        let Some(run) = puppet.starting.take() else {
            return;
        };
        if puppet.fail_next > 0 {
            puppet.fail_next -= 1;
            self.tell_story("fail", child);
            self.rests_after(child, run);
            let reason = ExitReason::StartFailed("no".into());
            self.reports.push_back(Event::Exited { child, run, reason });
        } else if puppet.ignore_next {
            puppet.ignore_next = false;
            self.tell_story("ignore", child);
            self.rests_after(child, run);
            self.reports.push_back(Event::Ignored { child, run });
        } else {
            puppet.up = Some(run);
            self.tell_story("start", child);
            self.reports.push_back(Event::Started { child, run });
        }
        self.act(child, false);
    }

    /// A run is over, and no newer order stands.
    fn rests_after(&mut self, child: Key, run: u64) {
        let puppet = self.puppets.entry(child).or_default();
        // One that fails while it handles the rest of what it has waits for the next order too.
        if puppet.told == Told::Start(run) || puppet.told == Told::Drain {
            puppet.told = Told::Rest;
        }
    }

    /// The run that is up is over for this reason. False where none is.
    pub(in super::super) fn exits(&mut self, child: u64, reason: ExitReason) -> bool {
        let child = Key(child);
        let Some(run) = self.puppets.entry(child).or_default().up.take() else {
            return false;
        };
        self.tell_story("exit", child);
        self.rests_after(child, run);
        self.reports.push_back(Event::Exited { child, run, reason });
        self.act(child, false);
        true
    }

    /// Somebody stops the child by its address, without the supervisor. False where it has no actor.
    pub(in super::super) fn leaves(&mut self, child: u64) -> bool {
        let lives = self.puppets.entry(Key(child)).or_default().lives;
        if lives {
            self.gone(Key(child));
        }
        lives
    }

    /// The child does what it was told, though it holds out.
    pub(in super::super) fn yields(&mut self, child: u64) {
        self.relent(child);
        self.settle();
    }

    /// The same, and what it reports is on its way.
    pub(in super::super) fn relent(&mut self, child: u64) {
        let puppet = self.puppet(child);
        (puppet.stubborn, puppet.deaf, puppet.asleep) = (false, false, false);
        self.act(Key(child), false);
    }
}
