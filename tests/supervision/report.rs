//! What a supervisor says of itself: trees, by path, and the report of an escalation.

use crate::harness::prelude::*;
use crate::harness::{Bank, Puppet, close, journal, puppet, until, within};
use playhouse::supervision::RestartChildError;

async fn tree() -> (System, SupervisorRef, crate::harness::Log) {
    let (journal, mut log) = journal();
    let system = System::new("test");
    let readers = Supervisor::one_for_one()
        .name("readers")
        .unlimited()
        .backoff(Backoff::fixed(ms(1234)))
        .child(puppet("alice", &journal))
        .child(puppet("bob", &journal));
    let bank = Supervisor::rest_for_one()
        .name("bank")
        .intensity(5, secs(10))
        .child(puppet("ledger", &journal))
        .child(readers)
        .child(Supervisor::dynamic("sessions"))
        .child(puppet("teller", &journal).restart(Restart::Transient))
        .start(&system);
    let bank = within(bank).await.unwrap();
    log.rest();
    (system, bank, log)
}

#[tokio::test(start_paused = true)]
async fn a_tree_is_shown_as_it_stands() {
    let (system, bank, _log) = tree().await;
    let readers = bank.supervisor("readers").unwrap();
    readers
        .address::<Puppet>("bob")
        .unwrap()
        .crash()
        .await
        .unwrap();
    bank.address::<Puppet>("teller")
        .unwrap()
        .quit(ExitReason::Normal)
        .await
        .unwrap();
    until(async || {
        let tree = bank.tree().await.unwrap().to_string();
        tree.contains("backoff") && tree.contains("stopped")
    })
    .await;
    let tree = within(bank.tree()).await.unwrap();
    assert_eq!(
        tree.to_string(),
        "bank  rest_for_one, 0 of 5 restarts in 10s\n\
         ├── ledger    Puppet  running\n\
         ├── readers   one_for_one, any number of restarts\n\
         │   ├── alice  Puppet  running\n\
         │   └── bob    Puppet  backoff, failure 1 in a row, due in 1.3s\n\
         ├── sessions  one_for_one, dynamic, 0 of 3 restarts in 5s\n\
         └── teller    Puppet  stopped\n"
    );
    assert_eq!(
        tree.mermaid(),
        "flowchart TD\n    \
         n0[[\"bank<br/>rest_for_one, 0 of 5 restarts in 10s\"]]\n    \
         n1(\"ledger<br/>Puppet<br/>running\")\n    n0 --> n1\n    \
         n2[[\"readers<br/>one_for_one, any number of restarts\"]]\n    n0 --> n2\n    \
         n3(\"alice<br/>Puppet<br/>running\")\n    n2 --> n3\n    \
         n4(\"bob<br/>Puppet<br/>backoff, failure 1 in a row, due in 1.3s\")\n    n2 --> n4\n    \
         n5[[\"sessions<br/>one_for_one, dynamic, 0 of 3 restarts in 5s\"]]\n    n0 --> n5\n    \
         n6(\"teller<br/>Puppet<br/>stopped\")\n    n0 --> n6\n"
    );
    let dot = tree.dot();
    assert!(
        dot.starts_with("digraph supervisors {\n") && dot.ends_with("}\n"),
        "{dot}"
    );
    assert!(
        dot.contains(
            "    n3 [shape=ellipse, label=\"alice\\nPuppet\\nrunning\"];\n    n2 -> n3;\n"
        ),
        "{dot}"
    );
    close(system).await;
}

