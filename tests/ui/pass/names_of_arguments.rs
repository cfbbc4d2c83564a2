//! Arguments may be named like anything that generated code has names for.

use playhouse::prelude::*;

#[actor]
struct Account {
    raw: u64,
}

#[handlers]
impl Account {
    #[message]
    fn names(
        &mut self,
        mail: u8,
        message: u8,
        reply: u8,
        cx: u8,
        error: u8,
        output: u8,
        value0: u8,
    ) -> u8 {
        mail + message + reply + cx + error + output + value0
    }

    #[message]
    fn more(&mut self, raw: u8, why: u8, never: u8, sent: u8, port: u8, on: u8, future: u8) -> u8 {
        raw + why + never + sent + port + on + future
    }

    #[message]
    fn patterns(&mut self, _: u8, mut second: u8, third: u8, _unused: u8) -> u8 {
        second += third;
        second
    }

    #[message]
    fn raw(&self) -> u64 {
        self.raw
    }

    #[message]
    fn from_raw(&mut self, raw: u64) {
        self.raw = raw;
    }

    #[message]
    fn on_mail(&mut self) {}

    #[message]
    async fn on_started(&mut self) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let account = system.spawn(Account { raw: 0 });
    assert_eq!(account.names(1, 1, 1, 1, 1, 1, 1).await?, 7);
    assert_eq!(account.more(1, 1, 1, 1, 1, 1, 1).await?, 7);
    assert_eq!(account.patterns(1, 2, 3, 4).await?, 5);
    let message = AccountPatterns {
        arg0: 1,
        second: 2,
        third: 3,
        _unused: 4,
    };
    assert_eq!(account.ask(message).await?, 5);
    account.from_raw(3).await?;
    account.on_mail().ask().await?;
    account.on_started().ask().await?;
    assert_eq!(account.raw().await?, 3);
    system.shutdown(secs(5)).await?;
    Ok(())
}
