//! Children that are restarted together.

use super::super::*;
use super::world::*;
use crate::child::Shutdown;

fn four(strategy: Strategy) -> World {
    World::up(
        settings(strategy),
        [permanent(), permanent(), permanent(), permanent()],
    )
}

#[test]
fn r17_one_for_all_stops_all_in_reverse_and_starts_all_in_order() {
    let mut world = four(Strategy::OneForAll);
    world.crash(1);
    world.expect("stop 3, stop 2, stop 0, start 0, start 1, start 2, start 3");
    assert_eq!(world.running(), [0, 1, 2, 3]);
    assert_eq!(
        [0, 1, 2, 3].map(|child| world.state.restarts(Key(child))),
        [1; 4]
    );
}

#[test]
fn r17_each_is_stopped_when_the_one_after_it_has_and_started_when_the_one_before_it_is_up() {
    let mut world = four(Strategy::OneForAll);
    for child in 0..4 {
        world.puppet(child).stubborn = true;
        world.puppet(child).slow = true;
    }
    world.crash(1);
    world.expect("stop 3");
    world.yields(3);
    world.expect("stop 2");
    world.yields(2);
    world.expect("stop 0");
    world.yields(0);
    world.expect("start 0");
    for child in 0..3 {
        world.finish(child);
        world.expect(&format!("start {}", child + 1));
    }
    world.finish(3);
    assert_eq!(world.running(), [0, 1, 2, 3]);
}

#[test]
fn r17_r31_each_is_stopped_in_its_own_way() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [
            permanent(),
            stopped_by(Shutdown::Kill),
            stopped_by(Shutdown::After(ms(100))),
            stopped_by(Shutdown::Drain(ms(200))),
            stopped_by(Shutdown::Wait),
        ],
    );
    for child in 1..5 {
        world.puppet(child).stubborn = true;
    }
    world.crash(0);
    world.pass(ms(1_000_000));
    world.expect("stop 4");
    world.yields(4);
    // Its mailbox stays open, so there is nothing to drain.
    world.expect("stop 3");
    world.pass(ms(200));
    world.expect("kill 3, stop 2");
    world.pass(ms(99));
    world.expect("");
    world.pass(ms(1));
    world.expect("kill 2, stop 1, kill 1, start 0, start 1, start 2, start 3, start 4");
}

#[test]
fn k16_a_start_under_way_is_given_up_for_its_group_and_not_waited_for() {
    // Its task has not had its turn, so that nobody will ever tell of that start.
    for asleep in [true, false] {
        let mut world = four(Strategy::OneForAll);
        world.puppet(1).slow = true;
        world.crash(3);
        world.puppet(1).slow = false;
        world.puppet(2).slow = true;
        world.puppet(2).asleep = asleep;
        world.finish(1);
        world.go_on();
        world.crash(0);
        world.expect("rest 2, stop 1, start 0, start 1, start 2");
        world.puppet(2).slow = false;
        world.relent(2);
        world.finish(2);
        world.expect("start 3");
        assert_eq!(world.running(), [0, 1, 2, 3]);
    }
}

#[test]
fn r17_queues_are_kept_where_the_spec_says_so() {
    let keeps = Rules {
        keeps_queue: true,
        ..permanent()
    };
    let mut world = World::up(settings(Strategy::OneForAll), [permanent(), keeps]);
    world.crash(0);
    world.expect("stop (keep) 1, start 0, start 1");
}

#[test]
fn r18_rest_for_one_restarts_the_failed_one_and_those_after_it() {
    let mut world = four(Strategy::RestForOne);
    world.crash(1);
    world.expect("stop 3, stop 2, start 1, start 2, start 3");
    world.crash(3);
    world.expect("start 3");
    world.crash(0);
    world.expect("stop 3, stop 2, stop 1, start 0, start 1, start 2, start 3");
}

#[test]
fn r19_a_temporary_sibling_is_ended_and_forgotten() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let mut world = World::up(
            settings(strategy),
            [permanent(), temporary(), transient(), temporary()],
        );
        world.puppet(1).stubborn = true;
        world.crash(0);
        world.expect("end 3, forget 3, stop 2, end 1");
        world.pass(ms(5_000));
        world.expect("kill 1, forget 1, start 0, start 2");
        assert_eq!(world.children(), [0, 2]);
    }
}

#[test]
fn r19_a_temporary_one_that_fails_restarts_nobody() {
    let mut world = World::up(settings(Strategy::OneForAll), [permanent(), temporary()]);
    world.crash(1);
    world.expect("end 1, forget 1");
    assert_eq!(world.running(), [0]);
}

#[test]
fn r19_a_temporary_one_that_ends_by_itself_when_its_group_is_stopped_is_forgotten() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [permanent(), temporary(), permanent()],
    );
    world.puppet(2).stubborn = true;
    world.crash(0);
    world.crash(1);
    world.expect("stop 2, end 1, forget 1");
    world.yields(2);
    world.expect("start 0, start 2");
}

#[test]
fn r20_who_was_down_on_purpose_comes_back_with_its_group() {
    for (strategy, failed, back) in [
        (Strategy::OneForAll, 3, "start 0, start 1, start 2, start 3"),
        (
            Strategy::RestForOne,
            0,
            "start 0, start 1, start 2, start 3",
        ),
    ] {
        let mut world = World::up(
            settings(strategy),
            [permanent(), transient(), permanent(), permanent()],
        );
        world.exit(1, ExitReason::Normal);
        world.terminate(2);
        world.go_on();
        world.crash(failed);
        world.trace.retain(|line| line.starts_with("start"));
        world.expect(back);
    }
    let mut world = World::up(
        settings(Strategy::RestForOne),
        [permanent(), permanent(), permanent()],
    );
    world.terminate(0);
    world.go_on();
    world.crash(1);
    world.expect("stop 2, start 1, start 2");
}

