//! The end of a supervisor.

use super::super::*;
use super::world::*;
use crate::child::Shutdown;

#[test]
fn r31_each_child_is_ended_in_its_own_way() {
    let mut world = World::up(
        settings(Strategy::OneForOne),
        [
            stopped_by(Shutdown::Wait),
            stopped_by(Shutdown::After(ms(100))),
            stopped_by(Shutdown::Drain(ms(200))),
            stopped_by(Shutdown::Kill),
        ],
    );
    for child in 0..4 {
        world.puppet(child).stubborn = true;
    }
    world.tell(Event::Stop);
    world.expect("end 3, kill 3, down 3, drain 2");
    world.pass(ms(199));
    world.expect("");
    world.pass(ms(1));
    world.expect("end 2, kill 2, down 2, end 1");
    world.pass(ms(99));
    world.expect("");
    world.pass(ms(1));
    world.expect("kill 1, down 1, end 0");
    world.pass(ms(1_000_000));
    world.expect("");
    world.yields(0);
    world.expect("down 0, over");
}

#[test]
fn r31_with_no_time_at_all_it_is_killed_at_the_next_look() {
    let mut world = World::up(
        settings(Strategy::OneForOne),
        [stopped_by(Shutdown::After(Duration::ZERO))],
    );
    world.puppet(0).stubborn = true;
    world.tell(Event::Stop);
    world.pass(Duration::ZERO);
    world.expect("end 0, kill 0, down 0, over");
}

#[test]
fn r31_who_fails_while_it_is_drained_is_ended() {
    let mut world = World::up(
        settings(Strategy::OneForOne),
        [stopped_by(Shutdown::Drain(ms(200)))],
    );
    world.puppet(0).stubborn = true;
    let ended = world.terminate(0);
    world.expect("drain 0");
    world.crash(0);
    world.expect("end 0, down 0");
    assert_eq!(world.said(ended), "down");
    assert!(world.planned.is_empty());
}

#[test]
fn r31_who_is_drained_is_ended_once() {
    // One that starts has nothing to drain; the report that its start was given up changes nothing.
    let mut world = World::up(
        settings(Strategy::OneForOne),
        [stopped_by(Shutdown::Drain(ms(200)))],
    );
    world.puppet(0).slow = true;
    world.crash(0);
    world.terminate(0);
    world.expect("start 0, end 0, down 0");
}

#[test]
fn r31_who_does_not_even_end_when_killed_is_killed_once() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(1).deaf = true;
    world.tell(Event::Stop);
    world.pass(ms(1_000_000));
    world.expect("end 1, kill 1");
    world.yields(1);
    world.expect("down 1, end 0, down 0, over");
}

#[test]
fn r31_who_was_killed_to_rest_is_killed_again_when_it_is_to_end() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.puppet(0).deaf = true;
    world.cycle(0);
    world.pass(ms(5_000));
    world.expect("stop (keep) 0, kill 0");
    world.tell(Event::Stop);
    world.pass(ms(5_000));
    world.expect("end 0, kill 0");
}

#[test]
fn r32_children_end_in_reverse_one_after_the_other_also_those_added_later() {
    let mut world = World::up(settings(Strategy::RestForOne), [permanent(), permanent()]);
    world.start(permanent());
    for child in 0..3 {
        world.puppet(child).stubborn = true;
    }
    world.go_on();
    world.tell(Event::Stop);
    world.expect("end 2");
    world.yields(2);
    world.expect("down 2, end 1");
    world.yields(1);
    world.expect("down 1, end 0");
    world.yields(0);
    world.expect("down 0, over");
}

#[test]
fn r32_a_child_that_is_on_its_way_down_is_waited_for_in_its_turn() {
    let mut world = World::up(
        settings(Strategy::OneForOne),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(1).stubborn = true;
    world.terminate(1);
    world.go_on();
    world.tell(Event::Stop);
    world.expect("end 2, down 2");
    world.pass(ms(5_000));
    world.expect("kill 1, down 1, end 0, down 0, over");
}

#[test]
fn r33_who_ends_by_itself_while_all_are_stopped_is_not_restarted() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(2).stubborn = true;
    world.tell(Event::Stop);
    world.crash(0);
    world.exit(1, ExitReason::Normal);
    world.expect("end 2");
    world.pass(ms(5_000));
    world.expect("kill 2, down 2, end 1, down 1, end 0, down 0, over");
    assert!(world.planned.is_empty());
}

