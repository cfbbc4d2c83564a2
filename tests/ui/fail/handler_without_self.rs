#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn deposit(amount: u64) {}

    #[message]
    fn open() -> Self {
        Self { balance: 0 }
    }
}

fn main() {}
