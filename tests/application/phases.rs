//! Phases and tasks: their order, their deadlines, their failures, and what is told of them.

use std::sync::{Arc, Mutex, PoisonError};

use playhouse::prelude::*;
use playhouse::supervision::application::{
    AddError, ApplicationError, CutShort, Outcome, PlanMistake, ShutdownTask,
};
use playhouse::test::paused;
use playhouse_tests::{Gate, Log, Puppet, Trace};
use tokio::time::Instant;

use crate::support::{close, finish, hangs, lines, outcome, succeeds, takes};

#[test]
fn independent_phases_run_together_and_dependent_ones_in_waves() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let application = Application::new(&system)
            .task("c", "c", takes(&log, "c", secs(1)))
            .task("a", "a", takes(&log, "a", secs(2)))
            .task("b", "b", takes(&log, "b", secs(3)))
            .task("d", "d", takes(&log, "d", secs(1)))
            .phase(ShutdownPhase::new("c").after("a").after("b"))
            .phase(ShutdownPhase::new("a"))
            .phase(ShutdownPhase::new("b"))
            .phase(ShutdownPhase::new("d").after(ShutdownPhase::ACTORS));
        let begun = Instant::now();
        let report = close(application, &system).await;
        assert_eq!(
            lines(&report),
            [
                "a: at 0ns for 2s; a done",
                "b: at 0ns for 3s; b done",
                "c: at 3s for 1s; c done",
                "actors: at 4s for 0ns; test done",
                "d: at 4s for 1s; d done",
            ]
        );
        assert_eq!((begun.elapsed(), report.took), (secs(5), secs(5)));
        assert!(report.is_clean() && succeeds(&report), "{report}");
        assert_eq!(
            log.lines(),
            [
                "a begins", "b begins", "a ends", "b ends", "c begins", "c ends", "d begins",
                "d ends"
            ]
        );
    });
}

#[test]
fn tasks_of_one_phase_run_together() {
    paused(async {
        let system = System::new("test");
        let mut application = Application::new(&system).phase(ShutdownPhase::new("flush"));
        for nr in 0..100 {
            application = application.task("flush", nr.to_string(), || tokio::time::sleep(secs(2)));
        }
        let report = close(application, &system).await;
        assert!(report.is_clean());
        assert_eq!((report.tasks().count(), report.took), (101, secs(2)));
    });
}

#[test]
fn actors_live_before_their_phase_and_not_after_it() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let (before, after) = (puppet.clone(), puppet);
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("before"))
            .phase(ShutdownPhase::new("after").after(ShutdownPhase::ACTORS))
            .task("before", "ask", move || async move {
                before.count().await?;
                Ok(())
            })
            .task("after", "ask", move || async move {
                after.count().await?;
                Ok(())
            });
        let report = close(application, &system).await;
        assert_eq!(outcome(&report, "before", "ask"), Outcome::Done);
        let text = Arc::from("the actor has ended");
        assert_eq!(outcome(&report, "after", "ask"), Outcome::Failed(text));
    });
}

fn no_future() -> std::future::Ready<()> {
    panic!("no future")
}

#[test]
fn failures_and_panics_are_told_and_hold_up_nothing() {
    std::panic::set_hook(Box::new(|_| {})); // the panics below are meant
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let bomb = Trace::bomb(&log, "bomb");
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("first"))
            .phase(ShutdownPhase::new("second").after("first"))
            .task("first", "fails", || async { Err("no space".into()) })
            .task("first", "panics", async || {
                if true {
                    panic!("boom");
                }
            })
            .task("first", "panics at once", no_future)
            .task("first", "panics when dropped", move || async move {
                let _bomb = bomb;
            })
            .task("second", "runs", takes(&log, "second", secs(1)));
        let report = close(application, &system).await;
        let text = |text: &str| Arc::<str>::from(text);
        for (task, is) in [
            ("fails", Outcome::Failed(text("no space"))),
            ("panics", Outcome::Panicked(text("boom"))),
            ("panics at once", Outcome::Panicked(text("no future"))),
            (
                "panics when dropped",
                Outcome::Panicked(text("the destructor of `bomb`")),
            ),
        ] {
            assert_eq!(outcome(&report, "first", task), is);
        }
        assert_eq!(outcome(&report, "second", "runs"), Outcome::Done);
        assert!(!report.is_clean() && !succeeds(&report));
    });
}

