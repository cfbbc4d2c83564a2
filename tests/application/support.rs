//! What these tests share.

use std::future::pending;
use std::time::Duration;

use playhouse::prelude::*;
use playhouse::supervision::application::{Outcome, ShutdownReport};
use playhouse::test::assert_no_leaks;
use playhouse_tests::{Log, Trace, soon};

/// Runs it to its end, after which nothing of its system is left.
pub(crate) async fn finish(application: Application, system: &System) -> ShutdownReport {
    let report = soon(application.run()).await.expect("it makes sense");
    assert_no_leaks(system).await;
    report
}

/// As [`finish`], for one whose shutdown is asked for at once.
pub(crate) async fn close(application: Application, system: &System) -> ShutdownReport {
    application.handle().shutdown("enough");
    finish(application, system).await
}

/// A task that takes so long, and logs when it begins and when it ends.
pub(crate) fn takes(
    log: &Log,
    name: &'static str,
    time: Duration,
) -> impl FnOnce() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Send + use<> {
    let log = log.clone();
    move || {
        Box::pin(async move {
            log.add(format!("{name} begins"));
            tokio::time::sleep(time).await;
            log.add(format!("{name} ends"));
        })
    }
}

/// A task that never ends, and logs when it is dropped.
pub(crate) fn hangs(
    log: &Log,
    name: &'static str,
) -> impl FnOnce() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Send + use<> {
    let trace = Trace::new(log, &format!("{name} is dropped"));
    let log = log.clone();
    move || {
        Box::pin(async move {
            let _trace = trace;
            log.add(format!("{name} begins"));
            pending().await
        })
    }
}

/// `phase: begun after, for; task outcome, task outcome`, line by line.
pub(crate) fn lines(report: &ShutdownReport) -> Vec<String> {
    let phase = |phase: &playhouse::supervision::application::PhaseReport| {
        let when = match phase.begun {
            Some(begun) => format!("at {begun:?} for {:?}", phase.took),
            None => "never".to_owned(),
        };
        let tasks = phase.tasks.iter();
        let tasks: Vec<_> = tasks
            .map(|task| format!("{} {}", task.name, task.outcome))
            .collect();
        format!("{}: {when}; {}", phase.name, tasks.join(", "))
    };
    report.phases.iter().map(phase).collect()
}

/// What became of a task.
#[track_caller]
pub(crate) fn outcome(report: &ShutdownReport, phase: &str, task: &str) -> Outcome {
    let outcome = report.outcome(phase, task);
    outcome.expect("the task is in the report").clone()
}

/// Success or not, as a program would end.
pub(crate) fn succeeds(report: &ShutdownReport) -> bool {
    let success = format!("{:?}", std::process::ExitCode::SUCCESS);
    format!("{:?}", report.exit_code()) == success
}
