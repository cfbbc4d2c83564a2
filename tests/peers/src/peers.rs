//! The libraries. The first one is what all others are compared with.

mod kameo;
mod playhouse;
mod raw;

use crate::peer::Runner;

/// All peers.
pub(crate) fn all() -> [Runner; 3] {
    [
        Runner::new::<raw::Mpsc>("tokio mpsc"),
        Runner::new::<playhouse::Playhouse>("playhouse"),
        Runner::new::<kameo::Kameo>("kameo"),
    ]
}
