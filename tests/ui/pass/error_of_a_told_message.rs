//! An error that nobody waits for ends the actor, unless the message says `on_error = report`.

use playhouse::prelude::*;

#[derive(Debug)]
struct Overdrawn;

type Outcome<T> = Result<T, Overdrawn>;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[message(on_error = report)]
    fn withdraw(&mut self, amount: u64) -> Result<u64, Overdrawn> {
        self.take(amount)
    }

    #[message(on_error = report, result)]
    async fn withdraw_slowly(&mut self, amount: u64) -> Outcome<u64> {
        self.take(amount)
    }

    #[message]
    fn must_withdraw(&mut self, amount: u64) -> std::io::Result<u64> {
        self.take(amount)
            .map_err(|_| std::io::ErrorKind::Other.into())
    }

    fn take(&mut self, amount: u64) -> Result<u64, Overdrawn> {
        self.balance = self.balance.checked_sub(amount).ok_or(Overdrawn)?;
        Ok(self.balance)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let account = system.spawn(Account { balance: 5 });
    assert!(account.withdraw(9).await.is_err());
    account.withdraw(9).tell().await?;
    account.withdraw_slowly(9).tell().await?;
    assert_eq!(account.withdraw_slowly(1).await.ok(), Some(4));
    account.must_withdraw(9).tell().await?;
    assert!(matches!(account.wait().await, ExitReason::Error(_)));
    system.shutdown(secs(5)).await?;
    Ok(())
}
