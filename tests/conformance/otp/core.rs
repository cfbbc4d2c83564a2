//! Scripts on the decisions alone: children that obey at once, and no time.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use playhouse::ExitReason;
use playhouse::supervision::decide::{
    Action, Event, Key, Refusal, Request, Rules, Settings, Standing, State,
};
use playhouse::supervision::{AutoShutdown, Backoff, Intensity, Shutdown};
use serde_json::json;

use crate::compare::Traces;
use crate::script::{Command, How, Line, Script, Spec};

pub(crate) fn run(script: &Script) -> Traces {
    let mut world = World::new(script);
    world.tell(Event::Boot);
    let booted = !world.state.is_over();
    world
        .trace
        .push(json!([if booted { "started" } else { "start_failed" }]));
    let mut traces = Traces {
        boot: std::mem::take(&mut world.trace),
        steps: Vec::new(),
    };
    for step in &script.steps {
        if world.state.is_over() {
            break;
        }
        world.command(&step.cmd);
        if world.state.is_over() {
            world.trace.push(json!(["sup_exit", "shutdown"]));
        }
        traces.steps.push(std::mem::take(&mut world.trace));
    }
    traces
}

/// What the next starts of a child do.
enum Plan {
    Fail(u32),
    Ignore,
}

struct World {
    state: State,
    ids: HashMap<String, Key>,
    names: HashMap<Key, String>,
    /// Who is up, and by which start.
    up: HashMap<Key, u64>,
    plans: HashMap<String, Plan>,
    reports: VecDeque<Event>,
    random: fastrand::Rng,
    trace: Vec<Line>,
    refusal: Option<Refusal>,
    answer: Option<&'static str>,
}

fn rules(spec: &Spec) -> Rules {
    Rules {
        restart: spec.1,
        significant: spec.2,
        shutdown: Shutdown::DEFAULT,
        backoff: Backoff::none(),
        max_retries: None,
        start_limit: None,
        keeps_queue: false,
    }
}

impl World {
    fn new(script: &Script) -> Self {
        let settings = Settings {
            strategy: script.strategy,
            intensity: Some(Intensity {
                max: script.intensity,
                period: Duration::from_secs(3600),
            }),
            auto_shutdown: script.auto_shutdown,
            retry_initial: false,
            dynamic: false,
            max_children: None,
        };
        debug_assert!(matches!(
            settings.auto_shutdown,
            AutoShutdown::Never | AutoShutdown::AnySignificant | AutoShutdown::AllSignificant
        ));
        let state = State::new(settings, script.children.iter().map(rules));
        let mut world = Self {
            ids: HashMap::new(),
            names: HashMap::new(),
            up: HashMap::new(),
            plans: HashMap::new(),
            reports: VecDeque::new(),
            random: fastrand::Rng::with_seed(0),
            trace: Vec::new(),
            refusal: None,
            answer: None,
            state,
        };
        let keys: Vec<Key> = world.state.keys().collect();
        for (key, spec) in keys.into_iter().zip(&script.children) {
            world.name(key, &spec.0);
        }
        world
    }

    fn name(&mut self, key: Key, id: &str) {
        self.ids.insert(id.to_owned(), key);
        self.names.insert(key, id.to_owned());
    }

    /// Decides an event and all that it leads to.
    fn tell(&mut self, event: Event) {
        self.reports.push_back(event);
        while let Some(report) = self.reports.pop_front() {
            let mut actions = Vec::new();
            self.state
                .decide(report, Duration::ZERO, &mut self.random, &mut actions);
            for action in actions {
                self.obey(action);
            }
        }
    }

    fn obey(&mut self, action: Action) {
        match action {
            Action::Start { child, run, .. } => self.start(child, run),
            Action::Stop { child, .. } => {
                if let Some(run) = self.stopped(child) {
                    let reason = ExitReason::Shutdown;
                    self.reports.push_back(Event::Exited { child, run, reason });
                }
            }
            Action::End { child } | Action::Drain { child } => {
                if let Some(run) = self.stopped(child) {
                    let reason = ExitReason::Shutdown;
                    self.reports.push_back(Event::Exited { child, run, reason });
                }
                self.reports.push_back(Event::Ended { child });
            }
            Action::Up { .. } => self.answer = Some("up"),
            Action::Ignored { .. } => self.answer = Some("ignored"),
            Action::NotUp { .. } => self.answer = Some("start_error"),
            Action::Down { child, forget } => {
                self.answer = self.answer.or(Some("ok"));
                if forget && let Some(id) = self.names.remove(&child) {
                    self.ids.remove(&id);
                }
            }
            Action::Refuse(refusal) => self.refusal = Some(refusal),
            Action::Rest { .. }
            | Action::Kill { .. }
            | Action::Timer { .. }
            | Action::Again { .. }
            | Action::Booted
            | Action::FailBoot { .. }
            | Action::GiveUp { .. }
            | Action::AutoShutdown { .. }
            | Action::Over => {}
        }
    }

