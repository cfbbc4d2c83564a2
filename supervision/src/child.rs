//! Child specs: what a supervisor knows of a child before it runs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use playhouse_core::links::{self, ChildOptions, NotStarted, Parent};
use playhouse_core::{Actor, ExitReason, MailboxOptions, Overflow, SpawnError, System};

use crate::backoff::Backoff;
use crate::factory::{InfoSlot, IntoFactory};
use crate::supervisor::{Plan, Shared};

/// After which ends a child is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Restart {
    /// After every end, also a normal one. The default.
    #[default]
    Permanent,
    /// After abnormal ends alone: errors, panics, kills, failed starts, an escalation from below.
    Transient,
    /// Never; once it has ended, the supervisor forgets it.
    Temporary,
}

impl Restart {
    pub(crate) fn after(self, reason: &ExitReason) -> bool {
        match self {
            Self::Permanent => true,
            Self::Transient => !reason.is_normal(),
            Self::Temporary => false,
        }
    }
}

/// How a supervisor ends a child that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// The handler in hand is dropped at its next await.
    Kill,
    /// The handler in hand and the `stopping` hook may take this long together; then as [`Kill`](Self::Kill).
    After(Duration),
    /// It takes no more messages, and has this long to handle those that it has accepted; then as [`Kill`](Self::Kill).
    /// What it has not handled by then are dead letters, and so is the rest when a handler fails. Stopped for the restart
    /// of its group, it keeps its mailbox open, and this is as [`After`](Self::After).
    Drain(Duration),
    /// As long as it takes. Right for supervisors, since killing one kills all below it.
    Wait,
}

impl Shutdown {
    /// What holds unless something else is set: five seconds.
    pub const DEFAULT: Self = Self::After(Duration::from_secs(5));

    /// After how long what has not ended is killed.
    pub(crate) const fn limit(self) -> Option<Duration> {
        match self {
            Self::After(limit) | Self::Drain(limit) => Some(limit),
            Self::Kill | Self::Wait => None,
        }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Which restarts the messages outlive that wait in a child's mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeepQueue {
    /// After a failure of its own they wait for the next start. Stopped because another child failed, they are dead
    /// letters: they are about partners that are gone. The default.
    #[default]
    OwnFailure,
    /// They always wait.
    Always,
    /// They are always dead letters. What comes while it waits for its restart is kept.
    Never,
}

/// What a supervisor must know of a child: what it is called, how it is made, and by which rules it lives.
///
/// Made by [`actor`], or from a [`Supervisor`](crate::Supervisor) for a tree of several levels.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::{Backoff, Restart, Shutdown, actor};
/// # #[actor]
/// # struct Teller;
/// # #[handlers]
/// # impl Teller {
/// #     #[message]
/// #     fn wave(&self) {}
/// # }
///
/// let teller = actor("teller", || Teller)
///     .restart(Restart::Transient) // it may end normally, and stays down then
///     .backoff(Backoff::fixed(ms(100)))
///     .max_retries(10)
///     .shutdown(Shutdown::After(secs(1)))
///     .start_limit(secs(10))
///     .mailbox(64);
/// assert_eq!(teller.id(), "teller");
/// ```
#[derive(Clone)]
pub struct ChildSpec {
    pub(crate) id: Arc<str>,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) start_limit: Option<Duration>,
    pub(crate) significant: bool,
    pub(crate) keep_queue: KeepQueue,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) mailbox: MailboxOptions,
    pub(crate) recipe: Arc<dyn Recipe>,
}

/// An actor as a child: its id, and the factory that makes its state for each start.
///
/// The id is unique in its supervisor; the actor is shown by it. The factory is a closure without arguments (or a
/// `fn`) that returns the actor, a `Result` of it, or a future of either; see [`IntoFactory`]. An error is a failed
/// start, and so is a panic.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::actor;
/// # use std::io;
///
/// #[actor]
/// #[derive(Default)]
/// struct Ledger {
///     pages: Vec<u8>,
/// }
/// # #[handlers]
/// # impl Ledger {
/// #     #[message]
/// #     fn length(&self) -> usize { self.pages.len() }
/// # }
///
/// impl Ledger {
///     fn open(path: &str) -> io::Result<Self> {
///         Ok(Self { pages: std::fs::read(path)? })
///     }
/// }
///
/// actor("ledger", Ledger::default);
/// actor("ledger", || Ledger::open("ledger.db"));
/// actor("ledger", || async { Ledger { pages: fetch().await } });
/// actor("ledger", || async {
///     let pages = tokio::task::spawn_blocking(|| std::fs::read("ledger.db")).await??;
///     io::Result::Ok(Ledger { pages })
/// });
/// # async fn fetch() -> Vec<u8> { Vec::new() }
/// ```
pub fn actor<A, Kind, F>(id: impl Into<Arc<str>>, factory: F) -> ChildSpec
where
    A: Actor,
    F: IntoFactory<A, Kind>,
{
    let info = InfoSlot::default();
    let factory = Arc::new(Mutex::new(factory.into_factory(info.clone())));
    let recipe = Arc::new(ActorRecipe { factory, info });
    ChildSpec::new(id.into(), A::MAILBOX, recipe)
}

impl ChildSpec {
    /// How long a start may take unless something else is set.
    pub const DEFAULT_START_LIMIT: Duration = Duration::from_secs(30);

