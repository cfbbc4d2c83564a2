//! The decisions against a plain model of what is to happen, for children that obey at once.

use proptest::prelude::*;

use super::*;

/// What can be done to a world.
#[derive(Clone, Debug)]
enum Step {
    Crash(usize),
    ExitNormally(usize),
    StopAddress(usize),
    Terminate(usize),
    FailNext(usize, u32),
    Pass(u64),
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    Up { since: u64 },
    Waiting { due: u64 },
    Down,
    Forgotten,
}

/// One child in the model. Delays double from `base`, and a child is forgiven after `forgiven_after`.
struct Child {
    restart: Restart,
    base: u64,
    is: Is,
    failures: u32,
    fail_next: u32,
}

const LONGEST: u64 = 80;
const FORGIVEN_AFTER: u64 = 100;

/// What is to happen, without runs, generations or stages: each thing is done to its end when it comes up.
struct Model {
    now: u64,
    max: usize,
    period: u64,
    /// Every restart there ever was.
    restarts: Vec<u64>,
    children: Vec<Child>,
    over: bool,
    trace: Vec<String>,
}

impl Model {
    fn say(&mut self, word: &str, child: usize) {
        self.trace.push(format!("{word} {child}"));
    }

    fn exit(&mut self, child: usize, normal: bool) {
        match self.children[child].restart {
            Restart::Permanent => self.fail(child),
            Restart::Transient if !normal => self.fail(child),
            Restart::Transient | Restart::Temporary => {
                self.say("end", child);
                self.down(child);
            }
        }
    }

    fn down(&mut self, child: usize) {
        if self.children[child].restart == Restart::Temporary {
            self.children[child].is = Is::Forgotten;
            self.say("forget", child);
        } else {
            self.children[child].is = Is::Down;
            self.say("down", child);
        }
    }

    fn fail(&mut self, child: usize) {
        let (now, period) = (self.now, self.period);
        let it = &mut self.children[child];
        if matches!(it.is, Is::Up { since } if now - since >= FORGIVEN_AFTER) {
            it.failures = 0;
        }
        it.failures += 1;
        self.restarts.push(now);
        if self
            .restarts
            .iter()
            .filter(|at| now - **at <= period)
            .count()
            > self.max
        {
            self.say("give up", child);
            self.say("end", child);
            // The first of the others is told to end before the failed one has reported.
            let mut others = (0..self.children.len()).rev().filter(|other| {
                *other != child && !matches!(self.children[*other].is, Is::Down | Is::Forgotten)
            });
            let first = others.next().filter(|first| *first > child);
            if let Some(first) = first {
                self.say("end", first);
                self.down(child);
                self.down(first);
            } else {
                self.down(child);
            }
            self.stop();
            return;
        }
        let delay = delay(self.children[child].base, self.children[child].failures).min(LONGEST);
        if delay == 0 {
            self.start(child);
        } else {
            self.children[child].is = Is::Waiting { due: now + delay };
        }
    }

    fn start(&mut self, child: usize) {
        self.say("start", child);
        let now = self.now;
        let it = &mut self.children[child];
        // What fails was not up.
        it.is = Is::Down;
        if it.fail_next > 0 {
            it.fail_next -= 1;
            self.fail(child);
        } else {
            it.is = Is::Up { since: now };
        }
    }

    fn stop(&mut self) {
        for child in (0..self.children.len()).rev() {
            if !matches!(self.children[child].is, Is::Down | Is::Forgotten) {
                self.say("end", child);
                self.down(child);
            }
        }
        self.over = true;
        self.trace.push("over".into());
    }

    fn pass(&mut self, time: u64) {
        let until = self.now + time;
        loop {
            let due = |child: &Child| match child.is {
                Is::Waiting { due } => Some(due),
                _ => None,
            };
            let next = (0..self.children.len())
                .filter_map(|child| Some((due(&self.children[child])?, child)))
                .min();
            match next {
                Some((at, child)) if at <= until && !self.over => {
                    self.now = at;
                    self.start(child);
                }
                _ => break,
            }
        }
        self.now = until;
    }

