//! Allocations per tell, per ask and per spawn.
//!
//! On a current-thread runtime, after a warm-up in which queues grow to what they hold and pools fill. A mailbox is never
//! full here: what waiting for room allocates is not counted.

use crate::counting::{self, Allocated};
use crate::ledger::{FINISH, Ledger, number};
use crate::peer::{Flavor, Sums};

/// Tells between two moments in which the actor runs.
const BURST: u32 = 500;
const BURSTS: u32 = 20;
const ASKS: u64 = 10_000;
const SPAWNS: u64 = 1_000;
/// Turns of the runtime in which an actor gets to wait for its first message.
const TURNS: usize = 16;

/// What is allocated per operation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allocations {
    pub(crate) tell: f64,
    pub(crate) ask: f64,
    /// `None` where many actors make no sense.
    pub(crate) spawn: Option<Spawned>,
}

/// What is allocated per actor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawned {
    pub(crate) blocks: f64,
    pub(crate) bytes: f64,
}

pub(crate) fn measure<P: Sums>() -> Allocations {
    P::block_on(Flavor::Ct, async {
        let stage = P::open(Flavor::Ct).await;
        let work = tokio::spawn(async move {
            let (sum, _join) = P::spawn(&stage, Ledger::new(BURST)).await;
            tells::<P>(&sum, 0).await;
            let tell = tells::<P>(&sum, 1).await;
            asks::<P>(&sum).await;
            let ask = asks::<P>(&sum).await;
            let spawn = if P::MANY {
                // These stay, so that the lists of living actors are not at their shortest.
                let _first = spawns::<P>(&stage).await;
                let (counted, _second) = spawns::<P>(&stage).await;
                Some(Spawned {
                    blocks: per(counted.blocks, SPAWNS),
                    bytes: per(counted.bytes, SPAWNS),
                })
            } else {
                None
            };
            let allocations = Allocations {
                tell: per(tell.blocks, u64::from(BURST * BURSTS)),
                ask: per(ask.blocks, ASKS),
                spawn,
            };
            (allocations, stage)
        });
        let (allocations, stage) = work.await.expect("the work runs");
        P::close(stage).await;
        allocations
    })
}

fn per(what: u64, operations: u64) -> f64 {
    what as f64 / operations as f64
}

async fn tells<P: Sums>(sum: &P::Sum, sender: usize) -> Allocated {
    counting::start();
    for burst in 0..BURSTS {
        FINISH.expect(1);
        for sequence in 1..=BURST {
            P::add(sum, number(sender, burst * BURST + sequence)).await;
        }
        FINISH.wait().await;
    }
    counting::stop()
}

async fn asks<P: Sums>(sum: &P::Sum) -> Allocated {
    counting::start();
    for number in 1..=ASKS {
        let answer = P::echo(sum, number).await;
        assert_eq!(answer, number, "each gets its own answer");
    }
    counting::stop()
}

async fn spawns<P: Sums>(stage: &P::Stage) -> (Allocated, Vec<(P::Sum, P::Join)>) {
    let mut spawned = Vec::with_capacity(SPAWNS as usize);
    counting::start();
    for _ in 0..SPAWNS {
        spawned.push(P::spawn(stage, Ledger::new(0)).await);
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
    }
    let counted = counting::stop();
    for (sum, _) in &spawned {
        assert_eq!(P::report(sum).await.total, 0, "it lives");
    }
    (counted, spawned)
}
