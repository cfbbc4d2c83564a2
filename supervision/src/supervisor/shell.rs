//! Does what has been decided: gives orders, keeps timers, tells those who wait.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::context::Context;
use playhouse_core::links::{self, ChildOptions, Order};
use playhouse_core::{ExitReason, Phase, Reply, SpawnError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::actor::Supervising;
use super::decide::{Action, Event, Standing, State};
use super::handle::{ChildInfo, Seat, Shared};
use super::inbox::{Inbox, Reporter};
use crate::child::Shutdown;
use crate::error::ChildError;

/// What ended a supervisor that nobody stopped.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// The first start of a child failed.
    FailedBoot { child: Arc<str>, reason: ExitReason },
    /// A child failed too often.
    GaveUp { child: Arc<str>, cause: ExitReason },
}

/// One incarnation of a supervisor, from the adoption of its children to their end.
pub(super) struct Shell {
    shared: Arc<Shared>,
    inbox: Arc<Inbox>,
    state: State,
    children: Vec<links::Child>,
    timers: Timers,
    /// Those who want to know when a child is down.
    waiting: Vec<(usize, Reply<(), ChildError>)>,
    verdict: Option<Verdict>,
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
    /// Adopts all children; none of them runs yet.
    pub(super) fn new(
        shared: Arc<Shared>,
        turn: Option<OwnedSemaphorePermit>,
        cx: &mut Context<Supervising>,
    ) -> Result<Self, SpawnError> {
        let plan = shared.plan.clone();
        let inbox = Arc::new(Inbox::new(cx.notice_sender()));
        let mut seats: Vec<Seat> = Vec::with_capacity(plan.children.len());
        for (child, spec) in plan.children.iter().enumerate() {
            let options = ChildOptions {
                name: Some(spec.id.to_string()),
                mailbox: Some(spec.mailbox),
                parent: Some(cx.id()),
                ..ChildOptions::default()
            };
            let parent = Arc::new(Reporter {
                child,
                inbox: inbox.clone(),
            });
            match spec.recipe.adopt(&cx.system(), options, parent) {
                Ok(adopted) => seats.push(Seat::new(adopted)),
                Err(error) => {
                    // None of them has run, so there is nothing to wait for.
                    seats
                        .iter()
                        .rev()
                        .for_each(|seat| seat.child.order(Order::End));
                    return Err(error);
                }
            }
        }
        let shell = Self {
            state: State::new(plan.intensity, plan.rules()),
            children: seats.iter().map(|seat| seat.child.clone()).collect(),
            timers: Timers::new(plan.children.len()),
            waiting: Vec::new(),
            verdict: None,
            booted: false,
            random: plan
                .seed
                .map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
            origin: Instant::now(),
            _turn: turn,
            actions: Vec::new(),
            reports: Vec::new(),
            inbox,
            shared,
        };
        shell.shared.seat(seats);
        Ok(shell)
    }

