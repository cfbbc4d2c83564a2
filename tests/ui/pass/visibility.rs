//! A message is as visible as its handler, and its method too; handle and mailbox are opaque.

mod bank {
    use playhouse::prelude::*;

    struct Secret(u64);

    #[actor]
    pub struct Account {
        balance: u64,
    }

    impl Account {
        pub fn new() -> Self {
            Self { balance: 0 }
        }
    }

    #[handlers]
    impl Account {
        #[message]
        pub fn deposit(&mut self, amount: u64) {
            self.balance += amount;
        }

        #[message]
        pub(crate) fn balance(&self) -> u64 {
            self.balance
        }

        #[message]
        pub(super) fn set(&mut self, balance: u64) {
            self.balance = balance;
        }

        #[message]
        fn hide(&mut self, secret: Secret) -> Secret {
            Secret(secret.0 + self.balance)
        }
    }

    pub async fn inside(account: &Address<Account>) -> u64 {
        let message = AccountHide { secret: Secret(1) };
        let first = account.ask(message).await.map_or(0, |secret| secret.0);
        let second = account.hide(Secret(1)).await.map_or(0, |secret| secret.0);
        first + second
    }

    pub mod vault {
        use playhouse::prelude::*;

        // The handlers of an actor of another module.
        #[playhouse::handlers]
        impl super::Vault {
            #[message]
            pub(in crate::bank) fn lock(&mut self) -> bool {
                self.locked = true;
                self.locked
            }
        }

        pub async fn lock(vault: &Address<super::Vault>) -> bool {
            vault.lock().await.unwrap_or_default()
        }
    }

    #[actor]
    pub struct Vault {
        pub locked: bool,
    }
}

use bank::{Account, AccountBalance, AccountDeposit, AccountSet};
use playhouse::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let account = system.spawn(Account::new());
    account.deposit(5).await?;
    account.tell(AccountDeposit { amount: 1 }).await?;
    assert_eq!(account.ask(AccountBalance).await?, 6);
    account.set(1).await?;
    account.tell(AccountSet { balance: 2 }).await?;
    assert_eq!(account.balance().await?, 2);
    assert_eq!(bank::inside(&account).await, 6);
    let vault = system.spawn(bank::Vault { locked: false });
    assert!(bank::vault::lock(&vault).await);
    system.shutdown(secs(5)).await?;
    Ok(())
}
