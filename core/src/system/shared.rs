//! What all handles of one system share.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::runtime::{Handle, Runtime};
use tokio::sync::{Notify, broadcast};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::actor::ActorId;
use crate::actor::cell::{AnyCell, Core};
use crate::actor::pool::Stuck;
use crate::dead_letter::DeadLetters;
use crate::error::{Left, SpawnError};
use crate::exit::ExitReason;
use crate::history::{Ended, History};
use crate::observe::{ActorSnapshot, Event, EventKind, Events, Snapshot, TypeSnapshot};
use crate::ordered::Ordered;
use crate::quiet;
use crate::registry::Registry;
use crate::system::SystemState;
use crate::system::sweeper::Sweeper;
use crate::system::types::Types;

/// How many events a subscriber may be behind before it loses the oldest.
const EVENT_ROOM: usize = 1024;

/// What a system keeps, at most.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) ask: Duration,
    pub(crate) dead_letters: usize,
    pub(crate) history: usize,
    pub(crate) names: usize,
    pub(crate) text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ask: Duration::from_secs(5),
            dead_letters: 1000,
            history: 1000,
            names: 256,
            text: 256,
        }
    }
}

pub(crate) struct Shared {
    name: Arc<str>,
    limits: Limits,
    runtime: Handle,
    /// The runtime, where the system had to make its own.
    own_runtime: Option<Runtime>,
    born: Instant,
    next_id: AtomicU64,
    closing: AtomicBool,
    actors: Mutex<Actors>,
    registry: Registry,
    dead_letters: DeadLetters,
    history: History,
    sweeper: Sweeper,
    events: broadcast::Sender<Event>,
    event_count: AtomicU64,
    listeners: Arc<AtomicUsize>,
    /// Woken whenever an actor has ended.
    gone: Notify,
    escalated: Mutex<Option<ExitReason>>,
    tasks: AtomicUsize,
    stuck: Mutex<Vec<Arc<Stuck>>>,
}

/// The living, and the sums over the dead. One lock for both, taken when an actor is spawned, when it ends, and by a
/// snapshot: so that an actor is counted in exactly one of them.
#[derive(Default)]
struct Actors {
    living: Ordered<ActorId, Arc<dyn AnyCell>>,
    types: Types,
}

