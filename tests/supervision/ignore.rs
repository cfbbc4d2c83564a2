//! Factories that say that there is nothing to start.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use playhouse::supervision::{Start, inform};

use crate::harness::prelude::*;
use crate::harness::{Bank, Puppet, close, journal, puppet, until, within};

#[actor]
struct Mirror(u64);

#[handlers]
impl Mirror {
    #[message]
    fn number(&self) -> u64 {
        self.0
    }

    #[message]
    fn crash(&mut self) {
        panic!("boom");
    }
}

/// A mirror that there is only while somebody wants it.
fn wanted(id: &'static str, is_wanted: &Arc<AtomicBool>) -> ChildSpec {
    let is_wanted = is_wanted.clone();
    actor(id, move || {
        if !is_wanted.load(Ordering::SeqCst) {
            return Err(Start::Ignore);
        }
        let number: u64 = "7".parse()?;
        Ok(inform(Mirror(number), "what nobody asks for is dropped"))
    })
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_not_there_keeps_nobody_from_starting() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let bank = Supervisor::one_for_one()
        .child(puppet("a", &journal))
        .child(wanted("b", &Arc::default()))
        .child(actor("c", || async { Err::<Mirror, _>(Start::Ignore) }))
        .child(wanted("t", &Arc::default()).restart(Restart::Temporary))
        .child(puppet("d", &journal))
        .start(&system);
    let bank = within(bank).await.unwrap();
    log.expect(&["start a", "up a", "start d", "up d"]).await;
    let children = within(bank.children()).await;
    let ids: Vec<&str> = children.iter().map(|child| &*child.id).collect();
    assert_eq!(ids, ["a", "b", "c", "d"], "the temporary one is forgotten");
    assert!(children.iter().all(|child| child.restarts == 0));
    within(bank.terminate_child("b")).await.unwrap();
    within(bank.stop()).await;
    assert_eq!(log.rest(), ["down d: shutdown", "down a: shutdown"]);
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_finds_nothing_leaves_the_child_down_and_is_no_failure() {
    let is_wanted = Arc::new(AtomicBool::new(true));
    let bank = Bank::open(|bank, journal| {
        bank.intensity(1, secs(3600))
            .child(wanted("mirror", &is_wanted))
            .child(puppet("a", journal))
    })
    .await;
    let mirror: Address<Mirror> = bank.bank.address("mirror").unwrap();
    assert_eq!(mirror.number().await, Ok(7));
    is_wanted.store(false, Ordering::SeqCst);
    mirror.crash().await.unwrap();
    assert_eq!(
        within(mirror.wait()).await,
        ExitReason::Shutdown,
        "it stays down"
    );
    assert_eq!(bank.info("mirror").await.state, Phase::Stopped);
    assert_eq!(bank.info("mirror").await.restarts, 0);
    assert_eq!(
        bank.bank.info().await.unwrap().restarts_in_window,
        1,
        "the crash alone"
    );
    let puppet: Address<Puppet> = bank.puppet("a");
    assert_eq!(puppet.total().await, Ok(0), "its siblings run");
    bank.close().await;
}
