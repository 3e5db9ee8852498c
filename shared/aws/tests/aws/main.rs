//! The adapters against a small HTTP server: what they send, what they make of the answers, what time it costs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by unwrapping it, their helpers too"
)]

mod cbor;
mod common;
mod front;
mod lending;
mod panics;
mod virtual_time;
mod wire;
