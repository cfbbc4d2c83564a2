//! Unlinking.

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, assert_conserved, soon};

use crate::watching::{broken, link, spawn, spawn_trapping, told, unlink};

#[test]
fn c7_4_nothing_comes_after_unlink_not_even_what_was_on_its_way() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let traps = spawn_trapping(&system, "t", &log);
        let nodes = ["b", "c", "d"].map(|name| spawn(&system, name, &Log::new()));
        for node in &nodes {
            link(&traps, node).await;
        }
        unlink(&traps, &nodes[0]).await;
        assert!(nodes[0].actor().links().is_empty());
        let gate = Gate::new();
        traps
            .unlink_at(gate.clone(), nodes[1].actor())
            .await
            .unwrap();
        gate.arrival().await;
        for node in &nodes {
            node.kill();
            soon(node.wait()).await;
        }
        // The exits of two of them lie in its lane already.
        gate.open();
        traps.ping().await.unwrap();
        assert_eq!(told(&log), ["t unlinked", "t exit of d: killed"]);
        assert_conserved(&traps.actor());
        // And a new link is a new one.
        link(&traps, &nodes[1]).await;
        traps.ping().await.unwrap();
        assert_eq!(told(&log)[2..], ["t exit of c: killed"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_what_was_unlinked_ends_nobody() {
    paused(async {
        let system = System::new("test");
        let (a, b) = (
            spawn(&system, "a", &Log::new()),
            spawn(&system, "b", &Log::new()),
        );
        let (c, d) = (
            spawn(&system, "c", &Log::new()),
            spawn(&system, "d", &Log::new()),
        );
        link(&a, &b).await;
        link(&a, &c).await;
        link(&d, &a).await;
        unlink(&a, &b).await;
        unlink(&c, &a).await;
        unlink(&a, &a).await;
        for node in [&b, &c] {
            node.fail().tell().await.unwrap();
            soon(node.wait()).await;
            assert_eq!(a.ping().await, Ok(1));
        }
        a.fail().tell().await.unwrap();
        assert_eq!(soon(d.wait()).await, broken(), "that one is still linked");
        assert_no_leaks(&system).await;
    });
}
