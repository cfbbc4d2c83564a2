//! What becomes of messages when their receiver is restarted.

use crate::harness::prelude::*;

use crate::harness::{Bank, Puppet, puppet, until, within};

#[tokio::test(start_paused = true)]
async fn the_queue_waits_for_the_next_start() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal).backoff(Backoff::fixed(secs(1))))
    })
    .await;
    let a = bank.puppet("a");
    a.add(100).await.unwrap();
    a.crash().await.unwrap();
    // Queued behind the message that fails.
    a.add(3).await.unwrap();
    until(async || a.actor().phase() == Phase::Backoff).await;
    // Sent while nobody is there.
    a.add(4).await.unwrap();
    let asked = within(a.total()).await;
    assert_eq!(asked, Ok(7), "in order, by the next incarnation");
    assert_eq!(bank.elapsed(), secs(1));
    bank.log
        .expect(&["down a: panic: boom", "start a", "up a"])
        .await;
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_queue_waits_after_a_kill_too() {
    let bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal).backoff(Backoff::fixed(secs(1))))
    })
    .await;
    let a = bank.puppet("a");
    a.hang().await.unwrap();
    a.add(3).await.unwrap();
    until(async || a.actor().phase() == Phase::Suspended).await;
    a.kill();
    until(async || a.actor().phase() == Phase::Backoff).await;
    a.add(4).await.unwrap();
    assert_eq!(within(a.total()).await, Ok(7));
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn asks_that_are_queued_at_the_final_end_are_closed() {
    let bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal).backoff(Backoff::fixed(secs(1))))
    })
    .await;
    let a = bank.puppet("a");
    a.crash().await.unwrap();
    until(async || a.actor().phase() == Phase::Backoff).await;
    let asking = tokio::spawn({
        let a = a.clone();
        async move { a.total().await }
    });
    until(async || a.actor().snapshot().depth == 1).await;
    within(bank.bank.stop()).await;
    assert_eq!(within(asking).await.unwrap(), Err(AskError::Closed));
    bank.close().await;
}

/// Accepted = handled + dead letters, once the child has ended.
#[track_caller]
fn balanced(puppet: &Address<Puppet>, sent: u64) {
    let totals = puppet.actor().totals();
    assert_eq!(totals.accepted, sent, "{totals:?}");
    assert_eq!(
        totals.accepted,
        totals.handled + totals.dead_lettered,
        "{totals:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_message_is_lost_over_restarts() {
    let bank = Bank::open(|bank, journal| {
        let backoff = Backoff::exponential(ms(1)..=ms(20)).jitter(1.0);
        bank.unlimited()
            .seed(1)
            .backoff(backoff)
            .child(puppet("a", journal).mailbox(8))
    })
    .await;
    let a = bank.puppet("a");
    let mut chance = 1_u64;
    let mut crashes = 0;
    for nr in 0..2_000_u64 {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(nr | 1);
        match chance >> 60 {
            0 => {
                crashes += 1;
                within(a.crash()).await.unwrap();
            }
            _ => within(a.add(1)).await.unwrap(),
        }
    }
    assert!(crashes > 50);
    within(a.total()).await.unwrap();
    let totals = a.actor().totals();
    assert_eq!(
        (totals.failed, totals.dead_lettered),
        (crashes, crashes),
        "a crash costs one message"
    );
    assert_eq!(totals.restarts, crashes);
    // Some are queued when it ends for good.
    a.crash().await.unwrap();
    for _ in 0..5 {
        a.add(1).await.unwrap();
    }
    within(bank.bank.stop()).await;
    balanced(&a, 2_000 + 1 + 1 + 5);
    bank.close().await;
}
