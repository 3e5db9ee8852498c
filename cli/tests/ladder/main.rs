//! The rungs of docs/first-account.md that the command line climbs, each against a served night.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers are tests too")]

mod ping;
mod probe;
mod quiet;
mod smoke;
