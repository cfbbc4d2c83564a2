//! Does what has been decided: gives orders, keeps timers, tells those who wait.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use playhouse_core::context::Context;
use playhouse_core::links::Order;
use playhouse_core::{ActorId, ExitReason, Phase, Reply, System};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::actor::Supervising;
use super::decide::{Action, Event, Key, Refusal, Request, Standing, State};
use super::handle::Started;
use super::inbox::{Inbox, Reporter};
use super::info::{ChildInfo, SupervisorInfo};
use super::recorder::{Recorder, Report, What};
use super::table::{Seat, Shared};
use super::timers::Timers;
use crate::child::ChildSpec;
use crate::error::{ChildError, DeleteChildError, RestartChildError, StartChildError};
use crate::intensity::Intensity;

/// What ended a supervisor that nobody stopped.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// The first start of a child failed.
    FailedBoot { child: Arc<str>, reason: ExitReason },
    /// A child failed too often.
    GaveUp { child: Arc<str>, cause: ExitReason },
    /// Significant children have ended.
    AutoShutdown,
}

/// One incarnation of a supervisor, from the first start of its children to the end of all.
pub(super) struct Shell {
    shared: Arc<Shared>,
    system: System,
    supervisor: ActorId,
    inbox: Arc<Inbox>,
    state: State,
    timers: Timers,
    waiting: Waiting,
    /// What the request that is just decided about was refused for.
    refusal: Option<Refusal>,
    verdict: Option<Verdict>,
    report: Option<Report>,
    recorder: Recorder,
    stopped: Vec<Arc<str>>,
    booted: bool,
    random: fastrand::Rng,
    origin: Instant,
    /// Children of the next incarnation are not made before those of this one are down.
    _turn: Option<OwnedSemaphorePermit>,
    // Empty between two events; kept for their memory.
    actions: Vec<Action>,
    reports: Vec<Event>,
}

impl Shell {
    /// None of the children runs yet.
    pub(super) fn new(
        shared: Arc<Shared>,
        turn: Option<OwnedSemaphorePermit>,
        cx: &mut Context<Supervising>,
    ) -> Self {
        let plan = shared.plan.clone();
        let rules = plan.children.iter().map(|spec| plan.rules(spec));
        let state = State::new(plan.settings.clone(), rules);
        {
            let mut table = shared.table_mut();
            let former = table.open();
            for (key, spec) in state.keys().zip(&plan.children) {
                table.insert(key, Seat::new(spec));
            }
            drop(table);
            discard(former);
        }
        Self {
            system: cx.system(),
            supervisor: cx.id(),
            inbox: Arc::new(Inbox::new(cx.notice_sender())),
            state,
            timers: Timers::default(),
            waiting: Waiting::default(),
            refusal: None,
            verdict: None,
            report: None,
            recorder: Recorder::new(plan.recorded),
            stopped: Vec::new(),
            booted: false,
            random: plan
                .seed
                .map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
            origin: Instant::now(),
            _turn: turn,
            actions: Vec::new(),
            reports: Vec::new(),
            shared,
        }
    }

    pub(super) fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    /// All children were started once.
    pub(super) fn is_booted(&self) -> bool {
        self.booted
    }

    pub(super) fn is_over(&self) -> bool {
        self.state.is_over()
    }

    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Takes in one event and does what is decided about it.
    pub(super) fn event(&mut self, event: Event) {
        let now = self.now();
        let mut actions = std::mem::take(&mut self.actions);
        self.state
            .decide(event, now, &mut self.random, &mut actions);
        for action in actions.drain(..) {
            self.act(action, now);
        }
        self.actions = actions;
    }

