#![allow(unused)]

use playhouse::prelude::*;

#[actor(mailbox = 8, mailbox = 9)]
struct Account;

#[handlers]
impl Account {
    #[message(skip_abandoned, skip_abandoned)]
    fn deposit(&mut self, amount: u64) {}
}

fn main() {}
