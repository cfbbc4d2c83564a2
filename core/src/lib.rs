//! The runtime of playhouse: typed actors, their addresses and mailboxes, and what can be seen of them.
//!
//! Use it through the facade, the package `playhouse`; this crate is where it lives. Its parts:
//!
//! | module | holds |
//! |---|---|
//! | [`actor`] | what an actor is, its phases, how it is spawned, its loop |
//! | [`address`] | how an actor is reached: [`Address`], [`Recipient`], [`ActorRef`] |
//! | [`message`] | the verbs `tell` and `ask`, reply ports |
//! | [`mailbox`] | how much waits, and what happens when it is full |
//! | [`context`] | what a handler may do with its own actor |
//! | [`links`] | who is told that an actor ended; the seam to supervisors |
//! | [`timer`] | messages that come later |
//! | [`dead_letter`] | what was accepted and could not be handled |
//! | [`observe`] | snapshots and events: all that an outsider may know |
//! | [`system`] | the root: spawn, names, shutdown |
//!
//! Nothing here knows of supervisors or of telemetry; both stand on [`links`] and [`observe`].

pub mod actor;
pub mod address;
pub mod context;
pub mod dead_letter;
pub mod error;
pub mod exit;
pub mod links;
pub mod mailbox;
pub mod message;
pub mod observe;
pub mod system;
#[cfg(feature = "test")]
pub mod test;
pub mod timer;

mod edges;
mod fault;
mod history;
mod ordered;
mod quiet;
mod raw;
mod registry;
mod stats;
mod sync;
mod text;

pub use actor::{
    Actor, ActorId, BlockingActor, Define, Failure, Handled, InlineAsk, Phase, Scoped, Spawner,
};
pub use address::{ActorRef, Address, HandleOf, RawAddress, Recipient};
pub use context::Context;
pub use dead_letter::{DeadLetter, DeadLetters};
pub use error::{
    AskError, LookupError, Refused, RegisterError, ShutdownError, SpawnError, TellError,
};
pub use exit::{ExitReason, Incarnation};
pub use links::{Down, Exit, Monitor};
pub use mailbox::{MailboxOptions, Overflow};
pub use message::{Ask, Fallible, Handles, Mail, Reaches, Reply, Tell};
pub use system::{System, SystemBuilder, SystemState};
pub use timer::Timer;
