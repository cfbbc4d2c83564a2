//! What was accepted and is not going to be handled: counted, recorded, and there for subscribers.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::broadcast;

use crate::actor::ActorId;
use crate::actor::cell::Core;
use crate::exit::ExitReason;
use crate::quiet;

/// How many dead letters a subscriber may be behind before it loses the oldest.
const SUBSCRIBER_ROOM: usize = 1024;

/// A message that was accepted and not handled.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeadLetter {
    /// When.
    pub at: SystemTime,
    /// For whom it was.
    pub actor: ActorId,
    /// The type of that actor.
    pub type_name: &'static str,
    /// The name that actor was spawned with.
    pub name: Option<Arc<str>>,
    /// The message's name.
    pub message: &'static str,
    /// Why it was not handled.
    pub cause: Cause,
    content: Content,
}

/// Why a message was not handled.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// The actor stopped with it in the queue, or a group restart emptied the queue.
    Stopped,
    /// The actor was killed with it in the queue.
    Killed,
    /// Its handler failed, or was killed.
    Failed(ExitReason),
    /// Its asker had gone, and the message says `skip_abandoned`.
    Abandoned,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the actor stopped"),
            Self::Killed => f.write_str("the actor was killed"),
            Self::Failed(reason) => write!(f, "its handler failed: {reason}"),
            Self::Abandoned => f.write_str("its asker had gone"),
        }
    }
}

/// The message itself, for whoever takes it first.
#[derive(Clone)]
pub(crate) struct Content(Option<Arc<Held>>);

struct Held(Mutex<Option<Box<dyn Any + Send>>>);

impl Content {
    pub(crate) fn some(content: Box<dyn Any + Send>) -> Self {
        Self(Some(Arc::new(Held(Mutex::new(Some(content))))))
    }

    pub(crate) const fn none() -> Self {
        Self(None)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let content = self
            .0
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        quiet::drop_logged(content, "a dead letter");
    }
}

impl DeadLetter {
    /// The message, for the first that asks, and if it is an `M`. A message that failed in its handler has none left:
    /// the handler had it.
    #[must_use]
    pub fn take<M: 'static>(&self) -> Option<M> {
        let held = self.content.0.as_ref()?;
        let mut content = held.0.lock().unwrap_or_else(PoisonError::into_inner);
        match content.take()?.downcast() {
            Ok(message) => Some(*message),
            Err(other) => {
                *content = Some(other);
                None
            }
        }
    }
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DeadLetter({} to {} {}: {})",
            self.message, self.type_name, self.actor, self.cause
        )
    }
}

/// The dead letters of a system.
pub struct DeadLetters {
    limit: usize,
    count: AtomicU64,
    recent: Mutex<VecDeque<DeadLetter>>,
    subscribers: broadcast::Sender<DeadLetter>,
    /// What the channel holds, held once more: so that a content is never dropped under the channel's lock.
    held: Mutex<VecDeque<Content>>,
}

impl DeadLetters {
    pub(crate) fn new(limit: usize) -> Self {
        let (subscribers, _) = broadcast::channel(SUBSCRIBER_ROOM);
        Self {
            limit,
            count: AtomicU64::new(0),
            recent: Mutex::default(),
            subscribers,
            held: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, to: &Core, message: &'static str, cause: Cause, content: Content) {
        self.count.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(actor = %to, message, %cause, "dead letter");
        let letter = DeadLetter {
            at: SystemTime::now(),
            actor: to.id,
            type_name: to.kind.name,
            name: to.name().cloned(),
            message,
            cause,
            content: Content::none(),
        };
        if self.subscribers.receiver_count() > 0 {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.push_back(content.clone());
            // One more than the channel has, since it drops the oldest while it takes the newest.
            let oldest = if held.len() > SUBSCRIBER_ROOM + 1 {
                held.pop_front()
            } else {
                None
            };
            drop(held);
            let sent = DeadLetter {
                content,
                ..letter.clone()
            };
            // A subscriber's waker is somebody else's code.
            if let Err(payload) = quiet::caught(|| self.subscribers.send(sent).is_ok()) {
                quiet::drop_logged(payload, "a waker's panic");
            }
            drop(oldest);
        } else {
            let held =
                std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
            drop(held);
        }
        if self.limit == 0 {
            return;
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == self.limit {
            recent.pop_front();
        }
        recent.push_back(letter);
    }

    /// How many there were in the life of the system.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The most recent ones, oldest first, without their content. As many as the system keeps (1,000 unless set).
    #[must_use]
    pub fn recent(&self) -> Vec<DeadLetter> {
        self.recent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    /// All that come from now on, with their content.
    #[must_use]
    pub fn subscribe(&self) -> DeadLetterStream {
        DeadLetterStream {
            receiver: self.subscribers.subscribe(),
            lost: 0,
        }
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters")
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// Dead letters as they come. One that falls behind by more than 1,024 loses the oldest, and is told how many.
#[derive(Debug)]
pub struct DeadLetterStream {
    receiver: broadcast::Receiver<DeadLetter>,
    lost: u64,
}

impl DeadLetterStream {
    /// The next one; `None` when the system is gone.
    pub async fn next(&mut self) -> Option<DeadLetter> {
        loop {
            match self.receiver.recv().await {
                Ok(letter) => return Some(letter),
                Err(broadcast::error::RecvError::Lagged(lost)) => self.lost += lost,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// How many were lost because this stream was not read in time.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }
}
