//! What everybody may ask of a supervisor that runs.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::{Actor, ActorRef, Address, AskError, ExitReason};

use super::actor::{Again, Delete, How, Look, StartChild, Supervising, Terminate};
use super::info::{ChildInfo, Counts, SupervisorInfo};
use super::table::Shared;
use crate::child::ChildSpec;
use crate::error::{ChildError, DeleteChildError, RestartChildError, StartChildError};

/// A supervisor that runs, or did. Cheap to clone; it neither keeps the supervisor alive nor ends it.
///
/// Whoever drops a call before it is done has asked all the same: what was begun is done.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::{ChildError, Supervisor, actor};
/// # #[actor]
/// # struct Teller;
/// # #[handlers]
/// # impl Teller {
/// #     #[message]
/// #     fn serve(&self) {}
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::new("bank");
/// let bank = Supervisor::one_for_one().child(actor("teller", || Teller)).start(&system).await?;
///
/// let teller = bank.address::<Teller>("teller")?;
/// teller.serve().await?;
/// bank.start_child(actor("another", || Teller)).await?;
/// for child in bank.children().await {
///     println!("{}: {}, {} restarts", child.id, child.state.as_str(), child.restarts);
/// }
/// bank.terminate_child("teller").await?;
/// assert_eq!(bank.address::<Teller>("teller"), Err(ChildError::Ended { id: "teller".into() }));
/// bank.restart_child("teller").await?; // a new actor, with an address of its own
/// bank.address::<Teller>("teller")?.serve().await?;
/// assert_eq!(bank.stop().await, ExitReason::Shutdown);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SupervisorRef {
    address: Address<Supervising>,
    shared: Arc<Shared>,
}

/// A child that was started.
#[derive(Debug)]
pub struct Started {
    actor: Option<ActorRef>,
    below: Option<Arc<Shared>>,
    info: Option<Box<dyn Any + Send>>,
}

impl Started {
    pub(super) const fn ignored() -> Self {
        Self {
            actor: None,
            below: None,
            info: None,
        }
    }

    pub(super) const fn up(
        actor: ActorRef,
        below: Option<Arc<Shared>>,
        info: Option<Box<dyn Any + Send>>,
    ) -> Self {
        Self {
            actor: Some(actor),
            below,
            info,
        }
    }

    /// The factory said that there is nothing to start ([`Start::Ignore`](crate::Start)). The child is down, and its spec
    /// is kept, unless it is temporary or a dynamic supervisor's.
    #[must_use]
    pub const fn is_ignored(&self) -> bool {
        self.actor.is_none()
    }

    /// The child as an actor, unless it was ignored.
    #[must_use]
    pub const fn actor(&self) -> Option<&ActorRef> {
        self.actor.as_ref()
    }

    /// The address of the child, if it is an `A`.
    #[must_use]
    pub fn address<A: Actor>(&self) -> Option<Address<A>> {
        self.actor.as_ref()?.address()
    }

    /// The child, if it is a supervisor.
    #[must_use]
    pub fn supervisor(&self) -> Option<SupervisorRef> {
        Some(SupervisorRef {
            address: self.address()?,
            shared: self.below.clone()?,
        })
    }

    /// What the factory had to say to whoever asked for the start ([`inform`](crate::factory::inform)), if it is a `T`.
    pub fn info<T: Any + Send>(&mut self) -> Option<T> {
        match self.info.take()?.downcast() {
            Ok(info) => Some(*info),
            Err(other) => {
                self.info = Some(other);
                None
            }
        }
    }
}

impl SupervisorRef {
    pub(super) fn new(address: Address<Supervising>, shared: Arc<Shared>) -> Self {
        Self { address, shared }
    }

