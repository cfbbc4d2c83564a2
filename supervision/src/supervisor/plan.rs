//! The plan of a supervisor: what was asked for, found to make sense, and kept over restarts of the supervisor
//! itself.

use std::collections::HashMap;
use std::sync::Arc;

use playhouse_core::links::{ChildOptions, Parent};
use playhouse_core::{MailboxOptions, SpawnError, System};

use super::Supervisor;
use super::decide::Rules;
use super::handle::Shared;
use crate::backoff::Backoff;
use crate::child::{Adopted, ChildSpec, Recipe, Restart, Shutdown};
use crate::error::{ConfigError, Mistake};
use crate::intensity::Intensity;

/// What a supervisor without a name is called in errors and logs.
const UNNAMED: &str = "supervisor";

/// What a supervisor is to be.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(super) name: Option<Arc<str>>,
    pub(super) intensity: Option<Intensity>,
    pub(super) seed: Option<u64>,
    pub(super) children: Vec<ChildSpec>,
    backoff: Backoff,
    /// Where each id is in `children`.
    places: HashMap<Arc<str>, usize>,
}

impl Supervisor {
    /// The plan, if all of it makes sense.
    pub(super) fn plan(self) -> Result<Plan, ConfigError> {
        let plan = self.unchecked();
        let mut mistakes = Vec::new();
        plan.check(plan.title(), &mut mistakes);
        ConfigError::check(mistakes)?;
        plan.warn();
        Ok(plan)
    }

    /// The plan of a supervisor that is a child; the one at the top checks it.
    fn unchecked(self) -> Plan {
        let Self {
            name,
            intensity,
            backoff,
            seed,
            children,
        } = self;
        let places = children
            .iter()
            .enumerate()
            .map(|(place, child)| (child.id.clone(), place))
            .collect();
        Plan {
            name,
            intensity,
            seed,
            children,
            backoff,
            places,
        }
    }
}

impl Plan {
    /// What it is called in errors and logs.
    pub(super) fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(UNNAMED)
    }

    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = Rules> + '_ {
        self.children.iter().map(|child| Rules {
            restart: child.restart,
            shutdown: child.shutdown,
            backoff: child
                .backoff
                .clone()
                .unwrap_or_else(|| self.backoff.clone()),
            max_retries: child.max_retries,
            start_limit: child.start_limit,
        })
    }

    /// Collects what makes no sense, here and below.
    fn check(&self, place: &str, mistakes: &mut Vec<(String, Mistake)>) {
        let mut note = |place: &str, mistake| mistakes.push((place.to_owned(), mistake));
        if self
            .intensity
            .is_some_and(|intensity| intensity.period.is_zero())
        {
            note(place, Mistake::ZeroPeriod);
        }
        if let Err(error) = self.backoff.check() {
            note(place, Mistake::Backoff(error));
        }
        for (nr, child) in self.children.iter().enumerate() {
            let below = format!("{place}/{}", child.id);
            if child.id.is_empty() {
                note(&below, Mistake::NoId);
            } else if self.places[&child.id] != nr {
                note(&below, Mistake::DuplicateId);
            }
            if child.start_limit.is_some_and(|limit| limit.is_zero()) {
                note(&below, Mistake::ZeroStartLimit);
            }
            if child.mailbox.capacity() == 0 {
                note(&below, Mistake::ZeroMailbox);
            }
            if let Some(Err(error)) = child.backoff.as_ref().map(Backoff::check) {
                note(&below, Mistake::Backoff(error));
            }
        }
        for child in &self.children {
            if let Some(plan) = child.recipe.plan() {
                plan.check(&format!("{place}/{}", child.id), mistakes);
            }
        }
    }

    /// Warns of limits that cannot be reached: with long waits there are never enough restarts within the period.
    fn warn(&self) {
        let Some(Intensity { max, period }) = self.intensity else {
            return;
        };
        let endless =
            |child: &&ChildSpec| child.max_retries.is_none() && child.restart != Restart::Temporary;
        for child in self.children.iter().filter(endless) {
            let longest = child.backoff.as_ref().unwrap_or(&self.backoff).longest();
            if longest.saturating_mul(max) > period {
                tracing::warn!(
                    supervisor = self.title(),
                    child = &*child.id,
                    ?longest,
                    max,
                    ?period,
                    "with such waits a child that always fails never exceeds the restart intensity; \
                     `max_retries` would limit it",
                );
            }
        }
        for plan in self.children.iter().filter_map(|child| child.recipe.plan()) {
            plan.warn();
        }
    }
}

/// A supervisor as a child: permanent, given all the time that it needs to start and to stop, since its own children
/// have limits of theirs.
impl From<Supervisor> for ChildSpec {
    fn from(supervisor: Supervisor) -> Self {
        let id = supervisor.name.clone().unwrap_or_default();
        let recipe = Nested {
            plan: Arc::new(supervisor.unchecked()),
        };
        let mut spec =
            Self::new(id, MailboxOptions::DEFAULT, Arc::new(recipe)).shutdown(Shutdown::Wait);
        spec.start_limit = None;
        spec
    }
}

/// A supervisor as a child.
struct Nested {
    plan: Arc<Plan>,
}

impl Recipe for Nested {
    fn adopt(
        &self,
        system: &System,
        options: ChildOptions,
        parent: Arc<dyn Parent>,
    ) -> Result<Adopted, SpawnError> {
        let shared = Arc::new(Shared::new(self.plan.clone()));
        let child = super::actor::adopt(shared.clone(), system, options, parent)?;
        Ok(Adopted {
            child,
            below: Some(shared),
        })
    }

    fn plan(&self) -> Option<&Arc<Plan>> {
        Some(&self.plan)
    }
}
