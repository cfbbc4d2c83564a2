#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn close(self) -> u64 {
        self.balance
    }

    #[message]
    fn split(self: Box<Self>) {}
}

fn main() {}
