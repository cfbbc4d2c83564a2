#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: std::cell::Cell<u64>,
}

#[handlers]
impl Account {
    #[message]
    async fn balance(&self) -> u64 {
        self.balance.get()
    }
}

fn main() {}