    fn act(&mut self, action: Action, now: Duration) {
        match action {
            Action::Start { child, run, limit } => self.start(child, run, limit),
            Action::Rest { child } => self.order(child, Order::Rest),
            Action::Stop { child, keep } => {
                self.note(child, now, What::Stopping);
                self.order(child, Order::Stop { keep });
            }
            Action::End { child } => self.order(child, Order::End),
            Action::Drain { child } => {
                if let Some(child) = self.shared.table().seat(child).and_then(Seat::living) {
                    child.actor().drain();
                }
            }
            Action::Kill { child } => self.kill(child, now),
            Action::Timer {
                child,
                generation,
                at,
            } => {
                self.timers.set(child, generation, at);
                let state = &self.state;
                self.timers
                    .tidy(|child, generation| state.awaits(child, generation));
            }
            Action::Again { child, attempt, at } => self.again(child, attempt, now, at),
            Action::Up { child } => self.up(child, now),
            Action::Ignored { child } => {
                self.note(child, now, What::Ignored);
                self.waiting.up(child, Started::ignored);
            }
            Action::NotUp { child, reason } => {
                self.note(
                    child,
                    now,
                    What::NotStarted {
                        reason: reason.clone(),
                    },
                );
                let id = self.id(child);
                self.waiting.not_up(child, &id, &reason);
            }
            Action::Down { child, forget } => self.down(child, forget, now),
            Action::Refuse(refusal) => self.refusal = Some(refusal),
            Action::Booted => self.booted = true,
            Action::FailBoot { child, reason } => {
                let child = self.id(child);
                self.verdict = Some(Verdict::FailedBoot { child, reason });
            }
            Action::GiveUp { child, cause } => self.give_up(child, cause, now),
            Action::AutoShutdown { child } => {
                let (supervisor, child) = (self.shared.plan.title(), &*self.id(child));
                tracing::info!(
                    supervisor,
                    child,
                    "its significant child has ended, and so does the supervisor"
                );
                self.verdict = Some(Verdict::AutoShutdown);
            }
            Action::Over => self.over(),
        }
    }

    fn id(&self, child: Key) -> Arc<str> {
        let table = self.shared.table();
        table
            .seat(child)
            .map_or_else(|| Arc::from(""), |seat| seat.id.clone())
    }

    fn note(&mut self, child: Key, now: Duration, what: What) {
        if self.recorder.is_on() {
            let id = self.id(child);
            self.recorder.note(now, &id, || what);
        }
    }

    /// Makes an actor where there is none, and starts it. What refuses it is a start that failed.
    fn start(&mut self, child: Key, run: u64, limit: Option<Duration>) {
        let inbox = &self.inbox;
        let mut table = self.shared.table_mut();
        let Some(seat) = table.seat_mut(child) else {
            return;
        };
        let adopted = seat.adopt(&self.system, self.supervisor, || {
            Arc::new(Reporter {
                child,
                inbox: inbox.clone(),
            })
        });
        match adopted {
            Ok(actor) => actor.order(Order::Start { run, limit }),
            Err(error) => {
                let reason = ExitReason::StartFailed(error.to_string().into());
                inbox.push(Event::Exited { child, run, reason });
            }
        }
    }

    fn order(&self, child: Key, order: Order) {
        let table = self.shared.table();
        match table.seat(child).and_then(Seat::living) {
            Some(actor) => actor.order(order),
            // It was never started, so it is down already.
            None if order == Order::End => self.inbox.push(Event::Ended { child }),
            None => {}
        }
    }

    fn kill(&mut self, child: Key, now: Duration) {
        let rules = self.state.rules(child);
        if let Some(limit) = rules.and_then(|rules| rules.shutdown.limit()) {
            let (supervisor, id) = (self.shared.plan.title(), &*self.id(child));
            tracing::warn!(
                supervisor,
                child = id,
                ?limit,
                "did not stop in time, and is killed"
            );
            self.note(child, now, What::Killed);
        }
        if let Some(actor) = self.shared.table().seat(child).and_then(Seat::living) {
            actor.kill();
        }
    }

    fn again(&mut self, child: Key, attempt: u64, now: Duration, at: Duration) {
        let wait = at.saturating_sub(now);
        let (supervisor, id) = (self.shared.plan.title(), &*self.id(child));
        tracing::info!(supervisor, name = id, attempt, ?wait, "restarting child");
        self.note(child, now, What::Again { attempt, wait });
    }