    fn start(&mut self, child: Key, run: u64) {
        let id = self.names[&child].clone();
        let report = match self.plans.get_mut(&id) {
            Some(Plan::Fail(times)) => {
                *times -= 1;
                if *times == 0 {
                    self.plans.remove(&id);
                }
                self.trace.push(json!(["start_error", id]));
                Event::Exited {
                    child,
                    run,
                    reason: ExitReason::StartFailed("planned".into()),
                }
            }
            Some(Plan::Ignore) => {
                self.plans.remove(&id);
                self.trace.push(json!(["ignore", id]));
                Event::Ignored { child, run }
            }
            None => {
                self.trace.push(json!(["start", id]));
                self.up.insert(child, run);
                Event::Started { child, run }
            }
        };
        self.reports.push_back(report);
    }

    /// The supervisor stops a child that is up. Gives the number of its start.
    fn stopped(&mut self, child: Key) -> Option<u64> {
        let run = self.up.remove(&child)?;
        self.trace
            .push(json!(["stop", self.names[&child], "shutdown"]));
        Some(run)
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Crash(id, how) => self.crash(id, *how),
            Command::FailNext(id, 0) => {
                self.plans.remove(id);
            }
            Command::FailNext(id, times) => {
                self.plans.insert(id.clone(), Plan::Fail(*times));
            }
            Command::IgnoreNext(id) => {
                self.plans.insert(id.clone(), Plan::Ignore);
            }
            Command::Terminate(id) => self.about(id, |child| Request::Terminate { child }),
            Command::Restart(id) => self.about(id, |child| Request::Restart { child }),
            Command::Delete(id) => self.about(id, |child| Request::Delete { child }),
            Command::Start(spec) => self.add(spec),
            Command::Which => self.which(),
            Command::Count => self.count(),
            Command::Shutdown => self.tell(Event::Stop),
        }
    }

    fn crash(&mut self, id: &str, how: How) {
        let up = self
            .ids
            .get(id)
            .and_then(|child| Some((*child, self.up.remove(child)?)));
        let Some((child, run)) = up else {
            self.trace.push(json!(["noop"]));
            return;
        };
        self.trace.push(json!(["exit", id, how.as_str()]));
        let reason = match how {
            How::Boom => ExitReason::Error("boom".into()),
            How::Normal => ExitReason::Normal,
            How::Shutdown => ExitReason::Shutdown,
            How::ShutdownTerm => ExitReason::ShutdownWith("term".into()),
        };
        self.tell(Event::Exited { child, run, reason });
    }

    /// Asks for something about a child, and notes the reply.
    fn about(&mut self, id: &str, request: impl FnOnce(Key) -> Request) {
        let reply = match self.ids.get(id) {
            Some(child) => self.ask(request(*child)),
            None => "not_found",
        };
        self.trace.push(json!(["reply", reply]));
    }

    fn ask(&mut self, request: Request) -> &'static str {
        (self.answer, self.refusal) = (None, None);
        self.tell(Event::Request(request));
        match self.refusal {
            Some(Refusal::NotFound) => "not_found",
            Some(Refusal::Running) => "running",
            Some(Refusal::Restarting) => "restarting",
            Some(Refusal::MaxChildren) => "max_children",
            Some(Refusal::Stopping) => "stopping",
            Some(Refusal::AlreadyStarted) => "already_started",
            Some(Refusal::AlreadyPresent) => "already_present",
            None => self.answer.unwrap_or("no answer"),
        }
    }

    fn add(&mut self, spec: &Spec) {
        let taken = self.ids.get(&spec.0).and_then(|key| self.state.taken(*key));
        let reply = match taken {
            Some(Refusal::AlreadyStarted) => "already_started",
            Some(_) => "already_present",
            None => {
                self.name(self.state.next_key(), &spec.0);
                let rules = Box::new(rules(spec));
                self.ask(Request::Start { rules })
            }
        };
        self.trace.push(json!(["reply", reply]));
    }

    fn is_up(&self, child: Key) -> bool {
        matches!(
            self.state.standing(child),
            Some(Standing::Running { .. } | Standing::Stopping)
        )
    }

    fn which(&mut self) {
        let children: Vec<Line> = self
            .state
            .keys()
            .map(|key| {
                json!([
                    self.names[&key],
                    if self.is_up(key) { "up" } else { "down" }
                ])
            })
            .collect();
        self.trace.push(json!(["which", children]));
    }

    fn count(&mut self) {
        let specs = self.state.keys().count();
        let active = self.state.keys().filter(|key| self.is_up(*key)).count();
        self.trace.push(json!(["count", specs, active, 0, specs]));
    }
}
