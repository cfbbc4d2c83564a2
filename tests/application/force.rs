//! What forces a shutdown, and what cannot be forced.

use playhouse::prelude::*;
use playhouse::supervision::application::{CutShort, Outcome, ShutdownReport};
use playhouse::test::{Baseline, assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, Puppet, Trace, soon};
use tokio::time::Instant;

use crate::support::{finish, hangs, lines, outcome, succeeds, takes};

/// Shuts down, and forces it when the log has a line.
async fn forced_after(application: Application, system: &System, log: &Log) -> ShutdownReport {
    let handle = application.handle();
    handle.shutdown("enough");
    let before = log.lines().len();
    let forcing = tokio::spawn({
        let log = log.clone();
        async move {
            log.wait_for(before + 1).await;
            handle.force();
            handle.force();
        }
    });
    let report = finish(application, system).await;
    soon(forcing).await.unwrap();
    report
}

#[test]
fn force_drops_what_runs_leaves_out_the_rest_and_kills_the_actors() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        log.wait_for(1).await;
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("flush"))
            .phase(ShutdownPhase::new("next").after("flush"))
            .phase(ShutdownPhase::new("last").after(ShutdownPhase::ACTORS))
            .task("flush", "hangs", hangs(&log, "flush"))
            .task("next", "next", takes(&log, "next", secs(1)))
            .task("last", "last", takes(&log, "last", secs(1)));
        let begun = Instant::now();
        let report = forced_after(application, &system, &log).await;
        assert_eq!(begun.elapsed(), secs(0), "nothing is waited for");
        assert_eq!(report.cut_short, Some(CutShort::Forced));
        assert_eq!(
            lines(&report),
            [
                "flush: at 0ns for 0ns; hangs forced",
                "actors: at 0ns for 0ns; test forced",
                "next: never; next skipped",
                "last: never; last skipped",
            ]
        );
        assert_eq!(report.left.len(), 1);
        assert_eq!(report.left[0].id, puppet.actor().id());
        assert_eq!(puppet.actor().reason(), Some(ExitReason::Killed));
        assert!(!succeeds(&report));
        assert_eq!(
            log.lines(),
            ["a started 1", "flush begins", "flush is dropped"],
            "and no last words of the actor"
        );
    });
}

#[test]
fn force_kills_actors_that_are_being_stopped() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let gate = Gate::new();
        let mut state = Puppet::new("a", &log);
        state.at_stop = Some(gate.clone());
        let puppet = system.spawn(state);
        log.wait_for(1).await;
        let application = Application::new(&system);
        let handle = application.handle();
        handle.shutdown("enough");
        let forcing = tokio::spawn(async move {
            gate.arrival().await;
            handle.force();
        });
        let begun = Instant::now();
        let report = finish(application, &system).await;
        soon(forcing).await.unwrap();
        assert_eq!(begun.elapsed(), secs(0));
        assert_eq!(lines(&report), ["actors: at 0ns for 0ns; test forced"]);
        assert_eq!(report.left[0].busy_with, Some("stopping"));
        assert_eq!(puppet.actor().reason(), Some(ExitReason::Killed));
    });
}

#[test]
fn force_kills_a_whole_tree_and_nobody_in_it_is_started_again() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let name = log.clone();
        let root = Supervisor::one_for_one()
            .name("root")
            .child(actor("puppet", move || Puppet::new("puppet", &name)))
            .start(&system)
            .await
            .unwrap();
        let application = Application::new(&system);
        application.handle().force();
        let report = finish(application, &system).await;
        assert_eq!(report.left.len(), 2, "{report}");
        assert_eq!(root.actor().reason(), Some(ExitReason::Killed));
        assert_eq!(log.lines(), ["puppet started 1"]);
    });
}

