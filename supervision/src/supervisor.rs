//! Supervisors: an actor that starts its children in order, starts again what fails, and stops them in reverse.
//!
//! Who does what:
//!
//! | part | its part |
//! |---|---|
//! | [`Supervisor`] | what is asked for; checked as a whole, then turned into a plan |
//! | [`decide`] | what to do about each event: pure, all the rules are there |
//! | `shell` | does it: orders to children, who waits for what |
//! | `table` | which children there are, what makes them, and their actors |
//! | `timers` | what is due when |
//! | `tree` | all of a tree as it stands: as text, Mermaid, DOT; by path |
//! | `status` | the state of a child in one fixed form, for JSON |
//! | `recorder` | what happened last, for the report of an escalation |
//! | `actor` | the shell as an actor of the core: its messages and hooks |
//! | `inbox` | how reports of children reach the shell, in a hook as well as between two messages |
//! | [`SupervisorRef`] | what everybody else may ask and know |

mod actor;
#[doc(hidden)]
pub mod decide;
mod handle;
mod inbox;
mod info;
mod plan;
mod recorder;
mod shell;
mod status;
mod table;
mod timers;
mod tree;

use std::sync::Arc;
use std::time::Duration;

use playhouse_core::System;

use crate::backoff::Backoff;
use crate::child::ChildSpec;
use crate::error::StartError;
use crate::intensity::Intensity;
use crate::strategy::{AutoShutdown, Strategy};

pub use handle::{Started, SupervisorRef};
pub use info::{ChildInfo, Counts, SupervisorInfo};
pub(crate) use plan::Plan;
pub use status::ChildStatus;
pub(crate) use table::Shared;
pub use tree::Tree;

/// A supervisor to be: its children in the order of their start, and the rules that they live by.
///
/// [`start`](Self::start) runs it. Given to [`child`](Self::child) of another one, it makes a tree.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::{Backoff, Supervisor, actor};
///
/// #[actor]
/// #[derive(Default)]
/// struct Ledger {
///     entries: Vec<u64>,
/// }
///
/// #[handlers]
/// impl Ledger {
///     #[message]
///     fn enter(&mut self, amount: u64) {
///         assert!(amount > 0, "an entry of nothing");
///         self.entries.push(amount);
///     }
///     #[message]
///     fn total(&self) -> u64 {
///         self.entries.iter().sum()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::new("bank");
/// let bank = Supervisor::one_for_one()
///     .name("bank")
///     .intensity(5, secs(10))
///     .backoff(Backoff::exponential(ms(1)..=ms(50)))
///     .child(actor("ledger", Ledger::default))
///     .start(&system)
///     .await?;
///
/// let ledger = bank.address::<Ledger>("ledger")?;
/// ledger.enter(5).await?;
/// assert_eq!(ledger.total().await?, 5);
/// ledger.enter(0).await?; // panics; the same address leads to a fresh ledger
/// assert_eq!(ledger.total().await?, 0);
/// bank.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a supervisor does nothing before it is started"]
pub struct Supervisor {
    name: Option<Arc<str>>,
    strategy: Strategy,
    dynamic: bool,
    intensity: Option<Intensity>,
    backoff: Backoff,
    max_retries: Option<u32>,
    auto_shutdown: AutoShutdown,
    retry_initial: bool,
    max_children: Option<usize>,
    seed: Option<u64>,
    recorded: usize,
    ends_with_child: bool,
    children: Vec<ChildSpec>,
}

impl Supervisor {
    /// How many events are kept for the report of an escalation, unless set.
    pub const DEFAULT_RECORDED: usize = 64;

    /// How many children a dynamic supervisor may have, unless set.
    pub const DEFAULT_MAX_CHILDREN: usize = 1_000_000;

    const fn with(strategy: Strategy) -> Self {
        Self {
            name: None,
            strategy,
            dynamic: false,
            intensity: Some(Intensity::DEFAULT),
            backoff: Backoff::none(),
            max_retries: None,
            auto_shutdown: AutoShutdown::Never,
            retry_initial: false,
            max_children: None,
            seed: None,
            recorded: Self::DEFAULT_RECORDED,
            ends_with_child: false,
            children: Vec::new(),
        }
    }

    /// Restarts the child that failed, and no other. For children that do not depend on each other.
    pub const fn one_for_one() -> Self {
        Self::with(Strategy::OneForOne)
    }

    /// When one child fails, stops all others in reverse order, and starts all again in order. For children that cannot
    /// do without one another.
    pub const fn one_for_all() -> Self {
        Self::with(Strategy::OneForAll)
    }

    /// When one child fails, stops those that were started after it in reverse order, and starts it and them again in
    /// order. For children that depend on those before them.
    pub const fn rest_for_one() -> Self {
        Self::with(Strategy::RestForOne)
    }

