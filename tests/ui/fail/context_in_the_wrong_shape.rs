#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, cx: &Context<Self>) {}

    #[message]
    fn withdraw(&mut self, cx: Context<Self>) {}

    #[message]
    fn close(&mut self, cx: &mut Context<Self>, again: &mut Context<Self>) {}
}

fn main() {}
