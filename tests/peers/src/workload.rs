//! What is measured. The names are those of the published table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ledger::{self, FINISH, Ledger, Report, SENDERS, number};
use crate::peer::{Flavor, Peer, Rings, Sums};

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    W1,
    W1x,
    W2,
    W3,
    W3c,
    W4,
    W5,
    W6,
    W6c,
    W7,
    W8,
}

/// How much of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Of W1, W1x and W2.
    pub(crate) messages: u64,
    /// Of W3 and W3c.
    pub(crate) asks: u64,
    /// Of W4.
    pub(crate) trips: u64,
    /// Of W5.
    pub(crate) spawns: u64,
    /// Of W6 and W6c.
    pub(crate) hops: u64,
    /// Of W7.
    pub(crate) actors: u64,
    /// Of W8.
    pub(crate) stamps: u64,
}

impl Sizes {
    /// With `messages` in W1 and the others in proportion, apart from `actors` in W7.
    pub(crate) fn of(messages: u64, actors: u64) -> Self {
        let part = |divisor: u64| (messages / divisor).max(1);
        Self {
            messages,
            asks: part(4),
            trips: part(4),
            spawns: part(20),
            hops: messages,
            actors,
            stamps: part(10),
        }
    }
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) elapsed: Duration,
    pub(crate) operations: u64,
    /// p50, p99 and p99.9 in nanoseconds, of W8.
    pub(crate) latency: [u64; 3],
    /// Messages that were handled after a later one of the same sender.
    pub(crate) disordered: u64,
}

/// Nodes of the ring of W6.
const RING: u64 = 1_000;
/// Tokens of W6c.
const TOKENS: u64 = 100;
/// Callers of W3c.
const CALLERS: u64 = 8;
/// What each actor of W7 gets from each of the senders.
const EACH: u64 = 5;
/// Messages per second of W8.
const RATE: u64 = 20_000;

impl Workload {
    pub(crate) const ALL: [Self; 11] = [
        Self::W1,
        Self::W1x,
        Self::W2,
        Self::W3,
        Self::W3c,
        Self::W4,
        Self::W5,
        Self::W6,
        Self::W6c,
        Self::W7,
        Self::W8,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::W1 => "W1",
            Self::W1x => "W1x",
            Self::W2 => "W2",
            Self::W3 => "W3",
            Self::W3c => "W3c",
            Self::W4 => "W4",
            Self::W5 => "W5",
            Self::W6 => "W6",
            Self::W6c => "W6c",
            Self::W7 => "W7",
            Self::W8 => "W8",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::W1 => "tell, one sender",
            Self::W1x => "tell, the sender on a thread and a runtime of its own",
            Self::W2 => "tell, four senders",
            Self::W3 => "ask, one caller",
            Self::W3c => "ask, eight callers",
            Self::W4 => "ping-pong by tells, per round trip",
            Self::W5 => "spawn, stop and join, one actor after the other",
            Self::W6 => "ring of 1,000 actors, one token, per hop",
            Self::W6c => "ring of 1,000 actors, 100 tokens, per hop",
            Self::W7 => "20 messages for each of many actors, from four senders",
            Self::W8 => "from send to handler, at 20,000 messages per second",
        }
    }

    /// Whether it makes sense there.
    pub(crate) const fn runs_on(self, flavor: Flavor) -> bool {
        match self {
            Self::W1x | Self::W8 => matches!(flavor, Flavor::Mt),
            Self::W1
            | Self::W2
            | Self::W3
            | Self::W3c
            | Self::W4
            | Self::W5
            | Self::W6
            | Self::W6c
            | Self::W7 => true,
        }
    }

    /// Whether it makes sense with this library.
    pub(crate) const fn suits<P: Peer>(self) -> bool {
        match self {
            Self::W3c => P::ASKS_ASYNC,
            Self::W6 | Self::W6c | Self::W7 => P::MANY,
            Self::W1 | Self::W1x | Self::W2 | Self::W3 | Self::W4 | Self::W5 | Self::W8 => true,
        }
    }

    /// Runs it to its end, and checks its result.
    pub(crate) async fn run<P: Sums + Rings>(self, stage: &P::Stage, sizes: &Sizes) -> Outcome {
        match self {
            Self::W1 => tell::<P>(stage, 1, sizes.messages).await,
            Self::W1x => tell_across::<P>(stage, sizes.messages).await,
            Self::W2 => tell::<P>(stage, SENDERS as u64, sizes.messages).await,
            Self::W3 => ask::<P>(stage, 1, sizes.asks).await,
            Self::W3c => ask::<P>(stage, CALLERS, sizes.asks).await,
            Self::W4 => {
                let outcome = ring::<P>(stage, 2, 1, 2 * sizes.trips).await;
                Outcome {
                    operations: sizes.trips,
                    ..outcome
                }
            }
            Self::W5 => spawn::<P>(stage, sizes.spawns).await,
            Self::W6 => ring::<P>(stage, RING, 1, sizes.hops).await,
            Self::W6c => ring::<P>(stage, RING, TOKENS, sizes.hops).await,
            Self::W7 => crowd::<P>(stage, sizes.actors).await,
            Self::W8 => paced::<P>(stage, sizes.stamps).await,
        }
    }
}

