#![allow(unused)]

use playhouse::prelude::*;

#[actor(mailbox = 0)]
struct Account;

#[handlers]
impl Account {}

fn main() {}
