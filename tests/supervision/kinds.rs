//! Which ends restart which kind of child, and what a restart keeps.

use crate::harness::prelude::*;

use crate::harness::{Bank, Puppet, puppet, until, within};

#[tokio::test(start_paused = true)]
async fn after_a_panic_the_same_address_leads_to_a_fresh_state() {
    let mut bank = Bank::open(|bank, journal| bank.child(puppet("a", journal))).await;
    let a = bank.puppet("a");
    let id = a.actor().id();
    a.add(3).await.unwrap();
    assert_eq!(a.total().await, Ok(3));
    assert_eq!(within(a.crash().ask()).await, Err(AskError::Failed));
    bank.log
        .expect(&["down a: panic: boom", "start a", "up a"])
        .await;
    assert_eq!(a.total().await, Ok(0));
    assert_eq!(a.actor().id(), id);
    assert_eq!(a.actor().incarnation(), 2);
    assert_eq!(bank.info("a").await.restarts, 1);
    assert_eq!(bank.puppet("a"), a);
    bank.close().await;
}

/// One way for a puppet to end, and whether it is a normal one.
async fn end(puppet: &Address<Puppet>, how: &str) -> bool {
    match how {
        "panic" => puppet.crash().await.unwrap(),
        "error" => puppet.fail().tell().await.unwrap(),
        "kill" => puppet.kill(),
        "normal" => puppet.quit(ExitReason::Normal).await.unwrap(),
        "shutdown" => puppet
            .quit(ExitReason::ShutdownWith("done".into()))
            .await
            .unwrap(),
        other => unreachable!("no way to end is called {other}"),
    }
    matches!(how, "normal" | "shutdown")
}

#[tokio::test(start_paused = true)]
async fn which_ends_restart_which_kind() {
    for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
        for how in ["panic", "error", "kill", "normal", "shutdown"] {
            let mut bank =
                Bank::open(|bank, journal| bank.child(puppet("a", journal).restart(restart))).await;
            let a = bank.puppet("a");
            let normal = end(&a, how).await;
            let restarts = match restart {
                Restart::Permanent => true,
                Restart::Transient => !normal,
                Restart::Temporary => false,
            };
            if restarts {
                // A kill leaves no last words.
                while bank.log.next().await != "up a" {}
                assert_eq!(a.total().await, Ok(0), "{restart:?} after {how}");
                assert_eq!(bank.info("a").await.state, Phase::Running);
            } else {
                let reason = within(a.wait()).await;
                assert_eq!(
                    reason.is_normal(),
                    normal,
                    "{restart:?} after {how}: {reason}"
                );
                until(async || bank.bank.address::<Puppet>("a").is_err()).await;
                let children = within(bank.bank.children()).await;
                let error = bank.bank.address::<Puppet>("a").unwrap_err();
                if restart == Restart::Temporary {
                    assert!(children.is_empty(), "its spec goes with it");
                    assert_eq!(error, ChildError::NotFound { id: "a".into() });
                } else {
                    assert_eq!(children[0].state, Phase::Stopped);
                    assert_eq!(error, ChildError::Ended { id: "a".into() });
                }
            }
            bank.close().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_a_child_by_its_address_means_it() {
    let mut bank =
        Bank::open(|bank, journal| bank.child(puppet("a", journal)).child(puppet("b", journal)))
            .await;
    let a = bank.puppet("a");
    a.stop();
    assert_eq!(within(a.wait()).await, ExitReason::Shutdown);
    bank.log.expect(&["down a: shutdown"]).await;
    until(async || bank.info("a").await.state == Phase::Stopped).await;
    assert_eq!(
        bank.bank.address::<Puppet>("a"),
        Err(ChildError::Ended { id: "a".into() })
    );
    assert_eq!(bank.puppet("b").total().await, Ok(0));
    assert_eq!(bank.log.rest(), [""; 0]);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_is_terminated_for_good() {
    let mut bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal))
            .child(puppet("b", journal).restart(Restart::Temporary))
    })
    .await;
    let a = bank.puppet("a");
    assert_eq!(within(bank.bank.terminate_child("a")).await, Ok(()));
    assert_eq!(a.actor().phase(), Phase::Stopped);
    bank.log.expect(&["down a: shutdown"]).await;
    assert_eq!(
        within(bank.bank.terminate_child("a")).await,
        Ok(()),
        "it is down already"
    );
    assert_eq!(within(bank.bank.terminate_child("b")).await, Ok(()));
    let unknown = |id: &str| Err(ChildError::NotFound { id: id.into() });
    assert_eq!(
        within(bank.bank.terminate_child("b")).await,
        unknown("b"),
        "its spec went with it"
    );
    assert_eq!(within(bank.bank.terminate_child("c")).await, unknown("c"));
    within(bank.bank.stop()).await;
    assert_eq!(
        within(bank.bank.terminate_child("a")).await,
        Err(ChildError::SupervisorGone)
    );
    assert_eq!(within(bank.bank.children()).await, []);
    bank.close().await;
}

#[actor]
struct Stranger;

#[handlers]
impl Stranger {
    #[message]
    fn nothing(&mut self) {}
}

#[tokio::test(start_paused = true)]
async fn an_address_is_asked_for_by_id_and_type() {
    let bank = Bank::open(|bank, journal| {
        bank.child(puppet("a", journal))
            .child(actor("s", || Stranger))
    })
    .await;
    assert!(bank.bank.address::<Stranger>("s").is_ok());
    let wrong = bank.bank.address::<Stranger>("a").unwrap_err();
    assert_eq!(
        wrong,
        ChildError::WrongType {
            id: "a".into(),
            wanted: "Stranger",
            found: "Puppet"
        }
    );
    assert_eq!(
        wrong.to_string(),
        "child `a` is a `Puppet`, not a `Stranger`"
    );
    assert_eq!(
        bank.bank.address::<Stranger>("x"),
        Err(ChildError::NotFound { id: "x".into() })
    );
    assert!(matches!(
        bank.bank.supervisor("a"),
        Err(ChildError::WrongType {
            found: "Puppet",
            ..
        })
    ));
    let (supervisor, address) = (bank.bank.clone(), bank.puppet("a"));
    bank.close().await;
    assert_eq!(
        supervisor.address::<Puppet>("a"),
        Err(ChildError::SupervisorGone)
    );
    assert!(address.add(1).await.is_err());
}
