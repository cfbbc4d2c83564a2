#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    const fn balance(&self) -> u64 {
        self.balance
    }

    #[message]
    unsafe fn deposit(&mut self, amount: u64) {}

    #[message]
    extern "C" fn withdraw(&mut self, amount: u64) {}
}

fn main() {}