    fn step(&mut self, step: &Step) {
        if self.over {
            return;
        }
        match *step {
            Step::Crash(child) | Step::ExitNormally(child) => {
                if matches!(self.children[child].is, Is::Up { .. }) {
                    self.exit(child, matches!(step, Step::ExitNormally(_)));
                }
            }
            Step::StopAddress(child) => {
                if !matches!(self.children[child].is, Is::Down | Is::Forgotten) {
                    self.down(child);
                }
            }
            Step::Terminate(child) => {
                if !matches!(self.children[child].is, Is::Down | Is::Forgotten) {
                    self.say("end", child);
                }
                self.down(child);
            }
            Step::FailNext(child, times) => self.children[child].fail_next = times,
            Step::Pass(time) => self.pass(time),
            Step::Stop => self.stop(),
        }
    }
}

fn delay(base: u64, failures: u32) -> u64 {
    base.saturating_mul(2_u64.saturating_pow(failures - 1))
}

/// The same step in the world of the real decisions.
fn step(world: &mut World, step: &Step) {
    if world.state.is_over() {
        return;
    }
    let down = |child: usize| {
        matches!(
            world.state.standing(child),
            Standing::Down | Standing::Forgotten
        )
    };
    match *step {
        Step::Crash(child) if world.puppets[child].up.is_some() => world.crash(child),
        Step::ExitNormally(child) if world.puppets[child].up.is_some() => {
            world.exit(child, ExitReason::Normal)
        }
        Step::Crash(_) | Step::ExitNormally(_) => {}
        Step::StopAddress(child) if !down(child) => world.stop_address(child),
        Step::StopAddress(_) => {}
        Step::Terminate(child) => world.tell(Event::Terminate { child }),
        Step::FailNext(child, times) => world.puppets[child].fail_next = times,
        Step::Pass(time) => world.pass(ms(time)),
        Step::Stop => world.tell(Event::Stop),
    }
}

fn any_step(children: usize) -> impl Strategy<Value = Step> {
    let child = 0..children;
    prop_oneof![
        8 => child.clone().prop_map(Step::Crash),
        2 => child.clone().prop_map(Step::ExitNormally),
        1 => child.clone().prop_map(Step::StopAddress),
        1 => child.clone().prop_map(Step::Terminate),
        2 => (child, 0_u32..4).prop_map(|(child, times)| Step::FailNext(child, times)),
        8 => (0_u64..150).prop_map(Step::Pass),
        1 => Just(Step::Stop),
    ]
}

fn any_child() -> impl Strategy<Value = (Restart, u64)> {
    let restart = prop_oneof![4 => Just(Restart::Permanent), 3 => Just(Restart::Transient), 1 => Just(Restart::Temporary)];
    (restart, prop_oneof![Just(0), 1_u64..60])
}

fn any_case() -> impl Strategy<Value = (Vec<(Restart, u64)>, Vec<Step>, u32, u64)> {
    prop::collection::vec(any_child(), 1..5).prop_flat_map(|children| {
        let steps = prop::collection::vec(any_step(children.len()), 1..60);
        (Just(children), steps, 0_u32..6, 1_u64..200)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn agrees_with_the_model((children, steps, max, period) in any_case()) {
        let rules = children.iter().map(|&(restart, base)| {
            let backoff = match base {
                0 => Backoff::none(),
                base => Backoff::exponential(ms(base)..=ms(LONGEST)).jitter(0.0),
            };
            Rules { backoff: backoff.reset_after(ms(FORGIVEN_AFTER)), ..super::rules(restart) }
        });
        let mut world = World::new(Some(Intensity { max, period: ms(period) }), rules.collect());
        world.tell(Event::Boot);
        world.trace.clear();
        let mut model = Model {
            now: 0,
            max: max as usize,
            period,
            restarts: Vec::new(),
            children: children
                .iter()
                .map(|&(restart, base)| Child { restart, base, is: Is::Up { since: 0 }, failures: 0, fail_next: 0 })
                .collect(),
            over: false,
            trace: Vec::new(),
        };
        for each in &steps {
            step(&mut world, each);
            model.step(each);
            prop_assert_eq!(&world.trace, &model.trace, "after {:?}", each);
        }
        prop_assert_eq!(world.state.is_over(), model.over);
    }
}
