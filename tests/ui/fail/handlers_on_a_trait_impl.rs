#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Drop for Account {
    #[message]
    fn drop(&mut self) {}
}

fn main() {}
