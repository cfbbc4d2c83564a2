//! The start of a supervisor and of its children.

use std::io;

use crate::harness::prelude::*;
use tokio::time::Instant;

use crate::harness::{Bank, Puppet, Strings, close, journal, puppet, strung, until, within};

#[tokio::test(start_paused = true)]
async fn children_start_in_order_each_when_the_one_before_is_up() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let strings = Strings::new();
    strings.hold();
    let supervisor = Supervisor::one_for_one()
        .child(puppet("a", &journal))
        .child(strung("b", &journal, &strings))
        .child(puppet("c", &journal));
    let starting = tokio::spawn({
        let system = system.clone();
        async move { supervisor.start(&system).await }
    });
    log.expect(&["start a", "up a", "start b"]).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(log.rest(), [""; 0], "the third one waits for the second");
    strings.release();
    log.expect(&["up b", "start c", "up c"]).await;
    let bank = within(starting).await.unwrap().unwrap();
    let children = within(bank.children()).await;
    assert_eq!(
        children.iter().map(|child| &*child.id).collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
    assert!(
        children.iter().all(|child| child.state == Phase::Running
            && child.restarts == 0
            && child.attempt == 0)
    );
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_stops_what_was_started_in_reverse() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let strings = Strings::new();
    strings.fail_next(1);
    let supervisor = Supervisor::one_for_one()
        .child(puppet("a", &journal))
        .child(puppet("b", &journal))
        .child(strung("c", &journal, &strings))
        .child(puppet("d", &journal));
    let error = within(supervisor.start(&system)).await.unwrap_err();
    let reason = ExitReason::StartFailed("out of order".into());
    assert_eq!(
        error,
        StartError::Child {
            child: "c".into(),
            reason
        }
    );
    assert_eq!(
        error.to_string(),
        "child `c` did not start: start failed: out of order"
    );
    let lines = [
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "down b: shutdown",
        "down a: shutdown",
    ];
    assert_eq!(log.rest(), lines);
    assert!(
        system.list().is_empty(),
        "nothing of it is left when the error is returned"
    );
    close(system).await;
}

/// An error that tells its causes in the long form alone.
struct Chain;

impl std::fmt::Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if f.alternate() {
            "no ledger: no disk"
        } else {
            "no ledger"
        })
    }
}

#[actor]
struct Ledger;

#[handlers]
impl Ledger {
    #[message]
    fn page(&self) -> u64 {
        1
    }
}

