//! Answering later: a question waits in the state of the actor until its answer is there, and holds up nobody.
//!
//! `cargo run --example deferred_reply`

use std::collections::HashMap;

use playhouse::prelude::*;

// ANCHOR: mailroom
#[actor]
#[derive(Default)]
struct Mailroom {
    parcels: HashMap<String, String>,
    waiting: HashMap<String, Vec<Reply<String>>>,
}

#[handlers]
impl Mailroom {
    /// The `Reply` is the answer still owed. Kept, it answers later; dropped, it
    /// tells the caller at once.
    #[message]
    fn collect(&mut self, whom: String, reply: Reply<String>) {
        match self.parcels.remove(&whom) {
            Some(parcel) => reply.send(parcel),
            None => self.waiting.entry(whom).or_default().push(reply),
        }
    }

    #[message]
    fn deliver(&mut self, whom: String, parcel: String) {
        match self.waiting.get_mut(&whom).and_then(Vec::pop) {
            Some(reply) => reply.send(parcel),
            None => {
                self.parcels.insert(whom, parcel);
            }
        }
    }

    #[message]
    fn close_early(&mut self) {
        self.waiting.clear(); // drops the replies
    }
}
// ANCHOR_END: mailroom

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("mailroom");
    let mailroom = system.spawn(Mailroom::default());

    // ANCHOR: main
    // Ada asks before her parcel is there. The mailroom goes on: it takes the
    // delivery that answers her.
    let ada = async {
        let parcel = mailroom.collect("ada".into()).await;
        println!("ada got: {}", parcel.expect("the parcel was delivered"));
    };
    let courier = async {
        mailroom
            .deliver("bob".into(), "a book".into())
            .await
            .expect("the mailroom is open");
        mailroom
            .deliver("ada".into(), "a lamp".into())
            .await
            .expect("the mailroom is open");
    };
    tokio::join!(ada, courier);
    println!("bob got: {}", mailroom.collect("bob".into()).await?);

    // Nothing comes for Eve: the dropped reply tells her so, before any limit.
    let eve = mailroom.collect("eve".into());
    let (eve, closed) = tokio::join!(eve, mailroom.close_early());
    closed?;
    println!("eve: {}", eve.unwrap_err());
    // ANCHOR_END: main

    system.shutdown(secs(1)).await?;
    Ok(())
}