#[test]
fn r33_a_stop_while_a_group_is_stopped_goes_through_with_it() {
    let mut world = World::up(
        settings(Strategy::OneForAll),
        [permanent(), permanent(), permanent()],
    );
    world.puppet(2).stubborn = true;
    world.crash(1);
    world.tell(Event::Stop);
    world.expect("stop 2, end 2");
    world.pass(ms(5_000));
    world.expect("kill 2, down 2, end 1, down 1, end 0, down 0, over");
}

#[test]
fn r33_a_stop_while_a_child_is_cycled_starts_nobody() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(0).stubborn = true;
    let cycled = world.cycle(0);
    world.tell(Event::Stop);
    world.expect("stop (keep) 0, end 1, down 1, end 0");
    world.yields(0);
    world.expect("down 0, over");
    assert_eq!(world.said(cycled), "not up");
}

#[test]
fn k16_a_start_under_way_is_given_up_by_a_stop() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(0).slow = true;
    world.crash(0);
    world.expect("start 0");
    world.tell(Event::Stop);
    world.expect("rest 0, end 1, down 1, end 0, down 0, over");
}

#[test]
fn k16_a_stop_in_the_boot_stops_what_was_started() {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll] {
        let mut world = World::new(settings(strategy), [permanent(), permanent(), permanent()]);
        world.puppet(1).slow = true;
        world.tell(Event::Boot);
        world.tell(Event::Stop);
        world.expect("start 0, start 1, rest 1, end 2, down 2, end 1, down 1, end 0, down 0, over");
    }
}

#[test]
fn a_stop_before_the_boot_is_the_end() {
    let mut world = World::new(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.tell(Event::Stop);
    world.expect("end 1, down 1, end 0, down 0, over");
}

#[test]
fn a_child_that_comes_up_after_all_is_ended_in_its_turn() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(0).slow = true;
    world.crash(0);
    // The start has succeeded, and its report is on the way, when the stop is decided.
    world.finish_start(0);
    world.puppet(1).stubborn = true;
    world.decide(Event::Stop);
    world.settle();
    world.expect("start 0, rest 0, end 1");
    world.yields(1);
    world.expect("down 1, end 0, down 0, over");
}

#[test]
fn r21_the_children_of_a_dynamic_supervisor_end_at_once_under_their_own_limits() {
    let mut world = World::up(dynamic(), []);
    let shutdowns = [
        Shutdown::After(ms(100)),
        Shutdown::Kill,
        Shutdown::Drain(ms(300)),
        Shutdown::After(ms(200)),
        Shutdown::Wait,
    ];
    for shutdown in shutdowns {
        world.start(stopped_by(shutdown));
    }
    for child in 0..5 {
        world.puppet(child).stubborn = true;
    }
    world.go_on();
    world.tell(Event::Stop);
    world.expect("end 0, end 1, kill 1, drain 2, end 3, end 4, forget 1");
    world.pass(ms(100));
    world.expect("kill 0, forget 0");
    world.pass(ms(100));
    world.expect("kill 3, forget 3");
    world.pass(ms(100));
    world.expect("end 2, kill 2, forget 2");
    world.yields(4);
    world.expect("forget 4, over");
}

#[test]
fn r21_who_does_not_end_is_killed_once_whatever_limits_the_others_have() {
    let mut world = World::up(dynamic(), []);
    for limit in [100, 200, 300] {
        world.start(stopped_by(Shutdown::After(ms(limit))));
        world.puppet(limit / 100 - 1).deaf = true;
    }
    world.terminate(0);
    world.go_on();
    world.pass(ms(50));
    world.tell(Event::Stop);
    world.pass(ms(1_000));
    world.expect("end 1, end 2, kill 0, kill 1, kill 2");
}

#[test]
fn r21_a_dynamic_supervisor_gives_up_starts_and_waits_when_it_stops() {
    let mut world = World::up(dynamic(), []);
    world.start(permanent());
    world.start(after(500));
    world.puppet(2).slow = true;
    let new = world.start(permanent());
    world.crash(1);
    world.go_on();
    world.tell(Event::Stop);
    world.expect("rest 2, end 0, end 1, end 2, forget 0, forget 1, forget 2, over");
    assert_eq!(world.said(new), "not up");
}

#[test]
fn r21_a_hundred_thousand_dynamic_children_stop_in_one_go() {
    let mut world = World::up(
        Settings {
            intensity: None,
            ..dynamic()
        },
        (0..100_000).map(|_| temporary()),
    );
    world.tell(Event::Stop);
    assert!(world.state.is_over());
    assert_eq!(
        world.timers.len(),
        100_001,
        "of the starts, and one for the end of all"
    );
}
