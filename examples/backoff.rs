//! Waits that grow from failure to failure, an end of patience, and a report of what led to it.
//!
//! `cargo run --example backoff`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use playhouse::prelude::*;

/// A connection to something that is not there.
#[actor]
struct Connection;

#[handlers]
impl Connection {
    #[message]
    fn send(&mut self, _bytes: Vec<u8>) -> Result<(), &'static str> {
        Err("broken pipe")
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("backoff");
    let begun = Instant::now();
    let attempts = Arc::new(AtomicU32::new(0));
    let made = attempts.clone();

    // ANCHOR: supervisor
    let network = Supervisor::one_for_one()
        .name("network")
        .unlimited() // waits as long as these rarely fill a window of restarts
        .backoff(
            Backoff::exponential(ms(20)..=ms(150))
                .factor(2.0)
                .jitter(0.2)
                .reset_after(secs(30)),
        )
        .max_retries(5) // in a row
        .child(actor("connection", move || {
            let nr = made.fetch_add(1, Ordering::SeqCst);
            println!("attempt {nr} after {:>3} ms", begun.elapsed().as_millis());
            if nr == 0 {
                Ok(Connection)
            } else {
                Err("connection refused")
            }
        }))
        .start(&system)
        .await?;
    // ANCHOR_END: supervisor

    let connection: Address<Connection> = network.address("connection")?;
    connection.send(vec![1, 2, 3]).tell().await?; // told: its error is a failure of the actor

    // ANCHOR: escalation
    // While it waits, it says so, and its mailbox goes on accepting.
    tokio::time::sleep(ms(10)).await;
    for child in network.children().await {
        println!(
            "{} is in {:?}, failure {} in a row",
            child.id, child.state, child.attempt
        );
    }
    let reason = network.wait().await;
    println!("the supervisor ended: {reason}");
    print!("{}", network.crash_report().as_deref().unwrap_or_default());
    // ANCHOR_END: escalation

    assert_eq!(attempts.load(Ordering::SeqCst), 1 + 5);
    system.shutdown(secs(1)).await?;
    Ok(())
}
