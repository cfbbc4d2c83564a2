#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[started]
    fn open(&mut self) -> u64 {
        0
    }

    #[stopping]
    fn close(&mut self) -> Result<u64, std::io::Error> {
        Ok(0)
    }
}

fn main() {}
