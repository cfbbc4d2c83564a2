//! What may come between the two halves of a link that is made, and between an end and its exits.

use std::any::Any;
use std::convert::Infallible;
use std::future::ready;

use super::*;
use crate::actor::{Actor, Define, Failure, Handled};
use crate::address::{Address, HandleOf, RawAddress};
use crate::context::Context;
use crate::message::{Handles, Mail, Refusal, Reply};
use crate::system::System;
use crate::test::{assert_no_leaks, paused};

/// Traps exits, and lets the runtime count what it hears.
struct Node;

struct Heard(Exit, Reply<()>);

#[derive(Clone)]
struct NodeHandle(RawAddress<Node>);

impl HandleOf<Node> for NodeHandle {
    fn from_raw(raw: RawAddress<Node>) -> Self {
        Self(raw)
    }

    fn raw(&self) -> &RawAddress<Node> {
        &self.0
    }
}

impl Define for Node {
    const NAME: &'static str = "Node";
}

impl Mail for Heard {
    fn name(&self) -> &'static str {
        "Heard"
    }

    fn refuse(self, why: Refusal) -> Box<dyn Any + Send> {
        self.1.refuse(why);
        Box::new(self.0)
    }
}

impl Handles<Exit> for Node {
    type Reply = ();
    type Error = Infallible;

    fn wrap(exit: Exit, reply: Reply<()>) -> Heard {
        Heard(exit, reply)
    }

    fn unwrap(heard: Heard) -> Result<(Exit, Reply<()>), Heard> {
        Ok((heard.0, heard.1))
    }
}

impl Actor for Node {
    type Mail = Heard;
    type Handle = NodeHandle;

    async fn on_mail(&mut self, heard: Heard, _: &mut Context<Self>) -> Handled {
        heard.1.send(());
        Handled::Done
    }

    fn on_started(
        &mut self,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        cx.trap_exits();
        ready(Ok(()))
    }
}

/// Two actors that are up, in the order that links go by.
struct Pair {
    system: System,
    first: Address<Node>,
    second: Address<Node>,
}

/// Lets all tasks go on until they have nothing to do.
async fn settle() {
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
}

fn cell(node: &Address<Node>) -> Arc<dyn AnyCell> {
    node.actor().cell().clone()
}

impl Pair {
    async fn new() -> Self {
        let system = System::new("test");
        let pair = Self {
            first: system.spawn(Node),
            second: system.spawn(Node),
            system,
        };
        settle().await;
        pair
    }

    fn cells(&self) -> (Arc<dyn AnyCell>, Arc<dyn AnyCell>) {
        (cell(&self.first), cell(&self.second))
    }

    /// How many exits each has heard, and how many links it has.
    async fn end(self) -> [(u64, usize); 2] {
        settle().await;
        let seen = [&self.first, &self.second].map(|node| {
            let actor = node.actor();
            (actor.totals().handled, actor.links().len())
        });
        assert_no_leaks(&self.system).await;
        seen
    }
}

#[test]
fn keys_are_in_the_order_of_spawning() {
    paused(async {
        let pair = Pair::new().await;
        let (first, second) = pair.cells();
        assert!(Key::of(first.core()) < Key::of(second.core()));
        assert_eq!(pair.end().await, [(0, 0), (0, 0)]);
    });
}

#[test]
fn one_side_ends_while_a_link_is_made() {
    paused(async {
        for first_ends in [false, true] {
            let pair = Pair::new().await;
            let (first, second) = pair.cells();
            let tie = propose(&first, &second).unwrap();
            let (ends, expected) = if first_ends {
                (&pair.first, [(0, 0), (1, 0)])
            } else {
                (&pair.second, [(1, 0), (0, 0)])
            };
            ends.kill();
            ends.wait().await;
            settle().await;
            // The one that comes first had an entry, so its end has cut the tie.
            assert_eq!(complete(&first, &second, &tie), !first_ends);
            if first_ends {
                assert!(make(&first, &second));
            }
            assert_eq!(pair.end().await, expected, "first ends: {first_ends}");
        }
    });
}

