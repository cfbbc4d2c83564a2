#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {}
}

struct Unknown;

async fn run(account: Address<Account>) {
    let _ = account.tell(Unknown).await;
    let _ = account.ask(Unknown).await;
}

fn main() {}
