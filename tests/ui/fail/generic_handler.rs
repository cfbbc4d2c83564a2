#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn deposit<T: Into<u64>>(&mut self, amount: T) {}

    #[message]
    fn note<'a>(&mut self, text: &'a str) {}

    #[message]
    fn balance(&self) -> u64
    where
        Self: Sized,
    {
        self.balance
    }
}

fn main() {}
