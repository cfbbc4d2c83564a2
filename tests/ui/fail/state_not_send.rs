#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    shared: std::rc::Rc<u64>,
}

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {}
}

fn main() {}
