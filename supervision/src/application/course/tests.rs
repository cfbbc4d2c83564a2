//! Tables for each rule; the rest is in `model`.

mod model;

use std::collections::VecDeque;

use super::*;
use crate::application::graph::{ACTORS, Node};

const SYSTEM: &str = "system";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn node(name: &str, after: &[&str]) -> Node {
    Node {
        name: Arc::from(name),
        after: after.iter().map(|name| Arc::from(*name)).collect(),
        ..Node::default()
    }
}

fn required(mut node: Node) -> Node {
    node.required = true;
    node
}

fn within(mut node: Node, deadline: u64) -> Node {
    node.deadline = Some(secs(deadline));
    node
}

fn job(name: &str) -> Job {
    Job {
        name: Arc::from(name),
        deadline: None,
    }
}

/// A course of these phases, each with one task of its own name, that is asked for as soon as it is wanted.
struct Run {
    course: Course,
    now: Duration,
    log: Vec<String>,
}

impl Run {
    fn new(nodes: Vec<Node>, total: u64) -> Self {
        let graph = Graph::new(nodes).expect("it makes sense");
        let (course, actions) = Course::begin(graph, Arc::from(SYSTEM), secs(total));
        let mut run = Self {
            course,
            now: Duration::ZERO,
            log: Vec::new(),
        };
        run.perform(actions);
        run
    }

    fn perform(&mut self, actions: Vec<Action>) {
        // First come, first served, as in the shell.
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            let name = |phase: usize| self.course.name(phase).to_string();
            let line = match action {
                Action::Open(phase) => {
                    let own = name(phase);
                    let jobs = if own == ACTORS {
                        vec![]
                    } else {
                        vec![job(&own)]
                    };
                    let event = Event::Opened(phase, jobs);
                    actions.extend(self.course.step(event, self.now));
                    continue;
                }
                Action::Run(phase, _, limit) => format!("run {} {limit:?}", name(phase)),
                Action::Ended(..) => continue,
                Action::Drop(phase, _) => format!("drop {}", name(phase)),
                Action::Kill => "kill".to_owned(),
                Action::Close(phase) => format!("over {}", name(phase)),
                Action::Skip(phase) => format!("skip {}", name(phase)),
                Action::Cut(why) => format!("cut: {why}"),
            };
            self.log.push(line);
        }
    }

    fn step(&mut self, event: Event) {
        let actions = self.course.step(event, self.now);
        self.perform(actions);
    }

    fn end(&mut self, phase: &str, outcome: Outcome) {
        let place = (0..)
            .find(|place| &**self.course.name(*place) == phase)
            .expect("a phase");
        self.step(Event::Ended(place, 0, outcome));
    }

    fn tick(&mut self) {
        self.now = self.course.next_deadline().expect("it is not over");
        self.step(Event::Tick);
    }

    #[track_caller]
    fn says(&mut self, lines: &[&str]) {
        assert_eq!(std::mem::take(&mut self.log), lines);
    }
}

fn failed() -> Outcome {
    Outcome::Failed(Arc::from("no"))
}

#[test]
fn phases_that_do_not_wait_for_each_other_run_together() {
    let mut run = Run::new(
        vec![
            node(ACTORS, &[]),
            node("a", &[]),
            node("b", &[]),
            node("c", &["a", "b"]),
            node("last", &[ACTORS]),
        ],
        100,
    );
    run.says(&["run a 5s", "run b 5s"]);
    run.end("b", Outcome::Done);
    run.says(&["over b"]);
    run.end("a", Outcome::Done);
    run.says(&["over a", "run c 5s"]);
    run.end("c", Outcome::Done);
    run.says(&["over c", "run actors 50s"]);
    run.end(ACTORS, Outcome::Done);
    run.says(&["over actors", "run last 5s"]);
    assert!(!run.course.is_over());
    run.end("last", Outcome::Done);
    run.says(&["over last"]);
    assert!(run.course.is_over());
    assert_eq!(run.course.next_deadline(), None);
}

