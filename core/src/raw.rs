//! The lock-free parts: the one module of this crate that may hold `unsafe`.
//!
//! | part | what it is | who builds on it |
//! |---|---|---|
//! | [`bench`] | the state of an actor: one owner, and guests while it sleeps | `actor::serve` |
//! | [`ring`] | the queue of a mailbox: many senders, one reader | `mailbox::queue` |
//! | [`slot`], [`stock`] | where a reply meets its asker; the slots of all asks | `message`, `system::sweeper` |
//! | [`holder`] | a reply port in one word | `message::reply` |
//! | `spare` | memory of buffers, kept for the next one | `ring` |
//!
//! Each file states its invariants, who may touch which field, and why its memory orderings are enough; each `unsafe`
//! block has its argument. Ring, slot and bench run under loom (`models` beside each), where the types of
//! [`crate::sync`] are swapped, and so does the queue that is built on the ring and that the ring trusts: it holds the
//! lock where that is asked for, and has one reader. `tests/mutants` breaks them and sees the models fail.
#![allow(unsafe_code)]

pub(crate) mod bench;
pub(crate) mod current;
pub(crate) mod holder;
pub(crate) mod ring;
pub(crate) mod slot;
mod spare;
pub(crate) mod stock;
