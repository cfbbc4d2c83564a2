#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    async fn deposit(&mut self, amount: u64) {
        let shared = std::rc::Rc::new(amount);
        std::future::ready(()).await;
        self.balance += *shared;
    }
}

fn main() {}
