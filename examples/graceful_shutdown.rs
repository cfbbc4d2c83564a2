//! The ways to end: stop, drain, kill, and a shutdown of everything that is bounded in time.
//!
//! `cargo run --example graceful_shutdown`

use playhouse::prelude::*;

// ANCHOR: worker
#[actor]
struct Worker {
    name: &'static str,
    done: u32,
}

#[handlers]
impl Worker {
    #[message]
    async fn work(&mut self) {
        tokio::time::sleep(ms(10)).await;
        self.done += 1;
    }

    /// A handler that never comes back.
    #[message]
    async fn hang(&mut self) {
        std::future::pending().await
    }

    #[stopping]
    fn tidy_up(&mut self, why: &ExitReason) {
        println!("{}: {} done, ending: {why}", self.name, self.done);
    }
}
// ANCHOR_END: worker

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("works");
    let worker = |name| system.spawn(Worker { name, done: 0 });
    let (stopped, drained, killed) = (worker("stopped"), worker("drained"), worker("killed"));
    for worker in [&stopped, &drained, &killed] {
        worker.work().ask().await?; // the first one is done
    }
    for worker in [&stopped, &drained, &killed] {
        for _ in 0..5 {
            worker.work().await?; // five more wait
        }
    }

    // ANCHOR: ways
    stopped.stop(); // ends what is in hand; the rest becomes dead letters
    drained.drain(); // nothing new comes in, what was accepted is done
    killed.kill(); // drops what is in hand at its next await
    for worker in [&stopped, &drained, &killed] {
        worker.wait().await;
    }
    println!("never handled: {}", system.dead_letters().count());
    // ANCHOR_END: ways

    // ANCHOR: shutdown
    // A system waits for all of its actors, but no longer than it was told to.
    let _quick = worker("quick");
    let stuck = worker("stuck");
    stuck.hang().await?;
    tokio::time::sleep(ms(20)).await; // it hangs now
    match system.shutdown(ms(200)).await {
        Ok(()) => println!("everybody stopped"),
        Err(error) => println!("shutdown: {error}"),
    }
    // ANCHOR_END: shutdown
    Ok(())
}
