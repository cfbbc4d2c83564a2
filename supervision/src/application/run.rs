//! Running an application: it does what the course says, and tells it what happens.
//!
//! One future does all of it. Tasks run beside it, in a set that ends them when it is dropped; it never waits for one
//! that was told to end, since that may block its thread for ever.

use std::collections::{HashMap, VecDeque};
use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::error::Left;
use playhouse_core::{ExitReason, ShutdownError, System};
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::course::{Action, Course, Event, STOP};
use super::handle::ApplicationHandle;
use super::report::{Outcome, ShutdownReason, ShutdownReport};
use super::shared::Status;
use super::signals::Ears;
use super::task::{self, ShutdownTask, Work};
use super::{Line, Plan};

/// A deadline that is further away is none. Thirty years.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// How much longer the stop of the actors would take than it may. Whoever is left when its time is over is found, named
/// and killed here; the stop would do so as well, and what it had killed could not be named any more.
const GRACE: Duration = Duration::from_millis(100);

/// How many of those who did not stop are logged one by one.
const LOGGED: usize = 16;

/// What comes from outside.
struct Outside {
    system: System,
    line: Line,
    status: watch::Receiver<Status>,
    ears: Ears,
    /// Whether a signal has asked for the end. The next one does not ask.
    asked: bool,
}

/// What a task beside this one came to.
enum Finished {
    Work(Outcome),
    Stop(Result<(), ShutdownError>),
}

/// A task beside this one.
struct Running {
    phase: usize,
    task: usize,
    abort: AbortHandle,
}

/// A shutdown that is performed.
struct Shell {
    course: Course,
    begun: Instant,
    tasks: JoinSet<Finished>,
    running: HashMap<Id, Running>,
    /// What tasks are to do that have not begun, in phases that have.
    works: HashMap<(usize, usize), Work<()>>,
    /// Who did not stop, once that is known.
    left: Option<Vec<Left>>,
}

/// Runs it from its start to its end.
pub(super) async fn run(plan: Plan) -> ShutdownReport {
    let mut outside = Outside {
        status: plan.line.0.watch(),
        system: plan.system,
        line: plan.line,
        ears: plan.ears,
        asked: false,
    };
    let system: Arc<str> = Arc::from(outside.system.name());
    let reason = live(&mut outside, plan.start).await;
    tracing::info!(system = &*system, %reason, deadline = ?plan.deadline, "shutdown begins");
    let begun = Instant::now();
    let deadline = plan.deadline.min(LONGEST);
    let (mut course, mut actions) = Course::begin(plan.graph, system.clone(), deadline);
    if outside.status.borrow().forced {
        // Nothing begins any more, so what was to be opened is not.
        actions = course.step(Event::Force, Duration::ZERO);
    }
    let mut shell = Shell {
        course,
        begun,
        tasks: JoinSet::new(),
        running: HashMap::new(),
        works: HashMap::new(),
        left: None,
    };
    shell.perform(actions, &outside).await;
    while !shell.course.is_over() {
        let event = shell.next(&mut outside).await;
        let actions = shell.course.step(event, begun.elapsed());
        shell.perform(actions, &outside).await;
    }
    let mut left = shell.left.unwrap_or_default();
    // Those that hang are of more interest than those that only were not asked.
    left.sort_by_key(|left| left.busy_with.is_none());
    let report = ShutdownReport {
        system,
        reason,
        cut_short: shell.course.cut_short(),
        phases: shell.course.report(|phase| {
            let skipped = outside.line.0.take(phase);
            let names = skipped.iter().map(|task| task.job.name.clone()).collect();
            skipped.into_iter().for_each(task::drop_quietly);
            names
        }),
        left,
        gave_up: outside.gave_up().await,
        took: begun.elapsed(),
    };
    tell(&report);
    outside.line.0.end(Some(Arc::new(report.clone())));
    report
}

