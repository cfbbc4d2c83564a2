//! Children that only exist in these tests do what they are told; the traces say what they were told.

mod chaos;
mod model;

use std::collections::VecDeque;

use super::*;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn rules(restart: Restart) -> Rules {
    Rules {
        restart,
        shutdown: Shutdown::After(ms(5000)),
        backoff: Backoff::none(),
        max_retries: None,
        start_limit: Some(ms(30_000)),
    }
}

fn permanent() -> Rules {
    rules(Restart::Permanent)
}

fn waiting(backoff: Backoff) -> Rules {
    Rules {
        backoff,
        ..permanent()
    }
}

fn boom() -> ExitReason {
    ExitReason::Panic("boom".into())
}

/// How a child behaves, and what of it runs.
#[derive(Default)]
struct Puppet {
    /// So many of its next starts fail.
    fail_next: u32,
    /// Its starts take until told otherwise.
    slow: bool,
    /// It ends only when killed.
    stubborn: bool,
    /// The run that starts.
    starting: Option<u64>,
    /// The run that is up.
    up: Option<u64>,
}

/// A supervisor's decisions, and children that obey them.
struct World {
    state: State,
    now: Duration,
    random: fastrand::Rng,
    puppets: Vec<Puppet>,
    timers: Vec<Option<(u64, Duration)>>,
    reports: VecDeque<Event>,
    trace: Vec<String>,
}

impl World {
    fn new(intensity: Option<Intensity>, children: Vec<Rules>) -> Self {
        Self {
            now: Duration::ZERO,
            random: fastrand::Rng::with_seed(1),
            puppets: children.iter().map(|_| Puppet::default()).collect(),
            timers: vec![None; children.len()],
            state: State::new(intensity, children),
            reports: VecDeque::new(),
            trace: Vec::new(),
        }
    }

    /// A world with the default intensity, whose children are up.
    fn up(children: Vec<Rules>) -> Self {
        let mut world = Self::new(Some(Intensity::DEFAULT), children);
        world.tell(Event::Boot);
        assert_eq!(world.trace.pop().as_deref(), Some("booted"));
        world.trace.clear();
        world
    }

    /// Decides one event and lets the children do what they are told, but not yet report.
    fn decide(&mut self, event: Event) {
        let mut actions = Vec::new();
        self.state
            .decide(event, self.now, &mut self.random, &mut actions);
        for action in actions {
            self.obey(action);
        }
    }

    fn obey(&mut self, action: Action) {
        match action {
            Action::Start { child, run, .. } => {
                let puppet = &mut self.puppets[child];
                assert!(puppet.up.is_none(), "{child} is started while it runs");
                self.trace.push(format!("start {child}"));
                puppet.starting = Some(run);
                if !puppet.slow {
                    self.finish_start(child);
                }
            }
            Action::Rest { child } => {
                self.trace.push(format!("rest {child}"));
                if let Some(run) = self.puppets[child].starting.take() {
                    self.report(Event::Exited {
                        child,
                        run,
                        reason: ExitReason::StartFailed("given up".into()),
                    });
                }
            }
            Action::End { child } => {
                self.trace.push(format!("end {child}"));
                if !self.puppets[child].stubborn {
                    self.end(child);
                }
            }
            Action::Kill { child } => {
                self.trace.push(format!("kill {child}"));
                self.end(child);
            }
            Action::Timer {
                child,
                generation,
                at,
            } => self.timers[child] = Some((generation, at)),
            Action::Down { child, forget } => {
                self.trace.push(format!(
                    "{} {child}",
                    if forget { "forget" } else { "down" }
                ));
            }
            Action::Booted => self.trace.push("booted".into()),
            Action::FailBoot { child, .. } => self.trace.push(format!("fail boot {child}")),
            Action::GiveUp { child, .. } => self.trace.push(format!("give up {child}")),
            Action::Over => self.trace.push("over".into()),
        }
    }

    fn report(&mut self, event: Event) {
        self.reports.push_back(event);
    }

