//! The first start of all children.

use super::super::*;
use super::world::*;
use crate::backoff::Backoff;

#[test]
fn r6_children_start_in_order_one_at_a_time() {
    let mut world = World::new(
        settings(Strategy::OneForOne),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(1).slow = true;
    world.tell(Event::Boot);
    world.expect("start 0, start 1");
    assert!(!world.state.is_up());
    world.finish(1);
    world.expect("start 2, booted");
    assert!(world.state.is_up());
}

#[test]
fn r6_without_children_the_boot_is_done_at_once() {
    let mut world = World::new(settings(Strategy::OneForAll), []);
    world.tell(Event::Boot);
    world.tell(Event::Stop);
    world.expect("booted, over");
}

#[test]
fn r7_a_failed_first_start_stops_what_was_started_and_is_not_repeated() {
    for strategy in [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ] {
        for rules in [permanent(), transient(), temporary()] {
            let mut world = World::new(
                settings(strategy),
                [permanent(), permanent(), rules, permanent()],
            );
            world.puppet(2).fail_next = 1;
            world.tell(Event::Boot);
            assert_eq!(
                world.story,
                [
                    "start 0",
                    "start 1",
                    "fail 2",
                    "fail boot 2",
                    "stop 1",
                    "stop 0"
                ]
            );
            assert!(world.state.is_over());
            assert!(world.planned.is_empty());
        }
    }
}

#[test]
fn r7_an_overdue_first_start_is_one_that_failed() {
    let mut world = World::new(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(1).slow = true;
    world.tell(Event::Boot);
    world.pass(ms(30_999));
    world.expect("start 0, start 1");
    world.pass(ms(1));
    world.expect("rest 1, fail boot 1, end 1, down 1, end 0, down 0, over");
}

#[test]
fn r7_a_child_that_fails_again_in_the_boot_has_not_failed_it() {
    let mut world = World::new(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(1).slow = true;
    world.tell(Event::Boot);
    world.puppet(0).fail_next = 1;
    world.crash(0);
    world.expect("start 0, start 1, start 0, start 0");
    world.finish(1);
    world.expect("booted");
}

#[test]
fn r8_a_child_that_ignores_its_start_is_down_and_the_boot_goes_on() {
    let mut world = World::new(
        settings(Strategy::RestForOne),
        [permanent(), temporary(), permanent()],
    );
    world.puppet(0).ignore_next = true;
    world.puppet(1).ignore_next = true;
    world.tell(Event::Boot);
    world.expect("start 0, end 0, down 0, start 1, end 1, forget 1, start 2, booted");
    assert_eq!(
        world.children(),
        [0, 2],
        "the spec of a temporary one is dropped"
    );
    assert_eq!(world.running(), [2]);
    assert_eq!(world.state.restarts_in_window(world.now), 0);
}

#[test]
fn r9_k16_while_a_start_takes_long_all_else_goes_on() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(0).slow = true;
    world.crash(0);
    world.crash(1);
    let ended = world.terminate(1);
    let new = world.start(permanent());
    world.expect("start 0, start 1, end 1, down 1, start 2");
    assert_eq!((world.said(ended), world.said(new)), ("down", "up"));
}

#[test]
fn r9_k16_a_start_that_cannot_even_report_is_overdue() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.puppet(0).slow = true;
    world.puppet(0).deaf = true;
    world.crash(0);
    world.pass(ms(30_999));
    world.expect("start 0");
    world.pass(ms(1));
    world.expect("rest 0, start 0");
    // The thread comes free and tells of the run that nobody waits for any more.
    world.yields(0);
    assert_eq!(world.standing(0), Some(Standing::Starting));
    world.expect("");
    world.finish(0);
    world.pass(ms(100_000));
    world.expect("");
    assert_eq!((world.running(), world.state.run(Key(0))), (vec![0], 3));
}

#[test]
fn k16_an_overdue_start_that_comes_up_in_its_wait_is_not_left_running() {
    let mut world = World::up(patient(Strategy::OneForOne), [after(60_000)]);
    world.puppet(0).slow = true;
    world.crash(0);
    world.pass(ms(60_000 + 31_000));
    world.expect("start 0, rest 0");
    // It was only slow.
    world.finish(0);
    assert_eq!(world.puppet(0).up, None, "nobody knows that it runs");
    world.pass(ms(60_000));
    world.expect("start 0");
}

#[test]
fn k11_a_failed_first_start_is_repeated_where_that_was_asked_for() {
    let patient = Settings {
        retry_initial: true,
        ..patient(Strategy::OneForOne)
    };
    let backoff = Backoff::exponential(ms(100)..=ms(1_000)).jitter(0.0);
    let mut world = World::new(
        patient,
        [
            Rules {
                backoff,
                ..permanent()
            },
            permanent(),
        ],
    );
    world.puppet(0).fail_next = 2;
    world.tell(Event::Boot);
    world.pass(ms(99));
    world.expect("start 0");
    world.pass(ms(1));
    world.pass(ms(199));
    world.expect("start 0");
    world.pass(ms(1));
    world.expect("start 0, start 1, booted");
}

#[test]
fn k11_a_repeated_first_start_counts_and_gives_up() {
    let mut world = World::new(
        Settings {
            retry_initial: true,
            ..settings(Strategy::RestForOne)
        },
        [permanent(), permanent()],
    );
    world.puppet(1).fail_next = 9;
    world.tell(Event::Boot);
    assert_eq!(
        world.story,
        [
            "start 0",
            "fail 1",
            "fail 1",
            "fail 1",
            "fail 1",
            "give up 1",
            "stop 0"
        ]
    );
}

#[test]
fn k11_a_temporary_child_is_started_once_also_then() {
    let mut world = World::new(
        Settings {
            retry_initial: true,
            ..settings(Strategy::OneForOne)
        },
        [temporary(), permanent()],
    );
    world.puppet(0).fail_next = 1;
    world.tell(Event::Boot);
    world.expect("start 0, end 0, forget 0, start 1, booted");
}

#[test]
fn a_restart_goes_on_beside_the_boot() {
    let mut world = World::new(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(1).slow = true;
    world.tell(Event::Boot);
    for _ in 0..3 {
        world.crash(0);
    }
    world.expect("start 0, start 1, start 0, start 0, start 0");
    world.crash(0);
    world.expect("give up 0, end 0, rest 1, end 1, down 0, down 1, over");
}

#[test]
fn a_group_that_restarts_in_the_boot_takes_those_along_that_are_still_to_come() {
    let children = || [permanent(), after(50), permanent(), permanent()];
    let mut world = World::new(settings(Strategy::OneForAll), children());
    world.puppet(2).slow = true;
    world.tell(Event::Boot);
    world.crash(1);
    world.expect("start 0, start 1, start 2, rest 2, stop 0");
    world.puppet(2).slow = false;
    world.pass(ms(50));
    world.expect("start 0, start 1, start 2, start 3, booted");

    let mut world = World::new(settings(Strategy::RestForOne), children());
    world.puppet(2).slow = true;
    world.tell(Event::Boot);
    world.crash(1);
    world.expect("start 0, start 1, start 2, rest 2");
    world.puppet(2).slow = false;
    world.pass(ms(50));
    world.expect("start 1, start 2, start 3, booted");
}

#[test]
fn a_group_fails_the_boot_when_what_was_never_up_fails_in_it() {
    let mut world = World::new(settings(Strategy::OneForAll), [permanent(), permanent()]);
    world.puppet(1).slow = true;
    world.tell(Event::Boot);
    world.crash(0);
    world.puppet(1).fail_next = 1;
    world.finish(1);
    world.expect("start 0, start 1, rest 1, start 0, start 1, fail boot 1, end 1, down 1, end 0, down 0, over");
}

#[test]
fn r19_a_temporary_child_whose_start_is_given_up_for_its_group_has_had_it() {
    let mut world = World::new(
        settings(Strategy::OneForAll),
        [permanent(), temporary(), temporary()],
    );
    world.puppet(1).slow = true;
    world.tell(Event::Boot);
    world.crash(0);
    // The other one's start is still to come.
    world.expect("start 0, start 1, end 1, forget 1, start 0, start 2, booted");
}

#[test]
fn what_is_added_in_the_boot_starts_last_and_cannot_fail_it() {
    let mut world = World::new(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(0).slow = true;
    world.tell(Event::Boot);
    world.puppet(2).fail_next = 1;
    let new = world.start(permanent());
    let newer = world.start(permanent());
    assert_eq!(world.said(new), "-");
    world.finish(0);
    world.expect("start 0, start 1, start 2, end 2, forget 2, start 3, booted");
    assert_eq!((world.said(new), world.said(newer)), ("not up", "up"));
}

#[test]
fn who_is_terminated_in_the_boot_does_not_hold_it_up() {
    for slow in [true, false] {
        let mut world = World::new(
            settings(Strategy::RestForOne),
            [permanent(), permanent(), permanent()],
        );
        world.puppet(0).slow = true;
        world.tell(Event::Boot);
        let ended = world.terminate(if slow { 0 } else { 1 });
        assert_eq!(world.said(ended), "down");
        world.finish(0);
        let running = if slow { [1, 2] } else { [0, 2] };
        assert_eq!(world.running(), running);
        assert!(world.state.is_up());
    }
}

#[test]
fn a_child_that_was_terminated_in_the_boot_can_be_started_in_it_again() {
    let mut world = World::new(
        settings(Strategy::OneForOne),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(1).slow = true;
    world.tell(Event::Boot);
    world.terminate(0);
    world.terminate(2);
    world.go_on();
    let (first, last) = (world.restart(0), world.restart(2));
    world.expect("start 0");
    assert_eq!((world.said(first), world.said(last)), ("up", "-"));
    world.finish(1);
    world.expect("start 2, booted");
    assert_eq!(world.said(last), "up");
}

#[test]
fn a_boot_waits_for_its_own_child_to_come_back_and_for_no_other() {
    let rules = Settings {
        retry_initial: true,
        ..patient(Strategy::OneForOne)
    };
    let mut world = World::new(rules, [after(500), after(100), permanent()]);
    world.puppet(1).fail_next = 1;
    world.tell(Event::Boot);
    world.crash(0);
    world.expect("start 0, start 1");
    world.pass(ms(100));
    world.expect("start 1, start 2, booted");
    world.pass(ms(400));
    world.expect("start 0");
}

#[test]
fn r30_a_boot_goes_on_without_the_one_that_waits_for_its_group_and_is_terminated() {
    let rules = Settings {
        retry_initial: true,
        ..patient(Strategy::OneForAll)
    };
    let mut world = World::new(rules, [permanent(), after(100), permanent()]);
    world.puppet(1).fail_next = 1;
    world.tell(Event::Boot);
    world.expect("start 0, start 1, stop 0");
    world.terminate(1);
    world.expect("end 1, down 1");
    world.pass(ms(100));
    world.expect("start 0, start 2, booted");
}

#[test]
fn b62_the_children_of_a_dynamic_supervisor_start_at_once() {
    let mut world = World::new(dynamic(), [permanent(), permanent(), permanent()]);
    world.puppet(0).slow = true;
    world.tell(Event::Boot);
    world.expect("start 0, start 1, start 2");
    assert!(!world.state.is_up());
    world.finish(0);
    world.expect("booted");
}

#[test]
fn b62_one_of_them_that_fails_gives_the_others_up() {
    let mut world = World::new(dynamic(), [permanent(), permanent(), permanent()]);
    world.puppet(0).slow = true;
    world.puppet(1).fail_next = 1;
    world.tell(Event::Boot);
    assert!(world.state.is_over());
    assert_eq!(world.running(), []);
    assert_eq!(world.children(), []);
}
