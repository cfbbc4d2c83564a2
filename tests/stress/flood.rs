//! Many senders to one actor, with small mailboxes and workers of several numbers: each sender's messages are handled in
//! its order, what was accepted is handled and what was refused is not, and nobody hangs.
//!
//! A sender pauses now and then until the mailbox is empty, so buffers grow and are freed all the time. Between the
//! ordinary calls some are given up: at once, after one look, at a limit of a millisecond, or in the hands of another
//! task. In a *storm* the actor is killed, stopped and started again, and panics meanwhile.
//!
//! It goes on for some seconds. `PLAYHOUSE_SOAK=N` asks for N instead (and 1 for a minute).

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use playhouse::links::{Child, ChildOptions, Order, Parent};
use playhouse::prelude::*;
use playhouse::test::assert_no_leaks;
use playhouse::{ActorId, MailboxOptions};
use playhouse_tests::{assert_conserved, soon};

const WORKERS: [usize; 3] = [1, 2, 8];
const CAPACITIES: [usize; 6] = [1, 2, 4, 7, 64, 1024];
const SENDERS: usize = 8;
/// What one sender sends in a round.
const MESSAGES: u64 = if cfg!(debug_assertions) { 150 } else { 1_500 };
/// How long one test goes on, if nobody asks for more.
const SHORT: Duration = Duration::from_secs(5);
/// How long a round may take before it is called a hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the sink has seen, over all its incarnations.
#[derive(Default)]
struct Ledger {
    /// The last number of each sender.
    last: [AtomicU64; SENDERS],
    /// The sum of the numbers that each sender told.
    told: [AtomicU64; SENDERS],
    /// What must not be. A panic of a handler would be one of many in a storm.
    wrong: OnceLock<String>,
}

impl Ledger {
    fn see(&self, sender: usize, number: u64) {
        let before = self.last[sender].swap(number, Ordering::Relaxed);
        if before >= number {
            let text = format!("sender {sender}: {number} is handled behind {before}");
            let _only_the_first = self.wrong.set(text);
        }
    }
}

#[actor]
struct Sink {
    ledger: Arc<Ledger>,
}

#[handlers]
impl Sink {
    #[message]
    fn put(&mut self, sender: usize, number: u64) {
        self.ledger.see(sender, number);
        self.ledger.told[sender].fetch_add(number, Ordering::Relaxed);
    }

    #[message]
    async fn put_slowly(&mut self, sender: usize, number: u64) {
        tokio::task::yield_now().await;
        self.ledger.see(sender, number);
        self.ledger.told[sender].fetch_add(number, Ordering::Relaxed);
    }

    #[message]
    fn echo(&mut self, sender: usize, number: u64) -> u64 {
        self.ledger.see(sender, number);
        number
    }

    /// Answers from a task of its own.
    #[message]
    fn echo_later(&mut self, sender: usize, number: u64, reply: Reply<u64>) {
        self.ledger.see(sender, number);
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            reply.send(number);
        });
    }

    #[message]
    fn crash(&mut self) {
        panic!("on purpose");
    }
}

/// The tells of one sender that were accepted.
#[derive(Default)]
struct Told {
    count: u64,
    sum: u64,
}

impl Told {
    fn add(&mut self, number: u64) {
        self.count += 1;
        self.sum += number;
    }
}

/// One sender of a round. In a storm, an accepted message may become a dead letter, and an ask may fail.
struct Sender {
    sink: Address<Sink>,
    number: usize,
    storm: bool,
}

impl Sender {
    async fn run(self, seed: u64) -> Told {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut told = Told::default();
        for number in 1..=MESSAGES {
            if self.send(&mut dice, number).await {
                told.add(number);
            }
        }
        told
    }

    /// Sends one message. Says whether it was a tell that was accepted.
    async fn send(&self, dice: &mut fastrand::Rng, number: u64) -> bool {
        let Self { sink, storm, .. } = self;
        let sender = self.number;
        match dice.u32(..100) {
            0..30 => {
                let told = sink.put(sender, number).await;
                assert!(told.is_ok() || *storm, "{told:?}");
                told.is_ok()
            }
            30..50 => sink.put(sender, number).try_tell().is_ok(),
            50..55 => sink
                .put(sender, number)
                .timeout(Duration::ZERO)
                .await
                .is_ok(),
            // A tell that is dropped while it waits was not accepted.
            55..65 => {
                tokio::select! {
                    biased;
                    told = sink.put(sender, number) => told.is_ok(),
                    () = tokio::task::yield_now() => false,
                }
            }
            65..68 => {
                let told = sink.put_slowly(sender, number).await;
                assert!(told.is_ok() || *storm, "{told:?}");
                told.is_ok()
            }
            68..72 => {
                let handled = sink.put(sender, number).ask().await;
                assert!(handled.is_ok() || *storm, "{handled:?}");
                handled.is_ok()
            }
            // Empties the mailbox, as far as this sender goes.
            72..80 => {
                self.check(number, sink.echo(sender, number).await);
                for _ in 0..dice.u32(..8) {
                    tokio::task::yield_now().await;
                }
                false
            }
            80..85 => {
                self.check(number, sink.echo_later(sender, number).await);
                false
            }
            85..90 => {
                tokio::select! {
                    biased;
                    answer = sink.echo(sender, number) => self.check(number, answer),
                    () = tokio::task::yield_now() => {}
                }
                false
            }
            90..92 => {
                tokio::select! {
                    biased;
                    answer = sink.echo_later(sender, number) => self.check(number, answer),
                    () = tokio::task::yield_now() => {}
                }
                false
            }
            92..94 => {
                let limit = Duration::from_millis(dice.u64(..2));
                match sink.echo(sender, number).timeout(limit).await {
                    Err(AskError::Timeout | AskError::Full) => {}
                    answer => self.check(number, answer),
                }
                false
            }
            94..97 => {
                // Looked at here, and awaited in another task.
                let sink = sink.clone();
                let mut ask = Box::pin(async move { sink.echo(sender, number).await });
                let answer = match ask.as_mut().now_or_never() {
                    Some(answer) => answer,
                    None => tokio::spawn(ask).await.unwrap(),
                };
                self.check(number, answer);
                false
            }
            _ => {
                for _ in 0..dice.u32(..32) {
                    tokio::task::yield_now().await;
                }
                false
            }
        }
    }

