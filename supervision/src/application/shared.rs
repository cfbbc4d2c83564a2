//! What an application shares with its handles: what was asked for, what came of it, and the tasks that still wait.
//!
//! The tasks lie under a lock. What is dropped of them is dropped outside of it, since it is somebody else's code.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::Application;
use super::error::AddError;
use super::report::{ShutdownReason, ShutdownReport};
use super::task::ShutdownTask;

/// How far an application is.
#[derive(Clone, Debug, Default)]
pub(super) struct Status {
    /// Why it shuts down, once it does.
    pub(super) begun: Option<ShutdownReason>,
    /// Whether somebody will not wait.
    pub(super) forced: bool,
    /// What became of it; set when it is over.
    pub(super) report: Option<Arc<ShutdownReport>>,
    /// Whether it is over, or was dropped.
    pub(super) over: bool,
}

#[derive(Debug)]
pub(super) struct Shared {
    status: watch::Sender<Status>,
    book: Mutex<Book>,
}

/// The tasks of phases that have not begun.
#[derive(Debug, Default)]
pub(super) struct Book {
    pages: Vec<Page>,
    /// Of all that were ever written into it.
    count: usize,
}

#[derive(Debug)]
struct Page {
    phase: Arc<str>,
    /// `None` once the phase has begun.
    tasks: Option<Vec<ShutdownTask>>,
}

impl Shared {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            status: watch::Sender::new(Status::default()),
            book: Mutex::default(),
        })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn watch(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    pub(super) fn reason(&self) -> Option<ShutdownReason> {
        self.status.borrow().begun.clone()
    }

    /// Begins the shutdown; false if it has begun already, or never will.
    pub(super) fn begin(&self, reason: ShutdownReason) -> bool {
        self.status.send_if_modified(|status| {
            let first = status.begun.is_none() && !status.over;
            if first {
                status.begun = Some(reason);
            }
            first
        })
    }

    pub(super) fn force(&self, reason: ShutdownReason) {
        self.status.send_if_modified(|status| {
            let first = !status.forced && !status.over;
            if first {
                status.forced = true;
                status.begun.get_or_insert(reason);
            }
            first
        });
    }

    /// It is over, with a report if it came so far.
    pub(super) fn end(&self, report: Option<Arc<ShutdownReport>>) {
        let rest = std::mem::take(&mut *self.book());
        super::task::drop_quietly(rest);
        self.status.send_if_modified(|status| {
            let first = !status.over;
            if first {
                status.over = true;
                status.report = report;
            }
            first
        });
    }

    /// From now on tasks may be added to these phases.
    pub(super) fn open(&self, book: Book) {
        *self.book() = book;
    }

    pub(super) fn add(&self, phase: &str, task: ShutdownTask) -> Result<(), AddError> {
        let mut task = Some(task);
        // A task that is refused is dropped after the lock.
        self.book().add(phase, &mut task)
    }

    /// The tasks of a phase that begins.
    pub(super) fn take(&self, phase: usize) -> Vec<ShutdownTask> {
        let mut book = self.book();
        let page = book.pages.get_mut(phase);
        page.and_then(|page| page.tasks.take()).unwrap_or_default()
    }
}

impl Book {
    /// An empty one for these phases.
    pub(super) fn new(phases: impl IntoIterator<Item = Arc<str>>) -> Self {
        let pages = phases.into_iter().map(|phase| Page {
            phase,
            tasks: Some(Vec::new()),
        });
        Self {
            pages: pages.collect(),
            count: 0,
        }
    }

    /// Takes the task, if nothing is against it.
    pub(super) fn add(
        &mut self,
        phase: &str,
        task: &mut Option<ShutdownTask>,
    ) -> Result<(), AddError> {
        let Some(job) = task.as_ref().map(|task| &task.job) else {
            return Ok(());
        };
        if self.pages.is_empty() {
            return Err(AddError::NotRunning);
        }
        let page = self.pages.iter_mut().find(|page| &*page.phase == phase);
        let Some(page) = page else {
            let name = Arc::from(phase);
            return Err(AddError::UnknownPhase { name });
        };
        let Some(tasks) = &mut page.tasks else {
            return Err(AddError::TooLate);
        };
        if job.name.is_empty() {
            return Err(AddError::NoName);
        }
        if job.deadline.is_some_and(|deadline| deadline.is_zero()) {
            return Err(AddError::ZeroDeadline);
        }
        if tasks.iter().any(|other| other.job.name == job.name) {
            let name = job.name.clone();
            return Err(AddError::Duplicate { name });
        }
        let limit = Application::MAX_TASKS;
        if self.count >= limit {
            return Err(AddError::TooManyTasks { limit });
        }
        self.count += 1;
        tasks.extend(task.take());
        Ok(())
    }
}
