#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message(boxed)]
    fn deposit(&mut self, amount: u64) {}

    #[message(on_error = report)]
    fn balance(&self) -> u64 {
        self.balance
    }

    #[message(result)]
    fn close(&mut self) {}
}

fn main() {}
