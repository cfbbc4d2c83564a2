//! The table of a supervisor: which children it has, what makes them, and their actors.
//!
//! The shell alone writes it. Everybody who has a [`SupervisorRef`](super::SupervisorRef) reads it, without asking the
//! supervisor, so that an address is found also while that is busy.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use playhouse_core::links::{self, ChildOptions, Parent};
use playhouse_core::{ActorId, ExitReason, MailboxOptions, SpawnError, System};
use tokio::sync::Semaphore;

use super::decide::Key;
use super::plan::Plan;
use crate::child::{ChildSpec, KeepQueue, Recipe};
use crate::error::ChildError;
use crate::factory::InfoSlot;

/// What a supervisor shows of its children to those who do not ask it. It is the same over restarts of the
/// supervisor.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) plan: Arc<Plan>,
    /// One incarnation of the supervisor at a time has children.
    pub(super) turn: Arc<Semaphore>,
    table: RwLock<Table>,
}

impl Shared {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            turn: Arc::new(Semaphore::new(1)),
            table: RwLock::default(),
        }
    }

    pub(super) fn table(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn table_mut(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The children of one incarnation of a supervisor, in the order of their start.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Whether the supervisor runs.
    pub(super) is_open: bool,
    /// Of its latest escalation.
    pub(super) crash_report: Option<Arc<str>>,
    keys: HashMap<Arc<str>, Key>,
    seats: BTreeMap<Key, Seat>,
}

impl Table {
    pub(super) fn insert(&mut self, key: Key, seat: Seat) {
        self.keys.insert(seat.id.clone(), key);
        self.seats.insert(key, seat);
    }

    /// Takes a child out. To be dropped when the table is not locked any more: it has a factory of the user's.
    #[must_use]
    pub(super) fn remove(&mut self, key: Key) -> Option<Seat> {
        let seat = self.seats.remove(&key)?;
        self.keys.remove(&seat.id);
        Some(seat)
    }

    /// The supervisor starts: with other children than its last incarnation had, which are all down. Gives those, to be
    /// dropped when the table is not locked any more.
    #[must_use]
    pub(super) fn open(&mut self) -> impl Sized + use<> {
        self.is_open = true;
        self.keys.clear();
        std::mem::take(&mut self.seats)
    }

    pub(super) fn seats(&self) -> impl DoubleEndedIterator<Item = &Seat> {
        self.seats.values()
    }

    pub(super) fn key(&self, id: &str) -> Option<Key> {
        self.keys.get(id).copied()
    }

    pub(super) fn seat(&self, key: Key) -> Option<&Seat> {
        self.seats.get(&key)
    }

    pub(super) fn seat_mut(&mut self, key: Key) -> Option<&mut Seat> {
        self.seats.get_mut(&key)
    }

    /// The child with this id, which runs, or is being started again.
    pub(super) fn find(&self, id: &str) -> Result<(&Seat, &links::Child), ChildError> {
        if !self.is_open {
            return Err(ChildError::SupervisorGone);
        }
        let not_found = || ChildError::NotFound { id: id.to_owned() };
        let seat = self
            .key(id)
            .and_then(|key| self.seat(key))
            .ok_or_else(not_found)?;
        match &seat.actor {
            Some(actor) if !seat.is_down => Ok((seat, actor)),
            Some(_) | None => Err(ChildError::Ended { id: id.to_owned() }),
        }
    }
}

/// The place of one child.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: Arc<str>,
    make: Make,
    /// Its actor; the last one of a child that is down.
    pub(super) actor: Option<links::Child>,
    /// What is known of the children of a child that is a supervisor.
    pub(super) below: Option<Arc<Shared>>,
    /// What its factory hands to whoever asked for a start.
    pub(super) info: InfoSlot,
    /// The actor has ended for good.
    pub(super) is_down: bool,
    /// Its latest start was done, and nothing is known of its end.
    pub(super) is_up: bool,
    /// When its latest start was done.
    pub(super) last_start: Option<Duration>,
    /// Why it ended the last time.
    pub(super) last_exit: Option<ExitReason>,
}

/// What makes the actor of a child.
struct Make {
    recipe: Arc<dyn Recipe>,
    mailbox: MailboxOptions,
    idle_timeout: Option<Duration>,
    discard_queue: bool,
}

impl std::fmt::Debug for Make {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Make").finish_non_exhaustive()
    }
}

impl Seat {
    pub(super) fn new(spec: &ChildSpec) -> Self {
        Self {
            id: spec.id.clone(),
            make: Make {
                recipe: spec.recipe.clone(),
                mailbox: spec.mailbox,
                idle_timeout: spec.idle_timeout,
                discard_queue: spec.keep_queue == KeepQueue::Never,
            },
            actor: None,
            below: None,
            info: InfoSlot::default(),
            is_down: false,
            is_up: false,
            last_start: None,
            last_exit: None,
        }
    }

    /// The actor of the child; a new one where it has none that lives.
    pub(super) fn adopt(
        &mut self,
        system: &System,
        supervisor: ActorId,
        parent: impl FnOnce() -> Arc<dyn Parent>,
    ) -> Result<&links::Child, SpawnError> {
        if self.is_down {
            self.actor = None;
        }
        if self.actor.is_none() {
            let options = ChildOptions {
                name: Some(self.id.clone()),
                mailbox: Some(self.make.mailbox),
                parent: Some(supervisor),
                idle_timeout: self.make.idle_timeout,
                discard_queue: self.make.discard_queue,
                always_busy: false,
            };
            let adopted = self.make.recipe.adopt(system, options, parent())?;
            self.below = adopted.below;
            self.info = adopted.info;
            self.actor = Some(adopted.child);
            self.is_down = false;
        }
        Ok(self.actor.as_ref().expect("it was just adopted"))
    }

    pub(super) fn is_supervisor(&self) -> bool {
        self.make.recipe.plan().is_some()
    }

    pub(super) fn kind(&self) -> &'static str {
        self.make.recipe.kind()
    }

    pub(super) fn type_name(&self) -> &'static str {
        self.make.recipe.type_name()
    }

    /// Its actor, while that lives.
    pub(super) fn living(&self) -> Option<&links::Child> {
        self.actor.as_ref().filter(|_| !self.is_down)
    }
}
