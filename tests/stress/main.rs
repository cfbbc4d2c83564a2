//! Many at once: what holds for one holds for all of them, and nobody hangs.
//!
//! `PLAYHOUSE_SOAK=1` makes each of these longer, and another number sets the seconds of a flood.

mod crossing;
mod endings;
mod flood;
mod lifecycle;
mod random;

/// More rounds when a soak is asked for.
fn rounds(short: u64, long: u64) -> u64 {
    if std::env::var_os("PLAYHOUSE_SOAK").is_some_and(|value| value == "1") {
        long
    } else {
        short
    }
}
