//! Mistakes that were found once: ends by strange ways, factories with destructors of their own, limits without end.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::harness::prelude::*;
use crate::harness::{Bank, Puppet, close, journal, puppet, strung, until, within};
use playhouse::supervision::{Start, StartChildError, inform, supervised, task};
use tokio::time::Instant;

// Limits without end.

#[tokio::test(start_paused = true)]
async fn limits_without_end_are_limits_that_never_pass() {
    let mut bank = Bank::open(|bank, journal| {
        bank.backoff(Backoff::fixed(Duration::MAX))
            .child(
                puppet("a", journal)
                    .shutdown(Shutdown::After(Duration::MAX))
                    .start_limit(Duration::MAX)
                    .idle_timeout(Duration::MAX),
            )
            .child(
                puppet("b", journal)
                    .shutdown(Shutdown::Drain(Duration::MAX))
                    .start_limit(Duration::MAX),
            )
    })
    .await;
    bank.puppet("b").crash().await.unwrap();
    bank.log.expect(&["down b: panic: boom"]).await;
    until(async || bank.puppet_phase("b") == Phase::Backoff).await;
    let due = bank.info("b").await.due_in.expect("it waits");
    assert!(due > secs(u64::MAX / 2), "{due:?}");
    assert!(
        within(bank.bank.tree())
            .await
            .unwrap()
            .to_string()
            .contains("due in")
    );
    within(bank.bank.restart_now("b")).await.unwrap();
    bank.log.expect(&["start b", "up b"]).await;
    assert_eq!(within(bank.bank.stop()).await, ExitReason::Shutdown);
    bank.log
        .expect(&["down b: shutdown", "down a: shutdown"])
        .await;
    assert_eq!(bank.elapsed(), Duration::ZERO);
    bank.close().await;
}

// Units.

