//! Whose task this thread polls right now.
//!
//! Set around every poll of an actor's task. It tells an ask or a waiting tell that it suspends inside an actor (for
//! the wait edges and the blocked time), and `.blocking()` that it must not block.

use std::cell::RefCell;
use std::sync::Arc;

use crate::actor::cell::AnyCell;

thread_local! {
    static CURRENT: RefCell<Option<Arc<dyn AnyCell>>> = const { RefCell::new(None) };
    static OWNER: RefCell<Option<Arc<dyn AnyCell>>> = const { RefCell::new(None) };
}

/// Puts `cell` in place for as long as the guard lives. The `Arc` moves in and out: no reference count is touched.
pub(crate) struct Entered {
    before: Option<Arc<dyn AnyCell>>,
}

impl Entered {
    pub(crate) fn new(cell: Arc<dyn AnyCell>) -> Self {
        Self {
            before: swap(Some(cell)),
        }
    }

    /// Leaves, and gives the cell back.
    pub(crate) fn leave(mut self) -> Option<Arc<dyn AnyCell>> {
        let before = self.before.take();
        let cell = swap(before);
        std::mem::forget(self);
        cell
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        drop(swap(self.before.take()));
    }
}

fn swap(cell: Option<Arc<dyn AnyCell>>) -> Option<Arc<dyn AnyCell>> {
    // Thread-local storage is gone only while its thread ends; nothing is polled then that could suspend.
    CURRENT
        .try_with(|current| current.replace(cell))
        .ok()
        .flatten()
}

/// Says whose thread this is, for a thread of a pool. Its handlers may block, so it is not *inside*.
pub(crate) fn own_thread(cell: Option<Arc<dyn AnyCell>>) {
    let before = OWNER.try_with(|owner| owner.replace(cell)).ok().flatten();
    drop(before);
}

/// The actor on whose behalf this thread runs now: polled by its task, or on one of its own threads.
pub(crate) fn on_behalf_of<R>(f: impl Fn(&Arc<dyn AnyCell>) -> R) -> Option<R> {
    with(&f).or_else(|| {
        OWNER
            .try_with(|owner| owner.borrow().as_ref().map(&f))
            .ok()
            .flatten()
    })
}

/// Looks at the actor whose task is being polled.
pub(crate) fn with<R>(f: impl FnOnce(&Arc<dyn AnyCell>) -> R) -> Option<R> {
    CURRENT
        .try_with(|current| current.borrow().as_ref().map(f))
        .ok()
        .flatten()
}

/// The actor whose task is being polled.
pub(crate) fn get() -> Option<Arc<dyn AnyCell>> {
    with(Arc::clone)
}

/// Whether an actor's task is being polled.
pub(crate) fn inside() -> bool {
    with(|_| ()).is_some()
}