/// The sum of 1 to `count`.
const fn sum_to(count: u64) -> u64 {
    count * (count + 1) / 2
}

fn goal(messages: u64) -> u32 {
    u32::try_from(messages).expect("the count of messages was checked with the options")
}

/// The sum must be right; the order is for the table to tell.
fn check(report: Report, total: u64) -> u64 {
    assert_eq!(report.total, total, "every message counts once");
    u64::from(report.disordered)
}

async fn send<P: Sums>(sum: &P::Sum, sender: usize, count: u64) {
    for sequence in 1..=goal(count) {
        P::add(sum, number(sender, sequence)).await;
    }
}

async fn tell<P: Sums>(stage: &P::Stage, senders: u64, messages: u64) -> Outcome {
    let each = (messages / senders).max(1);
    FINISH.expect(1);
    let (sum, _join) = P::spawn(stage, Ledger::new(goal(each * senders))).await;
    let began = Instant::now();
    if senders == 1 {
        send::<P>(&sum, 0, each).await;
    } else {
        let tasks: Vec<_> = (0..senders as usize)
            .map(|sender| {
                let sum = sum.clone();
                tokio::spawn(async move { send::<P>(&sum, sender, each).await })
            })
            .collect();
        for task in tasks {
            task.await.expect("a sender runs");
        }
    }
    FINISH.wait().await;
    Outcome {
        elapsed: began.elapsed(),
        operations: each * senders,
        disordered: check(P::report(&sum).await, senders * sum_to(each)),
        ..Outcome::default()
    }
}

/// A thread with a current-thread runtime of its own.
fn on_a_thread<F, T>(future: F) -> std::thread::JoinHandle<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    std::thread::Builder::new()
        .name("sender".to_owned())
        .spawn(move || Flavor::Ct.build().block_on(future))
        .expect("a thread for the sender")
}

async fn tell_across<P: Sums>(stage: &P::Stage, messages: u64) -> Outcome {
    FINISH.expect(1);
    let (sum, _join) = P::spawn(stage, Ledger::new(goal(messages))).await;
    let sender = sum.clone();
    let thread = on_a_thread(async move {
        let began = Instant::now();
        send::<P>(&sender, 0, messages).await;
        began
    });
    FINISH.wait().await;
    let ended = Instant::now();
    let began = thread.join().expect("the sender runs");
    Outcome {
        elapsed: ended - began,
        operations: messages,
        disordered: check(P::report(&sum).await, sum_to(messages)),
        ..Outcome::default()
    }
}

async fn call<P: Sums>(sum: &P::Sum, count: u64) {
    for number in 1..=count {
        assert_eq!(
            P::echo(sum, number).await,
            number,
            "each gets its own answer"
        );
    }
}

async fn ask<P: Sums>(stage: &P::Stage, callers: u64, asks: u64) -> Outcome {
    let each = (asks / callers).max(1);
    let (sum, _join) = P::spawn(stage, Ledger::new(0)).await;
    let began = Instant::now();
    if callers == 1 {
        call::<P>(&sum, each).await;
    } else {
        let tasks: Vec<_> = (0..callers)
            .map(|_| {
                let sum = sum.clone();
                tokio::spawn(async move { call::<P>(&sum, each).await })
            })
            .collect();
        for task in tasks {
            task.await.expect("a caller runs");
        }
    }
    let elapsed = began.elapsed();
    check(P::report(&sum).await, callers * sum_to(each));
    Outcome {
        elapsed,
        operations: each * callers,
        ..Outcome::default()
    }
}

