#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn spin(&mut self) -> ! {
        loop {}
    }
}

fn main() {}
