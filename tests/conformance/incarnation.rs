//! What an incarnation knows of the one before it and of its own end (§6.1, §7.1), and starts that find nothing (§7.5).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::{FuturesUnordered, StreamExt};
use playhouse::context::Pulse;
use playhouse::links::{Child, Factory, NotStarted, Order};
use playhouse::observe::EventKind;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse::{Failure, Phase};
use playhouse_tests::{Gate, Log, Restarter, assert_conserved, soon};

/// What the hooks of an heir do.
#[derive(Clone, Debug, Default)]
struct Will {
    /// The starts whose `restarted` hook fails.
    fails: Vec<u64>,
    /// Those whose `restarted` hook panics.
    panics: Vec<u64>,
    /// Held in the `restarted` hook.
    gate: Option<Gate>,
}

/// Tells what it hears of the one before it.
#[actor]
struct Heir {
    log: Log,
    will: Will,
}

#[handlers]
impl Heir {
    #[started]
    async fn begin(&mut self, cx: &mut Context<Self>) {
        self.log.add(format!("started {}", cx.incarnation()));
    }

    #[restarted]
    async fn inherit(
        &mut self,
        previous: &Incarnation,
        cx: &mut Context<Self>,
    ) -> Result<(), String> {
        let (number, run) = (previous.number, cx.incarnation());
        self.log
            .add(format!("restarted after {number}: {}", previous.reason));
        if let Some(gate) = &self.will.gate {
            gate.pass().await;
        }
        assert!(!self.will.panics.contains(&run), "will not");
        if self.will.fails.contains(&run) {
            return Err(format!("cannot be {run}"));
        }
        Ok(())
    }

    #[stopping]
    fn end(&mut self, why: &ExitReason) {
        self.log.add(format!("stopping {why}"));
    }

    #[message]
    fn note(&mut self, number: u64) {
        self.log.add(number);
    }

    #[message]
    fn crash(&mut self, text: String) {
        panic!("{text}");
    }

    #[message]
    fn done(&self) -> bool {
        true
    }
}

/// A factory that does for each start what `plan` says.
fn heirs(
    log: &Log,
    will: &Will,
    mut plan: impl FnMut(u64) -> Result<(), NotStarted> + Send + 'static,
) -> Factory<Heir> {
    let (log, will) = (log.clone(), will.clone());
    let mut run = 0;
    Box::new(move || {
        run += 1;
        let made = plan(run).map(|()| Heir {
            log: log.clone(),
            will: will.clone(),
        });
        Box::pin(async move { made })
    })
}

fn family(
    system: &System,
    log: &Log,
    heard: &Log,
    will: &Will,
    plan: impl FnMut(u64) -> Result<(), NotStarted> + Send + 'static,
) -> (Child, Address<Heir>) {
    Restarter::adopt(system, heard, true, heirs(log, will, plan))
}