    fn check(&self, number: u64, answer: Result<u64, AskError>) {
        match answer {
            Ok(answer) => assert_eq!(answer, number),
            Err(error) => assert!(self.storm, "{error:?}"),
        }
    }

    /// From a thread that no runtime knows.
    fn run_blocking(self) -> Told {
        let mut told = Told::default();
        for number in 1..=MESSAGES {
            if number % 8 == 0 {
                self.check(number, self.sink.echo(self.number, number).blocking());
            } else if self.sink.put(self.number, number).blocking().is_ok() {
                told.add(number);
            } else {
                assert!(self.storm);
            }
        }
        told
    }
}

/// Starts its child again whenever it exits.
#[derive(Default)]
struct Again(OnceLock<Child>);

impl Parent for Again {
    fn started(&self, _: ActorId, _: u64) {}

    fn exited(&self, _: ActorId, run: u64, _: &ExitReason) {
        if let Some(child) = self.0.get() {
            child.order(Order::Start {
                run: run + 1,
                limit: None,
            });
        }
    }

    fn ignored(&self, _: ActorId, _: u64) {}

    fn ended(&self, _: ActorId, _: &ExitReason) {}
}

fn supervised(system: &System, ledger: &Arc<Ledger>, capacity: usize) -> (Child, Address<Sink>) {
    let options = ChildOptions {
        mailbox: Some(MailboxOptions::new(capacity)),
        ..ChildOptions::default()
    };
    let ledger = ledger.clone();
    let factory: playhouse::links::Factory<Sink> = Box::new(move || {
        let ledger = ledger.clone();
        Box::pin(async move { Ok(Sink { ledger }) })
    });
    let parent = Arc::new(Again::default());
    let child = playhouse::links::adopt(system, options, factory, parent.clone()).unwrap();
    parent.0.set(child.clone()).unwrap();
    child.order(Order::Start {
        run: 1,
        limit: None,
    });
    let sink = child.address().unwrap();
    (child, sink)
}

async fn round(capacity: usize, seed: u64, storm: bool) {
    let system = System::new("flood");
    let ledger = Arc::<Ledger>::default();
    let (child, sink) = supervised(&system, &ledger, capacity);
    let sender = |number| Sender {
        sink: sink.clone(),
        number,
        storm,
    };
    let mut senders: Vec<_> = (0..SENDERS - 1)
        .map(|number| tokio::spawn(sender(number).run(seed ^ number as u64)))
        .collect();
    let last = sender(SENDERS - 1);
    senders.push(tokio::task::spawn_blocking(|| last.run_blocking()));
    let all = async {
        let mut told = Vec::new();
        for sender in senders {
            told.push(sender.await.unwrap());
        }
        told
    };
    let weather = async {
        let mut dice = fastrand::Rng::with_seed(!seed);
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            match dice.u32(..4) {
                0 => sink.kill(),
                1 => drop(sink.crash().try_tell()),
                2 => child.order(Order::Stop { keep: dice.bool() }),
                _ => {}
            }
        }
    };
    let told = async {
        if storm {
            tokio::select! { told = all => told, () = weather => Vec::new() }
        } else {
            all.await
        }
    };
    let told = tokio::time::timeout(PATIENCE, told)
        .await
        .unwrap_or_else(|_| {
            panic!(
                "seed {seed}, {capacity} places: somebody hangs: {:?}",
                sink.actor().snapshot()
            )
        });
    if !storm {
        // Behind all that was sent.
        sink.put(0, u64::MAX).ask().await.unwrap();
        ledger.told[0].fetch_sub(u64::MAX, Ordering::Relaxed);
    }
    child.order(Order::End);
    soon(sink.wait()).await;
    assert_conserved(&sink.actor());
    let place = format!("seed {seed}, {capacity} places");
    assert_eq!(ledger.wrong.get(), None, "{place}");
    let accepted: u64 = told.iter().map(|told| told.count).sum();
    assert!(sink.actor().totals().accepted >= accepted, "{place}");
    if !storm {
        for (sender, told) in told.iter().enumerate() {
            let handled = ledger.told[sender].load(Ordering::Relaxed);
            assert_eq!(handled, told.sum, "sender {sender}, {place}");
        }
    }
    drop(child);
    assert_no_leaks(&system).await;
}

fn flood(storm: bool) {
    let seconds = std::env::var("PLAYHOUSE_SOAK")
        .ok()
        .and_then(|value| value.parse().ok());
    let length = match seconds {
        None => SHORT,
        Some(1) => Duration::from_secs(60),
        Some(seconds) => Duration::from_secs(seconds),
    };
    let begun = Instant::now();
    let mut seed = 0;
    while seed == 0 || begun.elapsed() < length {
        for workers in WORKERS {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(workers)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                for capacity in CAPACITIES {
                    seed += 1 << 8;
                    // On a worker, as everybody else.
                    tokio::spawn(round(capacity, seed, storm)).await.unwrap();
                }
            });
        }
    }
    println!("{} rounds", seed >> 8);
}

#[test]
fn every_message_is_handled_once_and_in_order() {
    flood(false);
}

#[test]
fn a_storm_loses_no_message_and_no_caller() {
    flood(true);
}
