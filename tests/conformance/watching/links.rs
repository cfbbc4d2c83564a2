//! Links of actors that live once.

use std::sync::Arc;

use playhouse::ActorRef;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, assert_conserved, soon};

use crate::watching::{Node, broken, link, spawn, spawn_trapping, told, unlink};

#[test]
fn c7_4_an_abnormal_end_ends_the_other_for_the_same_reason_in_both_directions() {
    paused(async {
        let system = System::new("test");
        for backwards in [false, true] {
            for older in [false, true] {
                let log = Log::new();
                let (a, b) = if older {
                    let a = spawn(&system, "a", &log);
                    (a, spawn(&system, "b", &log))
                } else {
                    let b = spawn(&system, "b", &log);
                    (spawn(&system, "a", &log), b)
                };
                link(&a, &b).await;
                assert_eq!(a.actor().links(), [b.actor()]);
                assert_eq!(b.actor().links(), [a.actor()]);
                let (fails, other) = if backwards { (b, a) } else { (a, b) };
                fails.fail().tell().await.unwrap();
                assert_eq!(soon(other.wait()).await, broken());
                assert_eq!(soon(fails.wait()).await, broken());
                assert_eq!(told(&log).len(), 2, "both have stopped: {log:?}");
                assert!(other.actor().links().is_empty());
            }
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_an_end_goes_along_a_chain_of_links() {
    paused(async {
        let system = System::new("test");
        let chain: Vec<_> = (0..100).map(|_| spawn(&system, "a", &Log::new())).collect();
        for pair in chain.windows(2) {
            link(&pair[0], &pair[1]).await;
        }
        // A ring.
        link(&chain[99], &chain[0]).await;
        chain[50].fail().tell().await.unwrap();
        for node in &chain {
            assert_eq!(soon(node.wait()).await, broken());
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_a_normal_end_does_nothing_to_one_that_does_not_trap() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let survivor = spawn(&system, "s", &log);
        for normally in 0..3 {
            let node = spawn(&system, "a", &Log::new());
            link(&survivor, &node).await;
            match normally {
                0 => node.leave().await.unwrap(),
                1 => node.stop(),
                _ => node.drain(),
            }
            assert!(soon(node.wait()).await.is_normal());
            assert_eq!(survivor.ping().await, Ok(1));
            assert!(survivor.actor().links().is_empty());
            // Nor does one that was over before.
            link(&survivor, &node).await;
            assert_eq!(survivor.ping().await, Ok(1));
        }
        assert!(told(&log).is_empty());
        assert_conserved(&survivor.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_an_exit_drops_the_handler_in_hand_at_its_next_await() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let (a, b) = (spawn(&system, "a", &log), spawn(&system, "b", &Log::new()));
        link(&a, &b).await;
        let gate = Gate::new();
        a.hold(gate.clone()).await.unwrap();
        a.note(1).await.unwrap();
        gate.arrival().await;
        b.fail().tell().await.unwrap();
        assert_eq!(soon(a.wait()).await, broken());
        // As after a failure of its own: with the hook.
        assert_eq!(told(&log), ["a stopping error: broken 1"]);
        assert_eq!(a.actor().totals().dead_lettered, 2);
        assert_conserved(&a.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_one_that_is_linked_with_a_killed_one_ends_as_killed() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let (a, b) = (spawn(&system, "a", &log), spawn(&system, "b", &log));
        link(&a, &b).await;
        b.kill();
        assert_eq!(soon(a.wait()).await, ExitReason::Killed);
        assert!(told(&log).is_empty(), "no hook runs: {log:?}");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_two_links_are_one_and_one_with_oneself_is_none() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let survivor = spawn_trapping(&system, "s", &log);
        let node = spawn(&system, "a", &Log::new());
        for _ in 0..3 {
            link(&survivor, &node).await;
            link(&node, &survivor).await;
            link(&survivor, &survivor).await;
        }
        assert_eq!(survivor.actor().links(), [node.actor()]);
        node.fail().tell().await.unwrap();
        soon(node.wait()).await;
        survivor.ping().await.unwrap();
        assert_eq!(told(&log), ["s exit of a: error: broken 1"]);
        // One unlink ends all of them.
        let node = spawn(&system, "b", &Log::new());
        for _ in 0..3 {
            link(&survivor, &node).await;
        }
        unlink(&node, &survivor).await;
        assert!(survivor.actor().links().is_empty());
        assert!(node.actor().links().is_empty());
        node.fail().tell().await.unwrap();
        soon(node.wait()).await;
        survivor.ping().await.unwrap();
        assert_eq!(told(&log).len(), 1);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_a_link_with_a_dead_one_acts_as_if_it_died_now() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let dead = spawn(&system, "d", &Log::new());
        dead.fail().tell().await.unwrap();
        soon(dead.wait()).await;
        let (a, traps) = (
            spawn(&system, "a", &log),
            spawn_trapping(&system, "t", &log),
        );
        link(&traps, &dead).await;
        traps.ping().await.unwrap();
        // Again, since the first one was told.
        link(&traps, &dead).await;
        traps.ping().await.unwrap();
        let line = "t exit of d: error: broken 1";
        assert_eq!(told(&log), [line, line]);
        assert!(traps.actor().links().is_empty());
        let _it_may_be_gone_before_it_answers = a.link(dead.actor()).await;
        assert_eq!(soon(a.wait()).await, broken());
        // In one and the same message nothing comes of it.
        let b = spawn(&system, "b", &log);
        assert_eq!(b.link_in_passing(dead.actor()).await, Ok(true));
        assert_eq!(b.ping().await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_one_that_traps_gets_a_message_for_every_reason() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let traps = spawn_trapping(&system, "t", &log);
        let mut lines = Vec::new();
        for reason in ["normal", "shutdown", "killed", "error: broken 1"] {
            let node = spawn(&system, "a", &Log::new());
            link(&node, &traps).await;
            match reason {
                "normal" => node.leave().await.unwrap(),
                "shutdown" => node.stop(),
                "killed" => node.kill(),
                _ => node.fail().tell().await.unwrap(),
            }
            soon(node.wait()).await;
            assert_eq!(traps.ping().await, Ok(1));
            lines.push(format!("t exit of a: {reason}"));
        }
        assert_eq!(told(&log), lines);
        assert_conserved(&traps.actor());
        // It is linked all the same: its own end ends the other.
        let node = spawn(&system, "a", &Log::new());
        link(&traps, &node).await;
        traps.fail().tell().await.unwrap();
        assert_eq!(soon(node.wait()).await, broken());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_an_exit_says_who_ended() {
    #[actor]
    struct Keeper {
        seen: Arc<std::sync::Mutex<Vec<Exit>>>,
    }
    #[handlers]
    impl Keeper {
        #[message]
        fn link(&mut self, other: ActorRef, cx: &mut Context<Self>) {
            cx.trap_exits();
            cx.link(&other);
        }
        #[message]
        fn ping(&self) -> bool {
            true
        }
        #[handler]
        fn on_exit(&mut self, exit: Exit) {
            self.seen.lock().unwrap().push(exit);
        }
    }
    paused(async {
        let system = System::new("test");
        let seen = Arc::default();
        let keeper = system.spawn(Keeper {
            seen: Arc::clone(&seen),
        });
        let named = spawn(&system, "a", &Log::new());
        let nameless = system.spawn(Node::new("b", &Log::new()));
        for node in [&named, &nameless] {
            keeper.link(node.actor()).await.unwrap();
            keeper.ping().await.unwrap();
            node.fail().tell().await.unwrap();
            soon(node.wait()).await;
        }
        keeper.ping().await.unwrap();
        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].actor, named.actor().id());
        assert_eq!(seen[0].name.as_deref(), Some("a"));
        assert_eq!(seen[0].reason, broken());
        assert_eq!(
            (seen[1].actor, &seen[1].name),
            (nameless.actor().id(), &None)
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_an_exit_comes_after_all_that_the_dead_one_had_sent_and_needs_no_room() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let spawner = system.spawner().mailbox(3);
        let traps = spawner.spawn(Node::trapping("t", &log)).unwrap();
        let node = spawn(&system, "a", &Log::new());
        link(&node, &traps).await;
        let gate = Gate::new();
        traps.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        traps.note(1).try_tell().unwrap();
        node.tell_and_fail(traps.clone(), 2).tell().await.unwrap();
        soon(node.wait()).await;
        traps.note(3).try_tell().unwrap();
        assert!(traps.note(4).try_tell().unwrap_err().is_full());
        gate.open();
        traps.ping().await.unwrap();
        assert_eq!(
            told(&log),
            [
                "t held",
                "t 1",
                "t 2",
                "t exit of a: error: broken 1",
                "t 3"
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_3_links_speak_when_the_names_are_free() {
    #[actor]
    struct Looks {
        system: System,
        log: Log,
    }
    #[handlers]
    impl Looks {
        #[message]
        fn link(&mut self, other: ActorRef, cx: &mut Context<Self>) -> bool {
            cx.trap_exits();
            cx.link(&other);
            true
        }
        #[handler]
        fn on_exit(&mut self, exit: Exit) {
            let free = self.system.lookup::<Node>("it").is_err();
            self.log.add(format!("{} {free}", exit.reason));
        }
    }
    paused(async {
        let system = System::new("test");
        let (log, hook) = (Log::new(), Log::new());
        let looks = system.spawn(Looks {
            system: system.clone(),
            log: log.clone(),
        });
        let mut node = Node::new("a", &hook);
        let gate = Gate::new();
        node.at_stop = Some(gate.clone());
        let node = system.spawn(node);
        system.register("it", &node).unwrap();
        looks.link(node.actor()).await.unwrap();
        node.fail().tell().await.unwrap();
        gate.arrival().await;
        tokio::time::sleep(secs(60)).await;
        assert!(log.lines().is_empty(), "the hook has not ended");
        gate.open();
        assert_eq!(log.wait_for(1).await, ["error: broken 1 true"]);
        assert_no_leaks(&system).await;
    });
}
