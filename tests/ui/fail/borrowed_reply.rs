#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn balance(&self) -> &u64 {
        &self.balance
    }
}

fn main() {}
