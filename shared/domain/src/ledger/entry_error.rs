//! What is wrong with stored bytes that are no entry.

use serde::{Deserialize, Serialize};

/// Stored bytes that are no entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum EntryError {
    /// Not an entry's JSON.
    #[error("not a ledger entry: {0}")]
    Malformed(String),
    /// The same values in another form.
    #[error("ledger entry {seq} is not formatted as Meridian writes it: it was altered by hand")]
    Form {
        /// Sequence number of the entry.
        seq: u64,
    },
}
