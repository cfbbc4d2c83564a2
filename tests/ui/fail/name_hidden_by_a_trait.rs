#![allow(unused)]

use playhouse::prelude::*;

trait Shout: Sized {
    fn shout(&self, _times: u64) {}
}

impl<T> Shout for T {}

#[actor]
struct Account;

#[handlers]
impl Account {
    #[message]
    fn shout(&mut self, times: u64) {}
}

fn main() {}
