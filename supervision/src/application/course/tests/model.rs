//! A model: the same shutdown worked out without events, by looking at everything again and again.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{SYSTEM, failed};
use crate::application::course::*;
use crate::application::graph::{ACTORS, Node};

/// A phase and its tasks: how long each takes, whether it ends well, and its own deadline.
#[derive(Clone, Debug)]
struct Part {
    after: Vec<usize>,
    deadline: Option<u64>,
    required: bool,
    tasks: Vec<(u64, bool, Option<u64>)>,
}

#[derive(Clone, Debug)]
struct Script {
    /// The first is that of the actors, whose first task is their stop.
    parts: Vec<Part>,
    total: u64,
    force: Option<u64>,
}

/// What becomes of a phase.
#[derive(Clone, Debug, Default, PartialEq)]
struct Fate {
    begun: Option<Duration>,
    ended: Option<Duration>,
    skipped: bool,
    due: Vec<Duration>,
    outcomes: Vec<Option<Outcome>>,
}

impl Fate {
    fn is_over(&self) -> bool {
        self.skipped || self.ended.is_some()
    }

    fn is_good(&self) -> bool {
        !self.skipped && self.outcomes.iter().all(|end| *end == Some(Outcome::Done))
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn graph_of(script: &Script) -> Graph {
    let name = |place: usize| match place {
        0 => Arc::from(ACTORS),
        place => Arc::from(format!("p{place}")),
    };
    let nodes = script.parts.iter().enumerate().map(|(place, part)| Node {
        name: name(place),
        deadline: part.deadline.map(ms),
        after: part.after.iter().map(|other| name(*other)).collect(),
        before: Vec::new(),
        required: part.required,
    });
    Graph::new(nodes.collect()).expect("there is no ring")
}

/// Goes from one moment to the next at which anything could happen, and looks at everything there, from scratch.
fn model(script: &Script) -> (Vec<Fate>, Option<CutShort>) {
    let graph = graph_of(script);
    let total = ms(script.total);
    let mut fates: Vec<Fate> = script
        .parts
        .iter()
        .map(|part| Fate {
            outcomes: vec![None; part.tasks.len()],
            ..Fate::default()
        })
        .collect();
    let mut cut = None;
    let mut now = Duration::ZERO;
    loop {
        while settle(script, &graph, &mut fates, now, cut.is_some()) {}
        if fates.iter().all(Fate::is_over) {
            return (fates, cut);
        }
        let why = if script.force.is_some_and(|force| ms(force) <= now) {
            Some(CutShort::Forced)
        } else {
            (total <= now).then_some(CutShort::Deadline)
        };
        if let Some(why) = why {
            cut = Some(why);
            cut_all(&mut fates, now, why);
            continue;
        }
        let mut late = false;
        for fate in &mut fates {
            for (due, end) in fate.due.iter().zip(&mut fate.outcomes) {
                if end.is_none() && *due <= now {
                    *end = Some(Outcome::TimedOut);
                    late = true;
                }
            }
        }
        if late {
            continue;
        }
        let mut next = script.force.map_or(total, |force| total.min(ms(force)));
        for (fate, part) in fates.iter().zip(&script.parts) {
            let Some(begun) = fate.begun else { continue };
            for (nr, (took, ..)) in part.tasks.iter().enumerate() {
                if fate.outcomes[nr].is_none() {
                    next = next.min(fate.due[nr]).min(begun + ms(*took));
                }
            }
        }
        now = next;
    }
}

/// One look at all phases; whether anything changed.
fn settle(script: &Script, graph: &Graph, fates: &mut [Fate], now: Duration, cut: bool) -> bool {
    let before = fates.to_vec();
    for place in 0..fates.len() {
        let part = &script.parts[place];
        let mut fate = fates[place].clone();
        let earlier = graph.earlier(place);
        let may = !cut && earlier.iter().all(|other| fates[*other].is_over());
        if may && !fate.is_over() && fate.begun.is_none() {
            let kept_back = earlier.iter().any(|other| {
                fates[*other].skipped || script.parts[*other].required && !fates[*other].is_good()
            });
            if kept_back && place != 0 {
                fate.skipped = true;
                fate.outcomes.fill(Some(Outcome::Skipped));
            } else {
                let left = ms(script.total) - now;
                let last = graph.later(place).is_empty();
                let share = if last { left } else { left / 2 };
                let usual = match (part.deadline, place) {
                    (Some(deadline), _) => ms(deadline),
                    (None, 0) => share,
                    (None, _) => share.min(DEFAULT_PHASE),
                };
                fate.begun = Some(now);
                fate.due = part
                    .tasks
                    .iter()
                    .map(|(_, _, own)| now + own.map_or(usual, ms).min(left))
                    .collect();
            }
        }
        if let Some(begun) = fate.begun {
            for ((took, well, _), end) in part.tasks.iter().zip(&mut fate.outcomes) {
                if end.is_none() && begun + ms(*took) <= now {
                    *end = Some(if *well { Outcome::Done } else { failed() });
                }
            }
            if fate.ended.is_none() && fate.outcomes.iter().all(Option::is_some) {
                fate.ended = Some(now);
            }
        }
        fates[place] = fate;
    }
    *fates != before[..]
}

fn cut_all(fates: &mut [Fate], now: Duration, why: CutShort) {
    let outcome = match why {
        CutShort::Deadline => Outcome::TimedOut,
        CutShort::Forced => Outcome::Forced,
    };
    for (place, fate) in fates.iter_mut().enumerate() {
        if fate.is_over() {
            continue;
        }
        if fate.begun.is_none() {
            fate.outcomes.fill(Some(Outcome::Skipped));
            if place == 0 {
                fate.begun = Some(now);
                fate.outcomes[0] = Some(outcome.clone());
            } else {
                fate.skipped = true;
                continue;
            }
        }
        for end in fate.outcomes.iter_mut().filter(|end| end.is_none()) {
            *end = Some(outcome.clone());
        }
        fate.ended = Some(now);
    }
}

/// The same script by events, as the shell would tell them, with what must hold all the time.
struct Player {
    course: Course,
    graph: Graph,
    script: Script,
    now: Duration,
    begun: Vec<bool>,
    over: Vec<bool>,
    /// Phase, task, and when it would end by itself.
    running: Vec<(usize, usize, Duration)>,
    kills: usize,
    cut: bool,
}

impl Player {
    fn perform(&mut self, actions: Vec<Action>) -> Result<(), TestCaseError> {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Open(place) => {
                    prop_assert!(!self.cut, "nothing begins once it was cut short");
                    prop_assert!(!std::mem::replace(&mut self.begun[place], true), "twice");
                    let earlier = self.graph.earlier(place);
                    prop_assert!(earlier.iter().all(|other| self.over[*other]), "too early");
                    let jobs = self.script.parts[place].tasks.iter().enumerate();
                    let jobs = jobs
                        .skip(usize::from(place == 0))
                        .map(|(nr, (_, _, own))| Job {
                            name: Arc::from(nr.to_string()),
                            deadline: own.map(ms),
                        });
                    let event = Event::Opened(place, jobs.collect());
                    actions.extend(self.course.step(event, self.now));
                }
                Action::Run(place, task, limit) => {
                    prop_assert!(self.now + limit <= ms(self.script.total));
                    let (took, ..) = self.script.parts[place].tasks[task];
                    self.running.push((place, task, self.now + ms(took)));
                }
                Action::Ended(place, task) => {
                    prop_assert!(self.course.outcome(place, task).is_some());
                }
                Action::Drop(place, task) => {
                    let before = self.running.len();
                    self.running.retain(|(p, t, _)| (*p, *t) != (place, task));
                    prop_assert_eq!(self.running.len() + 1, before, "it did not run");
                }
                Action::Kill => self.kills += 1,
                Action::Close(place) => {
                    prop_assert!(!std::mem::replace(&mut self.over[place], true));
                    let rest = self.running.iter().filter(|(p, ..)| *p == place);
                    prop_assert_eq!(rest.count(), 0, "it is not over");
                }
                Action::Skip(place) => {
                    prop_assert!(place != 0, "the actors are never left out");
                    prop_assert!(!self.begun[place]);
                    prop_assert!(!std::mem::replace(&mut self.over[place], true));
                }
                Action::Cut(_) => prop_assert!(!std::mem::replace(&mut self.cut, true)),
            }
        }
        Ok(())
    }

