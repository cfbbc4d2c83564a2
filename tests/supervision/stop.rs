//! The end of a supervisor and of its children.

use std::sync::Arc;

use crate::harness::prelude::*;
use tokio::sync::Notify;

use crate::harness::{Bank, close, puppet, until, within};

#[tokio::test(start_paused = true)]
async fn children_stop_in_reverse_order_one_at_a_time() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal))
            .child(puppet("b", journal))
            .child(puppet("c", journal))
    })
    .await;
    let until_said = Arc::new(Notify::new());
    bank.puppet("b")
        .last_words(until_said.clone())
        .await
        .unwrap();
    let stopping = tokio::spawn({
        let bank = bank.bank.clone();
        async move { bank.stop().await }
    });
    bank.log.expect(&["down c: shutdown", "stopping b"]).await;
    assert_eq!(
        bank.puppet("a").total().await,
        Ok(0),
        "the first waits for its turn, and works until then"
    );
    until_said.notify_one();
    bank.log
        .expect(&["down b: shutdown", "down a: shutdown"])
        .await;
    assert_eq!(within(stopping).await.unwrap(), ExitReason::Shutdown);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_takes_too_long_is_killed() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal))
            .child(puppet("hook", journal).shutdown(Shutdown::After(ms(300))))
            .child(puppet("handler", journal))
    })
    .await;
    bank.puppet("hook")
        .last_words(Arc::new(Notify::new()))
        .await
        .unwrap();
    bank.puppet("handler").hang().await.unwrap();
    bank.log.expect(&["hangs handler"]).await;
    let hook = bank.puppet("hook");
    assert_eq!(within(bank.bank.stop()).await, ExitReason::Shutdown);
    assert_eq!(
        bank.elapsed(),
        secs(5) + ms(300),
        "the default and what was set, one after the other"
    );
    bank.log
        .expect(&["stopping hook", "down a: shutdown"])
        .await;
    assert_eq!(hook.actor().reason(), Some(ExitReason::Killed));
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_can_be_killed_at_once_or_given_all_the_time() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("patient", journal).shutdown(Shutdown::Wait))
            .child(puppet("brutal", journal).shutdown(Shutdown::Kill))
    })
    .await;
    let until_said = Arc::new(Notify::new());
    bank.puppet("patient")
        .last_words(until_said.clone())
        .await
        .unwrap();
    bank.puppet("brutal").hang().await.unwrap();
    bank.log.expect(&["hangs brutal"]).await;
    let stopping = tokio::spawn({
        let bank = bank.bank.clone();
        async move { bank.stop().await }
    });
    bank.log.expect(&["stopping patient"]).await;
    assert_eq!(bank.elapsed(), ms(0));
    tokio::time::sleep(secs(3600)).await;
    assert_eq!(bank.log.rest(), [""; 0]);
    until_said.notify_one();
    within(stopping).await.unwrap();
    bank.log.expect(&["down patient: shutdown"]).await;
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_terminated_child_is_killed_at_its_deadline_while_others_are_looked_after() {
    let mut bank =
        Bank::open(|bank, journal| bank.child(puppet("a", journal)).child(puppet("b", journal)))
            .await;
    bank.puppet("a").hang().await.unwrap();
    bank.log.expect(&["hangs a"]).await;
    let terminating = tokio::spawn({
        let bank = bank.bank.clone();
        async move { bank.terminate_child("a").await }
    });
    until(async || bank.info("a").await.state == Phase::Stopping).await;
    bank.puppet("b").crash().await.unwrap();
    bank.log
        .expect(&["down b: panic: boom", "start b", "up b"])
        .await;
    assert_eq!(bank.elapsed(), ms(0));
    assert_eq!(within(terminating).await.unwrap(), Ok(()));
    assert_eq!(bank.elapsed(), secs(5));
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_crashes_while_all_are_stopped_is_not_started_again() {
    let mut bank =
        Bank::open(|bank, journal| bank.child(puppet("a", journal)).child(puppet("b", journal)))
            .await;
    let until_said = Arc::new(Notify::new());
    bank.puppet("b")
        .last_words(until_said.clone())
        .await
        .unwrap();
    let a = bank.puppet("a");
    let stopping = tokio::spawn({
        let bank = bank.bank.clone();
        async move { bank.stop().await }
    });
    bank.log.expect(&["stopping b"]).await;
    a.crash().await.unwrap();
    bank.log.expect(&["down a: panic: boom"]).await;
    until_said.notify_one();
    bank.log.expect(&["down b: shutdown"]).await;
    within(stopping).await.unwrap();
    assert_eq!(bank.log.rest(), [""; 0]);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_of_the_system_stops_a_tree_in_order() {
    let mut bank =
        Bank::open(|bank, journal| bank.child(puppet("a", journal)).child(puppet("b", journal)))
            .await;
    close(bank.system).await;
    assert_eq!(bank.log.rest(), ["down b: shutdown", "down a: shutdown"]);
    assert_eq!(bank.bank.actor().reason(), Some(ExitReason::Shutdown));
}

#[tokio::test(start_paused = true)]
async fn a_killed_supervisor_takes_its_children_with_it() {
    let mut bank =
        Bank::open(|bank, journal| bank.child(puppet("a", journal)).child(puppet("b", journal)))
            .await;
    let (a, b) = (bank.puppet("a"), bank.puppet("b"));
    bank.bank.actor().kill();
    assert_eq!(within(bank.bank.wait()).await, ExitReason::Killed);
    assert_eq!(within(a.wait()).await, ExitReason::Killed);
    assert_eq!(within(b.wait()).await, ExitReason::Killed);
    until(async || bank.system.list().is_empty()).await;
    assert_eq!(
        bank.log.rest(),
        [""; 0],
        "a kill leaves no time for last words"
    );
    bank.close().await;
}
