//! What one attempt of a task has spawned.
//!
//! Each piece of work holds a receiver of a channel in which nothing is sent: when the last of them has gone, all of it has
//! been dropped. Who is told to end is kept as long as it runs.

use std::future::{Future, pending};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch::Sender;
use tokio::task::{AbortHandle, JoinHandle};

/// The work that an attempt has spawned.
#[derive(Debug)]
pub(super) struct Attempt {
    /// `None` once the attempt has ended.
    open: Mutex<Option<Open>>,
    alive: Sender<()>,
}

#[derive(Debug)]
struct Open {
    handles: Vec<AbortHandle>,
    /// With so many, those that have ended are thrown out.
    full: usize,
}

const FEW: usize = 16;

impl Attempt {
    pub(super) fn new() -> Self {
        Self {
            open: Mutex::new(Some(Open {
                handles: Vec::new(),
                full: FEW,
            })),
            alive: Sender::new(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        if self.lock().is_none() {
            let refused = tokio::spawn(async move {
                drop(work);
                pending().await
            });
            refused.abort();
            return refused;
        }
        // Not under the lock: a runtime that shuts down drops the work at once, and what that does is the user's.
        let alive = self.alive.subscribe();
        let handle = tokio::spawn(async move {
            let _alive = alive;
            work.await
        });
        match &mut *self.lock() {
            Some(open) => {
                if open.handles.len() >= open.full {
                    open.handles.retain(|handle| !handle.is_finished());
                    open.full = FEW.max(open.handles.len() * 2);
                }
                open.handles.push(handle.abort_handle());
            }
            None => handle.abort(),
        }
        handle
    }

    /// Ends the attempt: aborts what is left of it, and what still comes.
    fn abort(&self) {
        let open = self.lock().take();
        for handle in open.into_iter().flat_map(|open| open.handles) {
            handle.abort();
        }
    }

    /// Ends the attempt, and waits until all that it has spawned is gone. May be dropped, and called again.
    pub(super) async fn end(&self) {
        self.abort();
        self.alive.closed().await;
    }
}

/// What attempts that were dropped in the middle have left behind. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Leftovers(Arc<Mutex<Vec<Arc<Attempt>>>>);

impl Leftovers {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Attempt>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is left. May be dropped, and called again.
    pub(super) async fn gone(&self) {
        let left = self.lock().clone();
        for attempt in left {
            attempt.end().await;
        }
        self.lock().retain(|attempt| !attempt.alive.is_closed());
    }
}

/// Ends an attempt that is dropped in the middle: nobody can wait there, so the next one does.
pub(super) struct EndOnDrop {
    pub(super) attempt: Arc<Attempt>,
    pub(super) leftovers: Leftovers,
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.attempt.abort();
        if !self.attempt.alive.is_closed() {
            self.leftovers.lock().push(self.attempt.clone());
        }
    }
}
