//! A handler that takes its `Reply` answers when it likes, also after it returned.

use playhouse::prelude::*;

#[derive(Debug, PartialEq)]
struct Overdrawn;

#[actor]
struct Account {
    balance: u64,
    waiting: Vec<Reply<u64, Overdrawn>>,
}

#[handlers]
impl Account {
    #[message]
    fn withdraw(&mut self, amount: u64, reply: Reply<u64, Overdrawn>) -> Result<(), String> {
        if amount > self.balance {
            self.waiting.push(reply);
            return Ok(());
        }
        self.balance -= amount;
        reply.send(self.balance);
        Ok(())
    }

    #[message]
    async fn give_up(&mut self, reply: playhouse::Reply<()>) {
        for waiting in self.waiting.drain(..) {
            waiting.fail(Overdrawn);
        }
        reply.send(());
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let account = system.spawn(Account {
        balance: 5,
        waiting: Vec::new(),
    });
    assert_eq!(account.withdraw(3).await, Ok(2));
    let (late, done) = tokio::join!(account.withdraw(3), account.give_up());
    assert_eq!(late, Err(AskError::Handler(Overdrawn)));
    assert_eq!(done, Ok(()));
    system.shutdown(secs(5)).await?;
    Ok(())
}
