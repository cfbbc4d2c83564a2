#![allow(unused)]

use playhouse::prelude::*;

#[actor(overflow = drop_oldest)]
struct Account;

#[handlers]
impl Account {
    #[message(on_error = ignore)]
    fn deposit(&mut self, amount: u64) -> Result<(), u8> {
        Ok(())
    }
}

#[actor(name = "")]
struct Teller;

#[handlers]
impl Teller {}

fn main() {}