    /// The start under way comes to its end.
    fn finish_start(&mut self, child: usize) {
        let puppet = &mut self.puppets[child];
        let Some(run) = puppet.starting.take() else {
            return;
        };
        if puppet.fail_next > 0 {
            puppet.fail_next -= 1;
            self.report(Event::Exited {
                child,
                run,
                reason: ExitReason::StartFailed("no".into()),
            });
        } else {
            puppet.up = Some(run);
            self.report(Event::Started { child, run });
        }
    }

    /// Somebody stops the child by its address, without the supervisor.
    fn stop_address(&mut self, child: usize) {
        self.puppets[child].up = None;
        self.puppets[child].starting = None;
        self.tell(Event::Ended { child });
    }

    /// The child ends for good, as ordered.
    fn end(&mut self, child: usize) {
        let puppet = &mut self.puppets[child];
        if let Some(run) = puppet.up.take().or(puppet.starting.take()) {
            self.report(Event::Exited {
                child,
                run,
                reason: ExitReason::Shutdown,
            });
        }
        self.report(Event::Ended { child });
    }

    /// Decides an event and all that it leads to, without time passing.
    fn tell(&mut self, event: Event) {
        self.decide(event);
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(report) = self.reports.pop_front() {
            self.decide(report);
        }
    }

    /// The run of the child is over for this reason.
    fn exit(&mut self, child: usize, reason: ExitReason) {
        let run = self.puppets[child]
            .up
            .take()
            .expect("only a child that runs can exit");
        self.tell(Event::Exited { child, run, reason });
    }

    fn crash(&mut self, child: usize) {
        self.exit(child, boom());
    }

    /// Lets so much time pass, with every timer that becomes due.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let due = (0..self.timers.len())
                .filter_map(|child| Some((self.timers[child]?.1, child)))
                .min();
            match due {
                Some((at, child)) if at <= until => {
                    self.now = self.now.max(at);
                    let (generation, _) = self.timers[child].take().expect("it was just seen");
                    self.tell(Event::Timer { child, generation });
                }
                _ => break,
            }
        }
        self.now = until;
    }

    /// What happened since the last look.
    #[track_caller]
    fn expect(&mut self, trace: &[&str]) {
        assert_eq!(std::mem::take(&mut self.trace), trace);
    }
}

#[test]
fn children_start_in_order_one_at_a_time() {
    let mut world = World::new(None, vec![permanent(), permanent(), permanent()]);
    world.puppets[1].slow = true;
    world.tell(Event::Boot);
    world.expect(&["start 0", "start 1"]);
    world.finish_start(1);
    world.settle();
    world.expect(&["start 2", "booted"]);
}

#[test]
fn without_children_the_boot_is_done_at_once() {
    let mut world = World::new(None, vec![]);
    world.tell(Event::Boot);
    world.tell(Event::Stop);
    world.expect(&["booted", "over"]);
}

#[test]
fn a_failed_first_start_stops_what_was_started_and_is_not_repeated() {
    let mut world = World::new(
        None,
        vec![permanent(), permanent(), permanent(), permanent()],
    );
    world.puppets[2].fail_next = 1;
    world.tell(Event::Boot);
    world.expect(&[
        "start 0",
        "start 1",
        "start 2",
        "fail boot 2",
        "end 3",
        "down 3",
        "end 2",
        "down 2",
        "end 1",
        "down 1",
        "end 0",
        "down 0",
        "over",
    ]);
}

#[test]
fn which_reasons_restart_which_kind() {
    let escalated = ExitReason::Escalated {
        child: "x".into(),
        cause: boom().into(),
    };
    let abnormal = [
        boom(),
        ExitReason::Error("no".into()),
        ExitReason::Killed,
        ExitReason::IdleTimeout,
        ExitReason::StartFailed("no".into()),
        escalated,
    ];
    let normal = [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::ShutdownWith("done".into()),
    ];
    let cases = abnormal
        .into_iter()
        .map(|reason| (reason, false))
        .chain(normal.into_iter().map(|reason| (reason, true)));
    for (reason, normal) in cases {
        for (restart, trace) in [
            (Restart::Permanent, vec!["start 0"]),
            (
                Restart::Transient,
                if normal {
                    vec!["end 0", "down 0"]
                } else {
                    vec!["start 0"]
                },
            ),
            (Restart::Temporary, vec!["end 0", "forget 0"]),
        ] {
            let mut world = World::up(vec![rules(restart)]);
            world.exit(0, reason.clone());
            assert_eq!(world.trace, trace, "{restart:?} after {reason}");
        }
    }
}

