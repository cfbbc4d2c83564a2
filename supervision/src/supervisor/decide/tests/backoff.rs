//! How long a child waits for its restart.

use super::super::*;
use super::world::*;
use crate::backoff::Backoff;

fn growing(rules: Rules) -> Rules {
    Rules {
        backoff: Backoff::exponential(ms(200)..=ms(1_000)).jitter(0.0),
        ..rules
    }
}

fn waits(world: &World) -> Vec<u64> {
    let waits = world
        .planned
        .iter()
        .map(|(_, _, wait)| wait.as_millis() as u64);
    waits.collect()
}

#[test]
fn k1_the_wait_grows_with_each_failure_also_of_a_start_up_to_the_longest() {
    let mut world = World::up(patient(Strategy::OneForOne), [growing(permanent())]);
    world.puppet(0).fail_next = 4;
    world.crash(0);
    for (attempt, wait) in [(1, 200), (2, 400), (3, 800), (4, 1_000), (5, 1_000)] {
        let due = world.now + ms(wait);
        assert_eq!(world.standing(0), Some(Standing::Waiting { due }));
        assert_eq!(world.state.due(Key(0)), Some(due));
        assert_eq!(world.state.attempt(Key(0), world.now), attempt);
        world.expect("");
        world.pass(ms(wait - 1));
        world.expect("");
        world.pass(ms(1));
        world.expect("start 0");
    }
    assert!(world.is_running(0));
}

#[test]
fn k1_waits_are_spread_within_the_jitter_and_never_above_the_longest() {
    let rules = Rules {
        backoff: Backoff::exponential(ms(400)..=ms(1_000)).jitter(0.5),
        ..permanent()
    };
    let mut world = World::up(patient(Strategy::OneForOne), [rules]);
    world.puppet(0).fail_next = 1_000;
    world.crash(0);
    world.pass(ms(1_000_000));
    let waits = waits(&world);
    assert_eq!(waits.len(), 1_001);
    assert!((200..=600).contains(&waits[0]) && (400..=1_000).contains(&waits[1]));
    let at_the_cap = &waits[2..];
    assert!(at_the_cap.iter().all(|wait| (500..=1_000).contains(wait)));
    assert!(at_the_cap.iter().any(|wait| *wait < 600) && at_the_cap.iter().any(|wait| *wait > 900));
}

#[test]
fn k2_a_timer_of_an_earlier_standing_changes_nothing() {
    let mut world = World::up(patient(Strategy::OneForOne), [after(50)]);
    world.crash(0);
    let (child, generation, _) = world.due(ms(50)).expect("the wait has a timer");
    world.restart_now(0);
    world.crash(0);
    world.go_on();
    world.tell(Event::Timer { child, generation });
    assert!(matches!(world.standing(0), Some(Standing::Waiting { .. })));
    world.expect("");
    assert!(!world.state.awaits(child, generation));
}

#[test]
fn k2_a_timer_of_an_earlier_pass_changes_nothing() {
    let mut world = World::up(patient(Strategy::RestForOne), [after(500), after(50)]);
    world.crash(1);
    let (child, generation, _) = world.due(ms(50)).expect("the wait has a timer");
    world.crash(0);
    world.now = ms(50);
    world.go_on();
    world.tell(Event::Timer { child, generation });
    world.expect("");
    world.pass(ms(450));
    world.expect("start 0, start 1");
}

#[test]
fn k3_without_backoff_a_restart_is_at_once() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.crash(0);
    world.expect("start 0");
    assert_eq!(world.planned, [(0, 1, Duration::ZERO)]);
    assert_eq!(
        world.timers.keys().collect::<Vec<_>>(),
        [&Some(Key(0))],
        "that of its start"
    );
}

#[test]
fn k6_the_failures_of_one_for_one_are_counted_by_child() {
    let mut world = World::up(
        patient(Strategy::OneForOne),
        [growing(permanent()), growing(permanent())],
    );
    for child in [0, 1, 0] {
        world.crash(child);
        world.pass(ms(500));
    }
    assert_eq!(
        world.planned,
        [(0, 1, ms(200)), (1, 1, ms(200)), (0, 2, ms(400))]
    );
}

#[test]
fn k6_the_failures_of_a_group_are_counted_together() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let mut world = World::up(
            patient(strategy),
            [
                growing(permanent()),
                growing(permanent()),
                growing(permanent()),
            ],
        );
        world.crash(0);
        world.puppet(1).fail_next = 1;
        world.puppet(2).fail_next = 1;
        world.pass(ms(3_000));
        assert_eq!(
            world.planned,
            [(0, 1, ms(200)), (1, 2, ms(400)), (2, 3, ms(800))]
        );
        assert_eq!(world.running(), [0, 1, 2]);
        assert_eq!(
            world.state.attempt(Key(0), world.now),
            3,
            "it is that of the group"
        );
    }
}

