//! An application: a system of actors from its start to its orderly end.
//!
//! Who does what:
//!
//! | part | its part |
//! |---|---|
//! | [`Application`] | what is asked for; checked as a whole before anything runs |
//! | `graph` | which phase comes after which: pure |
//! | `course` | what begins when, what is over time, what is left out: pure, all the rules are there |
//! | `run` | does it: tasks, timers, signals, the end of the actors |
//! | [`ApplicationHandle`] | what everybody else may ask for and wait for |
//! | [`ShutdownReport`] | what became of it |

mod course;
mod error;
mod graph;
mod handle;
mod phase;
mod report;
mod run;
mod shared;
mod signals;
mod task;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::System;

pub use error::{AddError, ApplicationError, PlanError, PlanMistake};
pub use handle::ApplicationHandle;
pub use phase::ShutdownPhase;
pub use report::{
    CutShort, Outcome, PhaseReport, ShutdownReason, ShutdownReport, Signal, TaskReport,
};
pub use task::{BoxError, ShutdownTask, TaskOutput};

use graph::{ACTORS, Graph};
use shared::{Book, Shared};
use signals::Ears;
use task::Work;

/// A system of actors as a program: it starts, runs until something ends it, and is shut down in order and in time.
///
/// What ends it: a signal, if it hears them; [`ApplicationHandle::shutdown`]; a start that fails; a supervisor at the
/// root that gives up; somebody who shuts the system down. Then its [phases](ShutdownPhase) run, as a graph: each when
/// those before it are over, its tasks in parallel. The phase [`actors`](ShutdownPhase::ACTORS) is always there and
/// stops the system.
///
/// Everything is bounded: a task by its deadline, the whole by [`deadline`](Self::deadline). What is over time is
/// dropped (actors: killed) and named in the [report](ShutdownReport). A second signal, or
/// [`ApplicationHandle::force`], waits for nothing more.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::{Application, ApplicationError, ShutdownPhase, ShutdownReport};
/// # #[actor]
/// # #[derive(Default)]
/// # struct Till { sold: u32 }
/// # #[handlers]
/// # impl Till {
/// #     #[message]
/// #     fn sell(&mut self) { self.sold += 1; }
/// #     #[message]
/// #     fn sold(&self) -> u32 { self.sold }
/// # }
///
/// #[tokio::main]
/// async fn main() -> Result<ShutdownReport, ApplicationError> {
///     let system = System::new("shop");
///     let till = system.spawn(Till::default());
///     let books = till.clone();
///     # let closing_time = ms(1);
///     let application = Application::new(&system)
///         .on_signals() // SIGINT and SIGTERM begin the shutdown, a second one forces it
///         .phase(ShutdownPhase::new("intake").deadline(secs(2)))
///         .phase(ShutdownPhase::new("flush").after("intake"))
///         .task("flush", "books", move || async move {
///             let sold = books.sold().await?; // the actors are stopped later
///             println!("sold {sold}");
///             Ok(())
///         })
///         .deadline(secs(30)); // for all of it
///
///     # let handle = application.handle();
///     # tokio::spawn(async move { tokio::time::sleep(closing_time).await; handle.shutdown("closing time"); });
///     application.run().await // the exit code: success if all of it went well
/// }
/// ```
#[must_use = "an application does nothing before it is run"]
pub struct Application {
    system: System,
    phases: Vec<ShutdownPhase>,
    tasks: Vec<(Arc<str>, ShutdownTask)>,
    start: Option<Work<ApplicationHandle>>,
    deadline: Duration,
    signals: bool,
    line: Line,
}

/// The application's end of what it shares: whoever waits at the other one hears when this is dropped.
#[derive(Debug)]
struct Line(Arc<Shared>);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.end(None);
    }
}

/// What an application is to do, found to make sense.
struct Plan {
    system: System,
    graph: Graph,
    start: Option<Work<ApplicationHandle>>,
    deadline: Duration,
    ears: Ears,
    line: Line,
}

impl Application {
    /// How long a shutdown may take in total unless something else is set.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(15);

    /// How many tasks an application may have, in all its phases.
    pub const MAX_TASKS: usize = 1000;

    /// An application of this system, with no phase but [`actors`](ShutdownPhase::ACTORS).
    pub fn new(system: &System) -> Self {
        Self {
            system: system.clone(),
            phases: Vec::new(),
            tasks: Vec::new(),
            start: None,
            deadline: Self::DEFAULT_DEADLINE,
            signals: false,
            line: Line(Shared::new()),
        }
    }

    /// Hears `SIGINT` (Ctrl-C) and `SIGTERM`. The first of them begins the shutdown, unless something else has; the
    /// second forces it, whatever began it. Later ones change nothing.
    ///
    /// They are heard from the first poll of [`run`](Self::run) on, while it [starts](Self::starting) too; before that
    /// they end the process, as in every program. From then on they do so no more, also when `run` is over: a program
    /// that must end ends by [`ShutdownReport::exit_process`].
    #[cfg(feature = "signals")]
    pub fn on_signals(mut self) -> Self {
        self.signals = true;
        self
    }

