#![allow(unused)]

use playhouse::prelude::*;
use playhouse::supervision::inform;

struct NoActor;

struct NoText;

#[actor]
struct Account;

#[handlers]
impl Account {}

fn specs() {
    actor("a", || NoActor);
    actor("b", || inform(NoActor, 7));
    actor("c", || Err::<Account, NoText>(NoText));
}

fn main() {}
