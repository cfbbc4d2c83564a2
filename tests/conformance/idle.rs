//! §8.2 The idle timeout.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use playhouse::context::Pulse;
use playhouse::dead_letter::Cause;
use playhouse::links::{Child, ChildOptions, Factory, Order};
use playhouse::observe::EventKind;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse::{Phase, SpawnError};
use playhouse_tests::{Gate, Log, Puppet, Restarter, Trace, assert_conserved, soon};
use tokio::time::Instant;

/// When something was seen last.
type Seen = Arc<Mutex<Option<Instant>>>;

/// Beats as it is told to.
#[actor]
struct Worker {
    log: Log,
}

#[handlers]
impl Worker {
    /// Takes so many steps, with a beat after each, and hangs.
    #[message]
    async fn hang_after(&mut self, steps: Vec<Duration>, seen: Seen, cx: &mut Context<Self>) {
        *seen.lock().unwrap() = Some(Instant::now());
        for step in steps {
            tokio::time::sleep(step).await;
            cx.beat();
            *seen.lock().unwrap() = Some(Instant::now());
        }
        let _trace = Trace::new(&self.log, "dropped");
        std::future::pending().await
    }

    /// Takes its time, without a beat.
    #[message]
    async fn take(&mut self, time: Duration) -> bool {
        tokio::time::sleep(time).await;
        true
    }

    /// The same, and beats by a pulse in another task.
    #[message]
    async fn delegate(&mut self, time: Duration, each: Duration, cx: &mut Context<Self>) -> bool {
        let pulse = cx.pulse();
        let beats = tokio::spawn(async move {
            loop {
                tokio::time::sleep(each).await;
                pulse.beat();
            }
        });
        tokio::time::sleep(time).await;
        beats.abort();
        true
    }

    #[message]
    fn pulse(&mut self, cx: &mut Context<Self>) -> Pulse {
        cx.pulse()
    }

    #[message]
    fn crash(&mut self) {
        panic!("boom");
    }

    /// A timer of its own, whose handler hangs.
    #[message]
    fn hang_later(&mut self, delay: Duration, seen: Seen, cx: &mut Context<Self>) {
        let steps = Vec::new();
        cx.after(delay, WorkerHangAfter { steps, seen });
    }

    #[stopping]
    fn end(&mut self, why: &ExitReason) {
        self.log.add(format!("stopping {why}"));
    }
}

fn worker(system: &System, limit: Duration) -> Address<Worker> {
    let worker = Worker { log: Log::new() };
    system.spawner().idle_timeout(limit).spawn(worker).unwrap()
}

/// A child that is watched, under a parent that starts it again.
fn child<A: playhouse::Actor>(
    system: &System,
    heard: &Log,
    options: ChildOptions,
    mut make: impl FnMut() -> A + Send + 'static,
) -> (Child, Address<A>) {
    let factory: Factory<A> = Box::new(move || {
        let made = make();
        Box::pin(async move { Ok(made) })
    });
    Restarter::adopt_with(system, heard, true, options, factory)
}

fn within(limit: Duration) -> ChildOptions {
    ChildOptions {
        idle_timeout: Some(limit),
        ..ChildOptions::default()
    }
}

fn busy(limit: Duration) -> ChildOptions {
    ChildOptions {
        always_busy: true,
        ..within(limit)
    }
}

/// Asserts that an actor ended in its time after it was last seen.
fn assert_in_time(limit: Duration, seen: &Seen, what: &str) {
    let took = seen.lock().unwrap().expect("it was seen").elapsed();
    assert!(took >= limit, "{what}: early, after {took:?} of {limit:?}");
    let latest = limit * 3 / 2 + ms(10);
    assert!(took <= latest, "{what}: late, after {took:?} of {limit:?}");
}