#[test]
fn a_task_over_its_deadline_is_dropped_and_named() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("flush").deadline(secs(2)))
            .task("flush", "usual", hangs(&log, "usual"))
            .add(
                "flush",
                ShutdownTask::new("longer", hangs(&log, "longer")).deadline(secs(3)),
            )
            .add(
                "flush",
                ShutdownTask::new("shorter", hangs(&log, "shorter")).deadline(secs(1)),
            )
            .phase(ShutdownPhase::new("next").after("flush"))
            .task("next", "next", takes(&log, "next", secs(1)));
        let report = close(application, &system).await;
        assert_eq!(
            log.lines(),
            [
                "usual begins",
                "longer begins",
                "shorter begins",
                "shorter is dropped",
                "usual is dropped",
                "longer is dropped",
                "next begins",
                "next ends",
            ]
        );
        let took: Vec<_> = report.phases[0]
            .tasks
            .iter()
            .map(|task| task.took)
            .collect();
        assert_eq!(took, [secs(2), secs(3), secs(1)]);
        assert_eq!(
            lines(&report)[0],
            "flush: at 0ns for 3s; usual timed out, longer timed out, shorter timed out"
        );
        assert!(!report.is_clean());
        assert_eq!(report.cut_short, None);
    });
}

#[test]
fn a_phase_without_a_deadline_leaves_something_to_the_others() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let hang = |name| hangs(&log, name);
        let application = Application::new(&system)
            .deadline(secs(8))
            .phase(ShutdownPhase::new("a"))
            .phase(ShutdownPhase::new("b").after("a"))
            .task("a", "a", hang("a"))
            .task("b", "b", hang("b"));
        let report = close(application, &system).await;
        assert_eq!(
            lines(&report),
            [
                "a: at 0ns for 4s; a timed out",
                "b: at 4s for 2s; b timed out",
                "actors: at 6s for 0ns; test done",
            ]
        );
    });
}

#[test]
fn only_what_comes_after_a_required_phase_is_left_out_when_it_fails() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let skipped = Trace::new(&log, "skipped is dropped");
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("save").required())
            .phase(ShutdownPhase::new("delete").after("save"))
            .phase(ShutdownPhase::new("other"))
            .phase(ShutdownPhase::new("last").after(ShutdownPhase::ACTORS))
            .task("save", "save", || async { Err("disk full".into()) })
            .task("delete", "delete", move || async move { drop(skipped) })
            .task("other", "other", takes(&log, "other", secs(1)))
            .task("last", "last", takes(&log, "last", secs(1)));
        let report = close(application, &system).await;
        assert_eq!(
            lines(&report),
            [
                "save: at 0ns for 0ns; save failed: disk full",
                "other: at 0ns for 1s; other done",
                "actors: at 1s for 0ns; test done",
                "last: at 1s for 1s; last done",
                "delete: never; delete skipped",
            ]
        );
        assert_eq!(puppet.actor().reason(), Some(ExitReason::Shutdown));
        assert_eq!(log.lines().last().unwrap(), "skipped is dropped");
        assert!(!succeeds(&report));
    });
}

#[test]
fn actors_that_do_not_stop_are_killed_and_named_within_their_part_of_the_time() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let gate = Gate::new();
        let puppet = system
            .spawner()
            .name("stuck")
            .spawn(Puppet::new("a", &log))
            .unwrap();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let application = Application::new(&system)
            .deadline(secs(10))
            .phase(ShutdownPhase::new("last").after(ShutdownPhase::ACTORS))
            .task("last", "last", takes(&log, "last", secs(1)));
        let report = close(application, &system).await;
        assert_eq!(
            lines(&report),
            [
                "actors: at 0ns for 5s; test timed out",
                "last: at 5s for 1s; last done",
            ]
        );
        assert_eq!(report.left.len(), 1);
        let left = &report.left[0];
        assert_eq!(
            (left.id, left.busy_with),
            (puppet.actor().id(), Some("PuppetHold"))
        );
        assert_eq!(puppet.actor().reason(), Some(ExitReason::Killed));
        let said = report.to_string();
        assert!(said.contains("did not stop: Puppet `stuck`"), "{said}");
        assert!(!report.is_clean());
    });
}

