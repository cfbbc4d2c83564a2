//! coerce, with actors that its registry does not track; it knows no bound.

use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::system::ActorSystem;
use coerce::actor::{Actor, LocalActorRef};

use crate::ledger::{FINISH, Ledger, Report};
use crate::peer::{Flavor, Peer, Rings, Sums};

pub(crate) struct Coerce;

pub(crate) struct Sum {
    ledger: Ledger,
}

impl Actor for Sum {}

pub(crate) struct Add(u64);
pub(crate) struct Stamp(u64);
pub(crate) struct Echo(u64);
pub(crate) struct GetReport;

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

#[async_trait]
impl Handler<Add> for Sum {
    async fn handle(&mut self, message: Add, _: &mut ActorContext) {
        self.ledger.add(message.0);
    }
}

#[async_trait]
impl Handler<Stamp> for Sum {
    async fn handle(&mut self, message: Stamp, _: &mut ActorContext) {
        self.ledger.stamp(message.0);
    }
}

#[async_trait]
impl Handler<Echo> for Sum {
    async fn handle(&mut self, message: Echo, _: &mut ActorContext) -> u64 {
        self.ledger.echo(message.0)
    }
}

#[async_trait]
impl Handler<GetReport> for Sum {
    async fn handle(&mut self, _: GetReport, _: &mut ActorContext) -> Report {
        self.ledger.report()
    }
}

pub(crate) struct Node {
    index: u64,
    next: Option<LocalActorRef<Self>>,
}

impl Actor for Node {}

pub(crate) struct Link(LocalActorRef<Node>);
pub(crate) struct Token(u64);

impl Message for Link {
    type Result = ();
}

impl Message for Token {
    type Result = ();
}

#[async_trait]
impl Handler<Link> for Node {
    async fn handle(&mut self, message: Link, _: &mut ActorContext) {
        self.next = Some(message.0);
    }
}

#[async_trait]
impl Handler<Token> for Node {
    async fn handle(&mut self, message: Token, _: &mut ActorContext) {
        if message.0 == 0 {
            FINISH.arrive(self.index);
            return;
        }
        let next = self.next.as_ref().expect("linked before the first token");
        next.notify(Token(message.0 - 1)).expect("it lives");
    }
}

impl Peer for Coerce {
    const NAME: &'static str = "coerce";
    const BOUND: Option<usize> = None;

    type Stage = ActorSystem;

    async fn open(_: Flavor) -> ActorSystem {
        ActorSystem::new()
    }

    async fn close(stage: ActorSystem) {
        stage.shutdown().await;
    }
}

impl Sums for Coerce {
    type Sum = LocalActorRef<Sum>;
    type Join = ();

    async fn spawn(stage: &ActorSystem, ledger: Ledger) -> (Self::Sum, ()) {
        let sum = stage.new_anon_actor(Sum { ledger }).await;
        (sum.expect("it starts"), ())
    }

    async fn add(sum: &Self::Sum, number: u64) {
        sum.notify(Add(number)).expect("it lives");
    }

    async fn stamp(sum: &Self::Sum, sent: u64) {
        sum.notify(Stamp(sent)).expect("it lives");
    }

    async fn echo(sum: &Self::Sum, number: u64) -> u64 {
        sum.send(Echo(number)).await.expect("it answers")
    }

    async fn report(sum: &Self::Sum) -> Report {
        sum.send(GetReport).await.expect("it answers")
    }

    async fn stop(sum: Self::Sum, (): ()) {
        sum.stop().await.expect("it stops");
    }
}

impl Rings for Coerce {
    type Node = LocalActorRef<Node>;

    async fn node(stage: &ActorSystem, index: u64) -> Self::Node {
        let node = stage.new_anon_actor(Node { index, next: None }).await;
        node.expect("it starts")
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        node.send(Link(next)).await.expect("it answers");
    }

    async fn token(node: &Self::Node, left: u64) {
        node.notify(Token(left)).expect("it lives");
    }
}
