use playhouse::prelude::*;

fn main() {
    #[actor]
    struct Account {
        balance: u64,
    }

    #[handlers]
    impl Account {
        #[message]
        pub fn deposit(&mut self, amount: u64) {
            self.balance += amount;
        }

        #[message]
        pub async fn balance(&self) -> u64 {
            self.balance
        }
    }

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime
        .block_on(async {
            let system = System::new("doc");
            let account = system.spawn(Account { balance: 0 });
            account.deposit(5).await?;
            assert_eq!(account.balance().await?, 5);
            system.shutdown(secs(5)).await?;
            Ok::<(), Box<dyn std::error::Error>>(())
        })
        .expect("a run without errors");
}
