//! Supervisors as a user meets them: real actors, through the facade, under a clock that stands still.

mod backoff;
mod boot;
mod harness;
mod ignore;
mod intensity;
mod kinds;
mod mail;
mod moments;
mod stop;
mod tree;
