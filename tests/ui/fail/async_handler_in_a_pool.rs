#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Account {
    #[message]
    async fn deposit(&mut self, amount: u64) {}
}

fn run(system: &System) {
    let _ = system.spawn_pool(4, || Account);
}

fn main() {}
