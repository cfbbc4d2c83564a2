//! The contract, line by line. Each test is named after the line that it can break: `c6_4_…` is for 6.4.
//!
//! `README.md` beside this file lists for each line what was broken once to see its test fail.

mod ask;
mod deadlock;
mod delivery;
mod ending;
mod errors;
mod fairness;
mod found;
mod idle;
mod incarnation;
mod inline;
mod limits;
mod measure;
mod more;
mod order;
mod otp;
mod restart;
mod threads;
mod time;
mod watching;
