//! What is to happen, in the most naive way: lists, and each thing done to its end when it comes up, by children that obey
//! at once. Written from the rules alone: it knows of no orders, reports, runs or generations.

mod asking;

use std::collections::BTreeMap;

use crate::child::Restart;
use crate::strategy::{AutoShutdown, Strategy};

/// What a child's spec says, and what its next starts do.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) restart: Restart,
    pub(super) significant: bool,
    /// The first wait, which doubles up to [`LONGEST`].
    pub(super) base: u64,
    pub(super) retries: Option<u32>,
    pub(super) fail_next: u32,
    pub(super) ignore_next: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) strategy: Strategy,
    pub(super) auto_shutdown: AutoShutdown,
    /// How many restarts in how long.
    pub(super) intensity: Option<(u32, u64)>,
    pub(super) retry_initial: bool,
    pub(super) dynamic: bool,
    pub(super) max_children: Option<usize>,
}

pub(super) const LONGEST: u64 = 80;
pub(super) const FORGIVEN_AFTER: u64 = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Is {
    Up {
        since: u64,
    },
    Waits {
        due: u64,
    },
    /// Its turn comes.
    Held,
    Down,
}

#[derive(Debug)]
pub(super) struct Kid {
    pub(super) id: u64,
    pub(super) spec: Spec,
    pub(super) is: Is,
    pub(super) restarts: u64,
    failures: u64,
    has_actor: bool,
    was_up: bool,
    is_new: bool,
    by_hand: bool,
}

/// Children that are started in order, from this one on.
#[derive(Debug)]
struct Pass {
    from: u64,
    /// When the starts begin; they have, where there is no time.
    due: Option<u64>,
    failed: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Model {
    given: Given,
    pub(super) now: u64,
    pub(super) kids: Vec<Kid>,
    pub(super) next: u64,
    /// Every restart there ever was.
    counted: Vec<u64>,
    pass: Option<Pass>,
    failures: u64,
    steady: u64,
    pub(super) booting: bool,
    pub(super) over: bool,
    pub(super) story: Vec<String>,
    /// Who asked about whom, and whether for a start.
    waiters: Vec<(u64, u64, bool)>,
    asked: u64,
    pub(super) answers: BTreeMap<u64, String>,
}

/// What becomes of a start.
#[derive(Clone, Copy)]
enum Fate {
    Up,
    Fails,
    Ignores,
}

impl Model {
    pub(super) fn new(given: Given, specs: &[Spec]) -> Self {
        let mut model = Self {
            given,
            now: 0,
            kids: Vec::new(),
            next: 0,
            counted: Vec::new(),
            pass: None,
            failures: 0,
            steady: 0,
            booting: true,
            over: false,
            story: Vec::new(),
            waiters: Vec::new(),
            asked: 0,
            answers: BTreeMap::new(),
        };
        for spec in specs {
            model.add(spec, false);
        }
        model.pass = Some(Pass {
            from: 0,
            due: None,
            failed: None,
        });
        model.boot();
        model
    }

    fn add(&mut self, spec: &Spec, is_new: bool) -> u64 {
        let id = self.next;
        self.next += 1;
        self.kids.push(Kid {
            id,
            spec: spec.clone(),
            is: Is::Held,
            restarts: 0,
            failures: 0,
            has_actor: false,
            was_up: false,
            is_new,
            by_hand: is_new,
        });
        id
    }

    fn is(&self, id: u64) -> Option<Is> {
        self.kids.iter().find(|kid| kid.id == id).map(|kid| kid.is)
    }

    fn kid(&mut self, id: u64) -> &mut Kid {
        let found = self.kids.iter_mut().find(|kid| kid.id == id);
        found.expect("it was just seen")
    }

    fn say(&mut self, word: &str, id: u64) {
        self.story.push(format!("{word} {id}"));
    }

    fn alone(&self) -> bool {
        self.given.strategy == Strategy::OneForOne
    }

    // What the figures are to be.

    pub(super) fn attempt(&self, id: u64) -> u64 {
        let kid = self.kids.iter().find(|kid| kid.id == id);
        let Some(kid) = kid else { return 0 };
        let (failures, since) = match (self.alone(), kid.is, &self.pass) {
            (true, Is::Up { since }, _) => (kid.failures, Some(since)),
            (true, ..) => (kid.failures, None),
            (false, _, None) => (self.failures, Some(self.steady)),
            (false, ..) => (self.failures, None),
        };
        if since.is_some_and(|since| self.now - since >= FORGIVEN_AFTER) {
            0
        } else {
            failures
        }
    }

