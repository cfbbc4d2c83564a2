//! Supervised functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::harness::prelude::*;
use crate::harness::{close, until, within};
use playhouse::supervision::{Cancelled, TaskContext, Unit, supervised, task};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

async fn run(spec: ChildSpec) -> (System, Unit) {
    let system = System::new("office");
    let unit = within(spec.run(&system)).await.expect("it starts");
    (system, unit)
}

/// Everything that the attempts of a task say, in order.
fn voice() -> (UnboundedSender<String>, UnboundedReceiver<String>) {
    unbounded_channel()
}

async fn heard(from: &mut UnboundedReceiver<String>) -> String {
    within(from.recv()).await.expect("somebody still speaks")
}

fn say(to: &UnboundedSender<String>, what: impl Into<String>) {
    // A test that has heard enough listens no more.
    let _ = to.send(what.into());
}

#[tokio::test(start_paused = true)]
async fn a_function_runs_once_and_its_result_can_be_waited_for() {
    let temporary = |spec: ChildSpec| spec.restart(Restart::Temporary);
    let (system, unit) = run(temporary(task("ok", |_| async {}))).await;
    assert_eq!(within(unit.wait()).await, Ok(()));
    let (system_2, unit) = run(temporary(task("error", |_| async { Err("no paper") }))).await;
    let error = within(unit.wait()).await.unwrap_err();
    assert_eq!(error.reason(), &ExitReason::Error("no paper".into()));
    assert_eq!(error.to_string(), "error: no paper");
    let (system_3, unit) = run(temporary(task("panic", |_| async { panic!("boom") }))).await;
    let error = within(unit.wait()).await.unwrap_err();
    assert!(
        error.to_string().contains("supervised worker panic: boom"),
        "{error}"
    );
    assert_eq!(unit.restarts(), 0);
    assert_eq!(
        within(unit.supervisor().wait()).await,
        ExitReason::Shutdown,
        "its supervisor ends with it"
    );
    for system in [system, system_2, system_3] {
        until(async || system.list().is_empty()).await;
        close(system).await;
    }
}

