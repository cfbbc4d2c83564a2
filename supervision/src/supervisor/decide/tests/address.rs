//! Somebody stops a child by its address, without its supervisor: it has ended for good, wherever it stood.

use super::super::*;
use super::world::*;

#[test]
fn who_is_stopped_while_it_runs_stays_down() {
    for rules in [permanent(), transient()] {
        let mut world = World::up(settings(Strategy::OneForAll), [rules, permanent()]);
        world.leave(0);
        world.expect("down 0");
        assert_eq!(world.running(), [1]);
        let back = world.restart(0);
        assert_eq!(world.said(back), "up");
    }
    let mut world = World::up(settings(Strategy::OneForAll), [temporary(), permanent()]);
    world.leave(0);
    world.expect("forget 0");
}

#[test]
fn who_is_stopped_in_its_wait_stays_down() {
    let mut world = World::up(settings(Strategy::OneForOne), [after(50)]);
    world.crash(0);
    world.leave(0);
    world.pass(ms(1_000));
    world.expect("down 0");
}

#[test]
fn who_is_stopped_while_it_starts_stays_down() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.puppet(0).slow = true;
    world.crash(0);
    world.leave(0);
    world.pass(ms(100_000));
    world.expect("start 0, down 0");
}

#[test]
fn who_is_stopped_while_somebody_has_it_started_stays_down_and_they_are_told() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.terminate(0);
    world.puppet(0).slow = true;
    world.go_on();
    let back = world.restart(0);
    world.leave(0);
    world.expect("start 0, down 0");
    assert_eq!(world.said(back), "not up");
    // That is over: a later failure is one of its own.
    world.puppet(0).slow = false;
    world.restart(0);
    world.puppet(0).fail_next = 1;
    world.crash(0);
    world.expect("start 0, start 0, start 0");
}

#[test]
fn who_is_added_and_stopped_while_it_starts_is_forgotten() {
    let mut world = World::up(settings(Strategy::OneForOne), []);
    world.puppet(0).slow = true;
    let new = world.start(permanent());
    world.leave(0);
    world.expect("start 0, forget 0");
    assert_eq!(world.said(new), "not up");
}

#[test]
fn a_boot_goes_on_past_a_child_that_was_stopped() {
    for strategy in [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ] {
        let mut world = World::new(settings(strategy), [permanent(), permanent()]);
        world.puppet(0).slow = true;
        world.tell(Event::Boot);
        world.leave(0);
        world.expect("start 0, down 0, start 1, booted");
    }
}

#[test]
fn a_group_is_restarted_without_one_that_is_stopped_on_the_way() {
    let children = || [permanent(), after(50), permanent(), permanent()];
    // While others are stopped.
    let mut world = World::up(settings(Strategy::OneForAll), children());
    world.puppet(3).stubborn = true;
    world.crash(1);
    world.leave(2);
    world.yields(3);
    world.pass(ms(50));
    world.expect("stop 3, down 2, stop 0, start 0, start 1, start 3");
    // While it is stopped itself.
    let mut world = World::up(settings(Strategy::OneForAll), children());
    world.puppet(3).stubborn = true;
    world.crash(1);
    world.leave(3);
    world.pass(ms(50));
    world.expect("stop 3, down 3, stop 2, stop 0, start 0, start 1, start 2");
    // In the wait.
    let mut world = World::up(settings(Strategy::OneForAll), children());
    world.crash(1);
    world.leave(2);
    world.pass(ms(50));
    world.expect("stop 3, stop 2, stop 0, down 2, start 0, start 1, start 3");
    // While others start.
    let mut world = World::up(settings(Strategy::OneForAll), children());
    world.crash(1);
    world.puppet(0).slow = true;
    world.pass(ms(50));
    world.leave(2);
    world.finish(0);
    world.expect("stop 3, stop 2, stop 0, start 0, down 2, start 1, start 3");
    // While it starts itself.
    let mut world = World::up(settings(Strategy::OneForAll), children());
    world.crash(1);
    world.puppet(2).slow = true;
    world.pass(ms(50));
    world.leave(2);
    world.expect("stop 3, stop 2, stop 0, start 0, start 1, start 2, down 2, start 3");
}

#[test]
fn r30_when_the_failed_one_is_stopped_in_the_wait_its_group_stays_down() {
    let mut world = World::up(
        settings(Strategy::RestForOne),
        [permanent(), after(50), permanent()],
    );
    world.crash(1);
    world.leave(1);
    world.pass(ms(1_000));
    world.expect("stop 2, down 1, end 2, down 2");
    assert_eq!(world.running(), [0]);
}

#[test]
fn r30_when_the_failed_one_is_stopped_while_its_group_starts_the_others_go_on() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(0).slow = true;
    world.crash(1);
    world.leave(1);
    world.finish(0);
    world.expect("stop 2, stop 0, start 0, down 1, start 2");
}

#[test]
fn who_is_stopped_while_it_is_cycled_is_started_for_whoever_asked() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.puppet(0).stubborn = true;
    let cycled = world.cycle(0);
    world.leave(0);
    world.expect("stop (keep) 0, down 0, start 0");
    assert_eq!(world.said(cycled), "up");
}

#[test]
fn who_is_stopped_while_it_ends_is_down_as_asked() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(0).stubborn = true;
    let ended = world.terminate(0);
    world.leave(0);
    assert_eq!(world.said(ended), "down");
    world.puppet(1).stubborn = true;
    world.tell(Event::Stop);
    world.leave(1);
    world.expect("end 0, down 0, end 1, down 1, over");
}

#[test]
fn who_is_stopped_when_all_are_is_not_waited_for_again() {
    let mut world = World::up(settings(Strategy::OneForAll), [permanent(), permanent()]);
    world.puppet(1).stubborn = true;
    world.tell(Event::Stop);
    world.leave(0);
    world.yields(1);
    world.expect("end 1, down 0, down 1, over");
}