/// Many times, on threads and with a real clock: nobody may have killed the actor before it was named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_left_is_named_before_it_is_killed() {
    for round in 0..100 {
        let system = System::new("test");
        let gate = Gate::new();
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut application = Application::new(&system).deadline(ms(5));
        if round % 2 == 0 {
            let actors = ShutdownPhase::new(ShutdownPhase::ACTORS).deadline(ms(5));
            application = application.phase(actors).deadline(secs(60));
        }
        let report = close(application, &system).await;
        assert_eq!(outcome(&report, "actors", "test"), Outcome::TimedOut);
        let cut = (round % 2 == 1).then_some(CutShort::Deadline);
        assert_eq!(report.cut_short, cut);
        assert_eq!(report.left.len(), 1, "{round}: {report}");
        assert_eq!(puppet.wait().await, ExitReason::Killed);
    }
}

#[test]
fn the_actors_may_have_a_deadline_and_an_order_of_their_own() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let gate = Gate::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let application = Application::new(&system)
            .phase(
                ShutdownPhase::new(ShutdownPhase::ACTORS)
                    .deadline(secs(2))
                    .before("last"),
            )
            .phase(ShutdownPhase::new("last"))
            .task(
                ShutdownPhase::ACTORS,
                "beside",
                takes(&log, "beside", secs(1)),
            );
        let report = close(application, &system).await;
        assert_eq!(
            lines(&report),
            [
                "actors: at 0ns for 2s; test timed out, beside done",
                "last: at 2s for 0ns; ",
            ]
        );
    });
}

#[test]
fn at_the_deadline_of_all_what_runs_is_dropped_and_actors_are_killed() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("flush").deadline(secs(100)))
            .phase(ShutdownPhase::new("last").after("flush"))
            .task("flush", "hangs", hangs(&log, "flush"))
            .task("last", "last", takes(&log, "last", secs(1)));
        let begun = Instant::now();
        let report = close(application, &system).await;
        assert_eq!(Application::DEFAULT_DEADLINE, secs(15));
        assert_eq!((begun.elapsed(), report.took), (secs(15), secs(15)));
        assert_eq!(report.cut_short, Some(CutShort::Deadline));
        assert_eq!(
            lines(&report),
            [
                "flush: at 0ns for 15s; hangs timed out",
                "actors: at 15s for 0ns; test timed out",
                "last: never; last skipped",
            ]
        );
        assert_eq!(report.left.len(), 1);
        assert_eq!(report.left[0].id, puppet.actor().id());
        assert_eq!(puppet.actor().reason(), Some(ExitReason::Killed));
        assert!(!succeeds(&report));
    });
}

#[test]
fn all_mistakes_are_found_before_anything_runs() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let started = log.clone();
        let application = Application::new(&system)
            .deadline(secs(0))
            .starting(move |_| async move { started.add("started") })
            .phase(ShutdownPhase::new("a").after("b").deadline(secs(0)))
            .phase(ShutdownPhase::new("b").after("a"))
            .phase(ShutdownPhase::new("b"))
            .phase(ShutdownPhase::new("c").before("d"))
            .task("c", "twice", takes(&log, "c", secs(1)))
            .task("c", "twice", takes(&log, "c", secs(1)))
            .task("c", "", takes(&log, "c", secs(1)))
            .add(
                "c",
                ShutdownTask::new("zero", || async {}).deadline(secs(0)),
            )
            .task("e", "lost", takes(&log, "e", secs(1)));
        let handle = application.handle();
        let error = application.run().await.unwrap_err();
        let ApplicationError::Plan(plan) = &error else {
            panic!("{error:?}");
        };
        let name = |name: &str| PlanMistake::UnknownPhase { name: name.into() };
        let ring = PlanMistake::Ring {
            names: vec!["a".into(), "b".into()],
        };
        assert_eq!(
            plan.mistakes().collect::<Vec<_>>(),
            [
                ("", &PlanMistake::ZeroDeadline),
                ("a", &PlanMistake::ZeroDeadline),
                ("b", &PlanMistake::DuplicatePhase),
                ("c", &name("d")),
                ("a", &ring),
                ("c/twice", &PlanMistake::DuplicateTask),
                ("c/", &PlanMistake::NoName),
                ("c/zero", &PlanMistake::ZeroDeadline),
                ("e/lost", &name("e")),
            ]
        );
        assert_eq!(
            error.to_string(),
            "application: a deadline of zero; a: a deadline of zero; b: two phases have this name; \
             c: there is no phase `d`; a: phases that wait for each other: a -> b -> a; \
             c/twice: two tasks of the phase have this name; c/: a phase or a task without a name; \
             c/zero: a deadline of zero; e/lost: there is no phase `e`"
        );
        assert_eq!(log.lines(), [""; 0]);
        assert_eq!(handle.ended().await, None);
        assert_eq!(system.state(), playhouse::SystemState::Open);
        playhouse::test::assert_no_leaks(&system).await;
    });
}

