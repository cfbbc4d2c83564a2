//! What is asked for where nothing waits.

use super::super::*;
use super::world::*;
use crate::child::Shutdown;

fn two() -> World {
    World::up(settings(Strategy::OneForOne), [permanent(), transient()])
}

#[test]
fn r34_terminate_keeps_the_spec_and_may_be_repeated() {
    let mut world = two();
    for trace in ["end 0, down 0", "down 0"] {
        let ended = world.terminate(0);
        world.expect(trace);
        assert_eq!(world.said(ended), "down");
    }
    assert_eq!((world.children(), world.running()), (vec![0, 1], vec![1]));
}

#[test]
fn r34_terminate_forgets_a_temporary_child() {
    let mut world = World::up(settings(Strategy::OneForOne), [temporary()]);
    let ended = world.terminate(0);
    world.expect("end 0, forget 0");
    assert_eq!(world.said(ended), "down");
    let again = world.terminate(0);
    assert_eq!(world.said(again), "NotFound");
}

#[test]
fn r34_who_is_not_known_cannot_be_found() {
    let mut world = two();
    let asked = [
        world.terminate(7),
        world.restart(7),
        world.restart_now(7),
        world.cycle(7),
        world.delete(7),
    ];
    world.expect("");
    assert!(asked.iter().all(|asked| world.said(*asked) == "NotFound"));
    assert_eq!(world.unanswered(), 0);
}

#[test]
fn r34_delete_forgets_who_is_down_and_nobody_else() {
    let mut world = two();
    let running = world.delete(0);
    assert_eq!(world.said(running), "Running");
    world.terminate(0);
    world.go_on();
    let gone = world.delete(0);
    world.expect("forget 0");
    assert_eq!(world.said(gone), "gone");
    assert_eq!(world.children(), [1]);
    let again = world.delete(0);
    assert_eq!(world.said(again), "NotFound");
}

#[test]
fn r34_restart_starts_who_is_down_as_a_new_actor_and_nobody_else() {
    let mut world = two();
    let running = world.restart(0);
    assert_eq!(world.said(running), "Running");
    world.crash(0);
    assert_eq!(world.state.run(Key(0)), 2);
    world.terminate(0);
    world.go_on();
    let back = world.restart(0);
    world.expect("start 0");
    assert_eq!(world.said(back), "up");
    assert_eq!(world.state.run(Key(0)), 1);
    world.exit(1, ExitReason::Normal);
    let back = world.restart(1);
    assert_eq!(world.said(back), "up");
}

#[test]
fn r34_a_restart_by_hand_that_fails_or_is_ignored_leaves_the_child_down() {
    for strategy in [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ] {
        let mut world = World::up(settings(strategy), [permanent(), permanent()]);
        world.terminate(0);
        world.puppet(0).fail_next = 1;
        world.go_on();
        let failed = world.restart(0);
        world.expect("start 0, end 0, down 0");
        world.puppet(0).ignore_next = true;
        let ignored = world.restart(0);
        world.expect("start 0, end 0, down 0");
        assert_eq!(
            (world.said(failed), world.said(ignored)),
            ("not up", "ignored")
        );
        assert_eq!((world.children(), world.running()), (vec![0, 1], vec![1]));
        assert!(world.planned.is_empty(), "that is no failure of the child");
    }
}

#[test]
fn r34_start_adds_a_child_behind_all_others() {
    let mut world = two();
    assert_eq!(world.state.next_key(), Key(2));
    let new = world.start(permanent());
    world.expect("start 2");
    assert_eq!(world.said(new), "up");
    world.tell(Event::Stop);
    world.expect("end 2, down 2, end 1, down 1, end 0, down 0, over");
}

#[test]
fn r34_a_start_that_fails_leaves_nothing_behind() {
    for rules in [permanent(), transient(), temporary()] {
        let mut world = two();
        world.puppet(2).fail_next = 1;
        let new = world.start(rules);
        world.expect("start 2, end 2, forget 2");
        assert_eq!(world.said(new), "not up");
        assert_eq!(world.children(), [0, 1]);
        assert_eq!(world.state.restarts_in_window(world.now), 0);
    }
}