    fn step(&mut self, event: Event) -> Result<(), TestCaseError> {
        let actions = self.course.step(event, self.now);
        self.perform(actions)
    }

    fn play(&mut self) -> Result<(), TestCaseError> {
        let mut force = self.script.force.map(ms);
        // Each event brings it forward; it cannot have more of them than this.
        for _ in 0..1000 {
            let Some(due) = self.course.next_deadline() else {
                prop_assert!(self.course.is_over());
                return Ok(());
            };
            if let Some(done) = self.running.iter().position(|(.., at)| *at <= self.now) {
                let (place, task, _) = self.running.remove(done);
                let (_, well, _) = self.script.parts[place].tasks[task];
                let outcome = if well { Outcome::Done } else { failed() };
                self.step(Event::Ended(place, task, outcome))?;
            } else if force.is_some_and(|at| at <= self.now) {
                force = None;
                self.step(Event::Force)?;
                prop_assert!(self.course.is_over(), "force waits for nothing");
            } else if due <= self.now {
                self.step(Event::Tick)?;
            } else {
                let ends = self.running.iter().map(|(.., at)| *at);
                self.now = ends.chain(force).fold(due, Duration::min);
            }
        }
        Err(TestCaseError::fail("it never ends"))
    }
}

fn part(place: usize) -> impl Strategy<Value = Part> {
    let tasks = prop::collection::vec(
        (
            0..9u64,
            prop::bool::weighted(0.8),
            prop::option::weighted(0.2, 1..9u64),
        ),
        usize::from(place == 0)..4,
    );
    let after = prop::collection::vec(0..place.max(1), 0..3);
    let deadline = prop::option::weighted(0.3, 1..9u64);
    (after, deadline, prop::bool::weighted(0.3), tasks).prop_map(
        move |(mut after, deadline, required, mut tasks)| {
            // Seconds, and not all of them whole.
            let millis = |units: u64| units * 700;
            if place == 0 {
                after.clear();
                tasks[0].2 = None;
            }
            Part {
                after,
                deadline: deadline.map(millis),
                required,
                tasks: tasks
                    .into_iter()
                    .map(|(took, well, own)| (millis(took), well, own.map(millis)))
                    .collect(),
            }
        },
    )
}

