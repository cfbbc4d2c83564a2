//! xtra, with a bounded mailbox. A tell is a detached send: it waits for room and not for the handler.

use xtra::prelude::*;

use crate::ledger::{FINISH, Ledger, Report};
use crate::peer::{CAPACITY, Flavor, Peer, Rings, Sums};

pub(crate) struct Xtra;

pub(crate) struct Sum {
    ledger: Ledger,
}

impl Actor for Sum {
    type Stop = ();

    async fn stopped(self) {}
}

pub(crate) struct Add(u64);
pub(crate) struct Stamp(u64);
pub(crate) struct Echo(u64);
pub(crate) struct GetReport;

impl Handler<Add> for Sum {
    type Return = ();

    async fn handle(&mut self, message: Add, _: &mut Context<Self>) {
        self.ledger.add(message.0);
    }
}

impl Handler<Stamp> for Sum {
    type Return = ();

    async fn handle(&mut self, message: Stamp, _: &mut Context<Self>) {
        self.ledger.stamp(message.0);
    }
}

impl Handler<Echo> for Sum {
    type Return = u64;

    async fn handle(&mut self, message: Echo, _: &mut Context<Self>) -> u64 {
        self.ledger.echo(message.0)
    }
}

impl Handler<GetReport> for Sum {
    type Return = Report;

    async fn handle(&mut self, _: GetReport, _: &mut Context<Self>) -> Report {
        self.ledger.report()
    }
}

pub(crate) struct Node {
    index: u64,
    next: Option<Address<Self>>,
}

impl Actor for Node {
    type Stop = ();

    async fn stopped(self) {}
}

pub(crate) struct Link(Address<Node>);
pub(crate) struct Token(u64);

impl Handler<Link> for Node {
    type Return = ();

    async fn handle(&mut self, message: Link, _: &mut Context<Self>) {
        self.next = Some(message.0);
    }
}

impl Handler<Token> for Node {
    type Return = ();

    async fn handle(&mut self, message: Token, _: &mut Context<Self>) {
        if message.0 == 0 {
            FINISH.arrive(self.index);
            return;
        }
        let next = self.next.as_ref().expect("linked before the first token");
        let sent = next.send(Token(message.0 - 1)).detach().await;
        assert!(sent.is_ok(), "it lives");
    }
}

impl Peer for Xtra {
    const NAME: &'static str = "xtra";

    type Stage = ();

    async fn open(_: Flavor) {}
}

impl Sums for Xtra {
    type Sum = Address<Sum>;
    type Join = ();

    async fn spawn((): &(), ledger: Ledger) -> (Self::Sum, ()) {
        let sum = xtra::spawn_tokio(Sum { ledger }, Mailbox::bounded(CAPACITY));
        (sum, ())
    }

    async fn add(sum: &Self::Sum, number: u64) {
        let sent = sum.send(Add(number)).detach().await;
        assert!(sent.is_ok(), "it lives");
    }

    async fn stamp(sum: &Self::Sum, sent: u64) {
        let sent = sum.send(Stamp(sent)).detach().await;
        assert!(sent.is_ok(), "it lives");
    }

    async fn echo(sum: &Self::Sum, number: u64) -> u64 {
        sum.send(Echo(number)).await.expect("it answers")
    }

    async fn report(sum: &Self::Sum) -> Report {
        sum.send(GetReport).await.expect("it answers")
    }

    async fn stop(sum: Self::Sum, (): ()) {
        let ended = sum.join();
        // It ends when nobody can send to it.
        drop(sum);
        ended.await;
    }
}

impl Rings for Xtra {
    type Node = Address<Node>;

    async fn node((): &(), index: u64) -> Self::Node {
        xtra::spawn_tokio(Node { index, next: None }, Mailbox::bounded(CAPACITY))
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        node.send(Link(next)).await.expect("it answers");
    }

    async fn token(node: &Self::Node, left: u64) {
        let sent = node.send(Token(left)).detach().await;
        assert!(sent.is_ok(), "it lives");
    }
}