/// What ids have in them must not end a label.
#[tokio::test(start_paused = true)]
async fn ids_are_escaped() {
    let (journal, _log) = journal();
    let system = System::new("test");
    let hostile = "a\"]; x --> y <b>&\\";
    let spec = actor(hostile, move || Puppet::new("hostile", &journal));
    let bank = within(Supervisor::one_for_one().child(spec).start(&system))
        .await
        .unwrap();
    let tree = within(bank.tree()).await.unwrap();
    assert!(
        tree.mermaid()
            .contains("n1(\"a&quot;]; x --&gt; y &lt;b&gt;&amp;\\<br/>Puppet"),
        "{}",
        tree.mermaid()
    );
    assert!(
        tree.dot()
            .contains("label=\"a\\\"]; x --> y <b>&\\\\\\nPuppet"),
        "{}",
        tree.dot()
    );
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_path_leads_to_is_stopped_and_started() {
    let (system, bank, mut log) = tree().await;
    within(bank.terminate_at("readers/alice")).await.unwrap();
    log.expect(&["down alice: shutdown"]).await;
    within(bank.cycle_at("/readers/alice/")).await.unwrap();
    log.expect(&["start alice", "up alice"]).await;
    within(bank.cycle_at("readers/bob")).await.unwrap();
    log.expect(&["down bob: shutdown", "start bob", "up bob"])
        .await;
    // With all below it.
    within(bank.cycle_at("readers")).await.unwrap();
    log.expect(&[
        "down bob: shutdown",
        "down alice: shutdown",
        "start alice",
        "up alice",
        "start bob",
        "up bob",
    ])
    .await;
    within(bank.terminate_at("readers")).await.unwrap();
    log.expect(&["down bob: shutdown", "down alice: shutdown"])
        .await;
    let not_found = |id: &str| ChildError::NotFound { id: id.to_owned() };
    assert_eq!(
        within(bank.terminate_at("nobody")).await,
        Err(not_found("nobody"))
    );
    assert_eq!(
        within(bank.terminate_at("nobody/alice")).await,
        Err(not_found("nobody"))
    );
    assert!(matches!(
        within(bank.terminate_at("ledger/alice")).await,
        Err(ChildError::WrongType { .. })
    ));
    assert!(matches!(
        within(bank.terminate_at("readers/alice")).await,
        Err(ChildError::Ended { .. })
    ));
    assert_eq!(
        within(bank.cycle_at("readers/alice")).await,
        Err(RestartChildError::SupervisorGone)
    );
    assert_eq!(log.rest(), [""; 0]);
    within(bank.cycle_at("readers")).await.unwrap();
    log.expect(&["start alice", "up alice", "start bob", "up bob"])
        .await;
    close(system).await;
}

#[tokio::test(start_paused = true)]
async fn an_escalation_leaves_a_report() {
    let mut bank = Bank::open(|supervisor, journal| {
        supervisor
            .intensity(1, secs(10))
            .backoff(Backoff::fixed(secs(2)))
            .child(puppet("a", journal))
            .child(puppet("b", journal))
            .child(puppet("c", journal))
    })
    .await;
    assert_eq!(bank.bank.crash_report(), None);
    bank.puppet("b").crash().await.unwrap();
    bank.log
        .expect(&["down b: panic: boom", "start b", "up b"])
        .await;
    bank.puppet("b").fail().tell().await.unwrap();
    within(bank.bank.wait()).await;
    let report = bank.bank.crash_report().expect("it gave up");
    let expected = "\
bank gave up on `b`, which ended in PuppetFail: error: no
allowed were 1 restarts in 10s
stopped with it: c, a
what came before:
       0.000 s  a: up, start 1
       0.000 s  b: up, start 1
       0.000 s  c: up, start 1
       0.000 s  b: start 1 ended in PuppetCrash: panic: boom
       0.000 s  b: failure 1 in a row, started again in 2.000s
       2.000 s  b: up, start 2
       2.000 s  b: start 2 ended in PuppetFail: error: no
       2.000 s  b: failed once too often
       2.000 s  b: down
       2.000 s  c: start 1 ended: shutdown
       2.000 s  c: down
       2.000 s  a: start 1 ended: shutdown
       2.000 s  a: down
";
    // Times are the clock's, which goes on in milliseconds.
    assert_eq!(
        report.replace("2.001", "2.000").replace("0.001", "0.000"),
        expected
    );
    bank.close().await;
}

#[tokio::test(start_paused = true)]
async fn as_many_events_are_kept_as_are_asked_for() {
    for (kept, lines) in [(3, 4), (0, 0)] {
        let bank = Bank::open(|supervisor, journal| {
            supervisor
                .intensity(20, secs(10))
                .recorded(kept)
                .child(puppet("a", journal))
        })
        .await;
        for restarts in 1..=20 {
            bank.puppet("a").crash().await.unwrap();
            until(async || bank.info("a").await.restarts == restarts).await;
        }
        bank.puppet("a").crash().await.unwrap();
        within(bank.bank.wait()).await;
        let report = bank.bank.crash_report().expect("it gave up");
        let recorded = report.lines().filter(|line| line.starts_with("  ")).count();
        assert_eq!(recorded, lines, "{report}");
        assert_eq!(report.contains("earlier events"), kept > 0, "{report}");
        bank.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_what_is_left_of_the_intensity() {
    let bank = Bank::open(|supervisor, journal| {
        supervisor
            .intensity(5, secs(10))
            .child(puppet("a", journal))
    })
    .await;
    let budget = async || {
        let info = within(bank.bank.info()).await.unwrap();
        (info.restarts_in_window, info.budget)
    };
    assert_eq!(budget().await, (0, Some(5)));
    for used in 1..=2 {
        bank.puppet("a").crash().await.unwrap();
        assert_eq!(within(bank.puppet("a").total()).await, Ok(0));
        assert_eq!(budget().await, (used, Some(5 - used)));
        tokio::time::sleep(secs(6)).await;
    }
    assert_eq!(
        budget().await,
        (1, Some(4)),
        "the first one does not count any more"
    );
    bank.close().await;
}
