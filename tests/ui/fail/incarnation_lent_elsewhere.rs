#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Account {
    #[started]
    fn open(&mut self, previous: &Incarnation) {}

    #[stopping]
    fn close(&mut self, previous: &Incarnation) {}

    #[message]
    fn compare(&mut self, previous: &Incarnation) {}
}

fn main() {}
