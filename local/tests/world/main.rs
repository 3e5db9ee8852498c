//! What the simulated world promises, each test named for its promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;
mod alarms;
mod autoscaling;
mod capture;
mod composite;
mod customers;
mod endpoint;
mod events;
mod functions;
mod lending;
mod pipeline;
mod reproducible;
mod rules;
mod storage;
mod support;
mod traffic;
