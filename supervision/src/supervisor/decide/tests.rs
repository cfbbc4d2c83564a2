//! The decisions, with children that only exist in these tests: see `world`.
//!
//! A test whose name begins with a rule (`r29_…`, `k7_…`) can break it. R are the rules of OTP's supervisors, K those
//! that backoff adds.

mod address;
mod auto_shutdown;
mod backoff;
mod boot;
mod chaos;
mod group;
mod intensity;
mod late;
mod merge;
mod model;
mod requests;
mod restart;
mod scripts;
mod shutdown;
mod versus;
mod waiting;
mod world;
