//! The handlers over the local world's own ports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by unwrapping it, in their helpers too"
)]

mod entry;
mod failover;
mod files;
mod front;
mod history;
mod holdout;
mod home;
mod journal;
mod lift;
mod operator_commands;
mod overview;
mod ports;
mod promote;
mod quarantine;
mod replication;
mod restore;
mod rollback;
mod schedule;
mod shadow_eval;
mod status;
mod world;