#[tokio::test(start_paused = true)]
async fn a_start_of_a_unit_that_nobody_waits_for_leaves_nothing_behind() {
    let system = System::new("office");
    let (journal, _log) = journal();
    let strings = crate::harness::Strings::new();
    strings.hold();
    let starting = strung("slow", &journal, &strings).run(&system);
    tokio::time::timeout(secs(1), starting).await.unwrap_err();
    strings.release();
    until(async || system.list().is_empty()).await;
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_unit_ends_with_its_child_whoever_ended_that() {
    for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
        for how in ["address", "terminate", "drain", "nothing to start"] {
            let system = System::new("office");
            let (journal, _log) = journal();
            let starts = AtomicU32::new(0);
            let spec = actor("a", move || match starts.fetch_add(1, Ordering::SeqCst) {
                0 => Ok(Puppet::new("a", &journal)),
                _ => Err(Start::Ignore),
            });
            let unit = within(spec.restart(restart).run(&system)).await.unwrap();
            let address = unit.address::<Puppet>().unwrap();
            match how {
                "address" => address.stop(),
                "drain" => address.drain(),
                "terminate" => within(unit.supervisor().terminate_child("a"))
                    .await
                    .unwrap(),
                _ => address.crash().await.unwrap(),
            }
            let fails = how == "nothing to start" && restart == Restart::Temporary;
            let ended = within(unit.wait()).await;
            assert_eq!(ended.is_err(), fails, "{restart:?} {how}: {ended:?}");
            until(async || system.list().is_empty()).await;
            close(system).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn to_stop_a_unit_that_has_failed_does_not_hide_the_failure() {
    let system = System::new("office");
    let once = task("once", |_| async { Err("no paper") }).restart(Restart::Temporary);
    let unit = within(once.run(&system)).await.unwrap();
    within(unit.actor().wait()).await;
    unit.stop();
    assert_eq!(
        within(unit.wait()).await.unwrap_err().to_string(),
        "error: no paper"
    );
    unit.kill();
    assert!(within(unit.wait()).await.is_err());
    close(system).await;
}

// Destructors of factories.

/// Something that a factory keeps.
struct Kept<F: FnMut()>(F);

impl<F: FnMut()> Drop for Kept<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn keeps(id: &'static str, drop: impl FnMut() + Send + 'static) -> ChildSpec {
    let (journal, _) = journal();
    let kept = Kept(drop);
    actor(id, move || {
        let _ = &kept;
        Puppet::new(id, &journal)
    })
}

/// One that is refused never becomes a child.
#[tokio::test(start_paused = true)]
async fn a_refused_factory_whose_destructor_panics_harms_nobody() {
    let bank = Bank::open(|bank, journal| bank.child(puppet("a", journal))).await;
    let dropped = Arc::new(AtomicU32::new(0));
    for id in ["a", ""] {
        let count = dropped.clone();
        let bomb = keeps(id, move || {
            count.fetch_add(1, Ordering::SeqCst);
            panic!("a factory's destructor");
        });
        within(bank.bank.start_child(bomb)).await.unwrap_err();
    }
    until(async || dropped.load(Ordering::SeqCst) == 2).await;
    let info = within(bank.bank.info()).await.expect("it runs");
    assert_eq!(info.children.len(), 1);
    assert_eq!(bank.bank.actor().phase(), Phase::Running);
    assert_eq!(within(bank.bank.stop()).await, ExitReason::Shutdown);
    bank.close().await;
}

/// Nobody is there to take the information.
#[tokio::test(start_paused = true)]
async fn information_whose_destructor_panics_harms_nobody() {
    let bank = Bank::open(|bank, journal| bank.child(puppet("a", journal))).await;
    let (journal, _) = journal();
    let strings = crate::harness::Strings::new();
    strings.hold();
    let dropped = Arc::new(AtomicU32::new(0));
    let (count, gate) = (dropped.clone(), strings.clone());
    let spec = actor("b", move || {
        let (count, gate, journal) = (count.clone(), gate.clone(), journal.clone());
        async move {
            gate.pull().await?;
            let info = Kept(move || {
                count.fetch_add(1, Ordering::SeqCst);
                panic!("an information's destructor");
            });
            Ok::<_, &str>(inform(Puppet::new("b", &journal), info))
        }
    });
    let starting = bank.bank.start_child(spec);
    tokio::time::timeout(secs(1), starting).await.unwrap_err();
    strings.release();
    until(async || dropped.load(Ordering::SeqCst) == 1).await;
    assert_eq!(within(bank.bank.counts()).await.active, 2);
    assert_eq!(bank.bank.actor().phase(), Phase::Running);
    bank.close().await;
}

// What is told.

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_waits_for_its_restart_says_so_at_once() {
    let root = Bank::open(|root, journal| {
        let below = Supervisor::one_for_one()
            .name("below")
            .intensity(0, secs(1))
            .child(puppet("a", journal));
        root.backoff(Backoff::fixed(secs(60))).child(below)
    })
    .await;
    let below = root.bank.supervisor("below").unwrap();
    below.address::<Puppet>("a").unwrap().crash().await.unwrap();
    until(async || root.puppet_phase("below") == Phase::Backoff).await;
    let begun = Instant::now();
    let tree = within(root.bank.tree()).await.unwrap();
    assert!(tree.to_string().contains("due in 60s"), "{tree}");
    assert_eq!(tree.below, [None]);
    assert_eq!(within(below.info()).await, None);
    let (journal, _) = journal();
    assert_eq!(
        within(below.start_child(puppet("b", &journal)))
            .await
            .unwrap_err(),
        StartChildError::SupervisorGone
    );
    assert_eq!(
        within(below.terminate_child("a")).await,
        Err(ChildError::SupervisorGone)
    );
    assert_eq!(begun.elapsed(), Duration::ZERO);
    root.close().await;
}

mod errand {
    use super::*;

    #[actor]
    pub(super) struct Task;

    #[handlers]
    impl Task {
        #[message]
        fn run(&self) {}
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_calls_itself_a_task_is_an_actor() {
    let bank = Bank::open(|bank, _| {
        bank.child(actor("actor", || errand::Task))
            .child(task("task", |cx| async move { cx.until_cancelled().await }))
    })
    .await;
    let statuses = within(bank.bank.statuses()).await;
    assert_eq!(statuses["actor"].r#type, "actor");
    assert_eq!(statuses["task"].r#type, "task");
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_by_the_address_is_the_last_exit_too() {
    let mut bank = Bank::open(|bank, journal| bank.child(puppet("a", journal))).await;
    bank.puppet("a").crash().await.unwrap();
    bank.log
        .expect(&["down a: panic: boom", "start a", "up a"])
        .await;
    bank.puppet("a").stop();
    until(async || bank.info("a").await.state == Phase::Stopped).await;
    assert_eq!(bank.info("a").await.last_exit, Some(ExitReason::Shutdown));
    assert_eq!(
        within(bank.bank.status("a")).await.unwrap().exit_code,
        Some(-1)
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_time_that_has_no_text_is_null() {
    let bank = Bank::open(|bank, journal| bank.child(puppet("a", journal))).await;
    let mut status = within(bank.bank.status("a")).await.unwrap();
    for seconds in [253_402_300_800, 1 << 40] {
        status.last_start = Some(std::time::SystemTime::UNIX_EPOCH + secs(seconds));
        let json = serde_json::to_value(&status).unwrap();
        assert_eq!(json["lastStart"], serde_json::Value::Null);
    }
    bank.close().await;
}

// Tasks.

/// What an attempt has spawned may be in the middle of something when the attempt is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_attempt_waits_for_what_the_last_one_has_spawned() {
    let system = System::new("office");
    let (hold, held) = mpsc::channel::<Infallible>();
    let (busy, is_busy) = tokio::sync::oneshot::channel();
    let alive = Arc::new(AtomicU32::new(0));
    let most = Arc::new(AtomicU32::new(0));
    let mut first = Some((held, busy));
    let (count, peak) = (alive.clone(), most.clone());
    let spec = task("work", move |cx| {
        let now = count.fetch_add(1, Ordering::SeqCst) + 1;
        peak.fetch_max(now, Ordering::SeqCst);
        let (count, first) = (count.clone(), first.take());
        drop(cx.spawn(async move {
            if let Some((held, busy)) = first {
                let _ = busy.send(());
                let _ends = held.recv();
            }
            count.fetch_sub(1, Ordering::SeqCst);
        }));
        async move { cx.until_cancelled().await }
    });
    let unit = within(supervised(spec).backoff(Backoff::none()).run(&system))
        .await
        .unwrap();
    within(is_busy).await.unwrap();
    unit.actor().kill();
    within(async {
        // For so many looks in a row, which no start takes that waits for nothing.
        let mut waits = 0;
        while waits < 1_000 && most.load(Ordering::SeqCst) == 1 {
            let is_held = unit.actor().incarnation() == 2 && unit.phase() == Phase::Starting;
            waits = if is_held { waits + 1 } else { 0 };
            tokio::task::yield_now().await;
        }
        drop(hold);
        while unit.phase() != Phase::Suspended {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(unit.actor().incarnation(), 2);
    assert_eq!(most.load(Ordering::SeqCst), 1);
    unit.stop();
    within(unit.wait()).await.unwrap();
    close(system).await;
}
