//! The suite of the example `census`: its pure parts against naive twins, and the program against the tools that it
//! promises to agree with, `find`, `wc` and `sha256sum`.

/// The example's own files: an example's unit tests would not be run.
#[path = "../../examples/census"]
#[allow(
    dead_code,
    reason = "each of these is used by the program, and not all by the tests"
)]
mod census {
    pub(crate) mod count;
    pub(crate) mod hashes;
    pub(crate) mod kind;
    pub(crate) mod names;
    #[path = "progress/pace.rs"]
    pub(crate) mod pace;
    pub(crate) mod read;
    pub(crate) mod sabotage;
    pub(crate) mod spool;
    pub(crate) mod walk;
}

// The files refer to each other from the root of their crate.
use census::{count, hashes, kind, names};

mod pure;
#[cfg(unix)]
mod run;
mod support;
