//! What everybody may ask of a supervisor that runs.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use playhouse_core::links;
use playhouse_core::{Actor, ActorId, ActorRef, Address, AskError, ExitReason, Phase};
use tokio::sync::Semaphore;

use super::actor::{Children, Supervising, Terminate};
use super::plan::Plan;
use crate::child::Adopted;
use crate::error::ChildError;

/// A supervisor that runs, or did. Cheap to clone; it neither keeps the supervisor alive nor ends it.
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
/// for child in bank.children().await {
///     println!("{}: {}, {} restarts", child.id, child.state.as_str(), child.restarts);
/// }
/// bank.terminate_child("teller").await?;
/// assert_eq!(bank.address::<Teller>("teller"), Err(ChildError::Ended { id: "teller".into() }));
/// assert_eq!(bank.stop().await, ExitReason::Shutdown);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SupervisorRef {
    address: Address<Supervising>,
    shared: Arc<Shared>,
}

/// One child, as its supervisor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildInfo {
    /// What its spec calls it.
    pub id: Arc<str>,
    /// The actor; the same over restarts.
    pub actor: ActorId,
    /// Where it stands. [`Phase::Backoff`] while it waits to be started again.
    pub state: Phase,
    /// How often it was started again.
    pub restarts: u64,
    /// How many failures in a row the latest one was; 0 once it has been up for the backoff's
    /// [`reset_after`](crate::Backoff::reset_after).
    pub attempt: u64,
    /// How long until it is started again, while it waits for that.
    pub due_in: Option<Duration>,
}

impl SupervisorRef {
    pub(super) fn new(address: Address<Supervising>, shared: Arc<Shared>) -> Self {
        Self { address, shared }
    }

    /// The address of a child. It stays valid over restarts of the child, not over those of the supervisor itself,
    /// which make new children.
    ///
    /// # Errors
    /// [`ChildError`]: there is no such child, it is not an `A`, or it has ended for good.
    pub fn address<A: Actor>(&self, id: &str) -> Result<Address<A>, ChildError> {
        let seat = self.shared.find(id)?;
        seat.child
            .address()
            .ok_or_else(|| wrong_type(id, &seat, A::NAME))
    }

    /// A child that is a supervisor.
    ///
    /// # Errors
    /// [`ChildError`]: there is no such child, it is no supervisor, or it has ended for good.
    pub fn supervisor(&self, id: &str) -> Result<Self, ChildError> {
        let seat = self.shared.find(id)?;
        match (seat.child.address(), seat.below.clone()) {
            (Some(address), Some(shared)) => Ok(Self { address, shared }),
            _ => Err(wrong_type(id, &seat, Supervising::TYPE_NAME)),
        }
    }

    /// The children as they stand, in the order of their start; none once the supervisor has ended.
    pub async fn children(&self) -> Vec<ChildInfo> {
        self.address
            .ask(Children)
            .timeout(PATIENCE)
            .await
            .unwrap_or_default()
    }

    /// Ends a child for good, in the way that its spec says, and returns when it is down. It is not started again.
    /// Done at once for a child that is down; one that waits for its restart waits no more.
    ///
    /// A child that awaits its own end in a handler is killed at its deadline; it can stop itself with
    /// [`Context::stop`](playhouse_core::Context::stop) or by its address.
    ///
    /// # Errors
    /// [`ChildError`]: there is no such child, or the supervisor does not run.
    pub async fn terminate_child(&self, id: &str) -> Result<(), ChildError> {
        let asked = self
            .address
            .ask(Terminate { id: id.to_owned() })
            .timeout(PATIENCE)
            .await;
        asked.map_err(|error| match error {
            AskError::Handler(error) => error,
            _ => ChildError::NotRunning,
        })
    }

    /// Stops the children in reverse order, each in the way that its spec says, and then the supervisor; returns when
    /// all are down, with the reason that it ended for. As a child of another supervisor, it is not started again.
    pub async fn stop(&self) -> ExitReason {
        self.address.stop();
        self.address.wait().await
    }

    /// Waits for its end.
    pub async fn wait(&self) -> ExitReason {
        self.address.wait().await
    }

    /// The supervisor as an actor.
    pub fn actor(&self) -> ActorRef {
        self.address.actor()
    }
}

/// A supervisor answers when it can say what happened; the time limits are those of the children. Some limit has to
/// be given.
const PATIENCE: Duration = Duration::from_secs(365 * 24 * 3600);

fn wrong_type(id: &str, seat: &Seat, wanted: &'static str) -> ChildError {
    ChildError::WrongType {
        id: id.to_owned(),
        wanted,
        found: seat.child.actor().type_name(),
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

/// What a supervisor shows of its children to those who do not ask it. It is the same over restarts of the
/// supervisor.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) plan: Arc<Plan>,
    /// One incarnation of the supervisor at a time has children.
    pub(super) turn: Arc<Semaphore>,
    /// `None` while the supervisor does not run.
    seats: RwLock<Option<Vec<Seat>>>,
}

/// The place of one child.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) child: links::Child,
    below: Option<Arc<Shared>>,
    presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Here,
    Ended,
    Forgotten,
}

impl Seat {
    pub(super) fn new(adopted: Adopted) -> Self {
        Self {
            child: adopted.child,
            below: adopted.below,
            presence: Presence::Here,
        }
    }
}

impl Shared {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            turn: Arc::new(Semaphore::new(1)),
            seats: RwLock::new(None),
        }
    }

    fn find(&self, id: &str) -> Result<Seat, ChildError> {
        let seats = self.seats.read().unwrap_or_else(PoisonError::into_inner);
        let seats = seats.as_ref().ok_or(ChildError::NotRunning)?;
        let seat = self.plan.place(id).and_then(|place| seats.get(place));
        match seat.map(|seat| (seat, seat.presence)) {
            Some((seat, Presence::Here)) => Ok(seat.clone()),
            Some((_, Presence::Ended)) => Err(ChildError::Ended { id: id.to_owned() }),
            Some((_, Presence::Forgotten)) | None => {
                Err(ChildError::NotFound { id: id.to_owned() })
            }
        }
    }

    /// The children are there.
    pub(super) fn seat(&self, seats: Vec<Seat>) {
        *self.seats.write().unwrap_or_else(PoisonError::into_inner) = Some(seats);
    }

    /// A child has ended for good.
    pub(super) fn ended(&self, place: usize, forget: bool) {
        let mut seats = self.seats.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(seat) = seats.as_mut().and_then(|seats| seats.get_mut(place)) {
            seat.presence = if forget {
                Presence::Forgotten
            } else {
                Presence::Ended
            };
        }
    }

    /// The supervisor does not run (any more).
    pub(super) fn unseat(&self) {
        *self.seats.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
