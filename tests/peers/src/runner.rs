//! A peer without its type, and how a workload is run with it.

use std::time::{Duration, Instant};

use crate::allocations::{self, Allocations};
use crate::ledger;
use crate::memory::{self, Memory};
use crate::peer::{Flavor, Rings, Sums};
use crate::workload::{Outcome, Sizes, Workload};

/// How long the actors of the run before may take to be gone.
const LEFTOVERS: Duration = Duration::from_secs(10);

/// A peer without its type.
#[derive(Clone, Copy)]
pub(crate) struct Runner {
    pub(crate) name: &'static str,
    /// How many messages a mailbox holds.
    pub(crate) bound: Option<usize>,
    /// Whether a hundred thousand actors can live at once.
    pub(crate) many: bool,
    suits: fn(Workload) -> bool,
    run: fn(Workload, &Sizes, Flavor) -> Outcome,
    allocations: fn() -> Allocations,
    memory: fn(u64) -> Option<Memory>,
}

impl Runner {
    pub(crate) const fn new<P: Sums + Rings>() -> Self {
        Self {
            name: P::NAME,
            bound: P::BOUND,
            many: P::MANY,
            suits: Workload::suits::<P>,
            run: run::<P>,
            allocations: allocations::measure::<P>,
            memory: memory::measure::<P>,
        }
    }

    /// Whether a workload makes sense with it.
    pub(crate) fn suits(&self, workload: Workload) -> bool {
        (self.suits)(workload)
    }

    /// Runs a workload once, on a fresh runtime.
    pub(crate) fn run(&self, workload: Workload, sizes: &Sizes, flavor: Flavor) -> Outcome {
        wait_for_leftovers();
        (self.run)(workload, sizes, flavor)
    }

    /// Counts what it allocates, on a current-thread runtime.
    pub(crate) fn allocations(&self) -> Allocations {
        wait_for_leftovers();
        (self.allocations)()
    }

    /// Measures the memory of so many actors. For a process of its own.
    pub(crate) fn memory(&self, actors: u64) -> Option<Memory> {
        (self.memory)(actors)
    }
}

/// Threads end a moment after their channel does, and must not run beside the next one's measurement.
fn wait_for_leftovers() {
    let began = Instant::now();
    while ledger::living() > 0 {
        assert!(
            began.elapsed() < LEFTOVERS,
            "{} actors of the run before have not ended",
            ledger::living()
        );
        std::thread::yield_now();
    }
}

fn run<P: Sums + Rings>(workload: Workload, sizes: &Sizes, flavor: Flavor) -> Outcome {
    let sizes = *sizes;
    P::block_on(flavor, async move {
        let stage = P::open(flavor).await;
        // In a task, since the thread of `block_on` is not one of the workers.
        let work = tokio::spawn(async move {
            let outcome = workload.run::<P>(&stage, &sizes).await;
            (outcome, stage)
        });
        let (outcome, stage) = work.await.expect("the workload runs");
        P::close(stage).await;
        outcome
    })
}
