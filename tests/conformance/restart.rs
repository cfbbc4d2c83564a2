//! §7 Restart, without group restarts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use playhouse::links::{Factory, Order};
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse::{Failure, Phase};
use playhouse_tests::{Gate, Log, Puppet, Restarter, assert_conserved, soon};

fn puppets(log: &Log) -> impl FnMut() -> Puppet + Send + 'static {
    let log = log.clone();
    move || Puppet::new("a", &log)
}

/// A factory that does for each start what `plan` says.
fn planned(
    log: &Log,
    mut plan: impl FnMut(u64) -> Result<Duration, &'static str> + Send + 'static,
) -> Factory<Puppet> {
    let log = log.clone();
    let mut run = 0;
    Box::new(move || {
        run += 1;
        let (plan, log) = (plan(run), log.clone());
        log.add(format!("making {run}"));
        Box::pin(async move {
            tokio::time::sleep(plan.map_err(Failure::new)?).await;
            Ok(Puppet::new("a", &log))
        })
    })
}

#[test]
fn c7_1_same_address_and_mailbox_next_incarnation_fresh_state() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let (child, puppet) = Restarter::spawn(&system, &Log::new(), puppets(&log));
        puppet.bump().await.unwrap();
        assert_eq!(puppet.count().await, Ok(1));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.crash("boom".into()).await.unwrap();
        puppet.note(1).await.unwrap();
        gate.open();
        assert_eq!(
            puppet.count().await,
            Ok(1),
            "fresh, and then the note that had waited"
        );
        assert_eq!(child.address::<Puppet>().unwrap(), puppet);
        assert_eq!(
            (puppet.actor().incarnation(), puppet.actor().restarts()),
            (2, 1)
        );
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_1_the_old_one_has_stopped_before_the_new_one_starts() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let gate = Gate::new();
        let (inner, held) = (log.clone(), gate.clone());
        let (_child, puppet) = Restarter::spawn(&system, &heard, move || {
            let mut puppet = Puppet::new("a", &inner);
            puppet.at_stop = Some(held.clone());
            puppet
        });
        puppet.crash("boom".into()).await.unwrap();
        gate.arrival().await;
        tokio::time::sleep(secs(10)).await;
        assert_eq!(log.lines(), ["a started 1"]);
        gate.open_all();
        puppet.count().await.unwrap();
        assert_eq!(
            log.lines(),
            ["a started 1", "a stopping panic: boom", "a started 2"]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_1_a_factory_may_be_async_and_may_fail() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let factory = planned(
            &log,
            |run| if run < 3 { Err("no disk") } else { Ok(secs(7)) },
        );
        let (_child, puppet) = Restarter::adopt(&system, &heard, true, factory);
        puppet.note(1).await.unwrap();
        assert_eq!(
            puppet.count().timeout(secs(8)).await,
            Ok(1),
            "the mailbox was there before the state"
        );
        assert_eq!(
            heard.lines(),
            [
                "parent: exited 1 start failed: no disk",
                "parent: exited 2 start failed: no disk",
                "parent: started 3"
            ]
        );
        assert_eq!(
            log.lines(),
            ["making 1", "making 2", "making 3", "a started 3", "a 1"]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_1_a_factory_may_panic() {
    paused(async {
        let system = System::new("test");
        let heard = Log::new();
        let mut run = 0;
        let factory: Factory<Puppet> = Box::new(move || {
            run += 1;
            assert!(run > 1, "at once");
            Box::pin(async move {
                assert!(run > 2, "in its future");
                Ok(Puppet::new("a", &Log::new()))
            })
        });
        let (_child, puppet) = Restarter::adopt(&system, &heard, true, factory);
        assert_eq!(puppet.echo(1).await, Ok(1));
        assert_eq!(
            heard.lines(),
            [
                "parent: exited 1 start failed: panic: at once",
                "parent: exited 2 start failed: panic: in its future",
                "parent: started 3"
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_2_who_gets_which_answer() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let (_child, puppet) = Restarter::spawn(&system, &Log::new(), puppets(&log));
        let ask = |which: u8| {
            let puppet = puppet.clone();
            tokio::spawn(async move {
                match which {
                    0 => puppet.later().await,
                    1 => puppet.crash_asked().await,
                    _ => puppet.count().await,
                }
            })
        };
        let kept = ask(0);
        log.wait_for(2).await;
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let failing = ask(1);
        tokio::task::yield_now().await;
        let queued = ask(2);
        tokio::task::yield_now().await;
        gate.open();
        assert_eq!(soon(failing).await.unwrap(), Err(AskError::Failed));
        assert_eq!(soon(kept).await.unwrap(), Err(AskError::Restarted));
        assert_eq!(soon(queued).await.unwrap(), Ok(0));
        // At final death: closed.
        let kept = ask(0);
        log.wait_for(6).await;
        puppet.stop();
        assert_eq!(soon(kept).await.unwrap(), Err(AskError::Closed));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_2_a_port_in_a_task_of_the_old_incarnation_answers_restarted_too() {
    #[actor]
    struct Delegator {
        gate: Gate,
    }
    #[handlers]
    impl Delegator {
        #[message]
        fn work(&mut self, reply: Reply<u64>) {
            let gate = self.gate.clone();
            tokio::spawn(async move {
                gate.pass().await;
                reply.send(1);
            });
        }
        #[message]
        fn crash(&mut self) {
            panic!("boom");
        }
        #[message]
        fn ping(&self) -> u8 {
            1
        }
    }
    paused(async {
        let system = System::new("test");
        let gate = Gate::new();
        let held = gate.clone();
        let (_child, delegator) = Restarter::spawn(&system, &Log::new(), move || Delegator {
            gate: held.clone(),
        });
        let asked = tokio::spawn({
            let delegator = delegator.clone();
            async move { delegator.work().await }
        });
        gate.arrival().await;
        delegator.crash().await.unwrap();
        assert_eq!(delegator.ping().await, Ok(1));
        assert_eq!(soon(asked).await.unwrap(), Err(AskError::Restarted));
        gate.open();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_3_an_order_says_whether_the_queue_stays() {
    paused(async {
        let system = System::new("test");
        for keep in [true, false] {
            let (log, heard) = (Log::new(), Log::new());
            let inner = log.clone();
            let factory = planned(&inner, |_| Ok(ms(0)));
            let (child, puppet) = Restarter::adopt(&system, &heard, false, factory);
            let gate = Gate::new();
            puppet.hold(gate.clone()).await.unwrap();
            gate.arrival().await;
            puppet.note(1).await.unwrap();
            child.order(Order::Stop { keep });
            puppet.note(2).await.expect("the mailbox stays open");
            gate.open();
            heard.wait_for(2).await;
            assert_eq!(heard.lines()[1], "parent: exited 1 shutdown");
            puppet.note(3).await.expect("the mailbox stays open");
            child.order(Order::Start {
                run: 2,
                limit: None,
            });
            let expected = if keep { 3 } else { 1 };
            assert_eq!(puppet.count().await, Ok(expected));
            assert_eq!(puppet.actor().totals().dead_lettered, 3 - expected);
            assert_conserved(&puppet.actor());
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_monitors_speak_of_final_death_once_and_at_once_if_it_was_before() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let watcher = system.spawn(Puppet::new("w", &log));
        let (_child, puppet) =
            Restarter::spawn(&system, &Log::new(), || Puppet::new("a", &Log::new()));
        watcher.watch(puppet.clone()).await.unwrap();
        puppet.crash("once".into()).await.unwrap();
        assert_eq!(puppet.echo(1).await, Ok(1));
        watcher.count().await.unwrap();
        assert_eq!(log.lines().len(), 1, "a restart is no death");
        puppet.stop();
        soon(puppet.wait()).await;
        let line = format!("w down {} shutdown", puppet.actor().id().get());
        assert_eq!(log.wait_for(2).await[1], line);
        watcher.watch(puppet.clone()).await.unwrap();
        assert_eq!(log.wait_for(3).await[2], line, "at once, since it is dead");
        watcher.count().await.unwrap();
        assert_eq!(log.lines().len(), 3, "once each");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_nothing_comes_after_demonitor_not_even_what_was_on_its_way() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let watcher = system.spawn(Puppet::new("w", &log));
        let puppets: Vec<_> = (0..3)
            .map(|_| system.spawn(Puppet::new("a", &Log::new())))
            .collect();
        let mut monitors = Vec::new();
        for puppet in &puppets {
            monitors.push(watcher.watch(puppet.clone()).await.unwrap());
        }
        let gate = Gate::new();
        watcher.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        monitors[0].demonitor();
        for puppet in &puppets {
            puppet.kill();
            soon(puppet.wait()).await;
        }
        // Its notice lies in the watcher's lane already.
        monitors[1].demonitor();
        gate.open();
        let id = puppets[2].actor().id().get();
        assert_eq!(log.wait_for(3).await[2], format!("w down {id} killed"));
        watcher.count().await.unwrap();
        assert_eq!(log.lines().len(), 3);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_monitors_and_timers_end_with_the_incarnation_that_made_them() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let (_child, watcher) = Restarter::spawn(&system, &Log::new(), puppets(&log));
        let other = system.spawn(Puppet::new("b", &Log::new()));
        watcher.watch(other.clone()).await.unwrap();
        let timer = watcher.note_every(secs(1), 5).await.unwrap();
        tokio::time::sleep(ms(1_500)).await;
        assert_eq!(log.lines(), ["a started 1", "a 5"]);
        watcher.crash("boom".into()).await.unwrap();
        watcher.count().await.unwrap();
        assert!(!timer.is_active());
        other.kill();
        soon(other.wait()).await;
        tokio::time::sleep(secs(60)).await;
        watcher.count().await.unwrap();
        assert_eq!(
            log.lines(),
            [
                "a started 1",
                "a 5",
                "a stopping panic: boom",
                "a started 2"
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_5_the_latest_order_wins_and_end_is_final() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let (child, puppet) =
            Restarter::adopt(&system, &heard, false, planned(&log, |_| Ok(secs(5))));
        tokio::time::sleep(secs(1)).await;
        // The factory of start 1 is dropped at its next await.
        child.order(Order::Stop { keep: true });
        child.order(Order::Start {
            run: 2,
            limit: None,
        });
        tokio::time::sleep(secs(1)).await;
        child.order(Order::Start {
            run: 3,
            limit: None,
        });
        assert_eq!(puppet.echo(1).timeout(secs(20)).await, Ok(1));
        assert_eq!(
            heard.lines(),
            [
                "parent: exited 1 shutdown",
                "parent: exited 2 shutdown",
                "parent: started 3"
            ]
        );
        assert_eq!(puppet.actor().incarnation(), 3);
        child.order(Order::End);
        child.order(Order::Start {
            run: 4,
            limit: None,
        });
        assert!(puppet.note(1).try_tell().unwrap_err().is_closed());
        soon(puppet.wait()).await;
        assert_eq!(
            heard.lines()[3..],
            ["parent: exited 3 shutdown", "parent: ended shutdown"]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_5_a_start_has_a_limit_for_factory_and_hook() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let (child, puppet) =
            Restarter::adopt(&system, &heard, false, planned(&log, |_| Ok(secs(3600))));
        heard.wait_for_until(1, secs(60)).await;
        assert_eq!(
            heard.lines(),
            ["parent: exited 1 start failed: it took longer than its limit"]
        );
        assert_eq!(puppet.actor().phase(), Phase::Backoff);
        assert!(puppet.actor().snapshot().uptime >= secs(30));
        child.order(Order::End);
        soon(puppet.wait()).await;

        let gate = Gate::new();
        let held = gate.clone();
        let factory: Factory<Puppet> = Box::new(move || {
            let held = held.clone();
            Box::pin(async move {
                let mut puppet = Puppet::new("a", &Log::new());
                puppet.at_start = Some(held);
                Ok(puppet)
            })
        });
        let heard = Log::new();
        let (child, _puppet) = Restarter::adopt(&system, &heard, false, factory);
        heard.wait_for_until(1, secs(60)).await;
        assert_eq!(
            heard.lines(),
            ["parent: exited 1 start failed: it took longer than its limit"]
        );
        child.order(Order::End);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_5_shutdown_at_any_moment_of_a_start_is_complete() {
    paused(async {
        for at in 0..120 {
            let system = System::new("test");
            let (log, heard) = (Log::new(), Log::new());
            let factory = planned(
                &log,
                |run| if run % 3 == 0 { Err("odd") } else { Ok(ms(20)) },
            );
            let (child, puppet) = Restarter::adopt(&system, &heard, true, factory);
            tokio::time::sleep(ms(at)).await;
            puppet.crash("boom".into()).try_tell().ok();
            tokio::time::sleep(ms(at / 2)).await;
            child.order(Order::End);
            soon(puppet.wait()).await;
            let lines = log.lines();
            let started = lines
                .iter()
                .filter(|line| line.starts_with("a started"))
                .count();
            let stopped = lines
                .iter()
                .filter(|line| line.starts_with("a stopping"))
                .count();
            assert_eq!(
                started, stopped,
                "each started state is stopped once: {lines:?}"
            );
            assert_conserved(&puppet.actor());
            assert_no_leaks(&system).await;
        }
    });
}

#[test]
fn a_stopping_hook_that_waits_can_be_killed() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let mut state = Puppet::new("a", &log);
        let gate = Gate::new();
        state.at_stop = Some(gate.clone());
        let puppet = system.spawn(state);
        puppet.count().await.unwrap();
        puppet.stop();
        gate.arrival().await;
        puppet.kill();
        assert_eq!(
            soon(puppet.wait()).await,
            ExitReason::Killed,
            "a normal end that was cut short is none"
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn restarts_are_told_as_events() {
    paused(async {
        let system = System::new("test");
        let mut events = system.events();
        let (_child, puppet) =
            Restarter::spawn(&system, &Log::new(), || Puppet::new("a", &Log::new()));
        puppet.crash("boom".into()).await.unwrap();
        puppet.count().await.unwrap();
        puppet.stop();
        soon(puppet.wait()).await;
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let count = AtomicU64::new(0);
        while count.fetch_add(1, Ordering::Relaxed) < 5 {
            let event = soon(events.next()).await.unwrap();
            assert_eq!(event.actor, puppet.actor().id());
            seen.lock().unwrap().push(format!("{:?}", event.kind));
        }
        assert_eq!(
            *seen.lock().unwrap(),
            [
                "Spawned",
                "Started { run: 1 }",
                "Exited { run: 1, reason: Panic(\"boom\") }",
                "Started { run: 2 }",
                "Ended { reason: Shutdown }"
            ]
        );
        assert_no_leaks(&system).await;
    });
}
