//! What an actor has in hand: the message, or the hook, that it deals with now.
//!
//! Written by the actor's task for each message, so it is a number and not a name; read by anybody.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::message::Mail;

/// Nothing is in hand.
const EMPTY: usize = 0;
/// Something without a number: its name is kept beside.
const NAMED: usize = usize::MAX;

pub(crate) struct Hand {
    names: &'static [&'static str],
    /// The kind of the message, plus one.
    kind: AtomicUsize,
    name: Mutex<&'static str>,
}

impl Hand {
    pub(crate) const fn new(names: &'static [&'static str]) -> Self {
        Self {
            names,
            kind: AtomicUsize::new(EMPTY),
            name: Mutex::new(""),
        }
    }

    /// Takes a message in hand.
    #[inline]
    pub(crate) fn take(&self, mail: &impl Mail) {
        let kind = mail.kind();
        if kind < self.names.len() {
            self.kind.store(kind + 1, Ordering::Release);
        } else {
            self.take_named(mail.name());
        }
    }

    /// Takes something in hand that has no number: a hook, or a message of an enum that was written by hand.
    pub(crate) fn take_named(&self, name: &'static str) {
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = name;
        self.kind.store(NAMED, Ordering::Release);
    }

    #[inline]
    pub(crate) fn lay_down(&self) {
        self.kind.store(EMPTY, Ordering::Release);
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.kind.load(Ordering::Acquire) == EMPTY
    }

    /// The name of what is in hand.
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self.kind.load(Ordering::Acquire) {
            EMPTY => None,
            NAMED => Some(*self.name.lock().unwrap_or_else(PoisonError::into_inner)),
            kind => self.names.get(kind - 1).copied(),
        }
    }
}
