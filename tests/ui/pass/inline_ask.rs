//! Whether an ask may run its handler on the caller's task is said by the type, and changes no answer. Nor does any mix
//! of plain and async handlers give a strict crate something to complain about.
#![deny(warnings, unreachable_code, unreachable_patterns, unused_variables)]

use playhouse::prelude::*;

#[actor(inline_ask = never)]
struct Press {
    sheets: u64,
}

#[handlers]
impl Press {
    #[message]
    fn print(&mut self, sheets: u64) -> u64 {
        self.sheets += sheets;
        self.sheets
    }

    #[message]
    #[cfg(any())]
    async fn bind(&mut self) {}
}

#[actor(mailbox = 8, inline_ask = auto, name = "binder")]
struct Binder<T> {
    last: T,
}

#[handlers]
impl<T: Clone + Send + Sync + 'static> Binder<T> {
    #[message]
    async fn bind(&mut self, sheet: T) -> T {
        std::mem::replace(&mut self.last, sheet)
    }

    #[message]
    fn last(&self) -> T {
        self.last.clone()
    }

    /// A name that the actor's own code needs too.
    #[message]
    fn on_mail_now(&self) -> bool {
        true
    }
}

#[actor]
struct Stapler;

#[handlers]
impl Stapler {
    #[message]
    #[cfg(any())]
    fn staple(&mut self) {}

    #[message]
    async fn open(&mut self) -> bool {
        true
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let press = system.spawn(Press { sheets: 1 });
    assert_eq!(press.print(2).await?, 3);
    let binder = system.spawn(Binder { last: 'a' });
    assert_eq!(binder.bind('b').await?, 'a');
    assert_eq!(binder.last().await?, 'b');
    assert!(binder.on_mail_now().await?);
    assert!(system.spawn(Stapler).open().await?);
    system.shutdown(secs(5)).await?;
    Ok(())
}
