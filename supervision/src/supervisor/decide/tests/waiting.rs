//! What is asked for while a child, or its group, waits for its restart.

use super::super::*;
use super::world::*;

/// One for one: the first child waits.
fn alone() -> World {
    let mut world = World::up(patient(Strategy::OneForOne), [after(500), permanent()]);
    world.crash(0);
    world.go_on();
    world
}

/// One for all: the second child failed, and all wait.
fn together() -> World {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), after(500), permanent()],
    );
    world.crash(1);
    world.go_on();
    world
}

#[test]
fn r30_who_waits_is_no_running_child_and_its_id_is_taken() {
    let world = alone();
    assert_eq!(world.running(), [1]);
    assert_eq!(world.state.taken(Key(0)), Some(Refusal::AlreadyPresent));
    assert_eq!(world.state.taken(Key(1)), Some(Refusal::AlreadyStarted));
    let world = together();
    assert_eq!(world.running(), Vec::<u64>::new());
    for child in 0..3 {
        assert_eq!(world.state.taken(Key(child)), Some(Refusal::AlreadyPresent));
    }
    assert_eq!(world.state.taken(Key(3)), None);
}

#[test]
fn r30_k9_who_waits_can_neither_be_started_nor_deleted() {
    for (mut world, children) in [(alone(), 0..1), (together(), 0..3)] {
        for child in children {
            let (restart, delete) = (world.restart(child), world.delete(child));
            assert_eq!(
                (world.said(restart), world.said(delete)),
                ("Restarting", "Restarting")
            );
        }
        world.expect("");
    }
}

#[test]
fn r30_k9_terminate_ends_the_wait_and_restart_works_then() {
    let mut world = alone();
    let ended = world.terminate(0);
    assert_eq!(world.said(ended), "down");
    world.pass(ms(10_000));
    world.expect("end 0, down 0");
    let back = world.restart(0);
    world.expect("start 0");
    assert_eq!(world.said(back), "up");
}

#[test]
fn r30_terminate_in_a_start_of_the_loop_ends_the_loop() {
    let mut world = alone();
    world.puppet(0).slow = true;
    world.pass(ms(500));
    world.terminate(0);
    world.pass(ms(100_000));
    world.expect("start 0, end 0, down 0");
}

#[test]
fn r30_when_the_failed_one_is_terminated_its_group_stays_down_until_started_by_hand() {
    let mut world = together();
    let ended = world.terminate(1);
    world.expect("end 1, end 0, end 2, down 1, down 0, down 2");
    assert_eq!(world.said(ended), "down");
    world.pass(ms(10_000));
    world.expect("");
    let (back, gone) = (world.restart(0), world.delete(2));
    assert_eq!((world.said(back), world.said(gone)), ("up", "gone"));
    assert_eq!(world.running(), [0]);
    world.crash(0);
    assert_eq!(
        world.running(),
        [0, 1],
        "its next restart is that of the group again"
    );
}

#[test]
fn r30_with_rest_for_one_those_before_the_failed_one_go_on() {
    let mut world = World::up(
        patient(Strategy::RestForOne),
        [permanent(), after(500), permanent()],
    );
    world.crash(1);
    world.terminate(1);
    world.pass(ms(10_000));
    assert_eq!(world.running(), [0]);
    assert_eq!(world.children(), [0, 1, 2]);
}

#[test]
fn r30_what_is_left_of_a_group_does_not_depend_on_how_far_its_stop_was() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), permanent(), temporary(), permanent()],
    );
    world.puppet(3).stubborn = true;
    world.crash(1);
    let ended = world.terminate(1);
    assert_eq!(world.said(ended), "down");
    world.expect("stop 3, end 1, down 1");
    world.yields(3);
    world.expect("end 3, down 3, end 2, forget 2, end 0, down 0");
    world.pass(ms(100_000));
    assert!(world.running().is_empty());
}

#[test]
fn r30_who_ends_by_itself_in_a_stop_that_is_called_off_stays_down() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(2).stubborn = true;
    world.crash(1);
    world.terminate(1);
    world.crash(0);
    world.yields(2);
    world.expect("stop 2, end 1, down 1, end 0, down 0, end 2, down 2");
    assert_eq!(world.planned.len(), 1);
}

#[test]
fn r30_what_is_asked_for_while_a_restart_is_called_off_is_done_when_all_are_down() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), permanent(), permanent(), permanent()],
    );
    world.puppet(3).stubborn = true;
    world.crash(1);
    world.terminate(1);
    let back = world.restart(1);
    let refused = (world.restart(0), world.restart_now(0), world.restart(1));
    let asked = (
        world.restart_now(3),
        world.cycle(2),
        world.start(permanent()),
    );
    world.expect("stop 3, end 1, down 1");
    world.yields(3);
    world.expect("stop 2, end 0, down 0, start 1, start 2, start 3, start 4");
    assert_eq!(world.said(refused.0), "Running");
    assert_eq!(world.said(refused.1), "Running");
    assert_eq!(world.said(refused.2), "Restarting");
    for asked in [back, asked.0, asked.1, asked.2] {
        assert_eq!(world.said(asked), "up");
    }
    world.crash(2);
    assert_eq!(world.running(), [0, 1, 2, 3, 4]);
}

