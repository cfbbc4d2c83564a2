//! What ends an application.

use std::sync::Arc;

use playhouse::SystemState;
use playhouse::prelude::*;
use playhouse::supervision::application::{Outcome, ShutdownReason};
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, Puppet, Trace, soon};
use tokio::time::Instant;

use crate::support::{close, finish, hangs, outcome, succeeds, takes};

/// An application of one phase with one task that is done at once.
fn flushing(system: &System, log: &Log) -> Application {
    Application::new(system)
        .phase(ShutdownPhase::new("flush"))
        .task("flush", "flush", takes(log, "flush", secs(1)))
}

/// Gives up at the first failure of its child.
async fn fragile(system: &System, log: &Log) -> Address<Puppet> {
    let log = log.clone();
    let root = Supervisor::one_for_one()
        .name("root")
        .intensity(0, secs(1))
        .child(actor("puppet", move || Puppet::new("puppet", &log)));
    let root = soon(root.start(system)).await.expect("it starts");
    root.address("puppet").expect("the child is there")
}

#[test]
fn the_first_who_asks_gives_the_reason_and_others_change_nothing() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let application = flushing(&system, &log);
        let handle = application.handle();
        let asking = tokio::spawn({
            let handle = handle.clone();
            async move {
                tokio::time::sleep(secs(1)).await;
                assert_eq!(handle.reason(), None);
                assert!(handle.shutdown("sold\nout"));
                let reason = soon(handle.begun()).await;
                tokio::time::sleep(ms(500)).await;
                assert!(!handle.shutdown("again"), "it is on its way");
                reason
            }
        });
        let begun = Instant::now();
        let report = finish(application, &system).await;
        let reason = ShutdownReason::Requested(Arc::from("sold out"));
        assert_eq!(asking.await.unwrap(), Some(reason.clone()));
        assert_eq!((begun.elapsed(), report.took), (secs(2), secs(1)));
        assert!(!handle.shutdown("once more"), "it is over");
        handle.force();
        assert_eq!(handle.reason(), Some(reason.clone()));
        assert_eq!(report.reason, reason);
        assert_eq!(soon(handle.ended()).await.as_deref(), Some(&report));
        assert!(succeeds(&report));
        assert_eq!(log.lines(), ["flush begins", "flush ends"]);
    });
}

#[test]
fn a_shutdown_that_was_asked_for_before_it_runs_is_remembered_and_nothing_starts() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let started = log.clone();
        let application =
            flushing(&system, &log).starting(move |_| async move { started.add("started") });
        let report = close(application, &system).await;
        assert!(report.is_clean());
        assert_eq!(log.lines(), ["flush begins", "flush ends"]);
    });
}

/// Where threads could begin a start before it is taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_before_it_began_starts_nothing() {
    let log = Log::new();
    for _ in 0..200 {
        let started = log.clone();
        let system = System::new("test");
        let application =
            Application::new(&system).starting(move |_| async move { started.add("started") });
        let report = close(application, &system).await;
        assert!(report.is_clean());
    }
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn a_supervisor_that_gives_up_at_the_root_ends_it_as_a_failure() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = fragile(&system, &log).await;
        let application = flushing(&system, &log);
        puppet.crash("boom".into()).await.unwrap();
        let report = finish(application, &system).await;
        let reason = ExitReason::Escalated {
            child: "puppet".into(),
            cause: ExitReason::Panic("boom".into()).into(),
        };
        assert_eq!(report.reason, ShutdownReason::GaveUp(reason.clone()));
        assert_eq!(report.gave_up, Some(reason));
        assert_eq!(outcome(&report, "flush", "flush"), Outcome::Done);
        assert!(!report.is_clean() && !succeeds(&report));
    });
}

#[test]
fn a_supervisor_that_gives_up_while_it_shuts_down_is_told() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = fragile(&system, &log).await;
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("flush"))
            .task("flush", "crash", move || async move {
                puppet
                    .crash("boom".into())
                    .await
                    .map_err(|error| error.reason())?;
                puppet.wait().await;
                Ok(())
            });
        let report = close(application, &system).await;
        assert!(report.gave_up.is_some());
        assert_eq!(outcome(&report, "flush", "crash"), Outcome::Done);
        assert!(!report.is_clean() && !succeeds(&report));
        let said = report.to_string();
        assert!(said.ends_with("gave up on `puppet`: panic: boom"), "{said}");
    });
}

#[test]
fn who_shuts_the_system_down_ends_it_in_order() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let application = flushing(&system, &log);
        let running = tokio::spawn({
            let system = system.clone();
            async move { finish(application, &system).await }
        });
        tokio::task::yield_now().await;
        system.shutdown(secs(1)).await.unwrap();
        let report = soon(running).await.unwrap();
        assert_eq!(report.reason, ShutdownReason::SystemEnded);
        assert!(succeeds(&report));
        assert_eq!(log.lines(), ["flush begins", "flush ends"]);
    });
}

#[test]
fn a_start_that_fails_or_panics_ends_it_as_a_failure_in_order() {
    std::panic::set_hook(Box::new(|_| {})); // the panic below is meant
    paused(async {
        for (panics, said) in [(false, "no power"), (true, "panicked: no power")] {
            let system = System::new("test");
            let log = Log::new();
            let application = flushing(&system, &log).starting(move |_| async move {
                tokio::time::sleep(secs(1)).await;
                assert!(!panics, "no power");
                Err("no power".into())
            });
            let report = finish(application, &system).await;
            assert_eq!(report.reason, ShutdownReason::StartFailed(said.into()));
            assert!(!report.is_clean() && !succeeds(&report));
            assert_eq!(log.lines(), ["flush begins", "flush ends"]);
        }
    });
}

