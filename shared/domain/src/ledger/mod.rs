//! What is on record: entries and their chains, what they add up to, and what that says of any moment.

pub mod account;
pub mod checkpoint;
mod entry;
pub mod heads;
pub mod history;
pub mod holdout;
pub mod keys;
pub mod overrides;
pub mod projection;
pub mod quarantine;

pub use entry::*;
