//! What a review found once, line by line of the contract. Each of these failed before its fix.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as Task, Wake, Waker};
use std::time::Duration;

use playhouse::links::{self, ChildOptions, Factory, Order};
use playhouse::prelude::*;
use playhouse::test::{Fault, assert_no_leaks, inject, paused};
use playhouse::{Phase, Refused};
use playhouse_tests::{Gate, Log, Puppet, PuppetNote, Restarter, Trace, assert_conserved, soon};

/// Ticks, slowly if it is told to, and may stop at a tick.
#[actor]
struct Ticker {
    slow: Duration,
    stops: bool,
    log: Log,
}

#[handlers]
impl Ticker {
    #[message]
    fn once(&mut self, count: u64, cx: &mut Context<Self>) {
        for _ in 0..count {
            cx.after(ms(10), TickerTick);
        }
    }

    #[message]
    fn again(&mut self, period: Duration, cx: &mut Context<Self>) {
        cx.every(period, TickerTick);
    }

    #[message]
    async fn tick(&mut self, cx: &mut Context<Self>) {
        tokio::time::sleep(self.slow).await;
        self.log.add("tick");
        if self.stops {
            cx.stop();
        }
    }

    #[message]
    fn plain(&mut self) {
        self.log.add("plain");
    }
}

fn ticker(slow: Duration, stops: bool) -> (Ticker, Log) {
    let log = Log::new();
    (
        Ticker {
            slow,
            stops,
            log: log.clone(),
        },
        log,
    )
}

