//! An application from its start to its end: its phases, what ends it, what forces it; and a real one under real
//! signals.

mod ends;
mod force;
mod phases;
mod process;
mod support;
mod told;
