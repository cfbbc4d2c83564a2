#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn import(&mut self, rows: impl Iterator<Item = u64>) {}

    #[message]
    fn rows(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.balance)
    }
}

fn main() {}
