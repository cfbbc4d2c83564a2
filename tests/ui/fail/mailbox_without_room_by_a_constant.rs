#![allow(unused)]

use playhouse::prelude::*;

const ROOM: usize = 8 - 8;

#[actor(mailbox = ROOM)]
struct Account;

#[handlers]
impl Account {}

fn main() {}
