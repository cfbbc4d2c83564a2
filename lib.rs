//! Actors with addressable mailboxes, supervision trees with backoff, and metrics of where the time goes.
//!
//! ```
//! use playhouse::prelude::*;
//!
//! #[actor(mailbox = 256)]
//! pub struct Account {
//!     balance: u64,
//! }
//!
//! #[handlers]
//! impl Account {
//!     #[message]
//!     pub fn deposit(&mut self, amount: u64) {
//!         self.balance += amount;
//!     }
//!
//!     #[message]
//!     pub fn balance(&self) -> u64 {
//!         self.balance
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let system = System::new("bank");
//! let account: Address<Account> = system.spawn(Account { balance: 0 });
//! account.deposit(5).await?; // returns nothing, so it is a tell: ready when the mailbox accepted it
//! assert_eq!(account.balance().await?, 5); // returns a value, so it is an ask
//! system.shutdown(secs(5)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! | feature | default | brings |
//! |---|---|---|
//! | `macros` | yes | [`actor`](macro@actor) and [`handlers`] |
//! | `supervision` | yes | [`supervision`]: supervisors, backoff |
//! | `signals` | yes | an [application](supervision::Application) ends in order by SIGINT and SIGTERM |
//! | `telemetry` | no | [`telemetry`]: OpenTelemetry metrics, Prometheus text |
//! | `test` | no | [`test`](mod@test): probes, leak assertions, injected failures |

// Generated code says `::playhouse`, also in this package's own examples and doctests.
#[allow(unused_extern_crates)]
extern crate self as playhouse;

pub use playhouse_core::{
    Actor, ActorId, ActorRef, Address, Ask, AskError, BlockingActor, Context, DeadLetter,
    DeadLetters, Down, Exit, ExitReason, Failure, Incarnation, InlineAsk, LookupError,
    MailboxOptions, Monitor, Overflow, Phase, Recipient, Refused, RegisterError, Reply, Scoped,
    ShutdownError, SpawnError, Spawner, System, SystemBuilder, SystemState, Tell, TellError, Timer,
};
pub use playhouse_core::{context, dead_letter, error, links, message, observe};

#[cfg(feature = "macros")]
pub use playhouse_macros::{actor, handlers};

#[cfg(feature = "supervision")]
pub use playhouse_supervision as supervision;

#[cfg(feature = "telemetry")]
pub use playhouse_telemetry as telemetry;

#[cfg(feature = "test")]
pub use playhouse_core::test;

/// What most programs need, in one `use`.
pub mod prelude {
    pub use playhouse_core::{
        Address, AskError, Context, Down, Exit, ExitReason, Incarnation, Recipient, Reply, System,
        TellError, Timer,
    };

    #[cfg(feature = "macros")]
    pub use playhouse_macros::{actor, handlers};

    #[cfg(feature = "supervision")]
    pub use playhouse_supervision::{
        Application, Backoff, Restart, Shutdown, ShutdownPhase, Supervisor, TaskContext, actor,
        supervised, task,
    };

    #[cfg(feature = "telemetry")]
    pub use playhouse_telemetry::Telemetry;

    pub use crate::{ms, secs};
}

/// So many milliseconds.
#[must_use]
pub const fn ms(millis: u64) -> std::time::Duration {
    std::time::Duration::from_millis(millis)
}

/// So many seconds.
#[must_use]
pub const fn secs(seconds: u64) -> std::time::Duration {
    std::time::Duration::from_secs(seconds)
}

/// What generated code needs; not for people.
#[doc(hidden)]
pub mod __private {
    pub use playhouse_core::actor::{Actor, BlockingActor, Define, Failure, Handled};
    pub use playhouse_core::message::{
        Ask, Fallible, Fit, Handles, Mail, Reaches, Refusal, Reply, Stores, Tell,
    };
    pub use playhouse_core::{
        Address, Context, ExitReason, HandleOf, Incarnation, InlineAsk, MailboxOptions, Overflow,
        RawAddress, failure,
    };
}
