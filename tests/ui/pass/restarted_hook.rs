//! `#[restarted]` in all its shapes, by what a supervisor does.

use std::sync::{Arc, Mutex};

use playhouse::prelude::*;
use playhouse::supervision::ChildSpec;

type Log = Arc<Mutex<Vec<String>>>;

fn log(log: &Log, line: impl Into<String>) {
    log.lock().unwrap().push(line.into());
}

macro_rules! child {
    ($name:ident, $($hook:tt)*) => {
        #[actor]
        struct $name {
            log: Log,
        }

        #[handlers]
        impl $name {
            #[restarted]
            $($hook)*

            #[message]
            fn crash(&mut self) {
                panic!("boom");
            }

            #[message]
            fn is_up(&self) -> bool {
                true
            }
        }

        impl $name {
            fn spec(log: &Log) -> ChildSpec {
                let log = log.clone();
                actor(stringify!($name), move || Self { log: log.clone() })
            }
        }
    };
}

/// Crashes each child, and waits until it is up again.
macro_rules! crashed {
    ($bank:ident, $($name:ident),+) => {$(
        let child = $bank.address::<$name>(stringify!($name))?;
        child.crash().await?;
        assert!(child.is_up().await?);
    )+};
}

child!(Bare, fn back(&mut self) {
    log(&self.log, "bare");
});
child!(WithContext, async fn back(&self, cx: &mut Context<Self>) {
    log(&self.log, format!("context {}", cx.incarnation()));
});
child!(WithPrevious, fn back(&mut self, previous: &Incarnation) -> std::io::Result<()> {
    log(&self.log, format!("previous {}: {}", previous.number, previous.reason));
    Ok(())
});
child!(WithBoth, async fn back(
    &mut self,
    previous: &playhouse::Incarnation,
    cx: &mut Context<Self>,
) -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    log(&self.log, format!("both {} {}", previous.number, cx.incarnation()));
    Ok(())
});
child!(TurnedRound, fn back(&mut self, cx: &mut Context<Self>, why: &Incarnation) -> () {
    log(&self.log, format!("round {} {}", cx.incarnation(), why.number));
});
child!(Absent, #[cfg(any())] fn back(&mut self, cx: &mut Context<NoSuchType>) {});

/// A message may carry what the hook is lent.
#[actor]
struct Generic<T> {
    last: Option<Incarnation>,
    of: T,
}

#[handlers]
impl<T: Send + Sync + 'static> Generic<T> {
    #[restarted]
    async fn back(&mut self, previous: &Incarnation) {
        self.last = Some(previous.clone());
    }

    #[message]
    fn note(&mut self, last: Incarnation) {
        self.last = Some(last);
    }

    #[message]
    fn last(&self) -> Option<Incarnation> {
        let _ = &self.of;
        self.last.clone()
    }

    #[message]
    fn crash(&mut self) -> u8 {
        panic!("boom");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let lines = Log::default();
    let bank = Supervisor::one_for_one()
        .intensity(100, secs(10))
        .child(Bare::spec(&lines))
        .child(WithContext::spec(&lines))
        .child(WithPrevious::spec(&lines))
        .child(WithBoth::spec(&lines))
        .child(TurnedRound::spec(&lines))
        .child(Absent::spec(&lines))
        .child(actor("generic", || Generic { last: None, of: 7_u8 }))
        .start(&system)
        .await?;
    crashed!(bank, Bare, WithContext, WithPrevious, WithBoth, TurnedRound, Absent);
    let generic = bank.address::<Generic<u8>>("generic")?;
    let _ = generic.crash().await;
    let last = generic.last().await?.ok_or("it was restarted")?;
    assert_eq!((last.number, last.reason.to_string()), (1, "panic: boom".into()));
    generic.note(last.clone()).await?;
    assert_eq!(generic.last().await?, Some(last));
    system.shutdown(secs(5)).await?;
    assert_eq!(
        *lines.lock().unwrap(),
        ["bare", "context 2", "previous 1: panic: boom", "both 1 2", "round 2 1"]
    );
    Ok(())
}
