//! What is on record: entries and their chains, what they add up to, and what that says of any moment.

pub mod account;
mod chain;
pub mod checkpoint;
mod entry;
pub mod heads;
pub mod history;
pub mod holdout;
pub mod keys;
pub mod overrides;
pub mod projection;
pub mod quarantine;
mod record;

pub use chain::{ChainError, Head};
pub use entry::{Caller, Entry, EntryError, Stored};
pub use record::{Record, Resumed};