    fn up(&mut self, child: Key, now: Duration) {
        let run = self.state.run(child);
        let mut table = self.shared.table_mut();
        let Some(seat) = table.seat_mut(child) else {
            return;
        };
        seat.last_start = Some(now);
        seat.is_up = true;
        self.recorder.note(now, &seat.id, || What::Started { run });
        let Some(actor) = seat.living() else { return };
        tracing::debug!(
            supervisor = self.shared.plan.title(),
            name = &*seat.id,
            r#type = actor.actor().type_name(),
            run,
            "started child"
        );
        if self.waiting.is_empty() {
            return;
        }
        let (actor, below, info) = (actor.actor(), seat.below.clone(), seat.info.clone());
        drop(table);
        self.waiting.up(child, || {
            Started::up(actor.clone(), below.clone(), info.take())
        });
    }

    fn down(&mut self, child: Key, forget: bool, now: Duration) {
        let mut table = self.shared.table_mut();
        let Some(seat) = table.seat_mut(child) else {
            return;
        };
        seat.is_down = true;
        // An end that somebody ordered by its address is not reported before.
        if std::mem::take(&mut seat.is_up) {
            seat.last_exit = seat.actor.as_ref().and_then(|actor| actor.actor().reason());
        }
        let id = seat.id.clone();
        let forgotten = if forget { table.remove(child) } else { None };
        drop(table);
        // It has a factory of the user's, which may look at the table as it goes.
        discard(forgotten);
        self.recorder.note(now, &id, || What::Down);
        self.waiting.down(child);
        let comes_back = match self.state.standing(child) {
            Some(Standing::Held | Standing::Starting) => true,
            Some(
                Standing::Running { .. }
                | Standing::Waiting { .. }
                | Standing::Stopping
                | Standing::Ending
                | Standing::Down,
            )
            | None => false,
        };
        if !comes_back {
            self.waiting.not_up(child, &id, &ExitReason::Shutdown);
            if self.shared.plan.ends_with_child && self.verdict.is_none() {
                self.verdict = Some(Verdict::AutoShutdown);
            }
        }
        if self.report.is_some() {
            self.stopped.push(id);
        }
    }

    fn give_up(&mut self, child: Key, cause: ExitReason, now: Duration) {
        self.note(child, now, What::GaveUp);
        let table = self.shared.table();
        let message = table
            .seat(child)
            .and_then(|seat| seat.actor.as_ref()?.failed_in());
        drop(table);
        let retries = self.state.rules(child).and_then(|rules| rules.max_retries);
        let child = self.id(child);
        let plan = &self.shared.plan;
        let supervisor = plan.title();
        tracing::error!(supervisor, child = &*child, %cause, "too many restarts; the supervisor gives up");
        let mut limits = match plan.settings.intensity {
            Some(Intensity { max, period }) => format!("{max} restarts in {period:?}"),
            None => "any number of restarts".to_owned(),
        };
        if let Some(retries) = retries {
            limits.push_str(&format!(", {retries} in a row"));
        }
        self.report = Some(Report {
            supervisor: supervisor.to_owned(),
            child: child.clone(),
            cause: cause.clone(),
            message,
            limits,
        });
        self.verdict = Some(Verdict::GaveUp { child, cause });
    }

    /// All are down. What led to an escalation is told as a whole.
    fn over(&mut self) {
        if let Some(report) = self.report.take() {
            let failed = self.stopped.iter().position(|id| *id == report.child);
            if let Some(failed) = failed {
                self.stopped.remove(failed);
            }
            let text = report.text(&self.recorder, &self.stopped);
            tracing::error!(
                supervisor = self.shared.plan.title(),
                "crash report: {text}"
            );
            self.shared.table_mut().crash_report = Some(text.into());
        }
    }

    /// Takes in the reports that have come and the timers that are due.
    pub(super) fn look(&mut self) {
        let mut reports = std::mem::take(&mut self.reports);
        self.inbox.take(&mut reports);
        for report in reports.drain(..) {
            self.log(&report);
            self.event(report);
        }
        self.reports = reports;
        let now = self.now();
        while let Some((child, generation)) = self.timers.due(now) {
            self.event(Event::Timer { child, generation });
        }
    }