#[test]
fn tasks_may_be_added_until_their_phase_begins() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let task = |name: &'static str| ShutdownTask::new(name, takes(&log, name, secs(1)));
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("a"))
            .phase(ShutdownPhase::new("b").after("a"));
        let handle = application.handle();
        let kept = Trace::new(&log, "refused is dropped");
        let refused = ShutdownTask::new("early", move || async move { drop(kept) });
        assert_eq!(handle.add("a", refused), Err(AddError::NotRunning));
        assert_eq!(log.lines(), ["refused is dropped"]);

        let results = Arc::new(Mutex::new(Vec::new()));
        let note = |result: Result<(), AddError>| {
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.push(result.map_err(|error| error.to_string()));
        };
        let while_it_shuts_down = {
            let (handle, log, results) = (handle.clone(), log.clone(), results.clone());
            ShutdownTask::new("adds", move || async move {
                let add = |phase: &str, name: &'static str| {
                    let task = ShutdownTask::new(name, takes(&log, name, secs(1)));
                    let result = handle.add(phase, task);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push(result.map_err(|error| error.to_string()));
                };
                add("a", "late");
                add("b", "in time");
            })
        };
        let (starting, first, twice, lost) =
            (handle.clone(), task("first"), task("first"), task("x"));
        let report = {
            let results = results.clone();
            let zero = ShutdownTask::new("zero", || async {}).deadline(secs(0));
            let application = application.starting(move |application| async move {
                let mut all = vec![
                    application.add("a", first),
                    application.add("a", twice),
                    application.add("x", lost),
                    application.add("a", zero),
                    application.add("a", while_it_shuts_down),
                ];
                let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                results.extend(
                    all.drain(..)
                        .map(|result| result.map_err(|error| error.to_string())),
                );
                drop(results);
                starting.shutdown("enough");
            });
            finish(application, &system).await
        };
        note(handle.add("a", task("after all")));
        assert_eq!(
            *results.lock().unwrap_or_else(PoisonError::into_inner),
            [
                Ok(()),
                Err("the phase has a task `first` already".to_owned()),
                Err("there is no phase `x`".to_owned()),
                Err("a deadline of zero".to_owned()),
                Ok(()),
                Err("the phase has begun already".to_owned()),
                Ok(()),
                Err("the application does not run".to_owned()),
            ]
        );
        assert_eq!(
            lines(&report)[..2],
            [
                "a: at 0ns for 1s; first done, adds done",
                "b: at 1s for 1s; in time done"
            ]
        );
    });
}

/// One phase of each kind, so that the words stay as they are.
#[test]
fn a_report_is_for_people() {
    paused(async {
        let system = System::new("shop");
        let log = Log::new();
        let application = Application::new(&system)
            .phase(ShutdownPhase::new("intake"))
            .phase(ShutdownPhase::new("flush").after("intake").required())
            .phase(ShutdownPhase::new("send").after("flush"))
            .task("intake", "listener", takes(&log, "listener", ms(250)))
            .task("flush", "metrics", hangs(&log, "metrics"))
            .task("flush", "audit", || async { Err("no space\nleft".into()) })
            .task("send", "mail", takes(&log, "mail", ms(1)));
        let report = close(application, &system).await;
        assert_eq!(
            report.to_string(),
            "\
shop shut down in 5.25 s, not cleanly (enough)
  intake      at 0.00 s for 0.25 s
    listener    done (0.25 s)
  flush       at 0.25 s for 5.00 s
    metrics     timed out after 5.00 s
    audit       failed: no space left (0.00 s)
  actors      at 5.25 s for 0.00 s
    shop        done (0.00 s)
  send        did not begin
    mail        skipped"
        );
    });
}
