//! A pool of threads for work that blocks: one address, one queue, several threads with a state of their own.
//!
//! `cargo run --example blocking_pool`

use std::collections::BTreeMap;
use std::thread;

use playhouse::prelude::*;

// ANCHOR: sieve
/// Counts primes the slow way. It never awaits, so it would hold up a thread of
/// the async runtime.
#[actor(mailbox = 64)]
struct Sieve {
    counted: u32,
}

#[handlers]
impl Sieve {
    // Plain functions only: an async handler in a pool of threads does not compile.
    #[message]
    fn primes_below(&mut self, limit: u32) -> Count {
        self.counted += 1;
        let primes = (2..limit)
            .filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
            .count();
        Count {
            primes,
            thread: format!("{:?}", thread::current().id()),
            counted: self.counted,
        }
    }
}
// ANCHOR_END: sieve

#[derive(Debug)]
struct Count {
    primes: usize,
    thread: String,
    counted: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("primes");

    // ANCHOR: main
    // Two threads, each with a `Sieve` of its own from the factory.
    let sieve = system.spawn_pool(2, || Sieve { counted: 0 })?;

    // Eight questions wait in one queue; a thread that is free takes the next.
    let questions = (1..=8).map(|n| {
        let sieve = sieve.clone();
        tokio::spawn(async move { sieve.primes_below(n * 5_000).await })
    });
    let mut share = BTreeMap::new();
    for question in questions.collect::<Vec<_>>() {
        let answer = question.await??;
        println!("{:>5} primes, counted by {}", answer.primes, answer.thread);
        share.insert(answer.thread, answer.counted);
    }
    println!("threads used: {}", share.len());
    // ANCHOR_END: main

    system.shutdown(secs(5)).await?;
    Ok(())
}
