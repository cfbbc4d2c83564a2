//! A supervisor that ends with its significant children.

use super::super::*;
use super::world::*;
use crate::child::Restart;

fn any() -> Settings {
    Settings {
        auto_shutdown: AutoShutdown::AnySignificant,
        ..settings(Strategy::OneForOne)
    }
}

fn all() -> Settings {
    Settings {
        auto_shutdown: AutoShutdown::AllSignificant,
        ..settings(Strategy::OneForOne)
    }
}

#[test]
fn r36_any_significant_the_first_that_ends_by_itself_ends_the_supervisor() {
    for (rules, reason) in [
        (transient(), ExitReason::Normal),
        (transient(), ExitReason::Shutdown),
        (temporary(), ExitReason::Normal),
        (temporary(), boom()),
    ] {
        let mut world = World::up(any(), [permanent(), significant(rules), permanent()]);
        world.exit(1, reason);
        assert_eq!(
            world.story,
            ["exit 1", "auto shutdown 1", "stop 2", "stop 0"]
        );
        assert!(world.state.is_over());
    }
}

#[test]
fn r36_a_restart_is_no_end() {
    for rules in [any(), all()] {
        let mut world = World::up(rules, [significant(transient())]);
        world.crash(0);
        assert!(world.is_running(0));
    }
}

#[test]
fn r36_who_is_not_significant_ends_nobody() {
    for rules in [any(), all(), settings(Strategy::OneForOne)] {
        let never = rules.auto_shutdown == AutoShutdown::Never;
        let one = if never {
            significant(transient())
        } else {
            transient()
        };
        let mut world = World::up(rules, [one, temporary(), significant(transient())]);
        world.exit(0, ExitReason::Normal);
        world.exit(1, boom());
        assert_eq!(world.running(), [2]);
        assert!(world.state.is_up());
    }
}

#[test]
fn r36_all_significant_the_last_that_is_active_ends_the_supervisor() {
    let mut world = World::up(
        all(),
        [
            permanent(),
            significant(transient()),
            significant(temporary()),
            significant(transient()),
        ],
    );
    world.exit(3, ExitReason::Normal);
    world.exit(2, boom());
    assert!(world.state.is_up());
    world.go_on();
    world.exit(1, ExitReason::Shutdown);
    assert_eq!(world.story, ["exit 1", "auto shutdown 1", "stop 0"]);
}

#[test]
fn r37_terminate_and_stop_by_address_end_nobody_else() {
    for rules in [any(), all()] {
        let mut world = World::up(
            rules,
            [
                significant(transient()),
                significant(temporary()),
                permanent(),
            ],
        );
        world.terminate(0);
        world.leave(1);
        assert!(world.state.is_up());
        assert_eq!(world.running(), [2]);
    }
}

#[test]
fn r37_who_was_terminated_is_not_active() {
    let mut world = World::up(all(), [significant(transient()), significant(transient())]);
    world.terminate(0);
    world.exit(1, ExitReason::Normal);
    assert!(world.state.is_over());
}

#[test]
fn r37_being_stopped_for_a_sibling_ends_nobody_else() {
    for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
        let group = Settings {
            auto_shutdown,
            ..settings(Strategy::OneForAll)
        };
        let mut world = World::up(
            group,
            [
                permanent(),
                significant(transient()),
                significant(temporary()),
            ],
        );
        world.crash(0);
        assert_eq!(world.running(), [0, 1]);
    }
}

#[test]
fn r37_ending_by_itself_when_its_group_is_stopped_ends_nobody_else() {
    let group = Settings {
        auto_shutdown: AutoShutdown::AnySignificant,
        ..settings(Strategy::OneForAll)
    };
    let mut world = World::up(
        group,
        [
            significant(temporary()),
            significant(transient()),
            permanent(),
            permanent(),
        ],
    );
    world.puppet(3).stubborn = true;
    world.crash(2);
    world.exit(1, ExitReason::Normal);
    world.exit(0, boom());
    world.yields(3);
    assert_eq!(world.running(), [1, 2, 3]);
}

#[test]
fn r36_a_restart_by_hand_that_fails_ends_nobody_else() {
    let mut world = World::up(any(), [significant(transient())]);
    world.terminate(0);
    world.puppet(0).fail_next = 1;
    world.restart(0);
    world.puppet(1).fail_next = 1;
    world.start(significant(temporary()));
    assert!(world.state.is_up());
}

#[test]
fn r38_k13_who_waits_for_its_restart_is_active() {
    let waits = Rules {
        restart: Restart::Transient,
        ..significant(after(500))
    };
    let mut world = World::up(all(), [waits.clone(), significant(transient())]);
    world.crash(0);
    world.exit(1, ExitReason::Normal);
    assert!(world.state.is_up());
    world.pass(ms(500));
    world.exit(0, ExitReason::Normal);
    assert!(world.state.is_over());

    let group = Settings {
        strategy: Strategy::RestForOne,
        ..all()
    };
    let mut world = World::up(group, [significant(transient()), after(500), waits]);
    world.crash(1);
    world.exit(0, ExitReason::Normal);
    assert!(world.state.is_up(), "its group waits");
}

#[test]
fn r38_who_is_being_cycled_is_active() {
    let mut world = World::up(all(), [significant(transient()), significant(transient())]);
    world.puppet(0).stubborn = true;
    world.cycle(0);
    world.exit(1, ExitReason::Normal);
    assert!(world.state.is_up());
}

#[test]
fn r38_whose_restart_was_called_off_is_not_active() {
    let group = Settings {
        strategy: Strategy::RestForOne,
        ..all()
    };
    for asked_for in [false, true] {
        let mut world = World::up(
            group.clone(),
            [
                significant(transient()),
                permanent(),
                significant(transient()),
                permanent(),
            ],
        );
        world.puppet(3).stubborn = true;
        world.crash(1);
        world.terminate(1);
        if asked_for {
            world.cycle(2);
        }
        world.exit(0, ExitReason::Normal);
        assert_eq!(world.state.is_up(), asked_for);
    }
}

#[test]
fn r39_the_end_of_a_supervisor_below_is_normal_and_goes_on_upwards() {
    // A supervisor that ended with its significant children ends with this reason.
    let mut world = World::up(any(), [significant(transient()), permanent()]);
    world.exit(0, ExitReason::Shutdown);
    assert_eq!(world.story, ["exit 0", "auto shutdown 0", "stop 1"]);
    // One that gave up does not.
    let mut world = World::up(any(), [significant(transient()), permanent()]);
    let (child, cause) = ("x".into(), boom().into());
    world.exit(0, ExitReason::Escalated { child, cause });
    assert_eq!(world.running(), [0, 1]);
}

#[test]
fn r36_a_dynamic_supervisor_ends_with_its_significant_children_too() {
    let mut world = World::up(
        Settings {
            dynamic: true,
            ..all()
        },
        [],
    );
    world.start(significant(temporary()));
    world.start(significant(temporary()));
    world.start(permanent());
    world.crash(0);
    assert!(world.state.is_up());
    world.crash(1);
    assert!(world.state.is_over());
}

#[test]
fn r36_in_the_boot_those_that_are_still_to_come_are_active() {
    let mut world = World::new(
        all(),
        [
            significant(transient()),
            permanent(),
            significant(transient()),
        ],
    );
    world.puppet(1).slow = true;
    world.tell(Event::Boot);
    world.exit(0, ExitReason::Normal);
    world.finish(1);
    assert!(world.state.is_up());
    assert_eq!(world.running(), [1, 2]);
}
