//! Where links may be: at actors that run inline, at pools, in a runtime that goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use playhouse::ActorRef;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, soon};

use crate::watching::{Node, broken, spawn, until};

#[test]
fn c7_4_an_actor_whose_asks_run_inline_hears_of_an_exit() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let spawner = system.spawner().inline_ask(playhouse::InlineAsk::Auto);
        let a = spawner.spawn(Node::new("a", &log)).unwrap();
        let b = spawn(&system, "b", &Log::new());
        let asks = a.clone();
        // In a task, where asks may run inline.
        let asked = tokio::spawn(async move {
            for _ in 0..1_000 {
                asks.ping().await.unwrap();
            }
            // That fails the actor that is at work for its caller.
            asks.link(b.actor()).await.unwrap();
            b.fail().tell().await.unwrap();
            soon(b.wait()).await;
        });
        soon(asked).await.unwrap();
        assert_eq!(soon(a.wait()).await, broken());
        assert_no_leaks(&system).await;
    });
}

/// A handler that blocks, and links.
#[actor]
struct Worker {
    log: Log,
}

#[handlers]
impl Worker {
    #[message]
    fn link(&mut self, other: ActorRef, cx: &mut Context<Self>) -> bool {
        cx.link(&other);
        true
    }

    #[message]
    fn unlink(&mut self, other: ActorRef, cx: &mut Context<Self>) -> bool {
        cx.unlink(&other);
        true
    }

    #[message]
    fn trap(&mut self, cx: &mut Context<Self>) -> bool {
        cx.trap_exits();
        true
    }

    #[message]
    fn hold(&mut self, gate: Gate) {
        gate.pass_blocking();
        self.log.add("held");
    }

    #[handler]
    fn on_exit(&mut self, exit: Exit) {
        self.log.add(format!("exit: {}", exit.reason));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c7_4_a_pool_ends_as_a_whole_when_its_handlers_have_returned() {
    let system = System::new("test");
    let log = Log::new();
    let inner = log.clone();
    let make = move || Worker { log: inner.clone() };
    let pool = system.spawn_pool(2, make).unwrap();
    let node = spawn(&system, "a", &Log::new());
    assert_eq!(pool.link(node.actor()).await, Ok(true));
    assert_eq!(pool.unlink(node.actor()).await, Ok(true));
    assert!(pool.actor().links().is_empty());
    assert_eq!(pool.link(node.actor()).await, Ok(true));
    let gate = Gate::new();
    pool.hold(gate.clone()).await.unwrap();
    gate.arrival().await;
    node.fail().tell().await.unwrap();
    soon(node.wait()).await;
    let ended = pool.wait();
    assert!(pool.actor().reason().is_none(), "a handler is in hand");
    gate.open();
    assert_eq!(soon(ended).await, broken());
    assert_eq!(log.lines(), ["held"]);
    assert_no_leaks(&system).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c7_4_a_pool_that_traps_goes_on_and_its_own_end_is_heard_of() {
    let system = System::new("test");
    let log = Log::new();
    let inner = log.clone();
    let make = move || Worker { log: inner.clone() };
    let pool = system.spawn_pool(2, make).unwrap();
    assert_eq!(pool.trap().await, Ok(true));
    let (a, b) = (spawn(&system, "a", &log), spawn(&system, "b", &log));
    for node in [&a, &b] {
        assert_eq!(pool.link(node.actor()).await, Ok(true));
    }
    a.fail().tell().await.unwrap();
    until(|| log.lines().contains(&"exit: error: broken 1".into())).await;
    assert_eq!(pool.actor().links(), [b.actor()]);
    pool.kill();
    assert_eq!(soon(b.wait()).await, ExitReason::Killed);
    assert_no_leaks(&system).await;
}

/// The flag says that a destructor has run.
#[test]
fn c7_4_a_system_that_goes_with_its_runtime_leaves_no_links() {
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    #[actor]
    struct Holds {
        _flag: Flag,
    }
    #[handlers]
    impl Holds {
        #[message]
        fn link(&mut self, other: ActorRef, cx: &mut Context<Self>) -> bool {
            cx.trap_exits();
            cx.link(&other);
            true
        }
        #[handler]
        fn on_exit(&mut self, _exit: Exit) {}
    }
    let dropped = [Arc::new(AtomicBool::new(false)), Arc::default()];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let held = runtime.block_on(async {
        let system = System::new("test");
        let actors = dropped
            .clone()
            .map(|flag| system.spawn(Holds { _flag: Flag(flag) }));
        assert_eq!(actors[0].link(actors[1].actor()).await, Ok(true));
        assert_eq!(actors[1].link(actors[0].actor()).await, Ok(true));
        actors
    });
    drop(runtime);
    for (actor, dropped) in held.iter().zip(&dropped) {
        assert_eq!(actor.actor().reason(), Some(ExitReason::Killed));
        assert!(dropped.load(Ordering::SeqCst));
        assert!(actor.actor().links().is_empty());
    }
}
