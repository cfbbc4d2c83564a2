#![allow(unused)]
#![deny(unused_must_use)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {}
}

async fn run(account: Address<Account>) {
    account.deposit(5);
}

fn main() {}
