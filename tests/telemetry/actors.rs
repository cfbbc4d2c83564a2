//! What a scrape says of real actors.

use std::sync::Arc;
use std::time::{Duration, Instant};

use playhouse::prelude::*;
use playhouse::supervision::{Supervisor, actor};
use playhouse::telemetry::Telemetry;
use tokio::sync::Semaphore;

use crate::client::within;
use crate::scrape::Scrape;

/// An actor that does as it is told.
#[actor(mailbox = 16)]
struct Worker {
    /// A permit comes when a handler has begun to wait, and one is taken for it to go on.
    entered: Arc<Semaphore>,
    leave: Arc<Semaphore>,
}

#[handlers]
impl Worker {
    #[message]
    async fn linger(&mut self) {
        self.entered.add_permits(1);
        self.leave.acquire().await.expect("never closed").forget();
    }

    #[message]
    fn note(&mut self) {}

    #[message]
    fn count(&mut self) -> usize {
        1
    }

    #[message]
    fn fail(&mut self) {
        panic!("as it was told");
    }

    /// Works for some time, and says how long it was.
    #[message]
    fn work(&mut self, time: Duration) -> Duration {
        let began = Instant::now();
        while began.elapsed() < time {
            std::hint::spin_loop();
        }
        began.elapsed()
    }
}

/// A worker and the two ends of its gate.
struct Gated {
    worker: Address<Worker>,
    entered: Arc<Semaphore>,
    leave: Arc<Semaphore>,
}

impl Worker {
    fn new() -> (Self, Arc<Semaphore>, Arc<Semaphore>) {
        let (entered, leave) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let worker = Self {
            entered: Arc::clone(&entered),
            leave: Arc::clone(&leave),
        };
        (worker, entered, leave)
    }
}

impl Gated {
    fn spawn(system: &System, mailbox: usize) -> Self {
        let (worker, entered, leave) = Worker::new();
        let worker = system
            .spawner()
            .mailbox(mailbox)
            .spawn(worker)
            .expect("an open system");
        Self {
            worker,
            entered,
            leave,
        }
    }

    /// Returns when a handler has begun to wait.
    async fn hold(&self) {
        self.worker.linger().await.expect("room");
        within(self.entered.acquire())
            .await
            .expect("never closed")
            .forget();
    }

    fn release(&self) {
        self.leave.add_permits(1);
    }
}

#[tokio::test]
async fn a_blocked_handler_leaves_its_mailbox_to_fill() {
    let system = System::new("bank");
    let gated = Gated::spawn(&system, 16);
    gated.hold().await;
    for _ in 0..5 {
        gated.worker.note().await.expect("room");
    }
    let scrape = Scrape::until(&system, |scrape| {
        scrape.in_state("Worker", "suspended") == 1.0
    })
    .await;
    assert_eq!(scrape.value("actor_mailbox_depth", "Worker", &[]), 5.0);
    assert_eq!(scrape.value("actor_mailbox_depth_max", "Worker", &[]), 5.0);
    assert_eq!(scrape.value("actor_mailbox_limit", "Worker", &[]), 16.0);
    assert_eq!(
        scrape.value("actor_mailbox_utilization_ratio", "Worker", &[]),
        5.0 / 16.0
    );
    assert_eq!(
        scrape.value("actor_messages_received_total", "Worker", &[]),
        6.0
    );
    assert_eq!(scrape.processed("Worker", "ok"), 0.0);
    assert_eq!(scrape.sum("actor_count", "Worker"), 1.0);

    gated.release();
    // The answer comes after all that was before it.
    assert_eq!(within(gated.worker.count()).await, Ok(1));
    let scrape = Scrape::of(&system);
    assert_eq!(scrape.value("actor_mailbox_depth", "Worker", &[]), 0.0);
    assert_eq!(scrape.value("actor_mailbox_depth_max", "Worker", &[]), 0.0);
    assert_eq!(
        scrape.value("actor_messages_received_total", "Worker", &[]),
        7.0
    );
    let scrape = Scrape::until(&system, |scrape| scrape.processed("Worker", "ok") == 7.0).await;
    assert!(scrape.time("Worker", "blocked_other") > 0.0);
    assert_eq!(scrape.processed("Worker", "failed"), 0.0);
}

