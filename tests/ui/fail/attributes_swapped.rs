#![allow(unused)]

use playhouse::prelude::*;

#[handlers]
struct Account;

#[actor]
impl Account {}

#[actor]
fn teller() {}

fn main() {}
