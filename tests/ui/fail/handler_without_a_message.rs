#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[handler]
    fn on_tick(&mut self, cx: &mut Context<Self>) {}

    #[handler]
    fn on_pair(&mut self, first: u8, second: u8) {}
}

fn main() {}
