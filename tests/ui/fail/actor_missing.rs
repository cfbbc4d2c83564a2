#![allow(unused)]

use playhouse::prelude::*;

struct Account;

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {}
}

fn main() {}
