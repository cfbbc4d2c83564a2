//! Lines whose break shows only in between: at one message of many, in one poll, at one wake.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as Task, Wake, Waker};
use std::time::Duration;

use futures::FutureExt;
use playhouse::__private::{Define, HandleOf, Handled, RawAddress};
use playhouse::Actor;
use playhouse::links::{Factory, Order};
use playhouse::message::{Handles, Mail, Refusal};
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, Puppet, Restarter, assert_conserved, soon};

/// Does something whenever it is woken, at the very place that wakes it.
struct OnWake<F>(F);

impl<F: Fn() + Send + Sync + 'static> OnWake<F> {
    fn waker(wake: F) -> Waker {
        Arc::new(Self(wake)).into()
    }
}

impl<F: Fn() + Send + Sync + 'static> Wake for OnWake<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

/// Looks at its own mailbox while it handles a message.
#[actor(mailbox = 8)]
struct Gauge {
    log: Log,
}

#[handlers]
impl Gauge {
    #[message]
    async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[message]
    fn look(&mut self, cx: &mut Context<Self>) {
        self.log.add(cx.address().actor().snapshot().depth);
    }

    #[message]
    fn intrude(&mut self, cx: &mut Context<Self>) {
        let told = cx.address().look().try_tell();
        self.log
            .add(format_args!("{:?}", told.map_err(|error| error.reason())));
    }
}

#[test]
fn c1_2_room_is_given_at_half_and_not_for_each_slot() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let gauge = system.spawn(Gauge { log: log.clone() });
        let gate = Gate::new();
        gauge.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for _ in 0..8 {
            gauge.look().await.unwrap();
        }
        let woken = log.clone();
        let waker = OnWake::waker(move || woken.add("room"));
        let mut waiting = Box::pin(gauge.look());
        assert!(
            waiting
                .as_mut()
                .poll(&mut Task::from_waker(&waker))
                .is_pending()
        );
        gate.open();
        assert_eq!(
            log.wait_for(9).await,
            ["7", "6", "5", "room", "4", "3", "2", "1", "0"]
        );
        waiting.await.unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_a_newcomer_waits_behind_who_waits_though_a_slot_is_free() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let gauge = system.spawn(Gauge { log: log.clone() });
        let gate = Gate::new();
        gauge.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        gauge.intrude().await.unwrap();
        for _ in 0..7 {
            gauge.look().await.unwrap();
        }
        let mut waiting = Box::pin(gauge.look());
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        gate.open();
        // Seven of eight are queued, and nobody was given room yet.
        assert_eq!(log.wait_for(1).await[0], "Err(Full)");
        waiting.await.unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_room_of_a_sender_who_has_gone_goes_to_the_next() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(0).await.unwrap();
        let mut first = Box::pin(puppet.note(1));
        let mut second = Box::pin(puppet.note(2));
        assert!(futures::poll!(first.as_mut()).is_pending());
        assert!(futures::poll!(second.as_mut()).is_pending());
        gate.open();
        log.wait_for(3).await;
        assert_eq!(puppet.actor().snapshot().depth, 0);
        assert!(
            futures::poll!(second.as_mut()).is_pending(),
            "the only room is the first one's"
        );
        drop(first);
        soon(second).await.unwrap();
        puppet.count().await.unwrap();
        assert_eq!(log.lines()[2..], ["a 0", "a 2"]);
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_who_does_not_use_its_room_keeps_no_other_room_from_the_next() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(2)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        puppet.note(0).await.unwrap();
        puppet.note(1).await.unwrap();
        let [mut first, mut second] = [2, 3].map(|number| Box::pin(puppet.note(number)));
        assert!(futures::poll!(first.as_mut()).is_pending());
        assert!(futures::poll!(second.as_mut()).is_pending());
        gate.open();
        // At half there is room for the first one, and for the second when the mailbox is empty.
        log.wait_for(4).await;
        soon(second).await.unwrap();
        soon(first).await.unwrap();
        puppet.count().await.unwrap();
        assert_eq!(log.lines()[2..], ["a 0", "a 1", "a 3", "a 2"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_who_comes_while_a_handler_is_suspended_gets_what_room_there_is() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system
            .spawner()
            .mailbox(4)
            .spawn(Puppet::new("a", &log))
            .unwrap();
        let gates = [(); 2].map(|()| Gate::new());
        puppet.hold(gates[0].clone()).await.unwrap();
        gates[0].arrival().await;
        for number in 0..3 {
            puppet.note(number).await.unwrap();
        }
        puppet.hold(gates[1].clone()).await.unwrap();
        let mut first = Box::pin(puppet.note(3));
        assert!(futures::poll!(first.as_mut()).is_pending());
        gates[0].open();
        gates[1].arrival().await;
        // The mailbox is empty, and nobody takes from it now; one place of its four is the first one's.
        for number in 4..7 {
            soon(puppet.note(number)).await.unwrap();
        }
        let mut last = Box::pin(puppet.note(7));
        assert!(futures::poll!(last.as_mut()).is_pending());
        soon(first).await.unwrap();
        gates[1].open();
        soon(last).await.unwrap();
        puppet.count().await.unwrap();
        assert_eq!(log.lines().len(), 11);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_3_dead_letters_count_for_the_place_of_a_notice() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let inner = log.clone();
        let factory: Factory<Puppet> = Box::new(move || {
            let puppet = Puppet::new("w", &inner);
            Box::pin(async move { Ok(puppet) })
        });
        let (child, watcher) = Restarter::adopt(&system, &heard, false, factory);
        let gate = Gate::new();
        watcher.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for n in 0..5 {
            watcher.note(n).await.unwrap();
        }
        child.order(Order::Stop { keep: false });
        gate.open();
        heard.wait_for(2).await;
        assert_eq!(watcher.actor().totals().dead_lettered, 5);
        child.order(Order::Start {
            run: 2,
            limit: None,
        });
        let dying = system.spawn(Puppet::new("d", &Log::new()));
        watcher.watch(dying.clone()).await.unwrap();
        dying.kill();
        let lines = log.wait_for(5).await;
        assert_eq!(
            lines[3..],
            [
                "w started 2".to_owned(),
                format!("w down {} killed", dying.actor().id().get())
            ],
            "nothing else has to come before it"
        );
        assert_conserved(&watcher.actor());
        assert_no_leaks(&system).await;
    });
}

