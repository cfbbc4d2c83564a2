//! `Self` in a message means the actor, not the message.

use playhouse::prelude::*;

#[derive(Clone)]
#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    const SLOTS: usize = 2;

    #[message]
    fn merge(&mut self, other: Self) -> Self {
        self.balance += other.balance;
        self.clone()
    }

    #[message]
    async fn pull(
        &mut self,
        from: Address<Self>,
        parts: [u64; Self::SLOTS],
    ) -> Result<Vec<Self>, AskError> {
        for _ in parts {
            self.balance += from.balance().await?;
        }
        Ok(vec![self.clone()])
    }

    #[message]
    fn defer(&mut self, reply: Reply<Option<Self>>) {
        reply.send(Some(self.clone()));
    }

    #[message]
    fn balance(self: &Self) -> u64 {
        self.balance
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let first = system.spawn(Account { balance: 1 });
    let second = system.spawn(Account { balance: 10 });
    assert_eq!(first.merge(Account { balance: 1 }).await?.balance, 2);
    assert_eq!(first.pull(second, [0; 2]).await?[0].balance, 22);
    assert_eq!(
        first.defer().await?.map(|account| account.balance),
        Some(22)
    );
    system.shutdown(secs(5)).await?;
    Ok(())
}
