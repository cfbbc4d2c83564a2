//! Scripts through real actors, on one thread with a clock that stands still while anything can happen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use playhouse::prelude::*;
use playhouse::supervision::{ChildError, Strategy};
use playhouse::supervision::{
    ChildSpec, DeleteChildError, RestartChildError, Start, StartChildError, Started, Supervisor,
    SupervisorRef, actor,
};
use serde_json::json;

use crate::compare::Traces;
use crate::script::{Command, How, Line, Script, Spec};

pub(crate) fn run(script: &Script) -> Traces {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime of one thread needs nothing but memory");
    runtime.block_on(perform(script))
}

async fn perform(script: &Script) -> Traces {
    let stage = Arc::new(Stage::default());
    let system = System::new("otp");
    let mut supervisor = match script.strategy {
        Strategy::OneForOne => Supervisor::one_for_one(),
        Strategy::OneForAll => Supervisor::one_for_all(),
        Strategy::RestForOne => Supervisor::rest_for_one(),
    }
    .intensity(script.intensity, secs(3600))
    .auto_shutdown(script.auto_shutdown);
    for spec in &script.children {
        supervisor = supervisor.child(stage.spec(spec));
    }
    let mut traces = Traces::default();
    let started = supervisor.start(&system).await;
    settle().await;
    stage.note(json!([if started.is_ok() {
        "started"
    } else {
        "start_failed"
    }]));
    traces.boot = stage.take();
    let Ok(supervisor) = started else {
        return traces;
    };
    for step in &script.steps {
        if supervisor.actor().reason().is_some() {
            break;
        }
        command(&supervisor, &stage, &step.cmd).await;
        if let Some(reason) = supervisor.actor().reason() {
            let reason = match reason {
                // The one deviation that is chosen: giving up has a reason of its own.
                ExitReason::Shutdown | ExitReason::Escalated { .. } => "shutdown".to_owned(),
                other => other.to_string(),
            };
            stage.note(json!(["sup_exit", reason]));
        }
        traces.steps.push(stage.take());
    }
    let _none_is_stubborn = system.shutdown(secs(60)).await;
    traces
}

/// Until nothing moves any more: the clock goes on only then.
async fn settle() {
    tokio::time::sleep(ms(1)).await;
}

async fn command(supervisor: &SupervisorRef, stage: &Arc<Stage>, command: &Command) {
    let reply = match command {
        Command::Crash(id, how) => {
            match supervisor.address::<Puppet>(id) {
                Ok(puppet) => drop(puppet.crash(*how).tell().await),
                Err(_) => stage.note(json!(["noop"])),
            }
            None
        }
        Command::FailNext(id, times) => {
            stage.plan(id, Plan::Fail(*times));
            None
        }
        Command::IgnoreNext(id) => {
            stage.plan(id, Plan::Ignore);
            None
        }
        Command::Terminate(id) => Some(match supervisor.terminate_child(id).await {
            Ok(()) => "ok",
            Err(ChildError::NotFound { .. }) => "not_found",
            Err(_) => "another error",
        }),
        Command::Restart(id) => Some(match supervisor.restart_child(id).await {
            Ok(started) => up(&started),
            Err(RestartChildError::NotFound { .. }) => "not_found",
            Err(RestartChildError::Running { .. }) => "running",
            Err(RestartChildError::Restarting { .. }) => "restarting",
            Err(RestartChildError::Failed { .. }) => "start_error",
            Err(_) => "another error",
        }),
        Command::Delete(id) => Some(match supervisor.delete_child(id).await {
            Ok(()) => "ok",
            Err(DeleteChildError::NotFound { .. }) => "not_found",
            Err(DeleteChildError::Running { .. }) => "running",
            Err(DeleteChildError::Restarting { .. }) => "restarting",
            Err(_) => "another error",
        }),
        Command::Start(spec) => Some(match supervisor.start_child(stage.spec(spec)).await {
            Ok(started) => up(&started),
            Err(StartChildError::AlreadyStarted { .. }) => "already_started",
            Err(StartChildError::AlreadyPresent { .. }) => "already_present",
            Err(StartChildError::Failed { .. }) => "start_error",
            Err(_) => "another error",
        }),
        Command::Which => {
            let children = supervisor.children().await;
            let children: Vec<Line> = children
                .iter()
                .map(|child| json!([&*child.id, if child.is_up() { "up" } else { "down" }]))
                .collect();
            stage.note(json!(["which", children]));
            None
        }
        Command::Count => {
            let counts = supervisor.counts().await;
            let (specs, active) = (counts.specs, counts.active);
            stage.note(json!([
                "count",
                specs,
                active,
                counts.supervisors,
                counts.workers
            ]));
            None
        }
        Command::Shutdown => {
            supervisor.stop().await;
            None
        }
    };
    settle().await;
    if let Some(reply) = reply {
        stage.note(json!(["reply", reply]));
    }
}

fn up(started: &Started) -> &'static str {
    if started.is_ignored() {
        "ignored"
    } else {
        "up"
    }
}

/// What all puppets of one script share.
#[derive(Default)]
struct Stage {
    trace: Mutex<Vec<Line>>,
    plans: Mutex<HashMap<String, Plan>>,
}

/// What the next starts of a child do.
enum Plan {
    Fail(u32),
    Ignore,
}

impl Stage {
    fn note(&self, line: Line) {
        lock(&self.trace).push(line);
    }

    fn take(&self) -> Vec<Line> {
        std::mem::take(&mut *lock(&self.trace))
    }

    fn plan(&self, id: &str, plan: Plan) {
        lock(&self.plans).insert(id.to_owned(), plan);
    }

    fn spec(self: &Arc<Self>, Spec(id, restart, significant): &Spec) -> ChildSpec {
        let (stage, name) = (self.clone(), id.clone());
        actor(id.as_str(), move || stage.enter(&name))
            .restart(*restart)
            .significant(*significant)
    }

    /// What a factory does.
    fn enter(self: &Arc<Self>, id: &str) -> Result<Puppet, Start> {
        let mut plans = lock(&self.plans);
        match plans.get_mut(id) {
            Some(Plan::Fail(left)) if *left > 0 => {
                *left -= 1;
                self.note(json!(["start_error", id]));
                Err("planned".into())
            }
            Some(Plan::Ignore) => {
                plans.remove(id);
                self.note(json!(["ignore", id]));
                Err(Start::Ignore)
            }
            Some(Plan::Fail(_)) | None => {
                self.note(json!(["start", id]));
                Ok(Puppet {
                    id: id.to_owned(),
                    stage: self.clone(),
                    told: None,
                })
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A child that ends itself when it is told to.
#[actor]
struct Puppet {
    id: String,
    stage: Arc<Stage>,
    told: Option<How>,
}

#[handlers]
impl Puppet {
    #[message]
    fn crash(&mut self, how: How, cx: &mut Context<Self>) -> Result<(), &'static str> {
        self.told = Some(how);
        match how {
            How::Boom => return Err("boom"),
            How::Normal => cx.stop(),
            How::Shutdown => cx.stop_with(ExitReason::Shutdown),
            How::ShutdownTerm => cx.stop_with(ExitReason::ShutdownWith("term".into())),
        }
        Ok(())
    }

    #[stopping]
    fn end(&mut self) {
        self.stage.note(match self.told {
            Some(how) => json!(["exit", self.id, how.as_str()]),
            None => json!(["stop", self.id, "shutdown"]),
        });
    }
}
