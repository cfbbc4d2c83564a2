#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Account {
    #[restarted]
    fn recover(&mut self, previous: Incarnation) {}
}

#[actor]
struct Ledger;

#[handlers]
impl Ledger {
    #[restarted]
    async fn recover(&mut self, why: &ExitReason, cx: &mut Context<Self>) {}
}

#[actor]
struct Teller;

#[handlers]
impl Teller {
    #[restarted]
    fn recover(&mut self) -> u64 {
        1
    }
}

fn main() {}