#[tokio::test]
async fn every_message_is_counted_once() {
    const MESSAGES: usize = 1000;
    let system = System::new("bank");
    let workers: Vec<_> = (0..3).map(|_| system.spawn(Worker::new().0)).collect();
    for worker in &workers {
        for _ in 0..MESSAGES {
            worker.note().await.expect("a live actor");
        }
        worker.drain();
        within(worker.wait()).await;
    }
    let scrape = Scrape::of(&system);
    let all = (3 * MESSAGES) as f64;
    assert_eq!(
        scrape.value("actor_messages_received_total", "Worker", &[]),
        all
    );
    assert_eq!(scrape.processed("Worker", "ok"), all);
    assert_eq!(scrape.value("actor_starts_total", "Worker", &[]), 3.0);
    assert_eq!(scrape.value("actor_stops_total", "Worker", &[]), 3.0);
    assert_eq!(scrape.sum("actor_count", "Worker"), 0.0);
    assert_eq!(scrape.value("actor_dead_letters_total", "Worker", &[]), 0.0);
}

#[tokio::test]
async fn a_failure_and_what_it_leaves_behind() {
    let system = System::new("bank");
    let gated = Gated::spawn(&system, 16);
    gated.hold().await;
    gated.worker.fail().await.expect("room");
    for _ in 0..3 {
        gated.worker.note().await.expect("room");
    }
    gated.release();
    let reason = within(gated.worker.wait()).await;
    assert!(matches!(reason, ExitReason::Panic(_)), "{reason}");
    assert!(gated.worker.note().await.is_err(), "it has ended");

    let scrape = Scrape::of(&system);
    assert_eq!(scrape.processed("Worker", "ok"), 1.0);
    assert_eq!(scrape.processed("Worker", "failed"), 1.0);
    assert_eq!(
        scrape.value("actor_handler_panics_total", "Worker", &[]),
        1.0
    );
    // The three that waited, and the one in hand.
    assert_eq!(scrape.value("actor_dead_letters_total", "Worker", &[]), 4.0);
    assert_eq!(system.dead_letters().count(), 4);
    assert_eq!(scrape.value("actor_mailbox_depth", "Worker", &[]), 0.0);
    assert_eq!(scrape.value("actor_stops_total", "Worker", &[]), 1.0);
    // Nothing is live that has a limit.
    assert_eq!(scrape.find("actor_mailbox_limit", "Worker", &[]), None);
}

#[tokio::test]
async fn refusals_are_counted_while_the_actor_lives() {
    let system = System::new("bank");
    let gated = Gated::spawn(&system, 2);
    gated.hold().await;
    for _ in 0..2 {
        gated.worker.note().try_tell().expect("room");
    }
    for _ in 0..3 {
        assert!(gated.worker.note().try_tell().is_err(), "full");
    }
    let scrape = Scrape::of(&system);
    let dropped = |reason| {
        let reason = [("actor_message_drop_reason", reason)];
        scrape.value("actor_messages_dropped_total", "Worker", &reason)
    };
    assert_eq!(dropped("refused"), 3.0);
    assert_eq!(dropped("timer"), 0.0);
    assert_eq!(
        scrape.value("actor_mailbox_utilization_ratio", "Worker", &[]),
        1.0
    );
    gated.release();
}

#[tokio::test]
async fn senders_that_wait_are_seen_at_the_receiver() {
    let system = System::new("bank");
    let gated = Gated::spawn(&system, 1);
    gated.hold().await;
    gated.worker.note().await.expect("room");
    let began = Instant::now();
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let worker = gated.worker.clone();
            tokio::spawn(async move { worker.note().await.is_ok() })
        })
        .collect();
    let waiting = |scrape: &Scrape| scrape.value("actor_send_blocked_count", "Worker", &[]);
    Scrape::until(&system, |scrape| waiting(scrape) == 3.0).await;
    gated.release();
    for sender in senders {
        assert!(within(sender).await.expect("not cancelled"));
    }
    let scrape = Scrape::of(&system);
    let most = 3.0 * began.elapsed().as_secs_f64();
    assert_eq!(waiting(&scrape), 0.0);
    let time = scrape.value("actor_send_blocked_time_seconds_total", "Worker", &[]);
    assert!(time > 0.0 && time <= most, "{time} of at most {most}");
}

/// Asks and tells a worker, from inside of its own handlers.
#[actor]
struct Asker {
    worker: Address<Worker>,
}

#[handlers]
impl Asker {
    #[message]
    async fn ask_it(&mut self) {
        let _ = self.worker.count().await;
    }

    #[message]
    async fn tell_it(&mut self) {
        let _ = self.worker.note().await;
    }
}

