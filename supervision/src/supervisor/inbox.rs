//! How reports of children reach their supervisor.
//!
//! A report comes from the child's task, at any time. While a hook of the supervisor runs, no messages are handled,
//! so the hook waits for reports by itself; between hooks they ring a bell, which is a notice that needs no room in
//! the mailbox. One bell stands for all reports that have come since the last look.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use playhouse_core::context::NoticeSender;
use playhouse_core::links::Parent;
use playhouse_core::{ActorId, ExitReason};
use tokio::sync::Notify;

use super::actor::{Reports, Supervising};
use super::decide::{Event, Key};

/// The reports of all children of one incarnation of a supervisor.
pub(super) struct Inbox {
    queue: Mutex<Queue>,
    arrived: Notify,
    bell: NoticeSender<Supervising>,
}

#[derive(Default)]
struct Queue {
    reports: Vec<Event>,
    /// The supervisor handles messages, so the bell is heard.
    rings: bool,
}

impl Inbox {
    pub(super) fn new(bell: NoticeSender<Supervising>) -> Self {
        Self {
            queue: Mutex::default(),
            arrived: Notify::new(),
            bell,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, report: Event) {
        let mut queue = self.lock();
        queue.reports.push(report);
        let first = queue.reports.len() == 1;
        let rings = queue.rings;
        drop(queue);
        if !first {
            return;
        }
        if rings {
            self.bell.send(Reports);
        } else {
            self.arrived.notify_one();
        }
    }

    /// Moves all that has come into `reports`, which is empty.
    pub(super) fn take(&self, reports: &mut Vec<Event>) {
        std::mem::swap(&mut self.lock().reports, reports);
    }

    /// Whether messages are handled from now on; if not, whoever waits by itself looks first.
    pub(super) fn ring(&self, rings: bool) {
        let mut queue = self.lock();
        queue.rings = rings;
        let waiting = !queue.reports.is_empty();
        drop(queue);
        if waiting && rings {
            self.bell.send(Reports);
        }
    }

    /// Waits for a report, for hooks. It may have been taken already.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

/// One child's side of the inbox.
pub(super) struct Reporter {
    pub(super) child: Key,
    pub(super) inbox: Arc<Inbox>,
}

impl Parent for Reporter {
    fn started(&self, _: ActorId, run: u64) {
        self.inbox.push(Event::Started {
            child: self.child,
            run,
        });
    }

    fn exited(&self, _: ActorId, run: u64, reason: &ExitReason) {
        self.inbox.push(Event::Exited {
            child: self.child,
            run,
            reason: reason.clone(),
        });
    }

    fn ignored(&self, _: ActorId, run: u64) {
        self.inbox.push(Event::Ignored {
            child: self.child,
            run,
        });
    }

    fn ended(&self, _: ActorId, _: &ExitReason) {
        self.inbox.push(Event::Ended { child: self.child });
    }
}
