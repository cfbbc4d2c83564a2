//! §1 Order.

use playhouse::Refused;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, Puppet, PuppetNote, Restarter, assert_conserved, soon};

fn numbers(name: &str, range: impl Iterator<Item = u64>) -> Vec<String> {
    range.map(|n| format!("{name} {n}")).collect()
}

#[test]
fn c1_1_one_sender_is_handled_in_order_for_every_verb() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let recipient: Recipient<PuppetNote> = puppet.recipient();
        for round in 0..20 {
            let n = round * 6;
            puppet.note(n).await.unwrap();
            puppet.note(n + 1).try_tell().unwrap();
            puppet.note(n + 2).ask().await.unwrap();
            puppet.note(n + 3).timeout(secs(1)).await.unwrap();
            recipient.tell(PuppetNote { number: n + 4 }).await.unwrap();
            puppet.tell(PuppetNote { number: n + 5 }).await.unwrap();
        }
        puppet.count().await.unwrap();
        assert_eq!(log.lines()[1..], numbers("a", 0..120));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_room_is_given_in_the_order_of_waiting() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(2)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(0).await.unwrap();
        puppet.note(1).await.unwrap();
        assert_eq!(
            puppet.note(99).try_tell().unwrap_err().reason(),
            Refused::Full
        );
        let mut waiting = Vec::new();
        for n in 2..6 {
            let puppet = puppet.clone();
            waiting.push(tokio::spawn(async move { puppet.note(n).await }));
            tokio::task::yield_now().await;
        }
        gate.open();
        for task in waiting {
            soon(task).await.unwrap().unwrap();
        }
        puppet.count().await.unwrap();
        let lines = log.lines();
        assert_eq!(lines[1], "a held");
        assert_eq!(lines[2..], numbers("a", 0..6));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_1_order_holds_over_a_restart() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let inner = log.clone();
        let (_child, puppet) =
            Restarter::spawn(&system, &Log::new(), move || Puppet::new("a", &inner));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for n in 0..50 {
            puppet.note(n).await.unwrap();
            if n % 10 == 5 {
                puppet.crash("again".into()).await.unwrap();
            }
        }
        gate.open();
        assert_eq!(
            puppet.count().await.unwrap(),
            4,
            "counted since the last restart"
        );
        let notes: Vec<_> = log
            .lines()
            .into_iter()
            .filter(|line| line["a ".len()..].parse::<u64>().is_ok())
            .collect();
        assert_eq!(notes, numbers("a", 0..50));
        assert_eq!(puppet.actor().restarts(), 5);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_a_handler_that_suspends_gives_room_at_once() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(4)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gates: [Gate; 4] = std::array::from_fn(|_| Gate::new());
        puppet.note(0).ask().await.unwrap();
        // One is in hand and suspended, so the three others and one more fill the mailbox.
        for gate in &gates {
            puppet.hold(gate.clone()).await.unwrap();
        }
        gates[0].arrival().await;
        puppet.note(1).await.unwrap();
        let waiter = tokio::spawn({
            let puppet = puppet.clone();
            async move { puppet.note(2).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(puppet.actor().snapshot().waiting, 1);
        assert_eq!(puppet.actor().snapshot().depth, 4);
        // The next handler suspends with three queued: above half, but nobody takes, so room is given at once.
        gates[0].open();
        gates[1].arrival().await;
        soon(waiter).await.unwrap().unwrap();
        assert_eq!(puppet.actor().snapshot().depth, 4);
        gates.iter().for_each(Gate::open_all);
        puppet.count().await.unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_what_was_dropped_before_it_was_accepted_was_not_sent() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(0).await.unwrap();
        let error = puppet.note(1).timeout(ms(10)).await.unwrap_err();
        assert_eq!(error.reason(), Refused::Full);
        assert_eq!(error.into_message().number, 1);
        tokio::select! {
            biased;
            _ = puppet.note(2) => panic!("there is no room"),
            _ = puppet.echo(3) => panic!("there is no room"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(puppet.actor().snapshot().waiting, 0, "they left the line");
        gate.open_all();
        puppet.note(4).await.unwrap();
        puppet.count().await.unwrap();
        assert_eq!(log.lines()[2..], ["a 0", "a 4"]);
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_nobody_overtakes_who_waits_or_holds_room() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(2)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(0).await.unwrap();
        puppet.note(1).await.unwrap();
        let mut first = Box::pin(puppet.note(2));
        assert!(futures::poll!(first.as_mut()).is_pending());
        gate.open();
        log.wait_for(4).await;
        // The queue is empty, and its room is promised.
        assert_eq!(puppet.actor().snapshot().depth, 0);
        assert_eq!(
            puppet.note(99).try_tell().unwrap_err().reason(),
            Refused::Full
        );
        let mut second = Box::pin(puppet.note(3));
        assert!(
            futures::poll!(second.as_mut()).is_pending(),
            "a newcomer waits behind"
        );
        first.await.unwrap();
        second.await.unwrap();
        puppet.count().await.unwrap();
        assert_eq!(log.lines()[2..], numbers("a", 0..4));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_3_stop_closes_at_the_call_and_is_seen_after_one_message() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for n in 0..100 {
            puppet.note(n).await.unwrap();
        }
        puppet.stop();
        assert_eq!(
            puppet.note(100).try_tell().unwrap_err().reason(),
            Refused::Closed
        );
        assert_eq!(puppet.echo(1).await.unwrap_err(), AskError::Closed);
        gate.open();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        assert_eq!(
            log.lines(),
            ["a started 1", "a held", "a stopping shutdown"]
        );
        assert_eq!(system.dead_letters().count(), 100);
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_3_kill_and_shutdown_close_at_the_call() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let killed = system.spawn(Puppet::new("a", &log));
        killed.kill();
        assert_eq!(
            killed.note(1).try_tell().unwrap_err().reason(),
            Refused::Closed
        );
        let drained = system.spawn(Puppet::new("b", &log));
        drained.drain();
        assert_eq!(
            drained.note(1).try_tell().unwrap_err().reason(),
            Refused::Closed
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_3_a_death_notice_comes_after_all_that_the_dead_one_had_sent() {
    paused(async {
        let system = System::new("test");
        for sent in [0, 1, 3, 7] {
            let log = Log::new();
            let watcher = system
                .spawner()
                .mailbox(8)
                .spawn(Puppet::new("w", &log))
                .unwrap();
            let dying = system.spawn(Puppet::new("d", &Log::new()));
            watcher.watch(dying.clone()).await.unwrap();
            let gate = Gate::new();
            watcher.hold(gate.clone()).await.unwrap();
            gate.arrival().await;
            for n in 0..sent {
                dying.tell_note(watcher.clone(), n).await.unwrap();
            }
            dying.leave().await.unwrap();
            let id = dying.actor().id().get();
            assert_eq!(soon(dying.wait()).await, ExitReason::Normal);
            // The watcher's own messages of after the death come after the notice.
            watcher.note(100).await.unwrap();
            gate.open();
            watcher.count().await.unwrap();
            let mut expected = vec!["w started 1".to_owned(), "w held".to_owned()];
            expected.extend(numbers("w", 0..sent));
            expected.push(format!("w down {id} normal"));
            expected.push("w 100".to_owned());
            assert_eq!(log.lines(), expected);
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_3_a_death_notice_needs_no_room() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let watcher = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("w", &log))
            .unwrap();
        let dying: Vec<_> = (0..50)
            .map(|_| system.spawn(Puppet::new("d", &Log::new())))
            .collect();
        for dying in &dying {
            watcher.watch(dying.clone()).await.unwrap();
        }
        let gate = Gate::new();
        watcher.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        watcher.note(0).await.unwrap();
        for dying in &dying {
            dying.kill();
            soon(dying.wait()).await;
        }
        gate.open();
        let lines = log.wait_for(53).await;
        assert_eq!(lines[2], "w 0");
        for (line, dying) in lines[3..].iter().zip(&dying) {
            assert_eq!(*line, format!("w down {} killed", dying.actor().id().get()));
        }
        assert_no_leaks(&system).await;
    });
}
