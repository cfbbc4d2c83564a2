//! What a supervisor is asked for while it runs.

use crate::harness::prelude::*;
use crate::harness::{Bank, Puppet, Strings, puppet, strung, until, within};
use playhouse::supervision::{
    DeleteChildError, Mistake, RestartChildError, Start, StartChildError, inform,
};

#[tokio::test(start_paused = true)]
async fn a_child_is_added_and_comes_last() {
    let mut bank = Bank::open(|_, journal| {
        Supervisor::rest_for_one()
            .name("bank")
            .child(puppet("a", journal))
    })
    .await;
    let (journal, mut log) = crate::harness::journal();
    let started = within(bank.bank.start_child(puppet("b", &journal)))
        .await
        .unwrap();
    assert_eq!(
        within(started.address::<Puppet>().unwrap().total()).await,
        Ok(0)
    );
    log.expect(&["start b", "up b"]).await;
    bank.puppet("a").crash().await.unwrap();
    log.expect(&["down b: shutdown", "start b", "up b"]).await;
    bank.log
        .expect(&["down a: panic: boom", "start a", "up a"])
        .await;
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_taken_is_refused_for_what_it_is() {
    let bank = Bank::open(|supervisor, journal| supervisor.child(puppet("a", journal))).await;
    let (journal, _log) = crate::harness::journal();
    let again = || within(bank.bank.start_child(puppet("a", &journal)));
    let id = || "a".to_owned();
    assert_eq!(
        again().await.unwrap_err(),
        StartChildError::AlreadyStarted { id: id() }
    );
    within(bank.bank.terminate_child("a")).await.unwrap();
    assert_eq!(
        again().await.unwrap_err(),
        StartChildError::AlreadyPresent { id: id() }
    );
    within(bank.bank.delete_child("a")).await.unwrap();
    assert_eq!(
        within(bank.bank.delete_child("a")).await,
        Err(DeleteChildError::NotFound { id: id() })
    );
    again().await.unwrap();
    assert_eq!(
        within(bank.bank.delete_child("a")).await,
        Err(DeleteChildError::Running { id: id() })
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_leaves_nothing_behind() {
    let bank = Bank::open(|supervisor, _| supervisor).await;
    let (journal, _log) = crate::harness::journal();
    let strings = Strings::new();
    strings.fail_next(1);
    let error = within(bank.bank.start_child(strung("a", &journal, &strings)))
        .await
        .unwrap_err();
    let reason = ExitReason::StartFailed("out of order".into());
    assert_eq!(
        error,
        StartChildError::Failed {
            id: "a".into(),
            reason
        }
    );
    assert_eq!(within(bank.bank.counts()).await.specs, 0);
    within(bank.bank.start_child(strung("a", &journal, &strings)))
        .await
        .unwrap();
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_sense_is_refused_as_at_the_start() {
    let bank = Bank::open(|supervisor, journal| supervisor.child(puppet("a", journal))).await;
    let (journal, _log) = crate::harness::journal();
    let wrong = puppet("b", &journal).significant(true).start_limit(secs(0));
    let Err(StartChildError::Config(error)) = within(bank.bank.start_child(wrong)).await else {
        panic!("it was not refused")
    };
    let mistakes: Vec<_> = error.mistakes().collect();
    assert_eq!(
        mistakes,
        [
            ("bank/b", &Mistake::ZeroStartLimit),
            ("bank/b", &Mistake::SignificantPermanent),
            ("bank/b", &Mistake::SignificantNever),
        ]
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_down_is_started_as_a_new_actor() {
    let mut bank = Bank::open(|supervisor, journal| supervisor.child(puppet("a", journal))).await;
    let old = bank.puppet("a");
    assert_eq!(
        within(bank.bank.restart_child("a")).await.unwrap_err(),
        RestartChildError::Running { id: "a".into() }
    );
    within(bank.bank.terminate_child("a")).await.unwrap();
    bank.log.expect(&["down a: shutdown"]).await;
    let started = within(bank.bank.restart_child("a")).await.unwrap();
    bank.log.expect(&["start a", "up a"]).await;
    assert_ne!(started.actor().unwrap().id(), old.actor().id());
    assert_eq!(old.total().await, Err(AskError::Closed));
    assert_eq!(within(bank.puppet("a").total()).await, Ok(0));
    assert_eq!(
        bank.info("a").await.restarts,
        0,
        "that was no restart that counts"
    );
    assert_eq!(
        within(bank.bank.restart_child("x")).await.unwrap_err(),
        RestartChildError::NotFound { id: "x".into() }
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_cut_short_or_ended() {
    let mut bank = Bank::open(|supervisor, journal| {
        supervisor
            .child(puppet("a", journal))
            .backoff(Backoff::fixed(secs(3600)))
    })
    .await;
    let a = bank.puppet("a");
    let id = || "a".to_owned();
    a.crash().await.unwrap();
    bank.log.expect(&["down a: panic: boom"]).await;
    until(async || bank.info("a").await.state == Phase::Backoff).await;
    assert_eq!(
        within(bank.bank.restart_child("a")).await.unwrap_err(),
        RestartChildError::Restarting { id: id() }
    );
    assert_eq!(
        within(bank.bank.delete_child("a")).await,
        Err(DeleteChildError::Restarting { id: id() })
    );
    within(bank.bank.restart_now("a")).await.unwrap();
    assert!(bank.elapsed() < secs(1), "it did not wait");
    assert_eq!(
        within(a.total()).await,
        Ok(0),
        "the address is as good as before"
    );
    a.crash().await.unwrap();
    until(async || bank.info("a").await.state == Phase::Backoff).await;
    within(bank.bank.terminate_child("a")).await.unwrap();
    assert!(bank.info("a").await.due_in.is_none());
    assert_eq!(a.total().await, Err(AskError::Closed));
    within(bank.bank.restart_now("a")).await.unwrap();
    assert_eq!(within(bank.puppet("a").total()).await, Ok(0));
    assert_eq!(
        within(bank.bank.restart_now("a")).await.unwrap_err(),
        RestartChildError::Running { id: id() }
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_runs_is_cycled_with_its_address_and_its_queue() {
    let mut bank = Bank::open(|supervisor, journal| {
        supervisor
            .intensity(1, secs(3600))
            .child(puppet("a", journal))
    })
    .await;
    let a = bank.puppet("a");
    a.crash().await.unwrap();
    assert_eq!(within(a.total()).await, Ok(0));
    assert_eq!(bank.info("a").await.restarts, 1);
    for _ in 0..5 {
        within(bank.bank.cycle_child("a")).await.unwrap();
    }
    assert_eq!(within(a.total()).await, Ok(0));
    assert_eq!(
        bank.info("a").await.restarts,
        0,
        "the count begins anew, and intensity is not used up"
    );
    within(bank.bank.terminate_child("a")).await.unwrap();
    within(bank.bank.cycle_child("a")).await.unwrap();
    assert_eq!(
        within(bank.puppet("a").total()).await,
        Ok(0),
        "one that is down is started"
    );
    bank.log.rest();
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_factory_may_have_nothing_to_start_or_something_to_tell() {
    let (journal, _log) = crate::harness::journal();
    let wanted = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let spec = |id: &'static str, restart| {
        let (journal, wanted) = (journal.clone(), wanted.clone());
        actor(id, move || {
            if !wanted.load(std::sync::atomic::Ordering::SeqCst) {
                return Err(Start::Ignore);
            }
            Ok(inform(Puppet::new(id, &journal), 4711_u16))
        })
        .restart(restart)
    };
    let bank = Bank::open(|supervisor, _| {
        supervisor
            .child(spec("a", Restart::Permanent))
            .child(spec("b", Restart::Temporary))
    })
    .await;
    assert_eq!(bank.info("a").await.state, Phase::Stopped);
    let counts = within(bank.bank.counts()).await;
    assert_eq!(
        (counts.specs, counts.active),
        (1, 0),
        "a temporary one is forgotten"
    );
    let again = within(bank.bank.restart_child("a")).await.unwrap();
    assert!(again.is_ignored() && again.actor().is_none());
    let added = within(bank.bank.start_child(spec("c", Restart::Transient)))
        .await
        .unwrap();
    assert!(added.is_ignored());
    assert_eq!(within(bank.bank.counts()).await.specs, 2);
    wanted.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut up = within(bank.bank.restart_child("a")).await.unwrap();
    assert_eq!(up.info::<String>(), None, "it is no text");
    assert_eq!(up.info::<u16>(), Some(4711));
    assert_eq!(up.info::<u16>(), None, "it was taken");
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_a_supervisor_that_ends_is_told() {
    let bank = Bank::open(|supervisor, journal| supervisor.child(puppet("a", journal))).await;
    let (journal, _log) = crate::harness::journal();
    let stubborn = std::sync::Arc::new(tokio::sync::Notify::new());
    bank.puppet("a").last_words(stubborn.clone()).await.unwrap();
    let stopping = tokio::spawn({
        let bank = bank.bank.clone();
        async move { bank.stop().await }
    });
    let waiting = bank.bank.clone();
    let asked =
        tokio::spawn(async move { waiting.start_child(puppet("b", &journal)).await.map(drop) });
    until(async || stopping.is_finished() || bank.puppet_phase("a") == Phase::Stopping).await;
    stubborn.notify_one();
    assert_eq!(
        within(asked).await.unwrap().unwrap_err(),
        StartChildError::SupervisorGone
    );
    within(stopping).await.unwrap();
    assert_eq!(
        within(bank.bank.restart_child("a")).await.unwrap_err(),
        RestartChildError::SupervisorGone
    );
    assert_eq!(
        within(bank.bank.delete_child("a")).await,
        Err(DeleteChildError::SupervisorGone)
    );
    assert!(within(bank.bank.info()).await.is_none());
    bank.close().await;
}

/// What a factory owns goes with its spec: outside of our locks, and whatever it does there stays there.
#[tokio::test(start_paused = true)]
async fn a_factory_that_panics_as_it_goes_harms_nobody() {
    struct Nosy(SupervisorRef);
    impl Drop for Nosy {
        fn drop(&mut self) {
            assert!(self.0.address::<Puppet>("a").is_ok(), "the table is free");
            panic!("boom");
        }
    }
    let mut bank = Bank::open(|supervisor, journal| supervisor.child(puppet("a", journal))).await;
    let (journal, _log) = crate::harness::journal();
    for restart in [Restart::Temporary, Restart::Permanent] {
        let (nosy, journal) = (Nosy(bank.bank.clone()), journal.clone());
        let spec = actor("nosy", move || {
            let _owns = &nosy;
            Puppet::new("nosy", &journal)
        });
        within(bank.bank.start_child(spec.restart(restart)))
            .await
            .unwrap();
        within(bank.bank.terminate_child("nosy")).await.unwrap();
        if restart == Restart::Permanent {
            within(bank.bank.delete_child("nosy")).await.unwrap();
        }
    }
    assert_eq!(within(bank.bank.counts()).await.specs, 1);
    assert_eq!(
        bank.bank.actor().incarnation(),
        1,
        "the supervisor is as it was"
    );
    bank.log.rest();
    bank.close().await;
}
