#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account<'a> {
    owner: &'a str,
}

#[handlers]
impl<'a> Account<'a> {}

fn main() {}