#[test]
fn one_restart_too_many_drops_the_failed_one_and_stops_the_others_in_reverse() {
    let mut world = World::up(vec![permanent(), permanent(), permanent()]);
    for _ in 0..3 {
        world.crash(1);
        world.expect(&["start 1"]);
    }
    world.crash(1);
    world.expect(&[
        "give up 1",
        "end 1",
        "end 2",
        "down 1",
        "down 2",
        "end 0",
        "down 0",
        "over",
    ]);
}

#[test]
fn all_children_count_together_and_old_restarts_do_not() {
    let mut world = World::up(vec![permanent(), permanent()]);
    for child in [0, 1, 0] {
        world.crash(child);
    }
    world.pass(ms(5001));
    for child in [1, 0, 1] {
        world.crash(child);
    }
    assert!(!world.trace.contains(&"give up 1".to_owned()));
    world.pass(ms(5000));
    world.crash(0);
    assert!(
        world.trace.contains(&"give up 0".to_owned()),
        "what lies exactly one period back still counts"
    );
}

#[test]
fn each_failed_start_counts() {
    let mut world = World::up(vec![permanent()]);
    world.puppets[0].fail_next = u32::MAX;
    world.crash(0);
    world.expect(&[
        "start 0",
        "start 0",
        "start 0",
        "give up 0",
        "end 0",
        "down 0",
        "over",
    ]);
}

#[test]
fn with_no_restart_allowed_the_first_failure_is_the_last() {
    let mut world = World::new(
        Some(Intensity {
            max: 0,
            period: ms(1),
        }),
        vec![permanent()],
    );
    world.tell(Event::Boot);
    world.crash(0);
    world.expect(&["start 0", "booted", "give up 0", "end 0", "down 0", "over"]);
}

#[test]
fn retries_in_a_row_are_limited_where_the_window_never_fills() {
    let slow = Backoff::fixed(ms(10_000)).reset_after(ms(60_000));
    let mut world = World::up(vec![Rules {
        max_retries: Some(2),
        ..waiting(slow)
    }]);
    for _ in 0..2 {
        world.crash(0);
        world.pass(ms(10_000));
        world.expect(&["start 0"]);
    }
    world.pass(ms(60_000));
    for _ in 0..2 {
        world.crash(0);
        world.pass(ms(10_000));
        world.expect(&["start 0"]);
    }
    world.crash(0);
    world.expect(&["give up 0", "end 0", "down 0", "over"]);
}

#[test]
fn the_wait_grows_with_each_failure_also_of_a_start() {
    let mut world = World::up(vec![waiting(
        Backoff::exponential(ms(200)..=ms(1000)).jitter(0.0),
    )]);
    world.state.window = Window::new(None);
    world.puppets[0].fail_next = 3;
    world.crash(0);
    for (attempt, wait) in [(1, 200), (2, 400), (3, 800), (4, 1000)] {
        assert_eq!(
            world.state.standing(0),
            Standing::Waiting {
                due: world.now + ms(wait)
            }
        );
        assert_eq!(world.state.attempt(0, world.now), attempt);
        world.pass(ms(wait - 1));
        world.expect(&[]);
        world.pass(ms(1));
        world.expect(&["start 0"]);
    }
}