    pub(super) fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    /// All children were started once, and none of them has failed too often since.
    pub(super) fn is_up(&self) -> bool {
        self.booted && self.verdict.is_none()
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
            self.act(action);
        }
        self.actions = actions;
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Start { child, run, limit } => {
                self.children[child].order(Order::Start { run, limit })
            }
            Action::Rest { child } => self.children[child].order(Order::Rest),
            Action::End { child } => self.children[child].order(Order::End),
            Action::Kill { child } => {
                if let Shutdown::After(limit) = self.shared.plan.children[child].shutdown {
                    let (supervisor, child) = (self.shared.plan.title(), &*self.id(child));
                    tracing::warn!(
                        supervisor,
                        child,
                        ?limit,
                        "did not stop in time, and is killed"
                    );
                }
                self.children[child].kill();
            }
            Action::Timer {
                child,
                generation,
                at,
            } => self.timers.set(child, generation, at),
            Action::Down { child, forget } => {
                self.shared.ended(child, forget);
                for (_, reply) in self
                    .waiting
                    .extract_if(.., |(waits_for, _)| *waits_for == child)
                {
                    reply.send(());
                }
            }
            Action::Booted => self.booted = true,
            Action::FailBoot { child, reason } => {
                let child = self.id(child);
                self.verdict = Some(Verdict::FailedBoot { child, reason });
            }
            Action::GiveUp { child, cause } => {
                let (supervisor, child) = (self.shared.plan.title(), self.id(child));
                tracing::error!(supervisor, child = &*child, %cause, "too many restarts; the supervisor gives up");
                self.verdict = Some(Verdict::GaveUp { child, cause });
            }
            Action::Over => {}
        }
    }

    fn id(&self, child: usize) -> Arc<str> {
        self.shared.plan.children[child].id.clone()
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

    fn log(&self, report: &Event) {
        if let Event::Exited { child, run, reason } = report
            && !reason.is_normal()
        {
            let (supervisor, child) = (self.shared.plan.title(), &*self.id(*child));
            tracing::warn!(supervisor, child, run, %reason, "a child failed");
        }
    }

    /// When the next timer that still counts is due.
    pub(super) fn next_timer(&mut self) -> Option<Duration> {
        let state = &self.state;
        self.timers
            .next(|child, generation| state.awaits(child, generation))
    }

    /// Goes on by itself until `done`, while no messages are handled.
    pub(super) async fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        self.inbox.ring(false);
        loop {
            self.look();
            if done(self) {
                return;
            }
            let next = self.next_timer();
            let arrived = self.inbox.arrived();
            match next {
                // In time or not, the next look finds out.
                Some(at) => drop(timeout_at(self.origin + at, arrived).await),
                None => arrived.await,
            }
        }
    }

    /// From now on reports come as messages.
    pub(super) fn listen(&self) {
        self.inbox.ring(true);
    }

    /// Ends a child for good; `reply` is answered when it is down.
    pub(super) fn terminate(&mut self, id: &str, reply: Reply<(), ChildError>) {
        let known = |child: &usize| self.state.standing(*child) != Standing::Forgotten;
        match self.shared.plan.place(id).filter(known) {
            Some(child) => {
                self.waiting.push((child, reply));
                self.event(Event::Terminate { child });
            }
            None => reply.fail(ChildError::NotFound { id: id.to_owned() }),
        }
    }

    /// The children as they stand, in the order of their start.
    pub(super) fn children(&self) -> Vec<ChildInfo> {
        let now = self.now();
        let children = self.children.iter().enumerate().filter_map(|(child, it)| {
            let actor = it.actor();
            let (state, due_in) = match self.state.standing(child) {
                Standing::Resting | Standing::Starting => (Phase::Starting, None),
                Standing::Running { .. } if actor.phase() == Phase::Suspended => {
                    (Phase::Suspended, None)
                }
                Standing::Running { .. } => (Phase::Running, None),
                Standing::Waiting { due } => (Phase::Backoff, Some(due.saturating_sub(now))),
                Standing::Ending => (Phase::Stopping, None),
                Standing::Down => (actor.phase(), None),
                Standing::Forgotten => return None,
            };
            Some(ChildInfo {
                id: self.id(child),
                actor: it.id(),
                state,
                restarts: actor.restarts(),
                attempt: self.state.attempt(child, now),
                due_in,
            })
        });
        children.collect()
    }

    /// The supervisor was killed, and all below it is killed with it.
    pub(super) fn abandon(mut self) {
        for child in self.children.iter().rev() {
            child.order(Order::End);
            child.kill();
        }
        // Somebody has to see them end, so that the next incarnation knows when its turn has come.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.event(Event::Stop);
            runtime.spawn(async move { self.run_until(Self::is_over).await });
        }
    }
}

/// The timers of all children, at most one each.
struct Timers {
    due: BTreeMap<(Duration, usize), u64>,
    of: Vec<Option<Duration>>,
}

impl Timers {
    fn new(children: usize) -> Self {
        Self {
            due: BTreeMap::new(),
            of: vec![None; children],
        }
    }

    fn set(&mut self, child: usize, generation: u64, at: Duration) {
        if let Some(earlier) = self.of[child].replace(at) {
            self.due.remove(&(earlier, child));
        }
        self.due.insert((at, child), generation);
    }

    /// Takes out a timer that is due.
    fn due(&mut self, now: Duration) -> Option<(usize, u64)> {
        let first = self
            .due
            .first_entry()
            .filter(|first| first.key().0 <= now)?;
        let ((_, child), generation) = first.remove_entry();
        self.of[child] = None;
        Some((child, generation))
    }

    /// When the first timer that `counts` is due; those before it are dropped.
    fn next(&mut self, counts: impl Fn(usize, u64) -> bool) -> Option<Duration> {
        while let Some(first) = self.due.first_entry() {
            let ((at, child), generation) = (*first.key(), *first.get());
            if counts(child, generation) {
                return Some(at);
            }
            first.remove();
            self.of[child] = None;
        }
        None
    }
}