    pub(super) fn in_window(&self) -> usize {
        let Some((_, period)) = self.given.intensity else {
            return 0;
        };
        let counts = self.counted.iter().filter(|at| self.now - **at <= period);
        counts.count()
    }

    pub(super) fn due(&self, kid: &Kid) -> Option<u64> {
        match kid.is {
            Is::Waits { due } => Some(due),
            Is::Held => self.pass.as_ref()?.due,
            Is::Up { .. } | Is::Down => None,
        }
    }

    // What happens.

    /// The first start of all: at once, where they belong to no order.
    fn boot(&mut self) {
        if self.given.dynamic {
            let ids: Vec<u64> = self.kids.iter().map(|kid| kid.id).collect();
            let fates: Vec<(u64, Fate)> = ids
                .iter()
                .map(|id| (*id, self.attempt_start(*id)))
                .collect();
            for (id, fate) in fates {
                if !self.over {
                    self.conclude(id, fate);
                }
            }
        }
        self.go_on();
    }

    fn start(&mut self, id: u64) {
        let fate = self.attempt_start(id);
        self.conclude(id, fate);
    }

    fn attempt_start(&mut self, id: u64) -> Fate {
        let now = self.now;
        let kid = self.kid(id);
        kid.has_actor = true;
        // What fails was not up.
        kid.is = Is::Held;
        if kid.spec.fail_next > 0 {
            kid.spec.fail_next -= 1;
            self.say("fail", id);
            Fate::Fails
        } else if kid.spec.ignore_next {
            kid.spec.ignore_next = false;
            self.say("ignore", id);
            Fate::Ignores
        } else {
            kid.is = Is::Up { since: now };
            self.say("start", id);
            Fate::Up
        }
    }

    fn conclude(&mut self, id: u64, fate: Fate) {
        let kid = self.kid(id);
        match fate {
            Fate::Fails => {
                let by_hand = std::mem::take(&mut kid.by_hand);
                let first = !kid.was_up;
                self.answer(id, true, "not up");
                if by_hand {
                    self.gone(id);
                } else if self.booting && first && !self.given.retry_initial {
                    self.say("fail boot", id);
                    self.stop();
                } else {
                    self.ended(id, false);
                }
            }
            Fate::Ignores => {
                kid.is_new = false;
                self.answer(id, true, "ignored");
                self.gone(id);
            }
            Fate::Up => {
                kid.restarts += u64::from(kid.was_up && !kid.by_hand);
                (kid.was_up, kid.by_hand, kid.is_new) = (true, false, false);
                self.answer(id, true, "up");
            }
        }
    }

    /// It has ended for good.
    fn gone(&mut self, id: u64) {
        let dynamic = self.given.dynamic;
        let kid = self.kid(id);
        (kid.is, kid.has_actor, kid.by_hand) = (Is::Down, false, false);
        if kid.spec.restart == Restart::Temporary || kid.is_new || dynamic {
            self.kids.retain(|kid| kid.id != id);
        }
        self.answer(id, false, "down");
        self.answer(id, true, "not up");
    }

    /// It has ended by itself.
    fn ended(&mut self, id: u64, normal: bool) {
        let kid = self.kid(id);
        let significant = kid.spec.significant;
        match kid.spec.restart {
            Restart::Permanent => return self.failed(id),
            Restart::Transient if !normal => return self.failed(id),
            Restart::Transient | Restart::Temporary => self.gone(id),
        }
        let mut others = self.kids.iter().filter(|kid| kid.spec.significant);
        let ends = match self.given.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => significant,
            AutoShutdown::AllSignificant => significant && others.all(|kid| kid.is == Is::Down),
        };
        if ends {
            self.say("auto shutdown", id);
            self.stop();
        }
    }

    fn failed(&mut self, id: u64) {
        let (attempt, alone, now) = (self.attempt(id) + 1, self.alone(), self.now);
        if alone {
            self.kid(id).failures = attempt;
        } else {
            self.failures = attempt;
        }
        self.counted.push(now);
        let spec = self.kid(id).spec.clone();
        let too_many = self
            .given
            .intensity
            .is_some_and(|(max, _)| self.in_window() > max as usize);
        if too_many
            || spec
                .retries
                .is_some_and(|retries| attempt > u64::from(retries))
        {
            self.say("give up", id);
            self.gone(id);
            return self.stop();
        }
        let wait = spec
            .base
            .saturating_mul(1 << (attempt - 1).min(20))
            .min(LONGEST);
        if alone && wait == 0 {
            self.start(id);
        } else if alone {
            self.kid(id).is = Is::Waits { due: now + wait };
        } else {
            self.group(id, wait);
        }
    }

