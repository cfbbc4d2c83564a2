//! The libraries. The first one is what all others are compared with.

mod actix;
mod coerce;
mod kameo;
mod playhouse;
mod ractor;
mod raw;
mod threads;
mod unbounded;
mod xtra;

use crate::runner::Runner;

/// All peers.
pub(crate) const ALL: [Runner; 10] = [
    Runner::new::<raw::Raw>(),
    Runner::new::<unbounded::Unbounded>(),
    Runner::new::<threads::Threads>(),
    Runner::new::<playhouse::scheduled::Playhouse>(),
    Runner::new::<playhouse::inline::Playhouse>(),
    Runner::new::<kameo::Kameo>(),
    Runner::new::<ractor::Ractor>(),
    Runner::new::<actix::Actix>(),
    Runner::new::<xtra::Xtra>(),
    Runner::new::<coerce::Coerce>(),
];

#[cfg(test)]
mod tests;
