//! How much waits in front of an actor, and what happens when there is no more room.
//!
//! A mailbox is bounded, and its memory is taken only when it is used. The policy is fixed when the actor is spawned.
//! Who waits for room is served in the order of waiting.

mod line;
pub(crate) mod queue;

/// What a mailbox does with a message for which it has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// The sender waits until there is room: backpressure. The default.
    #[default]
    Wait,
    /// The sender gets [`Refused::Full`](crate::Refused::Full) at once.
    Reject,
}

/// The size and the policy of a mailbox.
///
/// ```
/// use playhouse_core::{MailboxOptions, Overflow};
///
/// let options = MailboxOptions::new(256).overflow(Overflow::Reject);
/// assert_eq!(options.capacity(), 256);
/// assert_eq!(MailboxOptions::DEFAULT.capacity(), 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxOptions {
    capacity: usize,
    overflow: Overflow,
}

impl MailboxOptions {
    /// Room for 1024 messages; senders wait.
    pub const DEFAULT: Self = Self::new(1024);

    /// Room for `capacity` messages; senders wait. 0 is refused when the actor is spawned.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            overflow: Overflow::Wait,
        }
    }

    /// Changes the policy.
    #[must_use]
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// How many messages may wait.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// What happens to one more.
    #[must_use]
    pub const fn policy(&self) -> Overflow {
        self.overflow
    }
}

impl Default for MailboxOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}
