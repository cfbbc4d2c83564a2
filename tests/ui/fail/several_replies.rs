#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn withdraw(&mut self, first: Reply<u64>, second: Reply<u64>) {}
}

fn main() {}
