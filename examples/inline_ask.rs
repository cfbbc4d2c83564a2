//! Asks that run on their caller: an idle actor's plain handler need not be scheduled to answer.
//!
//! `cargo run --example inline_ask`

use std::collections::HashMap;

use playhouse::prelude::*;
use tokio::task::{Id, try_id};

const ASKS: u32 = 1_000;

// ANCHOR: cache
/// Remembers what others have worked out. Each answer says in which task it was looked up.
#[actor(inline_ask = auto)]
#[derive(Default)]
struct Cache {
    known: HashMap<u32, u64>,
}

#[handlers]
impl Cache {
    #[message]
    fn put(&mut self, key: u32, value: u64) {
        self.known.insert(key, value);
    }

    #[message]
    fn get(&self, key: u32) -> (Option<u64>, Option<Id>) {
        (self.known.get(&key).copied(), try_id())
    }

    /// Might wait, so it always runs in the actor's own task.
    #[message]
    async fn get_async(&mut self, key: u32) -> (Option<u64>, Option<Id>) {
        (self.known.get(&key).copied(), try_id())
    }
}
// ANCHOR_END: cache

// ANCHOR: caller
async fn look_up(cache: Address<Cache>) -> Result<(), AskError> {
    let here = try_id();
    let mut on_us = 0;
    for key in 0..ASKS {
        let (_, place) = cache.get(key).await?;
        on_us += u32::from(place == here);
    }
    println!("plain: {on_us} of {ASKS} answers came from the caller's own task");

    let mut on_us = 0;
    for key in 0..ASKS {
        let (_, place) = cache.get_async(key).await?;
        on_us += u32::from(place == here);
    }
    println!("async: {on_us} of {ASKS}");
    Ok(())
}
// ANCHOR_END: caller

/// What is queued goes first: an ask behind a tell is scheduled, and sees what was told.
async fn after_a_tell(cache: Address<Cache>) -> Result<(), AskError> {
    let told = cache.put(7, 49).try_tell().is_ok();
    let (value, place) = cache.get(7).await?;
    let whose = if place == try_id() {
        "the caller"
    } else {
        "the actor"
    };
    println!("told: {told}; then {whose} found {value:?}");
    Ok(())
}

// One thread and a clock that stands still, so that the figures are the same everywhere: an actor's messages take no time
// then, and count as short.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("inline_ask");
    let cache = system.spawn(Cache::default());

    // The body of `main` is no task of the runtime, and only a task can be the place where a handler runs.
    tokio::spawn(look_up(cache.clone())).await??;
    tokio::spawn(after_a_tell(cache)).await??;

    system.shutdown(secs(1)).await?;
    Ok(())
}
