//! How many restarts are too many, and what happens then.

use crate::harness::prelude::*;

use crate::harness::{Bank, Strings, puppet, strung, within};

fn escalated(child: &str, cause: ExitReason) -> ExitReason {
    ExitReason::Escalated {
        child: child.into(),
        cause: cause.into(),
    }
}

fn boom() -> ExitReason {
    ExitReason::Panic("boom".into())
}

#[tokio::test(start_paused = true)]
async fn three_restarts_are_allowed_and_the_fourth_ends_it() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal))
            .child(puppet("b", journal))
            .child(puppet("c", journal))
    })
    .await;
    let b = bank.puppet("b");
    for _ in 0..3 {
        b.crash().await.unwrap();
        bank.log
            .expect(&["down b: panic: boom", "start b", "up b"])
            .await;
    }
    b.crash().await.unwrap();
    assert_eq!(within(bank.bank.wait()).await, escalated("b", boom()));
    bank.log
        .expect(&[
            "down b: panic: boom",
            "down c: shutdown",
            "down a: shutdown",
        ])
        .await;
    assert_eq!(b.actor().phase(), Phase::Failed);
    assert_eq!(
        within(bank.system.wait()).await,
        escalated("b", boom()),
        "nobody is above it"
    );
    assert_eq!(bank.log.rest(), [""; 0]);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn starts_that_fail_count_as_well() {
    let strings = Strings::new();
    let mut bank = Bank::open(|bank, journal| bank.child(strung("a", journal, &strings))).await;
    strings.fail_next(u32::MAX);
    bank.puppet("a").crash().await.unwrap();
    let cause = ExitReason::StartFailed("out of order".into());
    assert_eq!(within(bank.bank.wait()).await, escalated("a", cause));
    assert_eq!(
        bank.log.rest(),
        ["down a: panic: boom", "start a", "start a", "start a"]
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_lies_further_back_than_the_period_does_not_count() {
    let mut bank =
        Bank::open(|bank, journal| bank.child(puppet("a", journal)).intensity(1, ms(1000))).await;
    for _ in 0..10 {
        bank.puppet("a").crash().await.unwrap();
        bank.log
            .expect(&["down a: panic: boom", "start a", "up a"])
            .await;
        tokio::time::advance(ms(1001)).await;
    }
    bank.puppet("a").crash().await.unwrap();
    bank.log
        .expect(&["down a: panic: boom", "start a", "up a"])
        .await;
    tokio::time::advance(ms(1000)).await;
    bank.puppet("a").crash().await.unwrap();
    assert_eq!(
        within(bank.bank.wait()).await,
        escalated("a", boom()),
        "exactly one period back counts"
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_it_goes_on() {
    let mut bank = Bank::open(|bank, journal| bank.child(puppet("a", journal)).unlimited()).await;
    for _ in 0..200 {
        bank.puppet("a").crash().await.unwrap();
        bank.log
            .expect(&["down a: panic: boom", "start a", "up a"])
            .await;
    }
    assert_eq!(bank.info("a").await.restarts, 200);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn retries_in_a_row_can_be_limited_for_one_child() {
    let mut bank = Bank::open(|bank, journal| {
        let backoff = Backoff::fixed(secs(10)).reset_after(secs(60));
        bank.child(puppet("a", journal).backoff(backoff).max_retries(2))
            .child(puppet("b", journal))
    })
    .await;
    for pause in [secs(0), secs(59), secs(60), secs(0)] {
        tokio::time::sleep(pause).await;
        bank.puppet("a").crash().await.unwrap();
        bank.log
            .expect(&["down a: panic: boom", "start a", "up a"])
            .await;
    }
    assert_eq!(bank.info("a").await.attempt, 2);
    bank.puppet("a").crash().await.unwrap();
    assert_eq!(within(bank.bank.wait()).await, escalated("a", boom()));
    bank.close().await;
}
