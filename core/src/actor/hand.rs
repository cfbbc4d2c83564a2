//! What an actor has in hand: the message, or the hook, that it deals with now.
//!
//! Written for each message, by the actor's task or a guest at its bench, so it is a number and not a name; read by
//! anybody.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::message::Mail;

/// Nothing is in hand.
const EMPTY: u16 = 0;
/// Numbers from here on stand for names that have no number of their own.
const NAMED: u16 = 1 << 15;
/// And these for the hooks, which are no messages.
const STARTED: u16 = u16::MAX;
const STOPPING: u16 = u16::MAX - 1;
const RESTARTED: u16 = u16::MAX - 2;
/// How many such names are kept; the rest has one name together.
const NAMES_MAX: usize = 4096;
/// That name.
const OTHER: &str = "message";

/// Names without a number: those of messages whose enum was written by hand.
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

#[derive(Default)]
pub(crate) struct Hand(AtomicU16);

/// A piece of a user's code that is no handler.
#[derive(Clone, Copy)]
pub(crate) enum Hook {
    Started,
    Restarted,
    Stopping,
}

impl Hand {
    /// Takes a message in hand.
    #[inline]
    pub(crate) fn take<M: Mail>(&self, mail: &M) {
        let kind = mail.kind();
        if kind < M::NAMES.len().min(usize::from(NAMED - 1)) {
            self.0.store(kind as u16 + 1, Ordering::Release);
        } else {
            self.take_named(mail.name());
        }
    }

    /// Takes a hook in hand.
    pub(crate) fn take_hook(&self, hook: Hook) {
        let number = match hook {
            Hook::Started => STARTED,
            Hook::Restarted => RESTARTED,
            Hook::Stopping => STOPPING,
        };
        self.0.store(number, Ordering::Release);
    }

    /// Takes something in hand that has no number.
    #[cold]
    fn take_named(&self, name: &'static str) {
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        let place = names
            .iter()
            .position(|known| *known == name)
            .unwrap_or_else(|| {
                if names.len() < NAMES_MAX {
                    names.push(name);
                    names.len() - 1
                } else {
                    NAMES_MAX
                }
            });
        drop(names);
        self.0.store(NAMED + place as u16, Ordering::Release);
    }

    #[inline]
    pub(crate) fn lay_down(&self) {
        self.0.store(EMPTY, Ordering::Release);
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Acquire) == EMPTY
    }

    /// Whether it is a message that is in hand.
    pub(crate) fn has_message(&self) -> bool {
        !matches!(
            self.0.load(Ordering::Acquire),
            EMPTY | STARTED | RESTARTED | STOPPING
        )
    }

    /// The name of what is in hand, where `kinds` are the names of the messages.
    pub(crate) fn name(&self, kinds: &[&'static str]) -> Option<&'static str> {
        match self.0.load(Ordering::Acquire) {
            EMPTY => None,
            STARTED => Some("started"),
            RESTARTED => Some("restarted"),
            STOPPING => Some("stopping"),
            named if named >= NAMED => {
                let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
                Some(
                    names
                        .get((named - NAMED) as usize)
                        .copied()
                        .unwrap_or(OTHER),
                )
            }
            kind => kinds.get(kind as usize - 1).copied(),
        }
    }
}