#[test]
fn c8_1_a_stop_from_a_timers_handler_is_obeyed_at_once() {
    paused(async {
        let system = System::new("test");
        for count in [1, 50] {
            let (state, log) = ticker(ms(0), true);
            let actor = system.spawn(state);
            actor.once(count).await.unwrap();
            assert_eq!(soon(actor.wait()).await, ExitReason::Normal);
            assert_eq!(log.lines(), ["tick"]);
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_1_a_timer_that_is_slower_than_its_period_shuts_nobody_out() {
    paused(async {
        let system = System::new("test");
        let (state, log) = ticker(ms(20), false);
        let actor = system.spawn(state);
        actor.again(ms(10)).await.unwrap();
        tokio::time::sleep(ms(100)).await;
        actor.plain().ask().timeout(ms(100)).await.unwrap();
        assert!(log.lines().contains(&"plain".to_owned()));
        actor.stop();
        assert_eq!(soon(actor.wait()).await, ExitReason::Shutdown);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_1_notices_do_not_keep_timers_waiting() {
    #[actor]
    struct Watcher {
        downs: u64,
        ticked_after: Option<u64>,
        gate: Gate,
    }
    #[handlers]
    impl Watcher {
        #[message]
        async fn begin(&mut self, others: Vec<Address<Puppet>>, cx: &mut Context<Self>) {
            for other in &others {
                cx.monitor(other);
            }
            cx.after(ms(0), WatcherTick);
            self.gate.pass().await;
        }
        #[handler]
        fn on_down(&mut self, _down: Down) {
            self.downs += 1;
        }
        #[message]
        fn tick(&mut self) {
            self.ticked_after = Some(self.downs);
        }
        #[message]
        fn ticked_after(&self) -> Option<u64> {
            self.ticked_after
        }
    }
    paused(async {
        let system = System::new("test");
        let gate = Gate::new();
        let watcher = system.spawn(Watcher {
            downs: 0,
            ticked_after: None,
            gate: gate.clone(),
        });
        let others: Vec<_> = (0..500)
            .map(|_| system.spawn(Puppet::new("p", &Log::new())))
            .collect();
        watcher.begin(others.clone()).await.unwrap();
        gate.arrival().await;
        for other in others {
            other.kill();
            soon(other.wait()).await;
        }
        gate.open();
        let after = watcher.ticked_after().await.unwrap().expect("it ticked");
        assert!(after <= 64, "after {after} notices");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_a_kill_and_a_restart_send_who_waited_home_and_wedge_nobody() {
    paused(async {
        let system = System::new("test");
        let factory: Factory<Puppet> =
            Box::new(|| Box::pin(async { Ok(Puppet::new("p", &Log::new())) }));
        let parent = Log::new();
        let (_child, puppet) = Restarter::adopt(&system, &parent, true, factory);
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for n in 0..1_024 {
            puppet.note(n).try_tell().unwrap();
        }
        let mut waiting = Box::pin(puppet.note(5_000));
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        puppet.kill();
        parent.wait_for(3).await;
        puppet.count().await.unwrap();
        assert_eq!(soon(waiting).await.unwrap_err().reason(), Refused::Closed);
        puppet
            .note(1)
            .try_tell()
            .expect("there is room, and nobody waits");
        assert_eq!(puppet.actor().snapshot().waiting, 0);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_5_an_actor_whose_task_was_never_polled_ends_with_its_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let log = Log::new();
    let (system, puppet) = {
        let _entered = runtime.enter();
        let system = System::new("test");
        let mut state = Puppet::new("p", &log);
        state.trace = Some(Trace::new(&log, "state dropped"));
        let puppet = system.spawn(state);
        puppet.note(1).try_tell().unwrap();
        (system, puppet)
    };
    drop(runtime);
    let outside = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    assert_eq!(outside.block_on(soon(puppet.wait())), ExitReason::Killed);
    assert_eq!(log.lines(), ["state dropped"]);
    assert_eq!(system.list(), []);
    assert_conserved(&puppet.actor());
    // And one that is spawned on a runtime which is gone.
    let late = system.spawn(Puppet::new("q", &log));
    assert_eq!(outside.block_on(soon(late.wait())), ExitReason::Killed);
}

#[test]
fn c5_3_a_bomb_in_a_cancelled_timer_ends_nobody() {
    #[actor]
    struct Armed {
        log: Log,
    }
    #[handlers]
    impl Armed {
        #[message]
        fn arm(&mut self, cx: &mut Context<Self>) -> Timer {
            cx.after(
                ms(10),
                ArmedCarry {
                    load: Arc::new(Trace::bomb(&self.log, "bomb")),
                },
            )
        }
        #[message]
        fn carry(&mut self, load: Arc<Trace>) {
            drop(load);
        }
        #[message]
        fn ping(&self) -> u8 {
            1
        }
    }
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let armed = system.spawn(Armed { log: log.clone() });
        armed.arm().await.unwrap().cancel();
        tokio::time::sleep(secs(1)).await;
        assert_eq!(armed.ping().await, Ok(1));
        assert_eq!(log.wait_for(1).await, ["bomb"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_1_a_drain_goes_on_over_restarts() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let (_child, puppet) = Restarter::spawn(&system, &heard, move || Puppet::new("a", &inner));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(1).await.unwrap();
        puppet.crash("in between".into()).await.unwrap();
        puppet.note(2).await.unwrap();
        puppet.drain();
        gate.open();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        let notes: Vec<_> = log
            .lines()
            .into_iter()
            .filter(|line| *line == "a 1" || *line == "a 2")
            .collect();
        assert_eq!(notes, ["a 1", "a 2"]);
        assert_eq!(system.dead_letters().count(), 1, "the one that failed");
        assert_eq!(
            heard.lines(),
            [
                "parent: started 1",
                "parent: exited 1 panic: in between",
                "parent: started 2",
                "parent: ended shutdown"
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_1_a_drain_at_rest_waits_for_the_next_start() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let factory: Factory<Puppet> = Box::new(move || {
            let state = Puppet::new("a", &inner);
            Box::pin(async move { Ok(state) })
        });
        let (child, puppet) = Restarter::adopt(&system, &heard, false, factory);
        puppet.crash("boom".into()).await.unwrap();
        heard.wait_for(2).await;
        puppet.note(1).await.unwrap();
        puppet.drain();
        tokio::time::sleep(secs(1)).await;
        assert_eq!(puppet.actor().phase(), Phase::Backoff);
        child.order(Order::Start {
            run: 2,
            limit: None,
        });
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        assert!(log.lines().contains(&"a 1".to_owned()));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_5_an_end_ends_a_drain_too() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let inner = log.clone();
        let (child, puppet) =
            Restarter::spawn(&system, &Log::new(), move || Puppet::new("a", &inner));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(1).await.unwrap();
        puppet.drain();
        child.order(Order::End);
        gate.open();
        soon(puppet.wait()).await;
        assert_eq!(
            log.lines(),
            ["a started 1", "a held", "a stopping shutdown"]
        );
        assert_eq!(system.dead_letters().count(), 1);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_2_a_child_that_is_stopped_at_rest_ends_because_of_that() {
    paused(async {
        let system = System::new("test");
        let heard = Log::new();
        let factory: Factory<Puppet> =
            Box::new(|| Box::pin(async { Ok(Puppet::new("a", &Log::new())) }));
        let (_child, puppet) = Restarter::adopt(&system, &heard, false, factory);
        puppet.crash("boom".into()).await.unwrap();
        heard.wait_for(2).await;
        puppet.stop();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Shutdown);
        assert_no_leaks(&system).await;
    });
}

/// A parent that gives no orders: its child is an orphan from the start.
struct Deaf(Mutex<Option<links::Child>>, Log);

impl links::Parent for Deaf {
    fn started(&self, _: playhouse::ActorId, _: u64) {}
    fn exited(&self, _: playhouse::ActorId, run: u64, _: &ExitReason) {
        self.1.add(format!("exited {run}"));
    }
    fn ignored(&self, _: playhouse::ActorId, _: u64) {}
    fn ended(&self, _: playhouse::ActorId, _: &ExitReason) {}
}

impl Drop for Deaf {
    fn drop(&mut self) {
        self.1.add("parent dropped");
    }
}

#[test]
fn c6_4_an_orphan_outlives_one_shutdown_at_most_and_lets_its_parent_go() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let parent_actor = system.spawn(Puppet::new("parent", &Log::new()));
        let deaf = Arc::new(Deaf(Mutex::new(None), log.clone()));
        let options = ChildOptions {
            parent: Some(parent_actor.actor().id()),
            ..ChildOptions::default()
        };
        let factory: Factory<Puppet> =
            Box::new(|| Box::pin(async { Ok(Puppet::new("a", &Log::new())) }));
        let child = links::adopt(&system, options, factory, deaf.clone()).unwrap();
        *deaf.0.lock().unwrap() = Some(child.clone());
        drop(deaf);
        child.order(Order::Start {
            run: 1,
            limit: None,
        });
        let puppet: Address<Puppet> = child.address().unwrap();
        puppet.count().await.unwrap();
        puppet.kill();
        log.wait_for(1).await;
        assert_eq!(system.shutdown(secs(1)).await.unwrap_err().left.len(), 1);
        system
            .shutdown(secs(1))
            .await
            .expect("it was stopped at the limit");
        assert_eq!(
            log.wait_for(2).await,
            ["exited 1", "parent dropped"],
            "a parent that holds its child is let go"
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_4_a_shutdown_may_take_as_long_as_it_wants() {
    paused(async {
        let system = System::new("test");
        system.spawn(Puppet::new("a", &Log::new()));
        system.shutdown(Duration::MAX).await.unwrap();
        assert_no_leaks(&system).await;
    });
}

/// A waker that does what it should not.
struct Odd(Box<dyn Fn() + Send + Sync>, Box<dyn Fn() + Send + Sync>);

impl Wake for Odd {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

impl Drop for Odd {
    fn drop(&mut self) {
        (self.1)();
    }
}

#[test]
fn c5_3_a_waker_that_panics_ends_nobody() {
    paused(async {
        let system = System::new("test");
        let heard = Log::new();
        let (_child, puppet) = Restarter::spawn(&system, &heard, || Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for n in 0..1_024 {
            puppet.note(n).try_tell().unwrap();
        }
        let mut waiting = Box::pin(puppet.note(1_024));
        let odd = Waker::from(Arc::new(Odd(
            Box::new(|| panic!("a waker")),
            Box::new(|| {}),
        )));
        assert!(
            waiting
                .as_mut()
                .poll(&mut Task::from_waker(&odd))
                .is_pending()
        );
        gate.open();
        // It is given room, and its waker panics in the receiver's task.
        waiting.await.unwrap();
        puppet.count().await.unwrap();
        assert_eq!(heard.lines(), ["parent: started 1"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn a_waker_is_dropped_outside_of_the_locks() {
    paused(async {
        let system = System::new("test");
        let puppet = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(0).await.unwrap();
        let looked = Arc::new(AtomicBool::new(false));
        let (actor, seen) = (puppet.actor(), looked.clone());
        // Its drop looks at the actor, which takes the lock of the queue.
        let odd = Waker::from(Arc::new(Odd(
            Box::new(|| {}),
            Box::new(move || {
                seen.store(actor.snapshot().depth == 1, Ordering::SeqCst);
            }),
        )));
        let mut waiting = Box::pin(puppet.note(1));
        assert!(
            waiting
                .as_mut()
                .poll(&mut Task::from_waker(&odd))
                .is_pending()
        );
        drop(odd);
        assert!(
            futures::poll!(waiting.as_mut()).is_pending(),
            "with another waker"
        );
        assert!(looked.load(Ordering::SeqCst));
        gate.open();
        waiting.await.unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_3_notices_for_an_incarnation_that_is_over_do_not_pile_up() {
    paused(async {
        let system = System::new("test");
        let senders: Arc<Mutex<Option<playhouse::context::NoticeSender<Caller>>>> = Arc::default();
        let inner = senders.clone();
        let heard = Log::new();
        let factory: Factory<Caller> = Box::new(move || {
            let sender = inner.clone();
            Box::pin(async move { Ok(Caller { sender }) })
        });
        let (child, caller) = Restarter::adopt(&system, &heard, false, factory);
        caller.expose().ask().await.unwrap();
        let sender = senders.lock().unwrap().take().unwrap();
        let held = Arc::new(());
        sender.send(Carried(held.clone()));
        caller.expose().ask().await.unwrap();
        inject(&caller, 0, Fault::panic("boom"));
        caller.expose().await.unwrap();
        heard.wait_for(2).await;
        for _ in 0..1_000 {
            sender.send(Carried(held.clone()));
        }
        assert_eq!(Arc::strong_count(&held), 1, "dropped at once");
        child.order(Order::Start {
            run: 2,
            limit: None,
        });
        caller.expose().ask().await.unwrap();
        sender.send(Carried(held.clone()));
        assert_eq!(Arc::strong_count(&held), 1);
        assert_no_leaks(&system).await;
    });
}

struct Carried(#[allow(dead_code)] Arc<()>);

#[actor]
struct Caller {
    sender: Arc<Mutex<Option<playhouse::context::NoticeSender<Self>>>>,
}

#[handlers]
impl Caller {
    #[message]
    fn expose(&mut self, cx: &mut Context<Self>) {
        *self.sender.lock().unwrap() = Some(cx.notice_sender());
    }

    #[handler]
    fn on_carried(&mut self, carried: Carried) {
        drop(carried);
    }
}

#[test]
fn c10_the_text_of_a_chosen_reason_is_cut() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let long: Arc<str> = "x".repeat(10_000).into();
        let cause = Arc::new(ExitReason::Error(long.clone()));
        puppet
            .leave_for(ExitReason::Escalated { child: long, cause })
            .await
            .unwrap();
        let ExitReason::Escalated { child, cause } = soon(puppet.wait()).await else {
            panic!("it chose to escalate")
        };
        assert_eq!(child.len(), 256);
        assert!(matches!(&*cause, ExitReason::Error(text) if text.len() == 256));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_1_what_gave_up_waiting_counts_as_refused() {
    paused(async {
        let system = System::new("test");
        let puppet = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(0).await.unwrap();
        puppet.note(1).timeout(ms(5)).await.unwrap_err();
        puppet.count().timeout(ms(5)).await.unwrap_err();
        puppet.count().await.unwrap_err();
        assert_eq!(puppet.actor().totals().refused, 3);
        gate.open_all();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_2_an_answer_from_a_task_that_nobody_reads_is_counted() {
    #[actor]
    struct Slow {
        gate: Gate,
    }
    #[handlers]
    impl Slow {
        #[message]
        fn work(&mut self, reply: Reply<u8>) {
            let gate = self.gate.clone();
            tokio::spawn(async move {
                gate.pass().await;
                reply.send(1);
                gate.pass().await;
            });
        }
    }
    paused(async {
        let system = System::new("test");
        let gate = Gate::new();
        let slow = system.spawn(Slow { gate: gate.clone() });
        assert_eq!(slow.work().timeout(ms(5)).await, Err(AskError::Timeout));
        gate.arrival().await;
        gate.open();
        gate.arrival().await;
        assert_eq!(slow.actor().totals().unread_replies, 1);
        gate.open();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_2_the_destructor_of_a_lost_dead_letter_may_do_as_it_likes() {
    struct Subscriber(System, Arc<AtomicU64>);
    impl Drop for Subscriber {
        fn drop(&mut self) {
            drop(self.0.dead_letters().subscribe());
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    #[actor]
    struct Sink;
    #[handlers]
    impl Sink {
        #[message]
        async fn hold(&mut self, gate: Gate) {
            gate.pass().await;
        }
        #[handler]
        fn on(&mut self, subscriber: Subscriber) {
            drop(subscriber);
        }
    }
    paused(async {
        let system = System::new("test");
        let dropped = Arc::new(AtomicU64::new(0));
        let mut letters = system.dead_letters().subscribe();
        let sink = system.spawner().mailbox(4_000).spawn(Sink).unwrap();
        let gate = Gate::new();
        sink.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for _ in 0..3_000 {
            sink.try_tell(Subscriber(system.clone(), dropped.clone()))
                .unwrap();
        }
        sink.kill();
        soon(sink.wait()).await;
        assert!(
            dropped.load(Ordering::SeqCst) >= 1_900,
            "those that nobody read in time"
        );
        assert!(letters.next().await.is_some());
        assert!(letters.lost() >= 1_900);
        assert_no_leaks(&system).await;
    });
}

#[actor(mailbox = 64)]
struct Worker {
    ran: Arc<AtomicU64>,
}

#[handlers]
impl Worker {
    #[message]
    fn work(&mut self) {
        self.ran.fetch_add(1, Ordering::SeqCst);
    }

    #[message]
    fn answer_late(&mut self, gate: Gate) -> u8 {
        gate.pass_blocking();
        1
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_a_pool_that_is_killed_accounts_for_what_it_had_handed_over() {
    for _ in 0..300 {
        let system = System::new("test");
        let ran = Arc::new(AtomicU64::new(0));
        let inner = ran.clone();
        let pool = system
            .spawn_pool(2, move || Worker { ran: inner.clone() })
            .unwrap();
        for _ in 0..8 {
            pool.work().await.unwrap();
        }
        pool.kill();
        soon(pool.wait()).await;
        assert_no_leaks(&system).await;
        // With every thread back, the figures are at rest.
        assert_conserved(&pool.actor());
        let totals = pool.actor().totals();
        assert!(totals.handled <= ran.load(Ordering::SeqCst));
        assert_eq!(totals.dead_lettered, system.dead_letters().count());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_2_an_answer_from_a_thread_that_nobody_reads_is_counted() {
    let system = System::new("test");
    let pool = system
        .spawn_pool(1, || Worker {
            ran: Arc::default(),
        })
        .unwrap();
    let gate = Gate::new();
    assert_eq!(
        pool.answer_late(gate.clone()).timeout(ms(10)).await,
        Err(AskError::Timeout)
    );
    gate.open_all();
    assert_eq!(soon(pool.answer_late(gate.clone())).await, Ok(1));
    assert_eq!(pool.actor().totals().unread_replies, 1);
    assert_no_leaks(&system).await;
}

#[test]
fn a_name_that_was_given_back_is_not_kept() {
    paused(async {
        let system = System::new("test");
        let one = system.spawn(Puppet::new("a", &Log::new()));
        let two = system.spawn(Puppet::new("b", &Log::new()));
        system.register("name", &one).unwrap();
        assert!(system.unregister("name"));
        system.register("name", &two).unwrap();
        assert!(system.unregister("name"));
        system.register("name", &one).unwrap();
        two.stop();
        soon(two.wait()).await;
        assert_eq!(system.lookup::<Puppet>("name").unwrap(), one);
        let notes: Recipient<PuppetNote> = one.recipient();
        notes.tell(PuppetNote { number: 1 }).await.unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c10_the_bound_of_texts_holds_for_destructors_too() {
    paused(async {
        for limit in [100, 1_000] {
            let system = System::builder("test").text_limit(limit).build();
            let log = Log::new();
            let mut state = Puppet::new("a", &log);
            state.trace = Some(Trace::bomb(&log, &"x".repeat(2_000)));
            let puppet = system.spawn(state);
            puppet.count().await.unwrap();
            puppet.stop();
            let ExitReason::Panic(text) = soon(puppet.wait()).await else {
                panic!("it panicked")
            };
            assert_eq!(text.len(), limit);
            assert_no_leaks(&system).await;
        }
    });
}

#[test]
fn c7_2_a_port_that_was_taken_is_answered_when_the_runtime_drops_its_actor() {
    /// Keeps what it is asked in its state, or gives it to the test.
    #[actor]
    struct Keeper {
        kept: Vec<Reply<u64>>,
        given: Arc<Mutex<Vec<Reply<u64>>>>,
    }

    #[handlers]
    impl Keeper {
        #[message]
        fn keep(&mut self, reply: Reply<u64>) {
            self.kept.push(reply);
        }

        #[message]
        fn give(&mut self, reply: Reply<u64>) {
            self.given.lock().unwrap().push(reply);
        }
    }

    let home = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let elsewhere = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let given = Arc::new(Mutex::new(Vec::new()));
    let keeper = {
        let _home = home.enter();
        System::new("test").spawn(Keeper {
            kept: Vec::new(),
            given: given.clone(),
        })
    };
    elsewhere.block_on(async {
        let asks = [
            tokio::spawn({
                let keeper = keeper.clone();
                async move { keeper.keep().await }
            }),
            tokio::spawn({
                let keeper = keeper.clone();
                async move { keeper.give().await }
            }),
        ];
        while keeper.actor().snapshot().totals.handled < 2 {
            tokio::task::yield_now().await;
        }
        home.shutdown_background();
        for ask in asks {
            assert_eq!(soon(ask).await.unwrap(), Err(AskError::Closed));
        }
    });
}
