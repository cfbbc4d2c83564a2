//! How a message lies in its mail: in place, or in a box when it is large.
//!
//! All messages of an actor share one enum, so one large message would make each queued message as large. The macro
//! cannot know a type's size; the compiler does, so the choice is made by a constant.

/// Chooses by size: `Fit<false>` stores in place, `Fit<true>` in a box.
#[derive(Debug)]
pub struct Fit<const LARGE: bool>;

/// How an `M` is stored.
pub trait Stores<M> {
    /// The stored form.
    type As;

    /// Stores.
    fn put(message: M) -> Self::As;
    /// Takes it back.
    fn take(stored: Self::As) -> M;
}

impl<M> Stores<M> for Fit<false> {
    type As = M;

    fn put(message: M) -> M {
        message
    }

    fn take(stored: M) -> M {
        stored
    }
}

impl<M> Stores<M> for Fit<true> {
    type As = Box<M>;

    fn put(message: M) -> Box<M> {
        Box::new(message)
    }

    fn take(stored: Box<M>) -> M {
        *stored
    }
}
