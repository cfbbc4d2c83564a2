//! Supervisors as a user meets them: real actors, through the facade, under a clock that stands still.

mod backoff;
mod boot;
mod groups;
mod harness;
mod ignore;
mod intensity;
mod kinds;
mod mail;
mod moments;
mod requests;
mod stop;
mod tasks;
mod tree;
