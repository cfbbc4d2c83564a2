#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {}

    #[restarted]
    fn recover(&mut self) {}
}

fn start(system: System) {
    let _ = system.spawn_pool(4, || Account);
}

fn main() {}