    /// Its name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.shared.plan.name.as_deref()
    }

    /// The supervisor as an actor.
    pub fn actor(&self) -> ActorRef {
        self.address.actor()
    }

    // Children, found without asking the supervisor.

    /// The address of a child. It stays valid over restarts of the child, not over those of the supervisor itself,
    /// which make new children, nor when the child was down in between.
    ///
    /// # Errors
    /// [`ChildError`]: there is no such child, it is not an `A`, or it does not run.
    pub fn address<A: Actor>(&self, id: &str) -> Result<Address<A>, ChildError> {
        let child = self.child(id)?;
        child
            .address()
            .ok_or_else(|| wrong_type(id, &child, A::NAME))
    }

    /// A child, whatever its type is.
    ///
    /// # Errors
    /// [`ChildError`]: there is no such child, or it does not run.
    pub fn child(&self, id: &str) -> Result<ActorRef, ChildError> {
        let table = self.shared.table();
        let (_, child) = table.find(id)?;
        Ok(child.actor())
    }

    /// A child that is a supervisor.
    ///
    /// # Errors
    /// [`ChildError`]: there is no such child, it is no supervisor, or it does not run.
    pub fn supervisor(&self, id: &str) -> Result<Self, ChildError> {
        let table = self.shared.table();
        let (seat, child) = table.find(id)?;
        match (child.address(), seat.below.clone()) {
            (Some(address), Some(shared)) => Ok(Self { address, shared }),
            _ => Err(wrong_type(id, &child.actor(), Supervising::TYPE_NAME)),
        }
    }

    // What it says of itself.

    /// The supervisor as long as it has children, or is about to. One that waits for its own restart would answer after
    /// that, and nobody knows when that is.
    fn open(&self) -> Option<&Address<Supervising>> {
        self.shared.table().is_open.then_some(&self.address)
    }

    /// The supervisor and its children as they stand; `None` once it has ended, or while its own restarts it.
    pub async fn info(&self) -> Option<SupervisorInfo> {
        self.open()?.ask(Look).timeout(PATIENCE).await.ok()
    }

    /// The children as they stand, in the order of their start; none once the supervisor has ended.
    pub async fn children(&self) -> Vec<ChildInfo> {
        self.info()
            .await
            .map(|info| info.children)
            .unwrap_or_default()
    }

    /// How many children there are; none once the supervisor has ended.
    pub async fn counts(&self) -> Counts {
        Counts::of(&self.children().await)
    }

    /// Why it gave up, and what led to it, once it has: whose failure it was, the latest events, and whom it had to
    /// stop. The same text is logged.
    #[must_use]
    pub fn crash_report(&self) -> Option<Arc<str>> {
        self.shared.table().crash_report.clone()
    }

    // What it is asked to do.

    /// Adds a child, starts it, and returns when it is up. It comes after all others in the order of starts.
    ///
    /// While a group restarts, its turn comes with that. A start that fails is not repeated, and leaves nothing behind.
    /// Children added so are not there any more after a restart of the supervisor itself.
    ///
    /// During the first start of the supervisor, their turn comes after that of the children it begins with. So one of
    /// these must not await this in its factory or its `started` hook: it would wait for itself, until its
    /// [`start_limit`](ChildSpec::start_limit) ends that. A message to itself, or a task, can do it.
    ///
    /// # Errors
    /// [`StartChildError`].
    pub async fn start_child(
        &self,
        spec: impl Into<ChildSpec>,
    ) -> Result<Started, StartChildError> {
        let spec = spec.into();
        let asked = self
            .open()
            .ok_or(StartChildError::SupervisorGone)?
            .ask(StartChild { spec })
            .timeout(PATIENCE)
            .await;
        asked.map_err(|error| match error {
            AskError::Handler(error) => error,
            _ => StartChildError::SupervisorGone,
        })
    }

    /// Ends a child for good, in the way that its spec says, and returns when it is down. It is not started again,
    /// until [`restart_child`](Self::restart_child) or a restart of its group does so.
    /// Done at once for a child that is down; one that waits for its restart waits no more, and neither does the group
    /// that would restart with it: what of it was stopped stays down.
    ///
    /// A child that awaits its own end in a handler is killed at its deadline, and waits for ever where it has none
    /// ([`Shutdown::Wait`](crate::Shutdown::Wait)); it can stop itself with
    /// [`Context::stop`](playhouse_core::Context::stop) or by its address.
    ///
    /// # Errors
    /// [`ChildError`]: there is no such child, or the supervisor does not run.
    pub async fn terminate_child(&self, id: &str) -> Result<(), ChildError> {
        let asked = self
            .open()
            .ok_or(ChildError::SupervisorGone)?
            .ask(Terminate { id: id.into() })
            .timeout(PATIENCE)
            .await;
        asked.map_err(|error| match error {
            AskError::Handler(error) => error,
            _ => ChildError::SupervisorGone,
        })
    }

    /// Starts a child that is down, as a new actor, and returns when it is up. That is no restart that counts.
    ///
    /// # Errors
    /// [`RestartChildError`]: there is no such child, it runs or waits for its restart, or its start failed; it is down
    /// then.
    pub async fn restart_child(&self, id: &str) -> Result<Started, RestartChildError> {
        self.again(id, How::IfDown).await
    }

    /// Starts a child that waits for its restart (with its group, where it has one) without waiting any longer, or one
    /// that is down, and returns when it is up.
    ///
    /// # Errors
    /// [`RestartChildError`]: there is no such child, it runs, or its start failed. What waited for its restart goes on
    /// to do so then.
    pub async fn restart_now(&self, id: &str) -> Result<Started, RestartChildError> {
        self.again(id, How::Now).await
    }

    /// Stops a child if it runs, forgets its failures and the count of its restarts, starts it, and returns when it is up.
    /// It keeps its address and its queue, if it was not down. A child must not await that for itself in a handler; see
    /// [`terminate_child`](Self::terminate_child).
    ///
    /// # Errors
    /// [`RestartChildError`]: there is no such child, or its start failed.
    pub async fn cycle_child(&self, id: &str) -> Result<Started, RestartChildError> {
        self.again(id, How::Anyhow).await
    }

    async fn again(&self, id: &str, how: How) -> Result<Started, RestartChildError> {
        let asked = self
            .open()
            .ok_or(RestartChildError::SupervisorGone)?
            .ask(Again { id: id.into(), how })
            .timeout(PATIENCE)
            .await;
        asked.map_err(|error| match error {
            AskError::Handler(error) => error,
            _ => RestartChildError::SupervisorGone,
        })
    }

    /// Forgets the spec of a child that is down.
    ///
    /// # Errors
    /// [`DeleteChildError`]: there is no such child, or it runs or waits for its restart.
    pub async fn delete_child(&self, id: &str) -> Result<(), DeleteChildError> {
        let asked = self
            .open()
            .ok_or(DeleteChildError::SupervisorGone)?
            .ask(Delete { id: id.into() })
            .timeout(PATIENCE)
            .await;
        asked.map_err(|error| match error {
            AskError::Handler(error) => error,
            _ => DeleteChildError::SupervisorGone,
        })
    }

    /// Stops the children in reverse order, each in the way that its spec says, and then the supervisor; returns when
    /// all are down, with the reason that it ended for. As a child of another supervisor, it is not started again. A child
    /// must not await that in a handler; see [`terminate_child`](Self::terminate_child).
    pub async fn stop(&self) -> ExitReason {
        self.address.stop();
        self.address.wait().await
    }

    /// Waits for its end.
    pub async fn wait(&self) -> ExitReason {
        self.address.wait().await
    }
}

/// A supervisor answers when it can say what happened; the time limits are those of the children. Some limit has to
/// be given.
const PATIENCE: Duration = Duration::from_secs(365 * 24 * 3600);

fn wrong_type(id: &str, child: &ActorRef, wanted: &'static str) -> ChildError {
    ChildError::WrongType {
        id: id.to_owned(),
        wanted,
        found: child.type_name(),
    }
}

impl fmt::Debug for SupervisorRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SupervisorRef({} {})",
            self.shared.plan.title(),
            self.address.actor().id()
        )
    }
}
