//! Whose task this thread polls right now.
//!
//! Set around every poll of an actor's task, and around what a guest does at an actor's bench. It tells an ask or a
//! waiting tell that it suspends inside an actor (for the wait edges and the blocked time), and `.blocking()` that it
//! must not block.
//!
//! Two loads and two stores per poll: what is kept is where the actor's `Arc` lies, and no reference count is touched.
//!
//! Invariant: `CURRENT` is null, or points to an `Arc` that is borrowed by a call of [`run_as`] on this thread, which puts
//! the pointer before it back before it returns or unwinds. It is read on this thread alone, inside of that call.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::Arc;

use crate::actor::cell::AnyCell;

type Handle = Arc<dyn AnyCell>;

thread_local! {
    static CURRENT: Cell<*const Handle> = const { Cell::new(ptr::null()) };
    static OWNER: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

/// Runs `f` as the actor of `cell`.
#[inline]
pub(crate) fn run_as<R>(cell: &Handle, f: impl FnOnce() -> R) -> R {
    struct Before(*const Handle);

    impl Drop for Before {
        #[inline]
        fn drop(&mut self) {
            CURRENT.with(|current| current.set(self.0));
        }
    }

    // By `with`, which comes down to one instruction where `set` and `replace` are calls.
    let _before = Before(CURRENT.with(|current| current.replace(ptr::from_ref(cell))));
    f()
}

/// Looks at the actor whose task is being polled.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Handle) -> R) -> Option<R> {
    // SAFETY: it is null, or borrowed by a `run_as` that we are inside of, and that `f` cannot end.
    unsafe { CURRENT.get().as_ref() }.map(f)
}

/// The actor whose task is being polled.
#[inline]
pub(crate) fn get() -> Option<Handle> {
    with(Arc::clone)
}

/// Whether an actor's task is being polled.
pub(crate) fn inside() -> bool {
    !CURRENT.get().is_null()
}

/// Says whose thread this is, for a thread of a pool. Its handlers may block, so it is not *inside*.
pub(crate) fn own_thread(cell: Option<Handle>) {
    // Thread-local storage with a destructor is gone only while its thread ends; nothing is asked then.
    let before = OWNER.try_with(|owner| owner.replace(cell)).ok().flatten();
    drop(before);
}

/// The actor on whose behalf this thread runs now: polled by its task, or on one of its own threads.
pub(crate) fn on_behalf_of<R>(f: impl Fn(&Handle) -> R) -> Option<R> {
    with(&f).or_else(|| {
        OWNER
            .try_with(|owner| owner.borrow().as_ref().map(&f))
            .ok()
            .flatten()
    })
}
