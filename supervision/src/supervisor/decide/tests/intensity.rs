//! How many restarts are too many.

use super::super::*;
use super::world::*;
use crate::backoff::Backoff;

fn allowed(max: u32, period: u64) -> Settings {
    Settings {
        intensity: Some(Intensity {
            max,
            period: ms(period),
        }),
        ..settings(Strategy::OneForOne)
    }
}

#[test]
fn r22_the_restart_after_the_last_that_is_allowed_gives_up() {
    let mut world = World::up(allowed(3, 5_000), [permanent()]);
    for _ in 0..3 {
        world.crash(0);
        world.expect("start 0");
    }
    world.crash(0);
    world.expect("give up 0, end 0, down 0, over");
}

#[test]
fn r22_with_no_restart_allowed_the_first_failure_is_the_last() {
    let mut world = World::up(allowed(0, 1), [permanent()]);
    world.crash(0);
    world.expect("give up 0, end 0, down 0, over");
}

#[test]
fn r22_all_children_count_together_and_old_restarts_do_not() {
    let mut world = World::up(allowed(3, 5_000), [permanent(), permanent()]);
    for child in [0, 1, 0] {
        world.crash(child);
    }
    world.pass(ms(5_001));
    for child in [1, 0, 1] {
        world.crash(child);
    }
    assert!(world.state.is_up());
    world.crash(0);
    assert!(world.story.contains(&"give up 0".to_owned()));
}

#[test]
fn r22_the_restart_of_a_group_counts_once() {
    let group = Settings {
        strategy: Strategy::OneForAll,
        ..allowed(2, 5_000)
    };
    let mut world = World::up(group, [permanent(), permanent(), permanent()]);
    world.crash(1);
    assert_eq!(world.state.restarts_in_window(world.now), 1);
    world.crash(2);
    assert_eq!(world.state.restarts_in_window(world.now), 2);
    world.crash(0);
    assert!(world.state.is_over());
}

#[test]
fn r22_who_fails_while_its_group_is_being_stopped_has_not_failed_once_more() {
    let group = Settings {
        strategy: Strategy::OneForAll,
        ..allowed(1, 5_000)
    };
    let mut world = World::up(group, [after(100), after(100), after(100), after(100)]);
    world.puppet(3).stubborn = true;
    world.crash(1);
    world.expect("stop 3");
    // It was about to be stopped.
    world.crash(0);
    world.crash(2);
    assert_eq!(world.state.restarts_in_window(world.now), 1);
    assert_eq!(world.planned, [(1, 1, ms(100))]);
    world.yields(3);
    world.expect("");
    world.pass(ms(100));
    world.expect("start 0, start 1, start 2, start 3");
}

#[test]
fn r22_a_start_that_fails_when_its_group_restarts_has_not_failed_once_more() {
    let group = Settings {
        strategy: Strategy::OneForAll,
        ..allowed(1, 5_000)
    };
    let mut world = World::up(group, [permanent(), permanent(), permanent()]);
    world.terminate(1);
    world.puppet(1).slow = true;
    world.puppet(2).stubborn = true;
    let back = world.restart(1);
    world.go_on();
    world.exits(0, boom());
    world.puppet(1).fail_next = 1;
    world.finish_start(1);
    world.settle();
    world.expect("rest 1, stop 2");
    world.puppet(1).slow = false;
    world.yields(2);
    world.expect("start 0, start 1, start 2");
    assert_eq!(world.said(back), "up");
    assert_eq!(world.planned.len(), 1);
}

#[test]
fn r23_each_start_that_fails_and_is_repeated_counts() {
    let mut world = World::up(allowed(3, 5_000), [permanent()]);
    world.puppet(0).fail_next = u32::MAX;
    world.crash(0);
    assert_eq!(
        world.story,
        ["exit 0", "fail 0", "fail 0", "fail 0", "give up 0"]
    );
}

