//! Nobody starves: sends and handlers give the thread back, however much there is to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::FutureExt as _;
use playhouse::ms;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{assert_conserved, soon};

/// A task lets others run after so many messages at most.
const MOST: u64 = 1_024;

/// Tells itself for as long as it is let.
#[actor]
struct Flood {
    handled: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

#[handlers]
impl Flood {
    #[message]
    fn again(&mut self, cx: &mut Context<Self>) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        if !self.over.load(Ordering::Relaxed) {
            cx.address().again().try_tell().unwrap();
        }
    }

    #[message]
    async fn again_async(&mut self, cx: &mut Context<Self>) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        if !self.over.load(Ordering::Relaxed) {
            cx.address().again_async().await.unwrap();
        }
    }

    #[message]
    fn add(&mut self) {
        self.handled.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lets the flood run, and counts how far it gets between two turns of another task.
async fn others_run(handled: &AtomicU64) {
    let mut before = handled.load(Ordering::Relaxed);
    let mut moved = 0;
    for turn in 0..200 {
        tokio::task::yield_now().await;
        let now = handled.load(Ordering::Relaxed);
        assert!(
            now - before <= MOST,
            "turn {turn}: {} messages",
            now - before
        );
        moved += u64::from(now > before);
        before = now;
    }
    assert!(moved >= 100, "it goes on meanwhile: {moved} turns of 200");
}

#[test]
fn an_actor_that_floods_itself_starves_nobody() {
    for waits in [false, true] {
        paused(async {
            let system = System::new("test");
            let (handled, over) = (
                Arc::new(AtomicU64::new(0)),
                Arc::new(AtomicBool::new(false)),
            );
            let flood = system.spawn(Flood {
                handled: handled.clone(),
                over: over.clone(),
            });
            if waits {
                flood.again_async().await.unwrap();
            } else {
                flood.again().await.unwrap();
            }
            soon(others_run(&handled)).await;
            over.store(true, Ordering::Relaxed);
            flood.drain();
            soon(flood.wait()).await;
            assert_conserved(&flood.actor());
            assert_no_leaks(&system).await;
        });
    }
}

#[test]
fn a_sender_that_never_stops_starves_nobody() {
    paused(async {
        let system = System::new("test");
        let (handled, over) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let flood = system.spawn(Flood {
            handled: handled.clone(),
            over: over.clone(),
        });
        let sender = tokio::spawn({
            let (flood, over) = (flood.clone(), over.clone());
            async move {
                while !over.load(Ordering::Relaxed) {
                    flood.add().await.unwrap();
                }
            }
        });
        soon(others_run(&handled)).await;
        over.store(true, Ordering::Relaxed);
        soon(sender).await.unwrap();
        flood.drain();
        soon(flood.wait()).await;
        assert_conserved(&flood.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn a_slow_actor_gives_the_thread_back_sooner() {
    // With real time: 128 messages of 1 ms each, and not 512.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        #[actor]
        struct Slow(Arc<AtomicU64>);

        #[handlers]
        impl Slow {
            #[message]
            #[allow(clippy::disallowed_methods, reason = "it stands for work")]
            fn work(&mut self) {
                std::thread::sleep(ms(1));
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }

        let system = System::new("test");
        let handled = Arc::new(AtomicU64::new(0));
        let slow = system.spawn(Slow(handled.clone()));
        for _ in 0..400 {
            slow.work().try_tell().unwrap();
        }
        let mut before = 0;
        while handled.load(Ordering::Relaxed) < 400 {
            tokio::task::yield_now().await;
            let now = handled.load(Ordering::Relaxed);
            assert!(now - before <= 128, "{} messages", now - before);
            before = now;
        }
        slow.stop();
        assert_no_leaks(&system).await;
    });
}

/// Has a timer whose every tick takes longer than its period. Gives up when nobody else has run for long.
#[actor]
struct Late {
    ticks: Arc<AtomicU64>,
    waits: bool,
}

#[handlers]
impl Late {
    #[started]
    fn begin(&mut self, cx: &mut Context<Self>) {
        if self.waits {
            cx.every(ms(1), LateTickAsync);
        } else {
            cx.every(ms(1), LateTick);
        }
    }

    #[message]
    fn tick(&mut self, cx: &mut Context<Self>) {
        // The clock goes on at once; the rest of it would be to yield.
        let _yields = tokio::time::advance(ms(3)).now_or_never();
        if self.ticks.fetch_add(1, Ordering::Relaxed) > 10 * MOST {
            cx.stop();
        }
    }

    #[message]
    async fn tick_async(&mut self, cx: &mut Context<Self>) {
        self.tick(cx);
    }
}

#[test]
fn a_timer_that_is_slower_than_its_period_starves_nobody() {
    for waits in [false, true] {
        paused(async move {
            let system = System::new("test");
            let ticks = Arc::new(AtomicU64::new(0));
            let late = system.spawn(Late {
                ticks: ticks.clone(),
                waits,
            });
            tokio::time::sleep(ms(5)).await;
            others_run(&ticks).await;
            late.stop();
            assert!(soon(late.wait()).await.is_normal());
            assert_no_leaks(&system).await;
        });
    }
}
