#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

struct Overdrawn;

#[handlers]
impl Account {
    #[message]
    fn withdraw(&mut self, amount: u64, reply: Reply<Result<u64, Overdrawn>>) {}
}

fn main() {}
