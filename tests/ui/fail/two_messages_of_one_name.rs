#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {}

    #[message(name = AccountDeposit)]
    fn put_in(&mut self, amount: u64) {}
}

fn main() {}
