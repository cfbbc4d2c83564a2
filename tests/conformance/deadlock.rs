//! §4 No silent deadlock.

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, Puppet, assert_conserved, soon};
use tokio::time::Instant;

/// Asks across, with both handlers known to be in hand before either asks.
#[actor]
struct Crossing {
    peers: Vec<Address<Self>>,
}

#[handlers]
impl Crossing {
    #[message]
    fn meet(&mut self, peers: Vec<Address<Self>>) {
        self.peers = peers;
    }

    #[message]
    async fn go(&mut self, meeting: std::sync::Arc<tokio::sync::Barrier>) -> Result<u64, AskError> {
        meeting.wait().await;
        self.peers[0].value().await
    }

    #[message]
    fn value(&self) -> u64 {
        1
    }

    #[message]
    async fn go_join(
        &mut self,
        meeting: std::sync::Arc<tokio::sync::Barrier>,
    ) -> Vec<Result<u64, AskError>> {
        meeting.wait().await;
        futures::future::join_all(self.peers.iter().map(|peer| peer.value())).await
    }

    #[message]
    fn value_later(&self, reply: Reply<u64>) {
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            reply.send(2);
        });
    }

    #[message]
    async fn go_later(
        &mut self,
        meeting: std::sync::Arc<tokio::sync::Barrier>,
    ) -> Result<u64, AskError> {
        meeting.wait().await;
        self.peers[0].value_later().timeout(ms(100)).await
    }

    #[message]
    async fn go_spawned(
        &mut self,
        meeting: std::sync::Arc<tokio::sync::Barrier>,
    ) -> Result<u64, AskError> {
        meeting.wait().await;
        let peer = self.peers[0].clone();
        tokio::spawn(async move { peer.value().timeout(ms(100)).await })
            .await
            .unwrap_or(Err(AskError::Failed))
    }
}

async fn ring(system: &System, size: usize) -> Vec<Address<Crossing>> {
    let members: Vec<_> = (0..size)
        .map(|_| system.spawn(Crossing { peers: Vec::new() }))
        .collect();
    for (index, member) in members.iter().enumerate() {
        member
            .meet(vec![members[(index + 1) % size].clone()])
            .await
            .unwrap();
    }
    members
}

/// Lets all members of a ring ask each other at once.
async fn round(members: &[Address<Crossing>]) -> Vec<Result<u64, AskError<AskError>>> {
    let meeting = std::sync::Arc::new(tokio::sync::Barrier::new(members.len()));
    let asks = members.iter().map(|member| member.go(meeting.clone()));
    soon(futures::future::join_all(asks)).await
}

fn victims(answers: &[Result<u64, AskError<AskError>>]) -> usize {
    answers
        .iter()
        .filter(|answer| match answer {
            Ok(_) => false,
            Err(AskError::Handler(AskError::Cycle)) => true,
            Err(other) => panic!("neither an answer nor a cycle: {other:?}"),
        })
        .count()
}