    /// What to start, when it runs. A shutdown that begins meanwhile drops it at its next await; an error or a panic
    /// of it begins one, and the program fails.
    ///
    /// What is made here and must be undone in the end can be given to [`ApplicationHandle::add`]. Said twice, only the
    /// second holds.
    ///
    /// ```
    /// use playhouse::prelude::*;
    /// use playhouse::supervision::{Application, Supervisor, actor};
    /// # #[actor]
    /// # struct Till;
    /// # #[handlers]
    /// # impl Till {
    /// #     #[message]
    /// #     fn ring(&self) {}
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::new("shop");
    /// let shop = Supervisor::one_for_one().child(actor("till", || async { Err::<Till, _>("no power") }));
    /// let application = Application::new(&system).starting({
    ///     let system = system.clone();
    ///     move |_| async move {
    ///         shop.start(&system).await?;
    ///         Ok(())
    ///     }
    /// });
    /// let report = application.run().await?;
    /// assert_eq!(
    ///     report.reason.to_string(),
    ///     "the start failed: child `till` did not start: start failed: no power"
    /// );
    /// assert!(!report.is_clean());
    /// # Ok(())
    /// # }
    /// ```
    pub fn starting<F, Fut>(mut self, start: F) -> Self
    where
        F: FnOnce(ApplicationHandle) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: TaskOutput,
    {
        self.start = Some(task::boxed(start));
        self
    }

    /// Adds a phase. The order in which they are given means nothing.
    pub fn phase(mut self, phase: ShutdownPhase) -> Self {
        self.phases.push(phase);
        self
    }

    /// Adds a task to a phase, which may be given later. [`add`](Self::add) takes one with a deadline of its own.
    pub fn task<F, Fut>(
        self,
        phase: impl Into<Arc<str>>,
        name: impl Into<Arc<str>>,
        work: F,
    ) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: TaskOutput,
    {
        self.add(phase, ShutdownTask::new(name, work))
    }

    /// Adds a task to a phase, which may be given later.
    pub fn add(mut self, phase: impl Into<Arc<str>>, task: ShutdownTask) -> Self {
        self.tasks.push((phase.into(), task));
        self
    }

    /// How long all of the shutdown may take; [`DEFAULT_DEADLINE`](Self::DEFAULT_DEADLINE) unless set. Then running
    /// tasks are dropped, what has not begun is left out, and the actors are killed.
    ///
    /// Longer lets slow work end; it should be less than what the service manager gives before it kills (90 s for
    /// systemd, 30 s for Kubernetes, 10 s for Docker, unless set). Zero is a mistake.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// A handle of it, to begin its shutdown or to wait for it.
    #[must_use]
    pub fn handle(&self) -> ApplicationHandle {
        ApplicationHandle::of(self.line.0.clone())
    }

    /// Starts, waits for what ends it, shuts down, and reports.
    ///
    /// It tells of its progress by `tracing`, at level `info`, of what goes wrong at `warn`, and prints nothing. Dropped
    /// before it is done it drops its tasks, and leaves the system as it is.
    ///
    /// Tasks run on the tokio runtime that it is polled in. One that blocks its thread cannot be dropped; it is named
    /// and left behind. On a runtime of one thread it holds up everything, this too.
    ///
    /// ```
    /// use playhouse::prelude::*;
    /// use playhouse::supervision::{Application, ShutdownPhase};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let error = Application::new(&System::new("shop"))
    ///     .phase(ShutdownPhase::new("intake").after("flush").deadline(secs(0)))
    ///     .phase(ShutdownPhase::new("flush").after("intake"))
    ///     .task("fush", "metrics", || async {})
    ///     .run()
    ///     .await
    ///     .unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "intake: a deadline of zero; \
    ///      intake: phases that wait for each other: intake -> flush -> intake; \
    ///      fush/metrics: there is no phase `fush`",
    /// );
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ApplicationError`]: all that makes no sense, before anything runs.
    ///
    /// # Panics
    /// On a tokio runtime without a clock, or, if it [hears signals](Self::on_signals), without I/O.
    pub async fn run(self) -> Result<ShutdownReport, ApplicationError> {
        Ok(run::run(self.plan()?).await)
    }

    /// The plan, if all of it makes sense.
    fn plan(mut self) -> Result<Plan, ApplicationError> {
        if self.phases.iter().all(|phase| &*phase.node.name != ACTORS) {
            self.phases.push(ShutdownPhase::new(ACTORS));
        }
        let nodes: Vec<_> = self.phases.into_iter().map(|phase| phase.node).collect();
        let mut book = Book::new(nodes.iter().map(|node| node.name.clone()));
        let mut of_tasks = Vec::new();
        for (phase, task) in self.tasks {
            let place = format!("{phase}/{}", task.job.name);
            let refused = book.add(&phase, &mut Some(task)).err();
            let mistake = refused.and_then(AddError::into_mistake);
            of_tasks.extend(mistake.map(|mistake| (place, mistake)));
        }
        let mut mistakes = Vec::new();
        if self.deadline.is_zero() {
            mistakes.push((String::new(), PlanMistake::ZeroDeadline));
        }
        let graph = match Graph::new(nodes) {
            Ok(graph) if mistakes.is_empty() && of_tasks.is_empty() => graph,
            Ok(_) => return Err(PlanError::of([mistakes, of_tasks]).into()),
            Err(phases) => return Err(PlanError::of([mistakes, phases, of_tasks]).into()),
        };
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(ApplicationError::NoRuntime);
        }
        let longest = graph.longest_before_actors();
        if longest >= self.deadline {
            tracing::warn!(
                system = self.system.name(),
                ?longest,
                deadline = ?self.deadline,
                "phases before the actors may take all of the time; the actors are killed then",
            );
        }
        let ears = Ears::new(self.signals)
            .map_err(|error| ApplicationError::Signals(task::clip(&error.to_string())))?;
        self.line.0.open(book);
        Ok(Plan {
            system: self.system,
            graph,
            start: self.start,
            deadline: self.deadline,
            ears,
            line: self.line,
        })
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("system", &self.system)
            .field("phases", &self.phases)
            .field("tasks", &self.tasks)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
