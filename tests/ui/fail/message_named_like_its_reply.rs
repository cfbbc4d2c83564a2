#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

struct AccountBalance(u64);

#[handlers]
impl Account {
    #[message]
    fn balance(&self) -> Option<AccountBalance> {
        None
    }
}

fn main() {}
