//! The parts that know of no actor.

mod counting;
mod duplicates;
mod kinds;
mod lines;
mod pacing;
#[cfg(unix)]
mod reading;
mod sabotaging;
mod spooling;
#[cfg(unix)]
mod walking;