async fn ring<P: Rings>(stage: &P::Stage, size: u64, tokens: u64, hops: u64) -> Outcome {
    let each = (hops / tokens).max(1);
    let mut nodes = Vec::new();
    for index in 0..size {
        nodes.push(P::node(stage, index).await);
    }
    for (index, node) in nodes.iter().enumerate() {
        P::link(node, nodes[(index + 1) % nodes.len()].clone()).await;
    }
    FINISH.expect(tokens);
    let starts: Vec<u64> = (0..tokens).map(|token| token * size / tokens).collect();
    let began = Instant::now();
    for start in &starts {
        P::token(&nodes[*start as usize], each).await;
    }
    let arrived = FINISH.wait().await;
    let elapsed = began.elapsed();
    let expected: u64 = starts.iter().map(|start| (start + each) % size).sum();
    assert_eq!(arrived, expected, "every token ends at its place");
    Outcome {
        elapsed,
        operations: each * tokens,
        ..Outcome::default()
    }
}

async fn spawn<P: Sums>(stage: &P::Stage, spawns: u64) -> Outcome {
    let began = Instant::now();
    for _ in 0..spawns {
        let (sum, join) = P::spawn(stage, Ledger::new(0)).await;
        P::stop(sum, join).await;
    }
    let elapsed = began.elapsed();
    // Some say that an actor has ended a moment before its state is dropped. A library that never drops it is caught
    // by the limit of the run.
    while ledger::living() > 0 {
        tokio::task::yield_now().await;
    }
    Outcome {
        elapsed,
        operations: spawns,
        ..Outcome::default()
    }
}

async fn crowd<P: Sums>(stage: &P::Stage, actors: u64) -> Outcome {
    let per_actor = EACH * SENDERS as u64;
    FINISH.expect(actors);
    let mut sums = Vec::new();
    for _ in 0..actors {
        sums.push(P::spawn(stage, Ledger::new(goal(per_actor))).await.0);
    }
    let sums = Arc::new(sums);
    let began = Instant::now();
    let tasks: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let sums = sums.clone();
            tokio::spawn(async move {
                for sequence in 1..=goal(EACH) {
                    for sum in sums.iter() {
                        P::add(sum, number(sender, sequence)).await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a sender runs");
    }
    FINISH.wait().await;
    let elapsed = began.elapsed();
    let mut disordered = 0;
    for sum in sums.iter() {
        disordered += check(P::report(sum).await, SENDERS as u64 * sum_to(EACH));
    }
    Outcome {
        elapsed,
        operations: actors * per_actor,
        disordered,
        ..Outcome::default()
    }
}

async fn paced<P: Sums>(stage: &P::Stage, stamps: u64) -> Outcome {
    FINISH.expect(1);
    {
        let mut latencies = ledger::latencies();
        latencies.clear();
        latencies.reserve(stamps as usize);
    }
    let (sum, _join) = P::spawn(stage, Ledger::new(goal(stamps))).await;
    let sender = sum.clone();
    let thread = on_a_thread(async move {
        let began = ledger::now();
        for index in 0..stamps {
            let due = began + index * 1_000_000_000 / RATE;
            // Also renews what tokio lets a task do in one go, so that it never ends between stamp and send.
            tokio::task::yield_now().await;
            while ledger::now() < due {
                std::hint::spin_loop();
            }
            P::stamp(&sender, ledger::now()).await;
        }
        began
    });
    FINISH.wait().await;
    let ended = ledger::now();
    let began = thread.join().expect("the sender runs");
    let mut latencies = std::mem::take(&mut *ledger::latencies());
    assert_eq!(latencies.len() as u64, stamps, "every message counts once");
    latencies.sort_unstable();
    let at = |per_mille: usize| u64::from(latencies[(latencies.len() - 1) * per_mille / 1_000]);
    Outcome {
        elapsed: Duration::from_nanos(ended - began),
        operations: stamps,
        latency: [at(500), at(990), at(999)],
        ..Outcome::default()
    }
}
