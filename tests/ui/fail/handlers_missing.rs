#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

fn run(system: &System) {
    let _ = system.spawn(Account);
}

fn main() {}
