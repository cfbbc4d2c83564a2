#![allow(unused)]

use playhouse::prelude::*;

#[actor(inline_ask = always)]
struct Account;

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {}
}

#[actor(inline_ask = true)]
struct Teller;

#[handlers]
impl Teller {}

fn main() {}
