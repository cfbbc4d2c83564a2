#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn transfer(&mut self, (to, amount): (u64, u64)) {}

    #[message]
    fn deposit(&mut self, whole @ _: u64) {}
}

fn main() {}
