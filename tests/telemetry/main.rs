//! Telemetry as a user has it: what a scrape says of real actors, and how the server behaves to clients that mean well
//! and to those that do not.

mod actors;
mod client;
mod http;
mod scrape;
