#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account;

#[handlers]
impl Account {
    #[restarted]
    fn recover(&mut self) {}

    #[restarted]
    async fn recover_more(&mut self) {}

    #[restarted]
    #[stopping]
    fn both(&mut self) {}

    #[restarted(later)]
    fn later(&mut self) {}
}

fn main() {}