    fn log(&mut self, report: &Event) {
        let Event::Exited { child, run, reason } = report else {
            return;
        };
        let now = self.now();
        let mut table = self.shared.table_mut();
        let Some(seat) = table.seat_mut(*child) else {
            return;
        };
        seat.is_up = false;
        seat.last_exit = Some(reason.clone());
        let message = seat.actor.as_ref().and_then(|actor| actor.failed_in());
        let id = seat.id.clone();
        drop(table);
        if !reason.is_normal() {
            let supervisor = self.shared.plan.title();
            tracing::warn!(supervisor, child = &*id, run, %reason, "a child failed");
        }
        // Of a start that failed more is to be said.
        let starting = self.state.standing(*child) == Some(Standing::Starting);
        if !starting {
            self.recorder.note(now, &id, || What::Exited {
                run: *run,
                reason: reason.clone(),
                message,
            });
        }
    }

    /// When to look at the timers again.
    pub(super) fn next_timer(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// Goes on by itself until `done`, while no messages are handled.
    pub(super) async fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        self.inbox.ring(false);
        loop {
            self.look();
            if done(self) {
                return;
            }
            // One that is due after the end of time is none.
            let next = self.next_timer().and_then(|at| self.origin.checked_add(at));
            let arrived = self.inbox.arrived();
            match next {
                // In time or not, the next look finds out.
                Some(at) => drop(timeout_at(at, arrived).await),
                None => arrived.await,
            }
        }
    }

    /// From now on reports come as messages.
    pub(super) fn listen(&self) {
        self.inbox.ring(true);
    }

    // What somebody asks for.

    /// Decides a request; what it was refused for, if it was.
    fn request(&mut self, request: Request) -> Result<(), Refusal> {
        self.refusal = None;
        self.event(Event::Request(request));
        self.refusal.take().map_or(Ok(()), Err)
    }

    /// Adds a child; `reply` is answered when it is up.
    pub(super) fn start_child(&mut self, spec: &ChildSpec, reply: Reply<Started, StartChildError>) {
        let plan = self.shared.plan.clone();
        if let Err(error) = plan.check_added(spec) {
            return reply.fail(StartChildError::Config(error));
        }
        let taken = self.shared.table().key(&spec.id);
        if let Some(refusal) = taken.and_then(|key| self.state.taken(key)) {
            return reply.fail(refusal.of_start(&spec.id, &self.shared));
        }
        let key = self.state.next_key();
        self.shared.table_mut().insert(key, Seat::new(spec));
        let ticket = self.waiting.add(key, Waiter::Start(reply));
        let rules = Box::new(plan.rules(spec));
        if let Err(refusal) = self.request(Request::Start { rules }) {
            let refused = self.shared.table_mut().remove(key);
            discard(refused);
            if let Some(Waiter::Start(reply)) = self.waiting.remove(key, ticket) {
                reply.fail(refusal.of_start(&spec.id, &self.shared));
            }
        }
    }

    /// Starts a child again; `reply` is answered when it is up.
    pub(super) fn restart_child(
        &mut self,
        id: &str,
        request: impl FnOnce(Key) -> Request,
        reply: Reply<Started, RestartChildError>,
    ) {
        let Some(key) = self.shared.table().key(id) else {
            return reply.fail(Refusal::NotFound.of_restart(id));
        };
        let ticket = self.waiting.add(key, Waiter::Restart(reply));
        if let Err(refusal) = self.request(request(key))
            && let Some(Waiter::Restart(reply)) = self.waiting.remove(key, ticket)
        {
            reply.fail(refusal.of_restart(id));
        }
    }