#[test]
fn c8_2_it_fires_between_the_limit_and_half_as_much_again() {
    let mut chance = fastrand::Rng::with_seed(8_2);
    paused(async {
        for round in 0..50 {
            let mut up_to = |most: Duration| most.mul_f64(chance.f64());
            let limit = ms(1) + up_to(if round % 2 == 0 { ms(40) } else { secs(10) });
            let (phase, steps) = (up_to(limit * 3), round % 4);
            // Nine tenths of it at most: the clock of tokio ticks in milliseconds, and a step may take one more.
            let steps: Vec<_> = (0..steps).map(|_| up_to(limit.mul_f64(0.9))).collect();
            let what = format!("round {round}, {phase:?} after the start, {steps:?}");
            let system = System::new("test");
            let worker = worker(&system, limit);
            tokio::task::yield_now().await;
            tokio::time::advance(phase).await;
            let seen = Seen::default();
            worker.hang_after(steps, seen.clone()).await.unwrap();
            assert_eq!(worker.wait().await, ExitReason::IdleTimeout, "{what}");
            assert_in_time(limit, &seen, &what);
            assert_no_leaks(&system).await;
        }
    });
}

#[test]
fn c8_2_beats_keep_an_actor_alive() {
    paused(async {
        let system = System::new("test");
        let limit = ms(100);
        let worker = worker(&system, limit);
        // By itself,
        let seen = Seen::default();
        let steps = vec![ms(99); 100];
        worker.hang_after(steps, seen.clone()).await.unwrap();
        assert_eq!(worker.wait().await, ExitReason::IdleTimeout);
        assert_in_time(limit, &seen, "after a hundred beats");
        // by a pulse,
        let worker = self::worker(&system, limit);
        let delegated = worker.delegate(secs(10), ms(99)).timeout(secs(60));
        assert_eq!(delegated.await, Ok(true));
        // and by anybody who has the handle.
        let taken = tokio::spawn({
            let worker = worker.clone();
            async move { worker.take(secs(10)).timeout(secs(60)).await }
        });
        while !taken.is_finished() {
            tokio::time::sleep(ms(99)).await;
            worker.actor().beat();
        }
        assert_eq!(taken.await.unwrap(), Ok(true));
        assert_eq!(worker.take(secs(1)).await, Err(AskError::Failed));
        assert_eq!(soon(worker.wait()).await, ExitReason::IdleTimeout);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_taking_and_finishing_a_message_are_beats() {
    paused(async {
        let system = System::new("test");
        let worker = worker(&system, ms(100));
        for _ in 0..100 {
            worker.take(ms(98)).tell().await.unwrap();
        }
        assert_eq!(worker.take(ms(98)).timeout(secs(60)).await, Ok(true));
        assert!(worker.actor().totals().blocked_other > secs(9));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_an_actor_without_work_never_fails() {
    paused(async {
        let system = System::new("test");
        let worker = worker(&system, ms(100));
        for _ in 0..20 {
            tokio::time::sleep(secs(60)).await;
            assert_eq!(worker.take(ms(98)).await, Ok(true), "and is not early then");
        }
        assert_eq!(worker.actor().phase(), Phase::Running);
        // Nor one that has never heard anything; and zero is no limit.
        let fresh = self::worker(&system, ms(100));
        let free = self::worker(&system, Duration::ZERO);
        free.hang_after(Vec::new(), Seen::default()).await.unwrap();
        tokio::time::sleep(secs(3_600)).await;
        assert_eq!(fresh.actor().phase(), Phase::Running);
        assert_eq!(free.actor().phase(), Phase::Suspended);
        free.kill();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_a_message_that_comes_around_the_mailbox_is_work_too() {
    paused(async {
        let system = System::new("test");
        let worker = worker(&system, ms(100));
        let seen = Seen::default();
        worker.hang_later(secs(5), seen.clone()).await.unwrap();
        assert_eq!(worker.wait().await, ExitReason::IdleTimeout);
        assert_in_time(ms(100), &seen, "in a timer's handler");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_it_is_a_failure_and_the_supervisor_decides() {
    paused(async {
        let system = System::new("test");
        let mut events = system.events();
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let (_child, worker) = child(&system, &heard, within(ms(100)), move || Worker {
            log: inner.clone(),
        });
        let asked = tokio::spawn({
            let worker = worker.clone();
            async move { worker.hang_after(Vec::new(), Seen::default()).ask().await }
        });
        tokio::task::yield_now().await;
        worker.take(ms(10)).tell().await.unwrap();
        assert_eq!(soon(asked).await.unwrap(), Err(AskError::Failed));
        // The queue has waited, and the next one is watched like the first.
        assert_eq!(worker.take(ms(10)).await, Ok(true));
        assert_eq!(worker.take(secs(1)).await, Err(AskError::Failed));
        assert_eq!(worker.take(ms(10)).await, Ok(true));
        assert_eq!(
            heard.lines(),
            [
                "parent: started 1",
                "parent: exited 1 idle timeout",
                "parent: started 2",
                "parent: exited 2 idle timeout",
                "parent: started 3",
            ]
        );
        assert_eq!(
            log.lines(),
            ["dropped", "stopping idle timeout", "stopping idle timeout"]
        );
        let mut told = Vec::new();
        while told.len() < 4 {
            match soon(events.next()).await.unwrap().kind {
                EventKind::IdleTimeout { run, message } => told.push(format!("{run} {message:?}")),
                EventKind::Exited { run, reason } => told.push(format!("{run} {reason}")),
                _ => {}
            }
        }
        assert_eq!(
            told,
            [
                "1 Some(\"WorkerHangAfter\")",
                "1 idle timeout",
                "2 Some(\"WorkerTake\")",
                "2 idle timeout"
            ]
        );
        let letters = system.dead_letters().recent();
        assert!(
            letters
                .iter()
                .all(|letter| letter.cause == Cause::Failed(ExitReason::IdleTimeout)),
            "{letters:?}"
        );
        assert_eq!(letters.len(), 2);
        assert_conserved(&worker.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_its_record_says_timed_out() {
    paused(async {
        let system = System::new("test");
        let named = system.spawner().name("feed").idle_timeout(secs(1));
        let worker = named.spawn(Worker { log: Log::new() }).unwrap();
        worker
            .hang_after(Vec::new(), Seen::default())
            .await
            .unwrap();
        assert_eq!(worker.wait().await, ExitReason::IdleTimeout);
        let actor = worker.actor();
        assert!(!ExitReason::IdleTimeout.is_normal());
        assert_eq!(actor.phase(), Phase::Failed);
        let (phase, reason) = (actor.phase(), actor.reason());
        assert_eq!(phase.routine_state(reason.as_ref()), "TIMED_OUT");
        assert_eq!(phase.routine_health(reason.as_ref()), "IDLE_TIMEOUT");
        let counts = system.terminal_counts();
        assert_eq!(counts.len(), 1);
        assert_eq!(
            (&*counts[0].name, counts[0].state, counts[0].count),
            ("feed", "TIMED_OUT", 1)
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_neither_rest_nor_start_is_watched() {
    paused(async {
        for options in [within(ms(100)), busy(ms(100))] {
            let system = System::new("test");
            let heard = Log::new();
            let factory: Factory<Puppet> = Box::new(move || {
                let mut puppet = Puppet::new("a", &Log::new());
                puppet.at_start = Some(Gate::new());
                let gate = puppet.at_start.clone().unwrap();
                Box::pin(async move {
                    // A factory, and then a hook, that take a hundred times the limit each.
                    tokio::time::sleep(secs(10)).await;
                    tokio::spawn(async move {
                        tokio::time::sleep(secs(10)).await;
                        gate.open_all();
                    });
                    Ok(puppet)
                })
            });
            let (child, puppet) = Restarter::adopt_with(&system, &heard, false, options, factory);
            puppet.note(1).await.unwrap();
            heard.wait_for_until(1, secs(60)).await;
            puppet.crash("boom".into()).await.unwrap();
            heard.wait_for(2).await;
            // It rests, and has something queued.
            puppet.note(2).await.unwrap();
            tokio::time::sleep(secs(100)).await;
            assert_eq!(puppet.actor().phase(), Phase::Backoff);
            child.order(Order::Start {
                run: 2,
                limit: Some(secs(60)),
            });
            heard.wait_for_until(3, secs(60)).await;
            assert_eq!(
                heard.lines(),
                [
                    "parent: started 1",
                    "parent: exited 1 panic: boom",
                    "parent: started 2"
                ]
            );
            child.order(Order::End);
            assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
            assert_no_leaks(&system).await;
        }
    });
}

#[test]
fn c8_2_a_last_hook_is_not_watched() {
    paused(async {
        let system = System::new("test");
        let (log, gate) = (Log::new(), Gate::new());
        let mut puppet = Puppet::new("a", &log);
        puppet.at_stop = Some(gate.clone());
        let spawner = system.spawner().idle_timeout(ms(100));
        let puppet = spawner.spawn(puppet).unwrap();
        puppet.note(1).ask().await.unwrap();
        puppet.stop();
        gate.arrival().await;
        tokio::time::sleep(secs(10)).await;
        gate.open();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        assert_eq!(log.lines()[2..], ["a stopping shutdown"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_a_child_that_is_one_long_piece_of_work_beats_or_fails() {
    paused(async {
        let system = System::new("test");
        let heard = Log::new();
        let (_child, worker) = child(&system, &heard, busy(ms(100)), || Worker {
            log: Log::new(),
        });
        let pulse = worker.pulse().await.unwrap();
        for _ in 0..50 {
            tokio::time::sleep(ms(99)).await;
            pulse.beat();
        }
        let seen = Arc::new(Mutex::new(Some(Instant::now())));
        assert_eq!(heard.lines(), ["parent: started 1"]);
        heard.wait_for(2).await;
        assert_in_time(ms(100), &seen, "without a message");
        assert_eq!(heard.lines()[1], "parent: exited 1 idle timeout");
        // The pulse of an incarnation that is over keeps nobody alive.
        heard.wait_for(3).await;
        let began = Instant::now();
        while heard.lines().len() < 4 {
            pulse.beat();
            tokio::time::sleep(ms(10)).await;
        }
        assert!(began.elapsed() <= ms(171), "{:?}", began.elapsed());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_nothing_of_it_outlives_the_actor() {
    type End = fn(&Address<Worker>);
    let ends: [(&str, End); 5] = [
        ("stop", Address::stop),
        ("drain", Address::drain),
        ("kill", Address::kill),
        ("crash", |worker| worker.crash().try_tell().unwrap()),
        ("idle", |worker| {
            let hang = worker.hang_after(Vec::new(), Seen::default());
            hang.try_tell().unwrap();
        }),
    ];
    paused(async {
        for (how, end) in ends {
            let system = System::new("test");
            let watched: Vec<_> = (0..20).map(|_| worker(&system, secs(3_600))).collect();
            watched[0].take(ms(1)).tell().await.unwrap();
            tokio::time::sleep(ms(2)).await;
            watched.iter().for_each(end);
            for worker in &watched {
                worker.wait().await;
            }
            // All that is left goes at once: no timer of it is waited for.
            let began = Instant::now();
            assert_no_leaks(&system).await;
            assert!(began.elapsed() <= ms(1), "{how}: {:?}", began.elapsed());
        }
        // Each incarnation has one, and not one more than its own.
        let system = System::new("test");
        let heard = Log::new();
        let (child, worker) = child(&system, &heard, within(secs(3_600)), || Worker {
            log: Log::new(),
        });
        for round in 0..100 {
            worker.crash().await.unwrap();
            heard.wait_for(2 * round + 3).await;
        }
        child.order(Order::End);
        soon(worker.wait()).await;
        let began = Instant::now();
        assert_no_leaks(&system).await;
        assert!(began.elapsed() <= ms(1), "{:?}", began.elapsed());
    });
}

#[test]
fn c8_2_a_handler_that_blocks_is_told_of_and_fails_when_it_returns() {
    /// Blocks its thread.
    #[actor]
    struct Mule;
    #[handlers]
    impl Mule {
        #[message]
        fn block(&mut self, gate: Gate) {
            gate.pass_blocking();
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let system = System::new("test");
        let mut events = system.events();
        let mule = system.spawner().idle_timeout(ms(20)).spawn(Mule).unwrap();
        let gate = Gate::new();
        mule.block(gate.clone()).await.unwrap();
        gate.arrival().await;
        let message = loop {
            let event = soon(events.next()).await.unwrap();
            if let EventKind::IdleTimeout { message, .. } = event.kind {
                break message;
            }
        };
        assert_eq!(message, Some("MuleBlock"));
        assert_eq!(mule.actor().reason(), None, "it is still in there");
        gate.open();
        assert_eq!(soon(mule.wait()).await, ExitReason::IdleTimeout);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_2_a_pool_of_threads_has_none() {
    #[actor]
    struct Thread;
    #[handlers]
    impl Thread {
        #[message]
        fn touch(&self) {}
    }
    paused(async {
        let system = System::new("test");
        let spawner = system.spawner().idle_timeout(secs(1));
        let refused = spawner.spawn_pool(1, || Thread);
        assert_eq!(refused.unwrap_err(), SpawnError::IdleThreads);
        assert_no_leaks(&system).await;
    });
}
