//! Asks that run on the caller's task (`inline_ask = auto`): the same to everybody, and not where they must not.
//!
//! The clock is paused, so that an actor's messages take no time and count as short; but for the one test about that.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse::{InlineAsk, Phase};
use playhouse_tests::{Gate, Log, Restarter, assert_conserved, soon};
use tokio::task::{Id, try_id};
use tracing::span;

/// How many asks are scheduled before any is run on its caller.
const SCHEDULED: usize = 64;

/// Says on whose task it runs.
#[actor(inline_ask = auto)]
struct Local {
    log: Log,
    other: Option<Address<Self>>,
}

impl Local {
    fn new(log: &Log) -> Self {
        Self {
            log: log.clone(),
            other: None,
        }
    }
}

#[handlers]
impl Local {
    #[message]
    fn place(&mut self) -> Option<Id> {
        try_id()
    }

    #[message]
    fn note(&mut self, number: u64) {
        self.log.add(number);
    }

    #[message]
    fn noted(&mut self, number: u64) -> Option<Id> {
        self.log.add(number);
        try_id()
    }

    #[message]
    async fn place_async(&mut self) -> Option<Id> {
        try_id()
    }

    #[message]
    #[allow(clippy::disallowed_methods, reason = "it stands for work")]
    fn slow(&mut self) -> Option<Id> {
        std::thread::sleep(std::time::Duration::from_micros(50));
        try_id()
    }

    #[message]
    async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[message]
    fn crash(&mut self) -> u64 {
        panic!("on purpose")
    }

    #[message]
    fn fail(&mut self) -> Result<(), String> {
        Err("an error".to_owned())
    }

    #[message]
    fn leave(&mut self, cx: &mut Context<Self>) -> u64 {
        cx.stop();
        7
    }

    #[message]
    fn remind(&mut self, number: u64, cx: &mut Context<Self>) -> u64 {
        cx.after(ms(10), LocalNote { number });
        number
    }

    #[message]
    fn befriend(&mut self, other: Address<Self>) {
        self.other = Some(other);
    }

    /// Whether another actor answers at once, and whether it may be waited for.
    #[message]
    fn ask_other(&mut self) -> (bool, bool) {
        let other = self.other.as_ref().expect("befriended before");
        (
            other.place().now_or_never().is_some(),
            other.place().blocking().is_err(),
        )
    }

    #[message]
    fn ask_self(&mut self, cx: &mut Context<Self>) -> bool {
        matches!(
            cx.address().place().now_or_never(),
            Some(Err(AskError::SelfAsk))
        )
    }
}

/// Asks until the actor has been asked often enough, and gives the caller's own place.
async fn warm(local: &Address<Local>) -> Id {
    let here = try_id().expect("in a task");
    for _ in 0..SCHEDULED {
        assert_ne!(local.place().await.unwrap(), Some(here), "scheduled");
    }
    // The ask that finds it before its start is not among them.
    let _may_be_the_last = local.place().await.unwrap();
    assert_eq!(local.place().await.unwrap(), Some(here), "on its caller");
    here
}

/// Runs a test in a task, since an ask runs on its caller only there.
fn in_task<F: Future<Output = ()> + Send + 'static>(test: F) {
    paused(async { soon(tokio::spawn(test)).await.unwrap() });
}

