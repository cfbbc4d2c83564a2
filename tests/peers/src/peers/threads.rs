//! crossbeam-channel: an actor is a thread of its own, and everybody blocks. What is async in the harness around it does not
//! wait, so a sender holds its worker while it waits for room or for an answer.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, bounded};

use crate::ledger::{FINISH, Ledger, Report};
use crate::peer::{CAPACITY, Flavor, Peer, Rings, Sums};

pub(crate) struct Threads;

pub(crate) enum Message {
    Add(u64),
    Stamp(u64),
    Echo(u64, Sender<u64>),
    Report(Sender<Report>),
}

pub(crate) enum Token {
    Link(Node, Sender<()>),
    Pass(u64),
    End,
}

/// The nodes, which hold each other and would never end by themselves.
#[derive(Default)]
pub(crate) struct Nodes(Mutex<Vec<(Node, JoinHandle<()>)>>);

impl Peer for Threads {
    const NAME: &'static str = "crossbeam-thread";
    const MANY: bool = false;
    const ASKS_ASYNC: bool = false;

    type Stage = Nodes;

    async fn open(_: Flavor) -> Nodes {
        Nodes::default()
    }

    async fn close(stage: Nodes) {
        for (node, thread) in stage.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            node.0.send(Token::End).expect("it lives");
            thread.join().expect("it ends");
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    thread::Builder::new()
        .name("actor".to_owned())
        .spawn(work)
        .expect("a thread for the actor")
}

impl Sums for Threads {
    type Sum = Sender<Message>;
    type Join = JoinHandle<()>;

    async fn spawn(_: &Nodes, mut ledger: Ledger) -> (Self::Sum, Self::Join) {
        let (sender, receiver) = bounded(CAPACITY);
        let thread = spawn(move || {
            for message in receiver {
                // A caller that no longer waits wants no answer.
                match message {
                    Message::Add(number) => ledger.add(number),
                    Message::Stamp(sent) => ledger.stamp(sent),
                    Message::Echo(number, reply) => {
                        let _ = reply.send(ledger.echo(number));
                    }
                    Message::Report(reply) => {
                        let _ = reply.send(ledger.report());
                    }
                }
            }
        });
        (sender, thread)
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
        let (reply, answer) = bounded(1);
        let sent = sum.send(Message::Echo(number, reply));
        assert!(sent.is_ok(), "it lives");
        answer.recv().expect("it answers")
    }

    async fn report(sum: &Self::Sum) -> Report {
        let (reply, answer) = bounded(1);
        let sent = sum.send(Message::Report(reply));
        assert!(sent.is_ok(), "it lives");
        answer.recv().expect("it answers")
    }

    async fn stop(sum: Self::Sum, join: Self::Join) {
        drop(sum);
        join.join().expect("it ends");
    }
}

#[derive(Clone)]
pub(crate) struct Node(Sender<Token>);

impl Rings for Threads {
    type Node = Node;

    async fn node(stage: &Nodes, index: u64) -> Node {
        let (sender, receiver) = bounded(CAPACITY);
        let thread = spawn(move || {
            let mut next: Option<Node> = None;
            for message in receiver {
                match message {
                    Token::Link(node, done) => {
                        next = Some(node);
                        let _ = done.send(());
                    }
                    Token::Pass(0) => FINISH.arrive(index),
                    Token::Pass(left) => {
                        let next = next.as_ref().expect("linked before the first token");
                        let sent = next.0.send(Token::Pass(left - 1));
                        assert!(sent.is_ok(), "it lives");
                    }
                    Token::End => return,
                }
            }
        });
        let node = Node(sender);
        stage
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((node.clone(), thread));
        node
    }

    async fn link(node: &Node, next: Node) {
        let (done, linked) = bounded(1);
        let sent = node.0.send(Token::Link(next, done));
        assert!(sent.is_ok(), "it lives");
        linked.recv().expect("it answers");
    }

    async fn token(node: &Node, left: u64) {
        let sent = node.0.send(Token::Pass(left));
        assert!(sent.is_ok(), "it lives");
    }
}
