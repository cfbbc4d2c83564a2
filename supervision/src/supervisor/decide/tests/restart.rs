//! Which ends are followed by a restart, and of whom: one for one.

use super::super::*;
use super::world::*;

fn abnormal() -> Vec<ExitReason> {
    let escalated = ExitReason::Escalated {
        child: "x".into(),
        cause: boom().into(),
    };
    vec![
        boom(),
        ExitReason::Error("no".into()),
        ExitReason::Killed,
        ExitReason::IdleTimeout,
        ExitReason::StartFailed("no".into()),
        escalated,
    ]
}

fn normal() -> Vec<ExitReason> {
    vec![
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::ShutdownWith("done".into()),
    ]
}

#[test]
fn r11_r12_which_reasons_restart_which_kind() {
    let after = |rules: Rules, reason: &ExitReason, trace: &str| {
        let mut world = World::up(settings(Strategy::OneForOne), [rules]);
        world.exit(0, reason.clone());
        assert_eq!(world.trace.join(", "), trace, "after {reason}");
        assert_eq!(world.children().is_empty(), trace.contains("forget"));
    };
    for reason in abnormal() {
        after(permanent(), &reason, "start 0");
        after(transient(), &reason, "start 0");
        after(temporary(), &reason, "end 0, forget 0");
    }
    for reason in normal() {
        after(permanent(), &reason, "start 0");
        after(transient(), &reason, "end 0, down 0");
        after(temporary(), &reason, "end 0, forget 0");
    }
}

#[test]
fn r26_an_escalation_from_below_is_abnormal_for_a_transient_child() {
    let mut world = World::up(settings(Strategy::OneForOne), [transient()]);
    let cause = boom().into();
    let child = "x".into();
    world.exit(0, ExitReason::Escalated { child, cause });
    world.expect("start 0");
}

#[test]
fn r13_reports_of_earlier_runs_and_of_strangers_are_ignored() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent()]);
    world.crash(0);
    world.expect("start 0");
    for child in [Key(0), Key(7)] {
        for event in [
            Event::Exited {
                child,
                run: 1,
                reason: boom(),
            },
            Event::Started { child, run: 1 },
            Event::Ignored { child, run: 1 },
            Event::Timer {
                child: Some(child),
                generation: 0,
            },
        ] {
            world.tell(event);
        }
    }
    world.tell(Event::Ended { child: Key(7) });
    world.tell(Event::Timer {
        child: None,
        generation: 9,
    });
    world.expect("");
    assert!(world.is_running(0));
}

#[test]
fn r16_one_for_one_leaves_the_others_alone() {
    let mut world = World::up(
        settings(Strategy::OneForOne),
        [permanent(), permanent(), permanent()],
    );
    world.crash(1);
    world.expect("start 1");
    assert_eq!(
        [0, 1, 2].map(|child| world.state.restarts(Key(child))),
        [0, 1, 0]
    );
}

#[test]
fn r8_a_permanent_child_whose_restart_is_ignored_stays_down_without_error() {
    let mut world = World::up(settings(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(0).ignore_next = true;
    world.crash(0);
    world.expect("start 0, end 0, down 0");
    world.pass(ms(100_000));
    world.expect("");
    assert_eq!(world.children(), [0, 1], "it is counted among the specs");
    assert_eq!(world.running(), [1]);
    let back = world.restart(0);
    assert_eq!(world.said(back), "up");
}

#[test]
fn r27_in_the_loop_of_failed_starts_all_else_is_served() {
    let mut world = World::up(patient(Strategy::OneForOne), [after(10), permanent()]);
    world.puppet(0).fail_next = u32::MAX;
    world.crash(0);
    for _ in 0..5 {
        world.pass(ms(10));
        world.crash(1);
        let cycled = world.cycle(1);
        assert_eq!(world.said(cycled), "up");
    }
    world.tell(Event::Stop);
    assert!(world.state.is_over());
}

#[test]
fn r27_a_loop_of_failed_starts_without_wait_is_no_recursion() {
    let mut world = World::up(patient(Strategy::OneForOne), [permanent(), permanent()]);
    world.puppet(0).fail_next = 20_000;
    world.crash(0);
    assert_eq!(world.trace.len(), 20_001);
    assert_eq!(world.running(), [0, 1]);
}

#[test]
fn the_count_of_restarts_leaves_out_what_was_asked_for() {
    let mut world = World::up(patient(Strategy::OneForOne), [permanent()]);
    world.crash(0);
    world.terminate(0);
    world.restart(0);
    world.crash(0);
    assert_eq!(world.state.restarts(Key(0)), 2);
    world.cycle(0);
    assert_eq!(world.state.restarts(Key(0)), 0);
}