#[test]
fn a_task_gets_the_least_of_what_is_its_own_and_what_is_left() {
    // Total, own deadline of the phase, what its task gets.
    for (total, own, limit) in [
        (100, None, secs(5)),
        (8, None, secs(4)),
        (100, Some(7), secs(7)),
        (4, Some(7), secs(4)),
    ] {
        let mut phase = node("a", &[]);
        phase.deadline = own.map(secs);
        let run = Run::new(vec![node(ACTORS, &[]), phase], total);
        assert_eq!(run.log, [format!("run a {limit:?}")], "{total} {own:?}");
    }
}

#[test]
fn the_actors_get_all_that_is_left_unless_something_comes_after_them() {
    let alone = Run::new(vec![node(ACTORS, &[])], 15);
    assert_eq!(alone.log, ["run actors 15s"]);
    let followed = Run::new(vec![node(ACTORS, &[]), node("a", &[ACTORS])], 15);
    assert_eq!(followed.log, ["run actors 7.5s"]);
    let limited = Run::new(vec![within(node(ACTORS, &[]), 3)], 15);
    assert_eq!(limited.log, ["run actors 3s"]);
}

#[test]
fn a_task_over_its_deadline_is_dropped_and_holds_up_nobody() {
    let mut run = Run::new(vec![node(ACTORS, &[]), node("a", &[])], 100);
    run.tick();
    assert_eq!(run.now, secs(5));
    run.says(&["run a 5s", "drop a", "over a", "run actors 95s"]);
    run.end("a", Outcome::Done);
    run.says(&[]);
    let (_, outcome) = run.course.outcome(1, 0).expect("an end");
    assert_eq!(*outcome, Outcome::TimedOut, "the first end counts");
}

#[test]
fn actors_over_the_deadline_of_their_phase_are_killed_before_what_comes_later() {
    let mut run = Run::new(
        vec![within(node(ACTORS, &[]), 2), node("a", &[ACTORS])],
        100,
    );
    run.tick();
    run.says(&[
        "run actors 2s",
        "drop actors",
        "kill",
        "over actors",
        "run a 5s",
    ]);
}

#[test]
fn a_failure_holds_up_nothing() {
    let mut run = Run::new(
        vec![node(ACTORS, &[]), node("a", &[]), node("b", &["a"])],
        100,
    );
    run.end("a", failed());
    run.says(&["run a 5s", "over a", "run b 5s"]);
}

#[test]
fn a_failure_of_a_required_phase_leaves_out_what_comes_after_it() {
    let mut run = Run::new(
        vec![
            node(ACTORS, &[]),
            required(node("a", &[])),
            node("b", &["a"]),
            node("c", &["b"]),
            node("d", &[]),
            node("last", &[ACTORS]),
            node("told", &[ACTORS, "c"]),
        ],
        100,
    );
    run.end("a", failed());
    run.says(&["run a 5s", "run d 5s", "over a", "skip b", "skip c"]);
    run.end("d", Outcome::Done);
    // The actors all the same; and what comes after them only hears of it if it says so.
    run.says(&["over d", "run actors 50s"]);
    run.end(ACTORS, Outcome::Done);
    run.says(&["over actors", "skip told", "run last 5s"]);
}

#[test]
fn a_required_phase_that_is_done_leaves_out_nothing() {
    let mut run = Run::new(
        vec![
            node(ACTORS, &[]),
            required(node("a", &[])),
            node("b", &["a"]),
        ],
        100,
    );
    run.end("a", Outcome::Done);
    run.says(&["run a 5s", "over a", "run b 5s"]);
}

#[test]
fn required_actors_leave_out_what_comes_after_them() {
    let mut run = Run::new(vec![required(node(ACTORS, &[])), node("a", &[ACTORS])], 100);
    run.end(ACTORS, Outcome::TimedOut);
    run.says(&["run actors 50s", "over actors", "skip a"]);
    assert!(run.course.is_over());
}

