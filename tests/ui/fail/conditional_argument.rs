#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, #[cfg(unix)] amount: u64) {}
}

fn main() {}
