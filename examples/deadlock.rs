//! Two actors that ask each other: the call that closes the ring fails, instead of both waiting for ever.
//!
//! `cargo run --example deadlock`

use playhouse::prelude::*;

// ANCHOR: ring
#[actor]
struct Partner {
    name: &'static str,
    other: Option<Address<Self>>,
}

#[handlers]
impl Partner {
    #[message]
    fn meet(&mut self, other: Address<Self>) {
        self.other = Some(other);
    }

    /// Asks the other one, which asks back.
    #[message]
    async fn agree(&mut self, rounds: u32) -> String {
        let Some(other) = self.other.as_ref().filter(|_| rounds > 0) else {
            return format!("{} agrees", self.name);
        };
        match other.agree(rounds - 1).await {
            Ok(answer) => answer,
            Err(AskError::Cycle) => format!("{} sees the ring, and agrees", self.name),
            Err(error) => format!("{} has no answer: {error}", self.name),
        }
    }

    /// Asks itself.
    #[message]
    async fn reflect(&mut self, cx: &mut Context<Self>) -> String {
        match cx.address().agree(0).await {
            Ok(answer) => answer,
            Err(error) => format!("{} asked itself: {error}", self.name),
        }
    }
}
// ANCHOR_END: ring

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("deadlock");
    let ada = system.spawn(Partner {
        name: "ada",
        other: None,
    });
    let bob = system.spawn(Partner {
        name: "bob",
        other: None,
    });
    ada.meet(bob.clone()).await?;
    bob.meet(ada.clone()).await?;

    // ANCHOR: main
    println!("{}", ada.agree(1).await?); // ada asks bob: no ring
    println!("{}", ada.agree(2).await?); // ada asks bob, who asks ada: a ring
    println!("{}", ada.reflect().await?);
    // ANCHOR_END: main

    system.shutdown(secs(1)).await?;
    Ok(())
}
