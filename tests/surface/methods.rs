//! `account.deposit(5).await` needs no import, wherever the address is.

mod bank {
    //! Imports nothing into its users.

    use playhouse::prelude::*;

    #[actor]
    pub(crate) struct Account {
        pub(crate) balance: u64,
    }

    #[handlers]
    impl Account {
        #[message]
        pub(crate) fn deposit(&mut self, amount: u64) {
            self.balance += amount;
        }

        #[message]
        pub(crate) fn balance(&self) -> u64 {
            self.balance
        }
    }

    #[actor]
    pub(crate) struct Cell<T> {
        pub(crate) value: T,
    }

    #[handlers]
    impl<T: Clone + Send + Sync + 'static> Cell<T> {
        #[message]
        pub(crate) async fn set(&mut self, value: T) -> T {
            std::mem::replace(&mut self.value, value)
        }

        #[message]
        pub(crate) fn get(&self) -> T {
            self.value.clone()
        }
    }
}

#[tokio::test]
async fn messages_are_methods_of_an_address() {
    let system = playhouse::System::new("surface");
    let account = system.spawn(bank::Account { balance: 0 });
    account.deposit(5).await.expect("room");
    account.deposit(5).ask().await.expect("an acknowledgement");
    assert_eq!(account.balance().await, Ok(10));
    system.shutdown(playhouse::secs(5)).await.expect("an end");
}

#[tokio::test]
async fn messages_of_a_generic_actor_are_methods_too() {
    async fn swap<T>(cell: &playhouse::Address<bank::Cell<T>>, value: T) -> Option<T>
    where
        T: Clone + Send + Sync + 'static,
    {
        cell.set(value).await.ok()
    }
    let system = playhouse::System::new("surface");
    let cell = system.spawn(bank::Cell { value: "one" });
    assert_eq!(swap(&cell, "two").await, Some("one"));
    assert_eq!(cell.get().await, Ok("two"));
    system.shutdown(playhouse::secs(5)).await.expect("an end");
}

#[tokio::test]
async fn an_actor_of_a_function_has_its_methods_there() {
    #[playhouse::actor]
    struct Counter(u64);

    #[playhouse::handlers]
    impl Counter {
        #[message]
        fn step(&mut self) -> u64 {
            self.0 += 1;
            self.0
        }
    }

    let system = playhouse::System::new("surface");
    let counter = system.spawn(Counter(0));
    assert_eq!(counter.step().await, Ok(1));
    assert_eq!(counter.ask(CounterStep).await, Ok(2));
    system.shutdown(playhouse::secs(5)).await.expect("an end");
}
