use super::*;

fn task(name: &str, outcome: Outcome, millis: u64) -> TaskReport {
    TaskReport {
        name: Arc::from(name),
        outcome,
        took: Duration::from_millis(millis),
    }
}

fn phase(name: &str, begun: Option<u64>, millis: u64, tasks: Vec<TaskReport>) -> PhaseReport {
    PhaseReport {
        name: Arc::from(name),
        begun: begun.map(Duration::from_millis),
        took: Duration::from_millis(millis),
        tasks,
    }
}

fn clean() -> ShutdownReport {
    ShutdownReport {
        system: Arc::from("shop"),
        reason: ShutdownReason::Signal(Signal::Terminate),
        cut_short: None,
        phases: vec![
            phase(
                "intake",
                Some(0),
                100,
                vec![task("listener", Outcome::Done, 100)],
            ),
            phase(
                "actors",
                Some(100),
                10,
                vec![task("shop", Outcome::Done, 10)],
            ),
        ],
        left: Vec::new(),
        gave_up: None,
        took: Duration::from_millis(110),
    }
}

fn code(report: &ShutdownReport) -> String {
    format!("{:?}", report.exit_code())
}

#[test]
fn a_clean_one_reads_well() {
    assert_eq!(
        clean().to_string(),
        "\
shop shut down in 0.11 s, cleanly (SIGTERM)
  intake      at 0.00 s for 0.10 s
    listener    done (0.10 s)
  actors      at 0.10 s for 0.01 s
    shop        done (0.01 s)"
    );
    assert_eq!(code(&clean()), format!("{:?}", ExitCode::SUCCESS));
}

#[test]
fn one_that_is_not_says_what_is_wrong() {
    let text = |text: &str| Arc::from(text);
    let report = ShutdownReport {
        reason: ShutdownReason::Requested(text("sold out")),
        cut_short: Some(CutShort::Forced),
        phases: vec![
            phase(
                "flush",
                Some(0),
                5000,
                vec![
                    task("metrics", Outcome::TimedOut, 5000),
                    task("audit", Outcome::Failed(text("disk full")), 10),
                    task("cache", Outcome::Panicked(text("poisoned")), 10),
                ],
            ),
            phase(
                "actors",
                Some(5000),
                10,
                vec![task("shop", Outcome::Forced, 10)],
            ),
            phase("files", None, 0, vec![task("lock", Outcome::Skipped, 0)]),
        ],
        gave_up: Some(ExitReason::Escalated {
            child: text("till"),
            cause: Arc::new(ExitReason::Killed),
        }),
        took: Duration::from_millis(5010),
        ..clean()
    };
    assert_eq!(
        report.to_string(),
        "\
shop shut down in 5.01 s, not cleanly, forced (sold out)
  flush      at 0.00 s for 5.00 s
    metrics    timed out after 5.00 s
    audit      failed: disk full (0.01 s)
    cache      panicked: poisoned (0.01 s)
  actors     at 5.00 s for 0.01 s
    shop       forced after 0.01 s
  files      did not begin
    lock       skipped
  a supervisor at the root gave up on `till`: killed"
    );
    assert_eq!(code(&report), format!("{:?}", ExitCode::FAILURE));
    assert_eq!(report.outcome("files", "lock"), Some(&Outcome::Skipped));
    assert_eq!(report.outcome("files", "metrics"), None);
}

#[test]
fn one_thing_amiss_is_enough() {
    let gave_up = ExitReason::Escalated {
        child: Arc::from("till"),
        cause: Arc::new(ExitReason::Killed),
    };
    let amiss: [fn(&mut ShutdownReport, ExitReason); 6] = [
        |report, reason| report.reason = ShutdownReason::GaveUp(reason),
        |report, _| report.reason = ShutdownReason::StartFailed(Arc::from("no")),
        |report, _| report.cut_short = Some(CutShort::Deadline),
        |report, _| report.phases[0].tasks[0].outcome = Outcome::Skipped,
        |report, reason| report.gave_up = Some(reason),
        |report, _| report.phases[1].tasks[0].outcome = Outcome::TimedOut,
    ];
    for (nr, amiss) in amiss.iter().enumerate() {
        let mut report = clean();
        assert!(report.is_clean());
        amiss(&mut report, gave_up.clone());
        assert!(!report.is_clean(), "{nr}");
        assert!(report.to_string().contains("not cleanly"), "{nr}");
    }
}