#[test]
fn k10_a_child_that_was_up_long_enough_begins_at_the_first_wait() {
    let mut world = World::up(patient(Strategy::OneForOne), [growing(permanent())]);
    world.crash(0);
    world.pass(ms(200) + ms(29_999));
    assert_eq!(world.state.attempt(Key(0), world.now), 1);
    world.crash(0);
    world.pass(ms(400) + ms(30_000));
    assert_eq!(world.state.attempt(Key(0), world.now), 0);
    world.crash(0);
    assert_eq!(waits(&world), [200, 400, 200]);
}

#[test]
fn k10_the_time_that_a_start_takes_is_not_time_that_a_child_is_up() {
    let slow = Rules {
        start_limit: None,
        ..growing(permanent())
    };
    let mut world = World::up(patient(Strategy::OneForOne), [slow]);
    world.puppet(0).slow = true;
    world.crash(0);
    world.pass(ms(200) + ms(30_000));
    world.finish(0);
    world.crash(0);
    world.pass(ms(400) + ms(30_000));
    world.puppet(0).fail_next = 1;
    world.finish(0);
    assert_eq!(waits(&world), [200, 400, 800]);
}

#[test]
fn k10_the_longest_wait_is_the_time_to_be_up_where_that_is_longer() {
    let rules = Rules {
        backoff: Backoff::fixed(ms(60_000)),
        ..permanent()
    };
    let mut world = World::up(patient(Strategy::OneForOne), [rules]);
    world.crash(0);
    world.pass(ms(60_000) + ms(59_999));
    world.crash(0);
    world.pass(ms(60_000) + ms(60_000));
    world.crash(0);
    let attempts: Vec<u64> = world
        .planned
        .iter()
        .map(|(_, attempt, _)| *attempt)
        .collect();
    assert_eq!(attempts, [1, 2, 1]);
}

#[test]
fn k10_a_group_is_forgiven_when_all_of_it_was_up_long_enough() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let mut world = World::up(
            patient(strategy),
            [growing(permanent()), growing(permanent())],
        );
        world.crash(1);
        world.pass(ms(200) + ms(29_999));
        // With rest for one, this one was up all the time.
        world.crash(0);
        world.pass(ms(400) + ms(30_000));
        assert_eq!(world.state.attempt(Key(1), world.now), 0);
        world.crash(0);
        assert_eq!(waits(&world), [200, 400, 200]);
    }
}

#[test]
fn k10_a_group_that_is_not_up_yet_is_not_forgiven() {
    let mut world = World::up(
        patient(Strategy::RestForOne),
        [growing(permanent()), after(60_000)],
    );
    world.pass(ms(100_000));
    world.crash(1);
    world.pass(ms(40_000));
    world.crash(0);
    assert_eq!(world.planned, [(1, 1, ms(60_000)), (0, 2, ms(400))]);
}

#[test]
fn k10_a_restart_that_was_called_off_forgives_nothing() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [growing(permanent()), permanent()],
    );
    world.pass(ms(100_000));
    for wait in [200, 400] {
        world.crash(0);
        world.pass(ms(wait));
    }
    world.crash(0);
    world.terminate(0);
    world.restart(0);
    world.crash(0);
    assert_eq!(waits(&world), [200, 400, 800, 1_000]);
}

#[test]
fn k12_a_permanent_child_that_ends_normally_waits_as_well() {
    let mut world = World::up(
        patient(Strategy::OneForOne),
        [growing(permanent()), growing(transient())],
    );
    world.exit(0, ExitReason::Normal);
    world.exit(1, ExitReason::Normal);
    assert_eq!(world.planned, [(0, 1, ms(200))]);
    world.expect("end 1, down 1");
    world.pass(ms(200));
    world.expect("start 0");
}

#[test]
fn k14_who_waits_shows_until_when() {
    let mut world = World::up(
        patient(Strategy::RestForOne),
        [permanent(), after(100), permanent(), permanent()],
    );
    world.terminate(3);
    world.crash(1);
    let due = [0, 1, 2, 3].map(|child| world.state.due(Key(child)));
    let at = Some(ms(100));
    assert_eq!(
        due,
        [None, at, at, at],
        "the whole group waits, also who was down"
    );
    world.pass(ms(100));
    assert_eq!(
        [0, 1, 2, 3].map(|child| world.state.due(Key(child))),
        [None; 4]
    );
}
