#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

struct Token;

#[handlers]
impl Account {
    #[message]
    fn redeem(&mut self, token: Token) {}
}

fn run(account: Address<Account>) {
    let _ = account.redeem(Token).every(secs(1));
}

fn main() {}
