#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn rename(&mut self, name: &str) {}

    #[message]
    fn import(&mut self, rows: Vec<(u64, &[u8])>) {}

    #[message]
    fn note(&mut self, text: std::borrow::Cow<'_, str>) {}
}

fn main() {}
