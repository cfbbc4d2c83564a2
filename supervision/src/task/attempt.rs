//! What one attempt of a task has spawned.
//!
//! Each piece of work holds a sender of a channel in which nothing is sent: when the last of them has gone, all of it has
//! been dropped. Who is told to end is kept as long as it runs.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{AbortHandle, JoinHandle};

/// The work that an attempt has spawned.
#[derive(Debug)]
pub(super) struct Attempt {
    /// `None` once the attempt has ended.
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    handles: Vec<AbortHandle>,
    /// With so many, those that have ended are thrown out.
    full: usize,
    alive: Sender<Infallible>,
    all_gone: Receiver<Infallible>,
}

const FEW: usize = 16;

impl Attempt {
    pub(super) fn new() -> Self {
        let (alive, all_gone) = channel(1);
        Self {
            open: Mutex::new(Some(Open {
                handles: Vec::new(),
                full: FEW,
                alive,
                all_gone,
            })),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let mut open = self.lock();
        let Some(open) = &mut *open else {
            let refused = tokio::spawn(work);
            refused.abort();
            return refused;
        };
        let alive = open.alive.clone();
        let handle = tokio::spawn(async move {
            let _alive = alive;
            work.await
        });
        if open.handles.len() >= open.full {
            open.handles.retain(|handle| !handle.is_finished());
            open.full = FEW.max(open.handles.len() * 2);
        }
        open.handles.push(handle.abort_handle());
        handle
    }

    /// Aborts what is left. Gives what waits until all of it has been dropped.
    fn abort(&self) -> Option<Receiver<Infallible>> {
        let Open {
            handles,
            all_gone,
            alive,
            ..
        } = self.lock().take()?;
        drop(alive);
        for handle in handles {
            handle.abort();
        }
        Some(all_gone)
    }

    /// Ends the attempt, and waits until all that it has spawned is gone.
    pub(super) async fn end(&self) {
        if let Some(mut all_gone) = self.abort() {
            // Nothing is ever sent: this is the end of the last sender.
            let _none = all_gone.recv().await;
        }
    }
}

/// Ends an attempt that is dropped in the middle: nobody can wait there.
pub(super) struct EndOnDrop(pub(super) Arc<Attempt>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        let _nobody_waits = self.0.abort();
    }
}
