//! What one scrape says: a snapshot of the system, folded into one row per actor type.
//!
//! The number of rows is the number of actor *types*, whatever the number of actors. A row holds the live actors of
//! its type together with what the ended ones left behind, so that a counter does not fall because an actor ended.

mod fold;
mod shared;
mod source;

use std::sync::Arc;
use std::time::Duration;

use playhouse_core::Phase;
use playhouse_core::observe::{Snapshot, Totals};

use fold::{Fold, Live};
pub(crate) use shared::Shared;
pub(crate) use source::{Failures, Source};

/// The metrics of one system at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) system: Arc<str>,
    /// Sorted by type name, each name once.
    pub(crate) rows: Vec<Row>,
    /// Lifecycle events that were published.
    pub(crate) events: u64,
    pub(crate) tally: Tally,
}

/// What the exporter did so far, for its own metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) snapshots: u64,
    /// Snapshots and callbacks that panicked.
    pub(crate) failures: u64,
    pub(crate) time: Duration,
}

/// One actor type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) type_name: &'static str,
    pub(crate) started: u64,
    pub(crate) ended: u64,
    /// Live actors by phase, in the order of [`Phase::ALL`].
    pub(crate) phases: [u64; Phase::ALL.len()],
    pub(crate) depth: u64,
    /// The deepest mailbox.
    pub(crate) depth_max: u64,
    /// The room of all bounded mailboxes; `None` when there is none.
    pub(crate) limit: Option<u64>,
    /// The share of its room that the fullest bounded mailbox uses; `None` when there is none.
    pub(crate) utilization: Option<f64>,
    /// Senders that wait for room now.
    pub(crate) waiting: u64,
    /// Live and ended actors together.
    pub(crate) totals: Totals,
}

impl Reading {
    /// A reading without a row, for when there is no snapshot.
    pub(crate) fn empty(system: Arc<str>) -> Self {
        Self {
            system,
            rows: Vec::new(),
            events: 0,
            tally: Tally::default(),
        }
    }

    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut fold = Fold::with_capacity(snapshot.types.len());
        for of in &snapshot.types {
            fold.ended(of.type_name, of.started, of.ended, &of.totals);
        }
        for actor in &snapshot.actors {
            let live = Live {
                phase: actor.phase,
                depth: actor.depth,
                capacity: actor.capacity,
                waiting: actor.waiting,
                totals: &actor.totals,
            };
            fold.live(actor.type_name, &live);
        }
        Self {
            rows: fold.into_rows(),
            events: snapshot.events,
            ..Self::empty(Arc::clone(&snapshot.system))
        }
    }
}
