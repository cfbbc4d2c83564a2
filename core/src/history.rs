//! Who has ended: a ring of records, and counts by name that never grow beyond a bound.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use crate::observe::{Record, TerminalCount};

/// The name under which all names beyond the bound are counted together.
pub(crate) const OTHER: &str = "__other__";

pub(crate) struct History {
    records_max: usize,
    names_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    records: VecDeque<Record>,
    counts: BTreeMap<(Arc<str>, &'static str), u64>,
    names: std::collections::BTreeSet<Arc<str>>,
}

impl History {
    pub(crate) fn new(records_max: usize, names_max: usize) -> Self {
        Self {
            records_max,
            names_max,
            inner: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, record: Record) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let name = record
            .name
            .clone()
            .unwrap_or_else(|| Arc::from(record.type_name));
        let known = inner.names.contains(&name);
        let name = if known || inner.names.len() < self.names_max {
            inner.names.insert(name.clone());
            name
        } else {
            Arc::from(OTHER)
        };
        let state = record.phase.routine_state(Some(&record.reason));
        *inner.counts.entry((name, state)).or_default() += 1;
        if self.records_max == 0 {
            return;
        }
        if inner.records.len() == self.records_max {
            inner.records.pop_front();
        }
        inner.records.push_back(record);
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .records
            .iter()
            .cloned()
            .collect()
    }

    pub(crate) fn counts(&self) -> Vec<TerminalCount> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner
            .counts
            .iter()
            .map(|((name, state), count)| TerminalCount {
                name: name.clone(),
                state,
                count: *count,
            })
            .collect()
    }
}
