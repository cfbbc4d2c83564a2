//! What ends an incarnation, or the handler that it has in hand.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use super::{Core, signal};
use crate::actor::Phase;
use crate::context::Term;
use crate::exit::ExitReason;
use crate::links::Order;

impl Core {
    // For anybody.

    /// Adds the term of the incarnation of now: it is told when that is asked to end, also if it was before.
    pub(crate) fn add_term(&self, term: &Arc<Term>) {
        let lives = self.end.add_term(term.clone());
        self.has_pulse.store(true, Ordering::Relaxed);
        // Either whoever raises a signal sees this term, or that signal is seen here.
        fence(Ordering::SeqCst);
        if !lives || self.is_asked_to_end() {
            term.ask();
        }
    }

    /// A signal was raised.
    #[cold]
    pub(super) fn tell_terms(&self) {
        let terms = self.end.terms();
        if self.is_asked_to_end() {
            terms.iter().for_each(|term| term.ask());
        }
    }

    /// The watchdog has found an incarnation late.
    pub(crate) fn late(&self) {
        self.raise(signal::LATE);
    }

    /// Whether somebody wants the incarnation of now to end, or it ends already.
    pub(crate) fn is_asked_to_end(&self) -> bool {
        let signals = self.signals();
        signals & (signal::STOP | signal::KILL | signal::DRAIN) != 0
            || signals & signal::LATE != 0 && self.is_late()
            || match self.phase.get() {
                Phase::Stopping | Phase::Backoff | Phase::Stopped | Phase::Failed => true,
                Phase::Starting | Phase::Running | Phase::Suspended => !self.is_wanted(),
            }
    }

    /// Whether the latest order is the one that the incarnation of now obeys.
    pub(crate) fn is_wanted(&self) -> bool {
        match self.current_order() {
            Order::Start { run, .. } => self.under().is_none() || run == self.incarnation(),
            Order::Rest | Order::Stop { .. } | Order::End => false,
        }
    }

    fn is_late(&self) -> bool {
        self.idle()
            .is_some_and(|idle| idle.is_late(self.incarnation()))
    }

    // For the actor's own task.

    /// The reason to end for, if the handler in hand is to be dropped. It is obeyed by that, and is no signal any more.
    #[cold]
    pub(crate) fn take_cut(&self) -> Option<ExitReason> {
        let signals = self.signals() & signal::CUTS;
        self.lower(signals);
        if signals & signal::KILL != 0 {
            Some(ExitReason::Killed)
        } else if signals != 0 && self.is_late() {
            Some(ExitReason::IdleTimeout)
        } else {
            None
        }
    }
}
