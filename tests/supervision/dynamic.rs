//! Children that come and go.

use std::sync::Arc;

use crate::harness::prelude::*;
use crate::harness::{Bank, Puppet, close, journal, puppet, until, within};
use playhouse::supervision::{StartChildError, task};
use tokio::sync::Notify;

#[tokio::test(start_paused = true)]
async fn a_thousand_come_and_all_stop_at_once() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let sessions = Supervisor::dynamic("sessions")
        .start(&system)
        .await
        .unwrap();
    let last_words = Arc::new(Notify::new());
    let mut addresses = Vec::new();
    for nr in 0..1_000 {
        let journal = journal.clone();
        let spec = actor(format!("session-{nr}"), move || {
            Puppet::new("session", &journal)
        });
        let started = within(sessions.start_child(spec)).await.unwrap();
        addresses.push(started.address::<Puppet>().unwrap());
    }
    let counts = within(sessions.counts()).await;
    assert_eq!(
        (counts.specs, counts.active, counts.workers),
        (1_000, 1_000, 1_000)
    );
    for address in &addresses {
        address.last_words(last_words.clone()).await.unwrap();
        within(address.total()).await.unwrap();
    }
    log.rest();
    let stopping = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.stop().await }
    });
    // Each of them is told before the first has ended.
    for _ in 0..1_000 {
        assert_eq!(log.next().await, "stopping session");
    }
    last_words.notify_waiters();
    assert_eq!(within(stopping).await.unwrap(), ExitReason::Shutdown);
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn each_has_its_own_time_from_the_same_moment() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let sessions = Supervisor::dynamic("sessions")
        .start(&system)
        .await
        .unwrap();
    for (name, shutdown) in [
        ("long", Shutdown::After(secs(3))),
        ("short", Shutdown::After(secs(1))),
        ("none", Shutdown::Kill),
        ("drains", Shutdown::Drain(secs(2))),
    ] {
        let started = sessions
            .start_child(puppet(name, &journal).shutdown(shutdown))
            .await
            .unwrap();
        started.address::<Puppet>().unwrap().hang().await.unwrap();
    }
    within(async {
        for _ in 0..4 {
            while !log.next().await.starts_with("hangs") {}
        }
    })
    .await;
    let begun = tokio::time::Instant::now();
    let mut ends = tokio::task::JoinSet::new();
    for name in ["long", "short", "none", "drains"] {
        let child = sessions.child(name).unwrap();
        ends.spawn(async move {
            let reason = child.wait().await;
            (name, reason, begun.elapsed())
        });
    }
    assert_eq!(within(sessions.stop()).await, ExitReason::Shutdown);
    let mut ended = within(ends.join_all()).await;
    ended.sort_by_key(|(_, _, after)| *after);
    let killed = |name, after| (name, ExitReason::Killed, after);
    assert_eq!(
        ended,
        [
            killed("none", secs(0)),
            killed("short", secs(1)),
            killed("drains", secs(2)),
            killed("long", secs(3)),
        ]
    );
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn who_has_ended_for_good_is_forgotten() {
    let mut bank = Bank::open(|_, journal| {
        Supervisor::dynamic("sessions")
            .child(puppet("a", journal).restart(Restart::Transient))
            .child(puppet("b", journal))
            .child(puppet("c", journal))
    })
    .await;
    bank.puppet("a").quit(ExitReason::Normal).await.unwrap();
    until(async || bank.bank.counts().await.specs == 2).await;
    within(bank.bank.terminate_child("b")).await.unwrap();
    assert_eq!(
        within(bank.bank.terminate_child("b")).await,
        Err(ChildError::NotFound { id: "b".into() })
    );
    bank.puppet("c").stop();
    until(async || bank.bank.counts().await.specs == 0).await;
    let (journal, mut log) = journal();
    for _ in 0..3 {
        within(bank.bank.start_child(puppet("a", &journal)))
            .await
            .unwrap();
        within(bank.bank.terminate_child("a")).await.unwrap();
    }
    log.expect(&["start a", "up a", "down a: shutdown"]).await;
    bank.log.rest();
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_repaired_alone_and_counts_for_the_supervisor() {
    let mut bank = Bank::open(|_, journal| {
        Supervisor::dynamic("sessions")
            .intensity(1, secs(3600))
            .child(puppet("a", journal))
            .child(puppet("b", journal))
    })
    .await;
    bank.puppet("a").crash().await.unwrap();
    bank.log
        .expect(&["down a: panic: boom", "start a", "up a"])
        .await;
    assert_eq!(bank.puppet("b").actor().incarnation(), 1);
    bank.puppet("b").crash().await.unwrap();
    let reason = within(bank.bank.wait()).await;
    assert!(
        matches!(&reason, ExitReason::Escalated { child, .. } if &**child == "b"),
        "{reason}"
    );
    bank.close().await;
}

/// Those that wait for their restart count, and those that have gone do not.
#[tokio::test(start_paused = true)]
async fn there_may_be_so_many_and_no_more() {
    let bank = Bank::open(|_, journal| {
        Supervisor::dynamic("sessions")
            .max_children(2)
            .backoff(Backoff::fixed(secs(3600)))
            .child(puppet("a", journal))
            .child(puppet("b", journal))
    })
    .await;
    let (journal, _log) = journal();
    let one_more = || within(bank.bank.start_child(puppet("c", &journal)));
    assert_eq!(
        one_more().await.unwrap_err(),
        StartChildError::MaxChildren { max: 2 }
    );
    bank.puppet("a").crash().await.unwrap();
    until(async || bank.info("a").await.state == Phase::Backoff).await;
    assert_eq!(
        one_more().await.unwrap_err(),
        StartChildError::MaxChildren { max: 2 }
    );
    within(bank.bank.terminate_child("a")).await.unwrap();
    one_more().await.unwrap();
    assert_eq!(within(bank.bank.counts()).await.active, 2);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn any_spec_is_a_child_a_supervisor_and_a_task_too() {
    let (journal, _log) = journal();
    let system = System::new("test");
    let sessions = Supervisor::dynamic("sessions")
        .start(&system)
        .await
        .unwrap();
    let group = Supervisor::one_for_all()
        .name("group")
        .child(puppet("a", &journal))
        .child(puppet("b", &journal));
    let started = within(sessions.start_child(group)).await.unwrap();
    let group = started.supervisor().expect("it is one");
    assert_eq!(within(group.counts()).await.active, 2);
    let once = task("once", |_| async {}).restart(Restart::Temporary);
    within(sessions.start_child(once)).await.unwrap();
    until(async || sessions.counts().await.specs == 1).await;
    let counts = sessions.counts().await;
    assert_eq!((counts.supervisors, counts.workers), (1, 0));
    within(sessions.terminate_at("group/a")).await.unwrap();
    assert_eq!(within(group.counts()).await.active, 1);
    within(sessions.stop()).await;
    close(system).await;
}

/// Starts that take long, all at once: none holds up another, and each is answered.
#[tokio::test(start_paused = true)]
async fn slow_starts_do_not_wait_for_each_other() {
    let system = System::new("test");
    let sessions = Supervisor::dynamic("sessions")
        .start(&system)
        .await
        .unwrap();
    let begun = tokio::time::Instant::now();
    let mut starts = tokio::task::JoinSet::new();
    for nr in 0..100 {
        let sessions = sessions.clone();
        let (journal, _log) = journal();
        let spec = actor(format!("session-{nr}"), move || {
            let journal = journal.clone();
            async move {
                tokio::time::sleep(secs(10)).await;
                if nr % 10 == 0 {
                    Err("no")
                } else {
                    Ok(Puppet::new("session", &journal))
                }
            }
        });
        starts.spawn(async move { sessions.start_child(spec).await.is_ok() });
    }
    let answers = within(starts.join_all()).await;
    assert_eq!(answers.iter().filter(|up| **up).count(), 90);
    assert_eq!(begun.elapsed(), secs(10));
    assert_eq!(within(sessions.counts()).await.specs, 90);
    within(sessions.stop()).await;
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn those_that_it_begins_with_start_at_once() {
    let system = System::new("test");
    let begun = tokio::time::Instant::now();
    let slow = |id: &'static str| {
        let (journal, _log) = journal();
        actor(id, move || {
            let journal = journal.clone();
            async move {
                tokio::time::sleep(secs(10)).await;
                Puppet::new(id, &journal)
            }
        })
    };
    let services = Supervisor::dynamic("services")
        .child(slow("a"))
        .child(slow("b"))
        .child(slow("c"));
    let services = within(services.start(&system)).await.unwrap();
    assert_eq!(begun.elapsed(), secs(10), "it is up when all of them are");
    assert_eq!(within(services.counts()).await.active, 3);
    within(services.stop()).await;
    let fails = actor("d", || Err::<Puppet, _>("no"));
    let services = Supervisor::dynamic("services")
        .child(slow("a"))
        .child(fails)
        .child(slow("c"));
    let error = within(services.start(&system)).await.unwrap_err();
    assert!(
        matches!(&error, StartError::Child { child, .. } if &**child == "d"),
        "{error}"
    );
    assert_eq!(begun.elapsed(), secs(10), "the others are given up");
    close(system).await;
}