/// The life of an application, until something ends it. What was still starting then is dropped.
async fn live(outside: &mut Outside, start: Option<Work<ApplicationHandle>>) -> ShutdownReason {
    let mut starting = JoinSet::new();
    let line = outside.line.0.clone();
    if let Some(start) = start.filter(|_| line.reason().is_none()) {
        starting.spawn(task::perform(start, ApplicationHandle::of(line.clone())));
    }
    loop {
        tokio::select! {
            biased;
            reason = begun(&mut outside.status) => return reason,
            signal = outside.ears.next() => {
                outside.asked = true;
                line.begin(ShutdownReason::Signal(signal));
            }
            reason = outside.system.wait() => {
                line.begin(if reason.is_normal() {
                    ShutdownReason::SystemEnded
                } else {
                    ShutdownReason::GaveUp(reason)
                });
            }
            Some(started) = starting.join_next() => match outcome(started) {
                Outcome::Done => tracing::info!(system = outside.system.name(), "started"),
                Outcome::Failed(text) => {
                    line.begin(ShutdownReason::StartFailed(text));
                }
                other => {
                    line.begin(ShutdownReason::StartFailed(Arc::from(other.to_string())));
                }
            },
        }
    }
}

impl Outside {
    /// Why a supervisor at the root gave up, if one has.
    async fn gave_up(&self) -> Option<ExitReason> {
        tokio::select! {
            biased;
            reason = self.system.wait() => (!reason.is_normal()).then_some(reason),
            () = ready(()) => None,
        }
    }
}

impl Shell {
    /// Waits for what happens next.
    async fn next(&mut self, outside: &mut Outside) -> Event {
        loop {
            let due = self.begun + self.course.next_deadline().unwrap_or_default();
            tokio::select! {
                biased;
                Some(joined) = self.tasks.join_next_with_id() => {
                    if let Some(event) = self.joined(joined) {
                        return event;
                    }
                }
                () = forced(&mut outside.status) => return Event::Force,
                signal = outside.ears.next() => {
                    if outside.asked {
                        outside.line.0.force(ShutdownReason::Signal(signal));
                        return Event::Force;
                    }
                    outside.asked = true;
                    tracing::info!(%signal, "it shuts down already; another signal forces it");
                }
                () = sleep_until(due) => return Event::Tick,
            }
        }
    }

    /// What a task came to, if it was not given up before.
    fn joined(&mut self, joined: Result<(Id, Finished), JoinError>) -> Option<Event> {
        let (id, finished) = match joined {
            Ok((id, finished)) => (id, finished),
            Err(error) => (error.id(), Finished::Work(broken(error))),
        };
        let Running { phase, task, .. } = self.running.remove(&id)?;
        let outcome = match finished {
            Finished::Work(outcome) => outcome,
            Finished::Stop(Ok(())) => Outcome::Done,
            // Nobody looked here for longer than the grace.
            Finished::Stop(Err(error)) => {
                self.left = Some(error.left);
                Outcome::TimedOut
            }
        };
        Some(Event::Ended(phase, task, outcome))
    }

