//! A group restarts, and something else fails.

use super::super::*;
use super::world::*;

#[test]
fn k7_an_earlier_one_that_fails_in_the_wait_makes_one_group_with_one_new_wait() {
    let mut world = World::up(
        patient(Strategy::RestForOne),
        [after(700), permanent(), after(1_000), permanent()],
    );
    world.crash(2);
    world.pass(ms(400));
    world.expect("stop 3");
    world.crash(0);
    world.expect("stop 1");
    assert_eq!(world.planned, [(2, 1, ms(1_000)), (0, 2, ms(700))]);
    // The wait of the first one does not count any more.
    world.pass(ms(699));
    world.expect("");
    world.pass(ms(1));
    world.expect("start 0, start 1, start 2, start 3");
    world.pass(ms(100_000));
    world.expect("");
}

#[test]
fn k7_an_earlier_one_that_fails_while_the_group_is_stopped_makes_one_group() {
    let mut world = World::up(
        patient(Strategy::RestForOne),
        [permanent(), permanent(), permanent(), permanent()],
    );
    world.puppet(3).stubborn = true;
    world.crash(2);
    world.crash(0);
    world.expect("stop 3");
    world.yields(3);
    world.expect("stop 1, start 0, start 1, start 2, start 3");
}

#[test]
fn k7_an_earlier_one_that_fails_while_the_group_starts_makes_one_group() {
    for fails in [0, 1] {
        let mut world = World::up(
            patient(Strategy::RestForOne),
            [permanent(), permanent(), permanent(), permanent()],
        );
        world.puppet(2).slow = true;
        world.crash(1);
        world.expect("stop 3, stop 2, start 1, start 2");
        world.puppet(2).slow = false;
        world.crash(fails);
        let stops = if fails == 0 {
            "rest 2, stop 1, start 0, "
        } else {
            "rest 2, "
        };
        world.expect(&format!("{stops}start 1, start 2, start 3"));
    }
}

#[test]
fn k7_a_later_one_that_fails_in_the_wait_of_its_group_cannot_be() {
    // Nobody of the group runs then, also not who is asked for by hand.
    let mut world = World::up(
        patient(Strategy::RestForOne),
        [after(500), permanent(), permanent()],
    );
    world.crash(0);
    let new = world.start(permanent());
    let back = {
        world.terminate(1);
        world.restart(1)
    };
    assert!(world.running().is_empty());
    world.go_on();
    world.pass(ms(500));
    world.expect("start 0, start 1, start 2, start 3");
    assert_eq!((world.said(new), world.said(back)), ("up", "up"));
}

#[test]
fn k7_terminating_who_failed_first_leaves_the_merged_group_to_restart() {
    let mut world = World::up(
        patient(Strategy::RestForOne),
        [after(500), permanent(), after(100)],
    );
    world.crash(2);
    world.crash(0);
    world.terminate(2);
    world.pass(ms(500));
    assert_eq!(world.running(), [0, 1]);
}

#[test]
fn k6_max_retries_hold_for_the_group() {
    let rules = Rules {
        max_retries: Some(2),
        ..permanent()
    };
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [rules.clone(), rules.clone(), rules],
    );
    world.crash(0);
    world.crash(1);
    world.crash(2);
    assert_eq!(world.trace.first().map(String::as_str), Some("stop 2"));
    assert!(world.story.contains(&"give up 2".to_owned()));
}

#[test]
fn who_is_cycled_when_its_group_restarts_is_part_of_it() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(1).stubborn = true;
    let cycled = world.cycle(1);
    world.crash(0);
    world.expect("stop (keep) 1, stop 2");
    world.puppet(1).fail_next = 1;
    world.yields(1);
    // Its start failed as a part of the group's, which tries again.
    assert_eq!(world.said(cycled), "not up");
    assert_eq!(world.running(), [0, 1, 2]);
}

#[test]
fn who_is_cycled_when_its_group_is_about_to_stop_it_waits_for_its_turn() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(2).stubborn = true;
    world.crash(0);
    let cycled = world.cycle(1);
    world.expect("stop 2");
    world.yields(2);
    world.expect("stop 1, start 0, start 1, start 2");
    assert_eq!(world.said(cycled), "up");
}

#[test]
fn what_is_added_when_its_group_restarts_may_fail_by_itself() {
    let mut world = World::up(patient(Strategy::OneForAll), [permanent(), permanent()]);
    world.puppet(2).slow = true;
    let new = world.start(permanent());
    world.crash(0);
    world.puppet(2).fail_next = 1;
    world.finish(2);
    world.expect("start 2, rest 2, stop 1, start 0, start 1, start 2, end 2, forget 2");
    assert_eq!(world.said(new), "not up");
    assert_eq!(world.running(), [0, 1]);
}
