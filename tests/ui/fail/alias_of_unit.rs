#![allow(unused)]

use playhouse::prelude::*;

type Nothing = ();

#[actor]
struct Account;

#[handlers]
impl Account {
    #[message]
    fn close(&mut self) -> Nothing {}
}

fn main() {}