#[test]
fn c7_1_the_restarted_hook_hears_of_the_last_one_that_was_up() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let plan = |run| match run {
            1 | 4 | 5 => Err(Failure::new("no disk").into()),
            _ => Ok(()),
        };
        let (_child, heir) = family(&system, &log, &heard, &Will::default(), plan);
        assert!(heir.done().await.unwrap());
        assert_eq!(
            log.lines(),
            ["started 2"],
            "the first one that comes up is nobody's heir"
        );
        heir.crash("boom".into()).await.unwrap();
        heir.note(1).await.unwrap();
        heir.done().await.unwrap();
        heir.crash("bang".into()).await.unwrap();
        heir.done().await.unwrap();
        assert_eq!(
            log.lines()[1..],
            [
                "stopping panic: boom",
                "started 3",
                "restarted after 2: panic: boom",
                "1",
                "stopping panic: bang",
                "started 6",
                "restarted after 3: panic: bang",
            ],
            "starts that failed are left out"
        );
        assert_eq!(heir.actor().restarts(), 2);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_1_a_restarted_hook_that_fails_is_a_failed_start() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let will = Will {
            fails: vec![2],
            panics: vec![3],
            gate: None,
        };
        let (_child, heir) = family(&system, &log, &heard, &will, |_| Ok(()));
        heir.crash("boom".into()).await.unwrap();
        heir.note(1).await.unwrap();
        heir.done().await.unwrap();
        assert_eq!(
            log.lines(),
            [
                "started 1",
                "stopping panic: boom",
                "started 2",
                "restarted after 1: panic: boom",
                "started 3",
                "restarted after 1: panic: boom",
                "started 4",
                "restarted after 1: panic: boom",
                "1",
            ],
            "no `stopping` for those that never came up"
        );
        assert_eq!(
            heard.lines(),
            [
                "parent: started 1",
                "parent: exited 1 panic: boom",
                "parent: exited 2 start failed: cannot be 2",
                "parent: exited 3 start failed: panic: will not",
                "parent: started 4",
            ]
        );
        assert_eq!(heir.actor().restarts(), 1);
        assert_conserved(&heir.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_1_the_restarted_hook_is_part_of_the_start() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let gate = Gate::new();
        let will = Will {
            gate: Some(gate.clone()),
            ..Will::default()
        };
        let factory = heirs(&log, &will, |_| Ok(()));
        let (child, heir) = Restarter::adopt(&system, &heard, false, factory);
        let start = |run| {
            let limit = Some(secs(1));
            child.order(Order::Start { run, limit });
        };
        heir.crash("boom".into()).await.unwrap();
        heard.wait_for(2).await;
        start(2);
        gate.arrival().await;
        assert_eq!(heir.actor().phase(), Phase::Starting);
        assert_eq!(heir.actor().snapshot().in_hand, Some("restarted"));
        heir.note(7).await.unwrap();
        heard.wait_for(3).await;
        start(3);
        gate.arrival().await;
        child.kill();
        heard.wait_for(4).await;
        start(4);
        gate.arrival().await;
        gate.open();
        heir.done().await.unwrap();
        assert_eq!(
            heard.lines()[2..],
            [
                "parent: exited 2 start failed: it took longer than its limit",
                "parent: exited 3 killed",
                "parent: started 4",
            ]
        );
        assert_eq!(log.lines().last().unwrap(), "7", "it waited for all that");
        child.order(Order::End);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_1_the_previous_one_may_have_ended_for_any_reason() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let factory = heirs(&log, &Will::default(), |_| Ok(()));
        let (child, heir) = Restarter::adopt(&system, &heard, false, factory);
        let start = |run| child.order(Order::Start { run, limit: None });
        heir.done().await.unwrap();
        heir.kill();
        heard.wait_for(2).await;
        start(2);
        heir.done().await.unwrap();
        start(9);
        heard.wait_for(5).await;
        assert_eq!(
            log.lines(),
            [
                "started 1",
                "started 2",
                "restarted after 1: killed",
                "stopping shutdown",
                "started 9",
                "restarted after 2: shutdown",
            ]
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_5_a_factory_may_say_that_there_is_nothing_to_start() {
    paused(async {
        let system = System::new("test");
        let mut events = system.events();
        let (log, heard) = (Log::new(), Log::new());
        let plan = |run| match run {
            1 | 3 => Err(NotStarted::Ignore),
            _ => Ok(()),
        };
        let factory = heirs(&log, &Will::default(), plan);
        let (child, heir) = Restarter::adopt(&system, &heard, true, factory);
        heard.wait_for(1).await;
        assert_eq!(heard.lines(), ["parent: ignored 1"]);
        assert_eq!(heir.actor().phase(), Phase::Backoff);
        assert_eq!(heir.actor().reason(), None, "it has not ended");
        // It rests, and hears later.
        heir.note(1).await.unwrap();
        tokio::time::sleep(secs(100)).await;
        let start = |run| child.order(Order::Start { run, limit: None });
        start(2);
        heir.done().await.unwrap();
        heir.crash("boom".into()).await.unwrap();
        heard.wait_for(4).await;
        assert_eq!(
            heard.lines()[1..],
            [
                "parent: started 2",
                "parent: exited 2 panic: boom",
                "parent: ignored 3"
            ]
        );
        start(4);
        heir.done().await.unwrap();
        assert_eq!(heir.actor().restarts(), 1);
        assert_eq!(
            log.lines(),
            [
                "started 2",
                "1",
                "stopping panic: boom",
                "started 4",
                "restarted after 2: panic: boom",
            ]
        );
        let mut ignored = Vec::new();
        while ignored.len() < 2 {
            match soon(events.next()).await.unwrap().kind {
                EventKind::Ignored { run } => ignored.push(run),
                EventKind::Exited { run, reason } => {
                    assert_eq!((run, reason), (2, ExitReason::Panic("boom".into())));
                }
                _ => {}
            }
        }
        assert_eq!(ignored, [1, 3]);
        assert_conserved(&heir.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_5_one_that_found_nothing_to_start_ends_without_a_failure() {
    paused(async {
        let system = System::new("test");
        let heard = Log::new();
        let plan = |run| {
            if run == 2 {
                Err(NotStarted::Ignore)
            } else {
                Ok(())
            }
        };
        let factory = heirs(&Log::new(), &Will::default(), plan);
        let (child, heir) = Restarter::adopt(&system, &heard, true, factory);
        heir.crash("boom".into()).await.unwrap();
        heard.wait_for(3).await;
        child.order(Order::End);
        assert_eq!(soon(heir.wait()).await, ExitReason::Shutdown);
        // Drained, with nothing in the queue, it has nothing to wait for.
        let heard = Log::new();
        let (_child, heir) = Restarter::adopt(
            &system,
            &heard,
            false,
            heirs(&Log::new(), &Will::default(), |_| Err(NotStarted::Ignore)),
        );
        heir.drain();
        assert_eq!(soon(heir.wait()).await, ExitReason::Shutdown);
        assert_no_leaks(&system).await;
    });
}

/// Works until it is asked to end, and lets others see that it does.
#[actor]
struct Digger {
    log: Log,
}

#[handlers]
impl Digger {
    /// Digs until it is to end.
    #[message]
    async fn dig(&mut self, cx: &mut Context<Self>) {
        self.log.add("digs");
        while !cx.is_stopping() {
            tokio::time::sleep(ms(10)).await;
        }
        self.log.add("leaves off");
    }

    /// Waits until it is to end.
    #[message]
    async fn rest(&mut self, cx: &mut Context<Self>) {
        self.log.add("rests");
        cx.stopping().await;
        self.log.add("gets up");
    }

    /// The same, for several at once, which do not wake the actor's task itself.
    #[message]
    async fn rest_twice(&mut self, cx: &mut Context<Self>) {
        let mut all = FuturesUnordered::new();
        all.push(cx.stopping());
        all.push(cx.stopping());
        self.log.add("rests twice");
        while let Some(()) = all.next().await {
            self.log.add("one");
        }
    }

    /// A handle for somebody else.
    #[message]
    fn pulse(&mut self, cx: &mut Context<Self>) -> Pulse {
        cx.pulse()
    }

    /// What it says of itself.
    #[message]
    fn is_stopping(&mut self, cx: &mut Context<Self>) -> bool {
        cx.is_stopping()
    }

    /// Stops itself, and says whether it knows.
    #[message]
    fn leave(&mut self, cx: &mut Context<Self>) -> [bool; 4] {
        let (before, pulse) = (cx.is_stopping(), cx.pulse());
        let pulse_before = pulse.is_stopping();
        cx.stop();
        [
            before,
            pulse_before,
            cx.is_stopping(),
            pulse.is_stopping() && cx.pulse().is_stopping(),
        ]
    }

    #[message]
    fn crash(&mut self) {
        panic!("boom");
    }

    #[stopping]
    fn end(&mut self, cx: &mut Context<Self>) {
        self.log.add(format!("stopping {}", cx.is_stopping()));
    }
}

fn diggers(system: &System, log: &Log, heard: &Log) -> (Child, Address<Digger>) {
    let log = log.clone();
    Restarter::spawn(system, heard, move || Digger { log: log.clone() })
}

type Way = fn(&Child, &Address<Digger>);

/// The ways to ask an incarnation of a child for its end.
fn ways() -> [(&'static str, Way); 6] {
    [
        ("stop", |_, digger| digger.stop()),
        ("drain", |_, digger| digger.drain()),
        ("rest", |child, _| child.order(Order::Rest)),
        ("stop for a group", |child, _| {
            child.order(Order::Stop { keep: true });
        }),
        ("another start", |child, _| {
            child.order(Order::Start {
                run: 9,
                limit: None,
            });
        }),
        ("end", |child, _| child.order(Order::End)),
    ]
}

#[test]
fn c6_1_a_long_handler_sees_that_it_is_to_end() {
    paused(async {
        for (way, ask) in ways() {
            let system = System::new("test");
            let (log, heard) = (Log::new(), Log::new());
            let (child, digger) = diggers(&system, &log, &heard);
            digger.dig().await.unwrap();
            log.wait_for(1).await;
            tokio::time::sleep(secs(10)).await;
            assert_eq!(log.lines(), ["digs"], "{way}");
            let began = tokio::time::Instant::now();
            ask(&child, &digger);
            log.wait_for(3).await;
            assert!(began.elapsed() <= ms(12), "{way}: {:?}", began.elapsed());
            assert_eq!(log.lines()[1..], ["leaves off", "stopping true"], "{way}");
            child.order(Order::End);
            assert_no_leaks(&system).await;
        }
    });
}

#[test]
fn c6_1_who_waits_for_its_end_is_woken_wherever_it_waits() {
    paused(async {
        for (way, ask) in ways() {
            let system = System::new("test");
            let (log, heard) = (Log::new(), Log::new());
            let (child, digger) = diggers(&system, &log, &heard);
            let pulse = digger.pulse().await.unwrap();
            let elsewhere = tokio::spawn(pulse.stopping());
            digger.rest().await.unwrap();
            log.wait_for(1).await;
            assert!(!pulse.is_stopping() && !elsewhere.is_finished(), "{way}");
            // One that is dropped before takes nothing along.
            drop(pulse.stopping());
            let began = tokio::time::Instant::now();
            ask(&child, &digger);
            soon(elsewhere).await.unwrap();
            assert!(pulse.is_stopping(), "{way}");
            soon(pulse.stopping()).await;
            log.wait_for(3).await;
            assert_eq!(log.lines()[1..], ["gets up", "stopping true"], "{way}");
            assert!(began.elapsed() <= ms(1), "{way}");
            child.order(Order::End);
            assert_no_leaks(&system).await;
        }
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let (_child, digger) = diggers(&system, &log, &heard);
        digger.rest_twice().await.unwrap();
        log.wait_for(1).await;
        digger.drain();
        log.wait_for(4).await;
        assert_eq!(log.lines(), ["rests twice", "one", "one", "stopping true"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_1_only_its_own_order_lets_an_incarnation_go_on() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let (child, digger) = diggers(&system, &log, &heard);
        let pulse = digger.pulse().await.unwrap();
        child.order(Order::Start {
            run: 1,
            limit: None,
        });
        assert_eq!(digger.is_stopping().await, Ok(false));
        assert!(!pulse.is_stopping(), "that is what it does already");
        digger.leave().await.unwrap();
        heard.wait_for(3).await;
        assert_eq!(digger.is_stopping().await, Ok(false), "a new one");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c6_1_who_stops_itself_knows_it() {
    paused(async {
        let system = System::new("test");
        let digger = system.spawn(Digger { log: Log::new() });
        assert_eq!(digger.leave().await, Ok([false, false, true, true]));
        assert_eq!(soon(digger.wait()).await, ExitReason::Normal);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_1_a_pulse_belongs_to_its_incarnation() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let (_child, digger) = diggers(&system, &log, &heard);
        let first = digger.pulse().await.unwrap();
        assert_eq!(
            (first.id(), first.incarnation(), first.system() == system),
            (digger.actor().id(), 1, true)
        );
        first.beat();
        assert_eq!(digger.actor().beats(), 1);
        let waits = tokio::spawn(first.stopping());
        digger.crash().await.unwrap();
        soon(waits).await.unwrap();
        let second = digger.pulse().await.unwrap();
        assert!(first.is_stopping() && !second.is_stopping());
        assert_eq!(second.incarnation(), 2);
        first.beat();
        assert_eq!(digger.actor().beats(), 1, "it beats for nobody");
        second.clone().beat();
        assert_eq!(digger.actor().beats(), 2);
        let busy = digger.actor().totals().busy;
        first.add_busy(secs(1));
        second.add_busy(secs(2));
        assert_eq!(digger.actor().totals().busy - busy, secs(3));
        // A kill is heard before the actor obeys it.
        digger.kill();
        assert!(second.is_stopping());
        assert_no_leaks(&system).await;
        assert!(second.is_stopping());
    });
}

#[test]
fn c7_1_a_pulse_that_is_made_late_knows_what_came_before_it() {
    /// Takes a pulse in its last hook.
    #[actor]
    struct Late {
        log: Log,
    }
    #[handlers]
    impl Late {
        #[message]
        fn touch(&self) {}
        #[stopping]
        async fn end(&mut self, cx: &mut Context<Self>) {
            let pulse = cx.pulse();
            pulse.stopping().await;
            self.log.add(pulse.is_stopping());
        }
    }
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let late = system.spawn(Late { log: log.clone() });
        late.touch().ask().await.unwrap();
        late.stop();
        soon(late.wait()).await;
        assert_eq!(log.lines(), ["true"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c9_a_thread_of_a_pool_has_pulses_of_its_own() {
    #[actor]
    struct Thread {
        gate: Gate,
    }
    #[handlers]
    impl Thread {
        #[message]
        fn pulse(&mut self, cx: &mut Context<Self>) -> Pulse {
            cx.pulse()
        }
        #[message]
        fn crash(&mut self) {
            panic!("boom");
        }
        #[message]
        fn spin(&mut self, cx: &mut Context<Self>) {
            self.gate.pass_blocking();
            while !cx.is_stopping() {
                std::thread::yield_now();
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let system = System::new("test");
        let gate = Gate::new();
        let held = gate.clone();
        let pool = system
            .spawn_pool(1, move || Thread { gate: held.clone() })
            .unwrap();
        let first = pool.pulse().await.unwrap();
        pool.crash().await.unwrap();
        soon(first.stopping()).await;
        let second = pool.pulse().await.unwrap();
        assert!(!second.is_stopping(), "the thread began anew");
        pool.spin().await.unwrap();
        gate.arrival().await;
        gate.open();
        pool.stop();
        soon(second.stopping()).await;
        soon(pool.wait()).await;
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c7_1_pulses_leave_nothing_behind() {
    paused(async {
        let system = System::new("test");
        let (log, heard) = (Log::new(), Log::new());
        let ended = Arc::new(AtomicU64::new(0));
        let (child, digger) = diggers(&system, &log, &heard);
        for round in 0..200 {
            let pulse = digger.pulse().await.unwrap();
            let ended = ended.clone();
            tokio::spawn(async move {
                pulse.stopping().await;
                ended.fetch_add(1, Ordering::SeqCst);
            });
            digger.crash().await.unwrap();
            heard.wait_for(2 * round + 3).await;
        }
        child.order(Order::End);
        soon(digger.wait()).await;
        assert_no_leaks(&system).await;
        assert_eq!(ended.load(Ordering::SeqCst), 200);
    });
}