#[tokio::test]
async fn a_blocked_handler_says_what_it_waits_for() {
    for (state, other) in [
        ("blocked_ask", "blocked_send"),
        ("blocked_send", "blocked_ask"),
    ] {
        let system = System::new("bank");
        let gated = Gated::spawn(&system, 1);
        gated.hold().await;
        let asker = system.spawn(Asker {
            worker: gated.worker.clone(),
        });
        if state == "blocked_ask" {
            asker.ask_it().await.expect("room");
        } else {
            gated.worker.note().await.expect("room");
            asker.tell_it().await.expect("room");
        }
        let scrape = Scrape::until(&system, |scrape| {
            scrape.in_state("Asker", "suspended") == 1.0
        })
        .await;
        let began = scrape.time("Asker", state);
        // It grows while it waits, not only afterwards.
        Scrape::until(&system, |scrape| scrape.time("Asker", state) > began).await;
        gated.release();
        asker.drain();
        within(asker.wait()).await;
        let scrape = Scrape::of(&system);
        assert!(scrape.time("Asker", state) > began);
        assert_eq!(scrape.time("Asker", other), 0.0);
        assert_eq!(scrape.time("Asker", "blocked_other"), 0.0);
    }
}

const STATES: [&str; 5] = [
    "busy",
    "blocked_send",
    "blocked_ask",
    "blocked_other",
    "idle",
];

/// A life is what lies between two moments, each of which is known to lie between two others.
#[tokio::test]
async fn the_states_sum_to_the_lives() {
    const WORKERS: u32 = 10;
    let system = System::new("bank");
    let before = Instant::now();
    let gated: Vec<_> = (0..WORKERS).map(|_| Gated::spawn(&system, 16)).collect();
    let born = Instant::now();
    let mut worked = Duration::ZERO;
    for one in &gated {
        worked += within(one.worker.work(Duration::from_millis(2)))
            .await
            .expect("an answer");
        one.hold().await;
    }
    let sum = |scrape: &Scrape| -> f64 {
        STATES
            .iter()
            .map(|state| scrape.time("Worker", state))
            .sum()
    };
    let between = |value: f64, least: Duration, most: Duration| {
        // A nanosecond per figure for the rounding.
        let slack = 1e-9 * 50.0;
        let (least, most) = (least.as_secs_f64() - slack, most.as_secs_f64() + slack);
        assert!(
            least <= value && value <= most,
            "{least} <= {value} <= {most}"
        );
    };

    let asked = Instant::now();
    let scrape = Scrape::of(&system);
    between(
        sum(&scrape),
        (asked - born) * WORKERS,
        before.elapsed() * WORKERS,
    );
    assert!(scrape.time("Worker", "busy") >= worked.as_secs_f64());
    assert!(scrape.time("Worker", "blocked_other") > 0.0);

    // Nothing of it is lost when they end.
    let ending = Instant::now();
    for one in &gated {
        one.release();
        one.worker.drain();
        within(one.worker.wait()).await;
    }
    let ended = Instant::now();
    let scrape = Scrape::of(&system);
    assert_eq!(scrape.sum("actor_count", "Worker"), 0.0);
    between(
        sum(&scrape),
        (ending - born) * WORKERS,
        (ended - before) * WORKERS,
    );
    assert!(scrape.time("Worker", "busy") >= worked.as_secs_f64());
}

#[tokio::test]
async fn ten_thousand_actors_make_as_many_series_as_one() {
    let (few, many) = (System::new("bank"), System::new("bank"));
    let _one = few.spawn(Worker::new().0);
    let _all: Vec<_> = (0..10_000).map(|_| many.spawn(Worker::new().0)).collect();
    let (few, many) = (Scrape::of(&few), Scrape::of(&many));
    assert_eq!(few.sum("actor_count", "Worker"), 1.0);
    assert_eq!(many.sum("actor_count", "Worker"), 10_000.0);
    assert_eq!(few.len(), many.len());
}

