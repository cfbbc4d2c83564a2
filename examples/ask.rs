//! Asking: one answer or one error, several questions at once, a limit for each.
//!
//! `cargo run --example ask`

use playhouse::prelude::*;

#[actor]
struct Oracle {
    asked: u32,
}

#[handlers]
impl Oracle {
    #[message]
    fn count(&self) -> u32 {
        self.asked
    }

    #[message]
    fn square(&mut self, n: u32) -> u32 {
        self.asked += 1;
        n * n
    }

    #[message]
    fn divide(&mut self, a: u32, b: u32) -> Result<u32, String> {
        self.asked += 1;
        a.checked_div(b)
            .ok_or_else(|| format!("{a} / {b} has no answer"))
    }

    #[message]
    async fn ponder(&mut self) -> u32 {
        // Stands for a slow service: it never answers.
        std::future::pending().await
    }

    #[message]
    fn forget(&mut self) {
        self.asked = 0;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("ask");
    let oracle = system.spawn(Oracle { asked: 0 });

    // ANCHOR: errors
    // The handler's error comes back typed, beside what can go wrong on the way.
    match oracle.divide(1, 0).await {
        Ok(answer) => println!("answer: {answer}"),
        Err(AskError::Handler(why)) => println!("the handler said: {why}"),
        Err(other) => println!("no answer: {other}"),
    }
    // ANCHOR_END: errors

    // ANCHOR: join
    // An ask is a future: it can be joined, raced and limited like any other.
    let (square, asked) = tokio::join!(oracle.square(12), oracle.count());
    println!("both at once: {} and {}", square?, asked?);
    // ANCHOR_END: join

    // ANCHOR: verbs
    // Either verb works on every message; the return type only chooses what
    // `await` means.
    oracle.forget().ask().await?; // waits until it has been handled
    oracle.square(3).tell().await?; // does not wait for the nine
    println!("asked since: {}", oracle.count().await?);
    // ANCHOR_END: verbs

    // ANCHOR: timeout
    // One budget for finding room and for the answer.
    let too_slow = oracle.ponder().timeout(ms(50)).await;
    println!("too slow: {}", too_slow.unwrap_err());
    // ANCHOR_END: timeout

    // The handler is still pondering. `kill` drops it at its await; who asks now is told.
    oracle.kill();
    oracle.wait().await;
    println!("gone: {}", oracle.count().await.unwrap_err());

    system.shutdown(secs(1)).await?;
    Ok(())
}
