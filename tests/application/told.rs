//! What an application tells the log.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use playhouse::prelude::*;
use playhouse::test::paused;
use playhouse_tests::{Gate, Log, Puppet};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, span};

use crate::support::{close, hangs, takes};

/// Keeps what applications say, from `info` on.
struct Ear {
    log: Log,
    spans: AtomicU64,
}

impl tracing::Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().contains("application") && *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{}", event.metadata().level()), String::new());
        event.record(&mut line);
        self.log.add(format!("{}{}", line.0, line.1));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// `LEVEL message field=value`
struct Line(String, String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.1, " {name}={value:?}"),
        };
        written.expect("a string takes all");
    }
}

#[test]
fn progress_and_what_goes_wrong_are_told() {
    let told = Log::new();
    let _heard = tracing::subscriber::set_default(Ear {
        log: told.clone(),
        spans: AtomicU64::new(0),
    });
    paused(async {
        let system = System::new("shop");
        let log = Log::new();
        let gate = Gate::new();
        let puppet = system
            .spawner()
            .name("till")
            .spawn(Puppet::new("till", &log))
            .unwrap();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let application = Application::new(&system)
            .phase(ShutdownPhase::new(ShutdownPhase::ACTORS).deadline(secs(3)))
            .phase(ShutdownPhase::new("flush").required())
            .phase(ShutdownPhase::new("send").after("flush"))
            .task("flush", "books", takes(&log, "books", secs(1)))
            .task("flush", "printer", hangs(&log, "printer"))
            .task("send", "mail", takes(&log, "mail", secs(1)));
        let id = puppet.actor().id();
        close(application, &system).await;
        assert_eq!(
            told.lines(),
            [
                "INFO shutdown begins system=\"shop\" reason=enough deadline=15s".to_owned(),
                "INFO phase begins phase=\"flush\" tasks=2".to_owned(),
                "WARN task is not done well phase=\"flush\" task=\"printer\" outcome=timed out"
                    .to_owned(),
                "INFO phase is over phase=\"flush\"".to_owned(),
                "WARN phase is left out: one that it needs has failed phase=\"send\"".to_owned(),
                "INFO phase begins phase=\"actors\" tasks=0".to_owned(),
                "WARN task is not done well phase=\"actors\" task=\"shop\" outcome=timed out"
                    .to_owned(),
                "INFO phase is over phase=\"actors\"".to_owned(),
                format!(
                    "WARN did not stop system=\"shop\" actor=Puppet `till` ({id}) in `PuppetHold`"
                ),
                "WARN shut down, not cleanly system=\"shop\" took=8s left=1".to_owned(),
            ]
        );
    });
}

#[test]
fn deadlines_that_leave_nothing_to_the_actors_are_warned_of() {
    let told = Log::new();
    let _heard = tracing::subscriber::set_default(Ear {
        log: told.clone(),
        spans: AtomicU64::new(0),
    });
    paused(async {
        for (first, second, warned) in [(9, 6, true), (9, 5, false)] {
            let system = System::new("shop");
            let before = told.lines().len();
            let application = Application::new(&system)
                .phase(ShutdownPhase::new("a").deadline(secs(first)))
                .phase(ShutdownPhase::new("b").after("a").deadline(secs(second)))
                .phase(
                    ShutdownPhase::new("c")
                        .after(ShutdownPhase::ACTORS)
                        .deadline(secs(60)),
                );
            close(application, &system).await;
            let line = &told.lines()[before];
            assert_eq!(
                line == "WARN phases before the actors may take all of the time; the actors are \
                         killed then system=\"shop\" longest=15s deadline=15s",
                warned,
                "{line}"
            );
        }
    });
}