    pub(crate) fn new(id: Arc<str>, mailbox: MailboxOptions, recipe: Arc<dyn Recipe>) -> Self {
        Self {
            id,
            restart: Restart::default(),
            shutdown: Shutdown::DEFAULT,
            backoff: None,
            max_retries: None,
            start_limit: Some(Self::DEFAULT_START_LIMIT),
            significant: false,
            keep_queue: KeepQueue::default(),
            idle_timeout: None,
            mailbox,
            recipe,
        }
    }

    /// What it is called in its supervisor.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// After which ends it is started again; [`Restart::Permanent`] unless set.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How it is ended; [`Shutdown::DEFAULT`] unless set.
    ///
    /// More time lets it finish what it does; all that comes before it in its supervisor waits for that.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// How long it waits before each restart; as its supervisor says unless set.
    ///
    /// Longer spares what it depends on; shorter is back sooner.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// How many restarts in a row it is given before its supervisor gives up; any number unless set.
    ///
    /// In a row means: without having been up for the backoff's [`reset_after`](Backoff::reset_after) in between. A
    /// child whose delays are long never fills the supervisor's [`Intensity`](crate::Intensity); this limit holds for
    /// it too.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// How long each of its starts may take, the `started` hook included; then the start has failed.
    /// [`DEFAULT_START_LIMIT`](Self::DEFAULT_START_LIMIT) unless set, none for a supervisor.
    ///
    /// Longer waits for what is slow; shorter notices sooner what hangs. A supervisor's start is that of all its
    /// children, and is given up within a second after the limit.
    #[must_use]
    pub fn start_limit(mut self, limit: Duration) -> Self {
        self.start_limit = Some(limit);
        self
    }

    /// Whether its end by itself counts for the supervisor's [`AutoShutdown`](crate::AutoShutdown); it does not unless
    /// set. A mistake for a permanent child, which never ends so, and in a supervisor that pays no attention to it.
    #[must_use]
    pub fn significant(mut self, significant: bool) -> Self {
        self.significant = significant;
        self
    }

    /// Which restarts its queued messages outlive; [`KeepQueue::OwnFailure`] unless set.
    #[must_use]
    pub fn keep_queue(mut self, keep: KeepQueue) -> Self {
        self.keep_queue = keep;
        self
    }

    /// How long it may have work without a sign of life; for ever unless set. Then it has failed, with
    /// [`ExitReason::IdleTimeout`].
    ///
    /// A sign of life is a [`beat`](playhouse_core::Context::beat), or a message taken or done. Noticed within one and a
    /// half times this and 10 ms. Longer is patient with slow handlers; shorter notices sooner what hangs.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = Some(limit);
        self
    }

    /// How many messages may wait for it, in place of what its type says. 0 is a mistake.
    ///
    /// The queue outlives a restart. More rides out longer waits for one; less tells its senders sooner.
    #[must_use]
    pub fn mailbox(mut self, capacity: usize) -> Self {
        self.mailbox = MailboxOptions::new(capacity).overflow(self.mailbox.policy());
        self
    }

    /// What its mailbox does when it is full, in place of what its type says.
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.mailbox = self.mailbox.overflow(overflow);
        self
    }
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("id", &self.id)
            .field("restart", &self.restart)
            .field("shutdown", &self.shutdown)
            .field("backoff", &self.backoff)
            .field("max_retries", &self.max_retries)
            .field("start_limit", &self.start_limit)
            .field("significant", &self.significant)
            .field("keep_queue", &self.keep_queue)
            .field("idle_timeout", &self.idle_timeout)
            .field("mailbox", &self.mailbox)
            .finish_non_exhaustive()
    }
}

/// How a child of any type is brought under a parent.
///
/// It may be used again and again: a supervisor that is itself restarted adopts all its children anew.
pub(crate) trait Recipe: Send + Sync {
    fn adopt(
        &self,
        system: &System,
        options: ChildOptions,
        parent: Arc<dyn Parent>,
    ) -> Result<Adopted, SpawnError>;

    /// The name of the actor's type.
    fn type_name(&self) -> &'static str;

    /// What the child is, for whoever does not know types of actors.
    fn kind(&self) -> &'static str {
        "actor"
    }

    /// The plan of a child that is a supervisor.
    fn plan(&self) -> Option<&Arc<Plan>> {
        None
    }
}

/// A child under its parent.
pub(crate) struct Adopted {
    pub(crate) child: links::Child,
    /// What is known of the children of a child that is a supervisor.
    pub(crate) below: Option<Arc<Shared>>,
    /// What its factory hands to whoever asked for a start.
    pub(crate) info: InfoSlot,
}

/// The factory is shared by all the children made from one spec, which follow one another.
struct ActorRecipe<A: Actor> {
    factory: Arc<Mutex<links::Factory<A>>>,
    info: InfoSlot,
}

type Starting<A> = Pin<Box<dyn Future<Output = Result<A, NotStarted>> + Send>>;

impl<A: Actor> Recipe for ActorRecipe<A> {
    fn type_name(&self) -> &'static str {
        A::NAME
    }

    fn adopt(
        &self,
        system: &System,
        options: ChildOptions,
        parent: Arc<dyn Parent>,
    ) -> Result<Adopted, SpawnError> {
        let shared = Arc::clone(&self.factory);
        let factory: links::Factory<A> = Box::new(move || -> Starting<A> {
            // A factory that panicked is called again at the next start; what it holds is its own business.
            (shared.lock().unwrap_or_else(PoisonError::into_inner))()
        });
        Ok(Adopted {
            child: links::adopt(system, options, factory, parent)?,
            below: None,
            info: self.info.clone(),
        })
    }
}