    fn group(&mut self, failed: u64, wait: u64) {
        let from = match (self.given.strategy, &self.pass) {
            (Strategy::OneForAll, _) => 0,
            (_, Some(pass)) => pass.from.min(failed),
            (_, None) => failed,
        };
        self.kid(failed).is = Is::Held;
        let group: Vec<u64> = self
            .kids
            .iter()
            .map(|kid| kid.id)
            .filter(|id| *id >= from)
            .collect();
        for id in group.into_iter().rev() {
            let kid = self.kid(id);
            kid.by_hand &= kid.is_new;
            match kid.is {
                Is::Up { .. } => {
                    kid.is = Is::Held;
                    let temporary = kid.spec.restart == Restart::Temporary;
                    self.say("stop", id);
                    if temporary {
                        self.gone(id);
                    }
                }
                Is::Waits { .. } | Is::Held | Is::Down => kid.is = Is::Held,
            }
        }
        self.pass = Some(Pass {
            from,
            due: (wait > 0).then_some(self.now + wait),
            failed: Some(failed),
        });
        self.go_on();
    }

    /// Starts whoever is held, one after the other.
    fn go_on(&mut self) {
        while let Some(pass) = &mut self.pass
            && pass.due.is_none()
        {
            let waits = |kid: &&Kid| matches!(kid.is, Is::Held | Is::Waits { .. });
            let next = self
                .kids
                .iter()
                .filter(|kid| kid.id >= pass.from)
                .find(waits);
            match next.map(|kid| (kid.id, kid.is)) {
                Some((id, Is::Held)) => {
                    pass.from = id;
                    self.start(id);
                }
                Some((id, _)) => {
                    pass.from = id;
                    return;
                }
                None => {
                    self.pass = None;
                    self.steady = self.now;
                    self.booting = false;
                }
            }
        }
    }

    /// The wait of a group ends without starts, if it is about this child.
    fn call_off(&mut self, id: u64) {
        let booting = self.booting;
        let about = |pass: &mut Pass| pass.failed == Some(id) && pass.due.is_some() && !booting;
        let Some(pass) = self.pass.take_if(about) else {
            return;
        };
        self.steady = self.now;
        let held = self
            .kids
            .iter()
            .filter(|kid| kid.id >= pass.from && kid.is == Is::Held);
        let held: Vec<(u64, bool)> = held.map(|kid| (kid.id, kid.by_hand)).collect();
        for (id, _) in held.iter().filter(|(_, by_hand)| !by_hand) {
            self.gone(*id);
        }
        for (id, _) in held.iter().filter(|(_, by_hand)| *by_hand) {
            self.start(*id);
        }
    }

    pub(super) fn stop(&mut self) {
        self.over = true;
        self.pass = None;
        let mut ids: Vec<u64> = self.kids.iter().map(|kid| kid.id).collect();
        if !self.given.dynamic {
            ids.reverse();
        }
        for id in ids {
            if matches!(self.kid(id).is, Is::Up { .. }) {
                self.say("stop", id);
            }
            self.gone(id);
        }
    }

    /// The child ends itself. False where it does not run.
    pub(super) fn exit(&mut self, id: u64, normal: bool) {
        if let Some(Is::Up { .. }) = self.is(id) {
            self.say("exit", id);
            self.ended(id, normal);
            self.go_on();
        }
    }

    /// Somebody stops it by its address.
    pub(super) fn leave(&mut self, id: u64) {
        if self.kids.iter().any(|kid| kid.id == id && kid.has_actor) {
            self.gone(id);
            self.call_off(id);
            self.go_on();
        }
    }

    pub(super) fn plan(&mut self, id: u64, fail_next: u32, ignore_next: bool) {
        if self.is(id).is_some() {
            let spec = &mut self.kid(id).spec;
            (spec.fail_next, spec.ignore_next) = (fail_next, ignore_next);
        }
    }

    pub(super) fn pass(&mut self, time: u64) {
        let until = self.now + time;
        loop {
            let waits = self.kids.iter().filter_map(|kid| match kid.is {
                Is::Waits { due } => Some((due, Some(kid.id))),
                Is::Up { .. } | Is::Held | Is::Down => None,
            });
            let group = self.pass.as_ref().and_then(|pass| Some((pass.due?, None)));
            match waits.chain(group).min() {
                Some((at, child)) if at <= until => {
                    self.now = at;
                    match (child, &mut self.pass) {
                        (Some(id), _) => self.start(id),
                        (None, Some(pass)) => pass.due = None,
                        (None, None) => {}
                    }
                    self.go_on();
                }
                Some(_) | None => break,
            }
        }
        self.now = until;
    }
}