#[test]
fn a_shutdown_while_it_starts_drops_the_start_and_stops_what_was_started() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let gate = Gate::new();
        let held = gate.clone();
        let trace = Trace::new(&log, "start is dropped");
        let (name, root) = (log.clone(), system.clone());
        let application = flushing(&system, &log).starting(move |_| async move {
            let _trace = trace;
            let root = Supervisor::one_for_one()
                .child(actor("up", {
                    let log = name.clone();
                    move || Puppet::new("up", &log)
                }))
                .child(actor("slow", move || {
                    let (held, log) = (held.clone(), name.clone());
                    async move {
                        held.pass().await;
                        Puppet::new("slow", &log)
                    }
                }))
                .start(&root)
                .await?;
            drop(root);
            Ok(())
        });
        let handle = application.handle();
        let running = tokio::spawn({
            let system = system.clone();
            async move { finish(application, &system).await }
        });
        gate.arrival().await;
        assert!(handle.shutdown("changed my mind"));
        let report = soon(running).await.unwrap();
        assert!(report.is_clean(), "{report}");
        assert_eq!(gate.arrivals(), 1);
        let lines = log.lines();
        assert_eq!(lines[0], "up started 1");
        for line in ["start is dropped", "up stopping shutdown", "flush ends"] {
            assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
        }
        assert!(
            !lines.iter().any(|line| line.starts_with("slow")),
            "{lines:?}"
        );
    });
}

#[test]
fn what_is_started_goes_on_until_somebody_asks() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let application = flushing(&system, &log).starting({
            let (system, log) = (system.clone(), log.clone());
            move |application| async move {
                let puppet = system.spawn(Puppet::new("a", &log));
                tokio::spawn(async move {
                    puppet.wait().await;
                    application.shutdown("it left");
                });
                log.add("started");
            }
        });
        let leaving = tokio::spawn({
            let (system, log) = (system.clone(), log.clone());
            async move {
                log.wait_for(2).await;
                tokio::time::sleep(secs(3600)).await;
                system.list()[0].stop();
            }
        });
        let report = application.run().await.unwrap();
        leaving.await.unwrap();
        assert_eq!(report.reason.to_string(), "it left");
        assert_eq!(
            log.lines(),
            [
                "started",
                "a started 1",
                "a stopping shutdown",
                "flush begins",
                "flush ends"
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn dropped_while_it_runs_it_drops_its_tasks_and_nobody_waits_for_ever() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("flush"))
            .task("flush", "hangs", hangs(&log, "flush"));
        let handle = application.handle();
        let running = tokio::spawn(application.run());
        handle.shutdown("enough");
        log.wait_for(1).await;
        let ended = tokio::spawn({
            let handle = handle.clone();
            async move { handle.ended().await }
        });
        tokio::task::yield_now().await;
        assert!(!ended.is_finished());
        running.abort();
        assert_eq!(soon(ended).await.unwrap(), None);
        assert_eq!(log.wait_for(2).await, ["flush begins", "flush is dropped"]);
        assert_eq!(system.state(), SystemState::Open, "it is left as it was");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn never_run_it_releases_who_waits() {
    paused(async {
        let system = System::new("test");
        let application = Application::new(&system);
        let handle = application.handle();
        let waiting = tokio::spawn({
            let handle = handle.clone();
            async move { (handle.begun().await, handle.ended().await) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(application);
        assert_eq!(soon(waiting).await.unwrap(), (None, None));
        assert!(!handle.shutdown("too late"));
        handle.force();
        assert_eq!(handle.reason(), None);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn the_runtime_may_end_first_and_nobody_waits_for_ever() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let log = Log::new();
    let handle = runtime.block_on(async {
        let system = System::new("test");
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("flush").deadline(secs(3600)))
            .task("flush", "hangs", hangs(&log, "flush"))
            .deadline(secs(3600));
        let handle = application.handle();
        tokio::spawn(application.run());
        handle.shutdown("enough");
        log.wait_for(1).await;
        handle
    });
    drop(runtime);
    assert_eq!(log.lines(), ["flush begins", "flush is dropped"]);
    paused(async {
        assert_eq!(soon(handle.ended()).await, None);
        assert!(!handle.shutdown("again"));
    });
}

#[test]
fn two_applications_of_one_system_may_end_at_the_same_time() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let (one, two) = (flushing(&system, &log), flushing(&system, &log));
        one.handle().shutdown("one");
        two.handle().shutdown("two");
        let (one, two) = soon(async { tokio::join!(one.run(), two.run()) }).await;
        assert!(one.unwrap().is_clean() && two.unwrap().is_clean());
        assert_eq!(puppet.actor().reason(), Some(ExitReason::Shutdown));
        assert_no_leaks(&system).await;
    });
}

/// What `main` returns may be a report.
#[test]
fn a_report_is_an_exit_code() {
    fn is<T: std::process::Termination>(_: &T) {}
    paused(async {
        let system = System::new("test");
        let report = close(Application::new(&system), &system).await;
        is(&report);
        is(&Ok::<_, playhouse::supervision::ApplicationError>(report));
    });
}