/// Errors, panics and normal ends, for each kind of child: which of them are followed by another attempt.
#[tokio::test(start_paused = true)]
async fn what_is_run_again() {
    for (restart, after_ok, after_error) in [
        (Restart::Permanent, true, true),
        (Restart::Transient, false, true),
        (Restart::Temporary, false, false),
    ] {
        for (how, again) in [
            ("ok", after_ok),
            ("error", after_error),
            ("panic", after_error),
        ] {
            let (speaks, mut hears) = voice();
            let spec = task("task", move |cx: TaskContext| {
                say(&speaks, format!("attempt {}", cx.incarnation()));
                async move {
                    match (cx.incarnation(), how) {
                        (1, "ok") => Ok(()),
                        (1, "error") => Err("no"),
                        (1, _) => panic!("boom"),
                        _ => {
                            cx.until_cancelled().await;
                            Ok(())
                        }
                    }
                }
            });
            let (system, unit) = run(spec.restart(restart)).await;
            assert_eq!(heard(&mut hears).await, "attempt 1");
            if again {
                assert_eq!(heard(&mut hears).await, "attempt 2");
                unit.stop();
            }
            assert_eq!(
                within(unit.wait()).await.is_ok(),
                again || how == "ok",
                "{restart:?} after {how}"
            );
            assert_eq!(unit.restarts(), u64::from(again));
            assert!(hears.try_recv().is_err(), "{restart:?} after {how}");
            close(system).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn supervised_is_transient_waits_longer_each_time_and_never_gives_up() {
    let begun = tokio::time::Instant::now();
    let attempts = Arc::new(AtomicU32::new(0));
    let counts = attempts.clone();
    let (_system, unit) = run(supervised(task("task", move |_| {
        let nr = counts.fetch_add(1, Ordering::SeqCst);
        async move { if nr < 20 { Err("no") } else { Ok(()) } }
    })))
    .await;
    assert_eq!(within(unit.wait()).await, Ok(()));
    assert_eq!((attempts.load(Ordering::SeqCst), unit.restarts()), (21, 20));
    // 200 + 400 + .. + 3,200 ms, and 15 times 5 s, each up to a fifth off; waits at the cap are never longer.
    let took = begun.elapsed();
    assert!(took > secs(64) && took < ms(81_200 + 1_240), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_count_of_retries_counts_restarts() {
    let attempts = Arc::new(AtomicU32::new(0));
    let counts = attempts.clone();
    let spec = task("task", move |_| {
        counts.fetch_add(1, Ordering::SeqCst);
        async { Err("no") }
    });
    let (system, unit) = run(spec.backoff(Backoff::fixed(ms(10))).max_retries(3)).await;
    let error = within(unit.wait()).await.unwrap_err();
    assert_eq!(error.reason(), &ExitReason::Error("no".into()));
    assert_eq!(
        attempts.load(Ordering::SeqCst),
        4,
        "three restarts are four runs"
    );
    assert_eq!(unit.restarts(), 3);
    let ended = within(unit.supervisor().wait()).await;
    assert!(matches!(ended, ExitReason::Escalated { .. }), "{ended}");
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_it_is_no_hot_loop() {
    let attempts = Arc::new(AtomicU32::new(0));
    let counts = attempts.clone();
    let (_system, unit) = run(task("task", move |_| {
        counts.fetch_add(1, Ordering::SeqCst);
        async { Err("no") }
    }))
    .await;
    within(unit.wait()).await.unwrap_err();
    assert_eq!(
        attempts.load(Ordering::SeqCst),
        4,
        "three restarts in five seconds are allowed"
    );
}

#[tokio::test(start_paused = true)]
async fn it_is_told_to_stop_and_has_time_for_it() {
    let (speaks, mut hears) = voice();
    let (system, unit) = run(task("task", move |cx: TaskContext| {
        let speaks = speaks.clone();
        async move {
            say(&speaks, "begins");
            cx.until_cancelled().await;
            assert!(cx.cancelled());
            tokio::time::sleep(secs(4)).await;
            say(&speaks, "has tidied up");
        }
    }))
    .await;
    assert_eq!(heard(&mut hears).await, "begins");
    let begun = tokio::time::Instant::now();
    unit.stop();
    assert_eq!(within(unit.wait()).await, Ok(()));
    assert_eq!(begun.elapsed(), secs(4));
    assert_eq!(heard(&mut hears).await, "has tidied up");
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_listen_is_dropped_at_its_deadline() {
    struct Dropped(Option<oneshot::Sender<()>>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.take().map(|sender| sender.send(()));
        }
    }
    let (sender, dropped) = oneshot::channel();
    let mut sender = Some(sender);
    let (system, unit) = run(task("task", move |_| {
        let guard = Dropped(sender.take());
        async move {
            let _guard = guard;
            std::future::pending::<()>().await
        }
    })
    .shutdown(Shutdown::After(secs(2))))
    .await;
    let begun = tokio::time::Instant::now();
    unit.stop();
    assert_eq!(within(unit.wait()).await, Ok(()));
    assert_eq!(begun.elapsed(), secs(2));
    within(dropped).await.unwrap();
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_kill_by_the_handle_ends_it_and_its_supervision() {
    let (system, unit) = run(supervised(task("task", |_| std::future::pending::<()>()))).await;
    let begun = tokio::time::Instant::now();
    unit.kill();
    assert_eq!(within(unit.wait()).await, Ok(()));
    assert_eq!((begun.elapsed(), unit.restarts()), (secs(0), 0));
    unit.kill();
    unit.stop();
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_restart_ends_at_once() {
    let (system, unit) =
        run(task("task", |_| async { Err("no") }).backoff(Backoff::fixed(secs(3600)))).await;
    until(async || unit.phase() == Phase::Backoff).await;
    let begun = tokio::time::Instant::now();
    unit.stop();
    assert_eq!(within(unit.wait()).await, Ok(()));
    assert_eq!(begun.elapsed(), secs(0));
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn to_give_way_is_no_failure_and_to_say_so_without_reason_is() {
    let (system, unit) = run(supervised(task("task", |cx: TaskContext| async move {
        loop {
            cx.sleep(secs(1)).await?;
        }
        #[allow(unreachable_code)]
        Ok::<_, Cancelled>(())
    })))
    .await;
    unit.supervisor().actor().stop();
    assert_eq!(within(unit.wait()).await, Ok(()), "whoever told it");
    close(system).await;
    let liar = task("task", |_| async { Err(Cancelled) }).restart(Restart::Temporary);
    let (system, unit) = run(liar).await;
    assert!(matches!(
        within(unit.wait()).await.unwrap_err().reason(),
        ExitReason::Error(_)
    ));
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn it_must_beat_within_its_idle_timeout() {
    let (speaks, mut hears) = voice();
    let spec = task("task", move |cx: TaskContext| {
        let speaks = speaks.clone();
        async move {
            say(&speaks, format!("attempt {}", cx.incarnation()));
            for _ in 0..10 {
                tokio::time::sleep(ms(90)).await;
                cx.beat();
            }
            if cx.incarnation() == 1 {
                std::future::pending::<()>().await;
            }
            cx.until_cancelled().await;
        }
    });
    let begun = tokio::time::Instant::now();
    let spec = spec
        .idle_timeout(ms(100))
        .backoff(Backoff::fixed(ms(300)).reset_after(secs(60)));
    let (system, unit) = run(supervised(spec.clone()).backoff(Backoff::fixed(ms(300)))).await;
    assert_eq!(heard(&mut hears).await, "attempt 1");
    assert_eq!(
        heard(&mut hears).await,
        "attempt 2",
        "it is a failure, so policy decides"
    );
    // 900 ms of beats, then between 100 and 160 ms without, then the wait, in which nothing has to beat.
    let took = begun.elapsed();
    assert!(took >= ms(1300) && took <= ms(1361), "{took:?}");
    unit.stop();
    within(unit.wait()).await.unwrap();
    let (system_2, unit) = run(task("task", |_| std::future::pending::<()>())
        .idle_timeout(ms(100))
        .restart(Restart::Temporary))
    .await;
    let error = within(unit.wait()).await.unwrap_err();
    assert_eq!(error.reason(), &ExitReason::IdleTimeout);
    let record = system_2.record(unit.id()).expect("it is kept");
    assert_eq!(
        record.phase.routine_state(Some(&record.reason)),
        "TIMED_OUT"
    );
    close(system).await;
    close(system_2).await;
}

#[tokio::test(start_paused = true)]
async fn what_an_attempt_has_spawned_does_not_outlive_it() {
    /// Says so when it is dropped.
    struct Guard(UnboundedSender<String>, &'static str);
    impl Drop for Guard {
        fn drop(&mut self) {
            say(&self.0, format!("dropped {}", self.1));
        }
    }
    for how in ["returns", "panics", "is killed"] {
        let (speaks, mut hears) = voice();
        let (system, unit) = run(task("task", move |cx: TaskContext| {
            let speaks = speaks.clone();
            async move {
                let guard = Guard(speaks.clone(), "work");
                cx.spawn(async move {
                    let _guard = guard;
                    std::future::pending::<()>().await
                });
                let sum = cx.spawn(async { 1 + 1 });
                assert_eq!(sum.await.unwrap(), 2);
                say(&speaks, "has spawned");
                match how {
                    "returns" => {}
                    "panics" => panic!("boom"),
                    _ => std::future::pending().await,
                }
                let late = Guard(speaks, "late");
                drop(late);
            }
        })
        .restart(Restart::Temporary))
        .await;
        assert_eq!(heard(&mut hears).await, "has spawned");
        if how == "is killed" {
            unit.kill();
        }
        let ended = within(unit.wait()).await;
        assert_eq!(ended.is_ok(), how != "panics");
        let mut rest: Vec<String> = Vec::new();
        while let Some(line) = within(hears.recv()).await {
            rest.push(line);
            if rest.iter().any(|line| line == "dropped work")
                && (how != "returns" || rest.len() == 2)
            {
                break;
            }
        }
        close(system).await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_attempt_nothing_is_spawned_and_it_is_cancelled() {
    let (sender, mut contexts) = unbounded_channel();
    let (system, unit) = run(task("task", move |cx: TaskContext| {
        let _ = sender.send(cx);
        async {}
    })
    .restart(Restart::Temporary))
    .await;
    within(unit.wait()).await.unwrap();
    let cx = within(contexts.recv()).await.unwrap();
    assert!(cx.cancelled() && cx.check() == Err(Cancelled));
    within(cx.until_cancelled()).await;
    assert_eq!(cx.sleep(secs(60)).await, Err(Cancelled));
    cx.beat();
    let refused = within(cx.spawn(async { panic!("it must not run") })).await;
    assert!(refused.unwrap_err().is_cancelled());
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_is_a_child_like_any_other() {
    let system = System::new("office");
    let office = Supervisor::one_for_all()
        .name("office")
        .child(task("a", |cx: TaskContext| async move {
            cx.until_cancelled().await
        }))
        .child(task("b", |cx: TaskContext| async move {
            tokio::time::sleep(secs(1)).await;
            if cx.incarnation() == 1 {
                Err("no")
            } else {
                cx.until_cancelled().await;
                Ok(())
            }
        }))
        .start(&system)
        .await
        .unwrap();
    tokio::time::sleep(secs(2)).await;
    for child in office.children().await {
        assert_eq!(
            (child.restarts, child.state.as_str(), child.type_name),
            (1, Phase::Suspended.as_str(), "Task"),
            "{}",
            child.id
        );
    }
    let status = office.status("b").await.unwrap();
    let json = serde_json::to_value(&status).unwrap();
    let keys: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "exitCode",
            "lastStart",
            "name",
            "restartCount",
            "running",
            "state",
            "type",
            "uptime"
        ]
    );
    assert_eq!(
        (&json["exitCode"], &json["type"], &json["state"]),
        (&1.into(), &"task".into(), &"running".into())
    );
    assert_eq!(json["uptime"], 1_000_000_000_u64);
    assert!(json["lastStart"].as_str().unwrap().ends_with('Z'));
    assert_eq!(office.statuses().await.len(), 2);
    let not_found = office.status("x").await.unwrap_err();
    assert_eq!(not_found, ChildError::NotFound { id: "x".into() });
    within(office.stop()).await;
    close(system).await;
}
