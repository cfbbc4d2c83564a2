//! Supervisors as a user meets them: real actors, through the facade, under a clock that stands still.

mod backoff;
mod boot;
mod dynamic;
mod found4;
mod groups;
mod harness;
mod ignore;
mod intensity;
mod kinds;
mod mail;
mod moments;
mod report;
mod requests;
mod stop;
mod tasks;
mod tree;
