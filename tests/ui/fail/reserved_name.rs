#![allow(unused)]

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message]
    fn tell(&mut self) {}

    #[message]
    fn ask(&mut self) {}

    #[message]
    fn try_tell(&mut self) {}

    #[message]
    fn recipient(&mut self) {}

    #[message]
    fn stop(&mut self) {}

    #[message]
    fn drain(&mut self) {}

    #[message]
    fn kill(&mut self) {}

    #[message]
    fn wait(&mut self) {}

    #[message]
    fn actor(&mut self) {}

    #[message]
    fn clone(&mut self) {}

    #[message]
    fn clone_from(&mut self) {}

    #[message]
    fn into(&mut self) {}

    #[message]
    fn try_into(&mut self) {}

    #[message]
    fn borrow(&mut self) {}

    #[message]
    fn to_owned(&mut self) {}

    #[message]
    fn type_id(&mut self) {}

    #[message]
    fn fmt(&mut self) {}

    #[message]
    fn eq(&mut self) {}

    #[message]
    fn ne(&mut self) {}

    #[message]
    fn hash(&mut self) {}

    #[message]
    fn deref(&mut self) {}
}

fn main() {}