    /// Ends a child for good; `reply` is answered when it is down.
    pub(super) fn terminate_child(&mut self, id: &str, reply: Reply<(), ChildError>) {
        let Some(child) = self.shared.table().key(id) else {
            return reply.fail(ChildError::NotFound { id: id.to_owned() });
        };
        self.waiting.add(child, Waiter::Down(reply));
        // Who is there can be terminated.
        let _ = self.request(Request::Terminate { child });
    }

    /// Forgets a child that is down.
    pub(super) fn delete_child(&mut self, id: &str) -> Result<(), DeleteChildError> {
        let child = self.shared.table().key(id);
        let child = child.ok_or_else(|| Refusal::NotFound.of_delete(id))?;
        self.request(Request::Delete { child })
            .map_err(|refusal| refusal.of_delete(id))
    }

    /// The supervisor and its children as they stand.
    pub(super) fn info(&self) -> SupervisorInfo {
        let (now, wall) = (self.now(), SystemTime::now());
        let settings = &self.shared.plan.settings;
        let restarts_in_window = self.state.restarts_in_window(now);
        let table = self.shared.table();
        let children = self.state.keys().filter_map(|key| {
            let seat = table.seat(key)?;
            Some(self.child_info(key, seat, now, wall))
        });
        SupervisorInfo {
            name: self.shared.plan.name.clone(),
            actor: self.supervisor,
            strategy: settings.strategy,
            dynamic: settings.dynamic,
            auto_shutdown: settings.auto_shutdown,
            intensity: settings.intensity,
            restarts_in_window,
            budget: settings
                .intensity
                .map(|intensity| (intensity.max as usize).saturating_sub(restarts_in_window)),
            children: children.collect(),
        }
    }

    fn child_info(&self, key: Key, seat: &Seat, now: Duration, wall: SystemTime) -> ChildInfo {
        let standing = self.state.standing(key).unwrap_or(Standing::Down);
        let phase = seat.actor.as_ref().map(|actor| actor.actor().phase());
        let due = self.state.due(key);
        let state = match standing {
            Standing::Held if due.is_some() => Phase::Backoff,
            Standing::Held | Standing::Starting => Phase::Starting,
            Standing::Running { .. } if phase == Some(Phase::Suspended) => Phase::Suspended,
            Standing::Running { .. } => Phase::Running,
            Standing::Waiting { .. } => Phase::Backoff,
            Standing::Stopping | Standing::Ending => Phase::Stopping,
            Standing::Down => phase.unwrap_or(Phase::Stopped),
        };
        let rules = self.state.rules(key);
        ChildInfo {
            id: seat.id.clone(),
            actor: seat.actor.as_ref().map(|actor| actor.id()),
            type_name: seat.type_name(),
            kind: seat.kind(),
            is_supervisor: seat.is_supervisor(),
            restart: rules.map(|rules| rules.restart).unwrap_or_default(),
            significant: rules.is_some_and(|rules| rules.significant),
            state,
            restarts: self.state.restarts(key),
            attempt: self.state.attempt(key, now),
            due_in: due.map(|due| due.saturating_sub(now)),
            last_start: seat
                .last_start
                .and_then(|at| wall.checked_sub(now.saturating_sub(at))),
            last_exit: seat.last_exit.clone(),
            uptime: match standing {
                Standing::Running { since } => Some(now.saturating_sub(since)),
                Standing::Held
                | Standing::Starting
                | Standing::Waiting { .. }
                | Standing::Stopping
                | Standing::Ending
                | Standing::Down => None,
            },
        }
    }

    /// The supervisor was killed, and all below it is killed with it.
    pub(super) fn abandon(mut self) {
        for child in self.shared.table().seats().rev().filter_map(Seat::living) {
            child.order(Order::End);
            child.kill();
        }
        // Somebody has to see them end, so that the next incarnation knows when its turn has come.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                self.event(Event::Stop);
                self.run_until(Self::is_over).await;
            });
        }
    }
}

/// Drops what may hold code of a user's, which may panic.
pub(super) fn discard<T>(what: T) {
    quietly(|| drop(what));
}

/// Does what may drop something of a user's, whose destructor may panic.
fn quietly(f: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(f)).is_err() {
        tracing::error!("a factory, or its information, panicked as it was dropped");
    }
}

