//! kameo, with a bounded mailbox.

use kameo::mailbox;
use kameo::prelude::*;

use crate::ledger::{FINISH, Ledger, Report};
use crate::peer::{CAPACITY, Flavor, Peer, Rings, Sums};

pub(crate) struct Kameo;

#[derive(Actor)]
pub(crate) struct Sum {
    ledger: Ledger,
}

pub(crate) struct Add(u64);
pub(crate) struct Stamp(u64);
pub(crate) struct Echo(u64);
pub(crate) struct GetReport;

impl Message<Add> for Sum {
    type Reply = ();

    async fn handle(&mut self, message: Add, _: &mut Context<Self, Self::Reply>) {
        self.ledger.add(message.0);
    }
}

impl Message<Stamp> for Sum {
    type Reply = ();

    async fn handle(&mut self, message: Stamp, _: &mut Context<Self, Self::Reply>) {
        self.ledger.stamp(message.0);
    }
}

impl Message<Echo> for Sum {
    type Reply = u64;

    async fn handle(&mut self, message: Echo, _: &mut Context<Self, Self::Reply>) -> u64 {
        self.ledger.echo(message.0)
    }
}

#[derive(Reply)]
pub(crate) struct TheReport(Report);

impl Message<GetReport> for Sum {
    type Reply = TheReport;

    async fn handle(&mut self, _: GetReport, _: &mut Context<Self, Self::Reply>) -> TheReport {
        TheReport(self.ledger.report())
    }
}

#[derive(Actor)]
pub(crate) struct Node {
    index: u64,
    next: Option<ActorRef<Self>>,
}

pub(crate) struct Link(ActorRef<Node>);
pub(crate) struct Token(u64);

impl Message<Link> for Node {
    type Reply = ();

    async fn handle(&mut self, message: Link, _: &mut Context<Self, Self::Reply>) {
        self.next = Some(message.0);
    }
}

impl Message<Token> for Node {
    type Reply = ();

    async fn handle(&mut self, message: Token, _: &mut Context<Self, Self::Reply>) {
        if message.0 == 0 {
            FINISH.arrive(self.index);
            return;
        }
        let next = self.next.as_ref().expect("linked before the first token");
        let sent = next.tell(Token(message.0 - 1)).await;
        assert!(sent.is_ok(), "it lives");
    }
}

impl Peer for Kameo {
    const NAME: &'static str = "kameo";

    type Stage = ();

    async fn open(_: Flavor) {}
}

impl Sums for Kameo {
    type Sum = ActorRef<Sum>;
    type Join = ();

    async fn spawn((): &(), ledger: Ledger) -> (Self::Sum, ()) {
        let sum = Sum::spawn_with_mailbox(Sum { ledger }, mailbox::bounded(CAPACITY));
        (sum, ())
    }

    async fn add(sum: &Self::Sum, number: u64) {
        let sent = sum.tell(Add(number)).await;
        assert!(sent.is_ok(), "it lives");
    }

    async fn stamp(sum: &Self::Sum, sent: u64) {
        let sent = sum.tell(Stamp(sent)).await;
        assert!(sent.is_ok(), "it lives");
    }

    async fn echo(sum: &Self::Sum, number: u64) -> u64 {
        let Ok(answer) = sum.ask(Echo(number)).await else {
            panic!("it answers")
        };
        answer
    }

    async fn report(sum: &Self::Sum) -> Report {
        let Ok(answer) = sum.ask(GetReport).await else {
            panic!("it answers")
        };
        answer.0
    }

    async fn stop(sum: Self::Sum, (): ()) {
        let asked = sum.stop_gracefully().await;
        assert!(asked.is_ok(), "it lives");
        sum.wait_for_shutdown().await;
    }
}

impl Rings for Kameo {
    type Node = ActorRef<Node>;

    async fn node((): &(), index: u64) -> Self::Node {
        Node::spawn_with_mailbox(Node { index, next: None }, mailbox::bounded(CAPACITY))
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        let linked = node.ask(Link(next)).await;
        assert!(linked.is_ok(), "it answers");
    }

    async fn token(node: &Self::Node, left: u64) {
        let sent = node.tell(Token(left)).await;
        assert!(sent.is_ok(), "it lives");
    }
}
