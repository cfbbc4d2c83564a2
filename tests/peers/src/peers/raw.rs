//! A task behind a bounded channel of tokio, with a oneshot for each answer: no library at all, and what all others are
//! compared with.

use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::ledger::{FINISH, Ledger, Report};
use crate::peer::{CAPACITY, Flavor, Peer, Rings, Sums};

pub(crate) struct Raw;

pub(crate) enum Message {
    Add(u64),
    Stamp(u64),
    Echo(u64, oneshot::Sender<u64>),
    Report(oneshot::Sender<Report>),
}

impl Message {
    /// What a handler is elsewhere.
    pub(super) fn handle(self, ledger: &mut Ledger) {
        // A caller that no longer waits wants no answer.
        match self {
            Self::Add(number) => ledger.add(number),
            Self::Stamp(sent) => ledger.stamp(sent),
            Self::Echo(number, reply) => {
                let _ = reply.send(ledger.echo(number));
            }
            Self::Report(reply) => {
                let _ = reply.send(ledger.report());
            }
        }
    }
}

pub(crate) enum Token<N> {
    Link(N, oneshot::Sender<()>),
    Pass(u64),
}

impl Peer for Raw {
    const NAME: &'static str = "tokio";

    type Stage = ();

    async fn open(_: Flavor) {}
}

impl Sums for Raw {
    type Sum = Sender<Message>;
    type Join = JoinHandle<()>;

    async fn spawn((): &(), mut ledger: Ledger) -> (Self::Sum, Self::Join) {
        let (sender, mut receiver) = channel::<Message>(CAPACITY);
        let task = tokio::spawn(async move {
            while let Some(message) = receiver.recv().await {
                message.handle(&mut ledger);
            }
        });
        (sender, task)
    }

    async fn add(sum: &Self::Sum, number: u64) {
        let sent = sum.send(Message::Add(number)).await;
        assert!(sent.is_ok(), "it lives");
    }

    async fn stamp(sum: &Self::Sum, sent: u64) {
        let sent = sum.send(Message::Stamp(sent)).await;
        assert!(sent.is_ok(), "it lives");
    }

    async fn echo(sum: &Self::Sum, number: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        let sent = sum.send(Message::Echo(number, reply)).await;
        assert!(sent.is_ok(), "it lives");
        answer.await.expect("it answers")
    }

    async fn report(sum: &Self::Sum) -> Report {
        let (reply, answer) = oneshot::channel();
        let sent = sum.send(Message::Report(reply)).await;
        assert!(sent.is_ok(), "it lives");
        answer.await.expect("it answers")
    }

    async fn stop(sum: Self::Sum, join: Self::Join) {
        drop(sum);
        join.await.expect("it ends");
    }
}

#[derive(Clone)]
pub(crate) struct Node(Sender<Token<Self>>);

impl Rings for Raw {
    type Node = Node;

    async fn node((): &(), index: u64) -> Node {
        let (sender, mut receiver) = channel(CAPACITY);
        tokio::spawn(async move {
            let mut next: Option<Node> = None;
            while let Some(message) = receiver.recv().await {
                match message {
                    Token::Link(node, done) => {
                        next = Some(node);
                        let _ = done.send(());
                    }
                    Token::Pass(0) => FINISH.arrive(index),
                    Token::Pass(left) => {
                        let next = next.as_ref().expect("linked before the first token");
                        Self::token(next, left - 1).await;
                    }
                }
            }
        });
        Node(sender)
    }

    async fn link(node: &Node, next: Node) {
        let (done, linked) = oneshot::channel();
        let sent = node.0.send(Token::Link(next, done)).await;
        assert!(sent.is_ok(), "it lives");
        linked.await.expect("it answers");
    }

    async fn token(node: &Node, left: u64) {
        let sent = node.0.send(Token::Pass(left)).await;
        assert!(sent.is_ok(), "it lives");
    }
}
