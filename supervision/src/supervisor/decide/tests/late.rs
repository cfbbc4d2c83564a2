//! Reports that are on their way when something else is decided.

use super::super::*;
use super::world::*;

/// Two reports in the order in which they come.
fn both(world: &mut World, first: u64, second: u64) {
    assert!(world.exits(first, boom()));
    assert!(world.exits(second, boom()));
    world.settle();
}

#[test]
fn two_of_one_group_that_fail_together_are_one_failure() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    both(&mut world, 0, 2);
    world.expect("stop 2, stop 1, start 0, start 1, start 2");
    assert_eq!(world.state.restarts_in_window(world.now), 1);
}

#[test]
fn two_that_fail_together_one_for_one_are_two_failures() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent(), permanent()]);
    both(&mut world, 1, 0);
    world.expect("start 1, start 0");
    assert_eq!(world.state.restarts_in_window(world.now), 2);
}

#[test]
fn a_child_that_has_failed_when_it_is_terminated_is_down() {
    let mut world = World::up(settings(Strategy::OneForAll), [permanent(), permanent()]);
    world.exits(0, boom());
    let ended = world.terminate(0);
    world.expect("end 0, down 0");
    assert_eq!(world.said(ended), "down");
    assert_eq!(world.running(), [1]);
}

#[test]
fn a_significant_child_that_has_ended_when_it_is_terminated_ends_nobody_else() {
    let rules = Settings {
        auto_shutdown: AutoShutdown::AnySignificant,
        ..settings(Strategy::OneForOne)
    };
    let mut world = World::up(rules, [significant(transient()), permanent()]);
    world.exits(0, ExitReason::Normal);
    world.terminate(0);
    assert!(world.state.is_up());
}

#[test]
fn a_child_that_has_failed_when_it_is_cycled_is_started_once() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.exits(0, boom());
    let cycled = world.cycle(0);
    world.expect("stop (keep) 0, start 0");
    assert_eq!(world.said(cycled), "up");
    assert_eq!(world.state.restarts_in_window(world.now), 0);
}

#[test]
fn a_child_that_has_left_when_it_is_cycled_is_started_once() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.leaves(0);
    let cycled = world.cycle(0);
    world.expect("stop (keep) 0, down 0, start 0");
    assert_eq!(world.said(cycled), "up");
}

#[test]
fn a_child_that_has_left_when_its_wait_is_over_stays_down() {
    let mut world = World::up(settings(Strategy::OneForOne), [after(50)]);
    world.crash(0);
    world.leaves(0);
    let (child, generation, at) = world.due(ms(50)).expect("the wait has a timer");
    world.now = at;
    world.decide(Event::Timer { child, generation });
    world.settle();
    world.pass(ms(100_000));
    world.expect("start 0, down 0");
}

#[test]
fn a_start_that_was_done_when_its_group_restarts_is_stopped_and_repeated() {
    let mut world = World::up(settings(Strategy::OneForAll), [permanent(), permanent()]);
    world.terminate(1);
    world.puppet(1).slow = true;
    let back = world.restart(1);
    world.puppet(1).slow = false;
    world.go_on();
    // Its report is behind that of the failure.
    world.exits(0, boom());
    world.finish_start(1);
    world.settle();
    world.expect("rest 1, start 0, start 1");
    assert_eq!(world.said(back), "up");
    assert_eq!((world.running(), world.state.run(Key(1))), (vec![0, 1], 2));
}

#[test]
fn a_start_that_has_failed_when_its_group_restarts_is_repeated_with_it() {
    let mut world = World::up(
        settings(Strategy::RestForOne),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(2).slow = true;
    world.crash(2);
    world.puppet(2).slow = false;
    world.puppet(2).fail_next = 1;
    world.go_on();
    world.exits(0, boom());
    world.finish_start(2);
    world.settle();
    world.expect("rest 2, stop 1, start 0, start 1, start 2");
    assert_eq!(world.state.restarts_in_window(world.now), 2);
}

#[test]
fn a_start_that_was_done_when_the_child_is_terminated_is_ended() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.terminate(0);
    world.puppet(0).slow = true;
    let back = world.restart(0);
    world.go_on();
    world.finish_start(0);
    let ended = world.terminate(0);
    world.expect("end 0, down 0");
    assert_eq!((world.said(back), world.said(ended)), ("not up", "down"));
}

#[test]
fn a_kill_that_comes_when_the_child_has_stopped_does_no_harm() {
    let mut world = World::up(settings(Strategy::OneForAll), [permanent(), permanent()]);
    world.puppet(1).stubborn = true;
    world.crash(0);
    let (child, generation, at) = world.due(ms(5_000)).expect("the stop has a limit");
    world.puppet(1).stubborn = false;
    world.yields(1);
    world.now = at;
    world.tell(Event::Timer { child, generation });
    world.expect("stop 1, start 0, start 1");
    assert_eq!(world.running(), [0, 1]);
}

#[test]
fn a_start_that_never_began_holds_up_nobody() {
    for ignores in [false, true] {
        let mut world = World::up(
            patient(Strategy::OneForAll),
            [permanent(), permanent(), permanent()],
        );
        world.puppet(2).slow = true;
        world.crash(2);
        world.puppet(2).deaf = true;
        // Its thread is blocked; the next start waits for that, and is given up before it begins.
        world.pass(ms(31_000));
        world.go_on();
        world.crash(1);
        world.expect("rest 2, stop 0, start 0, start 1, start 2");
        world.puppet(2).slow = false;
        world.puppet(2).ignore_next = ignores;
        world.finish_start(2);
        world.yields(2);
        assert_eq!(world.running(), [0, 1, 2]);
    }
}

#[test]
fn orders_that_nobody_has_seen_hold_up_nobody() {
    let mut world = World::up(
        patient(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(2).asleep = true;
    let asked = (world.cycle(2), world.terminate(2), world.restart(2));
    world.yields(2);
    assert_eq!(world.said(asked.0), "up");
    assert_eq!(world.said(asked.1), "down");
    assert_eq!(world.said(asked.2), "up");
}