#[tokio::test]
async fn systems_in_one_process_keep_to_themselves() {
    let (bank, shop) = (System::new("bank"), System::new("shop"));
    let (first, second) = tokio::join!(
        Telemetry::new(&bank).prometheus().serve("127.0.0.1:0"),
        Telemetry::new(&shop).prometheus().serve("127.0.0.1:0"),
    );
    let (first, second) = (first.expect("a free port"), second.expect("a free port"));
    let _worker = bank.spawn(Worker::new().0);
    let (first, second) = (Scrape::from(&first).await, Scrape::from(&second).await);
    assert!(first.text.contains("actor_system=\"bank\"") && !first.text.contains("shop"));
    assert!(second.text.contains("actor_system=\"shop\"") && !second.text.contains("bank"));
    assert_eq!(first.sum("actor_count", "Worker"), 1.0);
    assert_eq!(second.find("actor_starts_total", "Worker", &[]), None);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_is_seen() {
    let scrape = Scrape::of(&System::new("bank"));
    for name in [
        "process_cpu_time_seconds_total{cpu_mode=\"user\"} ",
        "process_cpu_time_seconds_total{cpu_mode=\"system\"} ",
        "process_memory_usage_bytes ",
        "process_thread_count ",
        "process_unix_file_descriptor_count ",
    ] {
        assert!(scrape.text.contains(name), "{name} in\n{}", scrape.text);
    }
}

#[tokio::test]
async fn counters_do_not_fall_when_actors_end() {
    let system = System::new("bank");
    let telemetry = Telemetry::new(&system).prometheus();
    let served = within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    let worker = system.spawn(Worker::new().0);
    for _ in 0..100 {
        worker.note().await.expect("a live actor");
    }
    within(worker.count()).await.expect("an answer");
    let alive = Scrape::of(&system);
    let served_alive = Scrape::from(&served).await;
    worker.stop();
    within(worker.wait()).await;
    let ended = Scrape::of(&system);
    ended.assert_nothing_fell_since(&alive);
    assert_eq!(ended.processed("Worker", "ok"), 101.0);
    // And the one that is served, once its snapshot is no longer that of the first scrape.
    let stopped = |scrape: &Scrape| scrape.value("actor_stops_total", "Worker", &[]) == 1.0;
    let served_ended = within(async {
        loop {
            let scrape = Scrape::from(&served).await;
            scrape.assert_nothing_fell_since(&served_alive);
            if stopped(&scrape) {
                return scrape;
            }
        }
    })
    .await;
    assert_eq!(served_ended.processed("Worker", "ok"), 101.0);
}

/// Each actor is counted once at every moment: among the living or among those that have ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_scrape_misses_an_actor_that_ends_or_counts_it_twice() {
    const ROUNDS: usize = 2_000;
    let system = System::new("bank");
    let churn = {
        let system = system.clone();
        tokio::spawn(async move {
            for _ in 0..ROUNDS {
                let worker = system.spawn(Worker::new().0);
                within(worker.count()).await.expect("an answer");
                worker.stop();
                within(worker.wait()).await;
            }
        })
    };
    let mut before = 0.0;
    while !churn.is_finished() {
        let scrape = Scrape::of(&system);
        let Some(started) = scrape.find("actor_starts_total", "Worker", &[]) else {
            continue;
        };
        let stopped = scrape.value("actor_stops_total", "Worker", &[]);
        assert_eq!(started, stopped + scrape.sum("actor_count", "Worker"));
        let processed = scrape.processed("Worker", "ok");
        let known = format!("{stopped} stopped, {processed} processed, {started} started");
        assert!(stopped <= processed && processed <= started, "{known}");
        assert!(before <= processed, "{before} before, now {known}");
        before = processed;
        tokio::task::yield_now().await;
    }
    within(churn).await.expect("not cancelled");
    assert_eq!(Scrape::of(&system).processed("Worker", "ok"), ROUNDS as f64);
}

#[tokio::test]
async fn restarts_are_counted() {
    let system = System::new("bank");
    let bank = Supervisor::one_for_one()
        .intensity(10, secs(60))
        .child(actor("worker", || Worker::new().0))
        .start(&system);
    let bank = within(bank).await.expect("started");
    let worker: Address<Worker> = bank.address("worker").expect("a worker");
    for restarts in 1..=3 {
        worker.fail().await.expect("room");
        // The mailbox outlives the incarnation: this is answered by the next one.
        assert_eq!(within(worker.count()).await, Ok(1));
        let scrape = Scrape::of(&system);
        assert_eq!(
            scrape.value("actor_restarts_total", "Worker", &[]),
            f64::from(restarts)
        );
        assert_eq!(
            scrape.value("actor_handler_panics_total", "Worker", &[]),
            f64::from(restarts)
        );
    }
    let scrape = Scrape::of(&system);
    assert_eq!(scrape.value("actor_starts_total", "Worker", &[]), 1.0);
    assert_eq!(scrape.value("actor_stops_total", "Worker", &[]), 0.0);
    assert_eq!(scrape.processed("Worker", "failed"), 3.0);
    within(system.shutdown(secs(5))).await.expect("all stop");
}
