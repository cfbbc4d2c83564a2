//! Who has ended: a ring of records, and counts by name that never grow beyond a bound.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::actor::{ActorId, Phase};
use crate::exit::ExitReason;
use crate::observe::{Record, TerminalCount};

/// The name under which all names beyond the bound are counted together.
pub(crate) const OTHER: &str = "__other__";

/// The states that are counted.
const STATES: [&str; 3] = ["PANICKED", "STOPPED", "TIMED_OUT"];

pub(crate) struct History {
    records_max: usize,
    names_max: usize,
    inner: Mutex<Inner>,
}

/// An actor that has ended. What can be worked out when somebody asks is not worked out before; the time cannot.
#[derive(Clone)]
pub(crate) struct Ended {
    pub(crate) id: ActorId,
    pub(crate) type_name: &'static str,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) reason: ExitReason,
    pub(crate) restarts: u64,
    pub(crate) uptime: Duration,
    pub(crate) ended_at: SystemTime,
}

#[derive(Default)]
struct Inner {
    records: VecDeque<Ended>,
    counts: Vec<Count>,
    by_name: HashMap<Arc<str>, usize>,
    /// The type whose actor, one without a name, ended last, and where it is counted.
    recent: Option<(&'static str, usize)>,
}

struct Count {
    name: Arc<str>,
    ends: [u64; STATES.len()],
}

impl History {
    pub(crate) fn new(records_max: usize, names_max: usize) -> Self {
        Self {
            records_max,
            names_max,
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, ended: Ended) {
        let state = phase(&ended.reason).routine_state(Some(&ended.reason));
        let state = STATES.iter().position(|known| *known == state);
        let mut inner = self.lock();
        let at = inner.place(&ended, self.names_max);
        inner.counts[at].ends[state.unwrap_or_default()] += 1;
        if self.records_max == 0 {
            return;
        }
        let oldest = if inner.records.len() == self.records_max {
            inner.records.pop_front()
        } else {
            None
        };
        inner.records.push_back(ended);
        drop(inner);
        drop(oldest);
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        let records: Vec<Ended> = self.lock().records.iter().cloned().collect();
        records.into_iter().map(Ended::record).collect()
    }

    pub(crate) fn counts(&self) -> Vec<TerminalCount> {
        let mut counts = Vec::new();
        for count in &self.lock().counts {
            for (state, ends) in STATES.into_iter().zip(count.ends) {
                if ends > 0 {
                    counts.push(TerminalCount {
                        name: count.name.clone(),
                        state,
                        count: ends,
                    });
                }
            }
        }
        counts.sort_by(|a, b| (&a.name, a.state).cmp(&(&b.name, b.state)));
        counts
    }
}

impl Ended {
    fn record(self) -> Record {
        let started_at = self.ended_at.checked_sub(self.uptime);
        Record {
            id: self.id,
            type_name: self.type_name,
            name: self.name,
            phase: phase(&self.reason),
            reason: self.reason,
            restarts: self.restarts,
            started_at: started_at.unwrap_or(self.ended_at),
            ended_at: self.ended_at,
            uptime: self.uptime,
        }
    }
}

impl Inner {
    /// Where an end is counted.
    fn place(&mut self, ended: &Ended, names_max: usize) -> usize {
        let Some(name) = &ended.name else {
            return match self.recent {
                Some((name, at)) if std::ptr::eq(name, ended.type_name) => at,
                _ => {
                    let at = self.place_of(ended.type_name, names_max);
                    self.recent = Some((ended.type_name, at));
                    at
                }
            };
        };
        self.place_of(name, names_max)
    }

    fn place_of(&mut self, name: &str, names_max: usize) -> usize {
        if let Some(at) = self.by_name.get(name) {
            return *at;
        }
        // The one for all others comes on top of the bound.
        let others = usize::from(self.by_name.contains_key(OTHER));
        if self.by_name.len() - others >= names_max && name != OTHER {
            return self.place_of(OTHER, names_max);
        }
        let (at, name) = (self.counts.len(), Arc::<str>::from(name));
        self.by_name.insert(name.clone(), at);
        self.counts.push(Count {
            name,
            ends: Default::default(),
        });
        at
    }
}

fn phase(reason: &ExitReason) -> Phase {
    if reason.is_normal() {
        Phase::Stopped
    } else {
        Phase::Failed
    }
}
