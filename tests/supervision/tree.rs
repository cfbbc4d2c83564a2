//! Supervisors of supervisors.

use std::sync::mpsc::{Receiver, channel};

use tokio::time::Instant;

use crate::harness::prelude::*;

use crate::harness::{
    Bank, Journal, Puppet, Strings, close, journal, puppet, strung, until, within,
};

fn inner() -> Supervisor {
    Supervisor::one_for_one().name("inner")
}

fn below(bank: &Bank, id: &str) -> Address<Puppet> {
    bank.bank.supervisor("inner").unwrap().address(id).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_tree_starts_and_stops_in_order() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let bank = Supervisor::one_for_one()
        .child(puppet("a", &journal))
        .child(
            inner()
                .child(puppet("b", &journal))
                .child(puppet("c", &journal)),
        )
        .child(puppet("d", &journal));
    let bank = within(bank.start(&system)).await.unwrap();
    let started = [
        "start a", "up a", "start b", "up b", "start c", "up c", "start d", "up d",
    ];
    assert_eq!(
        log.rest(),
        started,
        "what comes after a supervisor starts when its children are up"
    );
    let parents: Vec<_> = system
        .snapshot()
        .actors
        .iter()
        .map(|actor| (actor.id, actor.parent))
        .collect();
    let inner = bank.supervisor("inner").unwrap();
    let c = inner.address::<Puppet>("c").unwrap().actor().id();
    assert!(parents.contains(&(c, Some(inner.actor().id()))));
    assert!(parents.contains(&(inner.actor().id(), Some(bank.actor().id()))));
    within(bank.stop()).await;
    assert_eq!(
        log.rest(),
        [
            "down d: shutdown",
            "down c: shutdown",
            "down b: shutdown",
            "down a: shutdown"
        ]
    );
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_below_fails_the_start_above() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let strings = Strings::new();
    strings.fail_next(1);
    let bank = Supervisor::one_for_one()
        .child(puppet("a", &journal))
        .child(
            inner()
                .child(puppet("b", &journal))
                .child(strung("c", &journal, &strings)),
        );
    let error = within(bank.start(&system)).await.unwrap_err();
    let text = "child `inner` did not start: start failed: child `c` did not start: start failed: out of order";
    assert_eq!(error.to_string(), text);
    let lines = [
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "down b: shutdown",
        "down a: shutdown",
    ];
    assert_eq!(log.rest(), lines);
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn giving_up_is_a_failure_to_the_one_above_whatever_the_kind() {
    for restart in [Restart::Permanent, Restart::Transient] {
        let mut bank = Bank::open(|bank, journal| {
            let inner = inner()
                .intensity(0, secs(1))
                .child(puppet("b", journal))
                .child(puppet("c", journal));
            bank.child(puppet("a", journal))
                .child(ChildSpec::from(inner).restart(restart))
        })
        .await;
        let old = below(&bank, "b");
        old.crash().await.unwrap();
        bank.log
            .expect(&[
                "down b: panic: boom",
                "down c: shutdown",
                "start b",
                "up b",
                "start c",
                "up c",
            ])
            .await;
        until(async || bank.info("inner").await.state == Phase::Running).await;
        let new = below(&bank, "b");
        assert_ne!(
            old, new,
            "a supervisor that is restarted makes new children"
        );
        assert!(old.actor().phase().is_final());
        assert_eq!(within(new.total()).await, Ok(0));
        assert_eq!(bank.info("inner").await.restarts, 1);
        bank.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn giving_up_goes_on_to_the_top() {
    let mut bank = Bank::open(|bank, journal| {
        let inner = inner().intensity(1, secs(1)).child(puppet("b", journal));
        bank.intensity(1, secs(1))
            .child(puppet("a", journal))
            .child(inner)
    })
    .await;
    // Two restarts below and one above, each of which allows one more below.
    for crash in 0..4 {
        until(async || {
            bank.bank
                .supervisor("inner")
                .is_ok_and(|inner| inner.address::<Puppet>("b").is_ok())
        })
        .await;
        let b = below(&bank, "b");
        b.crash().await.unwrap();
        if crash < 3 {
            while bank.log.next().await != "up b" {}
            until(async || bank.info("inner").await.state == Phase::Running).await;
        }
    }
    let reason = within(bank.bank.wait()).await;
    assert_eq!(
        reason.to_string(),
        "gave up on `inner`: gave up on `b`: panic: boom"
    );
    assert_eq!(bank.log.rest(), ["down b: panic: boom", "down a: shutdown"]);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_killed_supervisor_comes_back_when_its_old_children_are_gone() {
    let mut bank =
        Bank::open(|bank, journal| bank.child(inner().child(puppet("b", journal)))).await;
    let old = below(&bank, "b");
    bank.bank.supervisor("inner").unwrap().actor().kill();
    bank.log.expect(&["start b"]).await;
    assert_eq!(old.actor().reason(), Some(ExitReason::Killed));
    bank.log.expect(&["up b"]).await;
    until(async || {
        bank.bank
            .supervisor("inner")
            .is_ok_and(|inner| inner.address::<Puppet>("b").is_ok())
    })
    .await;
    assert_eq!(within(below(&bank, "b").total()).await, Ok(0));
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_below_can_be_terminated() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(
            inner()
                .child(puppet("b", journal))
                .child(puppet("c", journal)),
        )
    })
    .await;
    assert_eq!(within(bank.bank.terminate_child("inner")).await, Ok(()));
    assert_eq!(bank.log.rest(), ["down c: shutdown", "down b: shutdown"]);
    assert!(matches!(
        bank.bank.supervisor("inner"),
        Err(ChildError::Ended { .. })
    ));
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_start_of_a_supervisor_can_have_a_limit() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let strings = Strings::new();
    strings.hold();
    let inner = inner()
        .child(puppet("b", &journal))
        .child(strung("c", &journal, &strings));
    let inner = ChildSpec::from(inner).start_limit(secs(3));
    let begun = Instant::now();
    let bank = Supervisor::one_for_one()
        .child(puppet("a", &journal))
        .child(inner);
    let error = within(bank.start(&system)).await.unwrap_err();
    assert!(
        matches!(
            error,
            StartError::Child {
                reason: ExitReason::StartFailed(_),
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(begun.elapsed(), secs(4));
    let lines = [
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "down b: shutdown",
        "down a: shutdown",
    ];
    assert_eq!(log.rest(), lines);
    close(system).await;
}

/// Holds its thread until it is let go; a kill cannot reach it before.
#[actor]
struct Blocker {
    journal: Journal,
}

#[handlers]
impl Blocker {
    #[message]
    fn block(&mut self, until: Receiver<()>) {
        self.journal.write("blocks");
        // Also when the test fails and drops the other end.
        let _ = until.recv();
    }

    #[started]
    fn up(&mut self) {
        self.journal.write("up blocker");
    }
}

impl Drop for Blocker {
    fn drop(&mut self) {
        self.journal.write("gone blocker");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn two_generations_of_children_never_live_at_the_same_time() {
    let mut bank = Bank::open(|bank, journal| {
        let journal = journal.clone();
        let blocker = actor("blocker", move || Blocker {
            journal: journal.clone(),
        });
        bank.child(inner().child(blocker))
    })
    .await;
    let inner = bank.bank.supervisor("inner").unwrap();
    let (said, until_said) = channel();
    inner
        .address::<Blocker>("blocker")
        .unwrap()
        .block(until_said)
        .await
        .unwrap();
    bank.log.expect(&["blocks"]).await;
    inner.actor().kill();
    within(async {
        while inner.actor().incarnation() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bank.log.rest(), [""; 0]);
    said.send(()).unwrap();
    bank.log.expect(&["gone blocker", "up blocker"]).await;
    bank.close().await;
}