#[test]
fn force_drops_what_runs_and_leaves_out_what_does_not() {
    let mut run = Run::new(
        vec![node(ACTORS, &[]), node("a", &[]), node("b", &["a"])],
        100,
    );
    run.step(Event::Force);
    run.says(&["run a 5s", "cut: forced", "kill", "drop a", "over a"]);
    assert!(run.course.is_over());
    run.step(Event::Force);
    run.step(Event::Tick);
    run.end("a", Outcome::Done);
    run.says(&[]);
    let phases = run.course.report(|_| Vec::new());
    let said: Vec<_> = phases
        .iter()
        .map(|phase| (&*phase.name, phase.begun, phase.tasks.len()))
        .collect();
    assert_eq!(
        said,
        [
            ("a", Some(secs(0)), 1),
            (ACTORS, Some(secs(0)), 1),
            ("b", None, 0)
        ]
    );
}

#[test]
fn forced_at_once_nothing_begins() {
    let graph = Graph::new(vec![node(ACTORS, &[]), node("a", &[])]).expect("it makes sense");
    let (mut course, actions) = Course::begin(graph, Arc::from(SYSTEM), secs(10));
    assert_eq!(actions, [Action::Open(1)]);
    let actions = course.step(Event::Force, secs(0));
    assert_eq!(actions, [Action::Cut(CutShort::Forced), Action::Kill]);
    assert_eq!(course.step(Event::Opened(1, vec![job("a")]), secs(0)), []);
    assert!(course.is_over());
}

#[test]
fn force_kills_actors_that_are_being_stopped() {
    let mut run = Run::new(vec![node(ACTORS, &[]), node("a", &[ACTORS])], 100);
    run.step(Event::Force);
    run.says(&[
        "run actors 50s",
        "cut: forced",
        "drop actors",
        "kill",
        "over actors",
    ]);
    assert!(run.course.is_over());
}

#[test]
fn force_kills_nobody_when_the_actors_have_stopped() {
    let mut run = Run::new(vec![node(ACTORS, &[]), node("a", &[ACTORS])], 100);
    run.end(ACTORS, Outcome::Done);
    run.log.clear();
    run.step(Event::Force);
    run.says(&["cut: forced", "drop a", "over a"]);
}

#[test]
fn at_the_total_deadline_all_is_cut() {
    let mut run = Run::new(
        vec![
            node(ACTORS, &[]),
            within(node("a", &[]), 9),
            within(node("b", &["a"]), 9),
        ],
        10,
    );
    run.now = secs(8);
    run.end("a", Outcome::Done);
    run.says(&["run a 9s", "over a", "run b 2s"]);
    run.tick();
    assert_eq!(run.now, secs(10));
    run.says(&["cut: out of time", "kill", "drop b", "over b"]);
    assert_eq!(run.course.cut_short(), Some(CutShort::Deadline));
    assert!(run.course.is_over());
}

#[test]
fn a_stop_that_used_up_all_the_time_is_the_deadline_of_all() {
    let mut run = Run::new(vec![node(ACTORS, &[])], 10);
    run.now = secs(10);
    run.end(ACTORS, Outcome::TimedOut);
    run.says(&["run actors 10s", "cut: out of time", "over actors"]);
    assert!(run.course.is_over());

    let mut run = Run::new(vec![within(node(ACTORS, &[]), 9)], 10);
    run.end(ACTORS, Outcome::TimedOut);
    run.says(&["run actors 9s", "over actors"]);
    assert_eq!(run.course.cut_short(), None);
}

#[test]
fn the_first_task_of_the_actors_is_their_stop() {
    let graph = Graph::new(vec![node(ACTORS, &[])]).expect("it makes sense");
    let (mut course, actions) = Course::begin(graph, Arc::from(SYSTEM), secs(10));
    assert_eq!(actions, [Action::Open(0)]);
    let actions = course.step(Event::Opened(0, vec![job("mine")]), secs(0));
    assert_eq!(
        actions,
        [Action::Run(0, 0, secs(10)), Action::Run(0, 1, secs(10))]
    );
    assert!(course.is_stop(0, 0) && !course.is_stop(0, 1));
    let phases = course.report(|_| vec![Arc::from("never")]);
    let names: Vec<_> = phases[0].tasks.iter().map(|task| &*task.name).collect();
    assert_eq!(names, [SYSTEM, "mine", "never"]);
}
