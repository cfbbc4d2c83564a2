//! The smallest whole program: an actor, two messages, an address.
//!
//! `cargo run --example hello`

use std::error::Error;
use std::fmt;

// ANCHOR: actor
use playhouse::prelude::*;

#[actor(mailbox = 256)] // on the struct: what the actor is
struct Account {
    balance: u64,
}

#[handlers] // on the impl: what it hears
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {
        self.balance += amount;
    }

    #[message]
    async fn withdraw(&mut self, amount: u64) -> Result<u64, Overdrawn> {
        self.balance = self.balance.checked_sub(amount).ok_or(Overdrawn)?;
        Ok(self.balance)
    }
}
// ANCHOR_END: actor

/// An ordinary error of an ordinary function.
#[derive(Debug)]
struct Overdrawn;

impl Error for Overdrawn {}

impl fmt::Display for Overdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is not that much in the account")
    }
}

// ANCHOR: main
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let system = System::new("bank");
    let account = system.spawn(Account { balance: 0 });

    account.deposit(100).await?; // returns nothing: done when the mailbox has it
    let left = account.withdraw(30).await?; // returns a value: done when it is here
    println!("left: {left}");

    if let Err(AskError::Handler(why)) = account.withdraw(500).await {
        println!("refused: {why}");
    }

    system.shutdown(secs(5)).await?; // an error would name who did not stop
    Ok(())
}
// ANCHOR_END: main
