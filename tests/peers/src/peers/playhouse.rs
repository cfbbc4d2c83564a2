//! playhouse, as a user gets it: ids, counters, time limits and all. Twice, since `inline_ask` is said of a type.

/// The same actors with other options of `#[actor]`.
macro_rules! library {
    ($module:ident, $name:literal, #[$actor:meta]) => {
        pub(crate) mod $module {
            use playhouse::prelude::*;

            use crate::ledger::{FINISH, Ledger, Report};
            use crate::peer::{CAPACITY, Flavor, Peer, Rings, Sums};

            pub(crate) struct Playhouse;

            #[$actor]
            pub(crate) struct Sum {
                ledger: Ledger,
            }

            #[handlers]
            impl Sum {
                #[message]
                pub(crate) fn add(&mut self, number: u64) {
                    self.ledger.add(number);
                }

                #[message]
                pub(crate) fn stamp(&mut self, sent: u64) {
                    self.ledger.stamp(sent);
                }

                #[message]
                pub(crate) fn echo(&mut self, number: u64) -> u64 {
                    self.ledger.echo(number)
                }

                #[message]
                pub(crate) fn report(&self) -> Report {
                    self.ledger.report()
                }
            }

            #[$actor]
            pub(crate) struct Node {
                index: u64,
                next: Option<Address<Self>>,
            }

            #[handlers]
            impl Node {
                #[message]
                pub(crate) fn link(&mut self, next: Address<Self>) {
                    self.next = Some(next);
                }

                #[message]
                pub(crate) async fn token(&mut self, left: u64) {
                    if left == 0 {
                        FINISH.arrive(self.index);
                        return;
                    }
                    let next = self.next.as_ref().expect("linked before the first token");
                    next.token(left - 1).await.expect("it lives");
                }
            }

            impl Peer for Playhouse {
                const NAME: &'static str = $name;

                type Stage = System;

                async fn open(_: Flavor) -> System {
                    const { assert!(CAPACITY == 1024, "that of #[actor]") };
                    System::new("peers")
                }

                async fn close(stage: System) {
                    stage
                        .shutdown(playhouse::secs(60))
                        .await
                        .expect("all actors stop");
                }
            }

            impl Sums for Playhouse {
                type Sum = Address<Sum>;
                type Join = ();

                async fn spawn(stage: &System, ledger: Ledger) -> (Self::Sum, ()) {
                    (stage.spawn(Sum { ledger }), ())
                }

                async fn add(sum: &Self::Sum, number: u64) {
                    sum.add(number).await.expect("it lives");
                }

                async fn stamp(sum: &Self::Sum, sent: u64) {
                    sum.stamp(sent).await.expect("it lives");
                }

                async fn echo(sum: &Self::Sum, number: u64) -> u64 {
                    sum.echo(number).await.expect("it answers")
                }

                async fn report(sum: &Self::Sum) -> Report {
                    sum.report().await.expect("it answers")
                }

                async fn stop(sum: Self::Sum, (): ()) {
                    sum.stop();
                    let reason = sum.wait().await;
                    assert!(reason.is_normal(), "it stops");
                }
            }

            impl Rings for Playhouse {
                type Node = Address<Node>;

                async fn node(stage: &System, index: u64) -> Self::Node {
                    stage.spawn(Node { index, next: None })
                }

                async fn link(node: &Self::Node, next: Self::Node) {
                    node.link(next).ask().await.expect("it answers");
                }

                async fn token(node: &Self::Node, left: u64) {
                    node.token(left).await.expect("it lives");
                }
            }
        }
    };
}

// An ask wakes the actor's task, and the answer the caller's: what W3 is of the other libraries.
library!(scheduled, "playhouse", #[actor]);
// An ask may run a plain handler of an idle actor on the caller's task.
library!(inline, "playhouse-inline", #[actor(inline_ask = auto)]);