#[test]
fn r8_a_start_that_is_ignored_keeps_its_spec_unless_it_is_temporary() {
    let mut world = two();
    world.puppet(2).ignore_next = true;
    let ignored = world.start(permanent());
    world.expect("start 2, end 2, down 2");
    assert_eq!(world.said(ignored), "ignored");
    world.puppet(3).ignore_next = true;
    world.start(temporary());
    world.expect("start 3, end 3, forget 3");
    assert_eq!(world.children(), [0, 1, 2]);
    world.puppet(2).fail_next = 1;
    let failed = world.restart(2);
    assert_eq!(world.said(failed), "not up");
    assert_eq!(world.children(), [0, 1, 2], "it is not new any more");
}

#[test]
fn keys_are_not_used_again() {
    let mut world = two();
    for key in 2..5 {
        world.start(temporary());
        world.terminate(key);
        assert_eq!(world.state.next_key(), Key(key + 1));
    }
}

#[test]
fn an_added_child_that_was_up_once_is_restarted_like_any_other() {
    let mut world = two();
    world.start(permanent());
    world.puppet(2).fail_next = 1;
    world.crash(2);
    world.expect("start 2, start 2, start 2");
    world.terminate(2);
    assert_eq!(world.children(), [0, 1, 2]);
}

#[test]
fn cycle_stops_who_runs_and_starts_it_with_its_queue() {
    let mut world = two();
    world.crash(0);
    world.go_on();
    let cycled = world.cycle(0);
    world.expect("stop (keep) 0, start 0");
    assert_eq!(world.said(cycled), "up");
    assert_eq!(world.state.run(Key(0)), 3);
    assert_eq!(world.state.attempt(Key(0), world.now), 0);
}

#[test]
fn cycle_kills_who_does_not_stop_in_time() {
    let mut world = World::up(
        settings(Strategy::OneForOne),
        [
            stopped_by(Shutdown::After(ms(100))),
            stopped_by(Shutdown::Kill),
        ],
    );
    world.puppet(0).stubborn = true;
    world.puppet(1).stubborn = true;
    world.cycle(0);
    world.pass(ms(100));
    world.expect("stop (keep) 0, kill 0, start 0");
    world.cycle(1);
    world.expect("stop (keep) 1, kill 1, start 1");
}

#[test]
fn cycle_starts_who_is_down_and_waits_for_who_starts() {
    let mut world = two();
    world.terminate(0);
    world.puppet(0).slow = true;
    let (first, second, now) = (world.cycle(0), world.cycle(0), world.restart_now(0));
    world.expect("end 0, down 0, start 0");
    world.finish(0);
    for asked in [first, second, now] {
        assert_eq!(world.said(asked), "up");
    }
}

#[test]
fn cycle_twice_is_done_once() {
    let mut world = two();
    world.puppet(0).stubborn = true;
    let (first, second) = (world.cycle(0), world.cycle(0));
    world.yields(0);
    world.expect("stop (keep) 0, start 0");
    assert_eq!((world.said(first), world.said(second)), ("up", "up"));
}

#[test]
fn restart_now_starts_who_is_down_and_nobody_who_runs() {
    let mut world = two();
    let running = world.restart_now(0);
    assert_eq!(world.said(running), "Running");
    world.terminate(0);
    let down = world.restart_now(0);
    assert_eq!(world.said(down), "up");
}

#[test]
fn a_restart_of_who_is_being_terminated_comes_when_it_is_down() {
    for cycle in [false, true] {
        let mut world = two();
        world.puppet(0).stubborn = true;
        let ended = world.terminate(0);
        let back = if cycle {
            world.cycle(0)
        } else {
            world.restart(0)
        };
        let (deleted, taken) = (world.delete(0), world.state.taken(Key(0)));
        assert_eq!(
            (world.said(deleted), taken),
            ("Running", Some(Refusal::AlreadyStarted))
        );
        world.expect("end 0");
        world.pass(ms(5_000));
        world.expect("kill 0, down 0, start 0");
        assert_eq!((world.said(ended), world.said(back)), ("down", "up"));
    }
}