impl Shared {
    pub(crate) fn new(name: &str, limits: Limits) -> Arc<Self> {
        let (runtime, own_runtime) = match Handle::try_current() {
            Ok(handle) => (handle, None),
            Err(_) => {
                let runtime = own_runtime();
                (runtime.handle().clone(), Some(runtime))
            }
        };
        let (events, _) = broadcast::channel(EVENT_ROOM);
        Arc::new(Self {
            name: Arc::from(crate::text::clip(name, limits.text)),
            runtime,
            own_runtime,
            born: Instant::now(),
            next_id: AtomicU64::new(1),
            closing: AtomicBool::new(false),
            actors: Mutex::default(),
            registry: Registry::default(),
            dead_letters: DeadLetters::new(limits.dead_letters),
            history: History::new(limits.history, limits.names),
            sweeper: Sweeper::new(limits.ask),
            events,
            event_count: AtomicU64::new(0),
            listeners: Arc::default(),
            gone: Notify::new(),
            escalated: Mutex::new(None),
            tasks: AtomicUsize::new(0),
            stuck: Mutex::default(),
            limits,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn dead_letters(&self) -> &DeadLetters {
        &self.dead_letters
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    pub(crate) fn sweeper(&self) -> &Sweeper {
        &self.sweeper
    }

    pub(crate) fn next_id(&self) -> ActorId {
        ActorId::new(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    fn actors(&self) -> MutexGuard<'_, Actors> {
        self.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Life and death of actors.

    /// Adds a living actor; refused once the system is closing. The two cannot cross: both hold the lock.
    pub(crate) fn admit(&self, cell: Arc<dyn AnyCell>) -> Result<(), SpawnError> {
        let type_name = cell.core().kind.name;
        let mut actors = self.actors();
        if self.closing.load(Ordering::Acquire) {
            return Err(self.closed());
        }
        actors.living.insert(cell.core().id, cell);
        actors.types.of(type_name).started += 1;
        Ok(())
    }

    pub(crate) fn closed(&self) -> SpawnError {
        SpawnError::SystemClosed {
            system: self.name.clone(),
        }
    }

    /// An actor has ended: what it did goes to its type.
    pub(crate) fn retire(&self, ended: &dyn AnyCell, reason: &ExitReason) {
        let core = ended.core();
        let now = Instant::now();
        let (accepted, refused) = ended.counts();
        let mut actors = self.actors();
        let Some(cell) = actors.living.remove(core.id) else {
            return;
        };
        let of_type = actors.types.of(core.kind.name);
        of_type.ended += 1;
        of_type.figures += core.stats.figures(accepted, refused, Some(now));
        drop(actors);
        drop(cell);
        if core.parent().is_none() && matches!(reason, ExitReason::Escalated { .. }) {
            let mut escalated = self
                .escalated
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            escalated.get_or_insert_with(|| reason.clone());
        }
        self.history.add(Ended {
            id: core.id,
            type_name: core.kind.name,
            name: core.name().cloned(),
            reason: reason.clone(),
            restarts: core.stats.restarts(),
            uptime: now.saturating_duration_since(core.stats.born()),
            ended_at: SystemTime::now(),
        });
    }

    /// Tells whoever waits for the end of actors to look again.
    pub(crate) fn gone(&self) {
        self.gone.notify_waiters();
    }

    pub(crate) fn when_gone(&self) -> &Notify {
        &self.gone
    }

    pub(crate) fn get(&self, id: ActorId) -> Option<Arc<dyn AnyCell>> {
        self.actors().living.get(id).cloned()
    }

    pub(crate) fn list(&self) -> Vec<Arc<dyn AnyCell>> {
        self.actors().living.values().cloned().collect()
    }

    pub(crate) fn living(&self) -> usize {
        self.actors().living.len()
    }

    // The end of the system.

    pub(crate) fn close(&self) {
        let actors = self.actors();
        self.closing.store(true, Ordering::Release);
        drop(actors);
    }

    pub(crate) fn state(&self) -> SystemState {
        if !self.closing.load(Ordering::Acquire) {
            SystemState::Open
        } else if self.living() > 0 || !self.stuck().is_empty() {
            SystemState::Closing
        } else {
            SystemState::Closed
        }
    }

    pub(crate) async fn wait(&self) -> ExitReason {
        loop {
            let gone = self.gone.notified();
            tokio::pin!(gone);
            gone.as_mut().enable();
            let escalated = self
                .escalated
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            if let Some(reason) = escalated {
                return reason;
            }
            if self.state() == SystemState::Closed {
                return ExitReason::Shutdown;
            }
            gone.await;
        }
    }

    /// A thread of a pool was left behind; it is listed until it comes back.
    pub(crate) fn add_stuck(&self, thread: Arc<Stuck>) {
        self.stuck
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(thread);
    }

    /// The threads of pools that were left behind and have not come back.
    pub(crate) fn stuck(&self) -> Vec<Left> {
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        stuck.retain(|thread| !thread.is_back());
        stuck.iter().map(|thread| thread.left()).collect()
    }

    // Tasks beside those of actors: timers and the sweeper.

    pub(crate) fn spawn_task(
        self: &Arc<Self>,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        let counted = Counted::new(self.clone());
        let task = self.runtime.spawn(async move {
            let _counted = counted;
            task.await;
        });
        task.abort_handle()
    }

    /// How many of them live.
    #[cfg(feature = "test")]
    pub(crate) fn tasks(&self) -> usize {
        self.tasks.load(Ordering::Acquire)
    }

    // What can be seen.

    pub(crate) fn event(&self, core: &Core, kind: impl FnOnce() -> EventKind) {
        self.event_count.fetch_add(1, Ordering::Relaxed);
        // The channel would take a lock to say so.
        if self.listeners.load(Ordering::Acquire) == 0 {
            return;
        }
        let event = Event {
            at: SystemTime::now(),
            actor: core.id,
            type_name: core.kind.name,
            name: core.name().cloned(),
            kind: kind(),
        };
        // A subscriber's waker is somebody else's code.
        if let Err(payload) = quiet::caught(|| self.events.send(event).is_ok()) {
            quiet::drop_logged(payload, "a waker's panic");
        }
    }

    pub(crate) fn events(&self) -> Events {
        Events {
            receiver: self.events.subscribe(),
            lost: 0,
            _listener: Listener::new(self),
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let began = std::time::Instant::now();
        // Both are copied at one moment, so each actor is in exactly one of them; the cells are read outside of the
        // lock, which spawning and ending wait for.
        let (cells, types) = {
            let actors = self.actors();
            (
                actors.living.values().cloned().collect::<Vec<_>>(),
                actors.types.list(),
            )
        };
        let mut types: Vec<TypeSnapshot> = types.into_iter().map(Into::into).collect();
        types.sort_by_key(|of_type| of_type.type_name);
        let actors: Vec<ActorSnapshot> = cells.iter().map(|cell| cell.snapshot()).collect();
        Snapshot {
            system: self.name.clone(),
            state: self.state(),
            taken_at: SystemTime::now(),
            uptime: self.born.elapsed(),
            actors,
            types,
            dead_letters: self.dead_letters.count(),
            events: self.event_count.load(Ordering::Relaxed),
            cost: began.elapsed(),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(runtime) = self.own_runtime.take() {
            // The last handle may be dropped anywhere, also where a thread must not block.
            runtime.shutdown_background();
        }
    }
}

/// A runtime for a system that was made outside of one.
///
/// # Panics
/// If the operating system gives it neither threads nor a place to wait for events.
fn own_runtime() -> Runtime {
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("playhouse")
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => panic!("no tokio runtime here, and none could be made: {error}"),
    }
}

/// Counts a stream of events for as long as it lives. It does not keep the system.
#[derive(Debug)]
pub(crate) struct Listener(Arc<AtomicUsize>);

impl Listener {
    fn new(shared: &Shared) -> Self {
        shared.listeners.fetch_add(1, Ordering::AcqRel);
        Self(shared.listeners.clone())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Counts a task for as long as it lives.
struct Counted(Arc<Shared>);

impl Counted {
    fn new(shared: Arc<Shared>) -> Self {
        shared.tasks.fetch_add(1, Ordering::AcqRel);
        Self(shared)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.tasks.fetch_sub(1, Ordering::AcqRel);
    }
}
