#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {}
}

#[handlers]
impl Account {
    #[message]
    fn withdraw(&mut self, amount: u64) {}
}

fn main() {}