#[test]
fn r30_an_earlier_failure_takes_those_back_that_were_called_off() {
    let mut world = World::up(
        patient(Strategy::RestForOne),
        [permanent(), permanent(), permanent(), permanent()],
    );
    world.puppet(3).stubborn = true;
    world.crash(2);
    world.terminate(2);
    world.crash(0);
    world.yields(3);
    world.expect("stop 3, end 2, down 2, stop 1, start 0, start 1, start 2, start 3");
}

#[test]
fn terminating_another_one_than_the_failed_leaves_the_others_to_restart() {
    let mut world = together();
    let ended = world.terminate(2);
    assert_eq!(world.said(ended), "down");
    world.pass(ms(500));
    world.expect("end 2, down 2, start 0, start 1");
    assert_eq!(world.running(), [0, 1]);
}

#[test]
fn terminating_who_is_being_stopped_for_its_group_leaves_it_down() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(2).stubborn = true;
    world.crash(0);
    let ended = world.terminate(2);
    let other = world.terminate(1);
    assert_eq!((world.said(ended), world.said(other)), ("-", "down"));
    world.expect("stop 2, end 2, end 1, down 1");
    world.yields(2);
    world.expect("down 2, start 0");
}

#[test]
fn k9_restart_now_skips_the_wait_of_one_child() {
    let mut world = alone();
    let now = world.restart_now(0);
    world.expect("start 0");
    assert_eq!(world.said(now), "up");
    world.pass(ms(10_000));
    world.expect("");
}

#[test]
fn k9_restart_now_skips_the_wait_of_a_group() {
    for child in 0..3 {
        let mut world = together();
        let now = world.restart_now(child);
        world.expect("start 0, start 1, start 2");
        assert_eq!(world.said(now), "up");
        world.pass(ms(10_000));
        world.expect("");
    }
}

#[test]
fn k9_restart_now_while_the_group_is_stopped_skips_the_wait_that_follows() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), after(500), permanent()],
    );
    world.puppet(2).stubborn = true;
    world.crash(1);
    let now = world.restart_now(1);
    world.expect("stop 2");
    world.yields(2);
    world.expect("stop 0, start 0, start 1, start 2");
    assert_eq!(world.said(now), "up");
}

#[test]
fn k9_a_restart_now_that_fails_is_told_and_the_loop_goes_on() {
    let mut world = alone();
    world.puppet(0).fail_next = 1;
    let now = world.restart_now(0);
    assert_eq!(world.said(now), "not up");
    assert_eq!(world.planned.len(), 1);
    world.pass(ms(500));
    world.expect("start 0, start 0");
}

#[test]
fn k9_cycle_forgets_the_failures_and_skips_the_wait() {
    let mut world = alone();
    assert_eq!(world.state.attempt(Key(0), world.now), 1);
    let cycled = world.cycle(0);
    assert_eq!(world.said(cycled), "up");
    assert_eq!(world.state.attempt(Key(0), world.now), 0);
    world.expect("start 0");
    let mut world = together();
    world.cycle(2);
    world.expect("start 0, start 1, start 2");
}

#[test]
fn k8_a_stop_in_the_wait_starts_nobody_also_when_the_timer_is_on_its_way() {
    for (mut world, ends) in [
        (alone(), "end 1, down 1, end 0, down 0, over"),
        (
            together(),
            "end 2, down 2, end 1, down 1, end 0, down 0, over",
        ),
    ] {
        let (child, generation, at) = world.due(ms(500)).expect("the wait has a timer");
        world.now = at;
        world.tell(Event::Stop);
        world.expect(ends);
        world.tell(Event::Timer { child, generation });
        world.tell(Event::Stop);
        world.expect("");
        assert!(world.state.is_over());
    }
}

#[test]
fn k8_a_wait_that_is_over_while_all_are_stopped_starts_nobody() {
    let mut behind = World::up(patient(Strategy::RestForOne), [permanent(), after(500)]);
    behind.crash(1);
    for (mut world, runs, ends) in [(alone(), 1, "end 1"), (behind, 0, "end 1, down 1, end 0")] {
        world.puppet(runs).stubborn = true;
        world.tell(Event::Stop);
        world.pass(ms(1_000));
        world.expect(ends);
        world.yields(runs);
        assert!(world.state.is_over());
    }
}

#[test]
fn k13_who_waits_counts_against_the_number_of_children() {
    let limited = Settings {
        max_children: Some(2),
        ..patient(Strategy::OneForOne)
    };
    let mut world = World::up(limited, [after(500), permanent()]);
    world.crash(0);
    let refused = world.start(permanent());
    assert_eq!(world.said(refused), "MaxChildren");
    assert_eq!(world.running().len(), 1, "and is not active");
    world.terminate(0);
    world.delete(0);
    let added = world.start(permanent());
    assert_eq!(world.said(added), "up");
}

#[test]
fn what_is_added_while_its_group_waits_starts_in_its_turn() {
    let mut world = together();
    let new = world.start(temporary());
    let newer = world.start(permanent());
    world.expect("");
    world.terminate(4);
    assert_eq!((world.said(new), world.said(newer)), ("-", "not up"));
    world.go_on();
    world.pass(ms(500));
    world.expect("start 0, start 1, start 2, start 3");
    assert_eq!(world.said(new), "up");
    assert_eq!(world.children(), [0, 1, 2, 3]);
}
