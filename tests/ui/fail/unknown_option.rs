#![allow(unused)]

use playhouse::prelude::*;

#[actor(mailbox = 8, capacity = 8)]
struct Account;

#[handlers(name = "account")]
impl Account {
    #[message(box)]
    fn deposit(&mut self, amount: u64) {}

    #[handler(name = Tick)]
    fn on_tick(&mut self, tick: u64) {}

    #[started(boxed)]
    fn open(&mut self) {}
}

fn main() {}