#[test]
fn c4_1_a_ring_of_asks_has_exactly_one_victim() {
    paused(async {
        let system = System::new("test");
        for size in [2, 3, 5, 17] {
            let members = ring(&system, size).await;
            for _ in 0..20 {
                assert_eq!(victims(&round(&members).await), 1, "a ring of {size}");
            }
        }
        assert_no_leaks(&system).await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_1_rings_on_two_threads_have_at_most_one_victim_and_no_time_out() {
    let system = System::new("test");
    let pair = ring(&system, 2).await;
    let three = ring(&system, 3).await;
    let mut found = 0;
    for _ in 0..2_000 {
        for members in [&pair, &three] {
            let victims = victims(&round(members).await);
            assert!(
                victims <= 1,
                "{victims} victims in a ring of {}",
                members.len()
            );
            found += victims;
        }
    }
    assert!(found > 1_000, "the rings did form: {found}");
    assert_no_leaks(&system).await;
}

#[test]
fn c4_1_a_chain_is_no_ring() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let members: Vec<_> = (0..8)
            .map(|_| system.spawn(Puppet::new("a", &log)))
            .collect();
        assert_eq!(members[0].ask_along(members[1..].to_vec()).await, Ok(0));
        // Two ways to the same actor are no ring either.
        let busy = Gate::new();
        members[7].hold(busy.clone()).await.unwrap();
        busy.arrival().await;
        let (left, right, both) = tokio::join!(
            members[0].ask_along(vec![members[2].clone(), members[7].clone()]),
            members[1].ask_along(vec![members[3].clone(), members[7].clone()]),
            async {
                tokio::task::yield_now().await;
                busy.open_all();
            }
        );
        assert_eq!((left, right, both), (Ok(1), Ok(1), ()));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_a_ring_through_one_of_several_asks_is_found() {
    paused(async {
        let system = System::new("test");
        let a = system.spawn(Crossing { peers: Vec::new() });
        let b = system.spawn(Crossing { peers: Vec::new() });
        let idle = system.spawn(Crossing { peers: Vec::new() });
        a.meet(vec![idle.clone(), b.clone()]).await.unwrap();
        b.meet(vec![idle, a.clone()]).await.unwrap();
        let meeting = std::sync::Arc::new(tokio::sync::Barrier::new(2));
        let (from_a, from_b) =
            soon(async { tokio::join!(a.go_join(meeting.clone()), b.go_join(meeting)) }).await;
        let answers = [from_a.unwrap(), from_b.unwrap()];
        let cycles = answers
            .iter()
            .flatten()
            .filter(|answer| **answer == Err(AskError::Cycle))
            .count();
        assert_eq!(cycles, 1, "{answers:?}");
        assert!(
            answers.iter().all(|answers| answers[0] == Ok(1)),
            "{answers:?}"
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_asking_oneself_is_refused_at_once() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let began = Instant::now();
        let answer = puppet.ask_count(puppet.clone()).await;
        assert_eq!(answer, Err(AskError::Handler(AskError::SelfAsk)));
        assert_eq!(began.elapsed(), ms(0));
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_telling_oneself_when_full_is_full() {
    paused(async {
        let system = System::new("test");
        let puppet = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        puppet.tell_note(puppet.clone(), 1).ask().await.unwrap();
        // In hand; one queued fills the mailbox.
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut asked = Box::pin(puppet.tell_note(puppet.clone(), 2));
        assert!(futures::poll!(asked.as_mut()).is_pending());
        let behind = tokio::spawn({
            let puppet = puppet.clone();
            async move { puppet.note(3).await }
        });
        gate.open();
        let answer = soon(asked).await;
        assert_eq!(answer, Err(AskError::Handler(playhouse::Refused::Full)));
        soon(behind).await.unwrap().unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_two_full_actors_that_tell_each_other_do_not_hang() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let a = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let b = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("b", &log))
            .unwrap();
        let gate = Gate::new();
        for one in [&a, &b] {
            one.hold(gate.clone()).await.unwrap();
            gate.arrival().await;
        }
        let tells = [(&a, &b), (&b, &a)].map(|(one, other)| {
            let (one, other) = (one.clone(), other.clone());
            tokio::spawn(async move { one.tell_note(other, 7).await })
        });
        tokio::task::yield_now().await;
        // Behind them waits what fills each mailbox as soon as it has room.
        let fillers = [&a, &b].map(|one| {
            let one = one.clone();
            tokio::spawn(async move { one.note(1).await })
        });
        tokio::task::yield_now().await;
        gate.open_all();
        let mut full = 0;
        for tell in tells {
            match soon(tell).await.unwrap() {
                Ok(()) => {}
                Err(AskError::Handler(playhouse::Refused::Full)) => full += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(full, 1, "exactly one victim");
        for filler in fillers {
            soon(filler).await.unwrap().unwrap();
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_a_port_given_away_is_no_edge() {
    paused(async {
        let system = System::new("test");
        let members = ring(&system, 2).await;
        let meeting = std::sync::Arc::new(tokio::sync::Barrier::new(2));
        let (a, b) = soon(async {
            tokio::join!(
                members[0].go_later(meeting.clone()),
                members[1].go_later(meeting)
            )
        })
        .await;
        // Each waits for the other's mailbox to be served: that is a ring as long as the handlers run.
        let answers = [a, b];
        assert_eq!(
            answers
                .iter()
                .filter(|answer| **answer == Err(AskError::Handler(AskError::Cycle)))
                .count(),
            1
        );
        assert_eq!(answers.iter().filter(|answer| **answer == Ok(2)).count(), 1);
        // Once the port is given away nobody is waited for: the keeper may ask back, which no cycle forbids.
        let keeper = system.spawn(Keeper {
            kept: None,
            asked: None,
        });
        let asker = system.spawn(Asker {
            keeper: keeper.clone(),
        });
        let asked = tokio::spawn(async move { asker.ask_later().await });
        tokio::task::yield_now().await;
        let answer = soon(keeper.ask_back()).await;
        assert_eq!(
            answer,
            Err(AskError::Handler(AskError::Timeout)),
            "its time limit ends it, and not a cycle"
        );
        keeper.answer_all(4).await.unwrap();
        assert_eq!(soon(asked).await.unwrap(), Ok(4));
        assert_no_leaks(&system).await;
    });
}

/// Waits for a late answer.
#[actor]
struct Asker {
    keeper: Address<Keeper>,
}

#[handlers]
impl Asker {
    #[message]
    async fn ask_later(&mut self, cx: &mut Context<Self>) -> Result<u64, AskError> {
        self.keeper.later(cx.address()).await
    }

    #[message]
    fn hello(&self) -> u64 {
        1
    }
}

/// Keeps a port, and asks its owner something in the meantime.
#[actor]
struct Keeper {
    kept: Option<Reply<u64>>,
    asked: Option<Address<Asker>>,
}

#[handlers]
impl Keeper {
    #[message]
    fn later(&mut self, asker: Address<Asker>, reply: Reply<u64>) {
        self.kept = Some(reply);
        self.asked = Some(asker);
    }

    #[message]
    async fn ask_back(&mut self) -> Result<u64, AskError> {
        match &self.asked {
            Some(asker) => asker.hello().timeout(secs(1)).await,
            None => Ok(0),
        }
    }

    #[message]
    fn answer_all(&mut self, number: u64) {
        if let Some(reply) = self.kept.take() {
            reply.send(number);
        }
    }
}

#[test]
fn c4_2_what_is_not_seen_is_ended_by_its_limit() {
    paused(async {
        let system = System::new("test");
        let members = ring(&system, 2).await;
        let meeting = std::sync::Arc::new(tokio::sync::Barrier::new(2));
        let began = Instant::now();
        let (a, b) = soon(async {
            tokio::join!(
                members[0].go_spawned(meeting.clone()),
                members[1].go_spawned(meeting)
            )
        })
        .await;
        let answers = [a, b];
        assert!(
            answers.contains(&Err(AskError::Handler(AskError::Timeout))),
            "{answers:?}"
        );
        assert!(
            !answers.contains(&Err(AskError::Handler(AskError::Cycle))),
            "{answers:?}"
        );
        assert!(began.elapsed() >= ms(100));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_2_the_edges_can_be_seen() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let a = system.spawn(Puppet::new("a", &log));
        let b = system.spawn(Puppet::new("b", &log));
        let gate = Gate::new();
        b.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let asked = tokio::spawn({
            let (a, b) = (a.clone(), b.clone());
            async move { a.ask_count(b).await }
        });
        tokio::time::sleep(secs(2)).await;
        assert_eq!(a.actor().waits_for(), [b.actor()]);
        assert_eq!(a.actor().phase(), playhouse::Phase::Suspended);
        let totals = a.actor().totals();
        assert_eq!(totals.blocked_ask, secs(2));
        assert_eq!(b.actor().totals().blocked_other, secs(2));
        gate.open();
        assert_eq!(soon(asked).await.unwrap(), Ok(1));
        assert_eq!(a.actor().waits_for(), []);
        assert_eq!(a.actor().phase(), playhouse::Phase::Running);
        assert_no_leaks(&system).await;
    });
}
