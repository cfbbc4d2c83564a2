//! §6 Ending.

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse::{Phase, SpawnError, SystemState};
use playhouse_tests::{Gate, Log, Puppet, Restarter, Trace, assert_conserved, soon};
use tokio::time::Instant;

#[test]
fn c6_1_stop_ends_the_message_in_hand_and_dead_letters_the_rest() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(1).await.unwrap();
        puppet.stop();
        tokio::time::sleep(secs(1)).await;
        assert!(
            !puppet.actor().phase().is_final(),
            "the handler in hand ends first"
        );
        gate.open();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        assert_eq!(
            log.lines(),
            ["a started 1", "a held", "a stopping shutdown"]
        );
        assert_eq!(system.dead_letters().count(), 1);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_1_drain_handles_all_that_was_accepted() {
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
        puppet.drain();
        assert!(puppet.note(100).await.unwrap_err().is_closed());
        gate.open();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        let lines = log.lines();
        assert_eq!(lines.len(), 2 + 100 + 1);
        assert_eq!(lines[102], "a stopping shutdown");
        assert_eq!(system.dead_letters().count(), 0);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_1_kill_drops_the_handler_at_its_next_await_without_a_hook() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let mut state = Puppet::new("a", &log);
        state.trace = Some(Trace::new(&log, "state dropped"));
        let puppet = system.spawn(state);
        let gate = Gate::new();
        let mut asked = Box::pin(puppet.answer_at(gate.clone()));
        assert!(futures::poll!(asked.as_mut()).is_pending());
        gate.arrival().await;
        puppet.kill();
        assert_eq!(soon(asked).await, Err(AskError::Failed));
        assert_eq!(soon(puppet.wait()).await, ExitReason::Killed);
        assert_eq!(log.lines(), ["a started 1", "state dropped"]);
        assert_eq!(puppet.actor().phase(), Phase::Failed);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_1_killed_before_it_started_it_never_runs() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let mut state = Puppet::new("a", &log);
        state.trace = Some(Trace::new(&log, "state dropped"));
        let puppet = system.spawn(state);
        puppet.note(1).await.unwrap();
        puppet.kill();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Killed);
        puppet.kill();
        puppet.stop();
        assert_eq!(log.lines(), ["state dropped"]);
        assert_conserved(&puppet.actor());
        let stopped = system.spawn(Puppet::new("b", &log));
        stopped.stop();
        assert_eq!(soon(stopped.wait()).await, ExitReason::Shutdown);
        assert_eq!(stopped.actor().phase(), Phase::Stopped);
        assert_eq!(log.lines().len(), 1);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_2_stop_ends_a_supervised_child_for_good() {
    paused(async {
        let system = System::new("test");
        let heard = Log::new();
        let (child, puppet) = Restarter::spawn(&system, &heard, || Puppet::new("a", &Log::new()));
        assert_eq!(puppet.echo(1).await, Ok(1));
        puppet.stop();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        assert_eq!(
            heard.lines(),
            ["parent: started 1", "parent: ended shutdown"]
        );
        assert!(child.has_ended());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_2_kill_is_abnormal_so_the_parent_decides() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let (_child, puppet) = Restarter::spawn(&system, &heard, move || Puppet::new("a", &inner));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(5).await.unwrap();
        puppet.kill();
        assert!(
            puppet.note(6).try_tell().unwrap_err().is_closed(),
            "closed at the call"
        );
        log.wait_for(3).await;
        puppet.note(7).await.unwrap();
        puppet.count().await.unwrap();
        assert_eq!(log.lines(), ["a started 1", "a started 2", "a 5", "a 7"]);
        assert_eq!(
            heard.lines(),
            [
                "parent: started 1",
                "parent: exited 1 killed",
                "parent: started 2"
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_3_hook_then_names_then_notices() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let gate = Gate::new();
        let mut state = Puppet::new("a", &log);
        state.at_stop = Some(gate.clone());
        let puppet = system.spawn(state);
        system.register("it", &puppet).unwrap();
        let watcher = system.spawn(Puppet::new("w", &log));
        watcher.watch(puppet.clone()).await.unwrap();
        puppet.stop();
        gate.arrival().await;
        assert_eq!(puppet.actor().phase(), Phase::Stopping);
        assert_eq!(
            system.lookup::<Puppet>("it").unwrap(),
            puppet,
            "named while its hook runs"
        );
        watcher.count().await.unwrap();
        assert_eq!(log.lines().len(), 2, "no notice yet");
        let ended = puppet.wait();
        gate.open();
        soon(ended).await;
        let heir = system.spawn(Puppet::new("b", &Log::new()));
        system
            .register("it", &heir)
            .expect("who hears of the end can have the name");
        let lines = log.wait_for(4).await;
        assert_eq!(lines[2], "a stopping shutdown");
        assert_eq!(
            lines[3],
            format!("w down {} shutdown", puppet.actor().id().get())
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_3_no_name_is_left_behind_on_any_way_out() {
    paused(async {
        let system = System::new("test");
        let ways: [fn(&Address<Puppet>); 4] = [
            |puppet| puppet.stop(),
            |puppet| puppet.kill(),
            |puppet| puppet.drain(),
            |puppet| puppet.crash("out".into()).try_tell().unwrap(),
        ];
        for way in ways {
            let puppet = system.spawn(Puppet::new("a", &Log::new()));
            system.register("name", &puppet).unwrap();
            way(&puppet);
            soon(puppet.wait()).await;
            assert!(system.lookup::<Puppet>("name").is_err());
            assert!(
                system.register("name", &puppet).is_err(),
                "not for the dead"
            );
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_4_shutdown_refuses_spawns_and_stops_in_reverse_order() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        for name in ["a", "b", "c"] {
            let puppet = system.spawn(Puppet::new(name, &log));
            puppet.count().await.unwrap();
        }
        assert_eq!(system.state(), SystemState::Open);
        system.shutdown(secs(5)).await.unwrap();
        assert_eq!(system.state(), SystemState::Closed);
        assert_eq!(
            log.lines()[3..],
            [
                "c stopping shutdown",
                "b stopping shutdown",
                "a stopping shutdown"
            ]
        );
        let error = system.try_spawn(Puppet::new("d", &log)).unwrap_err();
        assert_eq!(
            error,
            SpawnError::SystemClosed {
                system: "test".into()
            }
        );
        let dead = system.spawn(Puppet::new("d", &log));
        assert!(
            matches!(soon(dead.wait()).await, ExitReason::StartFailed(text) if text.contains("shut down"))
        );
        assert!(dead.note(1).await.unwrap_err().is_closed());
        assert_eq!(log.lines().len(), 6, "it never ran");
        system.shutdown(secs(5)).await.unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_4_shutdown_is_bounded_kills_at_the_deadline_and_names_who_is_left() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let first = system.spawn(Puppet::new("first", &log));
        first.count().await.unwrap();
        let stuck = system
            .spawner()
            .name("stuck one")
            .spawn(Puppet::new("stuck", &log))
            .unwrap();
        let gate = Gate::new();
        stuck.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let began = Instant::now();
        let error = system.shutdown(secs(4)).await.unwrap_err();
        assert_eq!(began.elapsed(), secs(4));
        assert_eq!(error.left.len(), 1);
        assert_eq!(error.left[0].id, stuck.actor().id());
        assert_eq!(error.left[0].busy_with, Some("PuppetHold"));
        assert!(
            error.to_string().starts_with("shutdown timed out after 4s"),
            "{error}"
        );
        assert!(error.to_string().contains("stuck one"), "{error}");
        assert!(
            log.lines().contains(&"first stopping shutdown".to_owned()),
            "one that is stuck does not cost the others"
        );
        assert_eq!(soon(stuck.wait()).await, ExitReason::Killed);
        system
            .shutdown(secs(4))
            .await
            .expect("it may be called again");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_4_a_shutdown_that_does_not_wait_can_be_repeated() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        assert_eq!(system.shutdown(ms(0)).await.unwrap_err().left.len(), 1);
        assert_eq!(system.state(), SystemState::Closing);
        gate.open();
        system.shutdown(secs(1)).await.unwrap();
        assert_eq!(system.state().as_str(), "CLOSED");
        assert_eq!(system.wait().await, ExitReason::Shutdown);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_4_kill_all_does_not_wait() {
    paused(async {
        let system = System::new("test");
        let puppets: Vec<_> = (0..10)
            .map(|_| system.spawn(Puppet::new("a", &Log::new())))
            .collect();
        system.kill_all();
        for puppet in puppets {
            assert_eq!(soon(puppet.wait()).await, ExitReason::Killed);
        }
        assert_eq!(system.list(), []);
        assert_eq!(system.state(), SystemState::Open);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_5_addresses_neither_keep_alive_nor_end() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let id = system.spawn(Puppet::new("a", &log)).actor().id();
        tokio::task::yield_now().await;
        let again = system
            .get(id)
            .expect("it lives without an address")
            .address::<Puppet>()
            .unwrap();
        assert_eq!(again.echo(1).await, Ok(1));
        again.stop();
        soon(again.wait()).await;
        assert!(system.get(id).is_none());
        assert_eq!(again.actor().reason(), Some(ExitReason::Shutdown));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_5_a_spawned_value_is_never_restarted() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        puppet.crash("once".into()).await.unwrap();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Panic("once".into()));
        assert_eq!(
            (puppet.actor().restarts(), puppet.actor().incarnation()),
            (0, 1)
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_5_a_scope_owns_its_actor() {
    paused(async {
        let system = System::new("test");
        let scoped = system.spawn_scoped(Puppet::new("a", &Log::new()));
        assert_eq!(scoped.echo(1).await, Ok(1));
        let address = scoped.address();
        drop(scoped);
        assert_eq!(soon(address.wait()).await, ExitReason::Shutdown);
        let scoped = system.spawn_scoped(Puppet::new("a", &Log::new()));
        assert_eq!(soon(scoped.end()).await, ExitReason::Shutdown);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_6_which_reasons_are_normal() {
    let normal = [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::ShutdownWith("x".into()),
    ];
    let cause = std::sync::Arc::new(ExitReason::Killed);
    let abnormal = [
        ExitReason::Error("e".into()),
        ExitReason::Panic("p".into()),
        ExitReason::IdleTimeout,
        ExitReason::Killed,
        ExitReason::StartFailed("s".into()),
        ExitReason::Escalated {
            child: "c".into(),
            cause,
        },
    ];
    assert!(normal.iter().all(ExitReason::is_normal));
    assert!(!abnormal.iter().any(ExitReason::is_normal));
    assert_eq!(abnormal[1].to_string(), "panic: p");
}

#[test]
fn c6_6_an_actor_may_choose_its_reason() {
    paused(async {
        let system = System::new("test");
        let reasons = [
            ExitReason::Normal,
            ExitReason::ShutdownWith("enough".into()),
            ExitReason::Error("own".into()),
        ];
        for reason in reasons {
            let puppet = system.spawn(Puppet::new("a", &Log::new()));
            puppet.leave_for(reason.clone()).await.unwrap();
            assert_eq!(soon(puppet.wait()).await, reason);
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_6_an_escalation_at_the_root_is_what_the_system_waits_for() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let reason = ExitReason::Escalated {
            child: "c".into(),
            cause: ExitReason::Killed.into(),
        };
        let waiting = tokio::spawn({
            let system = system.clone();
            async move { system.wait().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        puppet.leave_for(reason.clone()).await.unwrap();
        assert_eq!(soon(waiting).await.unwrap(), reason);
        assert_eq!(
            format!("{:?}", system.run().await),
            format!("{:?}", std::process::ExitCode::FAILURE)
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn the_runtime_may_go_first_and_nobody_waits_for_ever() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let log = Log::new();
    let (system, puppet, gate) = runtime.block_on(async {
        let system = System::new("test");
        let mut state = Puppet::new("a", &log);
        state.trace = Some(Trace::new(&log, "state dropped"));
        let puppet = system.spawn(state);
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(1).await.unwrap();
        (system, puppet, gate)
    });
    drop(runtime);
    assert!(puppet.actor().phase().is_final());
    assert!(puppet.note(2).try_tell().unwrap_err().is_closed());
    assert_eq!(system.list(), []);
    assert!(log.lines().contains(&"state dropped".to_owned()));
    assert_eq!(gate.arrivals(), 1);
    assert_conserved(&puppet.actor());
}

#[test]
fn c6_1_drain_before_the_first_start_handles_what_was_accepted() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        puppet.note(1).await.unwrap();
        puppet.drain();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        assert_eq!(log.lines(), ["a started 1", "a 1", "a stopping shutdown"]);
        assert_eq!(system.dead_letters().count(), 0);
        let heard = Log::new();
        let inner = log.clone();
        let (_child, puppet) = Restarter::spawn(&system, &heard, move || Puppet::new("b", &inner));
        puppet.note(2).await.unwrap();
        puppet.drain();
        soon(puppet.wait()).await;
        assert_eq!(
            log.lines()[3..],
            ["b started 1", "b 2", "b stopping shutdown"]
        );
        assert_eq!(
            heard.lines(),
            ["parent: started 1", "parent: ended shutdown"]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_2_a_killed_child_at_rest_accepts_messages() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let factory: playhouse::links::Factory<Puppet> = Box::new(move || {
            let state = Puppet::new("a", &inner);
            Box::pin(async move { Ok(state) })
        });
        let (child, puppet) = Restarter::adopt(&system, &heard, false, factory);
        puppet.count().await.unwrap();
        puppet.kill();
        heard.wait_for(2).await;
        assert_eq!(puppet.actor().phase(), Phase::Backoff);
        puppet
            .note(1)
            .await
            .expect("it rests, and its mailbox accepts");
        child.order(playhouse::links::Order::Start {
            run: 2,
            limit: None,
        });
        assert_eq!(puppet.count().await, Ok(1));
        assert_no_leaks(&system).await;
    });
}