    /// Does what is to be done, and what follows from that.
    async fn perform(&mut self, actions: Vec<Action>, outside: &Outside) {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Open(phase) => {
                    let tasks = outside.line.0.take(phase);
                    actions.extend(self.open(phase, tasks));
                }
                Action::Run(phase, task, limit) => self.spawn(phase, task, limit, &outside.system),
                Action::Ended(phase, task) => self.tell_outcome(phase, task),
                Action::Drop(phase, task) => self.drop_task(phase, task),
                Action::Kill => self.left = Some(kill(&outside.system).await),
                Action::Close(phase) => {
                    tracing::info!(phase = &**self.course.name(phase), "phase is over");
                }
                Action::Skip(phase) => {
                    let phase = &**self.course.name(phase);
                    tracing::warn!(phase, "phase is left out: one that it needs has failed");
                }
                Action::Cut(why) => tracing::warn!(%why, "shutdown is cut short"),
            }
        }
    }

    fn open(&mut self, phase: usize, tasks: Vec<ShutdownTask>) -> Vec<Action> {
        tracing::info!(
            phase = &**self.course.name(phase),
            tasks = tasks.len(),
            "phase begins",
        );
        // In the phase of the actors, the first is not one of these.
        let first = usize::from(self.course.is_stop(phase, STOP));
        let mut jobs = Vec::with_capacity(tasks.len());
        for (nr, ShutdownTask { job, work }) in tasks.into_iter().enumerate() {
            self.works.insert((phase, first + nr), work);
            jobs.push(job);
        }
        let now = self.begun.elapsed();
        self.course.step(Event::Opened(phase, jobs), now)
    }

    fn spawn(&mut self, phase: usize, task: usize, limit: Duration, system: &System) {
        let abort = if self.course.is_stop(phase, task) {
            let system = system.clone();
            let limit = limit.saturating_add(GRACE);
            self.tasks
                .spawn(async move { Finished::Stop(system.shutdown(limit).await) })
        } else if let Some(work) = self.works.remove(&(phase, task)) {
            self.tasks
                .spawn(async move { Finished::Work(task::perform(work, ()).await) })
        } else {
            return;
        };
        let running = Running { phase, task, abort };
        self.running.insert(running.abort.id(), running);
    }

    fn drop_task(&mut self, phase: usize, task: usize) {
        self.running.retain(|_, running| {
            let stays = (running.phase, running.task) != (phase, task);
            if !stays {
                running.abort.abort();
            }
            stays
        });
    }

    fn tell_outcome(&self, phase: usize, task: usize) {
        let Some((name, outcome)) = self.course.outcome(phase, task) else {
            return;
        };
        let (phase, task) = (&**self.course.name(phase), &**name);
        match outcome {
            Outcome::Done => tracing::debug!(phase, task, "task is done"),
            Outcome::Failed(_)
            | Outcome::Panicked(_)
            | Outcome::TimedOut
            | Outcome::Forced
            | Outcome::Skipped => tracing::warn!(phase, task, %outcome, "task is not done well"),
        }
    }
}

/// Kills all that live, and says who that was.
async fn kill(system: &System) -> Vec<Left> {
    let left = match system.shutdown(Duration::ZERO).await {
        Ok(()) => Vec::new(),
        Err(error) => error.left,
    };
    system.kill_all();
    left
}

/// What a piece of work came to.
fn outcome(joined: Result<Outcome, JoinError>) -> Outcome {
    joined.unwrap_or_else(broken)
}

/// What became of work that did not return: it panicked, or was dropped.
fn broken(error: JoinError) -> Outcome {
    match error.try_into_panic() {
        Ok(payload) => task::panicked(payload),
        Err(_) => Outcome::Forced,
    }
}

/// Waits until the shutdown begins.
async fn begun(status: &mut watch::Receiver<Status>) -> ShutdownReason {
    let reason = match status.wait_for(|status| status.begun.is_some()).await {
        Ok(status) => status.begun.clone(),
        Err(_) => None,
    };
    match reason {
        Some(reason) => reason,
        // The other end is held by whoever waits here, so this is not reached.
        None => pending().await,
    }
}

/// Waits until somebody will not wait.
async fn forced(status: &mut watch::Receiver<Status>) {
    if status.wait_for(|status| status.forced).await.is_err() {
        pending().await
    }
}

/// Tells the log how it went.
fn tell(report: &ShutdownReport) {
    let ShutdownReport { system, took, .. } = report;
    for left in report.left.iter().take(LOGGED) {
        tracing::warn!(system = &**system, actor = %left, "did not stop");
    }
    if report.is_clean() {
        tracing::info!(system = &**system, ?took, "shut down");
    } else {
        let left = report.left.len();
        tracing::warn!(system = &**system, ?took, left, "shut down, not cleanly");
    }
}