#[test]
fn r23_what_was_asked_for_and_what_ended_normally_does_not_count() {
    let mut world = World::up(allowed(1, 5_000), [permanent(), transient(), temporary()]);
    world.exit(1, ExitReason::Normal);
    world.exit(2, boom());
    for _ in 0..5 {
        world.terminate(0);
        world.puppet(0).fail_next = 1;
        let failed = world.restart(0);
        let done = world.restart(0);
        assert_eq!((world.said(failed), world.said(done)), ("not up", "up"));
        world.cycle(0);
        world.leave(0);
        world.restart(0);
    }
    assert_eq!(world.state.restarts_in_window(world.now), 0);
}

#[test]
fn r24_a_restart_exactly_one_period_back_still_counts() {
    let mut world = World::up(allowed(1, 5_000), [permanent()]);
    world.crash(0);
    world.pass(ms(5_000));
    assert_eq!(world.state.restarts_in_window(world.now), 1);
    world.crash(0);
    assert!(world.state.is_over());

    let mut world = World::up(allowed(1, 5_000), [permanent()]);
    world.crash(0);
    world.now += ms(5_000) + Duration::from_nanos(1);
    assert_eq!(world.state.restarts_in_window(world.now), 0);
    world.crash(0);
    assert!(world.state.is_up());
}

#[test]
fn r24_the_window_keeps_no_more_than_it_needs() {
    let mut world = World::up(allowed(10, 10), [permanent()]);
    for _ in 0..10_000 {
        world.crash(0);
        world.pass(ms(2));
    }
    assert_eq!(world.state.restarts_in_window(world.now), 5);
}

#[test]
fn r25_giving_up_drops_the_failed_one_and_stops_the_others_in_reverse() {
    for strategy in [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ] {
        let rules = Settings {
            strategy,
            ..allowed(0, 1)
        };
        let mut world = World::up(rules, [permanent(), permanent(), permanent()]);
        world.crash(1);
        world.expect("give up 1, end 1, end 2, down 1, down 2, end 0, down 0, over");
    }
}

#[test]
fn k4_a_failure_counts_when_it_is_decided_and_not_after_its_wait() {
    let mut world = World::up(allowed(1, 1_000), [after(900)]);
    world.crash(0);
    world.pass(ms(900));
    assert!(world.is_running(0));
    world.pass(ms(100));
    world.crash(0);
    assert!(
        world.state.is_over(),
        "from the first failure on it is one period"
    );
}

#[test]
fn k4_retries_in_a_row_are_limited_where_the_window_never_fills() {
    let rules = Rules {
        backoff: Backoff::fixed(ms(10_000)).reset_after(ms(60_000)),
        max_retries: Some(2),
        ..permanent()
    };
    let mut world = World::up(settings(Strategy::OneForOne), [rules]);
    for _ in 0..2 {
        for _ in 0..2 {
            world.crash(0);
            world.pass(ms(10_000));
            world.expect("start 0");
        }
        world.pass(ms(60_000));
    }
    for _ in 0..2 {
        world.crash(0);
        world.pass(ms(10_000));
    }
    world.go_on();
    world.crash(0);
    world.expect("give up 0, end 0, down 0, over");
}

#[test]
fn k4_with_no_retry_the_first_failure_is_the_last() {
    let rules = Rules {
        max_retries: Some(0),
        ..permanent()
    };
    let mut world = World::up(patient(Strategy::RestForOne), [rules, permanent()]);
    world.crash(1);
    world.crash(0);
    assert!(world.state.is_over());
}

#[test]
fn k5_whether_to_give_up_is_decided_before_anybody_is_stopped() {
    let group = Settings {
        strategy: Strategy::OneForAll,
        ..allowed(1, 5_000)
    };
    let mut world = World::up(group, [after(100), permanent()]);
    world.crash(0);
    world.pass(ms(100));
    world.go_on();
    world.crash(0);
    world.expect("give up 0, end 0, end 1, down 0, down 1, over");
}