/// Has several timers due at once.
#[actor]
struct Ticker {
    gate: Gate,
}

#[handlers]
impl Ticker {
    #[message]
    fn arm(&mut self, cx: &mut Context<Self>) {
        for _ in 0..3 {
            cx.after(ms(0), TickerTick);
        }
    }

    #[message]
    async fn tick(&mut self) {
        self.gate.pass().await;
    }
}

#[test]
fn c1_3_a_stop_is_seen_between_two_timers() {
    paused(async {
        let system = System::new("test");
        let gate = Gate::new();
        let ticker = system.spawn(Ticker { gate: gate.clone() });
        ticker.arm().await.unwrap();
        gate.arrival().await;
        ticker.stop();
        gate.open_all();
        assert_eq!(soon(ticker.wait()).await, ExitReason::Shutdown);
        assert_eq!(gate.arrivals(), 1, "the one in hand ends, no other begins");
        assert_conserved(&ticker.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c2_3_the_memory_of_a_mailbox_is_taken_when_it_is_used() {
    paused(async {
        let system = System::new("test");
        let puppet = system
            .spawner()
            .mailbox(usize::MAX)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        assert_eq!(puppet.echo(1).await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_2_an_own_limit_may_be_longer_than_the_systems() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        let began = tokio::time::Instant::now();
        let answer = puppet.answer_at(gate.clone()).timeout(secs(12)).await;
        assert_eq!(answer, Err(AskError::Timeout));
        assert_eq!(began.elapsed(), secs(12));
        gate.open_all();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_an_answered_call_is_no_edge() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let [a, b] = ["a", "b"].map(|name| system.spawn(Puppet::new(name, &log)));
        let gate = Gate::new();
        b.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut from_a = Box::pin(a.ask_count(b.clone()));
        assert!(futures::poll!(from_a.as_mut()).is_pending());
        tokio::task::yield_now().await;
        assert_eq!(a.actor().waits_for(), [b.actor()]);
        let mut from_b = Box::pin(b.ask_count(a.clone()));
        assert!(futures::poll!(from_b.as_mut()).is_pending());
        // In one poll `b` answers `a` and asks back: `a` has its answer, and has not run yet.
        gate.open();
        assert_eq!(soon(from_b).await, Ok(0));
        assert_eq!(soon(from_a).await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_room_that_was_given_is_no_edge() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let a = system.spawn(Puppet::new("a", &log));
        let b = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("b", &log))
            .unwrap();
        let gate = Gate::new();
        b.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut from_b = Box::pin(b.ask_count(a.clone()));
        assert!(futures::poll!(from_b.as_mut()).is_pending());
        let mut from_a = Box::pin(a.tell_note(b.clone(), 7));
        assert!(futures::poll!(from_a.as_mut()).is_pending());
        tokio::task::yield_now().await;
        assert_eq!(a.actor().waits_for(), [b.actor()]);
        // In one poll `b` gives `a` room and asks it: `a` holds room, and has not run yet.
        gate.open();
        assert_eq!(soon(from_b).await, Ok(0));
        assert_eq!(soon(from_a).await, Ok(()));
        assert_no_leaks(&system).await;
    });
}

type Call = Pin<Box<dyn Future<Output = Result<u64, AskError>> + Send>>;

/// Begins a call in one handler and goes on with it elsewhere.
#[actor]
struct Splitter {
    call: Option<Call>,
}

#[handlers]
impl Splitter {
    #[message]
    async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[message]
    fn value(&self) -> u64 {
        1
    }

    #[message]
    async fn ask_value(&mut self, other: Address<Self>) -> Result<u64, AskError> {
        other.value().await
    }

    #[message]
    async fn ask_both(&mut self, others: [Address<Self>; 2]) -> Result<u64, AskError> {
        let (first, second) = tokio::join!(others[0].value(), others[1].value());
        Ok(first? + second?)
    }

    /// Asks, as far as to suspend once.
    #[message]
    async fn begin(&mut self, other: Address<Self>) {
        let mut call: Call = Box::pin(async move { other.value().await });
        assert!(futures::poll!(call.as_mut()).is_pending());
        self.call = Some(call);
    }

    #[message]
    fn give_away(&mut self) {
        if let Some(call) = self.call.take() {
            tokio::spawn(call);
        }
    }

    #[message]
    async fn go_on(&mut self) -> Result<u64, AskError> {
        match self.call.take() {
            Some(call) => call.await,
            None => Ok(0),
        }
    }
}

#[test]
fn c4_1_a_ring_through_the_first_of_two_asks_is_found() {
    paused(async {
        let system = System::new("test");
        let [a, b, other] = [(); 3].map(|()| system.spawn(Splitter { call: None }));
        let gate = Gate::new();
        b.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut from_b = Box::pin(b.ask_value(a.clone()));
        assert!(futures::poll!(from_b.as_mut()).is_pending());
        let mut from_a = Box::pin(a.ask_both([b.clone(), other]));
        assert!(futures::poll!(from_a.as_mut()).is_pending());
        tokio::task::yield_now().await;
        assert!(a.actor().waits_for().contains(&b.actor()));
        gate.open();
        assert_eq!(soon(from_b).await, Err(AskError::Handler(AskError::Cycle)));
        assert_eq!(soon(from_a).await, Ok(2));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_an_edge_ends_with_its_handler() {
    paused(async {
        let system = System::new("test");
        let [a, b] = [(); 2].map(|()| system.spawn(Splitter { call: None }));
        let gate = Gate::new();
        b.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut from_b = Box::pin(b.ask_value(a.clone()));
        assert!(futures::poll!(from_b.as_mut()).is_pending());
        a.begin(b.clone()).ask().await.unwrap();
        a.give_away().ask().await.unwrap();
        assert_eq!(a.actor().waits_for(), []);
        // The call is not answered yet, but `a` takes messages again, so `b` may ask it.
        gate.open();
        assert_eq!(soon(from_b).await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c4_1_a_call_that_goes_on_in_a_later_handler_has_an_edge_again() {
    paused(async {
        let system = System::new("test");
        let [a, b] = [(); 2].map(|()| system.spawn(Splitter { call: None }));
        let gate = Gate::new();
        b.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut from_b = Box::pin(b.ask_value(a.clone()));
        assert!(futures::poll!(from_b.as_mut()).is_pending());
        a.begin(b.clone()).ask().await.unwrap();
        let mut from_a = Box::pin(a.go_on());
        assert!(futures::poll!(from_a.as_mut()).is_pending());
        tokio::task::yield_now().await;
        assert_eq!(a.actor().waits_for(), [b.actor()]);
        gate.open();
        assert_eq!(
            soon(from_b).await,
            Err(AskError::Handler(AskError::Cycle)),
            "its edge is the youngest"
        );
        assert_eq!(soon(from_a).await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_3_names_are_free_when_the_first_one_hears_of_the_end() {
    paused(async {
        let system = System::new("test");
        let (log, seen) = (Log::new(), Log::new());
        let puppet = system.spawn(Puppet::new("a", &log));
        system.register("it", &puppet).unwrap();
        let looks = {
            let (system, seen) = (system.clone(), seen.clone());
            OnWake::waker(move || seen.add(system.lookup::<Puppet>("it").is_ok()))
        };
        let mut ended = Box::pin(puppet.wait());
        assert!(
            ended
                .as_mut()
                .poll(&mut Task::from_waker(&looks))
                .is_pending()
        );
        puppet.stop();
        soon(puppet.wait()).await;
        assert_eq!(seen.lines(), ["false"]);
        drop((ended, looks));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_4_each_of_several_monitors_hears_of_the_end_once() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let watchers = ["v", "w"].map(|name| system.spawn(Puppet::new(name, &log)));
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        for watcher in [&watchers[0], &watchers[1], &watchers[1]] {
            watcher.watch(puppet.clone()).await.unwrap();
        }
        puppet.kill();
        soon(puppet.wait()).await;
        for watcher in &watchers {
            watcher.count().await.unwrap();
        }
        let id = puppet.actor().id().get();
        let mut lines = log.lines();
        lines.sort();
        assert_eq!(
            lines,
            [
                format!("v down {id} killed"),
                "v started 1".to_owned(),
                format!("w down {id} killed"),
                format!("w down {id} killed"),
                "w started 1".to_owned(),
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c8_1_missed_ticks_of_an_address_collapse_into_one_too() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let timer = puppet.note(1).every(secs(1));
        tokio::time::sleep(ms(500)).await;
        tokio::time::advance(secs(10)).await;
        tokio::time::sleep(ms(10)).await;
        assert_eq!(log.lines()[1..], ["a 1"], "ten were missed");
        // And it keeps its beat: the next one is at 11 s.
        tokio::time::sleep(ms(480)).await;
        assert_eq!(log.lines().len(), 2);
        tokio::time::sleep(ms(20)).await;
        assert_eq!(log.lines().len(), 3);
        timer.cancel();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c1_2_senders_that_wait_together_do_not_go_on_one_message_at_a_time() {
    const EACH: u64 = 2_000;
    paused(async {
        let system = System::new("test");
        let puppet = system
            .spawner()
            .mailbox(64)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        let polls = Arc::new(AtomicU64::new(0));
        let senders = [(); 4].map(|()| {
            let (puppet, polls) = (puppet.clone(), polls.clone());
            let mut sends = Box::pin(async move {
                for _ in 0..EACH {
                    puppet.bump().await.unwrap();
                }
            });
            tokio::spawn(std::future::poll_fn(move |task| {
                polls.fetch_add(1, Ordering::Relaxed);
                sends.as_mut().poll(task)
            }))
        });
        for sender in senders {
            soon(sender).await.unwrap();
        }
        assert_eq!(puppet.count().await, Ok(4 * EACH));
        let polls = polls.load(Ordering::Relaxed);
        assert!(polls < EACH, "{polls} polls for {} messages", 4 * EACH);
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

/// Gives itself a signal in the middle of its queue.
#[actor]
struct Quitter {
    log: Log,
}

#[handlers]
impl Quitter {
    #[message]
    fn note(&mut self, number: u64) {
        self.log.add(number);
    }

    #[message]
    fn signal(&mut self, kill: bool, cx: &mut Context<Self>) {
        if kill {
            cx.address().kill();
        } else {
            cx.address().stop();
        }
    }
}

#[test]
fn c1_3_a_stop_and_a_kill_are_seen_between_two_plain_handlers() {
    paused(async {
        for (kill, reason) in [(false, ExitReason::Shutdown), (true, ExitReason::Killed)] {
            let system = System::new("test");
            let log = Log::new();
            let quitter = system.spawn(Quitter { log: log.clone() });
            quitter.note(0).await.unwrap();
            quitter.signal(kill).await.unwrap();
            for number in 1..5 {
                quitter.note(number).await.unwrap();
            }
            assert_eq!(soon(quitter.wait()).await, reason);
            assert_eq!(log.lines(), ["0"], "all were queued when it began");
            assert_eq!(quitter.actor().totals().dead_lettered, 4);
            assert_conserved(&quitter.actor());
            assert_no_leaks(&system).await;
        }
    });
}

/// Tells itself to go on, as often as it is told.
#[actor]
struct Flood {
    handled: Arc<AtomicU64>,
}

#[handlers]
impl Flood {
    #[message]
    fn go_on(&mut self, times: u64, cx: &mut Context<Self>) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        if times > 0 {
            cx.address().go_on(times - 1).try_tell().unwrap();
        }
    }
}

#[test]
fn c5_3_an_actor_that_floods_itself_lets_others_run() {
    const TIMES: u64 = 20_000;
    paused(async {
        let system = System::new("test");
        let handled = Arc::new(AtomicU64::new(0));
        let flood = system.spawn(Flood {
            handled: handled.clone(),
        });
        flood.go_on(TIMES - 1).await.unwrap();
        let other = tokio::spawn(async move {
            let (mut most, mut before) = (0, 0);
            while before < TIMES {
                tokio::task::yield_now().await;
                let now = handled.load(Ordering::Relaxed);
                most = most.max(now - before);
                before = now;
            }
            most
        });
        let most = soon(other).await.unwrap();
        assert!(most <= 1_024, "{most} messages between two turns of a task");
        assert_no_leaks(&system).await;
    });
}

/// An actor whose mail is written by hand, and fails to be made where it is told to.
struct ByHand;

struct Fragile {
    breaks: bool,
}

struct ByHandHandle(RawAddress<ByHand>);

impl Clone for ByHandHandle {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl HandleOf<ByHand> for ByHandHandle {
    fn from_raw(raw: RawAddress<ByHand>) -> Self {
        Self(raw)
    }

    fn raw(&self) -> &RawAddress<ByHand> {
        &self.0
    }
}

impl Define for ByHand {
    const NAME: &'static str = "ByHand";
}

impl Mail for Fragile {
    fn name(&self) -> &'static str {
        "Fragile"
    }

    fn refuse(self, _: Refusal) -> Box<dyn Any + Send> {
        Box::new(self)
    }
}

impl Actor for ByHand {
    type Mail = Fragile;
    type Handle = ByHandHandle;

    async fn on_mail(&mut self, _: Fragile, _: &mut Context<Self>) -> Handled {
        Handled::Done
    }
}

impl Handles<Fragile> for ByHand {
    type Reply = ();
    type Error = std::convert::Infallible;

    fn wrap(message: Fragile, _: Reply<()>) -> Fragile {
        assert!(!message.breaks, "this one breaks");
        message
    }

    fn unwrap(mail: Fragile) -> Result<(Fragile, Reply<()>), Fragile> {
        Err(mail)
    }
}

#[test]
fn c2_2_a_message_that_was_never_made_is_not_accepted() {
    paused(async {
        let system = System::new("test");
        let by_hand = system.spawn(ByHand);
        for breaks in [false, true, false, true] {
            let told = catch_unwind(AssertUnwindSafe(|| {
                by_hand.tell(Fragile { breaks }).try_tell()
            }));
            assert_eq!(told.is_err(), breaks);
        }
        by_hand.drain();
        assert_eq!(soon(by_hand.wait()).await, ExitReason::Shutdown);
        let totals = by_hand.actor().totals();
        assert_eq!((totals.accepted, totals.handled), (2, 2));
        assert_conserved(&by_hand.actor());
        assert_no_leaks(&system).await;
    });
}

/// Works for as long as it is told, by the clock of tokio.
#[actor]
struct Quick;

#[handlers]
impl Quick {
    #[message]
    fn work(&mut self, time: Duration) {
        // The clock goes on at once; the rest of it would be to yield.
        let _yields = tokio::time::advance(time).now_or_never();
    }
}

#[test]
fn c8_3_short_polls_that_are_not_measured_are_in_the_busy_time() {
    const SHORT: Duration = Duration::from_micros(4);
    paused(async {
        let system = System::new("test");
        let quick = system.spawn(Quick);
        for _ in 0..1_000 {
            quick.work(SHORT).ask().await.unwrap();
        }
        let busy = quick.actor().totals().busy;
        assert!(
            busy > SHORT * 950 && busy < SHORT * 1_050,
            "{busy:?} of {:?}",
            SHORT * 1_000
        );
        // One that is long is found within sixteen, and ends the sampling.
        for _ in 0..20 {
            quick.work(ms(1)).ask().await.unwrap();
        }
        let more = quick.actor().totals().busy - busy;
        assert!(more >= ms(3), "{more:?}");
        assert_no_leaks(&system).await;
    });
}
