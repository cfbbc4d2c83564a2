#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[started]
    fn open(&mut self, path: String) {}

    #[stopping]
    fn close(&mut self, why: ExitReason) {}
}

fn main() {}
