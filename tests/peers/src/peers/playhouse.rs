//! playhouse, as a user gets it: ids, counters, time limits and all.

use playhouse::prelude::*;

use crate::peer::{CAPACITY, Peer};

pub(crate) struct Playhouse;

#[actor]
pub(crate) struct Sum {
    total: u64,
}

#[handlers]
impl Sum {
    #[message]
    pub(crate) fn add(&mut self, number: u64) {
        self.total += number;
    }

    #[message]
    pub(crate) fn give_back(&mut self, number: u64) -> u64 {
        self.total += number;
        number
    }

    #[message]
    pub(crate) fn total(&self) -> u64 {
        self.total
    }
}

impl Peer for Playhouse {
    type Address = Address<Sum>;

    async fn start() -> Self::Address {
        let system = System::new("peers");
        system
            .spawner()
            .mailbox(CAPACITY)
            .spawn(Sum { total: 0 })
            .expect("an open system")
    }

    async fn add(address: &Self::Address, number: u64) {
        address.add(number).await.expect("it lives");
    }

    async fn ask(address: &Self::Address, number: u64) -> u64 {
        address.give_back(number).await.expect("it answers")
    }

    async fn total(address: &Self::Address) -> u64 {
        address.total().await.expect("it answers")
    }
}