#[test]
fn r20_who_ignored_its_start_is_tried_again_with_its_group() {
    let mut world = World::new(settings(Strategy::OneForAll), [permanent(), permanent()]);
    world.puppet(0).ignore_next = true;
    world.tell(Event::Boot);
    world.go_on();
    world.crash(1);
    world.expect("start 0, start 1");
}

#[test]
fn r20_who_is_on_its_way_down_comes_back_as_well() {
    for by_itself in [true, false] {
        let mut world = World::up(
            settings(Strategy::OneForAll),
            [permanent(), transient(), permanent()],
        );
        if by_itself {
            // The report that its actor is gone comes later.
            world.exits(1, ExitReason::Normal);
            let exited = world.reports.pop_front().expect("it was just said");
            world.decide(exited);
        } else {
            world.puppet(1).stubborn = true;
            world.terminate(1);
        }
        world.decide(Event::Exited {
            child: Key(2),
            run: 1,
            reason: boom(),
        });
        world.puppet(2).up = None;
        world.go_on();
        world.yields(1);
        world.trace.retain(|line| line.starts_with("start"));
        world.expect("start 0, start 1, start 2");
    }
}

#[test]
fn r20_a_transient_one_that_ends_normally_when_its_group_is_stopped_comes_back() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [permanent(), transient(), permanent()],
    );
    world.puppet(2).stubborn = true;
    world.crash(0);
    world.exit(1, ExitReason::Normal);
    world.expect("stop 2");
    world.yields(2);
    world.expect("start 0, start 1, start 2");
}

#[test]
fn r28_one_for_all_begins_anew_with_the_first_when_another_fails_on_the_way() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(1).fail_next = 2;
    world.crash(2);
    assert_eq!(
        world.story,
        [
            "exit 2", "stop 1", "stop 0", "start 0", "fail 1", "stop 0", "start 0", "fail 1",
            "stop 0", "start 0", "start 1", "start 2"
        ]
    );
    let failed: Vec<u64> = world.planned.iter().map(|(child, ..)| *child).collect();
    assert_eq!(failed, [2, 1, 1], "who failed last is the one that failed");
}

#[test]
fn r29_rest_for_one_goes_on_from_the_one_that_fails_on_the_way() {
    let mut world = World::up(
        settings(Strategy::RestForOne),
        [permanent(), permanent(), permanent(), permanent()],
    );
    world.puppet(2).fail_next = 2;
    world.crash(1);
    assert_eq!(
        world.story,
        [
            "exit 1", "stop 3", "stop 2", "start 1", "fail 2", "fail 2", "start 2", "start 3"
        ]
    );
    assert_eq!(world.running(), [0, 1, 2, 3]);
}

#[test]
fn r29_who_just_came_up_and_fails_takes_the_rest_along_again() {
    let mut world = World::up(
        settings(Strategy::RestForOne),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(2).slow = true;
    world.crash(1);
    world.expect("stop 2, start 1, start 2");
    world.crash(1);
    world.puppet(2).slow = false;
    world.expect("rest 2, start 1, start 2");
}

#[test]
fn r8_who_ignores_its_start_in_a_group_is_left_out() {
    let mut world = four(Strategy::OneForAll);
    world.puppet(1).ignore_next = true;
    world.crash(3);
    world.expect("stop 2, stop 1, stop 0, start 0, start 1, end 1, down 1, start 2, start 3");
}

#[test]
fn r8_who_ignores_its_start_when_its_group_restarts_is_tried_again_with_it() {
    for new in [false, true] {
        let mut world = four(Strategy::OneForAll);
        let child = if new { 4 } else { 3 };
        world.puppet(child).slow = true;
        let asked = if new {
            world.start(permanent())
        } else {
            world.terminate(3);
            world.restart(3)
        };
        world.exits(2, boom());
        // That is on its way when the failure is decided.
        world.puppet(child).ignore_next = true;
        world.finish_start(child);
        world.settle();
        assert_eq!(world.said(asked), "-");
        world.finish(child);
        assert_eq!(world.said(asked), "up");
        assert!(world.is_running(child));
    }
}

#[test]
fn k5_all_are_stopped_at_once_and_started_after_the_wait() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [permanent(), after(500), permanent()],
    );
    world.crash(1);
    world.expect("stop 2, stop 0");
    world.pass(ms(499));
    world.expect("");
    world.pass(ms(1));
    world.expect("start 0, start 1, start 2");
}

#[test]
fn k5_the_wait_runs_from_the_failure_on_also_while_others_are_stopped() {
    let mut world = World::up(settings(Strategy::OneForAll), [after(500), permanent()]);
    world.puppet(1).stubborn = true;
    world.crash(0);
    world.pass(ms(400));
    world.yields(1);
    world.expect("stop 1");
    world.pass(ms(100));
    world.expect("start 0, start 1");

    world.puppet(1).stubborn = true;
    world.crash(0);
    world.pass(ms(600));
    world.expect("stop 1");
    world.yields(1);
    world.expect("start 0, start 1");
}

#[test]
fn a_slow_start_in_a_group_does_not_hold_up_those_that_are_not_in_it() {
    let mut world = four(Strategy::RestForOne);
    world.puppet(2).slow = true;
    world.crash(2);
    world.go_on();
    let cycled = world.cycle(0);
    world.expect("stop (keep) 0, start 0");
    assert_eq!(world.said(cycled), "up");
    assert_eq!(world.running(), [0, 1]);
}