    /// For children that come and go, in any number and each by a spec of its own
    /// ([`start_child`](SupervisorRef::start_child)): sessions, connections, jobs.
    ///
    /// They belong to no order: those that it begins with are started at once. What failed is restarted alone; the spec of a child that has ended for good is
    /// forgotten; all are stopped at once, each within its own time.
    pub fn dynamic(name: impl Into<Arc<str>>) -> Self {
        Self {
            dynamic: true,
            max_children: Some(Self::DEFAULT_MAX_CHILDREN),
            ..Self::one_for_one().name(name)
        }
    }

    /// What it is called where actors are shown; as a child of another supervisor, its id there.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Gives up when there would be more than `max` restarts within `period`; [`Intensity::DEFAULT`] unless set.
    ///
    /// Higher rides out more; lower tells sooner that a restart does not help. To give up is to stop all children and
    /// end with [`ExitReason::Escalated`](playhouse_core::ExitReason::Escalated), which a supervisor above takes for
    /// a failure.
    pub fn intensity(mut self, max: u32, period: Duration) -> Self {
        self.intensity = Some(Intensity { max, period });
        self
    }

    /// Never gives up, however often its children fail. A child's own
    /// [`max_retries`](ChildSpec::max_retries) still counts.
    pub fn unlimited(mut self) -> Self {
        self.intensity = None;
        self
    }

    /// How long a failed child waits before it is started again, where the child says nothing itself;
    /// [`Backoff::none`] unless set.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// How many restarts in a row a child is given that says nothing itself ([`ChildSpec::max_retries`]); any number
    /// unless set.
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// Whether it ends, with all its children and for the reason [`ExitReason::Shutdown`](playhouse_core::ExitReason),
    /// when [significant](ChildSpec::significant) ones have ended by themselves; [`AutoShutdown::Never`] unless set.
    pub const fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// Treats the first start of a child like any other: when it fails, it is repeated, within the same limits and after
    /// the same waits. Unless set, it is the supervisor that did not start then.
    pub const fn retry_initial(mut self) -> Self {
        self.retry_initial = true;
        self
    }

    /// How many children there may be at a time, those included that wait for their restart; any number unless set
    /// ([`DEFAULT_MAX_CHILDREN`](Self::DEFAULT_MAX_CHILDREN) in a dynamic one). More takes more memory when it comes to
    /// it; less refuses sooner.
    pub const fn max_children(mut self, max: usize) -> Self {
        self.max_children = Some(max);
        self
    }

    /// How many of the latest events are kept for the report of an escalation;
    /// [`DEFAULT_RECORDED`](Self::DEFAULT_RECORDED) unless set. More tells more, and takes some hundred bytes each.
    pub const fn recorded(mut self, events: usize) -> Self {
        self.recorded = events;
        self
    }

    /// Ends it, for the reason [`ExitReason::Shutdown`](playhouse_core::ExitReason), once a child has ended for good, whoever
    /// wanted that.
    pub(crate) fn ends_with_child(mut self) -> Self {
        self.ends_with_child = true;
        self
    }

    /// Makes the jitter of all waits repeatable: the same failures at the same times wait equally long. For tests;
    /// with one seed everywhere, jitter spreads nothing.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Adds a child, to be started after those before it and stopped before them: an [`actor`](crate::actor()), or
    /// another supervisor, whose name is its id then.
    ///
    /// ```
    /// use playhouse::prelude::*;
    /// use playhouse::supervision::{Supervisor, actor};
    /// # #[actor]
    /// # struct Session;
    /// # #[handlers]
    /// # impl Session {
    /// #     #[message]
    /// #     fn user(&self) -> String { "alice".into() }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = Supervisor::one_for_one().name("sessions").child(actor("alice", || Session));
    /// let bank = Supervisor::one_for_one().child(sessions).start(&System::new("bank")).await?;
    /// let alice = bank.supervisor("sessions")?.address::<Session>("alice")?;
    /// assert_eq!(alice.user().await?, "alice");
    /// # Ok(())
    /// # }
    /// ```
    pub fn child(mut self, child: impl Into<ChildSpec>) -> Self {
        self.children.push(child.into());
        self
    }

    /// Starts the children, one after the other, and returns when all are up.
    ///
    /// Dropping the future before it is done stops what was started.
    ///
    /// ```
    /// use playhouse::prelude::*;
    /// use playhouse::supervision::{Backoff, StartError, Supervisor};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let bank = Supervisor::one_for_one()
    ///     .name("bank")
    ///     .intensity(5, secs(0))
    ///     .backoff(Backoff::fixed(secs(1)).jitter(2.0));
    /// let error = bank.start(&System::new("bank")).await.unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "bank: a restart intensity over a period of zero; bank: a backoff with a jitter of 2 (it is from 0 to 1)",
    /// );
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StartError`]: all that makes no sense, before anything is started; or the first start that failed, when all
    /// that was started before it has been stopped again.
    pub async fn start(self, system: &System) -> Result<SupervisorRef, StartError> {
        actor::start(Arc::new(self.plan()?), system).await
    }
}
