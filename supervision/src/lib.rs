//! Supervisors of playhouse: what fails is started again, by a rule, with backoff.
//!
//! A [`Supervisor`] starts its children in order, starts again what fails, gives up when that does not help, and
//! stops them in reverse order. Its children are actors or other supervisors, so that they make a tree:
//!
//! ```text
//!             bank                 gives up  ->  ends as `Escalated`, and so on upwards
//!            /    \
//!       ledger    sessions         a child of `bank` that is a supervisor itself
//!                /    |    \
//!            alice   bob   carol   fails  ->  started again by `sessions`; its address stays valid
//! ```
//!
//! Use it through the facade, the package `playhouse`; this crate is where it lives. Its parts:
//!
//! | module | holds |
//! |---|---|
//! | [`supervisor`] | [`Supervisor`], to build and start one; [`SupervisorRef`], to talk to it |
//! | [`child`] | [`ChildSpec`]: the rules that a child lives by |
//! | [`factory`] | the closures that make a child's state anew |
//! | [`strategy`] | who is restarted together, and whose end is the supervisor's |
//! | [`intensity`] | how many restarts are too many |
//! | [`backoff`] | how long to wait before a restart |
//! | [`task`](mod@task) | supervised functions |
//! | [`unit`](mod@unit) | one child under a supervisor of its own |
//! | [`application`] | a system as a program: signals, phases of its shutdown |
//! | [`error`] | one error per operation |

pub mod application;
pub mod backoff;
pub mod child;
pub mod error;
pub mod factory;
pub mod intensity;
pub mod strategy;
pub mod supervisor;
pub mod task;
pub mod unit;

pub use application::{
    Application, ApplicationError, ApplicationHandle, ShutdownPhase, ShutdownReason,
    ShutdownReport, ShutdownTask,
};
pub use backoff::Backoff;
pub use child::{ChildSpec, KeepQueue, Restart, Shutdown, actor};
pub use error::{
    BackoffError, ChildError, ConfigError, DeleteChildError, Mistake, RestartChildError,
    StartChildError, StartError, UnitError, Warning,
};
pub use factory::{Informed, IntoFactory, Start, inform};
pub use intensity::Intensity;
pub use strategy::{AutoShutdown, Strategy};
#[doc(hidden)]
pub use supervisor::decide;
pub use supervisor::{
    ChildInfo, ChildStatus, Counts, Started, Supervisor, SupervisorInfo, SupervisorRef, Tree,
};
pub use task::{Cancelled, TaskContext, TaskResult, task};
pub use unit::{Unit, supervised};
