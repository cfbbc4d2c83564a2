//! What each library has to bring to be measured.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use crate::ledger::{Ledger, Report};

/// How many messages a mailbox holds, for all peers that have a bound.
pub(crate) const CAPACITY: usize = 1024;

/// On what it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// One with two workers.
    Mt,
    /// One on the current thread.
    Ct,
}

impl Flavor {
    pub(crate) const ALL: [Self; 2] = [Self::Mt, Self::Ct];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Mt => "mt",
            Self::Ct => "ct",
        }
    }

    /// A fresh runtime.
    pub(crate) fn build(self) -> Runtime {
        let mut builder = match self {
            Self::Ct => Builder::new_current_thread(),
            Self::Mt => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(2);
                builder
            }
        };
        builder
            .enable_all()
            .build()
            .expect("a runtime for the measurement")
    }
}

/// A library.
pub(crate) trait Peer: Sized + Send + Sync + 'static {
    /// What it is called on the command line and in the table.
    const NAME: &'static str;
    /// How many messages a mailbox holds in this comparison; `None` if there is no bound.
    const BOUND: Option<usize> = Some(CAPACITY);
    /// Whether a hundred thousand actors can live at once.
    const MANY: bool = true;
    /// Whether an ask leaves the caller's thread to other tasks.
    const ASKS_ASYNC: bool = true;

    /// What its actors need around them.
    type Stage: Send + Sync + 'static;

    fn open(flavor: Flavor) -> impl Future<Output = Self::Stage> + Send;

    /// Ends what the runtime does not end when it is dropped.
    fn close(stage: Self::Stage) -> impl Future<Output = ()> + Send {
        async { drop(stage) }
    }

    /// Runs `future` on a fresh runtime, which is gone when this returns.
    fn block_on<F: Future>(flavor: Flavor, future: F) -> F::Output {
        flavor.build().block_on(future)
    }
}

/// An actor with a [`Ledger`]. Tells wait for room where the library can.
pub(crate) trait Sums: Peer {
    /// A handle that senders clone.
    type Sum: Clone + Send + Sync + 'static;
    /// What waits for the actor's end, where that is not the handle.
    type Join: Send + Sync + 'static;

    fn spawn(
        stage: &Self::Stage,
        ledger: Ledger,
    ) -> impl Future<Output = (Self::Sum, Self::Join)> + Send;

    /// [`Ledger::add`], by a tell.
    fn add(sum: &Self::Sum, number: u64) -> impl Future<Output = ()> + Send;
    /// [`Ledger::stamp`], by a tell.
    fn stamp(sum: &Self::Sum, sent: u64) -> impl Future<Output = ()> + Send;
    /// [`Ledger::echo`], by an ask.
    fn echo(sum: &Self::Sum, number: u64) -> impl Future<Output = u64> + Send;
    /// [`Ledger::report`], by an ask.
    fn report(sum: &Self::Sum) -> impl Future<Output = Report> + Send;

    /// Asks it to stop, in an orderly way, and waits for its end.
    fn stop(sum: Self::Sum, join: Self::Join) -> impl Future<Output = ()> + Send;
}

/// An actor that passes a token on to the next one, with a tell that waits for room where the library can. The one that
/// gets a token with 0 hops left arrives at [`FINISH`](crate::ledger::FINISH) with its index.
pub(crate) trait Rings: Peer {
    type Node: Clone + Send + Sync + 'static;

    fn node(stage: &Self::Stage, index: u64) -> impl Future<Output = Self::Node> + Send;
    /// Says who comes next; done when the actor knows.
    fn link(node: &Self::Node, next: Self::Node) -> impl Future<Output = ()> + Send;
    /// A tell.
    fn token(node: &Self::Node, left: u64) -> impl Future<Output = ()> + Send;
}