#[test]
fn inline_the_first_asks_are_scheduled_and_the_next_run_on_the_caller() {
    in_task(async {
        let system = System::new("test");
        let local = system.spawn(Local::new(&Log::new()));
        let here = warm(&local).await;
        let recipient: Recipient<LocalPlace, Option<Id>> = local.recipient();
        assert_eq!(recipient.ask(LocalPlace {}).await.unwrap(), Some(here));
        assert_eq!(
            local.place().timeout(secs(1)).await.unwrap(),
            Some(here),
            "also with a limit of its own"
        );
        // From time to time its mean is looked at again, and that asks nobody to wait.
        for _ in 0..3 * SCHEDULED {
            assert_eq!(local.place().await.unwrap(), Some(here));
        }
        let totals = local.actor().snapshot().totals;
        assert_eq!(totals.handled, (4 * SCHEDULED + 4) as u64);
        assert_conserved(&local.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_is_chosen_and_not_the_default() {
    in_task(async {
        let system = System::new("test");
        let never = system
            .spawner()
            .inline_ask(InlineAsk::Never)
            .spawn(Local::new(&Log::new()))
            .unwrap();
        let here = try_id();
        for _ in 0..3 * SCHEDULED {
            assert_ne!(never.place().await.unwrap(), here);
        }
        assert_eq!(InlineAsk::default(), InlineAsk::Never);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_not_where_the_handler_may_wait() {
    in_task(async {
        let system = System::new("test");
        let local = system.spawn(Local::new(&Log::new()));
        let here = warm(&local).await;
        assert_ne!(local.place_async().await.unwrap(), Some(here));
        assert_eq!(local.place().await.unwrap(), Some(here));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_overtakes_nothing() {
    in_task(async {
        let system = System::new("test");
        let log = Log::new();
        let local = system.spawn(Local::new(&log));
        let here = warm(&local).await;
        local.note(1).await.unwrap();
        local.note(2).await.unwrap();
        assert_ne!(local.noted(3).await.unwrap(), Some(here), "two are queued");
        assert_eq!(local.noted(4).await.unwrap(), Some(here));
        // While the actor is at work it is not at home.
        let gate = Gate::new();
        local.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut asked = Box::pin(local.noted(5));
        assert!(futures::poll!(asked.as_mut()).is_pending());
        gate.open();
        assert_ne!(asked.await.unwrap(), Some(here));
        assert_eq!(log.lines(), ["1", "2", "3", "4", "5"]);
        assert_conserved(&local.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_not_before_the_actor_has_started() {
    #[actor(inline_ask = auto)]
    struct Late(Gate);

    #[handlers]
    impl Late {
        #[started]
        async fn open(&mut self) {
            self.0.pass().await;
        }

        #[message]
        fn place(&mut self) -> Option<Id> {
            try_id()
        }
    }

    in_task(async {
        let system = System::new("test");
        let gate = Gate::new();
        let late = system.spawn(Late(gate.clone()));
        gate.arrival().await;
        let mut asked = Box::pin(late.place());
        assert!(futures::poll!(asked.as_mut()).is_pending());
        gate.open();
        assert_ne!(asked.await.unwrap(), try_id());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_one_level_and_never_from_within() {
    in_task(async {
        let system = System::new("test");
        let (outer, inner) = (
            system.spawn(Local::new(&Log::new())),
            system.spawn(Local::new(&Log::new())),
        );
        outer.befriend(inner.clone()).await.unwrap();
        warm(&inner).await;
        warm(&outer).await;
        let (answered, would_block) = outer.ask_other().await.unwrap();
        assert!(!answered, "it has to be scheduled there");
        assert!(would_block, "inside of a handler nothing blocks");
        assert!(outer.ask_self().await.unwrap(), "the actor asks itself");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_not_on_another_runtime() {
    let system = System::new("test");
    let local = system.spawn(Local::new(&Log::new()));
    let there = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    there.block_on(async {
        let task = tokio::spawn({
            let local = local.clone();
            async move {
                for _ in 0..3 * SCHEDULED {
                    assert_ne!(local.place().await.unwrap(), try_id());
                }
            }
        });
        soon(task).await.unwrap();
    });
    // Nor on a thread that is no task's.
    for _ in 0..3 * SCHEDULED {
        assert!(local.place().blocking().unwrap().is_some());
    }
    local.stop();
}

#[test]
fn inline_not_inside_of_a_span() {
    /// Knows one span, and that somebody is in it.
    struct Spans(
        Mutex<Option<&'static tracing::Metadata<'static>>>,
        AtomicU64,
    );

    impl tracing::Subscriber for Spans {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
            *self.0.lock().unwrap() = Some(span.metadata());
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {}

        fn enter(&self, _: &span::Id) {
            self.1.fetch_add(1, Ordering::SeqCst);
        }

        fn exit(&self, _: &span::Id) {
            self.1.fetch_sub(1, Ordering::SeqCst);
        }

        fn current_span(&self) -> tracing_core::span::Current {
            match (self.1.load(Ordering::SeqCst), *self.0.lock().unwrap()) {
                (0, _) | (_, None) => tracing_core::span::Current::none(),
                (_, Some(metadata)) => {
                    tracing_core::span::Current::new(span::Id::from_u64(1), metadata)
                }
            }
        }
    }

    let _traced = tracing::subscriber::set_default(Spans(Mutex::new(None), AtomicU64::new(0)));
    in_task(async {
        let system = System::new("test");
        let local = system.spawn(Local::new(&Log::new()));
        let here = warm(&local).await;
        let span = tracing::info_span!("caller");
        let place = tracing::Instrument::instrument(async { local.place().await.unwrap() }, span);
        assert_ne!(place.await, Some(here));
        assert_eq!(local.place().await.unwrap(), Some(here), "out of it again");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_not_while_its_messages_are_long() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let task = tokio::spawn(async {
            let system = System::new("test");
            let local = system.spawn(Local::new(&Log::new()));
            for _ in 0..3 * SCHEDULED {
                assert_ne!(local.slow().await.unwrap(), try_id());
            }
            assert_no_leaks(&system).await;
        });
        soon(task).await.unwrap();
    });
}

#[test]
fn inline_a_panic_ends_the_actor_and_not_the_caller() {
    in_task(async {
        let system = System::new("test");
        let local = system.spawn(Local::new(&Log::new()));
        warm(&local).await;
        assert_eq!(local.crash().await, Err(AskError::Failed));
        let ended = soon(local.wait()).await;
        assert!(matches!(&ended, ExitReason::Panic(text) if text.contains("on purpose")));
        assert_eq!(local.place().await, Err(AskError::Closed));
        let totals = local.actor().snapshot().totals;
        assert_eq!((totals.failed, totals.panics), (1, 1));
        assert_conserved(&local.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_a_failure_goes_to_the_parent() {
    in_task(async {
        let system = System::new("test");
        let log = Log::new();
        let (_child, local) = Restarter::spawn(&system, &log, || Local::new(&Log::new()));
        warm(&local).await;
        assert_eq!(
            local.fail().await,
            Err(AskError::Handler("an error".to_owned()))
        );
        assert_eq!(local.crash().await, Err(AskError::Failed));
        // Answered by the next incarnation, in its own task.
        assert!(soon(local.place()).await.is_ok());
        assert_eq!(local.actor().restarts(), 1);
        assert_eq!(local.actor().snapshot().incarnation, 2);
        assert_conserved(&local.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_a_handler_may_stop_its_actor() {
    in_task(async {
        let system = System::new("test");
        let local = system.spawn(Local::new(&Log::new()));
        warm(&local).await;
        assert_eq!(local.leave().await.unwrap(), 7);
        assert_eq!(soon(local.wait()).await, ExitReason::Normal);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_a_timer_of_its_fires() {
    in_task(async {
        let system = System::new("test");
        let log = Log::new();
        let local = system.spawn(Local::new(&log));
        warm(&local).await;
        assert_eq!(local.remind(5).await.unwrap(), 5);
        assert_eq!(log.wait_for(1).await, ["5"]);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_whoever_stops_it_finds_it_at_home() {
    in_task(async {
        let system = System::new("test");
        for end in [
            Address::<Local>::stop as fn(&Address<Local>),
            Address::<Local>::drain,
            Address::<Local>::kill,
        ] {
            let local = system.spawn(Local::new(&Log::new()));
            warm(&local).await;
            end(&local);
            assert_eq!(local.place().await, Err(AskError::Closed));
            soon(local.wait()).await;
            assert!(local.actor().phase().is_final());
        }
        let local = system.spawn(Local::new(&Log::new()));
        warm(&local).await;
        assert_eq!(local.actor().phase(), Phase::Running);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn inline_callers_on_all_threads_see_one_actor() {
    const CALLERS: u64 = 4;
    const EACH: u64 = 5_000;

    #[actor(inline_ask = auto)]
    #[derive(Default)]
    struct Sum(u64);

    #[handlers]
    impl Sum {
        #[message]
        fn add(&mut self, number: u64) -> u64 {
            // No atomic: two at once would lose some.
            let before = self.0;
            std::hint::black_box(&mut self.0);
            self.0 = before + number;
            number
        }

        #[message]
        fn also(&mut self, number: u64) {
            self.0 += number;
        }

        #[message]
        fn total(&self) -> u64 {
            self.0
        }
    }

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let system = System::new("test");
        let sum = system.spawn(Sum::default());
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let sum = sum.clone();
                tokio::spawn(async move {
                    for number in 1..=EACH {
                        assert_eq!(sum.add(number).await.unwrap(), number);
                        if number % 7 == 0 {
                            sum.also(number).await.unwrap();
                        }
                    }
                })
            })
            .collect();
        for caller in callers {
            soon(caller).await.unwrap();
        }
        let sevenths: u64 = (1..=EACH).filter(|number| number % 7 == 0).sum();
        let expected = CALLERS * (EACH * (EACH + 1) / 2 + sevenths);
        assert_eq!(sum.total().await.unwrap(), expected);
        // Its own count of the last message may come after the answer.
        assert_no_leaks(&system).await;
        assert_conserved(&sum.actor());
    });
}
