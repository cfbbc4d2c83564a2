//! Links on two threads: ends, links and unlinks at the same time. And many of them.

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Log, assert_conserved, soon};

use crate::watching::{Node, broken, link, spawn, spawn_trapping, unlink, until};

const ROUNDS: usize = 1_000;

/// The first words of some lines, in alphabetical order.
fn kinds(lines: &[String]) -> Vec<&str> {
    let mut kinds: Vec<_> = lines.iter().map(|line| &line[..6]).collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c7_4_two_that_die_at_once_die_once_each_and_are_heard_of_once() {
    let system = System::new("test");
    let log = Log::new();
    let traps = spawn_trapping(&system, "t", &log);
    traps.ping().await.unwrap();
    for round in 0..ROUNDS {
        let (a, b) = (
            spawn(&system, "a", &Log::new()),
            spawn(&system, "b", &Log::new()),
        );
        for (one, other) in [(&a, &b), (&traps, &a), (&b, &traps)] {
            link(one, other).await;
        }
        for node in [&a, &b] {
            traps.watch(node.actor()).await.unwrap();
        }
        let other = a.clone();
        let kills = tokio::spawn(async move { other.kill() });
        // It may be gone before it accepts that.
        let _accepted = b.fail().try_tell();
        soon(kills).await.unwrap();
        let mut reasons = Vec::new();
        for node in [&a, &b] {
            reasons.push(soon(node.wait()).await);
            assert!(node.actor().links().is_empty());
        }
        let expected = [ExitReason::Killed, broken()];
        assert!(reasons.iter().all(|reason| expected.contains(reason)));
        let lines = log.wait_for(1 + 4 * (round + 1)).await;
        let lines = &lines[1 + 4 * round..];
        assert_eq!(kinds(lines), ["t down", "t down", "t exit", "t exit"]);
    }
    assert_eq!(traps.ping().await, Ok(1));
    assert_eq!(log.lines().len(), 1 + 4 * ROUNDS, "once each");
    assert!(traps.actor().links().is_empty());
    assert_no_leaks(&system).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c7_4_a_link_with_one_that_is_dying_brings_one_exit() {
    let system = System::new("test");
    let log = Log::new();
    let traps = spawn_trapping(&system, "t", &log);
    traps.ping().await.unwrap();
    for round in 0..ROUNDS {
        let node = spawn(&system, "a", &Log::new());
        node.ping().await.unwrap();
        let other = node.clone();
        let kills = tokio::spawn(async move { other.kill() });
        link(&traps, &node).await;
        soon(kills).await.unwrap();
        let lines = log.wait_for(2 + round).await;
        assert_eq!(lines[1 + round], "t exit of a: killed");
    }
    traps.ping().await.unwrap();
    assert_eq!(log.lines().len(), 1 + ROUNDS, "once each");
    assert!(traps.actor().links().is_empty());
    assert_no_leaks(&system).await;
}

/// Works on a link while the other one dies.
#[actor]
struct Racer {
    traps: bool,
    exits: u64,
}

#[handlers]
impl Racer {
    #[started]
    fn begin(&mut self, cx: &mut Context<Self>) {
        if self.traps {
            cx.trap_exits();
        }
    }

    #[message]
    async fn unlink(&mut self, node: Address<Node>, spins: usize, cx: &mut Context<Self>) -> bool {
        cx.link(&node);
        node.kill();
        for _ in 0..spins {
            std::hint::spin_loop();
        }
        cx.unlink(&node);
        // Whatever came would end this handler here.
        node.wait().await;
        tokio::task::yield_now().await;
        true
    }

    #[message]
    async fn link_again(
        &mut self,
        node: Address<Node>,
        spins: usize,
        cx: &mut Context<Self>,
    ) -> bool {
        cx.link(&node);
        node.kill();
        for _ in 0..spins {
            std::hint::spin_loop();
        }
        // No exit is taken before this handler has returned.
        cx.link(&node);
        while !cx.address().actor().links().is_empty() {
            tokio::task::yield_now().await;
        }
        true
    }

    #[message]
    fn exits(&self) -> u64 {
        self.exits
    }

    #[handler]
    fn on_exit(&mut self, _exit: Exit) {
        self.exits += 1;
    }
}

/// A racer and many nodes. Which of them are older says whose table comes first.
fn racer_and_nodes(
    system: &System,
    traps: bool,
    racer_first: bool,
) -> (Address<Racer>, Vec<Address<Node>>) {
    let nodes = || {
        (0..ROUNDS)
            .map(|_| spawn(system, "a", &Log::new()))
            .collect()
    };
    let racer = || system.spawn(Racer { traps, exits: 0 });
    if racer_first {
        let racer = racer();
        (racer, nodes())
    } else {
        let nodes = nodes();
        (racer(), nodes)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c7_4_an_unlink_and_an_end_at_once_bring_no_exit_after_the_unlink() {
    let system = System::new("test");
    for (traps, racer_first) in [(false, false), (false, true), (true, false), (true, true)] {
        let (racer, nodes) = racer_and_nodes(&system, traps, racer_first);
        for (round, node) in nodes.into_iter().enumerate() {
            node.ping().await.unwrap();
            let raced = racer.unlink(node, 37 * (round % 100)).await;
            assert_eq!(raced, Ok(true), "round {round}");
        }
        assert_eq!(racer.exits().await, Ok(0));
        assert!(racer.actor().links().is_empty());
        racer.stop();
        soon(racer.wait()).await;
        assert_conserved(&racer.actor());
    }
    assert_no_leaks(&system).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c7_4_a_link_that_is_made_again_while_the_other_dies_brings_one_exit() {
    let system = System::new("test");
    for racer_first in [false, true] {
        let (racer, nodes) = racer_and_nodes(&system, true, racer_first);
        for (round, node) in nodes.into_iter().enumerate() {
            node.ping().await.unwrap();
            let raced = racer.link_again(node, 37 * (round % 100)).await;
            assert_eq!(raced, Ok(true), "round {round}");
        }
        // The last one is decided, and on its way.
        soon(async {
            while racer.exits().await.unwrap() < ROUNDS as u64 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(racer.exits().await, Ok(ROUNDS as u64));
    }
    assert_no_leaks(&system).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c7_4_both_sides_agree_on_a_link_whoever_made_and_ended_it() {
    let system = System::new("test");
    let log = Log::new();
    let (a, b) = (
        spawn_trapping(&system, "a", &log),
        spawn(&system, "b", &log),
    );
    for round in 0..ROUNDS {
        let (other, it) = (b.clone(), a.actor());
        let theirs = tokio::spawn(async move {
            if round % 3 == 0 {
                other.unlink(it).await
            } else {
                other.link(it).await
            }
        });
        if round % 2 == 0 {
            link(&a, &b).await;
        } else {
            unlink(&a, &b).await;
        }
        assert_eq!(soon(theirs).await.unwrap(), Ok(true));
        let linked = a.actor().links().len();
        assert_eq!(b.actor().links().len(), linked, "round {round}");
        if round % 6 == 2 || round % 6 == 4 {
            assert_eq!(linked, 1, "both have linked");
        } else if round % 6 == 3 {
            assert_eq!(linked, 0, "both have unlinked");
        }
    }
    link(&a, &b).await;
    b.fail().tell().await.unwrap();
    until(|| a.actor().links().is_empty()).await;
    a.ping().await.unwrap();
    let line = "a exit of b: error: broken 1".to_owned();
    assert_eq!(log.lines().iter().filter(|it| **it == line).count(), 1);
    assert_no_leaks(&system).await;
}

#[test]
fn c7_4_ten_thousand_links_leave_nothing_behind() {
    const LINKS: usize = 10_000;
    paused(async {
        let system = System::new("test");
        let (plain, traps) = (
            spawn(&system, "p", &Log::new()),
            spawn_trapping(&system, "t", &Log::new()),
        );
        for survivor in [&plain, &traps] {
            for _ in 0..LINKS {
                let node = spawn(&system, "a", &Log::new());
                link(survivor, &node).await;
                node.leave().await.unwrap();
                soon(node.wait()).await;
            }
            assert!(survivor.actor().links().is_empty());
            // And all at once.
            let mut nodes = Vec::with_capacity(LINKS);
            for _ in 0..LINKS {
                let node = spawn(&system, "a", &Log::new());
                link(&node, survivor).await;
                nodes.push(node);
            }
            assert_eq!(survivor.actor().links().len(), LINKS);
            for node in &nodes {
                node.stop();
                soon(node.wait()).await;
            }
            assert!(survivor.actor().links().is_empty());
            assert_eq!(survivor.ping().await, Ok(1));
        }
        assert_eq!(system.list().len(), 2);
        assert_no_leaks(&system).await;
    });
}
