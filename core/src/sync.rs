//! The locks of the parts that loom checks. This is the one place where `cfg(playhouse_loom)` swaps them.
//!
//! A cfg of our own and not `loom`, which would reach tokio as well.

#[cfg(not(playhouse_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(playhouse_loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