/// Who waits for what about which child.
#[derive(Default)]
struct Waiting {
    list: BTreeMap<(Key, u64), Waiter>,
    next: u64,
}

enum Waiter {
    /// For its end.
    Down(Reply<(), ChildError>),
    /// For its first start.
    Start(Reply<Started, StartChildError>),
    /// For another start.
    Restart(Reply<Started, RestartChildError>),
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn add(&mut self, child: Key, waiter: Waiter) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.list.insert((child, ticket), waiter);
        ticket
    }

    fn remove(&mut self, child: Key, ticket: u64) -> Option<Waiter> {
        self.list.remove(&(child, ticket))
    }

    /// Takes out those who wait for this child in one way.
    fn take(&mut self, child: Key, which: impl Fn(&Waiter) -> bool) -> Option<Waiter> {
        let mut of_child = self.list.range((child, 0)..=(child, u64::MAX));
        let found = of_child
            .find(|(_, waiter)| which(waiter))
            .map(|(at, _)| *at)?;
        self.list.remove(&found)
    }

    fn up(&mut self, child: Key, mut started: impl FnMut() -> Started) {
        while let Some(waiter) = self.take(child, Waiter::is_for_start) {
            match waiter {
                // What nobody waits for any more is dropped there, with information of the user's.
                Waiter::Start(reply) => quietly(|| reply.send(started())),
                Waiter::Restart(reply) => quietly(|| reply.send(started())),
                Waiter::Down(_) => {}
            }
        }
    }

    fn not_up(&mut self, child: Key, id: &str, reason: &ExitReason) {
        let (id, reason) = (|| id.to_owned(), || reason.clone());
        while let Some(waiter) = self.take(child, Waiter::is_for_start) {
            match waiter {
                Waiter::Start(reply) => reply.fail(StartChildError::Failed {
                    id: id(),
                    reason: reason(),
                }),
                Waiter::Restart(reply) => reply.fail(RestartChildError::Failed {
                    id: id(),
                    reason: reason(),
                }),
                Waiter::Down(_) => {}
            }
        }
    }

    fn down(&mut self, child: Key) {
        while let Some(waiter) = self.take(child, |waiter| !waiter.is_for_start()) {
            if let Waiter::Down(reply) = waiter {
                reply.send(());
            }
        }
    }
}

impl Waiter {
    fn is_for_start(&self) -> bool {
        match self {
            Self::Start(_) | Self::Restart(_) => true,
            Self::Down(_) => false,
        }
    }
}

impl Refusal {
    fn of_start(self, id: &str, shared: &Shared) -> StartChildError {
        let id = id.to_owned();
        match self {
            Self::AlreadyStarted | Self::Running => StartChildError::AlreadyStarted { id },
            Self::AlreadyPresent | Self::Restarting => StartChildError::AlreadyPresent { id },
            Self::MaxChildren => StartChildError::MaxChildren {
                max: shared.plan.settings.max_children.unwrap_or(usize::MAX),
            },
            Self::NotFound | Self::Stopping => StartChildError::SupervisorGone,
        }
    }

    fn of_restart(self, id: &str) -> RestartChildError {
        let id = id.to_owned();
        match self {
            Self::NotFound => RestartChildError::NotFound { id },
            Self::Running | Self::AlreadyStarted => RestartChildError::Running { id },
            Self::Restarting | Self::AlreadyPresent => RestartChildError::Restarting { id },
            Self::MaxChildren | Self::Stopping => RestartChildError::SupervisorGone,
        }
    }

    fn of_delete(self, id: &str) -> DeleteChildError {
        let id = id.to_owned();
        match self {
            Self::NotFound => DeleteChildError::NotFound { id },
            Self::Running | Self::AlreadyStarted => DeleteChildError::Running { id },
            Self::Restarting | Self::AlreadyPresent => DeleteChildError::Restarting { id },
            Self::MaxChildren | Self::Stopping => DeleteChildError::SupervisorGone,
        }
    }
}