fn script() -> impl Strategy<Value = Script> {
    let parts: Vec<_> = (0..6).map(|place| part(place).boxed()).collect();
    (parts, 1..40u64, prop::option::weighted(0.3, 0..20u64)).prop_map(
        |(mut parts, total, force)| {
            // A phase comes after earlier ones alone, so there is no ring; every second one has nothing to do with the
            // actors, and so comes before them.
            for (place, part) in parts.iter_mut().enumerate() {
                part.after.retain(|other| place % 2 == 0 || other % 2 == 1);
            }
            Script {
                parts,
                total: total * 700,
                force: force.map(|units| units * 700),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_course_is_that_of_the_model(script in script()) {
        let graph = graph_of(&script);
        let (course, actions) = Course::begin(graph.clone(), Arc::from(SYSTEM), ms(script.total));
        let phases = script.parts.len();
        let mut player = Player {
            course,
            graph,
            script: script.clone(),
            now: Duration::ZERO,
            begun: vec![false; phases],
            over: vec![false; phases],
            running: Vec::new(),
            kills: 0,
            cut: false,
        };
        player.perform(actions)?;
        player.play()?;
        prop_assert!(player.running.is_empty());
        prop_assert!(player.now <= ms(script.total));

        let (fates, cut) = model(&script);
        prop_assert_eq!(player.course.cut_short(), cut);
        let stopped = matches!(fates[0].outcomes[0], Some(Outcome::Done | Outcome::Failed(_)));
        prop_assert_eq!(player.kills, usize::from(!stopped), "killed once, or stopped");
        let rest = |place: usize| {
            let known = player.course.phases[place].tasks.len();
            (known..script.parts[place].tasks.len()).map(|_| Arc::from("")).collect()
        };
        let mut said = 0;
        for (place, fate) in fates.iter().enumerate() {
            let report = player.course.report(rest);
            let phase = report.iter().find(|phase| phase.name == *player.course.name(place));
            let phase = phase.expect("every phase is in the report");
            prop_assert_eq!(phase.begun, fate.begun, "{}", phase.name);
            if let (Some(begun), Some(ended)) = (fate.begun, fate.ended) {
                prop_assert_eq!(phase.took, ended - begun, "{}", phase.name);
            }
            let outcomes: Vec<_> = phase.tasks.iter().map(|task| Some(task.outcome.clone())).collect();
            prop_assert_eq!(&outcomes, &fate.outcomes, "{}", phase.name);
            said += outcomes.len();
        }
        prop_assert_eq!(said, script.parts.iter().map(|part| part.tasks.len()).sum::<usize>());
    }
}
