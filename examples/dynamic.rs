//! Children that come and go: ten thousand sessions under one supervisor.
//!
//! `cargo run --release --example dynamic`

use std::time::Instant;

use playhouse::prelude::*;
use playhouse::supervision::StartChildError;

#[actor]
struct Session {
    user: u32,
    said: u32,
}

#[handlers]
impl Session {
    #[message]
    fn say(&mut self, words: u32) -> u32 {
        assert!(words < 100, "too long");
        self.said += words;
        self.said
    }

    #[message]
    fn leave(&mut self, cx: &mut Context<Self>) {
        println!("user {} leaves after {} words", self.user, self.said);
        cx.stop(); // a normal end: a transient child is not started again, and is forgotten
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::panic::set_hook(Box::new(|_| {})); // the panic below is meant
    let system = System::new("dynamic");

    // ANCHOR: start
    let sessions = Supervisor::dynamic("sessions")
        .max_children(10_000)
        .start(&system)
        .await?;
    let begun = Instant::now();
    for user in 0..10_000 {
        let spec = actor(format!("session-{user}"), move || Session { user, said: 0 });
        sessions
            .start_child(spec.restart(Restart::Transient))
            .await?;
    }
    println!(
        "{} sessions after {:.0?}",
        sessions.counts().await.active,
        begun.elapsed()
    );
    // ANCHOR_END: start

    // ANCHOR: limit
    let one_more = actor("one-more", || Session { user: 0, said: 0 });
    match sessions.start_child(one_more).await {
        Err(StartChildError::MaxChildren { max }) => println!("no more than {max}"),
        other => println!("{other:?}"),
    }
    // ANCHOR_END: limit

    let seven: Address<Session> = sessions.address("session-7")?;
    println!("said: {}", seven.say(5).await?);
    println!("said: {}", seven.say(1000).await.unwrap_err());
    println!(
        "said: {}, by another incarnation at the same address",
        seven.say(2).await?
    );
    seven.leave().await?;
    seven.wait().await;
    sessions.terminate_child("session-8").await?; // an end that was asked for
    println!("{}", sessions.address::<Session>("session-8").unwrap_err());

    let begun = Instant::now();
    sessions.stop().await; // all at once, each within its own time
    println!("all stopped after {:.0?}", begun.elapsed());
    system.shutdown(secs(1)).await?;
    Ok(())
}
