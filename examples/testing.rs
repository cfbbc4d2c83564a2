//! Testing an actor: a probe in place of its neighbour, a clock that is paused, a failure on demand.
//!
//! `cargo run --example testing`

use playhouse::prelude::*;
use playhouse::test::{Fault, Probe, assert_no_leaks, inject, paused};

// ANCHOR: watchdog
/// What the watchdog says when it has not been fed for a minute.
#[derive(Debug, PartialEq)]
struct Bark;

#[derive(Clone)]
struct Hungry;

#[actor]
struct Watchdog {
    owner: Recipient<Bark>,
    patience: Option<Timer>,
}

#[handlers]
impl Watchdog {
    #[message]
    fn feed(&mut self, cx: &mut Context<Self>) {
        if let Some(earlier) = self.patience.replace(cx.after(secs(60), Hungry)) {
            earlier.cancel();
        }
    }

    #[handler]
    async fn on_hungry(&mut self, _hungry: Hungry) -> Result<(), TellError<Bark>> {
        self.owner.tell(Bark).await
    }
}
// ANCHOR_END: watchdog

// ANCHOR: time
async fn it_barks_a_minute_after_the_last_meal() {
    let system = System::new("test");
    let mut owner = Probe::<Bark>::new(&system);
    let dog = system.spawn(Watchdog {
        owner: owner.recipient(),
        patience: None,
    });

    for _ in 0..10 {
        dog.feed().ask().await.expect("it eats");
        owner.expect_silence(secs(59)).await;
    }
    assert_eq!(owner.next().await, Bark);
    owner.expect_silence(secs(3600)).await; // once is enough
    assert_no_leaks(&system).await;
}
// ANCHOR_END: time

// ANCHOR: failure
async fn a_failure_of_its_ends_it_alone() {
    let system = System::new("test");
    let owner = Probe::<Bark>::new(&system);
    let dog = system.spawn(Watchdog {
        owner: owner.recipient(),
        patience: None,
    });

    inject(&dog, 0, Fault::panic("it choked")); // the next message
    assert_eq!(dog.feed().ask().await, Err(AskError::Failed));
    assert_eq!(dog.wait().await, ExitReason::Panic("it choked".into()));
    assert!(!owner.address().actor().phase().is_final());
    assert_no_leaks(&system).await;
}
// ANCHOR_END: failure

fn main() {
    std::panic::set_hook(Box::new(|_| {})); // the panic below is meant
    paused(it_barks_a_minute_after_the_last_meal());
    println!("an hour and eleven minutes passed at once");
    paused(a_failure_of_its_ends_it_alone());
    println!("one failed, and nothing is left of either");
}
