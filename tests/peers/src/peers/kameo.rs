//! kameo, with a bounded mailbox.

use kameo::mailbox;
use kameo::prelude::*;

use crate::peer::{CAPACITY, Peer};

pub(crate) struct Kameo;

#[derive(Actor)]
pub(crate) struct Sum {
    total: u64,
}

pub(crate) struct Add(u64);
pub(crate) struct GiveBack(u64);
pub(crate) struct Total;

impl Message<Add> for Sum {
    type Reply = ();

    async fn handle(&mut self, message: Add, _: &mut Context<Self, Self::Reply>) {
        self.total += message.0;
    }
}

impl Message<GiveBack> for Sum {
    type Reply = u64;

    async fn handle(&mut self, message: GiveBack, _: &mut Context<Self, Self::Reply>) -> u64 {
        self.total += message.0;
        message.0
    }
}

impl Message<Total> for Sum {
    type Reply = u64;

    async fn handle(&mut self, _: Total, _: &mut Context<Self, Self::Reply>) -> u64 {
        self.total
    }
}

impl Peer for Kameo {
    type Address = ActorRef<Sum>;

    async fn start() -> Self::Address {
        Sum::spawn_with_mailbox(Sum { total: 0 }, mailbox::bounded(CAPACITY))
    }

    async fn add(address: &Self::Address, number: u64) {
        let sent = address.tell(Add(number)).await;
        assert!(sent.is_ok(), "it lives");
    }

    async fn ask(address: &Self::Address, number: u64) -> u64 {
        match address.ask(GiveBack(number)).await {
            Ok(answer) => answer,
            Err(_) => panic!("it answers"),
        }
    }

    async fn total(address: &Self::Address) -> u64 {
        match address.ask(Total).await {
            Ok(total) => total,
            Err(_) => panic!("it answers"),
        }
    }
}
