//! 64 tasks do whatever comes to mind to a few actors that are restarted all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use playhouse::links::{Child, Order};
use playhouse::prelude::*;
use playhouse::test::{Baseline, assert_no_leaks};
use playhouse_tests::{Gate, Log, Puppet, Restarter, assert_conserved, soon};

use crate::rounds;

struct Cast {
    actors: Vec<(Child, Address<Puppet>)>,
    accepted: AtomicU64,
}

impl Cast {
    async fn act(&self, dice: &mut fastrand::Rng) {
        let (child, puppet) = &self.actors[dice.usize(..self.actors.len())];
        let (_, other) = &self.actors[dice.usize(..self.actors.len())];
        let told = match dice.u32(..100) {
            0..30 => puppet.note(1).timeout(ms(200)).await.is_ok(),
            30..45 => puppet.bump().try_tell().is_ok(),
            45..60 => {
                let _any_outcome = puppet.echo(1).timeout(ms(200)).await;
                false
            }
            60..70 => {
                // Dropped in the middle of whatever it waits for.
                tokio::select! {
                    biased;
                    outcome = puppet.count() => drop(outcome),
                    () = tokio::task::yield_now() => {}
                }
                false
            }
            70..78 => {
                tokio::select! {
                    biased;
                    outcome = puppet.note(2) => outcome.is_ok(),
                    () = tokio::task::yield_now() => false,
                }
            }
            78..84 => puppet.crash("on purpose".to_owned()).try_tell().is_ok(),
            84..89 => {
                let _any_outcome = puppet.ask_count(other.clone()).timeout(ms(200)).await;
                false
            }
            89..92 => puppet.later().tell().try_tell().is_ok(),
            92..95 => {
                puppet.kill();
                false
            }
            95..97 => {
                let run = puppet.actor().incarnation();
                child.order(Order::Stop { keep: dice.bool() });
                child.order(Order::Start {
                    run: run + 1_000,
                    limit: None,
                });
                false
            }
            97..99 => {
                let gate = Gate::new();
                gate.open_all();
                puppet.hold(gate).try_tell().is_ok()
            }
            _ => {
                let _any_outcome = puppet.forward(other.clone(), 1).timeout(ms(200)).await;
                false
            }
        };
        if told {
            self.accepted.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_of_random_operations_end_and_conserve_messages() {
    let baseline = Baseline::take();
    for round in 0..rounds(3, 100) {
        let system = System::new("stress");
        let quiet = Log::new();
        let actors = (0..12)
            .map(|_| {
                let factory: playhouse::links::Factory<Puppet> =
                    Box::new(|| Box::pin(async { Ok(Puppet::new("p", &Log::new())) }));
                Restarter::adopt(&system, &quiet, true, factory)
            })
            .collect();
        let cast = Arc::new(Cast {
            actors,
            accepted: AtomicU64::new(0),
        });
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let cast = cast.clone();
                tokio::spawn(async move {
                    let mut dice = fastrand::Rng::with_seed(round * 64 + task);
                    for _ in 0..200 {
                        cast.act(&mut dice).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            tokio::time::timeout(secs(120), task)
                .await
                .expect("nobody hangs")
                .unwrap();
        }
        let mut accepted = 0;
        for (child, puppet) in &cast.actors {
            child.order(Order::End);
            soon(puppet.wait()).await;
            assert_conserved(&puppet.actor());
            accepted += puppet.actor().totals().accepted;
        }
        let told = cast.accepted.load(Ordering::Relaxed);
        assert!(
            told > 0 && accepted >= told,
            "{told} tells were said to be accepted, and {accepted} messages were"
        );
        assert_no_leaks(&system).await;
    }
    baseline.assert_restored().await;
}
