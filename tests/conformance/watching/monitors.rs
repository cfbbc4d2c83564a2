//! Monitors. That they end with their incarnation, and `demonitor`, stand in `restart.rs` too.

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, Restarter, assert_conserved, soon};

use crate::watching::{Node, spawn, told};

#[test]
fn c7_4_a_monitor_hears_nothing_of_restarts() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let watcher = spawn(&system, "w", &log);
        let (_child, node) = Restarter::spawn(&system, &heard, || Node::new("a", &Log::new()));
        watcher.watch(node.actor()).await.unwrap();
        watcher.watch_with(node.actor(), 7).await.unwrap();
        for run in 2..=20 {
            if run % 2 == 0 {
                node.fail().tell().await.unwrap();
            } else {
                node.kill();
            }
            heard.wait_for(2 * run - 1).await;
            assert_eq!(node.ping().await, Ok(1));
            assert_eq!(watcher.ping().await, Ok(1));
        }
        assert_eq!(node.actor().incarnation(), 20);
        assert!(told(&log).is_empty(), "{:?}", log.lines());
        node.stop();
        soon(node.wait()).await;
        watcher.ping().await.unwrap();
        assert_eq!(told(&log), ["w down shutdown", "w 7"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_a_monitor_of_one_that_is_long_dead_says_why_it_died() {
    paused(async {
        let system = System::builder("test").history(10).build();
        let log = Log::new();
        let watcher = spawn(&system, "w", &log);
        let long_dead = spawn(&system, "a", &Log::new());
        long_dead.fail().tell().await.unwrap();
        soon(long_dead.wait()).await;
        // More than anybody remembers.
        for _ in 0..2_000 {
            let other = spawn(&system, "b", &Log::new());
            other.leave().await.unwrap();
            soon(other.wait()).await;
        }
        tokio::time::sleep(secs(24 * 3600)).await;
        for _ in 0..2 {
            watcher.watch(long_dead.actor()).await.unwrap();
            watcher.watch_with(long_dead.actor(), 7).await.unwrap();
        }
        watcher.ping().await.unwrap();
        let (down, noted) = ("w down error: broken 1", "w 7");
        assert_eq!(told(&log), [down, noted, down, noted]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_a_monitor_with_a_message_brings_that_once() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let watcher = spawn(&system, "w", &log);
        let nodes = ["a", "b", "c", "d"].map(|name| spawn(&system, name, &Log::new()));
        let mut monitors = Vec::new();
        for (number, node) in (0..).zip(&nodes) {
            monitors.push(watcher.watch_with(node.actor(), number).await.unwrap());
        }
        let gate = Gate::new();
        watcher.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        monitors[0].demonitor();
        for node in &nodes {
            node.kill();
            soon(node.wait()).await;
        }
        // These lie in the watcher's lane already.
        monitors[1].demonitor();
        watcher.forget(monitors[2].clone()).try_tell().unwrap();
        gate.open();
        watcher.ping().await.unwrap();
        assert_eq!(told(&log), ["w held", "w 2", "w 3"], "before `forget` ran");
        watcher.ping().await.unwrap();
        assert_eq!(told(&log).len(), 3, "once each");
        assert_conserved(&watcher.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_the_message_of_a_monitor_needs_no_room_and_keeps_its_place() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let spawner = system.spawner().mailbox(3);
        let watcher = spawner.spawn(Node::new("w", &log)).unwrap();
        let node = spawn(&system, "a", &Log::new());
        watcher.watch_with(node.actor(), 7).await.unwrap();
        let gate = Gate::new();
        watcher.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        watcher.note(1).try_tell().unwrap();
        node.tell_and_fail(watcher.clone(), 2).tell().await.unwrap();
        soon(node.wait()).await;
        watcher.note(3).try_tell().unwrap();
        assert!(watcher.note(4).try_tell().unwrap_err().is_full());
        gate.open();
        watcher.ping().await.unwrap();
        assert_eq!(told(&log), ["w held", "w 1", "w 2", "w 7", "w 3"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_a_monitor_with_a_message_ends_with_its_incarnation() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let (_child, watcher) = Restarter::spawn(&system, &heard, move || Node::new("w", &inner));
        let node = spawn(&system, "a", &Log::new());
        watcher.watch_with(node.actor(), 7).await.unwrap();
        // A message that is not delivered is dropped, and what that does stays with the actor.
        watcher.watch_with_a_bomb(node.actor()).await.unwrap();
        watcher.fail().tell().await.unwrap();
        watcher.ping().await.unwrap();
        node.kill();
        soon(node.wait()).await;
        watcher.ping().await.unwrap();
        assert_eq!(told(&log), ["w stopping error: broken 1", "bomb"]);
        assert_eq!(watcher.actor().incarnation(), 2);
        assert_no_leaks(&system).await;
    });
}