impl Ledger {
    fn open(there: bool) -> Result<Self, Chain> {
        if there { Ok(Self) } else { Err(Chain) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_factory_may_be_async_and_may_fail() {
    let system = System::new("test");
    let bank = Supervisor::one_for_one()
        .child(actor("value", || Ledger))
        .child(actor("result", || Ledger::open(true)))
        .child(actor("future", || async { Ledger }))
        .child(actor("both", || async { Ledger::open(true) }))
        .child(actor("question mark", || async {
            tokio::task::yield_now().await;
            let ledger = io::Result::Ok(Ledger)?;
            io::Result::Ok(ledger)
        }));
    let bank = within(bank.start(&system)).await.unwrap();
    for child in within(bank.children()).await {
        assert_eq!(
            bank.address::<Ledger>(&child.id).unwrap().page().await,
            Ok(1)
        );
    }
    within(bank.stop()).await;

    let failing = [
        (actor("x", || Ledger::open(false)), "no ledger: no disk"),
        (
            actor("x", || async { Ledger::open(false) }),
            "no ledger: no disk",
        ),
        (
            actor("x", || -> Ledger { panic!("no paper") }),
            "panic: no paper",
        ),
        (
            actor("x", || async {
                if true { panic!("no ink") } else { Ledger }
            }),
            "panic: no ink",
        ),
    ];
    for (child, text) in failing {
        let error = within(Supervisor::one_for_one().child(child).start(&system))
            .await
            .unwrap_err();
        let reason = ExitReason::StartFailed(text.into());
        assert_eq!(
            error,
            StartError::Child {
                child: "x".into(),
                reason
            }
        );
    }
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_start_has_a_limit() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let strings = Strings::new();
    strings.hold();
    for (spec, limit) in [
        (strung("a", &journal, &strings), secs(30)),
        (strung("a", &journal, &strings).start_limit(ms(70)), ms(70)),
    ] {
        let begun = Instant::now();
        let error = within(Supervisor::one_for_one().child(spec).start(&system))
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                StartError::Child {
                    reason: ExitReason::StartFailed(_),
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(begun.elapsed(), limit);
        log.expect(&["start a"]).await;
    }
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_start_holds_up_nobody_else() {
    let strings = Strings::new();
    let mut bank = Bank::open(|bank, journal| {
        bank.child(strung("slow", journal, &strings))
            .child(puppet("b", journal))
            .child(puppet("c", journal))
    })
    .await;
    strings.hold();
    bank.puppet("slow").crash().await.unwrap();
    bank.log
        .expect(&["down slow: panic: boom", "start slow"])
        .await;
    assert_eq!(bank.info("slow").await.state, Phase::Starting);
    bank.puppet("b").crash().await.unwrap();
    bank.log
        .expect(&["down b: panic: boom", "start b", "up b"])
        .await;
    assert_eq!(within(bank.bank.terminate_child("c")).await, Ok(()));
    bank.log.expect(&["down c: shutdown"]).await;
    assert_eq!(bank.elapsed(), ms(0), "all of this took no time");
    strings.release();
    bank.log.expect(&["up slow"]).await;
    assert_eq!(bank.info("slow").await.state, Phase::Running);
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_hangs_fails_at_its_limit_and_is_repeated() {
    let strings = Strings::new();
    let mut bank = Bank::open(|bank, journal| {
        bank.child(strung("a", journal, &strings))
            .intensity(3, secs(3600))
    })
    .await;
    strings.hold();
    bank.puppet("a").crash().await.unwrap();
    bank.log
        .expect(&["down a: panic: boom", "start a", "start a", "start a"])
        .await;
    assert_eq!(bank.elapsed(), secs(60));
    let reason = within(bank.bank.wait()).await;
    assert_eq!(bank.elapsed(), secs(90));
    assert!(
        matches!(&reason, ExitReason::Escalated { child, cause }
        if &**child == "a" && matches!(**cause, ExitReason::StartFailed(_))),
        "{reason}"
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn all_mistakes_are_told_at_once_before_anything_starts() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let inner = Supervisor::one_for_one()
        .name("inner")
        .child(puppet("x", &journal).mailbox(0));
    let nameless = Supervisor::one_for_one();
    let supervisor = Supervisor::one_for_one()
        .name("bank")
        .intensity(3, secs(0))
        .backoff(Backoff::exponential(secs(5)..=secs(1)))
        .child(puppet("a", &journal))
        .child(puppet("a", &journal).start_limit(secs(0)))
        .child(puppet("b", &journal).backoff(Backoff::default().jitter(1.5)))
        .child(inner)
        .child(nameless);
    let error = within(supervisor.start(&system)).await.unwrap_err();
    let StartError::Config(config) = &error else {
        panic!("another error: {error}")
    };
    let text = "bank: a restart intensity over a period of zero; \
        bank: a backoff with a first delay of 5s, above the largest, 1s; \
        bank/a: two children have this id; \
        bank/a: a start limit of zero; \
        bank/b: a backoff with a jitter of 1.5 (it is from 0 to 1); \
        bank/: a child has no id (a supervisor's is its name); \
        bank/inner/x: a mailbox with room for no message";
    assert_eq!(error.to_string(), text);
    assert_eq!(config.mistakes().len(), 7);
    assert_eq!(log.rest(), [""; 0]);
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_start_that_nobody_waits_for_any_more_is_undone() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let strings = Strings::new();
    strings.hold();
    let supervisor = Supervisor::one_for_one()
        .child(puppet("a", &journal))
        .child(strung("b", &journal, &strings));
    let begun = Instant::now();
    assert!(
        tokio::time::timeout(ms(10), supervisor.start(&system))
            .await
            .is_err()
    );
    log.expect(&["start a", "up a", "start b", "down a: shutdown"])
        .await;
    until(async || system.list().is_empty()).await;
    assert_eq!(
        begun.elapsed(),
        ms(10),
        "the start under way is given up at once"
    );
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_system_that_shuts_down_refuses_a_supervisor_or_ends_it() {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let strings = Strings::new();
    strings.hold();
    let supervisor = Supervisor::one_for_one()
        .child(puppet("a", &journal))
        .child(strung("b", &journal, &strings));
    let starting = tokio::spawn({
        let (system, supervisor) = (system.clone(), supervisor.clone());
        async move { supervisor.start(&system).await }
    });
    log.expect(&["start a", "up a", "start b"]).await;
    within(system.shutdown(secs(5))).await.unwrap();
    assert!(matches!(
        within(starting).await.unwrap(),
        Err(StartError::Stopped(_))
    ));
    log.expect(&["down a: shutdown"]).await;
    assert!(matches!(
        within(supervisor.start(&system)).await,
        Err(StartError::Refused(_))
    ));
    assert_eq!(log.rest(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_needs_no_children() {
    let bank = Bank::open(|bank, _| bank).await;
    assert_eq!(within(bank.bank.children()).await, []);
    assert_eq!(
        bank.bank.address::<Puppet>("a"),
        Err(ChildError::NotFound { id: "a".into() })
    );
    assert_eq!(within(bank.bank.stop()).await, ExitReason::Shutdown);
    bank.close().await;
}