#[test]
fn a_child_that_was_up_long_enough_begins_at_the_first_wait() {
    let mut world = World::up(vec![waiting(
        Backoff::exponential(ms(200)..=ms(5000)).jitter(0.0),
    )]);
    world.crash(0);
    world.pass(ms(200));
    world.pass(ms(29_999));
    assert_eq!(world.state.attempt(0, world.now), 1);
    world.crash(0);
    assert_eq!(
        world.state.standing(0),
        Standing::Waiting {
            due: world.now + ms(400)
        }
    );
    world.pass(ms(400));
    world.pass(ms(30_000));
    assert_eq!(world.state.attempt(0, world.now), 0);
    world.crash(0);
    assert_eq!(
        world.state.standing(0),
        Standing::Waiting {
            due: world.now + ms(200)
        }
    );
}

#[test]
fn a_permanent_child_that_ends_normally_waits_as_well() {
    let mut world = World::up(vec![waiting(Backoff::fixed(ms(50)))]);
    world.exit(0, ExitReason::Normal);
    world.expect(&[]);
    world.pass(ms(50));
    world.expect(&["start 0"]);
}

#[test]
fn nothing_starts_after_a_stop_in_the_wait() {
    let mut world = World::up(vec![
        permanent(),
        waiting(Backoff::fixed(ms(50))),
        permanent(),
    ]);
    world.crash(1);
    let (generation, at) = world.timers[1].expect("the wait has a timer");
    world.now = at;
    world.tell(Event::Stop);
    world.expect(&[
        "end 2", "down 2", "end 1", "down 1", "end 0", "down 0", "over",
    ]);
    // Its message was already on the way.
    world.tell(Event::Timer {
        child: 1,
        generation,
    });
    world.tell(Event::Stop);
    world.expect(&[]);
    assert!(world.state.is_over());
}

#[test]
fn a_start_under_way_is_given_up_by_a_stop() {
    let mut world = World::up(vec![permanent(), permanent()]);
    world.puppets[0].slow = true;
    world.crash(0);
    world.expect(&["start 0"]);
    world.tell(Event::Stop);
    world.expect(&["rest 0", "end 1", "down 1", "end 0", "down 0", "over"]);
}

#[test]
fn a_stop_in_the_boot_stops_what_was_started() {
    let mut world = World::new(None, vec![permanent(), permanent(), permanent()]);
    world.puppets[1].slow = true;
    world.tell(Event::Boot);
    world.tell(Event::Stop);
    world.expect(&[
        "start 0", "start 1", "rest 1", "end 2", "down 2", "end 1", "down 1", "end 0", "down 0",
        "over",
    ]);
}

#[test]
fn a_child_that_comes_up_after_all_is_stopped_in_its_turn() {
    let mut world = World::up(vec![permanent(), permanent()]);
    world.puppets[0].slow = true;
    world.crash(0);
    // The start has succeeded, and its report is on the way, when the stop is decided.
    world.finish_start(0);
    world.puppets[1].stubborn = true;
    world.decide(Event::Stop);
    world.settle();
    world.expect(&["start 0", "rest 0", "end 1"]);
    world.end(1);
    world.settle();
    world.expect(&["down 1", "end 0", "down 0", "over"]);
}

#[test]
fn who_ends_by_itself_while_all_are_stopped_stays_down() {
    let mut world = World::up(vec![permanent(), permanent()]);
    world.puppets[1].stubborn = true;
    world.tell(Event::Stop);
    world.crash(0);
    world.expect(&["end 1"]);
    world.pass(ms(5000));
    world.expect(&["kill 1", "down 1", "end 0", "down 0", "over"]);
}

#[test]
fn each_child_is_ended_in_its_own_way() {
    let shutdowns = [Shutdown::Wait, Shutdown::After(ms(100)), Shutdown::Kill];
    let mut world = World::up(
        shutdowns
            .map(|shutdown| Rules {
                shutdown,
                ..permanent()
            })
            .into(),
    );
    for puppet in &mut world.puppets {
        puppet.stubborn = true;
    }
    world.tell(Event::Stop);
    world.expect(&["end 2", "kill 2", "down 2", "end 1"]);
    world.pass(ms(99));
    world.expect(&[]);
    world.pass(ms(1));
    world.expect(&["kill 1", "down 1", "end 0"]);
    world.pass(ms(1_000_000));
    world.expect(&[]);
    world.end(0);
    world.settle();
    world.expect(&["down 0", "over"]);
}

