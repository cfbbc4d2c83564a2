//! A task behind an unbounded channel of tokio: what leaving out the bound is worth.

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::raw::{Message, Token};
use crate::ledger::{FINISH, Ledger, Report};
use crate::peer::{Flavor, Peer, Rings, Sums};

pub(crate) struct Unbounded;

impl Peer for Unbounded {
    const NAME: &'static str = "tokio-unbounded";
    const BOUND: Option<usize> = None;

    type Stage = ();

    async fn open(_: Flavor) {}
}

impl Sums for Unbounded {
    type Sum = UnboundedSender<Message>;
    type Join = JoinHandle<()>;

    async fn spawn((): &(), mut ledger: Ledger) -> (Self::Sum, Self::Join) {
        let (sender, mut receiver) = unbounded_channel::<Message>();
        let task = tokio::spawn(async move {
            while let Some(message) = receiver.recv().await {
                message.handle(&mut ledger);
            }
        });
        (sender, task)
    }

    async fn add(sum: &Self::Sum, number: u64) {
        let sent = sum.send(Message::Add(number));
        assert!(sent.is_ok(), "it lives");
    }

    async fn stamp(sum: &Self::Sum, sent: u64) {
        let sent = sum.send(Message::Stamp(sent));
        assert!(sent.is_ok(), "it lives");
    }

    async fn echo(sum: &Self::Sum, number: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        let sent = sum.send(Message::Echo(number, reply));
        assert!(sent.is_ok(), "it lives");
        answer.await.expect("it answers")
    }

    async fn report(sum: &Self::Sum) -> Report {
        let (reply, answer) = oneshot::channel();
        let sent = sum.send(Message::Report(reply));
        assert!(sent.is_ok(), "it lives");
        answer.await.expect("it answers")
    }

    async fn stop(sum: Self::Sum, join: Self::Join) {
        drop(sum);
        join.await.expect("it ends");
    }
}

#[derive(Clone)]
pub(crate) struct Node(UnboundedSender<Token<Self>>);

impl Rings for Unbounded {
    type Node = Node;

    async fn node((): &(), index: u64) -> Node {
        let (sender, mut receiver) = unbounded_channel();
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
        let sent = node.0.send(Token::Link(next, done));
        assert!(sent.is_ok(), "it lives");
        linked.await.expect("it answers");
    }

    async fn token(node: &Node, left: u64) {
        let sent = node.0.send(Token::Pass(left));
        assert!(sent.is_ok(), "it lives");
    }
}
