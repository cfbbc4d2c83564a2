//! Children that are restarted together.

use crate::harness::prelude::*;
use crate::harness::{Bank, Strings, puppet, strung, until, within};
use playhouse::supervision::KeepQueue;

fn three(supervisor: Supervisor, journal: &crate::harness::Journal) -> Supervisor {
    supervisor
        .name("bank")
        .child(puppet("a", journal))
        .child(puppet("b", journal))
        .child(puppet("c", journal))
}

#[tokio::test(start_paused = true)]
async fn one_for_all_stops_in_reverse_and_starts_in_order() {
    let mut bank = Bank::open(|_, journal| three(Supervisor::one_for_all(), journal)).await;
    let addresses = ["a", "b", "c"].map(|id| bank.puppet(id));
    bank.puppet("b").crash().await.unwrap();
    bank.log
        .expect(&[
            "down b: panic: boom",
            "down c: shutdown",
            "down a: shutdown",
            "start a",
            "up a",
            "start b",
            "up b",
            "start c",
            "up c",
        ])
        .await;
    for address in &addresses {
        assert_eq!(
            within(address.total()).await,
            Ok(0),
            "the address is as good as before"
        );
        assert_eq!(address.actor().incarnation(), 2);
    }
    for id in ["a", "b", "c"] {
        assert_eq!(bank.info(id).await.restarts, 1, "{id}");
    }
    let info = within(bank.bank.info()).await.unwrap();
    assert_eq!(
        (info.restarts_in_window, info.budget),
        (1, Some(2)),
        "a group counts once"
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_leaves_alone_what_came_before() {
    let mut bank = Bank::open(|_, journal| three(Supervisor::rest_for_one(), journal)).await;
    bank.puppet("a").add(5).await.unwrap();
    bank.puppet("b").crash().await.unwrap();
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
    assert_eq!(within(bank.puppet("a").total()).await, Ok(5));
    assert_eq!(bank.puppet("a").actor().incarnation(), 1);
    assert_eq!(bank.log.rest(), [""; 0]);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_others_stop_at_once_and_all_start_after_the_wait() {
    let mut bank = Bank::open(|_, journal| {
        three(Supervisor::one_for_all(), journal).backoff(Backoff::fixed(secs(2)))
    })
    .await;
    bank.puppet("a").crash().await.unwrap();
    bank.log
        .expect(&[
            "down a: panic: boom",
            "down c: shutdown",
            "down b: shutdown",
        ])
        .await;
    assert!(bank.elapsed() < ms(10));
    for id in ["a", "b", "c"] {
        let info = bank.info(id).await;
        assert_eq!((info.state, info.attempt), (Phase::Backoff, 1), "{id}");
        let due = info.due_in.expect("it waits");
        assert!(due > ms(1900) && due <= secs(2), "{due:?}");
    }
    bank.log
        .expect(&["start a", "up a", "start b", "up b", "start c", "up c"])
        .await;
    assert!(bank.elapsed() >= secs(2) && bank.elapsed() < ms(2100));
    bank.close().await;
}

/// What waits for a sibling of the failed one, and is in its way: only who says so keeps it.
#[tokio::test(start_paused = true)]
async fn queues_of_siblings_outlive_the_restart_if_their_specs_say_so() {
    let keeps = [KeepQueue::OwnFailure, KeepQueue::Always, KeepQueue::Never];
    for (nr, keep) in keeps.into_iter().enumerate() {
        let strings = Strings::new();
        let mut bank = Bank::open(|_, journal| {
            Supervisor::one_for_all()
                .name("bank")
                .child(puppet("a", journal))
                .child(strung("b", journal, &strings).keep_queue(keep))
        })
        .await;
        let (a, b) = (bank.puppet("a"), bank.puppet("b"));
        // It hangs at its own message when it is stopped, so the deadline kills it: the others wait behind.
        b.hang().await.unwrap();
        bank.log.expect(&["hangs b"]).await;
        b.add(1).await.unwrap();
        b.add(2).await.unwrap();
        a.crash().await.unwrap();
        bank.log
            .expect(&["down a: panic: boom", "start a", "up a", "start b", "up b"])
            .await;
        let expected = [0, 3, 0][nr];
        assert_eq!(within(b.total()).await, Ok(expected), "{keep:?}");
        let lost = bank
            .system
            .dead_letters()
            .recent()
            .iter()
            .filter(|letter| letter.message == "PuppetAdd")
            .count();
        assert_eq!(lost, [2, 0, 2][nr], "{keep:?}");
        bank.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_queue_of_the_failed_one_waits_unless_its_spec_discards_it() {
    for (keep, expected) in [
        (KeepQueue::OwnFailure, 3),
        (KeepQueue::Always, 3),
        (KeepQueue::Never, 0),
    ] {
        let mut bank = Bank::open(|supervisor, journal| {
            supervisor.child(
                puppet("a", journal)
                    .keep_queue(keep)
                    .backoff(Backoff::fixed(secs(1))),
            )
        })
        .await;
        let a = bank.puppet("a");
        // All three are accepted before the actor runs again.
        let (crash, one, two) = (a.crash(), a.add(1), a.add(2));
        let (crash, one, two) = tokio::join!(crash, one, two);
        crash.unwrap();
        one.unwrap();
        two.unwrap();
        bank.log.expect(&["down a: panic: boom"]).await;
        until(async || bank.info("a").await.state == Phase::Backoff).await;
        a.add(40).await.unwrap();
        bank.log.expect(&["start a", "up a"]).await;
        assert_eq!(
            within(a.total()).await,
            Ok(expected + 40),
            "{keep:?}: what comes in the wait is kept"
        );
        bank.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_has_failed_for_a_transient_parent_too() {
    let mut bank = Bank::open(|supervisor, journal| {
        let inner = Supervisor::one_for_one()
            .name("inner")
            .intensity(0, secs(1))
            .child(puppet("a", journal));
        supervisor.child(ChildSpec::from(inner).restart(Restart::Transient))
    })
    .await;
    let inner = bank.bank.supervisor("inner").unwrap();
    inner
        .address::<crate::harness::Puppet>("a")
        .unwrap()
        .crash()
        .await
        .unwrap();
    bank.log
        .expect(&["down a: panic: boom", "start a", "up a"])
        .await;
    until(async || bank.info("inner").await.state == Phase::Running).await;
    let info = bank.info("inner").await;
    assert_eq!(info.restarts, 1);
    assert!(
        matches!(info.last_exit, Some(ExitReason::Escalated { .. })),
        "{:?}",
        info.last_exit
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_start_in_a_group_holds_up_no_call() {
    let strings = Strings::new();
    let mut bank = Bank::open(|_, journal| {
        Supervisor::rest_for_one()
            .name("bank")
            .child(puppet("a", journal))
            .child(strung("b", journal, &strings))
            .child(puppet("c", journal))
    })
    .await;
    strings.hold();
    bank.puppet("b").crash().await.unwrap();
    bank.log
        .expect(&["down b: panic: boom", "down c: shutdown", "start b"])
        .await;
    assert_eq!(bank.info("b").await.state, Phase::Starting);
    assert_eq!(bank.info("c").await.state, Phase::Starting);
    assert_eq!(within(bank.puppet("a").total()).await, Ok(0));
    // The start is given up, and the group goes on without it.
    within(bank.bank.terminate_child("b")).await.unwrap();
    bank.log.expect(&["start c", "up c"]).await;
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_ends_with_its_significant_children() {
    use playhouse::supervision::AutoShutdown;
    for (auto_shutdown, first_ends_it) in [
        (AutoShutdown::AnySignificant, true),
        (AutoShutdown::AllSignificant, false),
    ] {
        let bank = Bank::open(|supervisor, journal| {
            let significant = |id| {
                puppet(id, journal)
                    .restart(Restart::Transient)
                    .significant(true)
            };
            supervisor
                .auto_shutdown(auto_shutdown)
                .child(significant("a"))
                .child(significant("b"))
                .child(puppet("c", journal))
        })
        .await;
        bank.puppet("a").quit(ExitReason::Normal).await.unwrap();
        if !first_ends_it {
            until(async || bank.info("a").await.state == Phase::Stopped).await;
            bank.puppet("b").quit(ExitReason::Normal).await.unwrap();
        }
        assert_eq!(within(bank.bank.wait()).await, ExitReason::Shutdown);
        bank.close().await;
    }
}