#[test]
fn of_terminate_and_restart_the_latest_counts() {
    let mut world = two();
    world.puppet(0).stubborn = true;
    world.terminate(0);
    let back = world.restart(0);
    let ended = world.terminate(0);
    world.yields(0);
    world.expect("end 0, down 0");
    assert_eq!((world.said(ended), world.said(back)), ("down", "not up"));

    world.restart(0);
    world.puppet(0).stubborn = true;
    let cycled = world.cycle(0);
    let ended = world.terminate(0);
    world.yields(0);
    world.expect("start 0, stop (keep) 0, end 0, down 0");
    assert_eq!((world.said(ended), world.said(cycled)), ("down", "not up"));
}

#[test]
fn a_temporary_child_that_is_being_terminated_does_not_come_back() {
    let mut world = World::up(settings(Strategy::OneForOne), [temporary()]);
    world.puppet(0).stubborn = true;
    world.terminate(0);
    let back = world.restart(0);
    world.yields(0);
    world.expect("end 0, forget 0");
    assert_eq!(world.said(back), "not up");
}

#[test]
fn a_temporary_child_can_be_cycled() {
    let mut world = World::up(settings(Strategy::OneForOne), [temporary()]);
    let cycled = world.cycle(0);
    world.expect("stop (keep) 0, start 0");
    assert_eq!(world.said(cycled), "up");
}

#[test]
fn who_asks_for_a_start_that_is_terminated_is_told() {
    let mut world = two();
    world.puppet(2).slow = true;
    let new = world.start(permanent());
    let ended = world.terminate(2);
    world.expect("start 2, end 2, forget 2");
    assert_eq!((world.said(new), world.said(ended)), ("not up", "down"));
}

#[test]
fn with_a_limit_no_more_children_are_added() {
    let mut world = World::up(
        Settings {
            max_children: Some(2),
            ..dynamic()
        },
        [permanent()],
    );
    let (added, refused) = (world.start(temporary()), world.start(temporary()));
    assert_eq!(
        (world.said(added), world.said(refused)),
        ("up", "MaxChildren")
    );
    // Who is on its way out still takes its place.
    world.puppet(1).stubborn = true;
    world.terminate(1);
    let refused = world.start(temporary());
    assert_eq!(world.said(refused), "MaxChildren");
    world.yields(1);
    let added = world.start(temporary());
    assert_eq!(world.said(added), "up");
}

#[test]
fn r21_a_dynamic_supervisor_forgets_who_is_down() {
    let mut world = World::up(dynamic(), []);
    for rules in [permanent(), transient(), temporary()] {
        let key = world.state.next_key().0;
        world.start(rules);
        world.go_on();
        world.terminate(key);
        world.expect(&format!("end {key}, forget {key}"));
        let back = world.restart(key);
        assert_eq!(world.said(back), "NotFound");
    }
    world.start(transient());
    world.exit(3, ExitReason::Normal);
    world.puppet(4).ignore_next = true;
    let ignored = world.start(permanent());
    assert_eq!(world.said(ignored), "ignored");
    assert!(world.children().is_empty());
}

#[test]
fn r21_a_dynamic_supervisor_restarts_the_one_that_failed() {
    let mut world = World::up(dynamic(), []);
    world.start(permanent());
    world.start(transient());
    world.go_on();
    world.crash(0);
    world.crash(1);
    world.expect("start 0, start 1");
}

#[test]
fn nothing_is_done_for_a_supervisor_that_stops() {
    let mut world = two();
    world.puppet(1).stubborn = true;
    world.decide(Event::Stop);
    let rules = Box::new(permanent());
    let child = Key(0);
    for request in [
        Request::Start { rules },
        Request::Restart { child },
        Request::RestartNow { child },
        Request::Cycle { child },
        Request::Delete { child },
    ] {
        let asked = world.request(request);
        assert_eq!(world.said(asked), "Stopping");
    }
    // That one comes about.
    let ended = world.terminate(0);
    assert_eq!(world.said(ended), "-");
    world.yields(1);
    assert_eq!(world.said(ended), "down");
    world.expect("end 1, down 1, end 0, down 0, over");
    let ended = world.terminate(0);
    assert_eq!(world.said(ended), "down");
}
