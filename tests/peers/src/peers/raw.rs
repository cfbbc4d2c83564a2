//! A task behind a bounded channel of tokio, with a oneshot for each answer: no library at all.

use tokio::sync::{mpsc, oneshot};

use crate::peer::{CAPACITY, Peer};

pub(crate) struct Mpsc;

pub(crate) enum Message {
    Add(u64),
    Ask(u64, oneshot::Sender<u64>),
    Total(oneshot::Sender<u64>),
}

impl Peer for Mpsc {
    type Address = mpsc::Sender<Message>;

    async fn start() -> Self::Address {
        let (sender, mut receiver) = mpsc::channel(CAPACITY);
        tokio::spawn(async move {
            let mut total = 0;
            while let Some(message) = receiver.recv().await {
                match message {
                    Message::Add(number) => total += number,
                    Message::Ask(number, reply) => {
                        total += number;
                        reply.send(number).expect("the caller waits");
                    }
                    Message::Total(reply) => reply.send(total).expect("the caller waits"),
                }
            }
        });
        sender
    }

    async fn add(address: &Self::Address, number: u64) {
        let sent = address.send(Message::Add(number)).await;
        assert!(sent.is_ok(), "it lives");
    }

    async fn ask(address: &Self::Address, number: u64) -> u64 {
        let (sender, receiver) = oneshot::channel();
        let sent = address.send(Message::Ask(number, sender)).await;
        assert!(sent.is_ok(), "it lives");
        receiver.await.expect("it answers")
    }

    async fn total(address: &Self::Address) -> u64 {
        let (sender, receiver) = oneshot::channel();
        let sent = address.send(Message::Total(sender)).await;
        assert!(sent.is_ok(), "it lives");
        receiver.await.expect("it answers")
    }
}
