#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn withdraw(&mut self, amount: u64, reply: Reply<u64>) -> u64 {
        amount
    }
}

fn main() {}