#[test]
fn a_side_unlinks_while_a_link_is_made() {
    paused(async {
        for first_unlinks in [false, true] {
            let pair = Pair::new().await;
            let (first, second) = pair.cells();
            let tie = propose(&first, &second).unwrap();
            if first_unlinks {
                unlink(first.core(), second.core());
            } else {
                unlink(second.core(), first.core());
            }
            // The second one did not know of it, so its unlink came before the link.
            assert_eq!(complete(&first, &second, &tie), !first_unlinks);
            let links = usize::from(!first_unlinks);
            assert_eq!(pair.end().await, [(0, links), (0, links)]);
        }
    });
}

#[test]
fn both_sides_make_a_link_at_once() {
    paused(async {
        let pair = Pair::new().await;
        let (first, second) = pair.cells();
        let tie = propose(&first, &second).unwrap();
        link(&second, &first);
        assert!(complete(&first, &second, &tie));
        pair.first.kill();
        pair.first.wait().await;
        assert_eq!(pair.end().await, [(0, 0), (1, 0)]);
    });
}

#[test]
fn a_link_is_made_anew_between_the_halves_of_an_unlink() {
    paused(async {
        let pair = Pair::new().await;
        let (first, second) = pair.cells();
        link(&first, &second);
        // The first half of an unlink by the second one.
        let half = second.core().end.with_known_links(|links| {
            let entry = links.peers.remove(&Key::of(first.core()));
            entry.inspect(|entry| entry.tie.cut())
        });
        assert!(half.flatten().is_some());
        link(&first, &second);
        let second_half = first
            .core()
            .end
            .with_known_links(|links| links.take_fallen(Key::of(second.core())));
        assert!(second_half.flatten().is_none(), "it is of the new link");
        assert_eq!(pair.end().await, [(0, 1), (0, 1)]);
    });
}

/// Does something between the end of `ends` and its exits.
fn in_the_end(ends: &Address<Node>, act: impl FnOnce() + Send + 'static) {
    cell(ends).core().end.add(move |_| act());
}

#[test]
fn nothing_comes_of_an_unlink_between_an_end_and_its_exits() {
    paused(async {
        for first_ends in [false, true] {
            let pair = Pair::new().await;
            let (first, second) = pair.cells();
            link(&first, &second);
            let (ends, other) = if first_ends {
                (&pair.first, &pair.second)
            } else {
                (&pair.second, &pair.first)
            };
            let (dead, own) = (cell(ends), cell(other));
            in_the_end(ends, move || unlink(own.core(), dead.core()));
            ends.kill();
            ends.wait().await;
            assert_eq!(pair.end().await, [(0, 0), (0, 0)]);
        }
    });
}

#[test]
fn a_link_between_an_end_and_its_exits_brings_no_second_exit() {
    paused(async {
        for first_ends in [false, true] {
            let pair = Pair::new().await;
            let (first, second) = pair.cells();
            link(&first, &second);
            let (ends, other, expected) = if first_ends {
                (&pair.first, &pair.second, [(0, 0), (1, 0)])
            } else {
                (&pair.second, &pair.first, [(1, 0), (0, 0)])
            };
            let (dead, own) = (cell(ends), cell(other));
            in_the_end(ends, move || link(&own, &dead));
            ends.kill();
            ends.wait().await;
            assert_eq!(pair.end().await, expected, "first ends: {first_ends}");
        }
    });
}

#[test]
fn a_dead_one_is_heard_of_once_however_often_it_is_linked_with() {
    paused(async {
        let pair = Pair::new().await;
        let (first, second) = pair.cells();
        pair.first.kill();
        pair.first.wait().await;
        for _ in 0..3 {
            link(&second, &first);
        }
        settle().await;
        assert_eq!(pair.second.actor().totals().handled, 1);
        // That was taken, so this is another one.
        link(&second, &first);
        assert_eq!(pair.end().await, [(0, 0), (2, 0)]);
    });
}

#[test]
fn what_was_taken_is_forgotten() {
    paused(async {
        let pair = Pair::new().await;
        let kept = cell(&pair.first);
        for _ in 0..1_000 {
            let other = pair.system.spawn(Node);
            link(&kept, &cell(&other));
            other.kill();
            other.wait().await;
            settle().await;
            let held = kept
                .core()
                .end
                .with_known_links(|links| (links.peers.len(), links.arrived.len()));
            assert_eq!(held, Some((0, 1)), "the last one, until somebody looks");
        }
        assert_eq!(pair.end().await, [(1_000, 0), (0, 0)]);
    });
}
