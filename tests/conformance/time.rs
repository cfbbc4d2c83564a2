//! §8 Time.

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, Puppet, Restarter, soon};
use tokio::time::Instant;

#[test]
fn c8_1_a_context_timer_fires_between_two_messages_and_needs_no_room() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let began = Instant::now();
        let timer = puppet.note_after(ms(100), 1).await.unwrap();
        assert!(timer.is_active());
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(2).await.unwrap();
        tokio::time::sleep(secs(1)).await;
        assert_eq!(log.lines().len(), 1, "not in the middle of a handler");
        gate.open();
        log.wait_for(4).await;
        assert!(!timer.is_active());
        assert!(began.elapsed() < ms(1_001));
        let mut lines = log.lines()[1..].to_vec();
        lines.sort();
        assert_eq!(lines, ["a 1", "a 2", "a held"]);
        let began = Instant::now();
        puppet.note_after(ms(250), 3).await.unwrap();
        log.wait_for(5).await;
        assert_eq!(began.elapsed(), ms(250), "exact when idle");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_1_timers_are_looked_at_after_at_most_64_messages() {
    #[actor]
    struct Busy {
        handled: u64,
        fired_at: Option<u64>,
    }
    #[handlers]
    impl Busy {
        #[message]
        fn arm(&mut self, cx: &mut Context<Self>) {
            cx.after(ms(0), BusyFire);
        }
        #[message]
        fn work(&mut self) {
            self.handled += 1;
        }
        #[message]
        fn fire(&mut self) {
            self.fired_at = Some(self.handled);
        }
        #[message]
        fn fired_at(&self) -> Option<u64> {
            self.fired_at
        }
    }
    paused(async {
        let system = System::new("test");
        let busy = system.spawn(Busy {
            handled: 0,
            fired_at: None,
        });
        busy.arm().await.unwrap();
        for _ in 0..500 {
            busy.work().await.unwrap();
        }
        let fired = busy.fired_at().await.unwrap().expect("it fired");
        assert!(fired <= 64, "after {fired} messages");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_1_missed_ticks_collapse_into_one() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let timer = puppet.note_every(secs(1), 1).await.unwrap();
        tokio::time::sleep(ms(3_500)).await;
        assert_eq!(log.lines()[1..], ["a 1", "a 1", "a 1"]);
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        tokio::time::sleep(secs(10)).await;
        gate.open();
        puppet.count().await.unwrap();
        tokio::time::sleep(ms(1)).await;
        assert_eq!(log.lines()[4..], ["a held", "a 1"], "ten were missed");
        // And it keeps its beat: the next one is at 14 s, not a second after the late one.
        tokio::time::sleep(ms(400)).await;
        assert_eq!(log.lines().len(), 6);
        tokio::time::sleep(ms(150)).await;
        assert_eq!(log.lines().len(), 7);
        timer.cancel();
        tokio::time::sleep(secs(10)).await;
        assert_eq!(log.lines().len(), 7);
        assert!(!timer.is_active());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_1_dropping_a_timer_does_not_cancel_it() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        drop(puppet.note_after(ms(10), 1).await.unwrap());
        drop(puppet.note(2).after(ms(20)));
        tokio::time::sleep(ms(30)).await;
        assert_eq!(log.lines()[1..], ["a 1", "a 2"]);
        let cancelled = puppet.note(3).after(ms(10));
        assert!(cancelled.is_active());
        cancelled.cancel();
        assert!(!cancelled.is_active());
        tokio::time::sleep(ms(30)).await;
        assert_eq!(log.lines().len(), 3);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_1_an_address_timer_skips_a_full_mailbox_and_counts_that() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let timer = puppet.note(1).every(secs(1));
        puppet.note(2).after(ms(2_500));
        tokio::time::sleep(ms(4_100)).await;
        // The tick at 1 s took the only place; those at 2, 3 and 4 s and the one at 2.5 s found none.
        assert_eq!(puppet.actor().totals().timer_skips, 4);
        gate.open();
        puppet.count().await.unwrap();
        timer.cancel();
        assert_eq!(log.lines()[1..], ["a held", "a 1"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_1_an_address_timer_survives_a_restart_and_ends_with_death() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let inner = log.clone();
        let (_child, puppet) =
            Restarter::spawn(&system, &Log::new(), move || Puppet::new("a", &inner));
        let timer = puppet.note(1).every(secs(1));
        tokio::time::sleep(ms(1_500)).await;
        puppet.crash("boom".into()).await.unwrap();
        tokio::time::sleep(secs(1)).await;
        assert_eq!(
            log.lines(),
            [
                "a started 1",
                "a 1",
                "a stopping panic: boom",
                "a started 2",
                "a 1"
            ]
        );
        puppet.stop();
        soon(puppet.wait()).await;
        tokio::time::sleep(ms(1)).await;
        assert!(!timer.is_active());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_3_all_time_is_tokios() {
    let began = std::time::Instant::now();
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        puppet.note_after(secs(3_600), 1).await.unwrap();
        puppet.note(2).after(secs(7_200));
        log.wait_for_until(3, secs(10_000)).await;
        let snapshot = puppet.actor().snapshot();
        assert_eq!(snapshot.uptime, secs(7_200));
        let totals = snapshot.totals;
        let sum = totals.busy
            + totals.blocked_send
            + totals.blocked_ask
            + totals.blocked_other
            + totals.idle;
        assert_eq!(sum, secs(7_200), "they sum to its life");
        assert_no_leaks(&system).await;
    });
    assert!(began.elapsed() < secs(60), "two hours passed in less");
}

#[test]
fn c8_3_the_three_headline_times_are_told_apart() {
    #[actor]
    struct Worker {
        other: Option<Address<Puppet>>,
    }
    #[handlers]
    impl Worker {
        #[message]
        async fn sleeps(&mut self) {
            tokio::time::sleep(secs(3)).await;
        }
        #[message]
        async fn tells(&mut self) {
            if let Some(other) = &self.other {
                let _ = other.note(1).await;
            }
        }
        #[message]
        fn declares(&mut self, cx: &mut Context<Self>) {
            cx.add_busy(secs(7));
        }
        #[message]
        fn done(&self) -> bool {
            true
        }
    }
    paused(async {
        let system = System::new("test");
        let other = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        let worker = system.spawn(Worker {
            other: Some(other.clone()),
        });
        let gate = Gate::new();
        other.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        other.note(0).await.unwrap();
        worker.sleeps().await.unwrap();
        worker.tells().await.unwrap();
        tokio::time::sleep(secs(5)).await;
        // Two seconds into the wait for room, which is still on.
        assert_eq!(worker.actor().totals().blocked_send, secs(2));
        assert_eq!(worker.actor().totals().blocked_other, secs(3));
        assert_eq!(other.actor().snapshot().waiting, 1);
        gate.open_all();
        assert_eq!(worker.done().await, Ok(true));
        assert_eq!(
            other.actor().totals().send_wait,
            secs(2),
            "counted at the receiver too"
        );
        worker.declares().await.unwrap();
        worker.done().await.unwrap();
        assert_eq!(worker.actor().totals().busy, secs(7));
        tokio::time::sleep(secs(1_000)).await;
        let totals = worker.actor().totals();
        assert_eq!(totals.idle, secs(1_000 - 7));
        assert_no_leaks(&system).await;
    });
}