#[test]
fn those_with_a_message_in_hand_are_named_first() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let gate = Gate::new();
        let idle = system.spawn(Puppet::new("idle", &log));
        let busy = system.spawn(Puppet::new("busy", &log));
        busy.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        log.wait_for(2).await;
        let application = Application::new(&system);
        application.handle().force();
        let report = finish(application, &system).await;
        let left: Vec<_> = report.left.iter().map(|left| left.id).collect();
        assert_eq!(left, [busy.actor().id(), idle.actor().id()]);
    });
}

#[test]
fn force_before_anything_began_begins_nothing() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let started = log.clone();
        let application = Application::new(&system)
            .starting(move |_| async move { started.add("started") })
            .phase(ShutdownPhase::new("flush"))
            .task("flush", "flush", takes(&log, "flush", secs(1)));
        let handle = application.handle();
        handle.force();
        let report = finish(application, &system).await;
        assert_eq!(report.reason.to_string(), "forced");
        assert_eq!(report.cut_short, Some(CutShort::Forced));
        assert_eq!(
            lines(&report),
            [
                "actors: at 0ns for 0ns; test forced",
                "flush: never; flush skipped"
            ]
        );
        assert!(report.left.is_empty());
        assert!(!succeeds(&report));
        assert_eq!(log.lines(), [""; 0]);
    });
}

#[test]
fn force_while_it_starts_drops_the_start() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let hang = hangs(&log, "start");
        let application = Application::new(&system).starting(move |_| hang());
        let handle = application.handle();
        let forcing = tokio::spawn({
            let log = log.clone();
            async move {
                log.wait_for(1).await;
                handle.force();
            }
        });
        let report = finish(application, &system).await;
        soon(forcing).await.unwrap();
        assert_eq!(report.cut_short, Some(CutShort::Forced));
        assert_eq!(log.wait_for(2).await, ["start begins", "start is dropped"]);
    });
}

#[test]
fn what_panics_when_it_is_dropped_ends_no_shutdown() {
    std::panic::set_hook(Box::new(|_| {})); // the panics below are meant
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let running = Trace::bomb(&log, "running");
        let skipped = Trace::bomb(&log, "skipped");
        let held = log.clone();
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("flush"))
            .phase(ShutdownPhase::new("next").after("flush"))
            .task("flush", "bomb", move || async move {
                let _running = running;
                held.add("flush begins");
                std::future::pending::<()>().await;
            })
            .task("next", "bomb", move || async move { drop(skipped) });
        let report = forced_after(application, &system, &log).await;
        assert_eq!(outcome(&report, "flush", "bomb"), Outcome::Forced);
        assert_eq!(outcome(&report, "next", "bomb"), Outcome::Skipped);
        let lines = log.wait_for(3).await;
        assert!(lines.contains(&"running".to_owned()), "{lines:?}");
        assert!(lines.contains(&"skipped".to_owned()), "{lines:?}");
    });
}

/// Real time and threads: what blocks its thread cannot be dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_blocks_its_thread_is_named_and_left_behind() {
    let baseline = Baseline::take();
    let system = System::new("test");
    let gate = Gate::new();
    let (late, forced) = (gate.clone(), gate.clone());
    let application = Application::new(&system)
        .phase(ShutdownPhase::new("late").deadline(ms(20)))
        .phase(
            ShutdownPhase::new("forced")
                .after("late")
                .deadline(secs(60)),
        )
        .task(
            "late",
            "blocks",
            move || async move { late.pass_blocking() },
        )
        .task(
            "forced",
            "blocks",
            move || async move { forced.pass_blocking() },
        )
        .deadline(secs(120));
    let handle = application.handle();
    handle.shutdown("enough");
    // Not a task of its own: one that is woken by a thread that blocks then may never run.
    let forcing = async {
        gate.arrival().await;
        gate.arrival().await;
        handle.force();
    };
    let (report, ()) = soon(async { tokio::join!(application.run(), forcing) }).await;
    let report = report.unwrap();
    assert_eq!(outcome(&report, "late", "blocks"), Outcome::TimedOut);
    assert_eq!(outcome(&report, "forced", "blocks"), Outcome::Forced);
    gate.open_all();
    assert_no_leaks(&system).await;
    baseline.assert_restored().await;
}
