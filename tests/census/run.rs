//! The program itself.

mod limits;
mod program;
mod signals;
mod terminal;
mod tools;
mod totals;
mod trouble;
