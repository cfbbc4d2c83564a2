//! §2 Delivery.

use playhouse::dead_letter::Cause;
use playhouse::prelude::*;
use playhouse::test::{Fault, assert_no_leaks, inject, paused};
use playhouse::{Refused, SpawnError};
use playhouse_tests::{
    Gate, Log, Parcel, Puppet, PuppetEven, PuppetNote, Restarter, Trace, assert_conserved, soon,
};

#[test]
fn c2_1_what_is_refused_comes_back() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(1)
            .overflow(playhouse::Overflow::Reject)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(1).await.unwrap();
        let full = puppet.note(2).await.unwrap_err();
        assert!(full.is_full());
        assert_eq!(full.into_message().number, 2);
        assert_eq!(puppet.echo(1).await.unwrap_err(), AskError::Full);
        puppet.stop();
        let closed = puppet.note(3).await.unwrap_err();
        assert!(closed.is_closed());
        assert_eq!(closed.into_message().number, 3);
        let parcel = puppet
            .try_tell(Parcel(Trace::new(&log, "dropped")))
            .unwrap_err();
        assert_eq!(parcel.reason(), Refused::Closed);
        assert_eq!(puppet.actor().totals().refused, 4);
        gate.open();
        soon(puppet.wait()).await;
        assert!(
            !log.lines().contains(&"dropped".to_owned()),
            "it came back whole"
        );
        drop(parcel);
        assert!(log.lines().contains(&"dropped".to_owned()));
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_2_every_accepted_message_is_handled_dead_lettered_or_queued() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let inner = log.clone();
        let (_child, puppet) =
            Restarter::spawn(&system, &Log::new(), move || Puppet::new("a", &inner));
        puppet.count().await.unwrap();
        for n in 0..30 {
            puppet.note(n).await.unwrap();
        }
        puppet.crash("one".into()).await.unwrap();
        puppet.tell(PuppetEven { number: 1 }).await.unwrap();
        puppet.even(2).await.unwrap();
        assert_eq!(puppet.crash_asked().await.unwrap_err(), AskError::Failed);
        assert_eq!(
            puppet.even(3).await.unwrap_err(),
            AskError::Handler(playhouse_tests::Broken(3))
        );
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for n in 0..5 {
            puppet.note(n).await.unwrap();
        }
        let before = puppet.actor().snapshot();
        assert_eq!((before.depth, before.totals.failed), (5, 3));
        puppet.stop();
        gate.open();
        soon(puppet.wait()).await;
        let after = puppet.actor().snapshot();
        assert_eq!(after.depth, 0);
        assert_eq!(after.totals.dead_lettered, 3 + 5);
        assert_eq!(after.totals.accepted, 1 + 30 + 5 + 1 + 5);
        assert_eq!(after.totals.handled, 1 + 30 + 2 + 1);
        assert_eq!(system.dead_letters().count(), 8);
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_2_timers_and_notices_are_part_of_the_sum() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let other = system.spawn(Puppet::new("b", &Log::new()));
        puppet.watch(other.clone()).await.unwrap();
        puppet.note_after(ms(5), 1).await.unwrap();
        other.kill();
        log.wait_for(3).await;
        puppet.count().await.unwrap();
        let totals = puppet.actor().totals();
        assert_eq!((totals.accepted, totals.handled), (5, 5));
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_2_a_dead_letter_says_what_and_why_and_keeps_what_never_ran() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let mut letters = system.dead_letters().subscribe();
        let puppet = system
            .spawner()
            .name("p")
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.crash("boom".into()).await.unwrap();
        puppet.note(7).await.unwrap();
        puppet
            .tell(Parcel(Trace::new(&log, "inside")))
            .await
            .unwrap();
        gate.open();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Panic("boom".into()));

        let failed = soon(letters.next()).await.unwrap();
        assert_eq!(failed.message, "PuppetCrash");
        assert_eq!(
            failed.cause,
            Cause::Failed(ExitReason::Panic("boom".into()))
        );
        assert_eq!(
            (failed.actor, failed.name.as_deref()),
            (puppet.actor().id(), Some("p"))
        );
        assert!(
            failed.take::<playhouse_tests::PuppetCrash>().is_none(),
            "the handler had it"
        );

        let note = soon(letters.next()).await.unwrap();
        assert_eq!((note.message, &note.cause), ("PuppetNote", &Cause::Stopped));
        assert!(note.take::<PuppetEven>().is_none(), "not of that type");
        assert_eq!(note.take::<PuppetNote>().unwrap().number, 7);
        assert!(note.take::<PuppetNote>().is_none(), "taken once");

        let parcel = soon(letters.next()).await.unwrap();
        assert!(!log.lines().contains(&"inside".to_owned()));
        drop(parcel.take::<Parcel>().unwrap());
        assert!(log.lines().contains(&"inside".to_owned()));

        let recent: Vec<_> = system
            .dead_letters()
            .recent()
            .iter()
            .map(|letter| letter.message)
            .collect();
        assert_eq!(recent, ["PuppetCrash", "PuppetNote", "Parcel"]);
        assert_eq!(letters.lost(), 0);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_2_a_handler_that_gave_its_port_away_has_handled() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let asked = tokio::spawn({
            let puppet = puppet.clone();
            async move { puppet.later().await }
        });
        log.wait_for(2).await;
        puppet.count().await.unwrap();
        assert_eq!(puppet.actor().totals().handled, 2);
        assert_conserved(&puppet.actor());
        puppet.now(9).await.unwrap();
        assert_eq!(soon(asked).await.unwrap().unwrap(), 9);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_2_a_killed_message_is_a_dead_letter() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(1).await.unwrap();
        puppet.kill();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Killed);
        let letters: Vec<_> = system
            .dead_letters()
            .recent()
            .into_iter()
            .map(|letter| (letter.message, letter.cause))
            .collect();
        assert_eq!(
            letters,
            [
                ("PuppetHold", Cause::Failed(ExitReason::Killed)),
                ("PuppetNote", Cause::Killed)
            ]
        );
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_3_mailboxes_are_bounded_and_zero_is_an_error() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        assert_eq!(puppet.actor().snapshot().capacity, Some(1024));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for n in 0..1024 {
            puppet.note(n).try_tell().unwrap();
        }
        assert!(puppet.note(1024).try_tell().unwrap_err().is_full());
        assert_eq!(puppet.actor().snapshot().depth, 1024);
        let error = system
            .spawner()
            .mailbox(0)
            .spawn(Puppet::new("b", &log))
            .unwrap_err();
        assert_eq!(error, SpawnError::ZeroCapacity);
        gate.open();
        puppet.count().await.unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_3_the_policy_is_that_of_the_spawn() {
    paused(async {
        #[actor(mailbox = 3, overflow = reject)]
        struct Small;
        #[handlers]
        impl Small {
            #[message]
            async fn hold(&mut self, gate: Gate) {
                gate.pass().await;
            }
        }
        let system = System::new("test");
        let small = system.spawn(Small);
        let gate = Gate::new();
        small.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for _ in 0..3 {
            small.hold(gate.clone()).await.unwrap();
        }
        assert!(soon(small.hold(gate.clone())).await.unwrap_err().is_full());
        gate.open_all();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn an_injected_fault_takes_the_place_of_the_handler() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let inner = log.clone();
        let (_child, puppet) =
            Restarter::spawn(&system, &Log::new(), move || Puppet::new("a", &inner));
        inject(&puppet, 1, Fault::panic("bang"));
        inject(&puppet, 0, Fault::error("bad"));
        puppet.note(0).ask().await.unwrap();
        assert_eq!(puppet.note(1).ask().await.unwrap_err(), AskError::Failed);
        assert_eq!(puppet.echo(2).await.unwrap_err(), AskError::Failed);
        assert_eq!(puppet.echo(3).await.unwrap(), 3);
        assert_eq!(puppet.actor().totals().panics, 1);
        assert_eq!(puppet.actor().restarts(), 2);
        assert_eq!(
            log.lines(),
            [
                "a started 1",
                "a 0",
                "a stopping panic: bang",
                "a started 2",
                "a stopping error: bad",
                "a started 3"
            ]
        );
        assert_no_leaks(&system).await;
    });
}
