//! 100,000 pairs that ask each other at the same time.

use playhouse::prelude::*;
use playhouse::test::assert_no_leaks;

#[actor(mailbox = 8)]
struct Crossing {
    peer: Option<Address<Self>>,
}

#[handlers]
impl Crossing {
    #[message]
    fn meet(&mut self, peer: Address<Self>) {
        self.peer = Some(peer);
    }

    #[message]
    async fn go(&mut self) -> Result<u64, AskError> {
        match &self.peer {
            Some(peer) => peer.value().await,
            None => Ok(0),
        }
    }

    #[message]
    fn value(&self) -> u64 {
        1
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crossing_asks_of_100_000_pairs_end_in_a_cycle_or_an_answer() {
    const PAIRS: usize = 100_000;
    // A time-out would be a deadlock that was not seen, so the limit is far beyond what this takes.
    let system = System::builder("stress").ask_limit(secs(600)).build();
    let mut actors = Vec::with_capacity(2 * PAIRS);
    for _ in 0..PAIRS {
        let (a, b) = (
            system.spawn(Crossing { peer: None }),
            system.spawn(Crossing { peer: None }),
        );
        a.meet(b.clone()).await.unwrap();
        b.meet(a.clone()).await.unwrap();
        actors.extend([a, b]);
    }
    let asks: Vec<_> = actors
        .into_iter()
        .map(|actor| tokio::spawn(async move { actor.go().await }))
        .collect();
    let (mut answers, mut cycles) = (0, 0);
    for ask in asks {
        match tokio::time::timeout(secs(300), ask)
            .await
            .expect("nobody hangs")
            .unwrap()
        {
            Ok(_) => answers += 1,
            Err(AskError::Handler(AskError::Cycle)) => cycles += 1,
            Err(other) => panic!("neither an answer nor a cycle: {other:?}"),
        }
    }
    assert_eq!(answers + cycles, 2 * PAIRS);
    assert!(
        cycles <= PAIRS,
        "at most one victim for each pair: {cycles}"
    );
    println!("{PAIRS} pairs: {answers} answers, {cycles} cycles");
    assert_no_leaks(&system).await;
}