#[test]
fn a_child_can_be_terminated_wherever_it_stands() {
    let mut world = World::up(vec![
        waiting(Backoff::fixed(ms(50))),
        rules(Restart::Temporary),
        permanent(),
    ]);
    world.crash(0);
    world.tell(Event::Terminate { child: 0 });
    world.expect(&["end 0", "down 0"]);
    world.pass(ms(1000));
    world.tell(Event::Terminate { child: 0 });
    world.expect(&["down 0"]);

    world.tell(Event::Terminate { child: 1 });
    world.expect(&["end 1", "forget 1"]);
    world.tell(Event::Terminate { child: 1 });
    world.expect(&["forget 1"]);

    world.puppets[2].slow = true;
    world.crash(2);
    world.tell(Event::Terminate { child: 2 });
    world.tell(Event::Terminate { child: 2 });
    world.expect(&["start 2", "end 2", "down 2", "down 2"]);
    world.pass(ms(100_000));
    world.tell(Event::Stop);
    world.expect(&["over"]);
}

#[test]
fn whoever_stops_a_child_by_its_address_means_it() {
    let mut world = World::up(vec![permanent(), waiting(Backoff::fixed(ms(50)))]);
    world.stop_address(0);
    world.expect(&["down 0"]);
    world.crash(1);
    world.stop_address(1);
    world.pass(ms(1000));
    world.expect(&["down 1"]);
    world.tell(Event::Stop);
    world.expect(&["over"]);
}

#[test]
fn a_boot_goes_on_past_a_child_that_was_stopped_by_its_address() {
    let mut world = World::new(None, vec![permanent(), permanent()]);
    world.puppets[0].slow = true;
    world.tell(Event::Boot);
    world.stop_address(0);
    world.expect(&["start 0", "down 0", "start 1", "booted"]);
}

#[test]
fn a_restart_goes_on_beside_the_boot() {
    let mut world = World::new(
        Some(Intensity {
            max: 1,
            period: ms(1000),
        }),
        vec![permanent(), permanent()],
    );
    world.puppets[1].slow = true;
    world.tell(Event::Boot);
    world.crash(0);
    world.expect(&["start 0", "start 1", "start 0"]);
    world.crash(0);
    world.expect(&[
        "give up 0",
        "end 0",
        "rest 1",
        "end 1",
        "down 0",
        "down 1",
        "over",
    ]);
}

#[test]
fn a_slow_start_holds_up_nobody_else() {
    let mut world = World::up(vec![permanent(), permanent()]);
    world.puppets[0].slow = true;
    world.crash(0);
    world.crash(1);
    world.tell(Event::Terminate { child: 1 });
    world.expect(&["start 0", "start 1", "end 1", "down 1"]);
}

#[test]
fn reports_of_earlier_runs_are_ignored() {
    let mut world = World::up(vec![permanent()]);
    world.crash(0);
    world.expect(&["start 0"]);
    world.tell(Event::Exited {
        child: 0,
        run: 1,
        reason: boom(),
    });
    world.tell(Event::Started { child: 0, run: 1 });
    world.expect(&[]);
    assert!(matches!(world.state.standing(0), Standing::Running { .. }));
}

#[test]
fn a_start_that_cannot_even_report_is_overdue() {
    let mut world = World::up(vec![permanent()]);
    world.puppets[0].slow = true;
    world.crash(0);
    world.pass(ms(30_999));
    world.expect(&["start 0"]);
    world.pass(ms(1));
    world.expect(&["start 0"]);
    // The thread comes free and tells of the run that nobody waits for any more.
    world.tell(Event::Started { child: 0, run: 2 });
    assert_eq!(world.state.standing(0), Standing::Starting);
    let reason = ExitReason::Shutdown;
    world.tell(Event::Exited {
        child: 0,
        run: 2,
        reason,
    });
    assert_eq!(world.state.standing(0), Standing::Starting);
    world.expect(&[]);
    world.finish_start(0);
    world.settle();
    world.pass(ms(100_000));
    world.expect(&[]);
}
