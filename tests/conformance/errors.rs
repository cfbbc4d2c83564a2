//! §5 Errors.

use playhouse::Refused;
use playhouse::observe::EventKind;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{
    Broken, Gate, Log, Parcel, Puppet, Restarter, Trace, assert_conserved, soon,
};

#[test]
fn c5_1_the_verb_decides_what_an_error_is() {
    paused(async {
        let system = System::new("test");
        let asked = system.spawn(Puppet::new("a", &Log::new()));
        assert_eq!(asked.even(1).await, Err(AskError::Handler(Broken(1))));
        assert_eq!(
            asked.echo(1).await,
            Ok(1),
            "an error that was asked for is no failure"
        );
        let told = system.spawn(Puppet::new("b", &Log::new()));
        told.even(1).tell().await.unwrap();
        assert_eq!(
            soon(told.wait()).await,
            ExitReason::Error("broken 1".into())
        );
        let timed = system.spawn(Puppet::new("c", &Log::new()));
        timed.even(3).after(ms(10));
        assert_eq!(
            soon(timed.wait()).await,
            ExitReason::Error("broken 3".into())
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c5_1_an_error_whose_asker_has_gone_is_no_failure() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        {
            let mut asked = Box::pin(puppet.even(1));
            assert!(futures::poll!(asked.as_mut()).is_pending());
        }
        gate.open();
        assert_eq!(puppet.echo(2).await, Ok(2));
        assert_eq!(puppet.actor().totals().unread_replies, 1);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c5_1_report_makes_a_told_error_no_failure() {
    paused(async {
        let system = System::new("test");
        let mut events = system.events();
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        puppet.even_or_report(1).tell().await.unwrap();
        assert_eq!(puppet.echo(2).await, Ok(2));
        let reported = soon(async {
            loop {
                let event = events.next().await.unwrap();
                if let EventKind::Reported { message, error } = event.kind {
                    return (message, error);
                }
            }
        })
        .await;
        assert_eq!(
            (reported.0, &*reported.1),
            ("PuppetEvenOrReport", "broken 1")
        );
        assert_eq!(
            puppet.even_or_report(3).await,
            Err(AskError::Handler(Broken(3))),
            "asked, it is an answer"
        );
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c5_2_a_panic_is_a_failure_that_goes_to_the_parent_and_its_caller_gets_failed() {
    paused(async {
        let system = System::new("test");
        let heard = Log::new();
        let (_child, puppet) = Restarter::spawn(&system, &heard, || Puppet::new("a", &Log::new()));
        assert_eq!(puppet.crash_asked().await, Err(AskError::Failed));
        assert_eq!(puppet.echo(1).await, Ok(1));
        assert_eq!(
            heard.lines(),
            [
                "parent: started 1",
                "parent: exited 1 panic: asked to",
                "parent: started 2"
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c5_3_a_panic_in_a_handler_ends_that_incarnation_alone() {
    paused(async {
        let system = System::new("test");
        let other = system.spawn(Puppet::new("b", &Log::new()));
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        puppet.crash("boom".into()).await.unwrap();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Panic("boom".into()));
        assert_eq!(other.echo(1).await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c5_3_a_panic_in_the_drop_of_a_message_stays_with_its_actor() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        // Handled, and dropped by the handler.
        let puppet = system.spawn(Puppet::new("a", &log));
        puppet
            .tell(Parcel(Trace::bomb(&log, "in the handler")))
            .await
            .unwrap();
        assert!(
            matches!(soon(puppet.wait()).await, ExitReason::Panic(text) if text.contains("in the handler"))
        );
        // Dead-lettered, and dropped by the runtime.
        let stopped = system.spawn(Puppet::new("b", &log));
        let gate = Gate::new();
        stopped.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        stopped
            .tell(Parcel(Trace::bomb(&log, "in the queue")))
            .await
            .unwrap();
        stopped.note(1).await.unwrap();
        stopped.stop();
        gate.open();
        assert_eq!(soon(stopped.wait()).await, ExitReason::Shutdown);
        assert!(log.lines().contains(&"in the queue".to_owned()));
        assert_conserved(&stopped.actor());
        // Refused, and dropped by its sender, whose own it is again.
        let error = stopped
            .try_tell(Parcel(Trace::new(&log, "sender's")))
            .unwrap_err();
        assert_eq!(error.reason(), Refused::Closed);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c5_3_a_panic_in_the_drop_of_the_state_stays_with_its_actor() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let (_child, puppet) = Restarter::spawn(&system, &heard, move || {
            let mut puppet = Puppet::new("a", &inner);
            puppet.trace = Some(Trace::bomb(&inner, "state"));
            puppet
        });
        // While a panic of the handler unwinds nothing of the state is dropped; so both panics are survived.
        puppet.crash("boom".into()).await.unwrap();
        assert_eq!(puppet.echo(1).await, Ok(1));
        assert_eq!(puppet.actor().totals().panics, 2);
        puppet.stop();
        let reason = soon(puppet.wait()).await;
        assert!(
            matches!(reason, ExitReason::Panic(text) if text.contains("state")),
            "a normal end that failed"
        );
        assert_eq!(
            log.lines().iter().filter(|line| *line == "state").count(),
            2
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c5_3_a_panic_in_a_hook_stays_with_its_actor() {
    #[actor]
    struct Hooked {
        at_start: bool,
    }
    #[handlers]
    impl Hooked {
        #[started]
        fn begin(&mut self) {
            assert!(!self.at_start, "in started");
        }
        #[stopping]
        fn finish(&mut self) {
            panic!("in stopping");
        }
        #[message]
        fn ping(&self) -> u8 {
            1
        }
    }
    paused(async {
        let system = System::new("test");
        let started = system.spawn(Hooked { at_start: true });
        assert_eq!(started.ping().await, Err(AskError::Closed));
        assert!(
            matches!(soon(started.wait()).await, ExitReason::StartFailed(text) if text.contains("in started"))
        );
        let stopped = system.spawn(Hooked { at_start: false });
        assert_eq!(stopped.ping().await, Ok(1));
        stopped.stop();
        assert_eq!(
            soon(stopped.wait()).await,
            ExitReason::Panic("in stopping".into())
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c5_3_a_panic_of_a_suspended_handler_that_is_killed_stays_with_its_actor() {
    #[actor]
    struct Holder {
        log: Log,
    }
    #[handlers]
    impl Holder {
        #[message]
        async fn hold(&mut self, gate: Gate) {
            let _bomb = Trace::bomb(&self.log, "dropped by the kill");
            gate.pass().await;
        }
    }
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let holder = system.spawn(Holder { log: log.clone() });
        let gate = Gate::new();
        holder.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        holder.kill();
        let reason = soon(holder.wait()).await;
        assert!(matches!(reason, ExitReason::Panic(_)), "{reason}");
        assert_eq!(log.lines(), ["dropped by the kill"]);
        assert_no_leaks(&system).await;
    });
}
