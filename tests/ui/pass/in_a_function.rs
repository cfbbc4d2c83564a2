//! An actor, its messages and the types they carry may all be local to a function.

use playhouse::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    struct Coin(u64);

    #[actor(mailbox = ROOM)]
    struct Purse {
        coins: Vec<Coin>,
    }

    const ROOM: usize = 4;

    #[handlers]
    impl Purse {
        #[message]
        fn put(&mut self, coin: Coin) {
            self.coins.push(coin);
        }

        #[message]
        fn take(&mut self) -> Option<Coin> {
            self.coins.pop()
        }
    }

    let system = System::new("pass");
    let purse = system.spawn(Purse { coins: Vec::new() });
    purse.put(Coin(5)).await?;
    purse.tell(PursePut { coin: Coin(6) }).await?;
    let sum = purse.take().await?.map_or(0, |coin| coin.0)
        + purse.ask(PurseTake).await?.map_or(0, |coin| coin.0);
    assert_eq!(sum, 11);
    system.shutdown(secs(5)).await?;
    Ok(())
}
