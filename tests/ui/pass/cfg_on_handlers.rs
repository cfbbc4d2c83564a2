//! `#[cfg]` on a handler takes all that is made of it along, also inside `cfg_attr`.

use playhouse::prelude::*;

#[actor]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    #[cfg(any())]
    #[message]
    fn absent(&mut self, of: NoSuchType) -> NoSuchReply {
        no_such_function(of)
    }

    #[message(skip_abandoned)]
    #[cfg_attr(all(), cfg(any()))]
    async fn absent_too(&self, of: NoSuchType) -> Result<NoSuchReply, NoSuchError> {}

    #[handler]
    #[cfg(any())]
    fn on_nothing(&mut self, nothing: NoSuchType) {}

    #[message]
    #[cfg(any())]
    fn scale(&mut self, by: u8) {
        self.balance *= u64::from(by);
    }

    #[message]
    #[cfg(all())]
    fn scale(&mut self, by: u64) {
        self.balance *= by;
    }

    #[message]
    #[cfg_attr(all(), doc = "What is in it.", inline)]
    fn balance(&self) -> u64 {
        self.balance
    }

    #[started]
    #[cfg(any())]
    async fn open(&mut self, cx: &mut Context<NoSuchType>) {}

    #[started]
    #[cfg(all())]
    fn open(&mut self) {
        self.balance += 1;
    }
}

#[cfg(any())]
#[actor]
struct Gone;

#[handlers]
#[cfg(any())]
impl Gone {
    #[message]
    fn deposit(&mut self, amount: u64) {}
}

#[actor(mailbox = NO_SUCH_CONSTANT)]
#[cfg(any())]
struct GoneToo;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let account = system.spawn(Account { balance: 20 });
    account.scale(1000).await?;
    assert_eq!(account.balance().await?, 21_000);
    system.shutdown(secs(5)).await?;
    Ok(())
}
