//! actix. All actors of an arbiter share its thread. With two workers that thread is a third one, and whoever sends is on
//! another thread than the actors; on the current thread everything is on that one. A tell is `do_send`, which is not held
//! back by the mailbox's bound of 16: the tell that would be, `send(..).await`, waits for the handler.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use actix::prelude::*;
use tokio::sync::oneshot;

use crate::ledger::{FINISH, Ledger, Report};
use crate::peer::{Flavor, Peer, Rings, Sums};

pub(crate) struct Actix;

pub(crate) struct Sum {
    ledger: Ledger,
    /// Dropped with the state, since actix has nothing that waits for the end of an actor.
    _ended: oneshot::Sender<()>,
}

impl Actor for Sum {
    type Context = Context<Self>;
}

pub(crate) struct Add(u64);
pub(crate) struct Stamp(u64);
pub(crate) struct Echo(u64);
pub(crate) struct GetReport;
pub(crate) struct Stop;

impl Message for Add {
    type Result = ();
}

impl Message for Stamp {
    type Result = ();
}

impl Message for Echo {
    type Result = u64;
}

impl Message for GetReport {
    type Result = Report;
}

impl Message for Stop {
    type Result = ();
}

impl Handler<Add> for Sum {
    type Result = ();

    fn handle(&mut self, message: Add, _: &mut Context<Self>) {
        self.ledger.add(message.0);
    }
}

impl Handler<Stamp> for Sum {
    type Result = ();

    fn handle(&mut self, message: Stamp, _: &mut Context<Self>) {
        self.ledger.stamp(message.0);
    }
}

impl Handler<Echo> for Sum {
    type Result = u64;

    fn handle(&mut self, message: Echo, _: &mut Context<Self>) -> u64 {
        self.ledger.echo(message.0)
    }
}

impl Handler<GetReport> for Sum {
    type Result = MessageResult<GetReport>;

    fn handle(&mut self, _: GetReport, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.ledger.report())
    }
}

impl Handler<Stop> for Sum {
    type Result = ();

    fn handle(&mut self, _: Stop, context: &mut Context<Self>) {
        context.stop();
    }
}

pub(crate) struct Node {
    index: u64,
    next: Option<Addr<Self>>,
}

impl Actor for Node {
    type Context = Context<Self>;
}

pub(crate) struct Link(Addr<Node>);
pub(crate) struct Token(u64);

impl Message for Link {
    type Result = ();
}

impl Message for Token {
    type Result = ();
}

impl Handler<Link> for Node {
    type Result = ();

    fn handle(&mut self, message: Link, _: &mut Context<Self>) {
        self.next = Some(message.0);
    }
}

impl Handler<Token> for Node {
    type Result = ();

    fn handle(&mut self, message: Token, _: &mut Context<Self>) {
        if message.0 == 0 {
            FINISH.arrive(self.index);
            return;
        }
        let next = self.next.as_ref().expect("linked before the first token");
        next.do_send(Token(message.0 - 1));
    }
}

/// Where the actors are, and the thread of it if it has one to itself.
pub(crate) struct Stage {
    arbiter: ArbiterHandle,
    thread: Option<(System, JoinHandle<()>)>,
}

impl Peer for Actix {
    const NAME: &'static str = "actix";
    const BOUND: Option<usize> = None;

    type Stage = Stage;

    async fn open(flavor: Flavor) -> Stage {
        match flavor {
            Flavor::Ct => Stage {
                arbiter: Arbiter::current(),
                thread: None,
            },
            Flavor::Mt => {
                let (sender, receiver) = mpsc::channel();
                let thread = thread::Builder::new()
                    .name("arbiter".to_owned())
                    .spawn(move || {
                        let runner = System::new();
                        sender
                            .send((System::current(), Arbiter::current()))
                            .expect("the run waits for it");
                        runner.run().expect("it stops in an orderly way");
                    })
                    .expect("a thread for the actors");
                let (system, arbiter) = receiver.recv().expect("actix starts");
                Stage {
                    arbiter,
                    thread: Some((system, thread)),
                }
            }
        }
    }

    async fn close(stage: Stage) {
        if let Some((system, thread)) = stage.thread {
            system.stop();
            thread.join().expect("it ends");
        }
    }

    fn block_on<F: Future>(flavor: Flavor, future: F) -> F::Output {
        match flavor {
            Flavor::Mt => flavor.build().block_on(future),
            Flavor::Ct => System::with_tokio_rt(|| flavor.build()).block_on(future),
        }
    }
}

impl Sums for Actix {
    type Sum = Addr<Sum>;
    type Join = oneshot::Receiver<()>;

    async fn spawn(stage: &Stage, ledger: Ledger) -> (Self::Sum, Self::Join) {
        let (sender, ended) = oneshot::channel();
        let sum = Sum::start_in_arbiter(&stage.arbiter, |_| Sum {
            ledger,
            _ended: sender,
        });
        (sum, ended)
    }

    async fn add(sum: &Self::Sum, number: u64) {
        sum.do_send(Add(number));
    }

    async fn stamp(sum: &Self::Sum, sent: u64) {
        sum.do_send(Stamp(sent));
    }

    async fn echo(sum: &Self::Sum, number: u64) -> u64 {
        sum.send(Echo(number)).await.expect("it answers")
    }

    async fn report(sum: &Self::Sum) -> Report {
        sum.send(GetReport).await.expect("it answers")
    }

    async fn stop(sum: Self::Sum, join: Self::Join) {
        sum.do_send(Stop);
        let ended = join.await;
        assert!(ended.is_err(), "nobody sends there");
    }
}

impl Rings for Actix {
    type Node = Addr<Node>;

    async fn node(stage: &Stage, index: u64) -> Self::Node {
        Node::start_in_arbiter(&stage.arbiter, move |_| Node { index, next: None })
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        node.send(Link(next)).await.expect("it answers");
    }

    async fn token(node: &Self::Node, left: u64) {
        node.do_send(Token(left));
    }
}
