//! The wait before a restart.

use std::time::Duration;

use crate::harness::prelude::*;

use crate::harness::{Bank, Strings, puppet, strung, until, within};

/// How long it takes from a crash until the child is up again.
async fn wait_after_crash(bank: &mut Bank, id: &str) -> Duration {
    let before = bank.elapsed();
    bank.puppet(id).crash().await.unwrap();
    while bank.log.next().await != format!("up {id}") {}
    bank.elapsed() - before
}

#[tokio::test(start_paused = true)]
async fn waits_double_up_to_the_largest() {
    let mut bank = Bank::open(|bank, journal| {
        bank.unlimited()
            .backoff(Backoff::default().jitter(0.0))
            .child(puppet("a", journal))
            .child(puppet("b", journal))
    })
    .await;
    for wait in [200, 400, 800, 1600, 3200, 5000, 5000] {
        assert_eq!(wait_after_crash(&mut bank, "a").await, ms(wait));
    }
    assert_eq!(
        wait_after_crash(&mut bank, "b").await,
        ms(200),
        "each child has its own count"
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn with_jitter_waits_spread_and_stay_below_the_largest() {
    let mut bank = Bank::open(|bank, journal| {
        let backoff = Backoff::exponential(ms(200)..=ms(1000))
            .jitter(0.5)
            .reset_after(secs(3600));
        bank.unlimited()
            .seed(7)
            .backoff(backoff)
            .child(puppet("a", journal))
    })
    .await;
    let mut waits = Vec::new();
    for attempt in 0..40_u32 {
        let wait = wait_after_crash(&mut bank, "a").await;
        let delay = ms(200 << attempt.min(3)).min(ms(1000));
        // Timers are exact to a millisecond.
        assert!(wait + ms(1) >= delay / 2, "{wait:?} for {delay:?}");
        assert!(
            wait <= (delay * 3 / 2).min(ms(1000)) + ms(1),
            "{wait:?} for {delay:?}"
        );
        waits.push(wait);
    }
    let at_the_cap = &waits[4..];
    let (least, most) = (
        at_the_cap.iter().min().unwrap(),
        at_the_cap.iter().max().unwrap(),
    );
    assert!(
        *most - *least > ms(250),
        "they spread also there: {least:?} to {most:?}"
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_was_up_long_enough_begins_again() {
    let mut bank = Bank::open(|bank, journal| {
        bank.unlimited()
            .backoff(Backoff::default().jitter(0.0))
            .child(puppet("a", journal))
    })
    .await;
    assert_eq!(wait_after_crash(&mut bank, "a").await, ms(200));
    tokio::time::sleep(secs(29)).await;
    assert_eq!(bank.info("a").await.attempt, 1);
    assert_eq!(wait_after_crash(&mut bank, "a").await, ms(400));
    tokio::time::sleep(secs(30)).await;
    assert_eq!(bank.info("a").await.attempt, 0);
    assert_eq!(wait_after_crash(&mut bank, "a").await, ms(200));
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_waits_longer_each_time() {
    let strings = Strings::new();
    let mut bank = Bank::open(|bank, journal| {
        let backoff = Backoff::exponential(ms(100)..=secs(60))
            .factor(3.0)
            .jitter(0.0);
        bank.unlimited()
            .child(strung("a", journal, &strings).backoff(backoff))
    })
    .await;
    strings.fail_next(3);
    bank.puppet("a").crash().await.unwrap();
    bank.log.expect(&["down a: panic: boom"]).await;
    for sum in [100, 400, 1300, 4000] {
        bank.log.expect(&["start a"]).await;
        assert_eq!(bank.elapsed(), ms(sum));
    }
    bank.log.expect(&["up a"]).await;
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_seen() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal).backoff(Backoff::fixed(secs(10))))
    })
    .await;
    let a = bank.puppet("a");
    a.crash().await.unwrap();
    bank.log.expect(&["down a: panic: boom"]).await;
    until(async || bank.info("a").await.state == Phase::Backoff).await;
    assert_eq!(a.actor().phase(), Phase::Backoff);
    tokio::time::advance(secs(4)).await;
    let info = bank.info("a").await;
    assert_eq!((info.attempt, info.due_in), (1, Some(secs(6))));
    bank.log.expect(&["start a", "up a"]).await;
    assert_eq!(bank.elapsed(), secs(10));
    let info = bank.info("a").await;
    assert_eq!(
        (info.state, info.attempt, info.due_in, info.restarts),
        (Phase::Running, 1, None, 1)
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_permanent_child_that_ends_normally_waits_as_well() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal).backoff(Backoff::fixed(secs(1))))
    })
    .await;
    bank.puppet("a").quit(ExitReason::Normal).await.unwrap();
    bank.log
        .expect(&["down a: normal", "start a", "up a"])
        .await;
    assert_eq!(bank.elapsed(), secs(1));
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_wait_is_done_at_once_and_nothing_starts_after_it() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal).backoff(Backoff::fixed(secs(10))))
            .child(puppet("b", journal))
    })
    .await;
    let a = bank.puppet("a");
    a.crash().await.unwrap();
    until(async || a.actor().phase() == Phase::Backoff).await;
    assert_eq!(within(bank.bank.stop()).await, ExitReason::Shutdown);
    assert_eq!(bank.elapsed(), ms(0));
    tokio::time::sleep(secs(60)).await;
    assert_eq!(bank.log.rest(), ["down a: panic: boom", "down b: shutdown"]);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_terminated_in_the_wait_does_not_come_back() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal).backoff(Backoff::fixed(secs(10))))
    })
    .await;
    let a = bank.puppet("a");
    a.crash().await.unwrap();
    until(async || bank.info("a").await.state == Phase::Backoff).await;
    assert_eq!(within(bank.bank.terminate_child("a")).await, Ok(()));
    assert_eq!(bank.elapsed(), ms(0));
    tokio::time::sleep(secs(60)).await;
    assert_eq!(bank.log.rest(), ["down a: panic: boom"]);
    assert!(a.actor().phase().is_final());
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_stopped_by_its_address_in_the_wait_does_not_come_back() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal).backoff(Backoff::fixed(secs(10))))
    })
    .await;
    let a = bank.puppet("a");
    a.crash().await.unwrap();
    until(async || a.actor().phase() == Phase::Backoff).await;
    a.stop();
    within(a.wait()).await;
    tokio::time::sleep(secs(60)).await;
    assert_eq!(bank.log.rest(), ["down a: panic: boom"]);
    bank.close().await;
}
