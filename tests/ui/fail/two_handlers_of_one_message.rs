#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

struct Tick;

#[handlers]
impl Account {
    #[handler]
    fn on_tick(&mut self, _: Tick) {}

    #[handler]
    fn on_other_tick(&mut self, _: Tick) {}
}

fn main() {}
