//! Metrics of playhouse: what every actor type does with its time, its mailbox and its messages.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use playhouse::prelude::*;
//! use playhouse::telemetry::Telemetry;
//!
//! #[actor(mailbox = 256)]
//! struct Account {
//!     balance: u64,
//! }
//!
//! #[handlers]
//! impl Account {
//!     #[message]
//!     fn deposit(&mut self, amount: u64) -> u64 {
//!         self.balance += amount;
//!         self.balance
//!     }
//! }
//!
//! let system = System::new("bank");
//! // Port 0 is any that is free; Prometheus wants one that it knows, such as 127.0.0.1:9090.
//! let telemetry = Telemetry::new(&system).prometheus().serve("127.0.0.1:0").await?;
//! println!("metrics at {}/metrics", telemetry.url());
//!
//! let account = system.spawn(Account { balance: 0 });
//! account.deposit(5).await?;
//! # let text = telemetry.exporter().expect("there is one").render();
//! # assert!(text.contains(r#"actor_messages_received_total{actor_system="bank",actor_type="Account"} 1"#), "{text}");
//! telemetry.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! At `/metrics` there is then, among others:
//!
//! ```text
//! actor_count{actor_state="running",actor_system="bank",actor_type="Account"} 1
//! actor_mailbox_depth{actor_system="bank",actor_type="Account"} 0
//! actor_mailbox_limit{actor_system="bank",actor_type="Account"} 256
//! actor_messages_received_total{actor_system="bank",actor_type="Account"} 1
//! actor_time_seconds_total{actor_system="bank",actor_time_state="busy",actor_type="Account"} 0.000012931
//! ```
//!
//! # What is exported
//!
//! Series are per actor *type*: 100,000 actors of one type make as many series as one. All series of a scrape come
//! from one snapshot. A counter holds what ended actors left behind, and never falls. No message costs more
//! because somebody looks: the actors count for themselves, whether or not there is telemetry.
//!
//! | Prometheus | kind | labels besides `actor_system` | |
//! |---|---|---|---|
//! | `actor_count` | gauge | `actor_type`, `actor_state` | Actors that exist, by the state they are in |
//! | `actor_starts_total` | counter | `actor_type` | Actors that were spawned; a restart is not a start |
//! | `actor_stops_total` | counter | `actor_type` | Actors that ended for good |
//! | `actor_restarts_total` | counter | `actor_type` | Times that a supervisor started an actor again |
//! | `actor_handler_panics_total` | counter | `actor_type` | Panics that were caught in handlers and hooks |
//! | `actor_mailbox_depth` | gauge | `actor_type` | Messages that wait in the mailboxes of all actors of the type |
//! | `actor_mailbox_depth_max` | gauge | `actor_type` | Messages that wait in the deepest mailbox of the type |
//! | `actor_mailbox_limit` | gauge | `actor_type` | Messages that the bounded mailboxes of the type have room for; absent without one |
//! | `actor_mailbox_utilization_ratio` | gauge | `actor_type` | How full the fullest bounded mailbox of the type is, 0 to 1; absent without one |
//! | `actor_messages_received_total` | counter | `actor_type` | Messages that a mailbox accepted |
//! | `actor_messages_processed_total` | counter | `actor_type`, `actor_message_outcome` | Messages whose handler ended, by whether it failed |
//! | `actor_messages_dropped_total` | counter | `actor_type`, `actor_message_drop_reason` | Messages that never got into a mailbox: refused to the sender, or a timer's that found no room |
//! | `actor_dead_letters_total` | counter | `actor_type` | Messages that were accepted and not handled to the end: the actor ended or failed first |
//! | `actor_replies_unread_total` | counter | `actor_type` | Replies that nobody waited for any more |
//! | `actor_send_blocked_time_seconds_total` | counter | `actor_type` | Time that senders waited for room in mailboxes of the type |
//! | `actor_send_blocked_count` | gauge | `actor_type` | Senders that wait now for room in mailboxes of the type |
//! | `actor_time_seconds_total` | counter | `actor_type`, `actor_time_state` | Where the lives of the actors went: busy in a handler, blocked in one by what it waited for, or idle |
//! | `actor_events_total` | counter | | Lifecycle events that were published |
//! | `actor_snapshots_total` | counter | | Snapshots that were taken for these metrics |
//! | `actor_snapshot_time_seconds_total` | counter | | Time that went into taking and folding those snapshots |
//! | `actor_snapshot_failures_total` | counter | | Panics that were caught while taking snapshots or reading them |
//! | `process_cpu_time_seconds_total` | counter | `cpu_mode` | CPU time of this process |
//! | `process_memory_usage_bytes` | gauge | | Physical memory of this process |
//! | `process_thread_count` | gauge | | Threads of this process |
//! | `process_unix_file_descriptor_count` | gauge | | File descriptors that this process has open |
//!
//! An actor's life is spent in one of the states of `actor_time_seconds_total`, so they sum to it: `busy`, a handler
//! was being polled (and what was declared to be work); `blocked_send`, a handler waited for room in another mailbox;
//! `blocked_ask`, for a reply; `blocked_other`, for anything else; `idle`, there was no message. So
//! `rate(actor_time_seconds_total{actor_time_state="busy"}[1m])` is how many actors of a type were busy on average.
//! (Declared work comes on top of a life, and an actor that runs on several threads is busy for each of them.)
//!
//! The `process_*` metrics come from `/proc/self`: there are none on other systems than Linux.
#![forbid(unsafe_code)]

mod config;
mod error;
mod exposition;
mod instruments;
mod process;
mod reading;
mod server;

/// The crate whose registry the metrics are in, for metrics of the caller's own in the same one.
#[doc(no_inline)]
pub use ::prometheus;
pub use config::Telemetry;
pub use error::{InstallError, ServeError};
pub use exposition::{CONTENT_TYPE, Exporter};
pub use instruments::{INSTRUMENTS, Instrument, InstrumentKind};
pub use server::Served;
