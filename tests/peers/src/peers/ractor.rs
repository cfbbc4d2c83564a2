//! ractor: one enum per actor, and no bound (it has none to offer).

use ractor::concurrency::JoinHandle;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};

use crate::ledger::{FINISH, Ledger, Report};
use crate::peer::{Flavor, Peer, Rings, Sums};

pub(crate) struct Ractor;

pub(crate) struct Sum;

pub(crate) enum Message {
    Add(u64),
    Stamp(u64),
    Echo(u64, RpcReplyPort<u64>),
    Report(RpcReplyPort<Report>),
}

impl Actor for Sum {
    type Msg = Message;
    type State = Ledger;
    type Arguments = Ledger;

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        ledger: Ledger,
    ) -> Result<Ledger, ActorProcessingErr> {
        Ok(ledger)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        ledger: &mut Ledger,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add(number) => ledger.add(number),
            Message::Stamp(sent) => ledger.stamp(sent),
            Message::Echo(number, reply) => reply.send(ledger.echo(number))?,
            Message::Report(reply) => reply.send(ledger.report())?,
        }
        Ok(())
    }
}

pub(crate) struct Node {
    index: u64,
}

pub(crate) enum Token {
    Link(ActorRef<Self>, RpcReplyPort<()>),
    Pass(u64),
}

impl Actor for Node {
    type Msg = Token;
    type State = Option<ActorRef<Token>>;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<Token>,
        (): (),
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(None)
    }

    async fn handle(
        &self,
        _: ActorRef<Token>,
        message: Token,
        next: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Token::Link(node, reply) => {
                *next = Some(node);
                reply.send(())?;
            }
            Token::Pass(0) => FINISH.arrive(self.index),
            Token::Pass(left) => {
                let next = next.as_ref().expect("linked before the first token");
                next.cast(Token::Pass(left - 1))?;
            }
        }
        Ok(())
    }
}

impl Peer for Ractor {
    const NAME: &'static str = "ractor";
    const BOUND: Option<usize> = None;

    type Stage = ();

    async fn open(_: Flavor) {}
}

impl Sums for Ractor {
    type Sum = ActorRef<Message>;
    type Join = JoinHandle<()>;

    async fn spawn((): &(), ledger: Ledger) -> (Self::Sum, Self::Join) {
        Actor::spawn(None, Sum, ledger).await.expect("it starts")
    }

    async fn add(sum: &Self::Sum, number: u64) {
        let sent = sum.cast(Message::Add(number));
        assert!(sent.is_ok(), "it lives");
    }

    async fn stamp(sum: &Self::Sum, sent: u64) {
        let sent = sum.cast(Message::Stamp(sent));
        assert!(sent.is_ok(), "it lives");
    }

    async fn echo(sum: &Self::Sum, number: u64) -> u64 {
        call!(sum, Message::Echo, number).expect("it answers")
    }

    async fn report(sum: &Self::Sum) -> Report {
        call!(sum, Message::Report).expect("it answers")
    }

    async fn stop(sum: Self::Sum, join: Self::Join) {
        sum.stop(None);
        join.await.expect("it ends");
    }
}

impl Rings for Ractor {
    type Node = ActorRef<Token>;

    async fn node((): &(), index: u64) -> Self::Node {
        let (node, _join) = Actor::spawn(None, Node { index }, ())
            .await
            .expect("it starts");
        node
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        call!(node, Token::Link, next).expect("it answers");
    }

    async fn token(node: &Self::Node, left: u64) {
        let sent = node.cast(Token::Pass(left));
        assert!(sent.is_ok(), "it lives");
    }
}
