//! The facade under another name, and through a re-export of the user's own.

pub extern crate playhouse as actors;

mod deps {
    pub use actors as house;
}

use actors::System;

#[actors::actor(crate = actors, mailbox = 8, overflow = reject)]
struct Account {
    balance: u64,
}

#[actors::handlers(crate = actors)]
impl Account {
    #[message]
    async fn deposit(&mut self, amount: u64) -> Result<u64, std::num::TryFromIntError> {
        self.balance += u64::from(u8::try_from(amount)?);
        Ok(self.balance)
    }
}

#[actors::actor(crate = crate::deps::house)]
struct Teller;

#[actors::handlers(crate = crate::deps::house)]
impl Teller {
    #[message]
    fn greet(&self) -> &'static str {
        "hello"
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let account = system.spawn(Account { balance: 0 });
    assert_eq!(account.deposit(5).await?, 5);
    assert!(account.deposit(500).await.is_err());
    assert_eq!(system.spawn(Teller).greet().await?, "hello");
    system.shutdown(std::time::Duration::from_secs(5)).await?;
    Ok(())
}
