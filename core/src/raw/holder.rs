//! Who has the duty to answer, in one word: each queued message carries one.
//!
//! The word is nothing (nobody asked), or a [`Port`], or an `Arc` of something that holds one; the lowest bit tells the
//! two apart, which both are aligned to more than a byte.
//!
//! Invariant: the word owns what it points to, and is taken apart once: by [`take`](Holder::take), or when it is dropped.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::raw::slot::Port;

/// The bit that says `Arc`.
const SHARED: usize = 1;

pub(crate) struct Holder<T, E, S> {
    word: Option<NonNull<()>>,
    holds: PhantomData<(Port<T, E>, Arc<S>)>,
}

/// What a holder holds.
pub(crate) enum Held<P, S> {
    Nobody,
    Port(P),
    Shared(S),
}

// SAFETY: the word stands for a `Port` or an `Arc<S>`, and may go where they may.
unsafe impl<T, E, S> Send for Holder<T, E, S>
where
    Port<T, E>: Send,
    Arc<S>: Send,
{
}
// SAFETY: as above.
unsafe impl<T, E, S> Sync for Holder<T, E, S>
where
    Port<T, E>: Sync,
    Arc<S>: Sync,
{
}

impl<T, E, S> Holder<T, E, S> {
    const ALIGNED: () = assert!(align_of::<S>() > SHARED, "the lowest bit must be free");

    pub(crate) const fn nobody() -> Self {
        Self {
            word: None,
            holds: PhantomData,
        }
    }

    pub(crate) fn port(port: Port<T, E>) -> Self {
        Self {
            word: Some(port.into_raw()),
            holds: PhantomData,
        }
    }

    pub(crate) fn shared(shared: Arc<S>) -> Self {
        let () = Self::ALIGNED;
        let word = Arc::into_raw(shared).cast::<()>().cast_mut();
        Self {
            word: NonNull::new(word.map_addr(|address| address | SHARED)),
            holds: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn is_nobody(&self) -> bool {
        self.word.is_none()
    }

    /// What it holds, to look at.
    pub(crate) fn look(&self) -> Held<ManuallyDrop<Port<T, E>>, &S> {
        match self.word {
            None => Held::Nobody,
            Some(word) if word.addr().get() & SHARED == 0 => {
                // SAFETY: it is a port of ours, which is not dropped here.
                Held::Port(ManuallyDrop::new(unsafe { Port::from_raw(word) }))
            }
            // SAFETY: it is an `Arc` of ours, which lives as long as we are borrowed.
            Some(word) => Held::Shared(unsafe { &*untagged(word) }),
        }
    }

    /// What it holds; it holds nobody then.
    pub(crate) fn take(&mut self) -> Held<Port<T, E>, Arc<S>> {
        match self.word.take() {
            None => Held::Nobody,
            Some(word) if word.addr().get() & SHARED == 0 => {
                // SAFETY: it came from a port, and was taken out just now.
                Held::Port(unsafe { Port::from_raw(word) })
            }
            // SAFETY: it came from an `Arc`, and was taken out just now.
            Some(word) => Held::Shared(unsafe { Arc::from_raw(untagged(word)) }),
        }
    }
}

fn untagged<S>(word: NonNull<()>) -> *const S {
    word.as_ptr()
        .map_addr(|address| address & !SHARED)
        .cast::<S>()
}

impl<T, E, S> Drop for Holder<T, E, S> {
    fn drop(&mut self) {
        if self.word.is_some() {
            drop(self.take());
        }
    }
}
