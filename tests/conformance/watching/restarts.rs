//! Links and restarts: what an exit does to an actor that is supervised, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use playhouse::links::Factory;
use playhouse::prelude::*;
use playhouse::supervision::{Backoff, Restart, Supervisor, actor};
use playhouse::test::{assert_no_leaks, paused};
use playhouse::{Failure, Phase};
use playhouse_tests::{Gate, Log, Restarter, assert_conserved, soon};

use crate::watching::{Node, broken, link, spawn, spawn_trapping, told, until};

#[test]
fn c7_4_a_link_survives_the_restarts_of_both_and_speaks_of_the_final_death() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let traps = spawn_trapping(&system, "t", &log);
        let (_a, a) = Restarter::spawn(&system, &heard, || Node::new("a", &Log::new()));
        let (_b, b) = Restarter::spawn(&system, &Log::new(), || Node::new("b", &Log::new()));
        link(&a, &b).await;
        link(&a, &traps).await;
        for run in 2..=10 {
            a.fail().tell().await.unwrap();
            heard.wait_for(2 * run - 1).await;
            b.fail().tell().await.unwrap();
            assert_eq!((a.ping().await, b.ping().await), (Ok(1), Ok(1)));
        }
        assert_eq!((a.actor().restarts(), b.actor().restarts()), (9, 9));
        assert!(told(&log).is_empty(), "a restart is no death: {log:?}");
        assert_eq!(a.actor().links(), [b.actor(), traps.actor()]);
        b.stop();
        soon(b.wait()).await;
        assert_eq!(a.ping().await, Ok(1));
        assert_eq!(a.actor().restarts(), 9, "a normal end");
        a.stop();
        soon(a.wait()).await;
        traps.ping().await.unwrap();
        assert_eq!(told(&log), ["t exit of nobody: shutdown"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_the_policy_of_a_supervisor_applies_to_one_that_an_exit_ends() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let (_child, a) = Restarter::spawn(&system, &heard, move || Node::new("a", &inner));
        let b = spawn(&system, "b", &Log::new());
        link(&a, &b).await;
        let gate = Gate::new();
        a.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        a.note(1).await.unwrap();
        b.fail().tell().await.unwrap();
        assert_eq!(a.ping().await, Ok(1));
        assert_eq!(
            heard.lines(),
            [
                "parent: started 1",
                "parent: exited 1 error: broken 1",
                "parent: started 2"
            ]
        );
        let lines = [
            "a started 1",
            "a stopping error: broken 1",
            "a started 2",
            "a 1",
        ];
        assert_eq!(log.lines(), lines, "and its queue was kept");
        assert!(a.actor().links().is_empty());
        assert_conserved(&a.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_exits_that_wait_together_end_one_incarnation() {
    paused(async {
        let system = System::new("test");
        let heard = Log::new();
        let (_child, a) = Restarter::spawn(&system, &heard, || Node::new("a", &Log::new()));
        let nodes = ["b", "c", "d"].map(|name| spawn(&system, name, &Log::new()));
        for node in &nodes {
            node.fail().tell().await.unwrap();
            soon(node.wait()).await;
        }
        let dead = nodes.iter().map(Address::actor).collect();
        a.link_all(dead).await.unwrap();
        assert_eq!(a.ping().await, Ok(1));
        assert_eq!(a.actor().restarts(), 1);
        assert_no_leaks(&system).await;
    });
}

/// A supervisor with one child, which waits ten seconds before each restart.
async fn with_backoff(
    system: &System,
    make: impl Fn() -> Node + Send + Sync + 'static,
) -> (playhouse::supervision::SupervisorRef, Address<Node>) {
    let make = Arc::new(make);
    let child = actor("a", move || make())
        .restart(Restart::Permanent)
        .backoff(Backoff::fixed(secs(10)));
    let bank = Supervisor::one_for_one()
        .name("bank")
        .intensity(100, secs(1))
        .child(child)
        .start(system)
        .await
        .unwrap();
    let node = bank.address("a").unwrap();
    (bank, node)
}

/// Fails it, and waits until it rests.
async fn bring_to_rest(node: &Address<Node>) {
    node.fail().tell().await.unwrap();
    until(|| node.actor().phase() == Phase::Backoff).await;
}

#[test]
fn c7_4_an_exit_that_comes_in_a_backoff_is_applied_to_the_next_incarnation() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let inner = log.clone();
        let (bank, a) = with_backoff(&system, move || Node::new("a", &inner)).await;
        let (b, c) = (
            spawn(&system, "b", &Log::new()),
            spawn(&system, "c", &Log::new()),
        );
        link(&a, &b).await;
        link(&c, &a).await;
        bring_to_rest(&a).await;
        for node in [&b, &c] {
            node.fail().tell().await.unwrap();
            soon(node.wait()).await;
        }
        assert_eq!(a.actor().incarnation(), 1);
        assert!(a.actor().links().is_empty());
        a.ping().timeout(secs(60)).await.unwrap();
        assert_eq!(
            log.lines(),
            [
                "a started 1",
                "a stopping error: broken 1",
                "a started 2",
                "a stopping error: broken 1",
                "a started 3",
            ],
            "after its start, both in one"
        );
        bank.stop().await;
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_an_exit_that_comes_in_a_backoff_is_a_message_to_one_that_traps() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let inner = log.clone();
        let (bank, a) = with_backoff(&system, move || Node::trapping("a", &inner)).await;
        let nodes = ["b", "c", "d"].map(|name| spawn(&system, name, &Log::new()));
        for node in &nodes {
            link(&a, node).await;
        }
        bring_to_rest(&a).await;
        nodes[0].fail().tell().await.unwrap();
        soon(nodes[0].wait()).await;
        nodes[1].leave().await.unwrap();
        soon(nodes[1].wait()).await;
        a.ping().timeout(secs(60)).await.unwrap();
        a.ping().await.unwrap();
        assert_eq!(
            log.lines(),
            [
                "a started 1",
                "a stopping error: broken 1",
                "a started 2",
                "a exit of b: error: broken 1",
                "a exit of c: normal",
            ]
        );
        assert_eq!(a.actor().links(), [nodes[2].actor()]);
        bank.stop().await;
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_an_exit_that_comes_during_a_start_waits_for_its_end() {
    paused(async {
        let system = System::new("test");
        for traps in [false, true] {
            let log = Log::new();
            let gate = Gate::new();
            let mut node = Node::new("a", &log);
            node.traps = traps;
            node.at_start = Some(gate.clone());
            let a = system.spawn(node);
            gate.arrival().await;
            let b = spawn(&system, "b", &Log::new());
            link(&b, &a).await;
            b.fail().tell().await.unwrap();
            soon(b.wait()).await;
            tokio::time::sleep(secs(60)).await;
            assert_eq!(a.actor().phase(), Phase::Starting);
            gate.open();
            if traps {
                assert_eq!(a.ping().await, Ok(1));
                assert_eq!(log.lines(), ["a started 1", "a exit of b: error: broken 1"]);
            } else {
                assert_eq!(soon(a.wait()).await, broken());
                assert_eq!(log.lines(), ["a started 1", "a stopping error: broken 1"]);
            }
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_an_exit_that_comes_during_a_stop_is_for_the_next_incarnation() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let gate = Gate::new();
        let (inner, held) = (log.clone(), gate.clone());
        let (_child, a) = Restarter::spawn(&system, &heard, move || {
            let mut node = Node::trapping("a", &inner);
            node.at_stop = Some(held.clone());
            node
        });
        let b = spawn(&system, "b", &Log::new());
        link(&a, &b).await;
        a.fail().tell().await.unwrap();
        gate.arrival().await;
        b.leave().await.unwrap();
        soon(b.wait()).await;
        gate.open_all();
        a.ping().await.unwrap();
        assert_eq!(
            log.lines(),
            [
                "a started 1",
                "a stopping error: broken 1",
                "a started 2",
                "a exit of b: normal"
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_an_exit_that_was_not_taken_is_there_for_the_next_incarnation() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let (_child, a) = Restarter::spawn(&system, &heard, move || Node::trapping("a", &inner));
        let nodes = ["b", "c", "d"].map(|name| spawn(&system, name, &Log::new()));
        for node in &nodes {
            link(&a, node).await;
        }
        let gate = Gate::new();
        a.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        nodes[0].kill();
        soon(nodes[0].wait()).await;
        a.fail().tell().await.unwrap();
        nodes[1].kill();
        soon(nodes[1].wait()).await;
        gate.open();
        a.ping().await.unwrap();
        a.ping().await.unwrap();
        assert_eq!(
            log.lines(),
            [
                "a started 1",
                "a held",
                "a exit of b: killed",
                "a stopping error: broken 1",
                "a started 2",
                "a exit of c: killed",
            ],
            "each of them once"
        );
        assert_eq!(a.actor().links(), [nodes[2].actor()]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_trapping_ends_with_the_incarnation_that_asked_for_it() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let (_child, a) = Restarter::spawn(&system, &heard, move || Node::new("a", &inner));
        let nodes = ["b", "c"].map(|name| spawn(&system, name, &Log::new()));
        for node in &nodes {
            link(&a, node).await;
        }
        a.trap().await.unwrap();
        nodes[0].fail().tell().await.unwrap();
        soon(nodes[0].wait()).await;
        a.ping().await.unwrap();
        assert_eq!(told(&log), ["a exit of b: error: broken 1"]);
        a.kill();
        heard.wait_for(3).await;
        nodes[1].fail().tell().await.unwrap();
        heard.wait_for(5).await;
        assert_eq!(heard.lines()[3], "parent: exited 2 error: broken 1");
        a.ping().await.unwrap();
        assert_eq!(told(&log).len(), 2, "no exit of c, and one hook: {log:?}");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_a_start_that_fails_leaves_the_exits_to_the_next_one() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let (inner, dead) = (log.clone(), spawn(&system, "d", &Log::new()));
        let starts = Arc::new(AtomicU64::new(0));
        let factory: Factory<Node> = Box::new(move || {
            let run = starts.fetch_add(1, Ordering::SeqCst) + 1;
            let inner = inner.clone();
            Box::pin(async move {
                if (2..5).contains(&run) {
                    return Err(Failure::new("not yet").into());
                }
                Ok(Node::trapping("a", &inner))
            })
        });
        let (_child, a) = Restarter::adopt(&system, &heard, true, factory);
        link(&a, &dead).await;
        let gate = Gate::new();
        a.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        a.fail().tell().await.unwrap();
        // Behind the failure.
        dead.kill();
        soon(dead.wait()).await;
        gate.open();
        a.ping().await.unwrap();
        a.ping().await.unwrap();
        let lines = log.lines();
        assert_eq!(lines[3..], ["a started 5", "a exit of d: killed"]);
        assert_no_leaks(&system).await;
    });
}
