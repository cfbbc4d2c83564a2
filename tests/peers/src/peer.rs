//! What each library has to bring to be measured, and how it is run.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::workload::Workload;

/// How many messages a mailbox holds, for all peers.
pub(crate) const CAPACITY: usize = 1024;

/// A library: an actor that adds up numbers.
pub(crate) trait Peer: Send + Sync + 'static {
    /// A handle that senders clone.
    type Address: Clone + Send + Sync + 'static;

    /// Starts the actor.
    fn start() -> impl Future<Output = Self::Address> + Send;
    /// Adds, with backpressure.
    fn add(address: &Self::Address, number: u64) -> impl Future<Output = ()> + Send;
    /// Adds, and gives the number back.
    fn ask(address: &Self::Address, number: u64) -> impl Future<Output = u64> + Send;
    /// The sum, after everything that was sent before.
    fn total(address: &Self::Address) -> impl Future<Output = u64> + Send;
}

/// On what it runs.
#[derive(Clone, Copy)]
pub(crate) enum Runtime {
    OneThread,
    TwoWorkers,
}

/// A peer without its type.
pub(crate) struct Runner {
    pub(crate) name: &'static str,
    run: fn(Workload, u64, Runtime) -> Duration,
}

impl Runner {
    pub(crate) const fn new<P: Peer>(name: &'static str) -> Self {
        Self {
            name,
            run: run::<P>,
        }
    }

    /// Runs a workload once, on a fresh runtime, and says how long it took.
    pub(crate) fn run(&self, workload: Workload, messages: u64, runtime: Runtime) -> Duration {
        (self.run)(workload, messages, runtime)
    }
}

fn run<P: Peer>(workload: Workload, messages: u64, runtime: Runtime) -> Duration {
    let mut builder = match runtime {
        Runtime::OneThread => tokio::runtime::Builder::new_current_thread(),
        Runtime::TwoWorkers => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(2);
            builder
        }
    };
    let runtime = builder
        .enable_all()
        .build()
        .expect("a runtime for the measurement");
    runtime.block_on(async move {
        let address = P::start().await;
        let began = Instant::now();
        // In a task, since the thread of `block_on` is not one of the workers.
        tokio::spawn(async move { workload.run::<P>(&address, messages).await })
            .await
            .expect("the workload runs");
        began.elapsed()
    })
}
